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
// on the pattern of the whole network, where every other node is an identity.
type cycle struct {
	*circuit
	lu  *sparse.LU
	rhs []float64 // by node
	x   []float64 // by pivot
}

// circuit is the pattern of the whole network's matrix.
type circuit struct {
	pattern *sparse.Pattern
	slot    []int32 // by link, -1: from a node to itself
}

// circuit returns the pattern, made when first needed.
func (p *plan) circuit() *circuit {
	p.circles.Do(func() {
		c := &p.circle
		c.pattern = sparse.Analyse(len(p.node), p.from, p.to)
		c.slot = make([]int32, len(p.links))
		for k := range c.slot {
			c.slot[k] = -1
			if a, b := c.pattern.Pivot[p.from[k]], c.pattern.Pivot[p.to[k]]; a != b {
				c.slot[k] = c.pattern.Slot(a, b)
			}
		}
	})
	return &p.circle
}

// solve replaces rhs by the solution of the factorized system.
func (c *cycle) solve() {
	for v, i := range c.pattern.Pivot {
		c.x[i] = c.rhs[v]
	}
	c.pattern.SolveLU(c.lu, c.x)
	for v, i := range c.pattern.Pivot {
		c.rhs[v] = c.x[i]
	}
}

// solveCycles settles the nodes that are still waiting and returns the
// largest change of a temperature.
func (st *state) solveCycles() (change float64) {
	t := &st.thermal
	if t.cyclic == nil {
		all := st.p.circuit()
		t.cyclic = &cycle{circuit: all, lu: all.pattern.NewLU(), rhs: make([]float64, len(st.temp)), x: make([]float64, len(st.temp))}
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
		c.pattern.FactorizeLU(c.lu)
		c.solve()
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
	c.solve()
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
	at := c.pattern.Pivot
	for v := range c.rhs {
		c.lu.D[at[v]], c.rhs[v] = 1, 0
		if open[v] {
			c.lu.D[at[v]] = t.mass[v] * f.HeatCapacity(st.temp[v])
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
		c.lu.D[at[down]] += m * f.HeatCapacity(st.temp[down])
		c.rhs[down] += m * (f.Enthalpy(out) - f.Enthalpy(st.temp[down]))
		if c.slot[k] < 0 {
			c.lu.D[at[down]] -= m * f.HeatCapacity(out) * slope
			continue
		}
		if x := -m * f.HeatCapacity(out) * slope; at[down] > at[up] {
			c.lu.L[c.slot[k]] += x
		} else {
			c.lu.U[c.slot[k]] += x
		}
	}
}
