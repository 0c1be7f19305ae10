package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// userVerb runs a user verb on a data directory with a password on standard
// input.
func userVerb(t *testing.T, dir, password string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), append(append([]string{"user"}, args...), "--data", dir), strings.NewReader(password), &o, &e)
	return code, o.String(), e.String()
}

func TestUserVerbs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	const password = "steam rises over Songjiang\n"
	for _, c := range []struct {
		name     string
		password string
		args     []string
		code     int
		says     string
	}{
		{"no role", password, []string{"add", "li"}, exitUsage, "role"},
		{"wrong role", password, []string{"add", "li", "--role", "boss"}, exitUsage, "dispatcher"},
		{"weak password", "123456789012\n", []string{"add", "li", "--role", "dispatcher"}, exitUsage, "password"},
		{"no password", "", []string{"add", "li", "--role", "dispatcher"}, exitUsage, "standard input"},
		{"add", password, []string{"add", "li", "--role", "dispatcher", "--display", "李工"}, exitOK, "added li (dispatcher)"},
		{"twice", password, []string{"add", "li", "--role", "viewer"}, exitUsage, "already"},
		{"disable", "", []string{"disable", "li"}, exitOK, "disabled li"},
		{"list", "", []string{"list"}, exitOK, "李工"},
		{"list shows it", "", []string{"list"}, exitOK, "disabled"},
		{"enable", "", []string{"enable", "li"}, exitOK, "enabled li"},
		{"new password", "another sentence of words\n", []string{"password", "li"}, exitOK, "new password for li"},
		{"nobody", "", []string{"disable", "wang"}, exitUsage, "wang"},
	} {
		code, out, errOut := userVerb(t, dir, c.password, c.args...)
		if code != c.code || !strings.Contains(out+errOut, c.says) {
			t.Errorf("%s: exit %d, %q %q", c.name, code, out, errOut)
		}
	}
	_, out, _ := userVerb(t, dir, "", "list", "--json")
	var users []userAnswer
	if err := json.Unmarshal([]byte(out), &users); err != nil || len(users) != 1 || users[0].Role != "dispatcher" || users[0].Disabled {
		t.Errorf("%v %s", err, out)
	}
	if strings.Contains(out, "argon2id") {
		t.Error("the list shows password hashes")
	}
	if code, _, _ := userVerb(t, filepath.Join(dir, "elsewhere"), "", "list"); code != exitUsage {
		t.Errorf("listing where nothing is: exit %d", code)
	}
}
