package dispatch

import (
	"context"
	"time"

	"evenflow/scada/journal"
)

// Stop is a stop-all in force: nothing is written but heartbeats.
type Stop struct {
	By     Actor     `json:"by"`
	At     time.Time `json:"at"` // wall
	Reason string    `json:"reason"`
}

// Stopped returns the stop-all in force, or nil.
func (d *Desk) Stopped() *Stop {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop == nil {
		return nil
	}
	s := *d.stop
	return &s
}

// StopAll stops all orders at once: one person, no question asked. What is
// queued is not done, what was written is still read back and keeps its
// value, heartbeats go on. It takes hold even where it cannot be journaled.
func (d *Desk) StopAll(ctx context.Context, by Actor, reason string) error {
	if err := d.may(by, actStop); err != nil {
		return d.denied(ctx, by, actStop, "", err)
	}
	d.halted.Store(true)
	s := &Stop{by, d.deps.Wall().UTC(), reason}
	return d.commit(ctx, by, func(c *change) error {
		if d.stop == nil {
			c.put(kindStop, "all", s)
			c.then = append(c.then, func() { d.stop = s })
		}
		c.row(journal.Entry{Action: string(actStop), Reason: reason})
		for _, live := range d.live() {
			for n, it := range live.Items {
				if it.Stage == Approved {
					o := c.order(live.ID)
					c.move(o, n, NotDone, o.halt(why(WhyStopped, "by", by.Name), by))
				}
			}
		}
		return nil
	})
}

// Resume ends a stop-all. It takes two persons: the first call returns a
// Refusal with code two-persons. What the stop ended stays ended.
func (d *Desk) Resume(ctx context.Context, by Actor, reason string) error {
	if err := d.may(by, actResume); err != nil {
		return d.denied(ctx, by, actResume, "", err)
	}
	d.mu.Lock()
	stopped := d.stop != nil || d.halted.Load()
	first, ok := Actor{}, false
	if stopped {
		first, ok = d.second("resume", by, func(Actor) bool { return true })
	}
	d.mu.Unlock()
	if !stopped {
		return refuse(BadRequest, noStop)
	}
	if !ok {
		return d.denied(ctx, by, actResume, "", refuse(TwoPersons, noSecondResume, "within_s", requestLife))
	}
	because := []Why{inWords("", reason)}
	if first.Name != "" {
		because = append(because, why(WhyWith, "by", first.Name))
	}
	return d.commit(ctx, by, func(c *change) error {
		c.put(kindStop, "all", nil)
		c.row(explained(journal.Entry{Action: string(actResume)}, because...))
		c.then = append(c.then, func() { d.stop = nil; d.halted.Store(false) })
		return nil
	})
}
