package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/sparse"
)

// The hydraulics solve, for pressures p at nodes and flows m in links,
//
//	mass    sum of outflow - sum of inflow + draw = 0        at every node
//	energy  drop(m) - (p_from - p_to + lift) = e = 0         along every link
//
// by Newton's method with the flows eliminated (global gradient, Todini and
// Pilati 1988). The unknowns are corrections of the pressures, and every link
// keeps its energy residual e, so that rounding is relative to the
// correction:
//
//	dm = w (dp_from - dp_to - e),   w = 1/drop'(m)
//	sum over links of w (dp_node - dp_other) = -imbalance + sum of +-w e

// evaluate computes laws, residuals and imbalances at the present flows and
// pressures.
func (st *state) evaluate() {
	if st.core.stale {
		st.gather()
	}
	st.core.linear = false
	if st.core.swept {
		st.remeasure()
	} else {
		st.resweep(0)
	}
	st.measureRest(0)
	st.weighCore()
}

// worse reports whether a residual is larger than the worst so far. What is no
// number is worse than any, and remains so.
func worse(a, worst float64) bool { return !(a <= worst) && worst == worst }

// measureRest computes the residuals outside the chains, whose own and whose
// derivative of the content function along the last step, after, are known, and
// returns that of all.
func (st *state) measureRest(after float64) float64 {
	n := &st.core
	worst, at := st.report.EnergyResidual, st.worstE
	for i := range n.knots {
		k := n.knots[i].link
		l := &st.links[k]
		if l.mode >= given {
			continue
		}
		a := st.knotLaw(&n.knots[i])
		after += st.alone[k].e * st.alone[k].dm
		if worse(a, worst) {
			worst, at = a, k
		}
	}
	for i := range st.taps {
		t := &st.taps[i]
		if a := math.Abs(t.evaluate(n.spots[n.at[t.node]].p)); worse(a, worst) {
			worst, at = a, -2-t.node
		}
		after += t.e * t.d
	}
	if len(st.regs.list) > 0 {
		st.spreadPressures()
		if a, k := st.evaluateRegulators(); worse(a, worst) {
			worst, at = a, k
		}
	}
	st.report.EnergyResidual, st.worstE = worst, at
	return after
}

// leastConductance is that of a branch whose flow a valve keeps as it is, (kg/s)/Pa:
// next to nothing, and no node is without any.
const leastConductance = 1e-16

// knotLaw computes residual and conductance of a knot and returns the size of
// the residual.
func (st *state) knotLaw(x *knot) float64 {
	n := &st.core
	l, y, b := &st.links[x.link], &st.alone[x.link], &st.law[x.link]
	drop, g := b.Drop(l.m)
	y.e = drop - (n.spots[x.a].p - n.spots[x.b].p + l.lift)
	if b.Throttles(l.m) && y.e < 0.5*st.s.opts.EnergyTolerance {
		y.e, y.w = 0, leastConductance
		return 0
	}
	a := math.Abs(y.e)
	if b.Kind <= law.Pipe {
		if q := b.K + 0.03*b.C; q*a > g*g { // as in sweep
			g = math.Sqrt(q * a)
		}
	} else {
		g = math.Max(g, b.Steep(a))
	}
	if l.m <= 0 && (b.OneWay || b.Pumps()) && (l.m < 0 || y.e > 0) {
		g = law.Shut
	}
	y.w = 1 / g
	return a
}

// weighCore computes the imbalances of the core's nodes.
func (st *state) weighCore() {
	n := &st.core
	n.weigh = false
	out := n.out
	copy(out, n.draw)
	for i := range n.flows {
		q, x := n.flows[i].q, &n.edges[i]
		out[x.A] += q
		out[x.B] -= q
	}
	for i := range n.knots {
		if x := &n.knots[i]; st.links[x.link].mode != off {
			out[x.a] += st.links[x.link].m
			out[x.b] -= st.links[x.link].m
		}
	}
	for i := range st.taps {
		out[n.at[st.taps[i].node]] += st.taps[i].m
	}
	worst, at := 0.0, int32(-1)
	for c, r := range out {
		if a := math.Abs(r); worse(a, worst) && !st.fixed[n.node[c]] {
			worst, at = a, n.node[c]
		}
	}
	st.report.MassResidual, st.worstM = worst, at
}

// unbalanced returns the largest imbalance at a node, kg/s.
func (st *state) unbalanced() float64 {
	if st.core.weigh {
		st.weighCore()
	}
	return st.report.MassResidual
}

// met reports whether the energy residual is near (Pa) or less. Where water is
// pressed against what lets none pass that way, pressures are beyond all measure,
// and their rounding is what is left of it.
func (st *state) met(near float64) bool {
	e := st.report.EnergyResidual
	return e <= near || e < 0.1 && st.backflow() != ""
}

// solved reports whether both residuals are within their limits.
func (st *state) solved() bool {
	o := &st.s.opts
	return st.met(o.EnergyTolerance) && st.unbalanced() <= o.MassTolerance && st.settled()
}

// assemble fills matrix and right-hand side but for what the chains' edges add.
func (st *state) assemble() {
	n := &st.core
	cells, l := n.cells, n.l
	clear(l)
	for c, r := range n.draw {
		cells[c] = sparse.Cell{X: -r}
	}
	clear(cells[len(n.draw):])
	for i := range n.knots {
		x := &n.knots[i]
		k, y := &st.links[x.link], &st.alone[x.link]
		f := -k.m
		switch k.mode {
		case free:
			f += y.w * y.e
		case held:
		default:
			continue
		}
		a, b := &cells[x.a], &cells[x.b]
		a.D += y.w
		a.X += f
		b.D += y.w
		b.X -= f
		l[x.slot] -= y.w
	}
	for i := range st.taps {
		t := &st.taps[i]
		c := &cells[n.at[t.node]]
		c.D += t.w
		c.X += t.w*t.e - t.m
	}
}

// newtonStep solves for the corrections and applies them, with a shorter step
// where the full one overshoots.
func (st *state) newtonStep() {
	n := &st.core
	balanced, was := st.report.MassResidual <= 1e3*st.s.opts.MassTolerance, st.report.EnergyResidual
	st.assemble()
	st.solveCore()
	st.solveBorder()
	foreseen := st.ripple.ready && (st.downhill || st.report.EnergyResidual < nearForeseen && st.early())
	st.foresight.told = false
	if st.ripple.ready = false; foreseen {
		st.foresee()
	}
	for i := range n.cells[:n.unknown] {
		dp := n.cells[i].X
		n.spots[i] = spot{n.spots[i].p + dp, dp}
	}
	before, whole := st.moveKnots()
	st.report.Iterations++
	if n.linear {
		n.linear = false
		st.leaveLine()
		return
	}
	b, after := st.sweep()
	before += b
	after = st.measureRest(after)
	st.report.MassResidual = 0 // to rounding: the balances are linear in the step
	st.foresight.told = st.foresight.told && whole && !st.anyAsked()
	if n.weigh = true; !whole {
		st.weighCore()
	}
	if !balanced || !whole || foreseen || before >= 0 || st.report.EnergyResidual <= st.s.opts.EnergyTolerance {
		return
	}
	switch {
	case after > -0.3*before:
		st.shorten(before, after)
	case st.worthAdjusting(before, after, was):
		st.adjust(before, after)
	}
}

// leaveLine ends the first step from a cold start. The difference over a chain
// is then roughly known; where the linear law let much more pass than was
// plausible, the flow begins where the quadratic one would put it:
//
//	dp = s q = s m0 (m/m0)^2,  m = sqrt(q m0).
//
// The balances of the nodes are met again after the next step.
func (st *state) leaveLine() {
	n := &st.core
	st.inHalves(&st.halves.leave)
	for c := range n.spots {
		n.spots[c].dp = 0
	}
	st.sweep()
	st.measureRest(0)
	n.weigh = true
	st.weighCore()
}

// leavePart is leaveLine for the flows of the chains from lo to hi.
func (st *state) leavePart(lo, hi int) {
	n := &st.core
	for i := lo; i < hi; i++ {
		x, b, y := &n.flows[i], &n.laws[i], &n.edges[i]
		q := x.q + y.W*(n.spots[y.A].dp-n.spots[y.B].dp-x.e)
		if most := 2 * n.lines[i].flow; b.first == b.last && math.Abs(q) > most {
			q = math.Copysign(math.Sqrt(math.Abs(q)*most), q)
		}
		x.q, x.e = q, 0
	}
}

// moveKnots takes the step of the flows outside the chains. It returns the
// derivative of the content function at the beginning of the step, and whether
// all flows took the whole of it: none of them ended at a corner of its law.
func (st *state) moveKnots() (before float64, whole bool) {
	n := &st.core
	whole = true
	for i := range n.knots {
		x := &n.knots[i]
		l, y := &st.links[x.link], &st.alone[x.link]
		if l.mode != free {
			continue
		}
		if y.dm = 0; y.w == leastConductance {
			continue
		}
		y.dm = y.w * (n.spots[x.a].dp - n.spots[x.b].dp - y.e)
		before += y.e * y.dm
		if at, ok := st.law[x.link].Corner(l.m, l.m+y.dm); ok {
			y.dm, whole = at-l.m, false // what is missing is in the next step
		}
		l.m += y.dm
	}
	for i := range st.taps {
		t := &st.taps[i]
		d := t.w * (n.spots[n.at[t.node]].dp - t.e)
		before += t.e * d
		whole = t.move(d) && whole
	}
	b := &st.regs.border
	for j, i := range b.rows {
		k := st.regs.list[i].link
		l, y := &st.links[k], &st.alone[k]
		y.dm = y.w*(n.spots[n.at[l.from]].dp-n.spots[n.at[l.to]].dp) + b.u[j]
		l.m += y.dm
	}
	return before, whole
}

// coldStart puts the flows to zero and the conductances to those of plausible
// flows, so that the first step solves a linear network, whatever the
// directions in which pipes are drawn.
func (st *state) coldStart() {
	n := &st.core
	if n.stale {
		st.gather()
	}
	for c := range n.spots {
		if s := &n.spots[c]; c < n.unknown {
			*s = spot{}
		} else if v := n.node[c]; !st.fixed[v] {
			*s = spot{}
		}
	}
	for i := range n.flows {
		x, b, y := &n.flows[i], &n.laws[i], &n.edges[i]
		if n.lines[i].slope == 0 {
			n.lines[i] = st.secant(i)
		}
		x.q, n.dq[i] = 0, 0
		x.e = n.lines[i].drop - b.lift - (n.spots[y.A].p - n.spots[y.B].p)
		y.W = 1 / n.lines[i].slope
		y.F = y.W * x.e
	}
	for i := range n.knots {
		k := n.knots[i].link
		l, b := &st.links[k], &st.law[k]
		if l.mode != free {
			continue
		}
		l.m, st.alone[k].dm = 0, 0
		if b.Kind == law.LiftWork {
			l.m = st.plausibleFlow(int(k)) // at rest its head has no bounds
		}
		st.knotLaw(&n.knots[i])
		st.alone[k].w = 1 / b.Secant(st.plausibleFlow(int(k)))
	}
	if len(st.regs.list) > 0 {
		st.spreadPressures()
		st.evaluateRegulators()
	}
	for i := range st.taps {
		st.taps[i].begin()
	}
	n.weigh, n.linear, n.swept = true, true, false
	st.report.EnergyResidual, st.report.MassResidual = math.Inf(1), math.Inf(1)
}

// secant returns the line through rest and a plausible flow that a cold start
// takes for the law of a chain.
func (st *state) secant(i int) line {
	n := &st.core
	at := &n.chains[i]
	y := line{flow: math.Inf(1)}
	c := 0.0
	for _, s := range n.steps[at.First:at.Last] {
		m := math.Max(st.plausibleFlow(int(s.Link)), math.Abs(c))
		k := st.law[s.Link].Secant(m)
		y.flow = math.Min(y.flow, m)
		y.slope += k
		y.drop += k * c
		c -= n.need[s.Node]
	}
	return y
}

// plausibleDrop is what a valve or a station throttles about, Pa: between half a
// bar at the far end of a network and four beside its plant.
const plausibleDrop = 2e5

// plausibleFlow returns a flow of the right order for a link, kg/s.
func (st *state) plausibleFlow(k int) float64 {
	b := &st.law[k]
	switch at := st.p.links[k]; at.kind {
	case models.KindPipe:
		if p := &st.el.pipes[at.at]; !p.quadratic {
			return 800 * p.diameter * p.diameter // 1 m/s
		}
	case models.KindPump:
		if b.Kind == law.LiftWork {
			return b.A / 3e5
		}
		return math.Max(500*st.el.pumps[at.at].curve.MaxFlow, 0.1)
	case models.KindSource:
		return math.Max(500*st.el.sources[at.at].curve.MaxFlow, 0.1)
	}
	if b.K <= 0 {
		return 1
	}
	return math.Sqrt(plausibleDrop / b.K)
}

// hydraulics iterates until the energy residual is near (Pa) or less, or for
// the steps given. limit is the number of steps that the whole calculation may
// take; it reports whether that was kept.
func (st *state) hydraulics(steps, limit int, near float64) bool {
	defer st.twoAtWork()()
	defer st.expandFlows()
	looked := st.s.opts.Temperatures == Coupled || !st.anyBound() // whether a station is beyond its bound
	for range steps {
		if st.met(near) && st.unbalanced() <= st.s.opts.MassTolerance && !st.turn(converged) {
			return true
		}
		if st.report.Iterations >= limit || math.IsNaN(st.report.EnergyResidual) {
			return false
		}
		st.newtonStep()
		if st.report.MassResidual > 1e3*st.s.opts.MassTolerance {
			st.stopBackflow()
		} else if e := st.report.EnergyResidual; !st.turn(onTheWay) && steps > 1 && e < nearTurn && e > near {
			if st.turn(nearby); !looked {
				looked = true
				st.expand()
				if st.clearlyBeyond(nearTurn) {
					return true
				}
			}
		}
	}
	return st.solved() || steps < st.s.opts.MaxIterations
}
