package solver

import (
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// The pressure rules (CJJ 34 chapter 7 in spirit) and the usual limits of the
// pipes.
const (
	leastReturn   = 50e3  // Pa gauge in the return, and everywhere in the static state
	mostFriction  = 300.0 // Pa/m
	mostVelocity  = 3.5   // m/s
	staticMinimum = 50e3  // Pa gauge: the users stay full
)

// margins keeps the tightest place of each limit, worst first: by margin in
// units of the bound.
func (s *Solver) margins(st *state, r *Result) []models.Violation {
	var w []models.Violation
	keep := func(v models.Violation) {
		for i := range w {
			if w[i].Limit == v.Limit {
				if v.Margin < w[i].Margin {
					w[i] = v
				}
				return
			}
		}
		w = append(w, v)
	}
	s.junctionLimits(st, r, keep)
	s.pipeLimits(st, r, keep)
	s.pumpLimits(st, r, keep)
	s.stationLimits(st, r, keep)
	s.heatLimits(st, r, keep)
	rank := func(v models.Violation) float64 { return v.Margin / math.Max(math.Abs(v.Bound), 1e-9) }
	slices.SortStableFunc(w, func(a, b models.Violation) int {
		switch x, y := rank(a), rank(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return w
}

// metWithin is how close to its bound, as a share of it, a value counts as
// standing at it: what is held at a limit would else be beyond it by the last
// digit.
const metWithin = 1e-6

// atLeast is a violation of a lower bound, atMost of an upper one.
func atLeast(id models.ID, limit models.LimitKind, value, bound float64) models.Violation {
	return models.Violation{Element: id, Limit: limit, Value: value, Bound: bound, Margin: spare(value-bound, bound)}
}

func atMost(id models.ID, limit models.LimitKind, value, bound float64) models.Violation {
	return models.Violation{Element: id, Limit: limit, Value: value, Bound: bound, Margin: spare(bound-value, bound)}
}

// spare is a margin, 0 within metWithin of the bound.
func spare(margin, bound float64) float64 {
	if math.Abs(margin) <= metWithin*math.Abs(bound) {
		return 0
	}
	return margin
}

// junctionLimits: nothing freezes or boils, the return stands above the atmosphere, with
// the pumps running and with the pumps off; in an open network all stands above
// the atmosphere.
func (s *Solver) junctionLimits(st *state, r *Result, keep func(models.Violation)) {
	if s.net.Open {
		for j := range s.net.Junctions {
			if y := &r.Junctions[j]; y.PressureKnown && !s.net.Junctions[j].FixedPressure.Known {
				keep(atLeast(s.net.Junctions[j].ID, models.LimitSubAtmosphere, y.Pressure, 0))
			}
		}
	}
	if s.opts.Temperatures != Isothermal {
		for j := range s.net.Junctions {
			if t := r.Junctions[j].Temperature; t < water.Zero {
				keep(atLeast(s.net.Junctions[j].ID, models.LimitFreezing, t, water.Zero))
			}
		}
		for i := range r.Stations {
			if t := r.Stations[i].TempOut; t < water.Zero && r.Stations[i].Flow > 0 { // a drop that is given asks for it
				keep(atLeast(s.net.Stations[i].ID, models.LimitFreezing, t, water.Zero))
			}
		}
	}
	if s.net.Open || s.opts.Temperatures == Isothermal {
		return
	}
	static, ok := st.staticPressure()
	for j := range s.net.Junctions {
		x, y := &s.net.Junctions[j], &r.Junctions[j]
		v := st.p.node[j]
		if !y.PressureKnown {
			continue
		}
		boils := water.SaturationPressure(y.Temperature) - water.Atmosphere
		keep(atLeast(x.ID, models.LimitBoiling, y.Pressure-boils, BoilingMargin))
		if x.Side == models.SideReturn {
			keep(atLeast(x.ID, models.LimitSubAtmosphere, y.Pressure, leastReturn))
		}
		if ok && x.Elevation.Known {
			keep(atLeast(x.ID, models.LimitStaticBoiling, static(v)-boils, BoilingMargin))
			keep(atLeast(x.ID, models.LimitStaticEmpty, static(v), staticMinimum))
		}
	}
}

// staticPressure returns the gauge pressure at a node with the pumps off: the
// hold's level, and the weight of the water between the heights. ok is false
// without exactly one hold of known height.
func (st *state) staticPressure() (at func(v int32) float64, ok bool) {
	hold := int32(-1)
	for j, v := range st.p.node {
		if st.fixed[v] {
			if hold >= 0 || !st.s.net.Junctions[j].Elevation.Known {
				return nil, false
			}
			hold = v
		}
	}
	if hold < 0 {
		return nil, false
	}
	level, pressure := st.p.elevation[hold], st.pressure[hold]
	rho := st.s.fluid.Density(st.temp[hold])
	return func(v int32) float64 {
		return pressure + rho*st.s.opts.Gravity*(level-st.p.elevation[v])
	}, true
}

func (s *Solver) pipeLimits(st *state, r *Result, keep func(models.Violation)) {
	static, ok := st.staticPressure()
	for i := range s.net.Pipes {
		x, y := &s.net.Pipes[i], &r.Pipes[i]
		l := &st.links[st.p.linkOf[models.KindPipe][i]]
		if l.mode == off {
			continue
		}
		for _, v := range [2]int32{l.from, l.to} {
			if x.PressureClass > 0 && st.known[v] {
				keep(atMost(x.ID, models.LimitPressureClass, st.pressure[v], x.PressureClass))
				if ok && !s.net.Open {
					keep(atMost(x.ID, models.LimitStaticClass, static(v), x.PressureClass))
				}
			}
		}
		p := &st.el.pipes[i]
		if p.quadratic || p.diameter <= 0 {
			continue
		}
		keep(atMost(x.ID, models.LimitVelocity, Velocity(y.Flow, y.Density, p.diameter), mostVelocity))
		if p.length <= 0 || p.oneWay && y.Flow <= 0 {
			continue // two places that are one; a shut check valve bears a pressure, which is no friction
		}
		k := st.p.linkOf[models.KindPipe][i]
		drop := math.Abs(y.PressureDrop) - st.law[k].K*y.Flow*y.Flow // without local losses
		keep(atMost(x.ID, models.LimitFriction, drop/p.length, mostFriction))
	}
}

// Velocity returns the mean velocity in m/s of a flow (kg/s) of density rho
// (kg/m3) in a pipe of inner diameter d (m), without sign.
func Velocity(flow, rho, d float64) float64 {
	if d <= 0 || rho <= 0 {
		return 0
	}
	return math.Abs(flow) / (rho * math.Pi / 4 * d * d)
}

func (s *Solver) pumpLimits(st *state, r *Result, keep func(models.Violation)) {
	check := func(id models.ID, c *law.Curve, speed, flow, rho float64) {
		if c.Work > 0 && speed > 0 {
			// Less flow would be lifted to heights that no pump reaches.
			keep(atLeast(id, models.LimitPumpCurve, flow/st.volumeDensity(rho), law.LeastWork*c.Work*speed*speed*speed/1e6))
		} else if c.MaxFlow > 0 && speed > 0 {
			keep(atMost(id, models.LimitPumpCurve, flow/st.volumeDensity(rho), c.MaxFlow*speed))
		}
	}
	for i := range st.el.pumps {
		if x := &st.el.pumps[i]; x.on {
			check(s.net.Pumps[i].ID, &x.curve, r.Pumps[i].Speed, r.Pumps[i].Flow, r.Pumps[i].Density)
		}
	}
	for i := range st.el.sources {
		if x := &st.el.sources[i]; x.on && x.hasCurve {
			check(s.net.Sources[i].ID, &x.curve, r.Sources[i].Speed, r.Sources[i].Flow, r.Sources[i].Density)
			if x.control != models.ControlSpeed && r.Sources[i].Speed > 0 {
				keep(atMost(s.net.Sources[i].ID, models.LimitPumpSpeed, r.Sources[i].Speed, x.high))
			}
		}
	}
}

// stationLimits: the differential is at least what the station needs: for its
// given flow, or its design flow, with the valve wide open.
func (s *Solver) stationLimits(st *state, r *Result, keep func(models.Violation)) {
	for i := range st.el.stations {
		x, y := &st.el.stations[i], &r.Stations[i]
		l := &st.links[st.p.linkOf[models.KindStation][i]]
		if l.mode == off || !st.known[l.from] || !st.known[l.to] {
			continue
		}
		m := x.designFlow
		if l.mode == given {
			m = y.Flow
		}
		if need := x.needs(m, y.Density); need > 0 || l.mode == given && m > 0 {
			keep(atLeast(s.net.Stations[i].ID, models.LimitDifferential, y.Differential, need))
		}
	}
}
