package live

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The bounds of a connection.
const (
	readLimit   = 4096
	pongWait    = 60 * time.Second
	pingEvery   = 25 * time.Second
	writeWait   = 5 * time.Second
	recheckWait = 60 * time.Second
	beatAfter   = 1 * time.Second
	queueTurns  = 8 // turns that may wait for the page
	lagsAllowed = 3 // a minute
	ackWait     = 15 * time.Second
	ackGiveUp   = 60 * time.Second
	maxTopics   = 32
	maxMessages = 40 // of the page, a second
)

// conn is one page. Its reader is the request's goroutine; its writer is the
// only one that writes.
type conn struct {
	hub   *Hub
	ws    *websocket.Conn
	guest Guest
	wake  chan struct{}

	// Guarded by the hub.
	topics map[*Topic]bool

	mu      sync.Mutex // taken after the hub's, never before
	queue   [][]*frame
	needs   []*Topic // whose snapshot is due
	extra   []*websocket.PreparedMessage
	paused  bool // no ack for long: nothing but beats until one comes
	lags    []int64
	acked   int64 // wall ms
	sent    int64 // wall ms of the last frame handed over
	pinged  int64
	checked int64
	ping    bool
	check   bool
	end     *websocket.CloseError // why and how to close
}

func newConn(h *Hub, ws *websocket.Conn, g Guest) *conn {
	now := h.opts.Wall().UnixMilli()
	return &conn{
		hub: h, ws: ws, guest: g, wake: make(chan struct{}, 1),
		topics: map[*Topic]bool{},
		acked:  now, sent: now, pinged: now, checked: now,
	}
}

// serve runs the connection until it ends.
func (c *conn) serve(ctx context.Context) {
	c.ws.SetReadLimit(readLimit)
	if err := c.ws.SetCompressionLevel(1); err != nil {
		c.hub.opts.Log.Error("websocket", "error", err)
	}
	hello := c.hub.stamp().open("hello", "")
	hello = appendJSON(append(hello, `,"version":`...), Version)
	hello = appendJSON(append(hello, `,"build":`...), c.hub.opts.Build)
	hello = append(appendJSON(append(hello, `,"topics":`...), c.guest.Topics), '}')
	c.extra = append(c.extra, prepare(hello))

	c.hub.mu.Lock()
	c.hub.conns[c] = true
	if c.hub.closed {
		c.close(websocket.CloseServiceRestart, "the service restarts")
	}
	c.hub.mu.Unlock()
	c.signal()

	done := make(chan struct{})
	go func() {
		defer close(done)
		c.writeAll(ctx)
	}()
	c.readAll(ctx)
	c.close(websocket.CloseNormalClosure, "")
	<-done
	if err := c.ws.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		c.hub.opts.Log.Info("closing a page's connection", "error", err)
	}

	c.hub.mu.Lock()
	delete(c.hub.conns, c)
	for t := range c.topics {
		c.hub.leave(c, t)
	}
	c.hub.mu.Unlock()
}

// signal wakes the writer.
func (c *conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close asks the writer to end the connection; the first reason stands.
func (c *conn) close(code int, text string) {
	c.mu.Lock()
	if c.end == nil {
		c.end = &websocket.CloseError{Code: code, Text: text}
	}
	c.mu.Unlock()
	c.signal()
}

func (c *conn) bye(now stamp, retryMs int) {
	c.mu.Lock()
	c.extra = append(c.extra, prepare(append(appendJSON(append(now.open("bye", ""), `,"retry_ms":`...), retryMs), '}')))
	c.mu.Unlock()
	c.close(websocket.CloseServiceRestart, "the service restarts")
}

// need makes a snapshot of the topic due, in place of what waits of it. The
// hub is locked.
func (c *conn) need(t *Topic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(t)
	c.needLocked(t)
	c.signal()
}

func (c *conn) needLocked(t *Topic) {
	if !slices.Contains(c.needs, t) {
		c.needs = append(c.needs, t)
	}
}

// drop takes a topic's frames out of the queue.
func (c *conn) drop(t *Topic) {
	for i, frames := range c.queue {
		c.queue[i] = slices.DeleteFunc(frames, func(f *frame) bool { return f.topic == t })
	}
}

// push hands over the frames of one turn and does what is due by time. It
// reports whether the page has fallen behind. The hub is locked.
func (c *conn) push(frames []*frame, beat *websocket.PreparedMessage, now stamp) (lagged bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch silent := time.Duration(now.wall-c.acked) * time.Millisecond; {
	case len(c.topics) == 0:
		c.acked = now.wall // nothing to acknowledge
	case silent > ackGiveUp:
		c.fallBehind("no acknowledgement for a minute")
	case silent > ackWait && !c.paused:
		c.paused = true
		c.resync()
		lagged = true
	}
	if len(frames) > 0 && !c.paused {
		// A topic whose snapshot is due gets its changes with that.
		frames = slices.DeleteFunc(frames, func(f *frame) bool { return slices.Contains(c.needs, f.topic) })
		switch {
		case len(frames) == 0:
		case len(c.queue) >= queueTurns:
			c.lag(now)
			lagged = true
		default:
			c.queue = append(c.queue, frames)
			c.sent = now.wall
		}
	}
	due := func(last *int64, every time.Duration) bool {
		if now.wall-*last < every.Milliseconds() {
			return false
		}
		*last = now.wall
		return true
	}
	if due(&c.sent, beatAfter) && len(c.extra) < queueTurns {
		c.extra = append(c.extra, beat)
	}
	c.ping = due(&c.pinged, pingEvery) || c.ping
	c.check = due(&c.checked, recheckWait) || c.check
	c.signal()
	return lagged
}

// lag drops what waits and makes fresh snapshots due; too often closes.
func (c *conn) lag(now stamp) {
	c.lags = append(slices.DeleteFunc(c.lags, func(at int64) bool { return now.wall-at > 60_000 }), now.wall)
	if len(c.lags) > lagsAllowed {
		c.fallBehind("the page does not keep up")
	}
	c.resync()
}

func (c *conn) fallBehind(why string) {
	if c.end == nil {
		c.end = &websocket.CloseError{Code: CloseTooSlow, Text: why}
	}
}

func (c *conn) resync() {
	c.queue = nil
	for t := range c.topics {
		c.needLocked(t)
	}
	slices.SortFunc(c.needs, func(a, b *Topic) int { return strings.Compare(a.name, b.name) })
}

// task is the next thing for the writer to do.
type task struct {
	ping, check bool
	extra       []*websocket.PreparedMessage
	snapshot    *Topic
	frames      []*frame
	end         *websocket.CloseError
}

// next takes the next task; false when there is nothing to do.
func (c *conn) next() (task, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := task{ping: c.ping, check: c.check, extra: c.extra, end: c.end}
	c.ping, c.check, c.extra = false, false, nil
	switch {
	case c.end != nil || c.paused:
	case len(c.needs) > 0:
		t.snapshot = c.needs[0]
		c.needs = slices.Delete(c.needs, 0, 1)
	case len(c.queue) > 0:
		t.frames = c.queue[0]
		c.queue = slices.Delete(c.queue, 0, 1)
	}
	return t, t.ping || t.check || len(t.extra) > 0 || t.snapshot != nil || t.frames != nil || t.end != nil
}

// writeAll is the writer: it does tasks until the connection ends.
func (c *conn) writeAll(ctx context.Context) {
	for range c.wake {
		for {
			t, ok := c.next()
			if !ok {
				break
			}
			if err := c.do(ctx, t); err != nil {
				// The reader ends with the page's own close frame, or soon.
				wait := time.Second
				if !errors.Is(err, errEnded) {
					wait = 0
				}
				if err := c.ws.SetReadDeadline(time.Now().Add(wait)); err != nil {
					c.hub.opts.Log.Info("ending a page's connection", "error", err)
				}
				return
			}
		}
	}
}

var errEnded = errors.New("connection ended")

func (c *conn) do(ctx context.Context, t task) error {
	if t.check && t.end == nil && c.guest.Recheck != nil {
		if code := c.guest.Recheck(ctx); code != 0 {
			t.end = &websocket.CloseError{Code: code, Text: "the session ended"}
		}
	}
	for _, m := range t.extra {
		if err := c.write(m); err != nil {
			return err
		}
	}
	if t.end != nil {
		msg := websocket.FormatCloseMessage(t.end.Code, t.end.Text)
		err := c.ws.WriteControl(websocket.CloseMessage, msg, time.Now().Add(writeWait))
		return errors.Join(errEnded, err)
	}
	if t.ping {
		if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)); err != nil {
			return err
		}
	}
	if t.snapshot != nil {
		return c.write(c.hub.snapshotFor(c, t.snapshot))
	}
	for _, f := range t.frames {
		if err := c.write(f.msg); err != nil {
			return err
		}
	}
	return nil
}

// snapshotFor returns the topic as it stands; what of it waits in the page's
// queue is in it and is dropped.
func (h *Hub) snapshotFor(c *conn, t *Topic) *websocket.PreparedMessage {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := t.snapshot(h.stamp(), h.turn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(t)
	return f.msg
}

// write sends one message; one that takes longer than writeWait ends the
// connection.
func (c *conn) write(m *websocket.PreparedMessage) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return c.ws.WritePreparedMessage(m)
}
