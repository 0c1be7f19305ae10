package plc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
)

// Options of a gateway. The zero value of every field but Allow is the
// documented default; nothing is spoken to that Allow does not name.
type Options struct {
	Clock   clock.Clock            // of the plant: stamps readings; nil: the real one
	Sink    func([]models.Reading) // called by PollAll, never twice at a time; may be nil
	Foreign func(Foreign)          // a setpoint changed and not by us; called by PollAll; may be nil
	Off     func(models.ID) bool   // elements that are switched off: their PLC is not spoken to; nil: none
	Log     *slog.Logger           // nil: discarded

	// Allow is the list of endpoints that may be spoken to; loopback only
	// where it is named as such.
	Allow []Endpoints

	Period      time.Duration // plant time between polls; 0: 5 s
	Timeout     time.Duration // wall, of one exchange; 0: 1 s. Above a gateway's own time-out, or its exception is never seen
	Settle      time.Duration // wall, pause after a doubtful exchange; 0: 1 s, negative: none. At least the slowest answer of a bus
	PollTimeout time.Duration // wall: PollAll waits no longer for stragglers; 0: a quarter more than Timeout
	Spread      time.Duration // wall: PollAll asks the endpoints one after the other over this span; 0: all at once
	Dials       int           // connections opened at a time; 0: 200
	MaxRead     int           // registers in one request; 0: 125
	MaxGap      int           // registers nobody asked for that one request may run over; 0: 8, negative: none
	MaxSkip     int           // polls a dead PLC is left alone at most; 0: 12, negative: none
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
		*d = max(*d, 0)
	}
	set(&o.Period, 5*time.Second)
	set(&o.Timeout, time.Second)
	set(&o.Settle, time.Second)
	set(&o.PollTimeout, o.Timeout+o.Timeout/4)
	o.PollTimeout += max(o.Spread, 0)
	count := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
		*n = max(*n, 0)
	}
	count(&o.Dials, 200)
	count(&o.MaxRead, 125)
	count(&o.MaxGap, 8)
	count(&o.MaxSkip, 12)
	o.MaxRead = min(o.MaxRead, 125)
	o.Dials = max(o.Dials, 1)
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Gateway polls the PLCs of a point list. It has no way to write.
type Gateway struct {
	opts      Options
	endpoints []*endpoint // by address
	elements  map[models.ID][]*endpoint

	life   context.Context // of all exchanges
	kill   context.CancelFunc
	flying sync.WaitGroup
	turn   sync.Mutex // one PollAll at a time
}

// NewGateway plans the requests of a list and connects to nobody yet. It
// refuses a list with an endpoint that Allow does not name; a host name is
// looked up and checked when it is dialled. Close must be called in the end.
func NewGateway(list *pointlist.List, opts Options) (*Gateway, error) {
	g := &Gateway{opts: opts.withDefaults(), elements: map[models.ID][]*endpoint{}}
	g.life, g.kill = context.WithCancel(context.Background())
	d := newDialer(opts.Allow, g.opts.Dials)
	byAddress := map[string]*endpoint{}
	devices := map[pointlist.Device]*device{}
	var refused []error
	for _, p := range list.Points {
		e := byAddress[p.Endpoint]
		if e == nil {
			if err := d.vet(p.Endpoint); err != nil {
				refused = append(refused, fmt.Errorf("%s: %w", p.Element, err))
			}
			e = g.newEndpoint(p.Endpoint, d)
			byAddress[p.Endpoint] = e
		}
		dev := devices[p.Device()]
		if dev == nil {
			dev = &device{id: p.Device(), limits: limits{g.opts.MaxRead, 2000, g.opts.MaxGap}, trouble: "not asked yet"}
			devices[p.Device()] = dev
			e.devices = append(e.devices, dev)
		}
		if p.MaxRead > 0 {
			dev.limits.words, dev.limits.bits = min(dev.limits.words, p.MaxRead), min(dev.limits.bits, p.MaxRead)
		}
		dev.points = append(dev.points, &tracked{point: p})
		if !slices.ContainsFunc(dev.points[:len(dev.points)-1], func(t *tracked) bool { return t.point.Element == p.Element }) {
			dev.elements++
		}
		if !slices.Contains(g.elements[p.Element], e) {
			g.elements[p.Element] = append(g.elements[p.Element], e)
		}
	}
	if err := errors.Join(refused...); err != nil {
		g.kill()
		return nil, err
	}
	for _, e := range g.endpoints {
		for _, dev := range e.devices {
			dev.blocks = merge(dev.points, dev.limits)
			tellApart(dev.blocks, dev.limits, e.used)
			dev.lost(time.Time{}, dev.trouble)
		}
		e.publish(nil, nil)
	}
	slices.SortFunc(g.endpoints, func(a, b *endpoint) int { return strings.Compare(a.address, b.address) })
	return g, nil
}

func (g *Gateway) newEndpoint(address string, d *dialer) *endpoint {
	e := &endpoint{address: address, hold: make(chan struct{}, 1), used: map[shape]bool{}, gateway: g}
	e.conn = &conn{timeout: g.opts.Timeout, settle: g.opts.Settle,
		dial: func(ctx context.Context) (net.Conn, error) { return d.dial(ctx, address) }}
	g.endpoints = append(g.endpoints, e)
	return e
}

// PollAll reads every PLC once, all at the same time, and hands the readings
// to the sink in the order of endpoints and list. It returns when all have
// answered, but waits no longer than PollTimeout (and, on a clock that runs by
// itself, no longer than a poll period) for those that do not, and only
// briefly for those that did not answer the last time: what they say later is
// handed out by the next PollAll. PLCs that did not answer are asked again
// after a growing number of polls; in between their points are lost. A PLC all of whose elements are off is not asked and not kept
// connected; the points of an element that is off have no value. It fails only when ctx ends or the gateway is closed.
func (g *Gateway) PollAll(ctx context.Context) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	if err := errors.Join(ctx.Err(), g.life.Err()); err != nil {
		return err
	}
	var sure, doubtful sync.WaitGroup // those that answered their last poll, and those that did not
	for i, e := range g.endpoints {
		g.start(e, &sure, &doubtful, g.opts.Spread*time.Duration(i)/time.Duration(len(g.endpoints)))
	}
	answered, all := make(chan struct{}), make(chan struct{})
	g.flying.Add(1)
	go func() {
		defer g.flying.Done()
		sure.Wait()
		close(answered)
		doubtful.Wait()
		close(all)
	}()
	g.await(ctx, answered, all)
	g.deliver()
	return ctx.Err()
}

// briefly is how long a poll waits for PLCs that did not answer the last one.
// One that is back answers within it.
const briefly = 100 * time.Millisecond

// await waits for the polls begun: for all, but not long for those that are
// in doubt.
func (g *Gateway) await(ctx context.Context, answered, all <-chan struct{}) {
	patience, brief := time.NewTimer(g.patience()), time.NewTimer(g.opts.Spread+briefly)
	defer patience.Stop()
	defer brief.Stop()
	select {
	case <-answered:
	case <-patience.C:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-all:
	case <-brief.C:
	case <-patience.C:
	case <-ctx.Done():
	}
}

// patience is how long a poll waits for stragglers. A clock that runs by
// itself makes the readings of all others old meanwhile; a stepped one stands.
func (g *Gateway) patience() time.Duration {
	if p := g.opts.Clock.Wall(g.opts.Period); p > 0 {
		return min(g.opts.PollTimeout, max(p, 20*time.Millisecond))
	}
	return g.opts.PollTimeout
}

// start begins the poll of an endpoint after a while, unless its last one
// still goes on.
func (g *Gateway) start(e *endpoint, sure, doubtful *sync.WaitGroup, after time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.polling {
		return
	}
	e.polling = true
	round := sure
	if e.lost != nil {
		round = doubtful
	}
	round.Add(1)
	g.flying.Add(1)
	go func() {
		defer g.flying.Done()
		defer round.Done()
		if after > 0 {
			t := time.NewTimer(after)
			defer t.Stop()
			select {
			case <-t.C:
			case <-g.life.Done():
			}
		}
		e.poll(g.life)
		e.mu.Lock()
		e.polling = false
		e.mu.Unlock()
	}()
}

// deliver hands out what the finished polls brought.
func (g *Gateway) deliver() {
	var readings []models.Reading
	var events []Foreign
	for _, e := range g.endpoints {
		r, f := e.outcome(g.opts.Clock.Now())
		readings, events = append(readings, r...), append(events, f...)
	}
	if g.opts.Sink != nil && len(readings) > 0 {
		g.opts.Sink(readings)
	}
	for _, f := range events {
		g.opts.Log.Warn("a setpoint changed and not by us", "point", f.Point.String(), "was", f.Was, "is", f.Is, "since", f.Since, "local", f.Local, "fallback", f.Fallback)
		if g.opts.Foreign != nil {
			g.opts.Foreign(f)
		}
	}
}

// Run calls PollAll every period of the clock until ctx ends. A stepped clock
// has no period: whoever steps it calls PollAll.
func (g *Gateway) Run(ctx context.Context) error {
	period := g.opts.Clock.Wall(g.opts.Period)
	if period <= 0 {
		return errors.New("plc: a stepped clock cannot run by itself; call PollAll after each step")
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		if err := g.PollAll(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close breaks off what is under way, closes all connections and returns when
// nothing of the gateway runs any more. It does not wait for PLCs.
func (g *Gateway) Close() {
	g.kill()
	g.turn.Lock() // a PollAll under way ends at once now
	defer g.turn.Unlock()
	g.flying.Wait()
	for _, e := range g.endpoints {
		e.hold <- struct{}{} // a writer's exchange ends with the life of the gateway too
		e.conn.end()
		<-e.hold
	}
	for _, e := range g.endpoints {
		e.conn.closing.Wait()
	}
}

// Status tells how it stands with the PLC of an element, one row for each PLC
// that carries points of it; nil if none does.
func (g *Gateway) Status(element models.ID) []Status {
	var out []Status
	for _, e := range g.elements[element] {
		e.mu.Lock()
		for _, s := range e.status {
			if s.Element == element {
				out = append(out, s)
			}
		}
		e.mu.Unlock()
	}
	return out
}

// Statuses tells how it stands with all PLCs, ordered by endpoint.
func (g *Gateway) Statuses() []Status {
	var out []Status
	for _, e := range g.endpoints {
		e.mu.Lock()
		out = append(out, e.status...)
		e.mu.Unlock()
	}
	return out
}

// Raw returns the points of an element as they were read last, with their
// words as they came. It waits for a poll that is under way.
func (g *Gateway) Raw(ctx context.Context, element models.ID) ([]Raw, error) {
	var out []Raw
	for _, e := range g.elements[element] {
		if err := e.take(ctx); err != nil {
			return nil, err
		}
		for _, d := range e.devices {
			for _, t := range d.points {
				if t.point.Element == element {
					out = append(out, Raw{Point: t.point, Words: slices.Clone(t.words), Reading: t.reading})
				}
			}
		}
		e.give()
	}
	return out, nil
}

// locate returns the endpoint, the device and the point of a name.
func (g *Gateway) locate(id models.PointID) (*endpoint, *device, *tracked) {
	for _, e := range g.elements[id.Element] {
		for _, d := range e.devices {
			if t := d.find(id); t != nil {
				return e, d, t
			}
		}
	}
	return nil, nil, nil
}
