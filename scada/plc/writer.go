package plc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

// Limit is what the last guard lets through at one point, whatever the desk
// has approved. All values are SI.
type Limit struct {
	Min, Max float64
	Step     float64       // most change from what stands in the register; 0: no limit
	Interval time.Duration // least plant time between two writes; 0: no limit
}

// Allow is the list of points that may be written. What is not in it cannot
// be written.
type Allow map[models.PointID]Limit

// AllowSetpoints returns the writable setpoints of a list within the ranges
// of their rows, without limits of step and interval. It leaves out a point
// without a range.
func AllowSetpoints(list *pointlist.List) Allow {
	allow := Allow{}
	for i := range list.Points {
		p := &list.Points[i]
		if !p.Writable || !pointlist.IsSetpoint(p.Quantity) || !p.Min.Known || !p.Max.Known {
			continue
		}
		lo, hi := p.ToSI(p.Min.Value), p.ToSI(p.Max.Value)
		allow[p.ID()] = Limit{Min: min(lo, hi), Max: max(lo, hi)}
	}
	return allow
}

// Writer writes setpoints, one at a time, over the connections of a gateway.
// It is made when the plant may be written and dropped when it may not: in
// mode monitor there is none. It is safe for concurrent use; writes to
// different endpoints run at the same time.
type Writer struct {
	gateway *Gateway
	allow   Allow

	mu   sync.Mutex
	last map[models.PointID]time.Time // plant time of the last write sent
}

// NewWriter returns a writer for the points of allow.
func NewWriter(g *Gateway, allow Allow) *Writer {
	w := &Writer{gateway: g, allow: Allow{}, last: map[models.PointID]time.Time{}}
	for id, l := range allow {
		w.allow[id] = l
	}
	return w
}

// Write sends one setpoint. Before it does, it reads the PLC again and refuses
// unless the identity is right, the PLC stands in remote, does not run on its
// own curve, its heartbeat moves, and what stands in the register is within a
// step of the new value. The value goes out in one request and is never sent
// again. The error, if any, is a [*WriteError].
func (w *Writer) Write(ctx context.Context, sp models.Setpoint) error {
	e, d, t := w.gateway.locate(sp.Point)
	words, limit, err := w.vet(sp, t)
	if err != nil {
		return err
	}
	refuse := func(format string, args ...any) error {
		return &WriteError{Point: sp.Point, Class: ErrRefused, Reason: fmt.Sprintf(format, args...)}
	}
	ctx, release, err := w.hold(ctx, sp.Point, e, d)
	if err != nil {
		return err
	}
	defer release()
	now, err := w.look(ctx, sp.Point, e, d)
	if err != nil {
		return err
	}
	if why := d.unfit(t); why != "" {
		return refuse("%s", why)
	}
	if limit.Step > 0 && math.Abs(sp.Value-t.reading.Value) > limit.Step+t.point.Resolution(sp.Value) {
		return refuse("from %.4g to %.4g is more than the step of %.4g", t.reading.Value, sp.Value, limit.Step)
	}
	if !w.due(sp.Point, now, limit.Interval) {
		return refuse("written less than %s ago", limit.Interval)
	}
	e.report(d.foreign(now)) // before our own value covers it
	t.ours = words
	err = w.send(ctx, e, d, t, words, now)
	if !errors.Is(err, ErrNotSent) {
		w.note(sp.Point, now)
	}
	return err
}

// vet is what can be refused without asking the PLC.
func (w *Writer) vet(sp models.Setpoint, t *tracked) ([]uint16, Limit, error) {
	refuse := func(reason string) ([]uint16, Limit, error) {
		return nil, Limit{}, &WriteError{Point: sp.Point, Class: ErrRefused, Reason: reason}
	}
	limit, ok := w.allow[sp.Point]
	switch {
	case !ok || t == nil:
		return refuse("not among the points that may be written")
	case !t.point.Writable || !isSetpoint(t) || t.point.Table != pointlist.Holding:
		return refuse("the point list does not make it a writable holding register")
	case math.IsNaN(sp.Value) || sp.Value < limit.Min-t.point.Resolution(limit.Min)/2 || sp.Value > limit.Max+t.point.Resolution(limit.Max)/2:
		return refuse(fmt.Sprintf("%.6g is outside %.6g to %.6g", sp.Value, limit.Min, limit.Max))
	}
	words, err := t.point.Encode(sp.Value)
	if err != nil {
		return refuse(err.Error())
	}
	return words, limit, nil
}

// hold takes the endpoint of a point. A PLC that did not answer its last poll
// is not waited for: the poll finds out when it is back.
func (w *Writer) hold(ctx context.Context, point models.PointID, e *endpoint, d *device) (context.Context, func(), error) {
	fail := func(reason string, cause error) (context.Context, func(), error) {
		return nil, nil, &WriteError{Point: point, Class: ErrNotSent, Reason: reason, Cause: cause}
	}
	if trouble, mute := e.mute(d.id); mute {
		return fail("the PLC does not answer: "+trouble, nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(w.gateway.life, cancel)
	release := func() { stop(); cancel() }
	if err := e.take(ctx); err != nil {
		release()
		return fail("the PLC is being read; "+err.Error(), err)
	}
	if w.gateway.life.Err() != nil || d.fails > 0 {
		trouble := d.trouble
		e.give()
		release()
		return fail("the PLC does not answer: "+trouble, nil)
	}
	return ctx, func() { e.give(); release() }, nil
}

// look reads the PLC within the hold of a write and judges it.
func (w *Writer) look(ctx context.Context, point models.PointID, e *endpoint, d *device) (time.Time, error) {
	err := d.read(ctx, e.conn, e.used)
	now := w.gateway.opts.Clock.Now()
	if err != nil {
		if ctx.Err() == nil {
			e.missed(d, fmt.Sprintf("%s unit %d: %s", e.address, d.id.UnitID, reason(err)))
		}
		return now, &WriteError{Point: point, Class: ErrNotSent, Reason: "the PLC could not be read before writing: " + reason(err), Cause: err}
	}
	d.heard = now
	d.judge(now, w.gateway.opts.Period, false)
	return now, nil
}

// unfit says why a setpoint of a PLC just read must not be written.
func (d *device) unfit(t *tracked) string {
	element := t.point.Element
	remote := d.find(models.PointID{Element: element, Quantity: models.Remote})
	fallback := d.find(models.PointID{Element: element, Quantity: models.FallbackActive})
	switch {
	case d.wrong != "":
		return d.wrong
	case d.identity != identityProven || !d.proves(element):
		return "nothing proves that this is the right PLC: give its identity an expected value in the point list"
	case remote == nil:
		return "the point list does not say where the PLC's remote/local switch is read"
	case remote.reading.Quality != models.QualityGood:
		return "remote/local is not known: " + remote.reading.Reason
	case remote.reading.Value == 0:
		return "the PLC stands in local"
	case fallback != nil && fallback.reading.Quality != models.QualityGood:
		return "whether the PLC runs on its own curve is not known: " + fallback.reading.Reason
	case fallback != nil && fallback.reading.Value != 0:
		return "the PLC runs on its own curve"
	case t.words == nil:
		return "the register cannot be read: " + t.reading.Reason
	}
	return ""
}

// proves reports whether the device holds an identity of this very element.
func (d *device) proves(element models.ID) bool {
	t := d.find(models.PointID{Element: element, Quantity: models.Identity})
	return t != nil && t.point.Expect.Known
}

// due reports whether the interval since the last write of a point is over.
func (w *Writer) due(point models.PointID, now time.Time, interval time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.last[point]
	return !ok || now.Sub(last) >= interval
}

// note remembers when a point was written.
func (w *Writer) note(point models.PointID, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[point] = now
}

// send writes the words once and says what is known about it.
func (w *Writer) send(ctx context.Context, e *endpoint, d *device, t *tracked, words []uint16, now time.Time) error {
	err := e.conn.write(ctx, d.id.UnitID, t.point.Address, words)
	if err == nil {
		if isSetpoint(t) {
			t.seen, t.seenAt, t.ours = words, now, nil
		}
		return nil
	}
	class := ErrUncertain
	switch {
	case errors.Is(err, ErrNotSent):
		class = ErrNotSent
	case errors.Is(err, ErrRefused):
		class = ErrRefused
	}
	return &WriteError{Point: t.point.ID(), Class: class, Reason: reason(err), Cause: err}
}

// Heartbeat writes the counter that tells the PLC of an element that we are
// there, after reading that it is the right PLC. n must not be 0, which means
// the opposite: see Release. The PLC need not stand in remote: the heartbeat
// is what ends its own curve.
func (w *Writer) Heartbeat(ctx context.Context, element models.ID, n uint16) error {
	id := models.PointID{Element: element, Quantity: models.SCADAHeartbeat}
	if n == 0 {
		return &WriteError{Point: id, Class: ErrRefused, Reason: "a heartbeat of 0 hands the PLC back; count from 1"}
	}
	return w.beat(ctx, id, n)
}

// Release hands the PLC of an element back to its own curve: it writes 0 to
// the SCADA heartbeat.
func (w *Writer) Release(ctx context.Context, element models.ID) error {
	return w.beat(ctx, models.PointID{Element: element, Quantity: models.SCADAHeartbeat}, 0)
}

func (w *Writer) beat(ctx context.Context, id models.PointID, n uint16) error {
	e, d, t := w.gateway.locate(id)
	if t == nil || !t.point.Writable || t.point.Table != pointlist.Holding {
		return &WriteError{Point: id, Class: ErrRefused, Reason: "the point list has no writable heartbeat for it"}
	}
	words, err := t.point.EncodeCount(n)
	if err != nil {
		return &WriteError{Point: id, Class: ErrRefused, Reason: err.Error()}
	}
	ctx, release, err := w.hold(ctx, id, e, d)
	if err != nil {
		return err
	}
	defer release()
	if err := w.prove(ctx, id, e, d); err != nil {
		return err
	}
	return w.send(ctx, e, d, t, words, w.gateway.opts.Clock.Now())
}

// prove reads the identity alone: all that a heartbeat needs to know.
func (w *Writer) prove(ctx context.Context, id models.PointID, e *endpoint, d *device) error {
	t := d.find(models.PointID{Element: id.Element, Quantity: models.Identity})
	if t == nil || !t.point.Expect.Known {
		return &WriteError{Point: id, Class: ErrRefused, Reason: "nothing proves that this is the right PLC: give its identity an expected value in the point list"}
	}
	words, at, err := d.readApart(ctx, e.conn, spanOf(&t.point), spanOf(&t.point), e.used)
	if err != nil {
		return &WriteError{Point: id, Class: ErrNotSent, Reason: "the PLC's identity could not be read before writing: " + reason(err), Cause: err}
	}
	if why := t.mismatch(cutOut(words, at, spanOf(&t.point))); why != "" {
		return &WriteError{Point: id, Class: ErrRefused, Reason: why}
	}
	return nil
}

// cutOut takes the words of part out of what was read at a span.
func cutOut(words []uint16, at, part span) []uint16 {
	from := part.from - at.from
	return words[from : from+part.n]
}
