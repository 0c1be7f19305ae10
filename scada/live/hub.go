// Package live is the websocket hub: whole tables on connect, then numbered
// changes. It encodes and deflates once a topic and turn, whoever reads; it
// never waits for a reader, and keeps no queue without a bound. The socket
// only reports: commands are HTTP requests.
//
// The protocol is written down in package api (view_stream.go).
package live

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Close codes of the service beyond those of RFC 6455.
const (
	CloseSignedOut = 4401 // the session ended
	CloseForbidden = 4403 // the right was lost
	CloseTooSlow   = 4408 // the page does not keep up
)

// Version is the protocol's.
const Version = 1

// Guest is who reads a connection.
type Guest struct {
	// Topics are those he may follow; "station/*" allows every topic that
	// begins with "station/".
	Topics []string
	// Recheck returns 0 while he is welcome, or a close code. It is called
	// every minute and at each message of his.
	Recheck func(context.Context) int
}

// Options of a hub.
type Options struct {
	// Admit looks at a request before the upgrade and returns who it is, or
	// answers it itself and returns false. It checks origin and session.
	Admit func(http.ResponseWriter, *http.Request) (Guest, bool)
	// Open is asked for a topic that does not exist when somebody wants to
	// follow it: it returns its columns and first rows, or false.
	Open  func(topic string) ([]Column, []Row, bool)
	Build string           // id of the build, told to pages
	Plant func() time.Time // plant clock; nil: Wall
	Wall  func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: discarded
	Limit int              // connections at once; 0: 2000
}

// Hub holds topics and connections. It is safe for concurrent use.
type Hub struct {
	opts     Options
	upgrader websocket.Upgrader

	mu     sync.Mutex
	topics map[string]*Topic
	conns  map[*conn]bool
	turn   int64
	closed bool
	lagged int64

	group sync.WaitGroup
}

// New returns a hub without topics.
func New(o Options) *Hub {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Plant == nil {
		o.Plant = o.Wall
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Limit == 0 {
		o.Limit = 2000
	}
	return &Hub{
		opts: o, topics: map[string]*Topic{}, conns: map[*conn]bool{},
		upgrader: websocket.Upgrader{
			HandshakeTimeout: 5 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 4096,
			WriteBufferPool: &sync.Pool{}, EnableCompression: true,
			CheckOrigin: func(*http.Request) bool { return true }, // Admit has looked
		},
	}
}

// Topic makes a topic, or returns the one of that name.
func (h *Hub) Topic(name string, cols []Column) *Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topic(name, cols)
}

func (h *Hub) topic(name string, cols []Column) *Topic {
	if t := h.topics[name]; t != nil {
		return t
	}
	t := &Topic{
		hub: h, name: name, cols: slices.Clone(cols), epoch: newEpoch(),
		index: map[string]int{}, dirty: map[int]bool{}, turnQ: map[int]bool{}, subs: map[*conn]bool{},
	}
	h.topics[name] = t
	return t
}

// Find returns the topic of that name, or nil.
func (h *Hub) Find(name string) *Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topics[name]
}

// leave takes a page off a topic. One made on demand ends with its last
// reader: nobody keeps it up to date any longer, and who comes back must not
// be shown what it held then. The hub is locked.
func (h *Hub) leave(c *conn, t *Topic) {
	delete(t.subs, c)
	delete(c.topics, t)
	if t.lazy && len(t.subs) == 0 {
		delete(h.topics, t.name)
	}
}

// Watched returns the names of the topics beginning with prefix that somebody
// follows, sorted.
func (h *Hub) Watched(prefix string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for name, t := range h.topics {
		if strings.HasPrefix(name, prefix) && len(t.subs) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Stats counts connections and how often one fell behind.
func (h *Hub) Stats() (connections int, lagged int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns), h.lagged
}

// Period is the time between two turns.
const Period = 250 * time.Millisecond

// Run takes a turn every Period until ctx ends, then closes every connection
// with 1012 and waits for them.
func (h *Hub) Run(ctx context.Context) {
	tick := time.NewTicker(Period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			h.Close()
			return
		case <-tick.C:
			h.Turn()
		}
	}
}

// Turn sends what changed since the last turn: one delta a topic, encoded
// once. It never waits for a connection.
func (h *Hub) Turn() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn++
	now := h.stamp()
	batches := make(map[*conn][]*frame, len(h.conns))
	for _, name := range h.names() {
		t := h.topics[name]
		if f := t.delta(now); f != nil {
			for c := range t.subs {
				batches[c] = append(batches[c], f)
			}
		}
	}
	beat := prepare(append(now.open("beat", ""), '}'))
	for c := range h.conns {
		if c.push(batches[c], beat, now) {
			h.lagged++
		}
	}
}

func (h *Hub) names() []string {
	names := make([]string, 0, len(h.topics))
	for n := range h.topics {
		names = append(names, n)
	}
	slices.Sort(names) // pages see the topics of a turn in one order
	return names
}

// ServeHTTP takes a page in: who it is before the upgrade, then reads what it
// wants until it goes.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guest, ok := h.opts.Admit(w, r)
	if !ok {
		return
	}
	h.mu.Lock()
	full := h.closed || len(h.conns) >= h.opts.Limit
	if !full {
		h.group.Add(1)
	}
	h.mu.Unlock()
	if full {
		http.Error(w, "the service takes no more connections now", http.StatusServiceUnavailable)
		return
	}
	defer h.group.Done()
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // answered by the upgrader
	}
	newConn(h, ws, guest).serve(context.WithoutCancel(r.Context()))
}

// Close sends every page away with 1012 and a hint when to come back, spread
// over ten seconds, and waits until all are gone.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for c := range h.conns {
		c.bye(h.stamp(), rand.IntN(10_000))
	}
	h.mu.Unlock()
	h.group.Wait()
}

// stamp is the two clocks at one moment, ms since 1970.
type stamp struct{ wall, plant int64 }

func (h *Hub) stamp() stamp {
	return stamp{h.opts.Wall().UnixMilli(), h.opts.Plant().UnixMilli()}
}

// open begins a frame of a kind.
func (s stamp) open(kind, topic string) []byte {
	b := append(make([]byte, 0, 256), `{"k":"`...)
	b = append(append(b, kind...), `","t":`...)
	b = strconv.AppendInt(b, s.wall, 10)
	b = strconv.AppendInt(append(b, `,"p":`...), s.plant, 10)
	if topic != "" {
		b = appendJSON(append(b, `,"topic":`...), topic)
	}
	return b
}
