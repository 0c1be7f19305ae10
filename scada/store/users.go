package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// User is a person (or a machine account) that may sit at the desk.
type User struct {
	Name     string // unique, as typed at sign-in
	Display  string // as shown, e.g. 李工
	Role     string
	Hash     string // password hash in PHC text form, made by auth
	Disabled bool
	Created  time.Time
	Changed  time.Time
}

// SaveUser writes or replaces a user, inside a transaction that also journals
// it.
func (t *Tx) SaveUser(u User) error {
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO users (name, role, display, hash, disabled, created, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, display = excluded.display, hash = excluded.hash,
		disabled = excluded.disabled, changed = excluded.changed`,
		u.Name, u.Role, u.Display, u.Hash, u.Disabled, ms(u.Created), ms(u.Changed))
	return err
}

// DeleteUser removes a user; ErrNotFound if there is none.
func (t *Tx) DeleteUser(name string) error {
	res, err := t.tx.ExecContext(t.ctx, `DELETE FROM users WHERE name = ?`, name)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("user %s: %w", name, ErrNotFound)
	}
	return nil
}

// Users returns all users by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	return queryAll(ctx, s.read, scanUser, userColumns+` ORDER BY name`)
}

// User returns one user, or ErrNotFound.
func (s *Store) User(ctx context.Context, name string) (User, error) {
	u, err := one(queryAll(ctx, s.read, scanUser, userColumns+` WHERE name = ?`, name))
	if err != nil {
		return u, fmt.Errorf("user %s: %w", name, err)
	}
	return u, nil
}

const userColumns = `SELECT name, role, display, hash, disabled, created, changed FROM users`

func scanUser(scan func(...any) error) (u User, err error) {
	var created, changed int64
	err = scan(&u.Name, &u.Role, &u.Display, &u.Hash, &u.Disabled, &created, &changed)
	u.Created, u.Changed = fromMs(created), fromMs(changed)
	return u, err
}

// Sessions keeps server-side sessions in the form that scs asks for. Only the
// SHA-256 of a session's token is on disk: whoever reads the file cannot sign
// in with it.
type Sessions struct{ s *Store }

// Sessions returns the session store.
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// FindCtx returns the data of a session that has not expired.
func (ss *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = ss.s.read.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token_hash = ? AND expiry > ?`,
		tokenHash(token), time.Now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx writes or replaces a session. Expired ones are swept on the way.
func (ss *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return ss.s.Update(ctx, func(t *Tx) error {
		if _, err := t.tx.ExecContext(ctx, `DELETE FROM sessions WHERE expiry <= ?`, time.Now().UnixMilli()); err != nil {
			return err
		}
		_, err := t.tx.ExecContext(ctx, `INSERT INTO sessions VALUES (?, ?, ?)
			ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expiry = excluded.expiry`,
			tokenHash(token), data, expiry.UnixMilli())
		return err
	})
}

// DeleteCtx ends a session; it is no error if there is none.
func (ss *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return ss.s.Update(ctx, func(t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = ?`, tokenHash(token))
		return err
	})
}

// DeleteAll ends every session.
func (ss *Sessions) DeleteAll(ctx context.Context) error {
	return ss.s.Update(ctx, func(t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `DELETE FROM sessions`)
		return err
	})
}

// Find is FindCtx in the background.
func (ss *Sessions) Find(token string) ([]byte, bool, error) {
	return ss.FindCtx(context.Background(), token)
}

// Commit is CommitCtx in the background.
func (ss *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return ss.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx in the background.
func (ss *Sessions) Delete(token string) error { return ss.DeleteCtx(context.Background(), token) }
