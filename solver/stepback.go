package solver

// patience is the number of exchanges after which a Newton step must not make
// the residual larger.
const patience = 3

// point is where a Newton step began.
type point struct {
	m        []float64 // by link, kg/s
	pressure []float64 // by node, Pa
	miss     float64   // energy residual, Pa
}

// keep notes where the calculation stands.
func (p *point) keep(st *state) {
	p.m, p.pressure = resize(p.m, len(st.links)), resize(p.pressure, len(st.pressure))
	for k := range st.links {
		p.m[k] = st.links[k].m
	}
	copy(p.pressure, st.pressure)
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
	p := &st.before
	f := to / from
	for k := range st.links {
		if l := &st.links[k]; l.mode == free || l.mode == held {
			l.m = p.m[k] + f*(l.m-p.m[k])
		}
	}
	for v, was := range p.pressure {
		st.pressure[v] = was + f*(st.pressure[v]-was)
	}
	st.exchange()
}
