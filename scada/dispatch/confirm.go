package dispatch

import (
	"context"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"evenflow/models"
	"evenflow/scada/journal"
)

func entryEnded(action string) journal.Entry { return journal.Entry{Action: action} }

// each runs fn for 0..n-1, several at once, and returns their errors.
func (d *Desk) each(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var g errgroup.Group
	g.SetLimit(d.deps.Parallel)
	for i := range n {
		g.Go(func() error {
			errs[i] = fn(i)
			return nil
		})
	}
	_ = g.Wait() // every error is in errs
	return errs
}

// same reports whether two values of a register are the same.
func same(p models.PointID, a, b float64) bool { return math.Abs(a-b) <= resolution(p.Quantity) }

// readBacks reads the registers of what was written, by a read of its own
// after settling: an answer to a write proves nothing.
func (d *Desk) readBacks(ctx context.Context, img Image) error {
	plant, wall := d.deps.Clock.Now(), d.deps.Wall()
	var refs []ref
	var points []models.PointID
	var since []time.Time
	d.mu.Lock()
	for _, o := range d.live() {
		for n, it := range o.Items {
			switch {
			case it.Stage == Written && elapsed(plant, it.Sent, d.deps.Settle) && elapsed(plant, it.ReadAt, d.deps.Settle):
			case it.Stage == Uncertain && elapsed(wall, it.SentWall, d.deps.Doubt) && elapsed(plant, it.ReadAt, d.deps.Settle):
			default:
				continue
			}
			if d.patient(it.Point.Element, wall) {
				continue
			}
			refs, points, since = append(refs, ref{o.ID, n}), append(points, it.Point), append(since, it.Sent)
		}
	}
	d.mu.Unlock()
	if len(refs) == 0 {
		return nil
	}
	reads := d.readAll(ctx, img, points, since)
	return d.commit(ctx, program, func(c *change) error {
		for i, r := range refs {
			if d.writer != nil {
				d.noteAnswer(points[i].Element, reads[i].err, wall)
			}
			it := d.orders[r.order].Items[r.n]
			if reads[i].err == nil || (it.Stage == Written && elapsed(c.plant, it.Sent, d.deps.Response)) {
				d.judge(c, c.order(r.order), r.n, reads[i])
			}
		}
		return nil
	})
}

// elapsed reports whether a span has passed since a moment; a clock that was
// set back does not hold anything up.
func elapsed(now, since time.Time, span time.Duration) bool {
	a := now.Sub(since)
	return a >= span || a < 0
}

// judge decides by a read-back what became of a write; one that failed for
// too long makes it uncertain.
func (d *Desk) judge(c *change, o *Order, n int, r read) {
	it := c.item(o, n)
	if r.err != nil {
		c.move(o, n, Uncertain, why(WhyUnreadable, "answer", r.err.Error())).Fault = true
		return
	}
	it.ReadBack, it.ReadAt = models.Some(r.value), c.plant
	after := none
	if it.Stage == Uncertain {
		after = why(WhyResolved)
	}
	switch {
	case same(it.Point, r.value, it.New):
		if it.Reads++; it.Class == ClassC && it.Reads < 2 {
			return // a critical value is read twice
		}
		c.move(o, n, Confirmed, after).Fault = false
	case it.Present.Known && same(it.Point, r.value, it.Present.Value):
		c.move(o, n, NotDone, why(WhyUnchanged, "value", shown(it.Point.Quantity, r.value))).Fault = true
	default:
		c.move(o, n, NotDone, why(WhyForeignValue, "value", shown(it.Point.Quantity, r.value))).Fault = true
	}
}

// feedbacks looks whether what is confirmed took effect.
func (d *Desk) feedbacks(ctx context.Context, img Image) error {
	return d.commit(ctx, program, func(c *change) error {
		for _, live := range d.live() {
			for n, it := range live.Items {
				if it.Stage != Confirmed || !it.Follows {
					continue
				}
				q, _ := it.Point.Quantity.Feedback()
				r, ok := img.Get(models.PointID{Element: it.Point.Element, Quantity: q})
				good := ok && r.Quality >= models.QualitySubstituted && !r.Source.Before(it.Sent)
				confirmed, _ := it.Entered(Confirmed)
				late := c.plant.Sub(confirmed.Plant) >= d.deps.Response
				took := good && math.Abs(r.Value-it.New) <= feedbackTolerance(q)
				if !took && !late {
					continue
				}
				o := c.order(live.ID)
				ed := c.item(o, n)
				if good {
					ed.Feedback = models.Some(r.Value)
				}
				switch {
				case took:
					c.move(o, n, InForce, none)
				case good:
					c.move(o, n, NoEffect, why(WhyNoEffect, "feedback", shown(q, r.Value), "after_s", d.deps.Response)).Fault = true
				default:
					c.move(o, n, NoEffect, why(WhyQuality, "point", models.PointID{Element: it.Point.Element, Quantity: q}, "quality", quality(r, ok))).Fault = true
				}
			}
		}
		return nil
	})
}
