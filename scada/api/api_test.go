package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"evenflow/scada/auth"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// desk is a server on a real port with a backend that notes what it is told.
type desk struct {
	t       *testing.T
	backend *fake
	server  *Server
	gate    *auth.Gate
	people  *auth.People
	journal *journal.Journal
	url     string
	log     *bytes.Buffer
}

// open starts a desk. In a demo a dispatcher sits at it.
func open(t *testing.T, demo bool) *desk {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, backend: &fake{x: 0.86}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&locked{w: d.log}, nil))
	j := journal.New(st, nil)
	cheap := auth.Cost{Memory: 64, Time: 1, Threads: 1}
	d.journal = j
	d.people = &auth.People{Store: st, Journal: j, Cost: cheap}
	now := time.Now()
	o := auth.Options{Store: st, Journal: j, Log: log, Cost: cheap, Wall: func() time.Time { return now }}
	if demo {
		o.Demo = &auth.Person{Name: "demo", Display: "演示调度员", Role: auth.Dispatcher}
	}
	if d.gate, err = auth.New(o); err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page ", r.URL.Path) })
	d.server = New(Options{Backend: d.backend, Gate: d.gate, Page: page, Build: "b1", Log: log})
	srv := httptest.NewServer(d.server.Handler())
	d.url = srv.URL
	t.Cleanup(func() {
		d.server.hub.Close()
		srv.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// ask sends a request with headers "Name: value" and returns status and body.
func (d *desk) ask(method, path, body string, headers ...string) (*http.Response, string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res, string(text)
}

// problem asks and returns the problem that must come.
func (d *desk) problem(method, path, body string, headers ...string) Problem {
	d.t.Helper()
	res, text := d.ask(method, path, body, headers...)
	var p Problem
	if err := json.Unmarshal([]byte(text), &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
		d.t.Fatalf("%s %s: %d %s %q", method, path, res.StatusCode, res.Header.Get("Content-Type"), text)
	}
	if p.Status != res.StatusCode || p.Detail == "" || p.DetailZH == "" || p.Code == "" || p.Elements == nil {
		d.t.Errorf("%s %s: an incomplete problem %s", method, path, text)
	}
	return p
}

func TestDocuments(t *testing.T) {
	d := open(t, true)
	for path, want := range map[string]string{
		"/":                   "page /",
		"/main.js":            "page /main.js",
		"/healthz":            "ok\n",
		"/api/stations/S-2":   `"points":[]`,
		"/api/stations":       `"held":{"code":"link_lost","params":{},"elements":[]}`,
		"/api/kpi":            `"x_rms_percent":null`,
		"/api/profile/S-1":    `"points":[]`,
		"/api/recommendation": `"state":"none"`,
		"/api/orders/o1":      `"times":{}`,
		"/api/network":        `"pipes":[]`,
		"/api/not-right":      `"severity":4`,
		"/api/trend?element=S-1&quantity=a&quantity=b&from_plant_ms=5": `"from_plant_ms":5`,
		"/api/session": `"demo":true`,
	} {
		res, text := d.ask("GET", path, "")
		if res.StatusCode != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", path, res.StatusCode, text)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"} {
			if res.Header.Get(h) == "" {
				t.Errorf("%s: no header %s", path, h)
			}
		}
		if api := strings.HasPrefix(path, "/api/"); api != (res.Header.Get("Cache-Control") == "no-store") {
			t.Errorf("%s: Cache-Control %q", path, res.Header.Get("Cache-Control"))
		}
	}
	if _, text := d.ask("GET", "/api/journal", ""); strings.Contains(text, "10.0.0.7") {
		t.Error("a dispatcher sees where people sat")
	}
}

func TestProblems(t *testing.T) {
	d := open(t, true)
	key := "Idempotency-Key: k"
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		{"GET", "/api/nothing", "", nil, 404, "no_such_route"},
		{"DELETE", "/api/system", "", nil, 404, "no_such_route"},
		{"GET", "/api/stations/S-9", "", nil, 404, "no_such_station"},
		{"GET", "/api/trend", "", nil, 422, "invalid_input"},
		{"GET", "/api/trend?element=S-1&quantity=a&from_plant_ms=9&to_plant_ms=3", "", nil, 422, "invalid_input"},
		{"GET", "/api/journal?limit=100000", "", nil, 422, "invalid_input"},
		{"POST", "/api/orders/o1/reject", `{"reason":""}`, []string{key}, 422, "invalid_input"},
		{"POST", "/api/orders/o1/approve", `{"reason":"x","more":1}`, []string{key}, 422, "invalid_input"},
		{"POST", "/api/orders/o1/approve", `{"reason"`, []string{key}, 400, "invalid_input"},
		{"POST", "/api/orders/o1/approve", `{}`, nil, 422, "key_missing"},
		{"POST", "/api/orders/blocked/approve", `{}`, []string{key + "1"}, 409, "blocked-by-stop"},
		{"POST", "/api/orders/broken/approve", `{}`, []string{key + "2"}, 500, "internal"},
		{"POST", "/api/orders/o1/approve", `{}`, []string{key + "3", "Evenflow-Time: 1700000000000"}, 409, "clock_differs"},
		{"POST", "/api/orders/o1/approve", `{}`, []string{key, "Content-Type: text/plain"}, 415, "not_json"},
		{"POST", "/api/orders/o1/approve", `{}`, []string{key, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403, "cross_origin"},
		{"POST", "/api/manual/preview", `{"element":"S-1","quantity":"identity","value":1}`, nil, 422, "invalid_input"},
		{"POST", "/api/manual/preview", `{"element":"S-1","quantity":"opening_setpoint","value":1,"x":"` + strings.Repeat("y", maxBody) + `"}`, nil, 413, "too_large"},
		{"POST", "/api/manual/preview", `{"element":"panic","quantity":"opening_setpoint","value":1}`, nil, 500, "internal"},
		{"POST", "/api/mode", `{"mode":"turbo"}`, []string{key}, 422, "invalid_input"},
	} {
		if p := d.problem(c.method, c.path, c.body, c.headers...); p.Status != c.status || p.Code != c.code {
			t.Errorf("%s %s %s: %d %s (%s), want %d %s", c.method, c.path, c.body[:min(60, len(c.body))], p.Status, p.Code, p.Detail, c.status, c.code)
		}
	}
	if _, text := d.ask("POST", "/api/orders/broken/approve", `{}`, key+"4"); strings.Contains(text, "fire") {
		t.Error("the cause of a failure goes out")
	}
	if !strings.Contains(d.log.String(), "the disk is on fire") || !strings.Contains(d.log.String(), "a bug") {
		t.Error("the cause of a failure is not in the log")
	}
}

func TestCommands(t *testing.T) {
	d := open(t, true)
	for i, c := range []struct{ path, body, want string }{
		{"/api/recommendation", `{}`, `compute`},
		{"/api/recommendation", ``, `compute`},
		{"/api/orders/o1/approve", `{"reason":"好"}`, `approve o1 "好"`},
		{"/api/orders/o1/reject", `{"reason":"no"}`, `reject o1 "no"`},
		{"/api/orders/o1/revert", `{}`, `revert o1 ""`},
		{"/api/manual/preview", `{"element":"S-1","quantity":"opening_setpoint","value":57}`, `preview S-1 opening_setpoint 57`},
		{"/api/manual", `{"preview":"p1","reason":""}`, `manual p1 ""`},
		{"/api/stop", `{"reason":""}`, `stop ""`},
		{"/api/resume", `{"reason":"r"}`, `resume "r"`},
		{"/api/mode", `{"element":"S-1","mode":"monitor","reason":"x"}`, `mode "S-1" monitor`},
		{"/api/lock", `{"element":"S-1","reason":"x","minutes":60}`, `lock S-1 60`},
		{"/api/unlock", `{"element":"S-1"}`, `unlock S-1`},
	} {
		res, text := d.ask("POST", c.path, c.body, fmt.Sprint("Idempotency-Key: k", i))
		did := d.backend.done()
		if res.StatusCode != 200 || len(did) != i+1 || did[i] != c.want+" by demo" {
			t.Fatalf("%s: %d %s, done %q", c.path, res.StatusCode, text, did)
		}
	}
	if _, text := d.ask("GET", "/api/system", ""); !strings.Contains(text, `"stopped":{"by":"li"`) {
		t.Errorf("after stop: %s", text)
	}
	// Stop needs no key and no right clock.
	if res, text := d.ask("POST", "/api/stop", `{}`, "Evenflow-Time: 5"); res.StatusCode != 200 {
		t.Errorf("stop: %d %s", res.StatusCode, text)
	}
}

func TestOneKeyOneCommand(t *testing.T) {
	d := open(t, true)
	d.backend.block = make(chan struct{})
	answers := make(chan string, 3)
	for range 3 {
		go func() {
			_, text := d.ask("POST", "/api/orders/o1/approve", `{"reason":"x"}`, "Idempotency-Key: same")
			answers <- text
		}()
	}
	close(d.backend.block)
	first := <-answers
	for range 2 {
		if got := <-answers; got != first {
			t.Errorf("another answer: %s", got)
		}
	}
	if did := d.backend.done(); len(did) != 1 {
		t.Errorf("done %q", did)
	}
	if p := d.problem("POST", "/api/orders/o1/approve", `{"reason":"y"}`, "Idempotency-Key: same"); p.Code != "key_reused" {
		t.Errorf("the key for something else: %s", p.Code)
	}
	// What the service itself failed at may be tried again; a refusal stands.
	for range 2 {
		d.ask("POST", "/api/orders/broken/approve", `{}`, "Idempotency-Key: b")
		d.ask("POST", "/api/orders/blocked/approve", `{}`, "Idempotency-Key: c")
	}
	if did := d.backend.done(); len(did) != 4 {
		t.Errorf("done %q", did)
	}
}

func TestMemoryOfCommandsHasABound(t *testing.T) {
	o := &once{done: map[string]*deed{}}
	now := time.Now()
	run := func(key string, now time.Time) {
		if _, err := o.do(context.Background(), key, [32]byte{}, now, func(context.Context) (any, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range rememberMax + 10 {
		run(fmt.Sprint(i), now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(o.done) != rememberMax || o.done["0"] != nil || o.done["10"] == nil {
		t.Errorf("%d remembered", len(o.done))
	}
	run("late", now.Add(25*time.Hour))
	if len(o.done) != 1 {
		t.Errorf("a day later %d remembered", len(o.done))
	}
}

// TestEveryRouteHasARight: what the description says exists is in the table,
// and the other way round; nothing else answers.
func TestEveryRouteHasARight(t *testing.T) {
	d := open(t, false)
	described := map[string]bool{}
	for path, item := range d.server.huma.OpenAPI().Paths {
		for method, op := range map[string]any{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete, "PATCH": item.Patch} {
			if fmt.Sprint(op) != "<nil>" {
				described[method+" "+path] = true
			}
		}
	}
	known := map[auth.Right]bool{Everybody: true, auth.SignedIn: true}
	for _, role := range auth.Roles() {
		for _, r := range role.Rights() {
			known[r] = true
		}
	}
	for _, r := range Routes() {
		if !d.server.registered[r.Name] {
			t.Errorf("%s is in the table and not served", r.Name)
		}
		if !known[r.Right] {
			t.Errorf("%s needs %q, which nobody has", r.Name, r.Right)
		}
		if r.Command && (r.Method != "POST" || r.Right == Everybody || r.Right == auth.SignedIn || r.Right == auth.See) {
			t.Errorf("%s is a command of %s with right %q", r.Name, r.Method, r.Right)
		}
		delete(described, r.Method+" "+r.Path)
	}
	for op := range described {
		t.Errorf("%s is served and not in the table", op)
	}
}

// TestRightsMatrix asks for every route as everybody.
func TestRightsMatrix(t *testing.T) {
	d := open(t, false)
	cookies := map[auth.Role]string{"": ""}
	for _, role := range auth.Roles() {
		password := "a long sentence for " + string(role)
		if err := d.people.Add(t.Context(), auth.By{Name: "test"}, auth.NewUser{Name: "u-" + string(role), Role: role, Password: password}); err != nil {
			t.Fatal(err)
		}
		body, _ := json.Marshal(SignIn{"u-" + string(role), password})
		res, text := d.ask("POST", "/api/sign-in", string(body))
		if res.StatusCode != 200 || len(res.Cookies()) != 1 {
			t.Fatalf("signing in as %s: %d %s", role, res.StatusCode, text)
		}
		cookies[role] = res.Cookies()[0].Name + "=" + res.Cookies()[0].Value
	}
	signOut := route("sign-out")
	for i, r := range Routes() {
		for role, cookie := range cookies {
			if r.Name == signOut.Name && role != "" {
				continue // would end the session of the rows after it
			}
			path := strings.NewReplacer("{$}", "", "{file...}", "x", "{id}", "o1", "{station}", "S-1").Replace(r.Path)
			body := ""
			if r.Method == "POST" {
				body = `{}`
			}
			res, _ := d.ask(r.Method, path, body, "Cookie: "+cookie, fmt.Sprint("Idempotency-Key: m", i))
			want := "through"
			switch {
			case r.Right == Everybody:
			case role == "":
				want = "401"
			case !role.May(r.Right):
				want = "403"
			}
			got := "through"
			// The websocket's own 403 is about the origin that is missing here.
			if (res.StatusCode == 401 || res.StatusCode == 403) && !(r.Name == "live" && role != "") {
				got = fmt.Sprint(res.StatusCode)
			}
			if got != want {
				t.Errorf("%s %s as %q: %s (%d), want %s", r.Method, r.Path, role, got, res.StatusCode, want)
			}
		}
	}
	// What lacked the right was not done.
	for _, did := range d.backend.done() {
		for _, never := range []string{"u-viewer", "u-auditor"} {
			if strings.HasSuffix(did, never) {
				t.Errorf("done: %s", did)
			}
		}
	}
	// Every attempt at a command stands in the journal.
	rows, err := d.journal.Tail(t.Context(), 500)
	if err != nil {
		t.Fatal(err)
	}
	attempts := map[string]bool{}
	for _, e := range rows {
		if e.Denied {
			attempts[e.Who+" "+e.Action] = true
		}
	}
	for _, r := range Routes() {
		if r.Command && !attempts["u-viewer "+r.Action] {
			t.Errorf("the viewer's attempt at %s is not in the journal as %q", r.Name, r.Action)
		}
	}
	if res, _ := d.ask("POST", "/api/sign-out", "{}", "Cookie: "+cookies[auth.Viewer]); res.StatusCode != 200 {
		t.Errorf("signing out: %d", res.StatusCode)
	}
	if res, _ := d.ask("GET", "/api/session", "", "Cookie: "+cookies[auth.Viewer]); res.StatusCode != 401 {
		t.Errorf("after signing out: %d", res.StatusCode)
	}
	if _, text := d.ask("GET", "/api/journal", "", "Cookie: "+cookies[auth.Auditor]); !strings.Contains(text, "10.0.0.7") {
		t.Error("the auditor does not see where people sat")
	}
}

func TestSignInRefused(t *testing.T) {
	d := open(t, false)
	if p := d.problem("POST", "/api/sign-in", `{"name":"li","password":"whatever it is"}`); p.Status != 401 || p.Code != "denied" {
		t.Errorf("%+v", p)
	}
	for range 20 {
		d.ask("POST", "/api/sign-in", `{"name":"li","password":"whatever it is"}`)
	}
	res, _ := d.ask("POST", "/api/sign-in", `{"name":"li","password":"whatever it is"}`)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("after 21 attempts: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
}

func TestOpenAPI(t *testing.T) {
	d := open(t, false)
	res, text := d.ask("GET", "/openapi.json", "")
	var doc struct {
		OpenAPI    string `json:"openapi"`
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Type any `json:"type"`
				} `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) < 25 {
		t.Errorf("openapi %s, %d paths", doc.OpenAPI, len(doc.Paths))
	}
	station := doc.Components.Schemas["Station"].Properties
	if fmt.Sprint(station["x"].Type) != "[number null]" || fmt.Sprint(station["points"].Type) != "array" {
		t.Errorf("x is %v, points %v", station["x"].Type, station["points"].Type)
	}
	if _, ok := doc.Components.Schemas["Problem"]; !ok {
		t.Error("problems are not described")
	}
	for _, part := range strings.Split(text, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := doc.Components.Schemas[name]; !ok {
			t.Errorf("schema %s is referred to and not there", name)
		}
	}
}
