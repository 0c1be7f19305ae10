package solver

import "math"

// shorten looks for the step length where the content function is flat: a
// bracketed secant on its derivative, which is before < 0 at 0 and after > 0
// at the full step. Any part of a step between balanced flows is balanced.
func (st *state) shorten(before, after float64) {
	st.between(0, before, 1, after, 1, -0.3*before)
}

// between is a bracketed secant on the derivative of the content function along
// the step, flo < 0 at the step length lo and fhi > 0 at hi, from the present
// length at, until no more than enough is left. It returns where it ends.
func (st *state) between(lo, flo, hi, fhi, at, enough float64) float64 {
	for range 8 {
		next := lo + (hi-lo)*flo/(flo-fhi)
		next = math.Max(next, lo+0.05*(hi-lo))
		s := st.walk(next - at)
		at = next
		if math.Abs(s) <= enough {
			break
		}
		if s > 0 {
			hi, fhi = at, s
			flo /= 2
		} else {
			lo, flo = at, s
			fhi /= 2
		}
	}
	return at
}

// A step is adjusted where more than muchLeft of what drove the flows along it is
// left at its end; or more than leastLeft, or as much drives them back, most of it
// in one branch.
const (
	leastLeft = 0.003
	muchLeft  = 0.1
	mostOfIt  = 0.45
)

// worthAdjusting reports whether another pass over the laws may spare a solve. The
// next step is expected to leave of the residual what this one left of that before
// it, was, squared; with temperatures it comes at other ones.
func (st *state) worthAdjusting(before, after, was float64) bool {
	left := after / before
	switch o, now := &st.s.opts, st.report.EnergyResidual; {
	case left > muchLeft:
		return len(st.taps) == 0
	case o.Temperatures == Coupled || math.Abs(left) < leastLeft || left > 0 && len(st.taps) > 0 || now*now/was*now/was < 0.05*o.EnergyTolerance || st.worstE < 0:
		return false
	}
	k, n := st.worstE, &st.core
	if i := n.chainOf[k]; i >= 0 {
		return n.flows[i].e*n.dq[i]/after > mostOfIt
	}
	return st.alone[k].e*st.alone[k].dm/after > mostOfIt
}

// adjust goes on along a step after which the residuals still drive the flows
// the same way, those of quadratic laws being too short by half where water is
// to stop; or back, where they begin to drive them back. With such laws the
// derivative of the content function is
//
//	before (1-a) + after a^2
//
// at the step length a, flat where that is 0.
func (st *state) adjust(before, after float64) {
	a := 2.0
	if r := after / before; r < 0.25 {
		a = 2 / (1 + math.Sqrt(1-4*r))
	}
	if a = min(a, st.farthest()); math.Abs(a-1) < leastLeft {
		return
	}
	was := st.report.EnergyResidual
	if s := st.walk(a - 1); a > 1 && s > -0.3*before {
		a = st.between(1, after, a, s, a, -0.3*before)
	}
	if st.report.EnergyResidual > was { // it pushes against what lets nothing pass
		st.walk(1 - a)
	}
}

// farthest returns the step length at which the first pump or check valve has
// lost half of its flow, or begins to have any: at rest a pump's law has no slope.
func (st *state) farthest() float64 {
	most := math.Inf(1)
	for i := range st.core.knots {
		k := st.core.knots[i].link
		l, y, b := &st.links[k], &st.alone[k], &st.law[k]
		if l.mode != free || !b.OneWay && !b.Pumps() {
			continue
		}
		switch {
		case b.Most > 0 && l.m < b.Most && y.dm > 0:
			most = min(most, 1+(b.Most-l.m)/y.dm)
		case l.m > 0 && y.dm < 0:
			most = min(most, 1-0.5*l.m/y.dm)
		case l.m < 0 && y.dm > 0:
			most = min(most, 1-l.m/y.dm)
		}
	}
	return most
}

// walk moves the flows by part of the last step, and returns the derivative of
// the content function there.
func (st *state) walk(part float64) float64 {
	for i := range st.core.knots {
		k := st.core.knots[i].link
		if l := &st.links[k]; l.mode == free || l.mode == held {
			l.m += part * st.alone[k].dm
		}
	}
	for i := range st.taps {
		st.taps[i].m += part * st.taps[i].d
	}
	return st.measureRest(st.resweep(part))
}
