package solver

// patience is the number of exchanges after which a Newton step must not make
// the residual larger.
const patience = 3

// point is where a Newton step began.
type point struct {
	q    []float64 // by chain, kg/s
	m    []float64 // by knot, kg/s
	p    []float64 // by node of the core, Pa
	miss float64   // energy residual, Pa
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
	p.miss = st.report.EnergyResidual
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
	if st.report.EnergyResidual > enough {
		st.moveBack(at, 1)
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
	st.evaluate()
}
