package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"evenflow/scada/auth"
	"evenflow/scada/live/follow"
)

// follow opens the websocket as the page does.
func (d *desk) follow(origin, cookie string) (*follow.Client, error) {
	h := http.Header{}
	if origin != "" {
		h.Set("Origin", origin)
	}
	if cookie != "" {
		h.Set("Cookie", cookie)
	}
	return follow.Dial(d.t.Context(), "ws"+strings.TrimPrefix(d.url, "http")+"/api/live", h)
}

func TestFeed(t *testing.T) {
	d := open(t, true)
	c, err := d.follow(d.url, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go d.server.Run(ctx) // ends with the test's context; the desk closes the hub

	topics := []string{"system", "kpi", "net", "source", "station/S-1", "not_right", "recommendation", "orders", "journal"}
	cell := func(topic, row, col string) follow.Cell { return c.Table(topic)[row][col] }
	for _, topic := range topics {
		if err := c.Follow(topic); err != nil {
			t.Fatal(err)
		}
		if err := c.Until(ctx, topic, func(tab follow.Table) bool { return len(tab) > 0 }); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct{ topic, row, col, value, quality string }{
		{"net", "S-1", "x", "0.86", "good"},
		{"net", "S-1", "state", `"under"`, "good"},
		{"net", "S-1", "flow_t_per_h", "45.6", "stale"},
		{"net", "S-1", "plant_ms", "1700000000000", "good"},
		{"net", "S-1", "held", "null", "good"},
		{"net", "S-2", "held", `{"code":"link_lost","params":{},"elements":[]}`, "good"},
		{"net", "S-2", "flow_t_per_h", "null", "none"},
		{"kpi", "kpi", "heat_MW", "208.612", "good"},
		{"kpi", "kpi", "x_rms_percent", "null", "good"},
		{"source", "H-1", "speed_feedback_Hz", "44.5", "good"},
		{"station/S-1", "S-1", "name", `{"zh":"一号站","en":"One"}`, "good"},
		{"station/S-1", "S-1", "supply_pressure_MPa", "null", "none"},
		{"not_right", "lost/S-2", "rank", "1", "good"},
	} {
		if got := cell(want.topic, want.row, want.col); string(got.Value) != want.value || got.Quality != want.quality {
			t.Errorf("%s %s %s: %s %s", want.topic, want.row, want.col, got.Value, got.Quality)
		}
	}
	var o Order
	if err := json.Unmarshal(cell("orders", "o1", "doc").Value, &o); err != nil || o.Stage != StageProposed || len(o.Items) != 0 {
		t.Errorf("order: %s %v", cell("orders", "o1", "doc").Value, err)
	}
	if doc := string(cell("journal", "2", "doc").Value); !strings.Contains(doc, `"stop"`) || strings.Contains(doc, "10.0.0.7") {
		t.Errorf("journal: %s", doc)
	}

	// What changes in the backend reaches the page; commands show as well.
	d.backend.mu.Lock()
	d.backend.x = 0.97
	d.backend.advice = &Recommendation{ID: "r1", Stage: StageProposed}
	d.backend.mu.Unlock()
	if res, text := d.ask("POST", "/api/stop", `{}`); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	for topic, is := range map[string]func(follow.Table) bool{
		"net":            func(tab follow.Table) bool { return string(tab["S-1"]["x"].Value) == "0.97" },
		"station/S-1":    func(tab follow.Table) bool { return string(tab["S-1"]["x"].Value) == "0.97" },
		"recommendation": func(tab follow.Table) bool { return strings.Contains(string(tab["current"]["doc"].Value), `"r1"`) },
		"system":         func(tab follow.Table) bool { return strings.Contains(string(tab["system"]["doc"].Value), `"stopped"`) },
	} {
		if err := c.Until(ctx, topic, is); err != nil {
			t.Error(err)
		}
	}
	if c.Build != "b1" || c.Wall == 0 {
		t.Errorf("build %q, wall %d", c.Build, c.Wall)
	}
}

func TestWebsocketDoor(t *testing.T) {
	d := open(t, true)
	for _, origin := range []string{"", "https://evil.example", "http://localhost:1"} {
		var refused *follow.Refused
		if _, err := d.follow(origin, ""); !errors.As(err, &refused) || refused.Status != 403 {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
	plain := open(t, false)
	var refused *follow.Refused
	if _, err := plain.follow(plain.url, ""); !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("nobody signed in: %v", err)
	}
	if err := plain.people.Add(t.Context(), auth.By{Name: "test"}, auth.NewUser{Name: "adm", Role: auth.Admin, Password: "a long sentence for adm"}); err != nil {
		t.Fatal(err)
	}
	res, text := plain.ask("POST", "/api/sign-in", `{"name":"adm","password":"a long sentence for adm"}`)
	if res.StatusCode != 200 {
		t.Fatal(text)
	}
	cookie := res.Cookies()[0]
	c, err := plain.follow(plain.url, cookie.Name+"="+cookie.Value)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := strings.Join(c.Topics, " "); got != "system" {
		t.Errorf("an admin may follow %s", got)
	}
	if err := c.Follow("net"); err != nil {
		t.Fatal(err)
	}
	if err := c.Until(t.Context(), "net", func(follow.Table) bool { return true }); err == nil || !strings.Contains(err.Error(), "not_allowed") {
		t.Errorf("an admin follows the stations: %v", err)
	}
}

// TestServe: a service that stops tells its pages so and waits for them.
func TestServe(t *testing.T) {
	d := open(t, true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.url = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- d.server.Serve(ctx, l, nil) }()
	c, err := d.follow(d.url, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stop()
	kind := ""
	for kind != "bye" && err == nil {
		kind, err = c.Next(t.Context())
	}
	if kind != "bye" {
		t.Errorf("ended with %q %v", kind, err)
	}
	if _, err := c.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "1012") {
		t.Errorf("after bye: %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := d.server.Serve(t.Context(), l, nil); err == nil {
		t.Error("a closed listener serves")
	}
}

func TestTableOfKnowsItsKeys(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a column that no document has was accepted")
		}
	}()
	tableOf[Station]([]string{"no_such_key"})
}
