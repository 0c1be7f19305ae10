package balance

import (
	"math"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/internal/law"
)

// standardGravity turns a pump's metres into pascal, m/s2.
const standardGravity = 9.80665

// lever is what sets the head: the one source's pump speed or the
// differential it holds, or nothing.
type lever struct {
	source   int // index of the source it acts on, or of the largest, -1 none
	id       models.ID
	kind     models.SourceControl
	none     bool // pumps stay as they are
	present  float64
	min, max float64
	curve    law.Curve
	hasCurve bool
}

// newLever finds the source to steer.
func newLever(in *Input, lim Limits, plan *Plan) (lever, error) {
	var running []int
	for i := range in.Network.Sources {
		if s := &in.Network.Sources[i]; inService(in, s.ID, !s.OutOfService) && !stands(in, s) {
			running = append(running, i)
		}
	}
	lifting := -1
	for _, i := range running {
		if in.Network.Sources[i].Control != models.ControlFlow && lifting < 0 {
			lifting = i
		}
	}
	if lifting < 0 {
		return lever{}, ErrNoPressure
	}
	s := &in.Network.Sources[lifting]
	l := lever{source: lifting, id: s.ID, kind: s.Control, none: len(running) > 1}
	if l.none {
		plan.Notes = append(plan.Notes, "several sources run: their pumps are left as they stand, only the valves are balanced")
	}
	if in.HeadFixed {
		l.none = true
		plan.Notes = append(plan.Notes, "the pumps must not be moved: only the valves are balanced")
	}
	if c, err := law.FitCurve(s.Curve); err == nil {
		l.curve, l.hasCurve = c, true
	}
	switch s.Control {
	case models.ControlSpeed:
		l.present = in.Speed.Or(effective(in, s.ID, models.AttrSpeed, s.Speed))
		l.min, l.max = s.MinSpeed, s.MaxSpeed
		if l.min == 0 {
			l.min = 0.3
		}
		if l.max == 0 {
			l.max = 1
		}
		l.min = math.Max(l.min, lim.MinSpeed)
		if lim.MaxSpeed > 0 {
			l.max = math.Min(l.max, lim.MaxSpeed)
		}
		if !l.hasCurve {
			l.none = true
			plan.Notes = append(plan.Notes, "the source's pumps have no curve: their speed is left as it stands")
		}
	default:
		l.present = effective(in, s.ID, models.AttrDifferential, s.Differential)
		l.max = lim.MaxDifferential
	}
	return l, nil
}

// effective is an attribute of an element under the base scenario.
func effective(in *Input, id models.ID, a models.Attribute, v float64) float64 {
	for _, c := range in.Base.Changes {
		if c.Element == id && c.Attribute == a {
			v = c.Apply(v)
		}
	}
	return v
}

// stands reports whether a source's pumps are at rest: to start them is no
// matter of dividing heat.
func stands(in *Input, s *models.Source) bool {
	if s.Control != models.ControlSpeed {
		return false
	}
	speed := effective(in, s.ID, models.AttrSpeed, s.Speed)
	if len(in.Network.Sources) == 1 {
		speed = in.Speed.Or(speed)
	}
	return speed <= 0
}

func inService(in *Input, id models.ID, as bool) bool {
	v := 0.0
	if as {
		v = 1
	}
	return effective(in, id, models.AttrInService, v) != 0
}

// free reports whether the head can be changed.
func (l *lever) free() bool { return !l.none }

// changes sets the lever; with several sources it leaves them alone.
func (l *lever) changes(setting float64) []models.Change {
	if l.none {
		return nil
	}
	a := models.AttrSpeed
	if l.kind == models.ControlDifferential {
		a = models.AttrDifferential
	}
	return []models.Change{{Element: l.id, Attribute: a, Value: setting}}
}

// lift is the head the source raises in r, Pa.
func (l *lever) lift(r *solver.Result) float64 { return r.Sources[l.source].Lift }

// lowest is how far the head may come down where nobody wants anything, Pa.
func (l *lever) lowest(r *solver.Result) float64 { return -l.lift(r) }

// next is the setting that changes the head in r by delta Pa, held within the
// limits, and whether the upper one was met.
func (l *lever) next(r *solver.Result, delta float64) (setting float64, limited bool) {
	if l.none {
		return l.present, delta > 0
	}
	s := &r.Sources[l.source]
	want := math.Max(s.Lift+delta, 0)
	if l.kind == models.ControlDifferential {
		top := l.max
		if top == 0 {
			top = l.topDifferential(s)
		}
		return math.Min(want, top), want > top
	}
	rho := s.Density
	n, ok := l.curve.SpeedFor(s.Flow/rho, want/(rho*standardGravity))
	switch {
	case !ok || n < l.min:
		return l.min, false
	case n >= l.max:
		return l.max, n > l.max*(1+1e-9)
	}
	return n, false
}

// topDifferential is what the pumps can hold at full speed, or what the
// source holds now where its pumps are not described.
func (l *lever) topDifferential(s *models.SourceState) float64 {
	if l.hasCurve && s.Density > 0 {
		return l.curve.Head(s.Flow/s.Density, 1) * s.Density * standardGravity
	}
	return l.present
}

// round puts a setting on a step that can be ordered: speeds on steps of
// step, differentials on 100 Pa; never beyond the limits.
func (l *lever) round(setting, step float64) float64 {
	if l.kind == models.ControlDifferential {
		step = 100
	}
	r := math.Round(setting/step) * step
	if l.max > 0 && r > l.max {
		r = math.Floor(l.max/step) * step
	}
	if r < l.min {
		r = math.Ceil(l.min/step) * step
	}
	return r
}
