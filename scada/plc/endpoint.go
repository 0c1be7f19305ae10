package plc

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

func isSetpoint(t *tracked) bool { return pointlist.IsSetpoint(t.point.Quantity) }

// endpoint is one address:port with the PLCs behind it and the one connection
// to it. hold admits one user at a time: the poll, or the writer.
type endpoint struct {
	address string
	hold    chan struct{}
	conn    *conn
	devices []*device
	used    map[shape]bool // quantities that polls ask for
	gateway *Gateway

	mu      sync.Mutex // guards what follows
	polling bool
	fresh   []models.Reading // of a finished poll, not handed out yet
	events  []Foreign
	status  []Status
	lost    []models.Reading // of the last poll, if nobody here answered it; nil: somebody did
}

// take waits for the endpoint; give returns it.
func (e *endpoint) take(ctx context.Context) error {
	select {
	case e.hold <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *endpoint) give() { <-e.hold }

// poll reads every PLC of the endpoint that is not left alone this time, and
// publishes what came of it.
func (e *endpoint) poll(ctx context.Context) {
	if e.take(ctx) != nil {
		return
	}
	defer e.give()
	var readings []models.Reading
	var events []Foreign
	unreachable := "" // why the endpoint takes no connection: no need to try for each PLC behind it
	resting := 0
	for _, d := range e.devices {
		if ctx.Err() != nil {
			return
		}
		off := e.gateway.off(d)
		if d.resting = len(off) == d.elements; d.resting {
			d.rest(e.gateway.opts.Clock.Now())
			readings = append(readings, d.readings()...)
			resting++
			continue
		}
		if unreachable == "" || d.skip > 0 {
			err := e.pollDevice(ctx, d)
			if errors.Is(err, errNoConnection) {
				unreachable = d.trouble
			}
		} else {
			e.missed(d, unreachable)
		}
		d.blank(off, e.gateway.opts.Clock.Now())
		readings = append(readings, d.readings()...)
		if d.fails == 0 {
			events = append(events, d.foreign(d.heard)...)
		}
	}
	if resting == len(e.devices) {
		e.conn.end()
	}
	e.publish(readings, events)
}

// off lists the elements of a PLC that are switched off.
func (g *Gateway) off(d *device) map[models.ID]bool {
	if g.opts.Off == nil {
		return nil
	}
	asked, off := map[models.ID]bool{}, map[models.ID]bool{}
	for _, t := range d.points {
		id := t.point.Element
		if !asked[id] && g.opts.Off(id) {
			off[id] = true
		}
		asked[id] = true
	}
	return off
}

// pollDevice reads one PLC, or lets it be, and judges what it said.
func (e *endpoint) pollDevice(ctx context.Context, d *device) error {
	g := e.gateway
	if d.skip > 0 {
		d.skip--
		d.lost(g.opts.Clock.Now(), d.trouble)
		return nil
	}
	err := d.read(ctx, e.conn, e.used)
	now := g.opts.Clock.Now()
	if err == nil {
		d.fails, d.trouble, d.heard = 0, "", now
		d.judge(now, g.opts.Period, true)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err() // we are being closed; that is no fault of the PLC
	}
	e.missed(d, fmt.Sprintf("%s unit %d: %s", e.address, d.id.UnitID, reason(err)))
	return err
}

// missed counts a poll that a PLC has not answered.
func (e *endpoint) missed(d *device, why string) {
	d.fails++
	d.skip = backoff(d.fails, e.gateway.opts.MaxSkip, e.address, d.id.UnitID)
	d.lost(e.gateway.opts.Clock.Now(), why)
}

// reason says an exchange's error without its class, which is for programs.
func reason(err error) string {
	if e, ok := errors.AsType[*Exception](err); ok {
		return e.Error()
	}
	var inner error = err
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, c := range many.Unwrap() {
			if c != ErrNotSent && c != ErrUncertain && c != ErrRefused {
				inner = c
			}
		}
	}
	return inner.Error()
}

// backoff returns how many polls to leave a PLC alone after its fails-th
// failure in a row: 0, 1, 3, 7 ... at most most, less up to a quarter that
// differs between PLCs, so that a town behind one router is not asked all at
// once when it comes back.
func backoff(fails, most int, address string, unit uint8) int {
	skip := most
	if fails < 16 {
		skip = min(1<<(fails-1)-1, most)
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d/%d", address, unit, fails)
	return skip - int(h.Sum32()%uint32(skip/4+1))
}

// publish makes the outcome of a poll visible.
func (e *endpoint) publish(readings []models.Reading, events []Foreign) {
	var status []Status
	silent := len(readings) > 0
	for _, d := range e.devices {
		status = append(status, d.status()...)
		silent = silent && d.fails > 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fresh = append(e.fresh, readings...)
	e.events = append(e.events, events...)
	e.status, e.lost = status, nil
	if silent {
		e.lost = readings
	}
}

// outcome takes what the finished polls brought. While an endpoint that did
// not answer its last poll is asked again, its points stay lost.
func (e *endpoint) outcome(now time.Time) ([]models.Reading, []Foreign) {
	e.mu.Lock()
	defer e.mu.Unlock()
	readings, events := e.fresh, e.events
	e.fresh, e.events = nil, nil
	if e.polling && e.lost != nil && readings == nil {
		readings = slices.Clone(e.lost)
		for i := range readings {
			readings[i].Source = now
		}
	}
	return readings, events
}

// mute says why a PLC did not answer its last poll; false if it did.
func (e *endpoint) mute(d pointlist.Device) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.status {
		if s.Device == d && s.Failures > 0 {
			return s.Trouble, true
		}
	}
	return "", false
}

// report keeps foreign writes seen outside a poll for the next PollAll.
func (e *endpoint) report(events []Foreign) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, events...)
}

// Status says how it stands with the PLC of one element.
type Status struct {
	Element   models.ID
	Device    pointlist.Device
	Answering bool      // in its last poll
	Off       bool      // not polled: all its elements are switched off
	Heard     time.Time // of the plant's clock: last answer; zero: never
	Failures  int       // polls in a row without an answer
	WaitPolls int       // polls until it is asked again
	Proven    bool      // the identity was read and is right
	Trouble   string    // in words; "" if there is none
}

// status returns one row for each element of the device.
func (d *device) status() []Status {
	var out []Status
	for _, t := range d.points {
		if slices.ContainsFunc(out, func(s Status) bool { return s.Element == t.point.Element }) {
			continue
		}
		s := Status{Element: t.point.Element, Device: d.id, Answering: d.fails == 0 && !d.heard.IsZero() && !d.resting, Off: d.resting, Heard: d.heard, Failures: d.fails,
			WaitPolls: d.skip, Proven: d.identity == identityProven, Trouble: d.trouble}
		if s.Trouble == "" {
			s.Trouble = d.wrong
		}
		out = append(out, s)
	}
	return out
}

// Raw is a point as the last poll saw it.
type Raw struct {
	Point   pointlist.Point
	Words   []uint16 // as they came; nil: none
	Reading models.Reading
}
