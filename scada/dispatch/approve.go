package dispatch

import (
	"context"
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/journal"
)

// reauthenticated is how long ago the password may have been entered for
// class C, wall time.
const reauthenticated = 5 * time.Minute

// Approve says yes to a proposed order. What takes two persons stays proposed
// after the first yes, which is kept; the order returned says so by its
// stage. Approving again what one has approved changes nothing. A note is kept
// with the approval.
func (d *Desk) Approve(ctx context.Context, by Actor, id, note string) (*Order, error) {
	o, err := d.approve(ctx, by, id, "", note)
	return o, d.denied(ctx, by, actApprove, id, err)
}

// Reject says no to a proposed order.
func (d *Desk) Reject(ctx context.Context, by Actor, id, reason string) (*Order, error) {
	err := d.may(by, actReject)
	if err == nil && reason == "" {
		err = refuse(BadRequest, noRejectReason)
	}
	if err == nil {
		err = d.commit(ctx, by, func(c *change) error {
			o := d.orders[id]
			if o == nil || o.Stage() != Proposed {
				return notProposed(o)
			}
			c.endProposed(id, Rejected, inWords(WhyRejected, reason))
			return nil
		})
	}
	if err != nil {
		return nil, d.denied(ctx, by, actReject, id, err)
	}
	return d.Order(ctx, id)
}

func notProposed(o *Order) error {
	if o == nil {
		return refuse(BadRequest, noSuchOrder)
	}
	switch s := o.Stage(); s {
	case Expired:
		return refuse(TimeOver, noTimeLeft, "until_ms", o.ValidUntil)
	default:
		return refuse(BadRequest, noStage, "stage", s.String())
	}
}

// Outdated returns why an order's prediction must be computed again before
// the order can be approved; nil if it need not.
func (d *Desk) Outdated(o *Order) *Refusal {
	p := o.Prediction
	if p == nil {
		return refuse(NotSimulated, noSimulation)
	}
	if age := d.deps.Wall().Sub(p.At); age > d.deps.PredictionLife {
		return refuse(Outdated, noOldSimulation, "age_s", age.Round(time.Minute))
	}
	img := d.deps.Snapshot()
	for _, in := range p.Inputs {
		r, ok := img.Get(in.Point)
		if !ok || r.Quality < models.QualitySubstituted {
			return refuse(Outdated, noInput, "point", in.Point, "quality", quality(r, ok))
		}
		scale := math.Abs(in.Scale)
		if scale == 0 {
			scale = math.Abs(in.Value)
			switch in.Point.Quantity {
			case models.SupplyTemperature, models.ReturnTemperature, models.OutdoorTemperature,
				models.SecondarySupplyTemp, models.SecondaryReturnTemp, models.SupplyTempSetpoint:
				scale = 60 // K: a twentieth of kelvin says nothing
			}
		}
		if math.Abs(r.Value-in.Value) > scale/20 {
			return refuse(Outdated, noMovedInput, "point", in.Point, "then", shown(in.Point.Quantity, in.Value), "now", shown(in.Point.Quantity, r.Value))
		}
	}
	return nil
}

// approve checks everything that can be known before sending, and queues the
// order. standing names the standing approval that speaks for by, or "".
func (d *Desk) approve(ctx context.Context, by Actor, id, standing, note string) (*Order, error) {
	if standing == "" {
		if err := d.may(by, actApprove); err != nil {
			return nil, err
		}
	}
	o, err := d.Order(ctx, id)
	if err != nil {
		return nil, refuse(BadRequest, noSuchOrder)
	}
	for _, a := range o.Approvals {
		if a.Name == by.Name && o.Stage() != Proposed {
			return o, nil
		}
	}
	if old := d.Outdated(o); old != nil && o.Stage() == Proposed {
		return nil, old
	}
	if p := o.Prediction; p != nil && !p.Feasible {
		return nil, infeasible(p)
	}
	err = d.commit(ctx, by, func(c *change) error {
		if err := d.mayApprove(by, d.orders[id], c.wall); err != nil {
			return err
		}
		o = c.order(id)
		o.Approvals = append(o.Approvals, Approval{by, c.wall, standing, note})
		if missing := d.personsMissing(o); missing > 0 {
			c.row(explained(journal.Entry{Action: string(actApprove), Order: id, Stage: Proposed.String()}, why(WhyFirstYes), inWords("", note)))
			return nil
		}
		d.queue(c, o, note)
		return nil
	})
	if err != nil {
		return nil, err
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return o, nil
}

func infeasible(p *Prediction) error {
	if len(p.Violations) == 0 {
		return refuse(Infeasible, noConvergence)
	}
	first := p.Violations[0]
	r := refuse(Infeasible, noLimits, "count", len(p.Violations), "element", string(first.Element), "limit", string(first.Limit),
		"value", limitShown(first.Limit, first.Value), "bound", limitShown(first.Limit, first.Bound))
	for _, v := range p.Violations {
		r.at(models.PointID{Element: v.Element})
	}
	return r
}

// mayApprove looks at what can change until the last moment. d.mu is held.
func (d *Desk) mayApprove(by Actor, o *Order, wall time.Time) error {
	if o == nil || o.Stage() != Proposed {
		return notProposed(o)
	}
	if wall.After(o.ValidUntil) {
		return refuse(TimeOver, noTimeLeft, "until_ms", o.ValidUntil)
	}
	if d.halted.Load() {
		return refuse(BlockedByStop, noStopped)
	}
	critical := false
	for _, it := range o.Items {
		if r := d.blocked(it.Point, Advisory); r != nil {
			return r
		}
		if h := d.holder(it.Point, o.ID); h != nil {
			who := h.By.Name
			if n := len(h.Approvals); n > 0 {
				who = h.Approvals[n-1].Name
			}
			r := refuse(HeldByOther, noHolder, "who", who).at(it.Point)
			r.Order = h.ID
			return r
		}
		critical = critical || it.Class == ClassC
	}
	for _, a := range o.Approvals {
		if a.Name == by.Name {
			return refuse(TwoPersons, noSecondYes)
		}
	}
	if critical && !d.deps.OwnPlant && wall.Sub(by.Verified) > reauthenticated {
		return refuse(Forbidden, noPassword)
	}
	return nil
}

// personsMissing returns how many more persons must say yes: class C, and
// orders above the set size, take two, the one who proposed counts if it was
// a person. d.mu is held.
func (d *Desk) personsMissing(o *Order) int {
	two := d.deps.TwoPersonItems > 0 && len(o.Items) >= d.deps.TwoPersonItems
	for _, it := range o.Items {
		two = two || it.Class == ClassC
	}
	if !two || d.deps.OwnPlant {
		return 0
	}
	persons := map[string]bool{}
	if o.By.Role != RoleProgram {
		persons[o.By.Name] = true
	}
	for _, a := range o.Approvals {
		persons[a.Name] = true
	}
	return 2 - len(persons)
}

// queue approves an order's items, divided into the batches of the envelope,
// and says until when they may be sent. d.mu is held.
func (d *Desk) queue(c *change, o *Order, note string) {
	env, _ := d.envelope()
	o.Envelope = env.Name
	last := d.batch(c, o, env)
	o.Batches = last + 1
	// Long enough for all batches, or for one write after the other through
	// the brake, and not longer: what is late is dead.
	var plan time.Duration
	switch b := env.Brake; {
	case b.BatchEvery > 0:
		plan = time.Duration(last) * b.BatchEvery
	case b.Window > 0:
		perWindow := max(1, int(b.StationShare*float64(d.stations)), int(b.FlowShare*float64(d.stations))/2)
		plan = time.Duration(len(o.Items)/perWindow) * b.Window
	}
	o.SendUntil = c.wall.Add(d.deps.Clock.Wall(plan)*3/2 + d.deps.Validity)
	for n := range o.Items {
		c.enter(o, n, Approved)
	}
	queued := why(WhyQueued, "count", len(o.Items), "batches", o.Batches, "envelope", env.Name)
	row := explained(journal.Entry{Action: string(actApprove), Order: o.ID, Stage: Approved.String()}, queued, inWords("", note))
	row.Detail = marshal(struct {
		Approvals []Approval `json:"approvals"`
		Spoken
	}{o.Approvals, spoken(queued, inWords("", note))})
	c.row(row)
}

// batch numbers the items: so many stations a batch, in the order proposed.
func (d *Desk) batch(c *change, o *Order, env Envelope) (last int) {
	if env.Brake.BatchShare == 0 {
		return 0
	}
	size := max(1, int(math.Ceil(env.Brake.BatchShare*float64(d.stations))))
	in := map[models.ID]bool{}
	for n := range o.Items {
		it := c.item(o, n)
		if !in[it.Point.Element] && len(in) == size {
			in = map[models.ID]bool{}
			last++
		}
		in[it.Point.Element] = true
		it.Batch = last
	}
	return last
}

// approveStanding approves a recommendation in the name of whoever signed
// for the like of it.
func (d *Desk) approveStanding(ctx context.Context, o *Order) (*Order, error) {
	for _, s := range d.StandingApprovals() {
		if !s.covers(o, d.deps.Wall()) {
			continue
		}
		by := s.By
		by.From = "standing approval " + s.ID
		a, err := d.approve(ctx, by, o.ID, s.ID, "")
		if err != nil {
			return o, d.denied(ctx, by, actApprove, o.ID, err)
		}
		return a, nil
	}
	mode, ok := d.autoFor(o)
	if !ok {
		return o, nil
	}
	by := mode.By
	by.From = "mode auto"
	a, err := d.approve(ctx, by, o.ID, "auto", "")
	if err != nil {
		return o, d.denied(ctx, by, actApprove, o.ID, err)
	}
	return a, nil
}

// autoFor returns who entered mode auto, if it covers every item. Critical
// items are never covered.
func (d *Desk) autoFor(o *Order) (ModeState, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range o.Items {
		if it.Class == ClassC || d.modeOf(it.Point) < Auto {
			return ModeState{}, false
		}
	}
	return d.modes[Scope{}], true
}
