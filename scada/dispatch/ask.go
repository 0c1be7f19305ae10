package dispatch

import (
	"time"

	"evenflow/models"
)

// Try returns all that speaks against a proposal now, without proposing it:
// what a page shows beside a value before anybody confirms it.
func (d *Desk) Try(by Actor, p Proposal) error {
	if err := d.may(by, actPropose); err != nil {
		return err
	}
	if p.Reason == "" {
		p.Reason = "tried"
	}
	_, err := d.draft(by, p)
	return err
}

// Bounds are the values a point may be ordered to now, SI.
type Bounds struct {
	Min, Max float64 // its absolute range
	Step     float64 // largest change of one command; 0: no limit
	Deadband float64 // smaller changes are not sent
	Class    Class
}

// Bounds returns the limits of a point under the envelope in force; false if
// it is not writable.
func (d *Desk) Bounds(p models.PointID) (Bounds, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.points[p]
	if !ok {
		return Bounds{}, false
	}
	env, _ := d.envelope()
	class := d.classOf(models.Setpoint{Point: p, Value: w.Max})
	lim := env.Class[class]
	return Bounds{w.Min, w.Max, lim.Step, lim.Deadband, class}, true
}

// Persons returns how many persons an order takes, the one who proposed it
// included.
func (d *Desk) Persons(o *Order) int {
	bare := &Order{By: Actor{Role: RoleProgram}, Items: o.Items}
	return max(d.personsMissing(bare), 1)
}

// NextBatch returns when an order's next batch may begin, plant clock; false
// if nothing of it waits for that.
func (d *Desk) NextBatch(o *Order) (time.Time, bool) {
	env, ok := EnvelopeNamed(o.Envelope)
	if !ok || env.Brake.BatchEvery == 0 || o.BatchAt.IsZero() {
		return time.Time{}, false
	}
	for _, it := range o.Items {
		if it.Stage == Approved && it.Batch != o.Batch {
			return o.BatchAt.Add(env.Brake.BatchEvery), true
		}
	}
	return time.Time{}, false
}

// RevertedBy returns the id of the latest order on the desk that reverts this
// one and was not refused, or "".
func (d *Desk) RevertedBy(id string) string {
	for _, o := range d.Orders() {
		if o.Reverts == id && o.Stage() < Rejected {
			return o.ID
		}
	}
	return ""
}

// Effective returns the mode in force for an element, the strictest of the
// network's and its own.
func (d *Desk) Effective(id models.ID) Mode { return d.Mode(Scope{Element: id}) }
