package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// bench is a hub behind a real server, with a clock that the test moves.
type bench struct {
	t    testing.TB
	hub  *Hub
	srv  *httptest.Server
	wall atomic.Int64
	code atomic.Int64 // what Recheck returns
}

func newBench(t testing.TB, open func(string) ([]Column, []Row, bool)) *bench {
	b := &bench{t: t}
	b.wall.Store(1_700_000_000_000)
	b.hub = New(Options{
		Build: "b1", Open: open,
		Wall:  func() time.Time { return time.UnixMilli(b.wall.Load()) },
		Plant: func() time.Time { return time.UnixMilli(60 * b.wall.Load()) },
		Admit: func(w http.ResponseWriter, r *http.Request) (Guest, bool) {
			if r.Header.Get("Cookie") != "evenflow=ok" {
				http.Error(w, "sign in", http.StatusUnauthorized)
				return Guest{}, false
			}
			return Guest{
				Topics:  []string{"net", "other", "station/*"},
				Recheck: func(context.Context) int { return int(b.code.Load()) },
			}, true
		},
	})
	b.srv = httptest.NewServer(b.hub)
	t.Cleanup(func() {
		b.hub.Close()
		b.srv.Close()
	})
	return b
}

// frameOf is any frame, decoded.
type frameOf struct {
	K       string `json:"k"`
	T, P    int64
	Topic   string          `json:"topic"`
	Epoch   string          `json:"epoch"`
	S       int64           `json:"s"`
	Cols    []string        `json:"cols"`
	Rows    []string        `json:"rows"`
	R       []string        `json:"r"`
	X       []int           `json:"x"`
	I       []int           `json:"i"`
	V       json.RawMessage `json:"v"`
	Q       [][2]any        `json:"q"`
	Code    string          `json:"code"`
	RetryMs *int            `json:"retry_ms"`
	Version int             `json:"version"`
	Build   string          `json:"build"`
	Topics  []string        `json:"topics"`
}

type page struct {
	t  testing.TB
	ws *websocket.Conn
}

func (b *bench) dial() *page {
	b.t.Helper()
	d := websocket.Dialer{EnableCompression: true, HandshakeTimeout: 5 * time.Second}
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(b.srv.URL, "http"), http.Header{"Cookie": {"evenflow=ok"}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { ws.Close() })
	p := &page{b.t, ws}
	if f := p.next("hello"); f.Version != Version || f.Build != "b1" || len(f.Topics) != 3 || f.P != 60*f.T {
		b.t.Errorf("hello: %+v", f)
	}
	return p
}

func (p *page) say(format string, args ...any) {
	p.t.Helper()
	if err := p.ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		p.t.Fatal(err)
	}
}

// next returns the next frame of a kind, skipping beats.
func (p *page) next(kind string) frameOf {
	p.t.Helper()
	for {
		p.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, text, err := p.ws.ReadMessage()
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", kind, err)
		}
		var f frameOf
		if err := json.Unmarshal(text, &f); err != nil {
			p.t.Fatalf("%s: %v", text, err)
		}
		if f.K == "beat" && kind != "beat" {
			continue
		}
		if f.K != kind {
			p.t.Fatalf("waiting for %s: %s", kind, text)
		}
		return f
	}
}

// closed reads on until the connection ends and returns the close code.
func (p *page) closed() int {
	p.t.Helper()
	for {
		p.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, _, err := p.ws.ReadMessage(); err != nil {
			if ce, ok := err.(*websocket.CloseError); ok {
				return ce.Code
			}
			p.t.Fatalf("ended without a close code: %v", err)
		}
	}
}

// sub follows a topic and returns its snapshot.
func (p *page) sub(topic string) frameOf {
	p.t.Helper()
	p.say(`{"sub":{"topic":%q}}`, topic)
	return p.next("snap")
}

var netCols = []Column{{"state", -1}, {"x", 2}}

func row(key, state string, x any, q ...string) Row {
	return Row{Key: key, Values: []any{state, x}, Quality: q}
}

func TestSnapshotThenChanges(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	net.Set([]Row{row("A", "normal", 1.0), row("B", "under", 0.8, "", "stale"), row("C", "lost", nil)})
	p := b.dial()
	snap := p.sub("net")
	if got := string(snap.V); got != `[["normal",1],["under",0.8],["lost",null]]` || fmt.Sprint(snap.Rows, snap.Cols) != "[A B C] [state x]" {
		t.Errorf("snapshot: %s %v %v", got, snap.Rows, snap.Cols)
	}
	if fmt.Sprint(snap.Q) != "[[3 stale]]" {
		t.Errorf("qualities: %v", snap.Q)
	}

	// Below the display resolution nothing is sent; the newest of a turn is.
	net.Update([]Row{row("A", "normal", 1.5)})
	net.Update([]Row{row("A", "normal", 1.004), row("B", "normal", 0.954), row("C", "lost", nil)})
	b.hub.Turn()
	d := p.next("delta")
	if d.S != snap.S+1 || fmt.Sprint(d.I) != "[1 1 1]" || string(d.V) != `[1,"normal",0.95]` || fmt.Sprint(d.Q) != "[[3 good]]" {
		t.Errorf("delta: %+v %s", d, d.V)
	}

	// Rows come and go.
	net.Set([]Row{row("A", "normal", 1), row("C", "lost", nil), row("D", "over", 1.3)})
	b.hub.Turn()
	d = p.next("delta")
	if d.S != snap.S+2 || fmt.Sprint(d.R, d.X, d.I) != "[D] [1] [6 1]" || string(d.V) != `["over",1.3]` {
		t.Errorf("delta: %+v %s", d, d.V)
	}
	if snap = p.sub("net"); fmt.Sprintf("%q", snap.Rows) != `["A" "" "C" "D"]` {
		t.Errorf("rows after one is gone: %q", snap.Rows)
	}
}

func TestResume(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	net.Set([]Row{row("A", "normal", 1.0)})
	watch, p := b.dial(), b.dial()
	watch.sub("net")
	snap := p.sub("net")
	p.ws.Close()
	for i := range 3 {
		net.Update([]Row{row("A", "normal", 1.1+float64(i)/10)})
		b.hub.Turn()
		watch.next("delta")
	}
	p = b.dial()
	p.say(`{"sub":{"topic":"net","epoch":%q,"s":%d}}`, snap.Epoch, snap.S)
	for i := range 3 {
		if d := p.next("delta"); d.S != snap.S+1+int64(i) {
			t.Errorf("resumed with %d, want %d", d.S, snap.S+1+int64(i))
		}
	}
	// Too old, or of another life of the service: a snapshot.
	for i := range ringSize + 1 {
		net.Update([]Row{row("A", "normal", 2+float64(i))})
		b.hub.Turn()
		watch.next("delta")
		p.next("delta")
	}
	for _, c := range []struct {
		epoch string
		s     int64
	}{{snap.Epoch, snap.S}, {"another", snap.S + 60}, {snap.Epoch, 1 << 40}} {
		q := b.dial()
		q.say(`{"sub":{"topic":"net","epoch":%q,"s":%d}}`, c.epoch, c.s)
		if f := q.next("snap"); f.S != snap.S+3+ringSize+1 {
			t.Errorf("%v: snapshot of %d", c, f.S)
		}
	}
}

func TestDoor(t *testing.T) {
	b := newBench(t, nil)
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(b.srv.URL, "http"), nil)
	if err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %v %v", res, err)
	}
	b.hub.Topic("secret", netCols)
	p := b.dial()
	for topic, code := range map[string]string{"secret": "not_allowed", "other": "no_such_topic", "station/1": "no_such_topic"} {
		p.say(`{"sub":{"topic":%q}}`, topic)
		if f := p.next("deny"); f.Code != code || f.Topic != topic {
			t.Errorf("%s: %+v", topic, f)
		}
	}
	p.say("no JSON")
	if code := p.closed(); code != websocket.ClosePolicyViolation {
		t.Errorf("nonsense closed with %d", code)
	}
	p = b.dial()
	p.say(`{"unsub":"%s"}`, strings.Repeat("x", readLimit))
	if code := p.closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("a long message closed with %d", code)
	}
}

// A topic made on demand ends with its last reader. Who comes back, however
// soon, gets what holds then and not what it held when he left.
func TestTopicOnDemand(t *testing.T) {
	opened := 0
	b := newBench(t, func(topic string) ([]Column, []Row, bool) {
		opened++
		return netCols, []Row{row("S-1", "normal", opened)}, topic == "station/S-1"
	})
	p := b.dial()
	if snap := p.sub("station/S-1"); string(snap.V) != `[["normal",1]]` {
		t.Errorf("snapshot %s", snap.V)
	}
	if got := fmt.Sprint(b.hub.Watched("station/")); got != "[station/S-1]" {
		t.Errorf("watched %s", got)
	}
	p.say(`{"unsub":"station/S-1"}`)
	p.say(`{"sub":{"topic":"station/S-2"}}`)
	p.next("deny") // both are done
	if got := b.hub.Watched("station/"); len(got) != 0 {
		t.Errorf("still watched: %v", got)
	}
	if snap := p.sub("station/S-1"); string(snap.V) != `[["normal",3]]` {
		t.Errorf("who came back was shown %s", snap.V)
	}
	q := b.dial()
	if snap := q.sub("station/S-1"); string(snap.V) != `[["normal",3]]` || opened != 3 {
		t.Errorf("a second reader: %s after %d openings, want the topic that is followed", snap.V, opened)
	}
	p.ws.Close()
	q.say(`{"unsub":"station/S-1"}`)
	q.say(`{"sub":{"topic":"station/S-2"}}`)
	q.next("deny")
	b.hub.Close()
	if b.hub.Find("station/S-1") != nil {
		t.Error("the topic outlives its readers")
	}
}

func TestSessionEnds(t *testing.T) {
	b := newBench(t, nil)
	b.hub.Topic("net", netCols)
	asks, waits := b.dial(), b.dial()
	asks.sub("net")
	b.code.Store(CloseSignedOut)
	asks.say(`{"sub":{"topic":"net"}}`)
	if code := asks.closed(); code != CloseSignedOut {
		t.Errorf("asking: closed with %d", code)
	}
	b.code.Store(CloseForbidden)
	b.wall.Add(61_000)
	b.hub.Turn()
	if code := waits.closed(); code != CloseForbidden {
		t.Errorf("within a minute: closed with %d", code)
	}
}

func TestBeat(t *testing.T) {
	b := newBench(t, nil)
	p := b.dial()
	b.wall.Add(1000)
	b.hub.Turn()
	if f := p.next("beat"); f.T != b.wall.Load() || f.P != 60*f.T {
		t.Errorf("beat %+v", f)
	}
}

func TestRestart(t *testing.T) {
	b := newBench(t, nil)
	p := b.dial()
	done := make(chan struct{})
	go func() { b.hub.Close(); close(done) }()
	if f := p.next("bye"); f.RetryMs == nil || *f.RetryMs < 0 || *f.RetryMs >= 10_000 {
		t.Errorf("bye %+v", f)
	}
	if code := p.closed(); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d", code)
	}
	<-done
	d := websocket.Dialer{}
	if _, res, err := d.Dial("ws"+strings.TrimPrefix(b.srv.URL, "http"), http.Header{"Cookie": {"evenflow=ok"}}); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after closing: %v %v", res, err)
	}
}

func TestUnacknowledged(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	net.Set([]Row{row("A", "normal", 1.0)})
	p := b.dial()
	snap := p.sub("net")
	b.wall.Add(ackWait.Milliseconds() + 1)
	b.hub.Turn() // paused from here on
	net.Update([]Row{row("A", "normal", 1.5)})
	b.hub.Turn()
	b.wall.Add(1000)
	b.hub.Turn()
	p.next("beat")
	p.say(`{"ack":%d}`, b.wall.Load())
	if f := p.next("snap"); f.S != snap.S+1 || string(f.V) != `[["normal",1.5]]` {
		t.Errorf("after a pause: %+v %s", f, f.V)
	}
	b.wall.Add(ackGiveUp.Milliseconds() + 1)
	b.hub.Turn()
	if code := p.closed(); code != CloseTooSlow {
		t.Errorf("closed with %d", code)
	}
}

// A page that works off a backlog acknowledges diligently, but what it names is
// old: it is behind all the same.
func TestBacklogOfThePage(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	net.Set([]Row{row("A", "normal", 1.0)})
	c := b.stalled(net)
	old := b.wall.Load()
	for range 4 {
		b.wall.Add(ackWait.Milliseconds() / 3)
		c.ack(old)
		b.hub.Turn()
	}
	if !c.paused {
		t.Error("a page that is 20 s behind is sent more")
	}
	c.ack(b.wall.Load() + 60_000) // the service's clock was set back meanwhile
	if c.paused || c.acked != b.wall.Load() {
		t.Errorf("after it caught up: paused %v, acknowledged %d at %d", c.paused, c.acked, b.wall.Load())
	}
	for range 4 {
		b.wall.Add(ackWait.Milliseconds())
		c.ack(old)
		b.hub.Turn()
	}
	b.wall.Add(1)
	b.hub.Turn()
	if c.end == nil || c.end.Code != CloseTooSlow {
		t.Errorf("a page a minute behind is kept: %+v", c.end)
	}
	b.gone(c)
}

// stalled is a connection whose writer never runs: what the hub does with a
// page that does not read.
func (b *bench) stalled(t *Topic) *conn {
	c := newConn(b.hub, nil, Guest{Topics: []string{"*"}})
	b.hub.mu.Lock()
	b.hub.conns[c] = true
	b.hub.mu.Unlock()
	if code := c.subscribe(t.name, "", 0); code != "" {
		b.t.Fatal(code)
	}
	c.next() // the first snapshot
	return c
}

func (b *bench) gone(c *conn) {
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	delete(b.hub.conns, c)
}

func TestSlowPageHasABound(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	c := b.stalled(net)
	defer b.gone(c)
	x := 0.0
	turns := func(n int) {
		for range n {
			x++
			b.wall.Add(250)
			net.Update([]Row{row("A", "normal", x)})
			b.hub.Turn()
			c.ack(b.wall.Load()) // it is awake, only slow
		}
	}
	turns(queueTurns)
	if len(c.queue) != queueTurns || len(c.needs) != 0 {
		t.Fatalf("queue %d, snapshots due %d", len(c.queue), len(c.needs))
	}
	turns(50)
	if len(c.queue) != 0 || len(c.needs) != 1 || len(c.lags) != 1 || c.end != nil {
		t.Fatalf("fallen behind: queue %d, due %d, lags %d, end %v", len(c.queue), len(c.needs), len(c.lags), c.end)
	}
	if task, ok := c.next(); !ok || task.snapshot != net {
		t.Fatalf("not a snapshot first: %+v", task)
	}
	for range lagsAllowed {
		turns(queueTurns + 1)
		c.next()
	}
	if c.end == nil || c.end.Code != CloseTooSlow {
		t.Errorf("falls behind again and again: %v", c.end)
	}
	if _, lagged := b.hub.Stats(); lagged != lagsAllowed+1 {
		t.Errorf("lagged %d times", lagged)
	}
}

func TestSlowPageDisturbsNobody(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	slow := b.stalled(net)
	defer b.gone(slow)
	p := b.dial()
	last := p.sub("net").S
	for i := range 100 {
		net.Update([]Row{row("A", "normal", float64(i))})
		b.hub.Turn()
		if d := p.next("delta"); d.S != last+1 {
			t.Fatalf("after %d comes %d", last, d.S)
		} else {
			last = d.S
		}
	}
}
