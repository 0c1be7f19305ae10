package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"evenflow/models"
)

// ref names an item of an order.
type ref struct {
	order string
	n     int
}

// Turn does everything that is due: expiries, heartbeats, read-backs,
// feedback, and sending what is approved. One turn may send a whole batch.
// Its error is about the journal or the store; what the plant does is in the
// orders.
func (d *Desk) Turn(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := d.recoverOnce(ctx); err != nil {
		return err
	}
	if err := d.sweep(ctx, false); err != nil {
		d.heartbeat(ctx) // the plant keeps its values, journal or not
		return err
	}
	img := d.deps.Snapshot()
	return errors.Join(d.expire(ctx), d.heartbeat(ctx), d.readBacks(ctx, img), d.feedbacks(ctx, img), d.send(ctx, img))
}

// Run turns until ctx ends: every second of the plant clock, and at once when
// an order is approved.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(max(d.deps.Clock.Wall(time.Second), 50*time.Millisecond))
	defer tick.Stop()
	for {
		if err := d.Turn(ctx); err != nil && ctx.Err() == nil {
			d.deps.Log.Error("desk", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-d.wake:
		}
	}
}

// Recover puts in order what an earlier process left: the network comes up in
// at most advisory, what was queued is not sent, what was on its way is
// uncertain until its register has been read. Turn does it by itself the
// first time.
func (d *Desk) Recover(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	return d.recoverOnce(ctx)
}

func (d *Desk) recoverOnce(ctx context.Context) error {
	if d.recovered {
		return nil
	}
	if err := d.deps.Store.Own(ctx); err != nil {
		return err
	}
	for _, s := range d.Modes() {
		if s.Mode < Auto {
			continue
		}
		s.Mode, s.Until = Advisory, time.Time{}
		if err := d.applyMode(ctx, program, s.withWhy(why(WhyRearm))); err != nil {
			return err
		}
	}
	if err := d.sweep(ctx, true); err != nil {
		return err
	}
	if err := d.greet(ctx); err != nil {
		return err
	}
	d.recovered = true
	if err := d.arm(); err != nil {
		return d.applyMode(ctx, program, ModeState{Mode: Monitor, By: program, At: d.deps.Wall().UTC()}.withWhy(why(WhyNoWriter, "answer", err.Error())))
	}
	return nil
}

// sweep settles what no step of this process has in hand: after a crash, and
// after a step that could not be journaled to its end. Nothing is sent again.
func (d *Desk) sweep(ctx context.Context, restart bool) error {
	return d.commit(ctx, program, func(c *change) error {
		for _, live := range d.live() {
			restart := restart && d.inherited[live.ID]
			for n, it := range live.Items {
				switch {
				case it.Stage == Writing, it.Stage == Written && restart:
					c.move(c.order(live.ID), n, Uncertain, why(WhyRestartSent)).Fault = true
				case it.Stage == Selected:
					c.move(c.order(live.ID), n, NotDone, why(WhyRestartUnsent))
				case it.Stage == Approved && restart:
					o := c.order(live.ID)
					c.move(o, n, NotDone, o.halt(why(WhyRestart), program))
				}
			}
		}
		return nil
	})
}

// expire ends what has run out of wall time.
func (d *Desk) expire(ctx context.Context) error {
	var ended []ModeState
	err := d.commit(ctx, program, func(c *change) error {
		for _, live := range d.live() {
			if live.Stage() == Proposed && c.wall.After(live.ValidUntil) {
				c.endProposed(live.ID, Expired, why(WhyUnapproved))
				continue
			}
			if live.Finished.IsZero() && c.over(live) {
				c.order(live.ID) // finished when it is put back
			}
			for n, it := range live.Items {
				if it.Stage == Approved && c.wall.After(live.SendUntil) {
					o := c.order(live.ID)
					c.move(o, n, Expired, o.halt(why(WhyTimeout), program))
				}
			}
		}
		for _, l := range sorted(d.locks, func(a, b Lock) bool { return a.Point.String() < b.Point.String() }) {
			if !c.wall.Before(l.Until) {
				c.put(kindLock, l.Point.String(), nil)
				c.row(entryEnded("lock.end").About(l.Point))
				c.then = append(c.then, func() { delete(d.locks, l.Point) })
			}
		}
		if d.open != nil && !c.wall.Before(d.open.Until) {
			c.put(kindEnvelope, "open", nil)
			c.row(entryEnded("envelope.end"))
			c.then = append(c.then, func() { d.open = nil })
		}
		for _, s := range d.modes {
			if s.Mode == Auto && !c.wall.Before(s.Until) {
				ended = append(ended, s)
			}
		}
		return nil
	})
	for _, s := range ended {
		s.Mode, s.Until = Advisory, time.Time{}
		err = errors.Join(err, d.applyMode(ctx, program, s.withWhy(why(WhyAutoEnd))))
	}
	return err
}

// beat is what the desk remembers of its talk with one element.
type beat struct {
	last      time.Time // plant: last heartbeat that was answered
	failures  int
	notBefore time.Time // wall: patience with a PLC that does not answer
}

// patient reports whether an element that failed to answer is left alone for
// now. d.turn is held.
func (d *Desk) patient(id models.ID, wall time.Time) bool {
	b := d.beats[id]
	return b != nil && wall.Before(b.notBefore)
}

// answered notes how an element answered; it returns true when that changed.
func (d *Desk) noteAnswer(id models.ID, err error, wall time.Time) (changed bool) {
	b := d.beats[id]
	if b == nil {
		b = &beat{}
		d.beats[id] = b
	}
	if err == nil {
		changed = b.failures > 0
		b.failures, b.notBefore = 0, time.Time{}
		return changed
	}
	b.failures++
	b.notBefore = wall.Add(min(time.Second<<min(b.failures-1, 5), 30*time.Second))
	return b.failures == 1
}

// heartbeat tells every element in advisory or auto that we are there. It is
// no order: entering the mode approved it. A stop-all does not stop it.
func (d *Desk) heartbeat(ctx context.Context) error {
	if d.writer == nil {
		return nil
	}
	plant, wall := d.deps.Clock.Now(), d.deps.Wall()
	d.mu.Lock()
	ids := d.controlled()
	d.mu.Unlock()
	var due []models.ID
	for _, id := range ids {
		if b := d.beats[id]; b != nil && (wall.Before(b.notBefore) || (plant.Sub(b.last) < d.deps.HeartbeatEvery && !plant.Before(b.last))) {
			continue
		}
		due = append(due, id)
	}
	if len(due) == 0 {
		return nil
	}
	if d.beatCount++; d.beatCount == 0 {
		d.beatCount = 1
	}
	n := d.beatCount
	errs := d.each(len(due), func(i int) error { return d.writer.Heartbeat(ctx, due[i], n) })
	return d.commit(ctx, program, func(c *change) error {
		for i, err := range errs {
			if d.noteAnswer(due[i], err, wall) {
				e := entryEnded("heartbeat.back")
				if err != nil {
					e = entryEnded("heartbeat.lost")
					e.Reason = err.Error()
				}
				e.Element = due[i]
				c.row(e)
			}
			if err == nil {
				d.beats[due[i]].last = plant
			}
		}
		return nil
	})
}

// Waits says what the approved items of an order wait for, by item.
func (d *Desk) Waits(order string) map[int]Why {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[int]Why{}
	for r, why := range d.waits {
		if r.order == order {
			out[r.n] = why
		}
	}
	return out
}

// read is one register read back.
type read struct {
	value float64
	err   error
}

// readAll reads points anew, several PLCs at once. Without a writer the
// process image serves, if its reading is younger than since.
func (d *Desk) readAll(ctx context.Context, img Image, points []models.PointID, since []time.Time) []read {
	out := make([]read, len(points))
	plant := d.deps.Clock.Now()
	d.each(len(points), func(i int) error {
		var r models.Reading
		var err error
		if d.writer != nil {
			r, err = d.writer.ReadBack(ctx, points[i])
		} else {
			var ok bool
			if r, ok = img.Get(points[i]); !ok || !(r.Source.After(since[i]) || since[i].After(plant)) {
				err = errors.New("not polled since it was sent")
			}
		}
		if err == nil && r.Quality < models.QualitySubstituted {
			err = fmt.Errorf("reading is %s", quality(r, true))
		}
		out[i] = read{r.Value, err}
		return nil
	})
	return out
}
