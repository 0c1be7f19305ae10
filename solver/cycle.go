package solver

import (
	"fmt"
	"math"

	"evenflow/solver/internal/sparse"
)

// cycle solves the temperatures of what flows in a circle: Newton's method on
// the enthalpy balance of the nodes that wait for one another,
//
//	sum over inflows of m (h(T_out) - h(T_node)) + fed = 0.
type cycle struct {
	known    bool // it is that of the course
	pattern  sparse.Pattern
	lu       sparse.LU
	slot     []int32   // by link of these stops
	rhs      []float64 // by pivot
	before   []float64 // by stop, K
	from, to []int32   // by link, stops counted from loop
	work     sparse.Workspace
}

// close makes the cycle that of the stops between loop and tail.
func (y *cycle) close(c *course) {
	n := c.tail - c.loop
	links := c.links[c.stops[c.loop].first:c.stops[c.tail].first]
	y.from, y.to = resize(y.from, len(links)), resize(y.to, len(links))
	from, to := y.from, y.to
	for i := c.loop; i < c.tail; i++ {
		for j := c.stops[i].first; j < c.stops[i+1].first; j++ {
			l := int(j) - int(c.stops[c.loop].first)
			from[l], to[l] = int32(i-c.loop), int32(i-c.loop) // a loop is no entry
			if p := &c.links[j]; p.kind != isSource && int(p.to) < c.tail {
				to[l] = p.to - int32(c.loop)
			}
		}
	}
	y.work.AnalyseLU(&y.pattern, n, from, to)
	y.lu.Fit(&y.pattern)
	y.slot, y.rhs, y.before = resize(y.slot, len(links)), resize(y.rhs, n), resize(y.before, n)
	for l := range links {
		y.slot[l] = -1
		if from[l] != to[l] {
			y.slot[l] = y.pattern.Slot(y.pattern.Pivot[from[l]], y.pattern.Pivot[to[l]])
		}
	}
	y.known = true
}

// solveCycles settles the stops that wait for one another and returns the
// largest change of a temperature.
func (st *state) solveCycles() (change float64) {
	c := &st.course
	y := &c.cycle
	if !y.known {
		y.close(c)
	}
	stops := c.stops[c.loop:c.tail]
	for i := range stops {
		y.before[i] = st.temp[stops[i].node]
	}
	last, part := math.Inf(1), 1.0
	for range 60 {
		st.assembleCycle()
		st.missingHeat()
		y.pattern.FactorizeLU(&y.lu)
		y.pattern.SolveLU(&y.lu, y.rhs)
		worst := 0.0
		for _, d := range y.rhs {
			worst = max(worst, math.Abs(d))
		}
		if worst > 0.8*last { // to and fro over a corner of a station's law
			part = max(part/2, 0.05)
		} else {
			part = min(1.5*part, 1)
		}
		last = worst
		for i := range stops {
			v := stops[i].node
			st.temp[v] = min(max(st.temp[v]+part*y.rhs[y.pattern.Pivot[i]], coldest), hottest)
		}
		if worst < 1e-9 {
			break
		}
	}
	for i := c.loop; i < c.tail; i++ {
		now := st.temp[c.stops[i].node]
		change = max(change, math.Abs(now-y.before[i-c.loop]))
		change = max(change, st.sendOn(i, now, growth{}))
	}
	return change
}

// mostMissing is how much heat, W, may be missing at a node of water that runs in
// a circle.
const mostMissing = 10

// missingHeat notes where the most heat is missing with the temperatures that the
// cycle was assembled at.
func (st *state) missingHeat() {
	c, y, x := &st.course, &st.course.cycle, &st.thermal
	x.missing = 0
	for i := c.loop; i < c.tail; i++ {
		if a := math.Abs(y.rhs[y.pattern.Pivot[i-c.loop]]); worse(a, x.missing) {
			x.missing, x.missingAt = a, c.stops[i].node
		}
	}
}

// unheated says where water runs in a circle past every source and no temperature
// of it balances what it gives and gets, or "".
func (st *state) unheated() string {
	x := &st.thermal
	if x.missing <= mostMissing {
		return ""
	}
	return fmt.Sprintf("the water that runs in a circle through %s passes no source, and what it gives is %.3g kW off what it gets at every temperature", st.s.net.Junctions[st.p.junction[x.missingAt]].ID, x.missing/1000)
}

// assembleCycle fills Jacobian and residual at the present temperatures. What
// came from settled stops, sources and feeds is in the mixtures.
func (st *state) assembleCycle() {
	c, f := &st.course, &st.s.fluid
	y := &c.cycle
	y.lu.Clear()
	pivot := y.pattern.Pivot
	for i := c.loop; i < c.tail; i++ {
		x, t := &c.mix[i], st.temp[c.stops[i].node]
		y.lu.D[pivot[i-c.loop]] = x.mass * f.HeatCapacity(t)
		y.rhs[pivot[i-c.loop]] = x.heat - x.mass*f.Enthalpy(t)
	}
	first := c.stops[c.loop].first
	for i := c.loop; i < c.tail; i++ {
		up, tin := pivot[i-c.loop], st.temp[c.stops[i].node]
		for j := c.stops[i].first; j < c.stops[i+1].first; j++ {
			p := &c.links[j]
			if p.kind == isSource || int(p.to) >= c.tail {
				continue
			}
			down, t := pivot[int(p.to)-c.loop], st.temp[c.stops[p.to].node]
			m := carried(st.links[p.link].m)
			var out outflow
			st.through(p, m, tin, st.water[p.link].t2, &out)
			y.lu.D[down] += m * f.HeatCapacity(t)
			y.rhs[down] += m * (f.Enthalpy(out.t) - f.Enthalpy(t))
			x := -m * f.HeatCapacity(out.t) * out.byInlet
			switch slot := y.slot[j-first]; {
			case down > up:
				y.lu.L[slot] += x
			default:
				y.lu.U[slot] += x
			}
		}
	}
}
