package solver

import (
	"math"

	"evenflow/solver/internal/sparse"
)

// cycle solves the temperatures of what flows in a circle: Newton's method on
// the enthalpy balance of the nodes that wait for one another,
//
//	sum over inflows of m (h(T_out) - h(T_node)) + fed = 0,
//
// on the hydraulics' own pattern, where every other node is an identity.
type cycle struct {
	lu  *sparse.LU
	rhs []float64
}

// solveCycles settles the nodes that are still waiting and returns the
// largest change of a temperature.
func (st *state) solveCycles() (change float64) {
	t := &st.thermal
	if t.cyclic == nil {
		t.cyclic = &cycle{lu: st.p.pattern.NewLU(), rhs: make([]float64, len(st.temp))}
	}
	open := make([]bool, len(st.temp))
	for v := range open {
		open[v] = t.waiting[v] > 0
	}
	before := append([]float64(nil), st.temp...)
	last, part := math.Inf(1), 1.0
	for range 60 {
		st.assembleCycles(open)
		c := t.cyclic
		st.p.pattern.FactorizeLU(c.lu)
		st.p.pattern.SolveLU(c.lu, c.rhs)
		worst := 0.0
		for v, d := range c.rhs {
			if open[v] {
				worst = math.Max(worst, math.Abs(d))
			}
		}
		if worst > 0.8*last { // to and fro over a corner of a station's law
			part = math.Max(part/2, 0.05)
		} else {
			part = math.Min(1.5*part, 1)
		}
		last = worst
		for v, d := range c.rhs {
			if open[v] {
				st.temp[v] = math.Min(math.Max(st.temp[v]+part*d, coldest), hottest)
			}
		}
		if worst < 1e-9 {
			break
		}
	}
	for v := range open {
		if open[v] {
			change = math.Max(change, math.Abs(st.temp[v]-before[v]))
		}
	}
	for k := range st.links {
		up, _, m := st.links[k].ends()
		if m == 0 || !open[up] {
			continue
		}
		out, sets := st.delivers(k)
		if !sets {
			out = st.outlet(k, m, st.temp[up])
		}
		change = math.Max(change, math.Abs(out-st.t2[k]))
		st.t1[k], st.t2[k] = st.temp[up], out
	}
	st.senseCycles(open)
	return change
}

// senseCycles carries the sensitivity dT/dln m of the water round the circles:
// the balance of the nodes once more, for the derivative, with the last
// factor.
func (st *state) senseCycles(open []bool) {
	t, c := &st.thermal, st.thermal.cyclic
	f := &st.s.fluid
	clear(c.rhs)
	own := func(k int) float64 { // what link k itself adds
		leaving, _ := st.sensitivity(k, st.t1[k], st.t2[k], 0)
		return leaving
	}
	for v := range open {
		if open[v] {
			c.rhs[v] = t.sense[v] * f.HeatCapacity(st.temp[v])
		}
	}
	for k := range st.links {
		up, down, m := st.links[k].ends()
		if m == 0 || !open[up] {
			continue
		}
		if _, sets := st.delivers(k); !sets {
			c.rhs[down] += m * f.HeatCapacity(st.t2[k]) * own(k)
		}
	}
	st.p.pattern.SolveLU(c.lu, c.rhs)
	for k := range st.links {
		up, _, m := st.links[k].ends()
		if m == 0 || !open[up] {
			continue
		}
		_, t.along[k] = st.sensitivity(k, st.t1[k], st.t2[k], c.rhs[up])
	}
}

// assembleCycles fills Jacobian and residual at the present temperatures. What
// came from settled nodes, sources and feeds is in thermal.heat and mass.
func (st *state) assembleCycles(open []bool) {
	t, f := &st.thermal, &st.s.fluid
	c := t.cyclic
	c.lu.Clear()
	for v := range c.rhs {
		c.lu.D[v], c.rhs[v] = 1, 0
		if open[v] {
			c.lu.D[v] = t.mass[v] * f.HeatCapacity(st.temp[v])
			c.rhs[v] = t.heat[v] - t.mass[v]*f.Enthalpy(st.temp[v])
		}
	}
	const d = 1e-3 // K, for the slope of an outlet over its inlet
	for k := range st.links {
		l := &st.links[k]
		up, down, m := l.ends()
		if m == 0 || !open[up] {
			continue
		}
		if _, sets := st.delivers(k); sets {
			continue
		}
		tin := st.temp[up]
		slope := (st.outlet(k, m, tin+d) - st.outlet(k, m, tin-d)) / (2 * d)
		out := st.outlet(k, m, tin)
		// A node downstream of a waiting one waits itself.
		c.lu.D[down] += m * f.HeatCapacity(st.temp[down])
		c.rhs[down] += m * (f.Enthalpy(out) - f.Enthalpy(st.temp[down]))
		if l.slot < 0 {
			c.lu.D[down] -= m * f.HeatCapacity(out) * slope
			continue
		}
		if x := -m * f.HeatCapacity(out) * slope; down > up {
			c.lu.L[l.slot] += x
		} else {
			c.lu.U[l.slot] += x
		}
	}
}
