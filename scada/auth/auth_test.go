package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// cheap is for tests, which sign in often.
var cheap = Cost{Memory: 64, Time: 1, Threads: 1}

const goodPassword = "steam rises over Songjiang"

type room struct {
	t      *testing.T
	gate   *Gate
	people *People
	now    time.Time
	jar    *http.Cookie
}

// open makes a gate with one dispatcher, "li".
func open(t *testing.T, o Options) *room {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &room{t: t, now: time.Now()}
	o.Cost = cheap
	o.Store, o.Journal, o.Wall = s, journal.New(s, nil), func() time.Time { return r.now }
	r.people = &People{Store: s, Journal: o.Journal, Cost: cheap}
	if err := r.people.Add(t.Context(), By{Name: "test"}, NewUser{Name: "li", Display: "李工", Role: Dispatcher, Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	if r.gate, err = New(o); err != nil {
		t.Fatal(err)
	}
	return r
}

// send puts a request through the gate and returns the status, who was at the
// desk, and the code of a denial. /login signs in with the two headers.
func (r *room) send(method, path string, header map[string]string) (status int, who string, code string) {
	r.t.Helper()
	next := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/login":
			p, c, err := r.gate.Login(req.Context(), req.Header.Get("U"), req.Header.Get("P"))
			var wait *TooOftenError
			switch {
			case errors.As(err, &wait):
				w.WriteHeader(429)
			case errors.Is(err, ErrDenied):
				w.WriteHeader(401)
			case err != nil:
				r.t.Error(err)
			default:
				http.SetCookie(w, c)
				who = p.Name
			}
		case "/logout":
			c, err := r.gate.Logout(req.Context())
			if err != nil {
				r.t.Error(err)
				return
			}
			http.SetCookie(w, c)
		default:
			if p, ok := Who(req.Context()); ok {
				who = p.Name
			}
		}
	})
	h := r.gate.Handler(next, func(w http.ResponseWriter, _ *http.Request, d Denial) {
		code = d.Code
		if d.EN == "" || d.ZH == "" {
			r.t.Errorf("%s: a message is missing", d.Code)
		}
		w.WriteHeader(d.Status)
	})
	req := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, nil)
	req.RemoteAddr = "10.1.2.3:4567"
	for k, v := range header {
		switch k {
		case "Host":
			req.Host = v
		case "Remote":
			req.RemoteAddr = v
		default:
			req.Header.Set(k, v)
		}
	}
	if r.jar != nil {
		req.AddCookie(r.jar)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	for _, c := range rec.Result().Cookies() {
		r.jar = c
		if c.MaxAge < 0 {
			r.jar = nil
		}
	}
	return rec.Code, who, code
}

func (r *room) signIn() {
	r.t.Helper()
	if status, who, _ := r.send("POST", "/login", map[string]string{"U": "li", "P": goodPassword}); status != 200 || who != "li" {
		r.t.Fatalf("signing in: %d %q", status, who)
	}
}

func (r *room) who() string {
	r.t.Helper()
	_, who, _ := r.send("GET", "/api/stations", nil)
	return who
}

func TestSignInAndOut(t *testing.T) {
	r := open(t, Options{})
	if got := r.who(); got != "" {
		t.Fatalf("before signing in: %q", got)
	}
	for _, c := range [][2]string{{"li", "wrong password here"}, {"nobody", goodPassword}, {"", ""}} {
		if status, _, _ := r.send("POST", "/login", map[string]string{"U": c[0], "P": c[1]}); status != 401 {
			t.Errorf("%v: status %d", c, status)
		}
	}
	r.signIn()
	if got := r.who(); got != "li" {
		t.Errorf("after signing in: %q", got)
	}
	if c := r.jar; c.Name != "evenflow" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("cookie %+v", c)
	}
	old := r.jar
	r.send("POST", "/logout", nil)
	r.jar = old
	if got := r.who(); got != "" {
		t.Errorf("an old cookie after signing out still is %q", got)
	}
	rows, err := r.gate.opts.Journal.Tail(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range rows {
		a := e.Action
		if e.Denied {
			a += " denied"
		}
		actions = append(actions, a)
	}
	want := "user.add,session.in denied,session.in denied,session.in denied,session.in,session.out"
	if got := strings.Join(actions, ","); got != want {
		t.Errorf("journal: %s, want %s", got, want)
	}
}

func TestSecureCookie(t *testing.T) {
	r := open(t, Options{Secure: true})
	r.signIn()
	if c := r.jar; c.Name != "__Host-evenflow" || !c.Secure {
		t.Errorf("cookie %+v", c)
	}
}

func TestPlantedTokenIsWorthNothing(t *testing.T) {
	r := open(t, Options{})
	r.jar = &http.Cookie{Name: "evenflow", Value: "planted"}
	r.signIn()
	if r.jar.Value == "planted" {
		t.Error("the token was kept over the sign-in")
	}
}

// A request under way while somebody signs out must not bring the session
// back by noting its activity.
func TestSigningOutIsFinal(t *testing.T) {
	r := open(t, Options{})
	r.signIn()
	r.now = r.now.Add(2 * time.Minute)
	req := httptest.NewRequest("GET", "http://127.0.0.1:8080"+SessionPath, nil)
	req.AddCookie(r.jar)
	ctx, _, ok, err := r.gate.identify(req)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	old := r.jar
	r.send("POST", "/logout", nil)
	if err := r.gate.touch(ctx); err != nil {
		t.Fatal(err)
	}
	r.jar = old
	if got := r.who(); got != "" {
		t.Errorf("the session of %q is back", got)
	}
}

func TestAddressBehindAProxy(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, want string }{
		{"127.0.0.1:5", "", "127.0.0.1"},
		{"127.0.0.1:5", "6.6.6.6, 10.1.1.1", "10.1.1.1"},
		{"127.0.0.1:5", "nonsense", "127.0.0.1"},
		{"10.2.2.2:5", "6.6.6.6", "10.2.2.2"}, // only a proxy of this machine is believed
		{"[::ffff:10.2.2.2]:5", "", "10.2.2.2"},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = c.remote
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := peer(req); got != c.want {
			t.Errorf("%s for %q: %s", c.remote, c.forwarded, got)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	by := By{Name: "test"}
	for name, end := range map[string]func(r *room) error{
		"disabled": func(r *room) error { return r.people.SetDisabled(t.Context(), by, "li", true) },
		"password": func(r *room) error { return r.people.SetPassword(t.Context(), by, "li", "another long sentence 7") },
		"idle":     func(r *room) error { r.now = r.now.Add(31 * time.Minute); return nil },
	} {
		r := open(t, Options{})
		r.signIn()
		p, _ := r.recognise()
		if _, ok, err := r.gate.Recheck(t.Context(), p); !ok || err != nil {
			t.Errorf("%s: recheck before: %v %v", name, ok, err)
		}
		if err := end(r); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := r.gate.Recheck(t.Context(), p); ok || err != nil {
			t.Errorf("%s: recheck after: %v %v", name, ok, err)
		}
		if got := r.who(); got != "" {
			t.Errorf("%s: the session still is %q", name, got)
		}
	}
}

// recognise returns the person of the room's cookie.
func (r *room) recognise() (Person, bool) {
	req := httptest.NewRequest("GET", "http://127.0.0.1:8080/", nil)
	req.AddCookie(r.jar)
	_, p, ok, err := r.gate.identify(req)
	if err != nil {
		r.t.Error(err)
	}
	return p, ok
}

func TestActivityKeepsASessionAlive(t *testing.T) {
	r := open(t, Options{})
	r.signIn()
	for range 4 {
		r.now = r.now.Add(20 * time.Minute)
		if _, who, _ := r.send("GET", SessionPath, nil); who != "li" {
			t.Fatal("an active session ended")
		}
	}
	r.now = r.now.Add(20 * time.Minute)
	if got := r.who(); got != "li" {
		t.Fatal("ended too early")
	}
	r.now = r.now.Add(20 * time.Minute)
	if got := r.who(); got != "" {
		t.Error("fetching stations counted as activity")
	}
}

func TestDemo(t *testing.T) {
	demo := &Person{Name: "demo", Display: "演示", Role: Dispatcher}
	r := open(t, Options{Demo: demo})
	for _, c := range []struct {
		name   string
		header map[string]string
		want   string
	}{
		{"loopback", map[string]string{"Remote": "127.0.0.1:999"}, "demo"},
		{"loopback of IPv6", map[string]string{"Remote": "[::1]:999"}, "demo"},
		{"another machine", map[string]string{"Remote": "10.0.0.9:999"}, ""},
		{"through a proxy", map[string]string{"Remote": "127.0.0.1:999", "X-Forwarded-For": "9.9.9.9"}, ""},
	} {
		if _, who, _ := r.send("GET", "/", c.header); who != c.want {
			t.Errorf("%s: %q at the desk, want %q", c.name, who, c.want)
		}
	}
	plain := open(t, Options{})
	if _, who, _ := plain.send("GET", "/", map[string]string{"Remote": "127.0.0.1:999"}); who != "" {
		t.Errorf("without demo %q is at the desk", who)
	}
}

func TestOutside(t *testing.T) {
	r := open(t, Options{Origins: []string{"https://heat.example"}})
	for _, c := range []struct {
		name, method string
		header       map[string]string
		code         string
	}{
		{"address", "GET", nil, ""},
		{"IPv6 address", "GET", map[string]string{"Host": "[::1]:8080"}, ""},
		{"localhost", "GET", map[string]string{"Host": "LocalHost:8080"}, ""},
		{"configured name", "GET", map[string]string{"Host": "heat.example"}, ""},
		{"rebound name", "GET", map[string]string{"Host": "evil.example:8080"}, "unknown_host"},
		{"own page", "POST", map[string]string{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, ""},
		{"script", "POST", nil, ""},
		{"other site", "POST", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, "cross_origin"},
		{"other port", "POST", map[string]string{"Origin": "http://127.0.0.1:9090"}, "cross_origin"},
		{"behind the proxy", "POST", map[string]string{"Host": "heat.example", "Origin": "https://heat.example", "Sec-Fetch-Site": "same-origin"}, ""},
	} {
		if _, _, code := r.send(c.method, "/", c.header); code != c.code {
			t.Errorf("%s: denied %q, want %q", c.name, code, c.code)
		}
	}
	form := httptest.NewRequest("POST", "http://127.0.0.1:8080/", strings.NewReader("a=b"))
	form.Header.Set("Content-Type", "text/plain")
	if d, ok := r.gate.outside(form); !ok || d.Code != "not_json" {
		t.Errorf("a form's body: %v %q", ok, d.Code)
	}
}

func TestSameOrigin(t *testing.T) {
	r := open(t, Options{Origins: []string{"https://heat.example"}})
	for _, c := range []struct {
		host, origin string
		want         bool
	}{
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"localhost:8080", "http://localhost:8080", true},
		{"heat.example", "https://heat.example", true},
		{"127.0.0.1:8080", "", false},
		{"127.0.0.1:8080", "null", false},
		{"127.0.0.1:8080", "http://127.0.0.1", false},
		{"127.0.0.1:8080", "https://127.0.0.1:8080", false},
		{"127.0.0.1:8080", "http://evil.example", false},
		{"evil.example", "http://evil.example", false},
		{"127.0.0.1:8080", "http://127.0.0.1:8080.evil.example", false},
	} {
		req := httptest.NewRequest("GET", "http://"+c.host+"/api/live", nil)
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		if got := r.gate.SameOrigin(req); got != c.want {
			t.Errorf("host %s origin %q: %v", c.host, c.origin, got)
		}
	}
	for _, bad := range []string{"heat.example", "https://heat.example/", "ftp://heat.example", "https://"} {
		if _, err := New(Options{Store: r.gate.opts.Store, Origins: []string{bad}}); err == nil {
			t.Errorf("origin %q was accepted", bad)
		}
	}
}

func TestLoginLimits(t *testing.T) {
	r := open(t, Options{})
	wrong := func(user, addr string) int {
		status, _, _ := r.send("POST", "/login", map[string]string{"U": user, "P": "wrong wrong wrong", "Remote": addr + ":1"})
		return status
	}
	for i := range 5 {
		if got := wrong("li", "10.0.0.1"); got != 401 {
			t.Fatalf("attempt %d: %d", i, got)
		}
	}
	if got := wrong("li", "10.0.0.2"); got != 429 {
		t.Errorf("a sixth attempt within a minute, from elsewhere: %d", got)
	}
	r.now = r.now.Add(2 * time.Minute)
	for range 5 {
		wrong("li", "10.0.0.3")
	}
	r.now = r.now.Add(5 * time.Minute)
	right := map[string]string{"U": "li", "P": goodPassword, "Remote": "10.0.0.4:1"}
	if status, _, _ := r.send("POST", "/login", right); status != 429 {
		t.Errorf("after ten failures the account is not locked: %d", status)
	}
	here := map[string]string{"U": "li", "P": goodPassword, "Remote": "127.0.0.1:1"}
	if status, _, _ := r.send("POST", "/login", here); status != 200 {
		t.Errorf("locked out of this machine itself: %d", status)
	}
	for i := range 20 {
		if got := wrong("user"+string(rune('a'+i)), "10.9.9.9"); got != 401 {
			t.Fatalf("attempt %d from one address: %d", i, got)
		}
	}
	if got := wrong("another", "10.9.9.9"); got != 429 {
		t.Errorf("a 21st attempt from one address: %d", got)
	}
}

func TestRequestLimit(t *testing.T) {
	r := open(t, Options{})
	r.signIn()
	limited := false
	for range requestBurst + 5 {
		_, _, code := r.send("GET", "/", nil)
		limited = limited || code == "too_many_requests"
	}
	if !limited {
		t.Error("a session may ask without limit")
	}
	r.now = r.now.Add(time.Second)
	if _, _, code := r.send("GET", "/", nil); code != "" {
		t.Errorf("a second later: %s", code)
	}
}
