package auth

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost is what one argon2id hash takes. The zero Cost is the default: 64 MiB,
// 3 passes, 2 threads, about 70 ms on a server of 2026. A sign-in with a hash
// of another cost makes a new one.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

func (c Cost) orDefault() Cost {
	if c == (Cost{}) {
		return Cost{Memory: 64 * 1024, Time: 3, Threads: 2}
	}
	return c
}

const saltLength, keyLength = 16, 32

// atOnce bounds the memory that password checks may take: four at 64 MiB.
var atOnce = make(chan struct{}, 4)

// hashPassword returns the PHC text of a password:
// $argon2id$v=19$m=65536,t=3,p=2$salt$key.
func hashPassword(ctx context.Context, password string, p Cost) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt) // never fails since Go 1.24
	key, err := derive(ctx, password, salt, p)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func derive(ctx context.Context, password string, salt []byte, p Cost) ([]byte, error) {
	select {
	case atOnce <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-atOnce }()
	return argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Threads, keyLength), nil
}

var errHash = errors.New("the stored password hash is not one of argon2id")

// checkPassword compares a password with a PHC text. other is true if the text
// was made at another cost.
func checkPassword(ctx context.Context, password, phc string, cost Cost) (ok, other bool, err error) {
	p, salt, key, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	got, err := derive(ctx, password, salt, p)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, key) == 1, p != cost, nil
}

func parsePHC(phc string) (p Cost, salt, key []byte, err error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); n != 3 || err != nil {
		return p, nil, nil, errHash
	}
	// A hash comes from our own store, yet a damaged one must not ask for
	// the machine's whole memory.
	if p.Memory < 8*uint32(p.Threads) || p.Memory > 1<<20 || p.Time < 1 || p.Time > 20 || p.Threads < 1 {
		return p, nil, nil, errHash
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil {
		return p, nil, nil, errHash
	}
	if key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(salt) < 8 || len(key) != keyLength {
		return p, nil, nil, errHash
	}
	return p, salt, key, nil
}

// MinPassword is the least length of a password, in characters.
const MinPassword = 12

// maxPassword bounds the work of hashing.
const maxPassword = 256

//go:embed common.txt
var common string

// CheckPassword returns why a password is refused for a user, or nil.
// Length counts, not classes of characters; there is no forced change.
func CheckPassword(name, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return errors.New("the password is not UTF-8 text")
	case n < MinPassword:
		return fmt.Errorf("the password has %d characters; give at least %d, a sentence is fine", n, MinPassword)
	case n > maxPassword:
		return fmt.Errorf("the password has %d characters; give at most %d", n, maxPassword)
	}
	low := strings.ToLower(password)
	if name != "" && strings.Contains(low, strings.ToLower(name)) && utf8.RuneCountInString(password)-utf8.RuneCountInString(name) < MinPassword-4 {
		return errors.New("the password is little more than the user's name; choose another")
	}
	if distinct(low) < 5 {
		return errors.New("the password repeats the same few characters; choose another")
	}
	lines := bufio.NewScanner(strings.NewReader(common))
	for lines.Scan() {
		word := lines.Text()
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		// A well-known word with a few digits behind it is as well known.
		if strings.TrimRight(low, "0123456789!.?") == strings.TrimRight(word, "0123456789!.?") || low == word {
			return errors.New("the password is among the first that are tried; choose another")
		}
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
