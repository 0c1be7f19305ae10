package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"evenflow/models"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// finishedKept is how many finished orders stay in memory.
const finishedKept = 200

// Desk is the dispatchers' desk. It is safe for concurrent use.
type Desk struct {
	deps     Deps
	points   map[models.PointID]Writable
	stations int // points with an opening: what the fleet brake counts
	journal.Signal

	// turn is held while something is sent to or read from the plant, and
	// while the writer is made or dropped.
	turn      sync.Mutex
	writer    Writer              // nil in monitor
	beats     map[models.ID]*beat // also of elements without a heartbeat point: how patient to be
	beatCount uint16
	recovered bool
	inherited map[string]bool // orders that an earlier process had approved

	armed  atomic.Bool   // there is a writer
	halted atomic.Bool   // stop-all: looked at before every single write
	wake   chan struct{} // an order was approved: do not wait for the tick

	mu        sync.Mutex // guards what follows; held while a change goes to disk
	orders    map[string]*Order
	list      []string        // order ids, oldest first
	active    map[string]bool // of live orders
	moved     map[models.PointID][]move
	recent    []move // all moves of the last day, oldest first
	modes     map[Scope]ModeState
	pending   map[string]request // first of two persons, by what is asked for
	stop      *Stop
	locks     map[models.PointID]Lock
	open      *OpenEnvelope
	standing  map[string]Standing
	waits     map[ref]Why // what approved items wait for
	journalNo error       // why the journal could not be written last; nil: it can

	// committed is called after every change that reached the disk; tests
	// kill the desk there.
	committed func()
}

// New loads a desk from its store. It writes nothing to the plant; call
// Recover (or Turn) next.
func New(deps Deps) (*Desk, error) {
	switch {
	case deps.Store == nil || deps.Journal == nil:
		return nil, errors.New("dispatch: a desk needs a store and a journal")
	case deps.Snapshot == nil:
		return nil, errors.New("dispatch: a desk needs the process image")
	}
	d := &Desk{deps: deps.withDefaults(), points: map[models.PointID]Writable{}, beats: map[models.ID]*beat{},
		inherited: map[string]bool{}, active: map[string]bool{}, orders: map[string]*Order{}, moved: map[models.PointID][]move{}, modes: map[Scope]ModeState{},
		pending: map[string]request{}, locks: map[models.PointID]Lock{}, standing: map[string]Standing{}, wake: make(chan struct{}, 1)}
	for _, w := range deps.Points {
		d.points[w.Point] = w
		if w.Point.Quantity == models.OpeningSetpoint {
			d.stations++
		}
	}
	// A counter that starts where no earlier process can have left it.
	d.beatCount = uint16(d.deps.Wall().Unix() / 10)
	if err := d.load(context.Background()); err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	return d, nil
}

// load reads what the desk knew when its process ended.
func (d *Desk) load(ctx context.Context) error {
	rows, err := d.deps.Store.Orders(ctx, finishedKept)
	if err != nil {
		return err
	}
	for _, r := range rows {
		o, err := d.readOrder(ctx, r)
		if err != nil {
			return err
		}
		d.orders[o.ID] = o
		d.list = append(d.list, o.ID)
		d.active[o.ID] = pending(o)
		d.inherited[o.ID] = d.active[o.ID] && o.Stage() != Proposed
	}
	if err := d.loadMoves(ctx); err != nil {
		return err
	}
	return errors.Join(
		eachDocument(ctx, d.deps.Store, kindMode, func(m ModeState) { d.modes[m.Scope] = m }),
		eachDocument(ctx, d.deps.Store, kindLock, func(l Lock) { d.locks[l.Point] = l }),
		eachDocument(ctx, d.deps.Store, kindEnvelope, func(e OpenEnvelope) { d.open = &e }),
		eachDocument(ctx, d.deps.Store, kindStop, func(s Stop) { d.stop = &s; d.halted.Store(true) }),
	)
}

func (d *Desk) readOrder(ctx context.Context, r store.OrderRow) (*Order, error) {
	var o Order
	if err := json.Unmarshal(r.Body, &o); err != nil {
		return nil, fmt.Errorf("stored order %s: %w", r.ID, err)
	}
	items, err := d.deps.Store.Items(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, ir := range items {
		var it Item
		if err := json.Unmarshal(ir.Body, &it); err != nil {
			return nil, fmt.Errorf("stored order %s, item %d: %w", r.ID, ir.N, err)
		}
		o.Items = append(o.Items, &it)
	}
	return &o, nil
}

// loadMoves reads the writes of the last day, and those that a plant clock
// set back since has put into the future.
func (d *Desk) loadMoves(ctx context.Context) error {
	sent, err := d.deps.Store.ItemsSentSince(ctx, d.deps.Clock.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	for _, r := range sent {
		var it Item
		if err := json.Unmarshal(r.Body, &it); err != nil {
			return fmt.Errorf("stored item %d of order %s: %w", r.N, r.Order, err)
		}
		group := ""
		if o := d.orders[r.Order]; o != nil {
			group = o.Group
		}
		d.countMove(&it, group)
	}
	return nil
}

// countMove remembers a write for the limits that count, and forgets those
// older than a day.
func (d *Desk) countMove(it *Item, group string) {
	step := it.New - it.Present.Or(it.Old)
	if step < 0 {
		step = -step
	}
	m := move{it.Point, it.Sent, it.SentWall, step, group}
	plant, wall := d.deps.Clock.Now(), d.deps.Wall()
	trim := func(ms []move) []move {
		for len(ms) > 0 && ms[0].age(plant, wall) > 24*time.Hour {
			ms = ms[1:]
		}
		return append(ms, m)
	}
	d.moved[it.Point] = trim(d.moved[it.Point])
	d.recent = trim(d.recent)
}

func eachDocument[T any](ctx context.Context, s *store.Store, kind string, fn func(T)) error {
	docs, err := s.Documents(ctx, kind)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		var v T
		if err := json.Unmarshal(doc.Body, &v); err != nil {
			return fmt.Errorf("stored %s %s: %w", kind, doc.Name, err)
		}
		fn(v)
	}
	return nil
}

// Orders returns all live orders and the latest finished ones, newest first.
// They are frozen: what happens later does not change them.
func (d *Desk) Orders() []*Order {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]*Order, 0, len(d.list))
	for i := len(d.list) - 1; i >= 0; i-- {
		out = append(out, d.orders[d.list[i]])
	}
	return out
}

// Order returns one order, frozen; also one finished long ago.
func (d *Desk) Order(ctx context.Context, id string) (*Order, error) {
	d.mu.Lock()
	o := d.orders[id]
	d.mu.Unlock()
	if o != nil {
		return o, nil
	}
	r, err := d.deps.Store.OrderByID(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", id, err)
	}
	return d.readOrder(ctx, r)
}

// OrderByKey returns the order that was made under an idempotency key, also by
// an earlier process; store.ErrNotFound if there is none.
func (d *Desk) OrderByKey(ctx context.Context, key string) (*Order, error) {
	if key == "" {
		return nil, store.ErrNotFound
	}
	r, err := d.deps.Store.OrderByKey(ctx, key)
	if err != nil {
		return nil, err
	}
	return d.Order(ctx, r.ID)
}

// live returns the orders to which something may still happen, oldest first:
// those not finished, and finished ones with a write still uncertain. d.mu is
// held.
func (d *Desk) live() []*Order {
	var out []*Order
	for _, id := range d.list {
		if d.active[id] {
			out = append(out, d.orders[id])
		}
	}
	return out
}

// pending reports whether something may still happen to an order.
func pending(o *Order) bool {
	for _, it := range o.Items {
		if !it.ended() {
			return true
		}
	}
	return false
}

// holder returns the order whose item holds a point, other than except. d.mu
// is held.
func (d *Desk) holder(p models.PointID, except string) *Order {
	for _, o := range d.live() {
		if o.ID == except {
			continue
		}
		for _, it := range o.Items {
			if it.Point == p && it.Stage.Held() {
				return o
			}
		}
	}
	return nil
}

// Blocked returns why nothing may be ordered for a point now: mode, lock, not
// writable. The advisor treats such points as fixed.
func (d *Desk) Blocked(p models.PointID) (reason string, blocked bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.blocked(p, Shadow); r != nil {
		return r.Reason, true
	}
	return "", false
}

// blocked returns why a point may not be written, asking for a mode at least.
// d.mu is held.
func (d *Desk) blocked(p models.PointID, least Mode) *Refusal {
	if _, ok := d.points[p]; !ok {
		return refuse(NotSupported, WhyNotWritable).at(p)
	}
	if l, ok := d.lockOn(p); ok {
		return refuse(BlockedByLock, WhyLocked, "kind", l.Kind.words(), "by", l.By.Name, "until_ms", l.Until, "reason", l.Reason).at(p)
	}
	if m := d.modeOf(p); m < least {
		return refuse(BlockedByMode, WhyMode, "mode", m.String(), "least", least.String()).at(p)
	}
	return nil
}

// JournalError returns why the journal could not be written when it was
// tried last; while it is not nil nothing is written to the plant.
func (d *Desk) JournalError() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journalNo
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', -1, 64) + " %" }

func sorted[K comparable, V any](m map[K]V, less func(a, b V) bool) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return less(out[i], out[j]) })
	return out
}
