package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
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
// pressures. slope is the sum of e dm: the derivative of the content function
// along the last step, zero at the best step length.
func (st *state) evaluate() (slope float64) {
	copy(st.imbalance, st.draw)
	worst, at := 0.0, int32(-1)
	for k := range st.links {
		l := &st.links[k]
		if l.mode == off {
			continue
		}
		st.imbalance[l.from] += l.m
		st.imbalance[l.to] -= l.m
		if l.mode >= given {
			continue
		}
		b := &st.law[k]
		drop, g := b.Drop(l.m)
		l.e = drop - (st.pressure[l.from] - st.pressure[l.to] + l.lift)
		slope += l.e * l.dm
		a := math.Abs(l.e)
		if !(a <= worst) { // what is no number is the worst
			worst, at = a, int32(k)
		}
		// A slope that could not absorb the residual in one step (flow
		// near zero against a wide-open difference) is raised to that of
		// the quadratic law at the flow that would.
		if b.Kind <= law.Pipe {
			if q := b.K + 0.03*b.C; q*a > g*g {
				g = math.Sqrt(q * a)
			}
		} else {
			g = math.Max(g, b.Steep(a))
		}
		if l.m <= 0 && (b.OneWay || b.Pumps()) && (l.m < 0 || l.e > 0) {
			g = law.Shut
		}
		l.w = 1 / math.Max(g+st.thermal.damping[k], 0.5*g)
	}
	for i := range st.taps {
		t := &st.taps[i]
		st.imbalance[t.node] += t.m
		if a := math.Abs(t.evaluate(st.pressure[t.node])); !(a <= worst) {
			worst, at = a, -2-t.node
		}
		slope += t.e * t.d
	}
	if a, k := st.evaluateRegulators(); a > worst {
		worst, at = a, k
	}
	st.report.EnergyResidual, st.worstE = worst, at
	st.report.MassResidual, st.worstM = st.worstImbalance()
	return slope
}

func (st *state) worstImbalance() (worst float64, at int32) {
	at = -1
	for v, r := range st.imbalance {
		if a := math.Abs(r); a > worst && !st.fixed[v] {
			worst, at = a, int32(v)
		}
	}
	return worst, at
}

// solved reports whether both residuals are within their limits. The mass
// limit is widened to rounding error where flows are very large.
func (st *state) solved() bool {
	o := &st.s.opts
	return st.report.EnergyResidual <= o.EnergyTolerance && st.report.MassResidual <= o.MassTolerance && st.settled()
}

// assemble fills the matrix and the right-hand side.
func (st *state) assemble() {
	f, x := st.factor, st.step
	f.Clear()
	for v, r := range st.imbalance {
		x[v] = -r
	}
	for k := range st.links {
		l := &st.links[k]
		if l.mode != free && l.mode != held {
			continue
		}
		we := l.w * l.e
		if l.mode == held {
			we = 0
		}
		f.D[l.from] += l.w
		f.D[l.to] += l.w
		x[l.from] += we
		x[l.to] -= we
		if l.slot >= 0 && !st.fixed[l.from] && !st.fixed[l.to] {
			f.L[l.slot] -= l.w
		}
	}
	for i := range st.taps {
		t := &st.taps[i]
		f.D[t.node] += t.w
		x[t.node] += t.w * t.e
	}
	for v, is := range st.fixed {
		if is {
			f.D[v], x[v] = 1, 0
		} else if st.pinned[v] {
			f.D[v] *= 2
			if f.D[v] == 0 {
				x[v] = 0
			}
		} else if f.D[v] == 0 {
			x[v] = 0
		}
	}
}

// newtonStep solves for the corrections and applies them, with a shorter step
// where the full one overshoots.
func (st *state) newtonStep() {
	balanced := st.report.MassResidual <= 1e3*st.s.opts.MassTolerance
	st.assemble()
	st.p.pattern.Factorize(st.factor)
	st.p.pattern.Solve(st.factor, st.step)
	st.solveBorder()
	for v, d := range st.step {
		st.pressure[v] += d
	}
	before, whole := st.moveFlows()
	st.report.Iterations++
	after := st.evaluate()
	if balanced && whole && before < 0 && after > -0.3*before && st.report.EnergyResidual > st.s.opts.EnergyTolerance {
		st.shorten(before, after)
	}
}

// moveFlows takes the step of the flows. It returns the derivative of the
// content function at the beginning of the step, and whether all flows took
// the whole of it: none of them ended at a corner of its law.
func (st *state) moveFlows() (before float64, whole bool) {
	whole = true
	for k := range st.links {
		l := &st.links[k]
		if l.mode != free {
			continue
		}
		l.dm = l.w * (st.step[l.from] - st.step[l.to] - l.e)
		before += l.e * l.dm
		if b := &st.law[k]; l.m > 0 && l.m+l.dm < 0 && (b.OneWay || b.Pumps()) {
			l.dm, whole = -l.m, false // shut; what is missing is in the next step
		}
		l.m += l.dm
	}
	for i := range st.taps {
		t := &st.taps[i]
		d := t.w * (st.step[t.node] - t.e)
		before += t.e * d
		whole = t.move(d) && whole
	}
	b := &st.regs.border
	for j, i := range b.rows {
		l := &st.links[st.regs.list[i].link]
		l.dm = l.w*(st.step[l.from]-st.step[l.to]) + b.u[j]
		l.m += l.dm
	}
	return before, whole
}

// shorten looks for the step length where the content function is flat: a
// bracketed secant on its derivative, which is before < 0 at 0 and after > 0
// at the full step. Any part of a step between balanced flows is balanced.
func (st *state) shorten(before, after float64) {
	lo, hi, at := 0.0, 1.0, 1.0
	flo, fhi := before, after
	for range 8 {
		next := lo + (hi-lo)*flo/(flo-fhi)
		next = math.Max(next, lo+0.05*(hi-lo))
		for k := range st.links {
			l := &st.links[k]
			if l.mode == free || l.mode == held {
				l.m += (next - at) * l.dm
			}
		}
		for i := range st.taps {
			st.taps[i].m += (next - at) * st.taps[i].d
		}
		at = next
		s := st.evaluate()
		if math.Abs(s) <= -0.3*before {
			return
		}
		if s > 0 {
			hi, fhi = at, s
			flo /= 2
		} else {
			lo, flo = at, s
			fhi /= 2
		}
	}
}

// coldStart puts the flows to zero and the conductances to those of plausible
// flows, so that the first step solves a linear network, whatever the
// directions in which pipes are drawn.
func (st *state) coldStart() {
	for v := range st.pressure {
		if !st.fixed[v] {
			st.pressure[v] = 0
		}
	}
	for k := range st.links {
		l := &st.links[k]
		if l.mode == free {
			l.m, l.dm = 0, 0
		}
		if b := &st.law[k]; l.mode == free && b.Kind == law.LiftWork {
			l.m = st.plausibleFlow(k) // at rest its head has no bounds
		}
	}
	for i := range st.taps {
		st.taps[i].begin()
	}
	st.evaluate()
	for k := range st.links {
		l := &st.links[k]
		if l.mode == free {
			l.w = 1 / st.law[k].Secant(st.plausibleFlow(k))
		}
	}
	for i := range st.taps {
		st.taps[i].begin()
	}
}

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
	return math.Sqrt(5e4 / b.K)
}

// hydraulics iterates until the energy residual is near (Pa) or less, or for
// the steps given. limit is the number of steps that the whole calculation may
// take; it reports whether that was kept.
func (st *state) hydraulics(steps, limit int, near float64) bool {
	for range steps {
		if st.report.EnergyResidual <= near && st.report.MassResidual <= st.s.opts.MassTolerance && !st.turn(true) {
			return true
		}
		if st.report.Iterations >= limit || math.IsNaN(st.report.EnergyResidual) {
			return false
		}
		st.newtonStep()
		if st.report.MassResidual > 1e3*st.s.opts.MassTolerance {
			st.stopBackflow()
		} else if steps > 1 {
			st.turn(false)
		}
	}
	return st.solved() || steps < st.s.opts.MaxIterations
}
