package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// People is the list of people who may sign in. Every change of it is journaled
// in the same transaction.
type People struct {
	Store   *store.Store
	Journal *journal.Journal
	Wall    func() time.Time // nil: time.Now
	Cost    Cost             // of password hashes
}

// NewUser describes a person to be added.
type NewUser struct {
	Name     string // at sign-in: letters, digits, . _ -
	Display  string // as shown; "" is Name
	Role     Role
	Password string
}

// ErrExists says that the name is taken.
var ErrExists = errors.New("there is a user of that name already")

// By is who changes the list: a person, or the command line.
type By struct {
	Name, Role, From string
}

var userName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$`)

func (p *People) wall() time.Time {
	if p.Wall != nil {
		return p.Wall().UTC()
	}
	return time.Now().UTC()
}

// Add makes a user. It fails with ErrExists, or with why the name, the role
// or the password is refused.
func (p *People) Add(ctx context.Context, by By, n NewUser) error {
	if !userName.MatchString(n.Name) {
		return fmt.Errorf("%q is no user name; use letters, digits, dot, dash and underscore, at most 64, beginning with a letter or digit", n.Name)
	}
	if _, err := ParseRole(string(n.Role)); err != nil {
		return err
	}
	if err := CheckPassword(n.Name, n.Password); err != nil {
		return err
	}
	if _, err := p.Store.User(ctx, n.Name); err == nil {
		return fmt.Errorf("%s: %w", n.Name, ErrExists)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	hash, err := hashPassword(ctx, n.Password, p.Cost.orDefault())
	if err != nil {
		return err
	}
	if n.Display == "" {
		n.Display = n.Name
	}
	now := p.wall()
	u := store.User{Name: n.Name, Display: n.Display, Role: string(n.Role), Hash: hash, Created: now, Changed: now}
	return p.save(ctx, u, by, "user.add", fmt.Sprintf("%s, role %s", n.Name, n.Role))
}

// SetPassword gives a user a new password, which ends his sessions.
func (p *People) SetPassword(ctx context.Context, by By, name, password string) error {
	u, err := p.Store.User(ctx, name)
	if err != nil {
		return err
	}
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	if u.Hash, err = hashPassword(ctx, password, p.Cost.orDefault()); err != nil {
		return err
	}
	return p.save(ctx, u, by, "user.password", name)
}

// SetDisabled shuts a user out, which ends his sessions, or lets him in
// again. Users are never deleted: the journal speaks of them.
func (p *People) SetDisabled(ctx context.Context, by By, name string, disabled bool) error {
	u, err := p.Store.User(ctx, name)
	if err != nil {
		return err
	}
	if u.Disabled == disabled {
		return nil
	}
	u.Disabled = disabled
	action := "user.enable"
	if disabled {
		action = "user.disable"
	}
	return p.save(ctx, u, by, action, name)
}

// List returns all users by name.
func (p *People) List(ctx context.Context) ([]store.User, error) { return p.Store.Users(ctx) }

func (p *People) save(ctx context.Context, u store.User, by By, action, what string) error {
	u.Changed = p.wall()
	err := p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.SaveUser(u); err != nil {
			return err
		}
		return p.Journal.AppendTx(tx, journal.Entry{Who: by.Name, Role: by.Role, From: by.From, Action: action, Reason: what})
	})
	if err == nil {
		p.Journal.Announce()
	}
	return err
}
