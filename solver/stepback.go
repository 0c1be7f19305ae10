package solver

import "math"

// patience is the number of exchanges after which a Newton step must not make
// the residual larger.
const patience = 4

// point is where a Newton step began.
type point struct {
	q    []float64 // by chain, kg/s
	m    []float64 // by knot, kg/s
	p    []float64 // by node of the core, Pa
	miss float64   // energy residual, Pa
	at   int32     // link of the largest
	own  float64   // its own, Pa
}

// keep notes where the calculation stands.
func (p *point) keep(st *state) {
	n := &st.core
	p.q, p.m, p.p = resize(p.q, len(n.flows)), resize(p.m, len(n.knots)), resize(p.p, len(n.spots))
	for i := range n.flows {
		p.q[i] = n.flows[i].q
	}
	for i := range n.knots {
		p.m[i] = st.links[n.knots[i].link].m
	}
	for i := range n.spots {
		p.p[i] = n.spots[i].p
	}
	p.miss, p.at = st.report.EnergyResidual, st.worstE
	p.own = st.missOf(p.at)
}

// missOf returns the energy residual of link k, or of the chain that it is in;
// 0 where k is none.
func (st *state) missOf(k int32) float64 {
	if k < 0 {
		return 0
	}
	if i := st.core.chainOf[k]; i >= 0 {
		return st.core.flows[i].e
	}
	return st.alone[k].e
}

// stepBack shortens a step after which, at the temperatures that its flows
// bring, the residual is larger than before it: slow water whose buoyancy turns
// it round. That costs temperatures, but no linear solve, and every part of a
// step keeps the nodes balanced. Where no part is better, the whole step leads
// away from a circulation that is not stable.
func (st *state) stepBack() {
	const least = 1.0 / 16
	at := 1.0
	enough := max(st.before.miss, st.s.opts.EnergyTolerance)
	for at > least && st.report.EnergyResidual > enough {
		st.moveBack(at, at/2)
		at /= 2
	}
	if st.report.EnergyResidual <= enough {
		return
	}
	st.moveBack(at, 1)
	if st.early() && len(st.regs.list) == 0 {
		st.stopAtCorner()
	}
}

// stopAtCorner ends a step where the residual that was the largest crosses
// zero: the water of a branch turns there, and with it the temperature behind a
// mixing point from one source's to another's, within a small part of the step.
func (st *state) stopAtCorner() {
	p := &st.before
	lo, hi, at := 0.0, 1.0, 1.0
	flo, fhi := p.own, st.missOf(p.at)
	if !(flo*fhi < 0) {
		return
	}
	for range 10 {
		next := lo + (hi-lo)*flo/(flo-fhi)
		next = min(max(next, lo+0.1*(hi-lo)), hi-0.1*(hi-lo))
		st.moveBack(at, next)
		at = next
		f := st.missOf(p.at)
		if math.Abs(f) < 0.3*math.Abs(p.own) {
			return
		}
		if f*flo > 0 {
			lo, flo = at, f
		} else {
			hi, fhi = at, f
		}
	}
}

// moveBack goes from one part of the step to another.
func (st *state) moveBack(from, to float64) {
	n, p := &st.core, &st.before
	f := to / from
	for i, q := range p.q {
		n.flows[i].q = q + f*(n.flows[i].q-q)
	}
	for i, m := range p.m {
		if l := &st.links[n.knots[i].link]; l.mode == free || l.mode == held {
			l.m = m + f*(l.m-m)
		}
	}
	for i, was := range p.p {
		n.spots[i].p = was + f*(n.spots[i].p-was)
	}
	n.weigh = true
	st.expand()
	st.heat()
	st.temper()
}
