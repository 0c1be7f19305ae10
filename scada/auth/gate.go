// Package auth knows who is at the desk and what each role may do: named
// users with argon2id passwords, sessions kept on the server, exact checks of
// Host and Origin, and limits on how often anybody may try.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// Options of a gate. The zero value of a field is its documented default.
type Options struct {
	Store   *store.Store
	Journal *journal.Journal
	Log     *slog.Logger     // nil: discarded
	Wall    func() time.Time // nil: time.Now

	// Secure: the page is served by TLS, so that cookies get Secure and the
	// __Host- prefix. Without it the service must listen on a loopback address
	// or stand behind a proxy that does TLS.
	Secure bool
	// Origins are further addresses the page is opened under, such as
	// "https://heat.example" behind a proxy; exact, without a path.
	Origins []string
	// Demo is who is at the desk when a request comes from this machine's own
	// loopback address without a session; nil in a real plant.
	Demo *Person

	Lifetime time.Duration // of a session, wall; 0: 12 h, a shift
	Idle     time.Duration // without activity; 0: 30 min
	Cost     Cost          // of password hashes
}

// Person is who is at the desk.
type Person struct {
	Name     string
	Display  string
	Role     Role
	From     string    // address the request came from
	Verified time.Time // when the password was entered last
	Expires  time.Time // when the session ends at the latest; zero: never
	Demo     bool      // signed in automatically
	token    string
}

// Gate stands before every request.
type Gate struct {
	opts     Options
	sessions *scs.SessionManager
	cross    *http.CrossOriginProtection
	hosts    map[string]bool // names, without port
	origins  map[string]bool
	limits   *limits
	ended    ended
	nobody   func() (string, error)
}

// New returns a gate. It fails if an origin cannot be read.
func New(o Options) (*Gate, error) {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lifetime == 0 {
		o.Lifetime = 12 * time.Hour
	}
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	g := &Gate{
		opts: o, cross: http.NewCrossOriginProtection(), limits: newLimits(),
		hosts: map[string]bool{"localhost": true}, origins: map[string]bool{},
	}
	// A hash to compare with where there is no such user, so that the time
	// taken does not tell.
	g.opts.Cost = o.Cost.orDefault()
	g.nobody = sync.OnceValues(func() (string, error) {
		return hashPassword(context.Background(), "nobody has this password", g.opts.Cost)
	})
	var errs []error
	for _, origin := range o.Origins {
		u, err := url.Parse(origin)
		if err == nil && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "") {
			err = errors.New("write it as https://name or https://name:port, without a path")
		}
		if err == nil {
			err = g.cross.AddTrustedOrigin(origin)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("origin %q: %w", origin, err))
			continue
		}
		g.origins[strings.ToLower(origin)] = true
		g.hosts[strings.ToLower(u.Hostname())] = true
	}
	// Not by scs.New: that starts a goroutine for a store in memory, which
	// cannot be ended reliably.
	g.sessions = &scs.SessionManager{Store: o.Store.Sessions(), Codec: scs.GobCodec{}, Lifetime: o.Lifetime}
	return g, errors.Join(errs...)
}

// Idle is how long a session may be without activity.
func (g *Gate) Idle() time.Duration { return g.opts.Idle }

// cookieName is the name of the session's cookie. The prefix binds it to this
// very host, over TLS only.
func (g *Gate) cookieName() string {
	if g.opts.Secure {
		return "__Host-evenflow"
	}
	return "evenflow"
}

func (g *Gate) cookie(token string, expiry time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: g.cookieName(), Value: token, Path: "/",
		HttpOnly: true, Secure: g.opts.Secure, SameSite: http.SameSiteStrictMode,
	}
	if expiry.IsZero() {
		c.MaxAge = -1
	}
	return c
}

type personKey struct{}

// Who returns who is at the desk in this request.
func Who(ctx context.Context) (Person, bool) {
	p, ok := ctx.Value(personKey{}).(Person)
	return p, ok
}

type originKey struct{}

// origin is where a request came from.
type origin struct {
	address string
	here    bool // this machine itself, no proxy between
}

// WithPerson returns a context in which p is at the desk.
func WithPerson(ctx context.Context, p Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// identify finds out who sends a request, and loads his session into the
// context. Nobody is no error.
func (g *Gate) identify(r *http.Request) (context.Context, Person, bool, error) {
	token := ""
	if c, err := r.Cookie(g.cookieName()); err == nil {
		token = c.Value
	}
	ctx, err := g.sessions.Load(r.Context(), token)
	if err != nil {
		return r.Context(), Person{}, false, err
	}
	p, ok, err := g.person(ctx)
	if err != nil {
		return ctx, Person{}, false, err
	}
	p.From = peer(r) // also of nobody: a sign-in is counted by address
	if !ok && g.opts.Demo != nil && local(r) {
		p, ok = *g.opts.Demo, true
		p.From, p.Demo, p.Verified = peer(r), true, g.opts.Wall()
	}
	return ctx, p, ok, nil
}

// The keys of a session's values.
const (
	keyName     = "name"
	keyStamp    = "stamp"
	keyVerified = "verified"
	keySeen     = "seen"
)

// person is the user of the session in ctx, if the session still stands: not
// idle too long, the user neither disabled nor given another password since.
func (g *Gate) person(ctx context.Context) (Person, bool, error) {
	name := g.sessions.GetString(ctx, keyName)
	if name == "" || g.ended.has(g.sessions.Token(ctx)) {
		return Person{}, false, nil
	}
	if g.opts.Wall().Sub(time.UnixMilli(g.sessions.GetInt64(ctx, keySeen))) > g.opts.Idle {
		return Person{}, false, g.sessions.Destroy(ctx)
	}
	u, err := g.opts.Store.User(ctx, name)
	if errors.Is(err, store.ErrNotFound) || (err == nil && (u.Disabled || stamp(u) != g.sessions.GetString(ctx, keyStamp))) {
		return Person{}, false, g.sessions.Destroy(ctx)
	}
	if err != nil {
		return Person{}, false, err
	}
	return Person{
		Name: u.Name, Display: u.Display, Role: Role(u.Role),
		Verified: time.UnixMilli(g.sessions.GetInt64(ctx, keyVerified)),
		Expires:  g.sessions.Deadline(ctx), token: g.sessions.Token(ctx),
	}, true, nil
}

// stamp changes with the password and the role: a session made before a
// change of either ends.
func stamp(u store.User) string {
	h := sha256.Sum256([]byte(u.Hash + "\x00" + u.Role))
	return hex.EncodeToString(h[:8])
}

// seenEvery is how often activity is written down at most.
const seenEvery = time.Minute

// touch notes activity of the session in ctx.
func (g *Gate) touch(ctx context.Context) error {
	now := g.opts.Wall()
	if g.sessions.GetString(ctx, keyName) == "" || now.Sub(time.UnixMilli(g.sessions.GetInt64(ctx, keySeen))) < seenEvery {
		return nil
	}
	g.sessions.Put(ctx, keySeen, now.UnixMilli())
	_, _, err := g.sessions.Commit(ctx)
	return err
}

// Recheck returns who holds the session that p was recognised by, now: false
// when it has ended meanwhile. It is for connections that outlive a request.
func (g *Gate) Recheck(ctx context.Context, p Person) (Person, bool, error) {
	if p.Demo {
		return p, g.opts.Demo != nil, nil
	}
	ctx, err := g.sessions.Load(context.WithoutCancel(ctx), p.token)
	if err != nil {
		return Person{}, false, err
	}
	now, ok, err := g.person(ctx)
	now.From = p.From
	return now, ok, err
}

// peer is the address a request came from, without port. Behind a proxy on
// this machine it is the one that the proxy saw.
func peer(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if hops := r.Header.Values("X-Forwarded-For"); ap.Addr().Unmap().IsLoopback() && len(hops) > 0 {
		all := strings.Split(strings.Join(hops, ","), ",")
		if seen, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			return seen.Unmap().String()
		}
	}
	return ap.Addr().Unmap().String()
}

// local reports whether the request comes from this machine itself and not
// through a proxy on it.
func local(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}
