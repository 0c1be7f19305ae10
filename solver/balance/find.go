package balance

import (
	"context"
	"errors"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver"
)

// finder is one run of Find.
type finder struct {
	ctx     context.Context
	in      *Input
	lim     Limits
	places  []place
	lever   lever
	setting float64 // speed or Pa, whatever the lever sets
	atLimit bool
	shared  bool
	level   float64 // x wanted of everybody
	fair    float64 // x that everybody could have
	index   int
	last    *solver.Result // by given flows, at setting
	plan    *Plan
}

// most bounds the solves of one search; a plan usually takes seven in all.
const most = 40

// mostSorted bounds how often stations may change their role: what is left
// then is a matter of a tolerance.
const mostSorted = 10

// headTolerance is how exactly the head must stand before openings follow
// from it, as a fraction of it.
const headTolerance = 1e-4

// Find returns the settings that give every station its required flow with
// the least pumping, and what they will bring. Stations that cannot be served
// are no error: the plan names them with their reasons.
func Find(ctx context.Context, in Input) (*Plan, error) {
	f := &finder{ctx: ctx, in: &in, lim: in.Limits.withDefaults(), index: -1, level: 1, plan: &Plan{}}
	var err error
	if f.places, err = places(&in, &f.lim); err != nil {
		return nil, err
	}
	if f.lever, err = newLever(&in, f.lim, f.plan); err != nil {
		return nil, err
	}
	f.setting = f.lever.present
	f.level = f.lim.MaxX
	if err := f.before(); err != nil {
		return nil, err
	}
	if err := f.settle(); err != nil {
		return nil, err
	}
	if any, few := f.short(); f.atLimit && any {
		if err := f.share(few); err != nil {
			return nil, err
		}
	}
	if err := f.roundSetting(); err != nil {
		return nil, err
	}
	if err := f.openings(); err != nil {
		return nil, err
	}
	f.describe()
	return f.plan, nil
}

// solve runs the solver on the base scenario with further changes.
func (f *finder) solve(changes []models.Change, from *solver.Result) (*solver.Result, error) {
	if f.plan.Solves >= most {
		return nil, fmt.Errorf("balance: no plan after %d solves: the settings keep changing; look at the station with the largest shortfall", most)
	}
	f.plan.Solves++
	r, err := f.in.Solve(f.ctx, f.in.Base.With(changes...), from)
	if err != nil && !closeEnough(r, err) {
		return nil, fmt.Errorf("balance: %w", err)
	}
	return r, nil
}

// closeEnough accepts a last iterate that missed the solver's tolerance but
// not what valves can be set to; its Report says so to whoever shows it.
func closeEnough(r *solver.Result, err error) bool {
	var c *solver.ConvergenceError
	return r != nil && errors.As(err, &c) && c.Report.EnergyResidual < 100 && c.Report.MassResidual < 1e-3
}

// before computes how the network stands at the present settings, by the same
// model.
func (f *finder) before() error {
	changes := f.lever.changes(f.lever.present)
	for i := range f.in.Network.Stations {
		if f.places[i].valve.Kvs > 0 {
			changes = append(changes, models.Change{Element: f.in.Network.Stations[i].ID, Attribute: models.AttrOpening, Value: f.in.Stations[i].Opening})
		}
	}
	r, err := f.solve(changes, f.in.From)
	if err != nil {
		return err
	}
	f.plan.Before = r
	learn(f.places, r)
	for i := range r.Stations {
		if r.Stations[i].Cut {
			f.places[i].cut, f.places[i].role = true, fixed
		}
	}
	return nil
}

// given solves with the flows of steered stations prescribed and everybody
// else by opening.
func (f *finder) given() error {
	changes := f.lever.changes(f.setting)
	for i := range f.places {
		p, id := &f.places[i], f.in.Network.Stations[i].ID
		switch {
		case p.role == steered:
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrFlow, Value: p.wanted})
		case p.valve.Kvs > 0 && !p.given:
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrOpening, Value: p.opening})
		}
	}
	from := f.last
	if from == nil {
		from = f.plan.Before
	}
	r, err := f.solve(changes, from)
	if err != nil {
		return err
	}
	f.last = r
	return nil
}

// settle finds the least head at which every steered station has the
// differential it needs, and sets stations aside that cannot have it.
func (f *finder) settle() error {
	for sorted := 0; ; {
		if err := f.given(); err != nil {
			return err
		}
		lift := f.lever.lift(f.last)
		missing := f.missing()
		next, limited := f.lever.next(f.last, missing)
		f.atLimit = limited
		moved := math.Abs(next-f.setting) > 0.5*headTolerance*math.Abs(f.setting)
		if f.lever.free() && moved && math.Abs(missing) > headTolerance*lift {
			f.setting = next
			continue
		}
		if sorted++; sorted > mostSorted || !f.sortOut() {
			return nil
		}
	}
}

// missing is what the head lacks so that the index station has its need with
// its valve at the index travel (negative: what it has too much), Pa. Stations
// that may not raise the head do not count beyond the present head.
func (f *finder) missing() float64 {
	worst, unconfirmed := math.Inf(-1), math.Inf(-1)
	f.index = -1
	for i := range f.places {
		p := &f.places[i]
		at := f.lim.IndexTravel
		switch p.role {
		case steered:
		case wide: // it fell short at the limit; the head stays there for it
			at = f.lim.MaxOpening
			if f.in.Stations[i].Unconfirmed || f.last.Stations[i].Flow > p.wanted {
				continue
			}
		default:
			continue
		}
		short := p.need(p.wanted, at) - f.last.Stations[i].Differential
		if f.in.Stations[i].Unconfirmed {
			unconfirmed = math.Max(unconfirmed, short)
			continue
		}
		if short > worst {
			worst, f.index = short, i
		}
	}
	if f.index < 0 {
		if math.IsInf(unconfirmed, -1) {
			return f.lever.lowest(f.last) // nobody wants anything
		}
		return math.Min(unconfirmed, 0)
	}
	return worst
}

// sortOut lets stations change their role at the setting that stands now: wide
// open where the differential falls short even so, back where it is enough,
// least opening where even that passes too much. It reports whether any did.
func (f *finder) sortOut() bool {
	changed := false
	for i := range f.places {
		p := &f.places[i]
		dp := f.last.Stations[i].Differential
		flow := f.last.Stations[i].Flow
		to := p.role
		switch p.role {
		case steered:
			if short := p.need(p.wanted, f.lim.MaxOpening) - dp; short > headTolerance*math.Max(dp, 1e4) {
				to = wide
			} else if over := dp - p.need(p.wanted, f.lim.MinOpening); over > headTolerance*dp {
				to = least
			}
		case wide:
			if flow > p.wanted*(1+1e-4) && p.returns < 3 {
				to = steered
				p.returns++
			}
		case least:
			if p.required > 0 && flow < p.wanted*(1-1e-4) && p.returns < 3 {
				to = steered
				p.returns++
			}
		}
		if to == p.role {
			continue
		}
		changed, p.role = true, to
		switch to {
		case wide:
			p.opening = f.lim.MaxOpening
		case least:
			p.opening = f.lim.MinOpening
		}
	}
	return changed
}

// roundSetting puts the pump on a step that can be ordered.
func (f *finder) roundSetting() error {
	if f.lim.Exact || !f.lever.free() {
		return nil
	}
	rounded := f.lever.round(f.setting, f.lim.OrderStep)
	if rounded == f.setting {
		return nil
	}
	f.setting = rounded
	return f.given()
}

// openings turns the differentials into valve positions and verifies them
// with a solve by openings; what that solve teaches about the valves' law goes
// into a second turn.
func (f *finder) openings() error {
	for range 4 {
		for i := range f.places {
			p := &f.places[i]
			if p.role != fixed && p.required > 0 {
				f.place(i)
			}
		}
		changes := f.settings()
		from := f.plan.Predicted
		if from == nil {
			from = f.plan.Before
		}
		r, err := f.solve(changes, from)
		if err != nil {
			return err
		}
		f.plan.Predicted = r
		f.plan.Scenario = f.in.Base.With(changes...)
		if learn(f.places, r) < 2e-4 {
			return nil
		}
	}
	return nil
}

// place sets one station's opening from the differential it is left with.
func (f *finder) place(i int) {
	p := &f.places[i]
	h := p.opening
	if p.role == steered {
		h = p.openingFor(p.wanted, f.last.Stations[i].Differential)
	}
	h = math.Min(math.Max(h, f.lim.MinOpening), f.lim.MaxOpening)
	present := f.in.Stations[i].Opening
	if !f.lim.Exact {
		h = math.Round(h/f.lim.OrderStep) * f.lim.OrderStep
		if math.Abs(h-present) < f.lim.Resolution/2 && present >= f.lim.MinOpening && present <= f.lim.MaxOpening {
			h = present
		}
	}
	p.opening = h
}

// settings are the changes that set every valve and the pumps.
func (f *finder) settings() []models.Change {
	changes := f.lever.changes(f.setting)
	for i := range f.places {
		if p := &f.places[i]; p.valve.Kvs > 0 && !p.given && !p.outside {
			changes = append(changes, models.Change{Element: f.in.Network.Stations[i].ID, Attribute: models.AttrOpening, Value: p.opening})
		}
	}
	return changes
}
