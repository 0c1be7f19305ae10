package dispatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"evenflow/models"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// Proposal is a set of setpoints somebody wants to order. The order of the
// items is the order they are sent in.
type Proposal struct {
	Key        string // idempotency key; the same key gives the same order
	Kind       Kind   // zero: Recommendation
	Group      string // the round it belongs to
	Reverts    string
	Reason     string // in a person's words
	Because    Why    // in place of Reason: the program's own
	Items      []ProposedItem
	Prediction *Prediction   // nil: Deps.Predict is asked
	Validity   time.Duration // wall; 0: Deps.Validity
}

// ProposedItem is one setpoint of a proposal, absolute, SI.
type ProposedItem struct {
	Setpoint models.Setpoint
	Reason   string          // a stable word
	Old      models.Optional // expected present setpoint; unknown: taken from the image
}

// Propose puts an order on the desk. All that speaks against it is returned
// at once, and nothing is kept then. A recommendation takes the place of the
// recommendations not yet approved. Where a standing approval or mode auto
// covers it, it is approved at once; if that approval is refused, the order
// stays proposed and both it and the refusal are returned.
func (d *Desk) Propose(ctx context.Context, by Actor, p Proposal) (*Order, error) {
	if p.Kind == "" {
		p.Kind = Recommendation
	}
	o, fresh, err := d.propose(ctx, by, actPropose, p)
	if err != nil || !fresh || o.Kind != Recommendation {
		return o, err
	}
	return d.approveStanding(ctx, o)
}

// Manual proposes one setpoint by hand and simulates it; the same person may
// approve it (class A and B). A reason is welcome, not needed.
func (d *Desk) Manual(ctx context.Context, by Actor, sp models.Setpoint, reason, key string) (*Order, error) {
	o, _, err := d.propose(ctx, by, actManual, Proposal{Key: key, Kind: Manual, Reason: reason, Because: why(WhyByHand), Items: []ProposedItem{{Setpoint: sp, Reason: string(Manual)}}})
	return o, err
}

// Revert proposes a new order that restores, in reverse order, what the
// confirmed items of a finished or stopped order replaced. It takes the same
// road as every order.
func (d *Desk) Revert(ctx context.Context, by Actor, orderID, reason, key string) (*Order, error) {
	o, err := d.Order(ctx, orderID)
	if err != nil {
		return nil, err
	}
	p := Proposal{Key: key, Kind: Revert, Reverts: orderID, Reason: reason, Because: why(WhyRevert, "order", orderID)}
	for i := len(o.Items) - 1; i >= 0; i-- {
		it := o.Items[i]
		if _, confirmed := it.Entered(Confirmed); !confirmed || it.Sent.IsZero() || !it.Present.Known {
			continue
		}
		p.Items = append(p.Items, ProposedItem{models.Setpoint{Point: it.Point, Value: it.Present.Value}, string(Revert), models.Some(it.New)})
	}
	if len(p.Items) == 0 {
		return nil, d.denied(ctx, by, actRevert, orderID, refuse(BadRequest, noRevert))
	}
	r, _, err := d.propose(ctx, by, actRevert, p)
	return r, err
}

func (d *Desk) propose(ctx context.Context, by Actor, act action, p Proposal) (o *Order, fresh bool, err error) {
	if err := d.may(by, act); err != nil {
		return nil, false, d.denied(ctx, by, act, "", err)
	}
	if p.Key != "" {
		if o, err := d.OrderByKey(ctx, p.Key); !errors.Is(err, store.ErrNotFound) {
			return o, false, err
		}
	}
	o, err = d.draft(by, p)
	if err != nil {
		return nil, false, d.denied(ctx, by, act, "", err)
	}
	if o.Prediction == nil && d.deps.Predict != nil {
		sps := make([]models.Setpoint, len(o.Items))
		for i, it := range o.Items {
			sps[i] = models.Setpoint{Point: it.Point, Value: it.New}
		}
		if o.Prediction, err = d.deps.Predict(ctx, sps); err != nil {
			return nil, false, d.denied(ctx, by, act, "", fmt.Errorf("the order could not be simulated, so it is not proposed: %w", err))
		}
	}
	err = d.commit(ctx, by, func(c *change) error {
		if o.Kind == Recommendation {
			for _, old := range d.live() {
				if old.Kind == Recommendation && old.Stage() == Proposed {
					c.endProposed(old.ID, Superseded, why(WhyNewer))
				}
			}
		}
		c.edit(o)
		for n := range o.Items {
			c.enter(o, n, Proposed)
		}
		c.row(journal.Entry{Action: string(act), Order: o.ID, Stage: Proposed.String(), Reason: o.Reason, Detail: marshal(summaryOf(o))})
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return o, true, nil
}

// endProposed takes all items of a proposed order to one of its ends, with
// one row.
func (c *change) endProposed(id string, to Stage, because Why) {
	o := c.order(id)
	for n := range o.Items {
		c.enter(o, n, to)
		o.Items[n].Note, o.Items[n].Code, o.Items[n].Values = because.Text, because.Code, because.Values
	}
	o.halt(because, c.by)
	c.row(explained(journal.Entry{Action: "order", Order: id, Stage: to.String()}, because))
}

// itemSummary is what the journal keeps of each item of a proposal.
type itemSummary struct {
	Point string  `json:"point"`
	Old   float64 `json:"old"`
	New   float64 `json:"new"`
	Why   string  `json:"why,omitempty"`
}

func summaryOf(o *Order) any {
	items := make([]itemSummary, len(o.Items))
	for i, it := range o.Items {
		items[i] = itemSummary{it.Point.String(), it.Old, it.New, it.Reason}
	}
	s := struct {
		Items    []itemSummary `json:"items"`
		Run      string        `json:"model_run,omitempty"`
		Residual float64       `json:"residual,omitempty"`
		Feasible bool          `json:"feasible"`
		Warning  string        `json:"warning,omitempty"`
		Spoken
	}{Items: items}
	s.Spoken = spoken(o.Because)
	if p := o.Prediction; p != nil {
		s.Run, s.Residual, s.Feasible, s.Warning = p.Run, p.Residual, p.Feasible, p.Warning
	}
	return s
}

// draft checks a proposal and makes an order of it that nobody sees yet.
func (d *Desk) draft(by Actor, p Proposal) (*Order, error) {
	if len(p.Items) == 0 {
		return nil, refuse(BadRequest, noItems)
	}
	if p.Reason != "" {
		p.Because = none
	} else if p.Because.said() {
		p.Reason = p.Because.Text
	}
	if p.Reason == "" {
		return nil, refuse(BadRequest, noOrderReason)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	wall := d.deps.Wall().UTC()
	o := &Order{ID: id.String(), Key: p.Key, Kind: p.Kind, Group: p.Group, Reverts: p.Reverts, By: by, Reason: p.Reason, Because: p.Because,
		Proposed: wall, ValidUntil: wall.Add(orDefault(p.Validity, d.deps.Validity)), Prediction: p.Prediction}
	img := d.deps.Snapshot()
	d.mu.Lock()
	defer d.mu.Unlock()
	env, _ := d.envelope()
	seen := map[models.PointID]bool{}
	var no []error
	for _, pi := range p.Items {
		it, r := d.draftItem(img, env, pi)
		if r == nil && seen[it.Point] {
			r = refuse(BadRequest, noTwice).at(it.Point)
		}
		if r != nil {
			no = append(no, r)
			continue
		}
		seen[it.Point] = true
		o.Items = append(o.Items, it)
	}
	if len(no) > 0 {
		return nil, errors.Join(no...)
	}
	return o, nil
}

// draftItem checks one setpoint against everything but the plant's state at
// the moment of sending, which selection looks at again. d.mu is held.
func (d *Desk) draftItem(img Image, env Envelope, pi ProposedItem) (*Item, *Refusal) {
	p, v := pi.Setpoint.Point, pi.Setpoint.Value
	if r := d.blocked(p, Shadow); r != nil {
		return nil, r
	}
	w := d.points[p]
	if math.IsNaN(v) || v < w.Min || v > w.Max {
		return nil, refuse(OutOfLimits, noRange, "value", shown(p.Quantity, v), "min", shown(p.Quantity, w.Min), "max", shown(p.Quantity, w.Max)).at(p)
	}
	old := pi.Old
	if !old.Known {
		r, ok := img.Get(p)
		if !ok || r.Quality < models.QualitySubstituted {
			return nil, refuse(BadRequest, noPresent, "quality", quality(r, ok)).at(p)
		}
		old = models.Some(r.Value)
	}
	class := d.classOf(pi.Setpoint)
	if old.Value == 0 && p.Quantity == models.SpeedSetpoint && v != 0 {
		class = ClassC // starting
	}
	lim := env.Class[class]
	if lim.Step > 0 && math.Abs(v-old.Value) > lim.Step+resolution(p.Quantity) {
		return nil, refuse(OutOfLimits, noStep, "from", shown(p.Quantity, old.Value), "to", shown(p.Quantity, v), "step", shownStep(p.Quantity, lim.Step), "envelope", env.Name).at(p)
	}
	if r := d.frost(img, pi.Setpoint, old.Value); r != nil {
		return nil, r
	}
	return &Item{Point: p, New: v, Old: old.Value, Tolerance: lim.Tolerance, Class: class, Reason: pi.Reason}, nil
}

// frost refuses to shut a station at frost.
func (d *Desk) frost(img Image, sp models.Setpoint, old float64) *Refusal {
	if d.deps.Outdoor.Element == "" || sp.Point.Quantity != models.OpeningSetpoint || sp.Value >= d.deps.FrostOpening || sp.Value >= old {
		return nil
	}
	r, ok := img.Get(d.deps.Outdoor)
	if !ok || r.Quality < models.QualitySubstituted || r.Value >= 273.15 {
		return nil
	}
	return refuse(OutOfLimits, noFrost, "least_opening", percent(d.deps.FrostOpening)).at(sp.Point)
}

func quality(r models.Reading, ok bool) string {
	switch {
	case !ok:
		return "never read"
	case r.Reason != "":
		return r.Quality.String() + ": " + r.Reason
	}
	return r.Quality.String()
}

// StepLimit returns the largest change of one command at a point under the
// limits in force; 0 means there is none. The advisor keeps within it.
func (d *Desk) StepLimit(p models.PointID) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	env, _ := d.envelope()
	return env.Class[d.classOf(models.Setpoint{Point: p, Value: 1})].Step
}
