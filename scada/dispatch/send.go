package dispatch

import (
	"context"
	"errors"
	"math"
	"time"

	"evenflow/models"
)

// sendingTime is how long one turn goes on sending, wall time: heartbeats and
// read-backs must not wait for a long batch.
const sendingTime = 2 * time.Second

// send takes what is due through selection to the plant, a few items at a
// time: never more than the failures that still may happen, so that an order
// stops at its last permitted failure and not some writes later.
func (d *Desk) send(ctx context.Context, img Image) error {
	if d.writer == nil || d.halted.Load() {
		return nil
	}
	for begun := d.deps.Wall(); ctx.Err() == nil && d.deps.Wall().Sub(begun) <= sendingTime; {
		o, refs, err := d.due(ctx, img)
		if err != nil || len(refs) == 0 {
			return err
		}
		if err := d.sendWave(ctx, img, o, refs); err != nil {
			return err
		}
	}
	return nil
}

// due picks the next items of one order, and ends those that may not be sent
// at all.
func (d *Desk) due(ctx context.Context, img Image) (order string, refs []int, err error) {
	err = d.commit(ctx, program, func(c *change) error {
		d.waits = map[ref]Why{}
		var picked []models.PointID
		for _, live := range d.live() {
			if len(refs) > 0 || live.Counts().Waiting == 0 {
				continue
			}
			env := d.envelopeOf(live)
			left := env.Brake.Failures - faults(live)
			if left > 0 {
				left = min(left, trial(live, env.Brake.Failures))
			} else {
				o := c.order(live.ID)
				because := o.halt(why(WhyFailures, "count", env.Brake.Failures), program)
				for n, it := range live.Items {
					if it.Stage == Approved {
						c.move(o, n, NotDone, because)
					}
				}
				continue
			}
			batch, wait := d.nextBatch(live, env, c.plant)
			for n, it := range live.Items {
				if it.Stage != Approved || len(refs) == left {
					continue
				}
				if wait.said() || it.Batch != batch {
					d.waits[ref{live.ID, n}] = wait
					continue
				}
				hold, over := d.gate(live, it, env, img, picked, c)
				switch {
				case over.said():
					c.move(c.order(live.ID), n, NotDone, over)
				case hold.said():
					d.waits[ref{live.ID, n}] = hold
				default:
					refs, picked, order = append(refs, n), append(picked, it.Point), live.ID
					if it.Class == ClassC {
						left = len(refs) // critical: one at a time
					}
				}
			}
			if len(refs) > 0 && (batch != live.Batch || live.BatchAt.IsZero()) {
				o := c.order(live.ID)
				o.Batch, o.BatchAt = batch, c.plant
			}
		}
		return nil
	})
	return order, refs, err
}

// envelopeOf returns the limits an order is sent under: those it was approved
// under while they are open, the normal ones otherwise. d.mu is held.
func (d *Desk) envelopeOf(o *Order) Envelope {
	env, _ := d.envelope()
	if env.Name == o.Envelope {
		return env
	}
	return envelopes[Normal]
}

// trial returns how many items may go out now: of each batch a few go ahead,
// and the rest follow once those were read back, so that a gateway that only
// says yes is found out early.
func trial(o *Order, few int) int {
	confirmed, unproven, begun := 0, 0, false
	for _, it := range o.Items {
		if it.Batch != o.Batch {
			continue
		}
		switch it.Stage {
		case Selected, Writing, Written:
			unproven++
		case Confirmed, InForce, NoEffect, Superseded:
			if !it.Sent.IsZero() {
				confirmed++
			}
		case Approved:
			begun = true
		}
	}
	if confirmed >= few || !begun {
		return few
	}
	return max(few-unproven, 0)
}

// faults counts the failures of an order.
func faults(o *Order) int {
	n := 0
	for _, it := range o.Items {
		if it.Fault {
			n++
		}
	}
	return n
}

// nextBatch returns the batch whose turn it is, and why it must wait.
func (d *Desk) nextBatch(o *Order, env Envelope, plant time.Time) (batch int, wait Why) {
	batch = math.MaxInt
	busy := false
	for _, it := range o.Items {
		if it.Stage == Approved {
			batch = min(batch, it.Batch)
		}
		busy = busy || (it.Stage >= Selected && it.Stage <= Written)
	}
	if o.BatchAt.IsZero() || batch == o.Batch {
		return batch, none
	}
	if since := plant.Sub(o.BatchAt); since < env.Brake.BatchEvery {
		return batch, why(WhyBatch, "every_s", env.Brake.BatchEvery, "wait_s", env.Brake.BatchEvery-since)
	}
	if busy {
		return batch, why(WhyBatchBefore)
	}
	return batch, none
}

// gate returns why an item waits, or why it may not be sent any more. d.mu is
// held.
func (d *Desk) gate(o *Order, it *Item, env Envelope, img Image, picked []models.PointID, c *change) (wait, over Why) {
	if r := d.blocked(it.Point, Advisory); r != nil {
		return none, r.why()
	}
	if env.Name != o.Envelope {
		if s := env.Class[it.Class].Step; s > 0 && math.Abs(it.New-it.Old) > s+resolution(it.Point.Quantity) {
			return none, why(WhyEnvelope, "envelope", env.Name)
		}
	}
	if it.Class == ClassC && d.criticalUnderWay() {
		return why(WhyOneAtATime), none
	}
	if wait, over = d.waitFor(o, it, env, c.plant, c.wall); wait.said() || over.said() {
		return wait, over
	}
	approved, _ := it.Entered(Approved)
	if r, ok := img.Get(models.PointID{Element: it.Point.Element, Quantity: models.FallbackActive}); ok && r.Value == 1 && r.Quality >= models.QualitySubstituted &&
		c.plant.Sub(approved.Plant) < time.Minute {
		return why(WhyFallback), none
	}
	return d.brakeWait(it, env, img, picked, c.plant, c.wall), none
}

// criticalUnderWay reports whether a class C command is not confirmed yet.
// d.mu is held.
func (d *Desk) criticalUnderWay() bool {
	for _, o := range d.live() {
		for _, it := range o.Items {
			if it.Class == ClassC && it.Stage >= Selected && it.Stage <= Uncertain {
				return true
			}
		}
	}
	return false
}

// sendWave selects, reads and writes a few items of one order.
func (d *Desk) sendWave(ctx context.Context, img Image, order string, refs []int) error {
	refs, points, err := d.selectItems(ctx, img, order, refs)
	if err != nil || len(refs) == 0 {
		return err
	}
	reads := d.readAll(ctx, img, points, make([]time.Time, len(points)))
	refs, err = d.beginWriting(ctx, img, order, refs, reads)
	if err != nil || len(refs) == 0 {
		return err
	}
	d.mu.Lock()
	o := d.orders[order]
	d.mu.Unlock()
	errs := d.each(len(refs), func(i int) error {
		if d.halted.Load() {
			return errHalted
		}
		it := o.Items[refs[i]]
		return d.writer.Write(ctx, models.Setpoint{Point: it.Point, Value: it.New})
	})
	return d.commit(ctx, program, func(c *change) error {
		o := c.order(order)
		for i, n := range refs {
			d.written(c, o, n, errs[i])
		}
		return nil
	})
}

// errHalted is a write that a stop-all caught before its first byte.
var errHalted error = haltedError{}

type haltedError struct{}

func (haltedError) Error() string { return "stopped before it was sent" }
func (haltedError) NotSent() bool { return true }

// written records what is known after a write.
func (d *Desk) written(c *change, o *Order, n int, err error) {
	it := c.item(o, n)
	switch outcomeOf(err) {
	case answered:
		c.move(o, n, Written, none)
	case notSent:
		it.Sent, it.SentWall = time.Time{}, time.Time{}
		it.Fault = !errors.Is(err, errHalted)
		c.move(o, n, NotDone, why(WhyNotSent, "answer", err.Error()))
		return
	case refused:
		it.Fault = true
		c.move(o, n, NotDone, why(WhyRefused, "answer", err.Error()))
	default:
		it.Fault = true
		c.move(o, n, Uncertain, why(WhyUncertain, "answer", err.Error()))
	}
	frozen, group := *it, o.Group
	c.then = append(c.then, func() { d.countMove(&frozen, group) })
}

// selectItems reserves the points whose plant is in order, and ends the
// others.
func (d *Desk) selectItems(ctx context.Context, img Image, order string, refs []int) (chosen []int, points []models.PointID, err error) {
	err = d.commit(ctx, program, func(c *change) error {
		o := c.order(order)
		for _, n := range refs {
			it := o.Items[n]
			if no, fault := d.unfit(img, o, it); no.said() {
				c.move(o, n, NotDone, no).Fault = fault
				continue
			}
			c.move(o, n, Selected, none)
			chosen, points = append(chosen, n), append(points, it.Point)
		}
		return nil
	})
	return chosen, points, err
}

// unfit returns why the plant is not in a state to take a command at a point;
// fault says whether that counts as a failure (a person on site does not).
// d.mu is held.
func (d *Desk) unfit(img Image, o *Order, it *Item) (no Why, fault bool) {
	if h := d.holder(it.Point, o.ID); h != nil {
		return why(WhyHeld, "order", h.ID), false
	}
	at := func(q models.Quantity) (models.Reading, bool) {
		return img.Get(models.PointID{Element: it.Point.Element, Quantity: q})
	}
	if r, ok := img.Get(it.Point); !ok || r.Quality != models.QualityGood {
		return why(WhyQuality, "point", it.Point, "quality", quality(r, ok)), true
	}
	if r, ok := at(models.PLCHeartbeat); ok && r.Quality != models.QualityGood {
		return why(WhyHeartbeat, "quality", quality(r, ok)), true
	}
	if r, ok := at(models.Remote); ok {
		if r.Quality != models.QualityGood {
			return why(WhyQuality, "point", models.PointID{Element: it.Point.Element, Quantity: models.Remote}, "quality", quality(r, ok)), true
		}
		if r.Value != 1 {
			return why(WhyLocal), false
		}
	}
	if r, ok := at(models.FallbackActive); ok && r.Quality == models.QualityGood && r.Value == 1 {
		return why(WhyFallback), false
	}
	return none, false
}

// beginWriting compares the present values with what was expected and marks
// what will be written: on disk before the first byte goes out.
func (d *Desk) beginWriting(ctx context.Context, img Image, order string, refs []int, reads []read) (chosen []int, err error) {
	err = d.commit(ctx, program, func(c *change) error {
		o := c.order(order)
		env := d.envelopeOf(o)
		for i, n := range refs {
			it := c.item(o, n)
			selected, _ := it.Entered(Selected)
			if d.writer != nil {
				d.noteAnswer(it.Point.Element, reads[i].err, c.wall)
			}
			if reads[i].err != nil {
				c.move(o, n, NotDone, why(WhyUnreadable, "answer", reads[i].err.Error())).Fault = true
				continue
			}
			present := reads[i].value
			it.Present = models.Some(present)
			d.noteFeedback(img, it)
			lim := env.Class[it.Class]
			switch {
			case math.Abs(it.New-present) < lim.Deadband || same(it.Point, it.New, present):
				it.ReadBack = it.Present
				c.move(o, n, Confirmed, why(WhyAlreadyThere))
				it.Follows = false
			case math.Abs(present-it.Old) > it.Tolerance+resolution(it.Point.Quantity):
				c.move(o, n, NotDone, why(WhyOldValue, "found", shown(it.Point.Quantity, present), "expected", shown(it.Point.Quantity, it.Old)))
			case c.wall.Sub(selected.At) > d.deps.SelectTimeout:
				c.move(o, n, Expired, why(WhyLapsed)).Fault = true
			case d.halted.Load():
				c.move(o, n, NotDone, why(WhyStoppedFirst))
			default:
				it.Sent, it.SentWall = c.plant, c.wall
				d.supersede(c, o, it.Point)
				c.move(o, n, Writing, none)
				chosen = append(chosen, n)
			}
		}
		return nil
	})
	return chosen, err
}

// noteFeedback keeps the feedback as it is before the write.
func (d *Desk) noteFeedback(img Image, it *Item) {
	q, ok := it.Point.Quantity.Feedback()
	if !ok {
		return
	}
	r, ok := img.Get(models.PointID{Element: it.Point.Element, Quantity: q})
	it.Follows = ok
	if ok && r.Quality >= models.QualitySubstituted {
		it.FeedbackBefore = models.Some(r.Value)
	}
}

// supersede ends the wait for the feedback of an earlier order at a point
// that is about to be moved again.
func (d *Desk) supersede(c *change, o *Order, p models.PointID) {
	for _, live := range d.live() {
		if live.ID == o.ID {
			continue
		}
		for n, it := range live.Items {
			if it.Point == p && it.Stage == Confirmed {
				c.move(c.order(live.ID), n, Superseded, why(WhySuperseded, "order", o.ID))
			}
		}
	}
}
