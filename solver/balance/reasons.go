package balance

import (
	"cmp"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver"
)

// balanced is how near to 1 a flow ratio counts as served.
const balanced = 0.05

// describe fills the plan from what was found.
func (f *finder) describe() {
	p := f.plan
	p.AtLimit, p.Shared, p.Level = f.atLimit && f.lever.free(), f.shared, f.level
	p.HeadBefore, p.Head = f.lever.lift(p.Before), f.lever.lift(p.Predicted)
	p.PowerBefore, p.Power = power(p.Before), power(p.Predicted)
	if f.lever.free() {
		if f.lever.kind == models.ControlSpeed {
			p.Speed = models.Some(f.setting)
		} else {
			p.Differential = models.Some(f.setting)
		}
	}
	if f.index >= 0 {
		p.Index = f.in.Network.Stations[f.index].ID
	}
	n := len(f.places)
	p.Openings, p.X, p.XBefore = make([]float64, n), make([]models.Optional, n), make([]models.Optional, n)
	for i := range f.places {
		p.Openings[i] = f.places[i].opening
		if r := f.places[i].required; r > 0 && !f.places[i].outside {
			p.XBefore[i] = models.Some(p.Before.Stations[i].Flow / r)
			p.X[i] = models.Some(p.Predicted.Stations[i].Flow / r)
		}
	}
	f.moves()
	f.shortfalls()
}

func power(r *solver.Result) float64 {
	sum := 0.0
	for i := range r.Sources {
		sum += r.Sources[i].Power
	}
	return sum
}

// moves lists what changes, in the order to carry it out: who gets too much
// closes first, most first; then the pumps; then the others open, so that no
// moment needs more flow than the pumps give.
func (f *finder) moves() {
	p := f.plan
	var closing, opening []Move
	for i := range f.places {
		from, to := f.in.Stations[i].Opening, p.Openings[i]
		if f.places[i].role == fixed || math.Abs(to-from) < 1e-9 {
			continue
		}
		m := Move{
			Point: models.PointID{Element: f.in.Network.Stations[i].ID, Quantity: models.OpeningSetpoint},
			From:  from, To: to, XBefore: p.XBefore[i], X: p.X[i], Reason: FollowsHead,
		}
		switch x := p.XBefore[i]; {
		case f.places[i].required == 0:
			m.Reason = NothingWanted
		case x.Value > 1+balanced:
			m.Reason = OverSupplied
		case x.Value < 1-balanced:
			m.Reason = UnderSupplied
		}
		if to < from {
			closing = append(closing, m)
		} else {
			opening = append(opening, m)
		}
	}
	excess := func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.XBefore.Value, a.XBefore.Value), cmp.Compare(a.Point.Element, b.Point.Element))
	}
	slices.SortFunc(closing, excess)
	slices.SortFunc(opening, excess)
	p.Moves = closing
	if f.lever.free() && f.lever.kind == models.ControlSpeed && math.Abs(f.setting-f.lever.present) > 1e-9 {
		p.Moves = append(p.Moves, Move{
			Point: models.PointID{Element: f.lever.id, Quantity: models.SpeedSetpoint},
			From:  f.lever.present, To: f.setting, Reason: HeadForIndex,
		})
	}
	p.Moves = append(p.Moves, opening...)
}

// tooLittle is the flow ratio below which a station is named as short, and over
// the one above which it is named as over-supplied at its least opening.
const tooLittle, tooMuch = 0.99, 1.01

// shortfalls names every station that will not stand at x = 1, with its
// reason and what would cure it.
func (f *finder) shortfalls() {
	for i := range f.places {
		pl, id := &f.places[i], f.in.Network.Stations[i].ID
		if pl.required == 0 || pl.outside {
			continue
		}
		st := &f.plan.Predicted.Stations[i]
		x := st.Flow / pl.required
		s := Shortfall{Station: id, Index: i, X: x, Differential: st.Differential, Need: pl.need(pl.required, f.lim.MaxOpening)}
		if math.IsInf(s.Need, 1) {
			s.Need = 0 // its valve passes nothing at any opening
		}
		lacking := math.Max(s.Need-s.Differential, 0)
		switch {
		case pl.cut:
			s.X, s.Reason, s.Cure = 0, CutOff, Cure{Code: "open_valves"}
		case pl.role == fixed:
			if math.Abs(x-1) <= balanced {
				continue
			}
			s.Reason, s.Cure = IsHeld, Cure{Code: "release"}
		case pl.role == least && x > tooMuch:
			s.Reason, s.Need = ValveAtMinimum, pl.need(pl.required, f.lim.MinOpening)
			s.Cure = Cure{Code: "smaller_valve", Value: pl.kvsFor(s.Differential, f.lim.MinOpening)}
		case x >= tooLittle || (pl.role == steered && !f.shared):
			continue // what rounding and the dead band leave is no shortfall
		case f.in.Stations[i].Unconfirmed:
			s.Reason, s.Cure = Unconfirmed, Cure{Code: "confirm_reading"}
		case pl.role == steered:
			s.Reason, s.Cure = ShortageShared, Cure{Code: "raise_head", Value: f.sharedLack()}
		default:
			s.Reason, s.Cure = f.whyWide(pl, &s, lacking)
		}
		f.plan.Shortfalls = append(f.plan.Shortfalls, s)
	}
	slices.SortStableFunc(f.plan.Shortfalls, func(a, b Shortfall) int {
		return cmp.Compare(math.Abs(b.X-1), math.Abs(a.X-1))
	})
}

// whyWide tells apart why a station is short with its valve wide open.
func (f *finder) whyWide(p *place, s *Shortfall, lacking float64) (Code, Cure) {
	fixedNeed := p.required * p.required * p.fixed
	valveNeed := s.Need - fixedNeed
	if s.Need > ownNeed*f.middleNeed() {
		if valveNeed > fixedNeed && s.Differential > fixedNeed {
			return ValveWideOpen, Cure{Code: "larger_valve", Value: p.kvsFor(s.Differential, f.lim.IndexTravel)}
		}
		return ValveWideOpen, Cure{Code: "clear_branch", Value: lacking}
	}
	if s.Differential < fixedNeed {
		return DifferentialShort, Cure{Code: "raise_head", Value: lacking}
	}
	return PumpAtLimit, Cure{Code: "raise_head", Value: lacking}
}

// kvsFor is the Kvs in m3/h with which the required flow would use up dp at
// an opening; 0 where no valve would do.
func (p *place) kvsFor(dp, opening float64) float64 {
	rest := dp/(p.required*p.required) - p.fixed
	at := p.need(1, opening) - p.fixed // perKv / (phi Kvs)^2
	if rest <= 0 || math.IsInf(at, 1) {
		return 0
	}
	return p.valve.Kvs * math.Sqrt(at/rest)
}

// sharedLack is the head missing for everybody to have x = 1, Pa: losses and
// needs grow with the square of the flow.
func (f *finder) sharedLack() float64 {
	return f.lever.lift(f.plan.Predicted) * (1/(f.fair*f.fair) - 1)
}
