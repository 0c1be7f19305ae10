package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// ErrDenied is what a failed sign-in says, whatever the cause: a wrong name,
// a wrong password, a disabled user.
var ErrDenied = errors.New("name or password is wrong")

// TooOftenError says how long to wait before the next attempt.
type TooOftenError struct{ Seconds int }

// Error says so.
func (e *TooOftenError) Error() string {
	return fmt.Sprintf("too many attempts; wait %d s", e.Seconds)
}

// Login signs a person in within a request that passed [Gate.Handler], and
// returns the cookie of the new session. It fails with ErrDenied or
// *TooOftenError.
func (g *Gate) Login(ctx context.Context, name, password string) (Person, *http.Cookie, error) {
	now := g.opts.Wall()
	came, _ := ctx.Value(originKey{}).(origin)
	from := came.address
	if wait := g.limits.login(name, from, came.here, now); wait > 0 {
		return Person{}, nil, &TooOftenError{wait}
	}
	u, err := g.verify(ctx, name, password)
	if errors.Is(err, ErrDenied) {
		g.limits.outcome(name, false, now)
		if jerr := g.opts.Journal.Append(ctx, journal.Entry{Who: clip(name), From: from, Action: "session.in", Denied: true}); jerr != nil {
			g.opts.Log.Error("a denied sign-in could not be journaled", "error", jerr)
		}
		return Person{}, nil, err
	}
	if err != nil {
		return Person{}, nil, err
	}
	g.limits.outcome(name, true, now)
	if err := g.opts.Journal.Append(ctx, journal.Entry{Who: u.Name, Role: u.Role, From: from, Action: "session.in"}); err != nil {
		return Person{}, nil, err
	}
	// A new token at sign-in: one planted before is worth nothing after.
	if err := g.sessions.RenewToken(ctx); err != nil {
		return Person{}, nil, err
	}
	g.sessions.Put(ctx, keyName, u.Name)
	g.sessions.Put(ctx, keyStamp, stamp(u))
	g.sessions.Put(ctx, keyVerified, now.UnixMilli())
	g.sessions.Put(ctx, keySeen, now.UnixMilli())
	token, expiry, err := g.sessions.Commit(ctx)
	if err != nil {
		return Person{}, nil, err
	}
	p := Person{Name: u.Name, Display: u.Display, Role: Role(u.Role), From: from, Verified: now, Expires: expiry, token: token}
	return p, g.cookie(token, expiry), nil
}

// verify returns the user whose password it is, or ErrDenied.
func (g *Gate) verify(ctx context.Context, name, password string) (store.User, error) {
	u, err := g.opts.Store.User(ctx, name)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return u, err
	}
	hash := u.Hash
	if missing {
		if hash, err = g.nobody(); err != nil {
			return u, err
		}
	}
	if len(password) > 4*maxPassword {
		return u, ErrDenied
	}
	ok, other, err := checkPassword(ctx, password, hash, g.opts.Cost)
	if err != nil {
		return u, err
	}
	if !ok || missing || u.Disabled {
		return u, ErrDenied
	}
	if other {
		if u.Hash, err = hashPassword(ctx, password, g.opts.Cost); err != nil {
			return u, err
		}
		err = g.opts.Store.Update(ctx, func(tx *store.Tx) error { return tx.SaveUser(u) })
	}
	return u, err
}

// Logout ends the session of a request and returns the cookie that clears it.
func (g *Gate) Logout(ctx context.Context) (*http.Cookie, error) {
	if p, ok := Who(ctx); ok && !p.Demo {
		if err := g.opts.Journal.Append(ctx, journal.Entry{Who: p.Name, Role: string(p.Role), From: p.From, Action: "session.out"}); err != nil {
			return nil, err
		}
	}
	g.ended.add(g.sessions.Token(ctx), g.opts.Wall(), g.opts.Lifetime)
	if err := g.sessions.Destroy(ctx); err != nil {
		return nil, err
	}
	return g.cookie("", time.Time{}), nil
}

// Denied journals that somebody tried what his role may not do, once a minute
// for each person and action.
func (g *Gate) Denied(ctx context.Context, p Person, action string) {
	if g.limits.take("d "+p.Name+" "+action, rate.Every(time.Minute), 1, g.opts.Wall()) > 0 {
		return
	}
	row := journal.Entry{Who: p.Name, Role: string(p.Role), From: p.From, Action: action, Denied: true}
	if err := g.opts.Journal.Append(ctx, row); err != nil {
		g.opts.Log.Error("a denied attempt could not be journaled", "who", p.Name, "action", action, "error", err)
	}
}

// ended remembers sessions that were signed out: a request that was under way
// meanwhile and notes its activity must not bring one back.
type ended struct {
	mu sync.Mutex
	at map[string]time.Time // token → until when to remember
}

func (e *ended) add(token string, now time.Time, keep time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.at == nil {
		e.at = map[string]time.Time{}
	}
	for t, until := range e.at {
		if now.After(until) {
			delete(e.at, t)
		}
	}
	if token != "" {
		e.at[token] = now.Add(keep)
	}
}

func (e *ended) has(token string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.at[token]
	return ok
}

// clip bounds a name somebody typed, for the journal.
func clip(name string) string {
	r := []rune(name)
	if len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return name
}
