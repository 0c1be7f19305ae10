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
	e    []float64 // energy residuals by chain, then by knot, Pa
	miss float64   // the largest, Pa
	sum  float64   // of the squares of them, Pa2, where steps go downhill
	left bool      // a regulator has changed its stand since: no way leads back
}

// keep notes where the calculation stands.
func (p *point) keep(st *state) {
	n := &st.core
	p.q, p.m, p.p, p.e = resize(p.q, len(n.flows)), resize(p.m, len(n.knots)), resize(p.p, len(n.spots)), resize(p.e, len(n.flows)+len(n.knots))
	for i := range n.flows {
		p.q[i], p.e[i] = n.flows[i].q, n.flows[i].e
	}
	for i := range n.knots {
		k := n.knots[i].link
		p.m[i], p.e[len(n.flows)+i] = st.links[k].m, st.alone[k].e
	}
	for i := range n.spots {
		p.p[i] = n.spots[i].p
	}
	if st.downhill {
		p.sum = st.squares()
	}
	p.miss, p.left = st.report.EnergyResidual, false
}

// stepBack shortens a step after which, at the temperatures that its flows
// bring, the residual is larger than before it: slow water whose buoyancy turns
// it round, or water that begins to flow and fills a column with its heat. That
// costs temperatures, but no linear solve, and every part of a step keeps the
// nodes balanced. Where the residuals have come to work against the step, it
// ends where they no longer do; else, and near the solution, where the largest is
// no larger than before. Where no part is better, the whole step leads away from a
// circulation that is not stable.
func (st *state) stepBack() {
	const least = 1.0 / 16
	enough := max(st.before.miss, st.s.opts.EnergyTolerance)
	if st.before.left || st.report.EnergyResidual <= enough {
		return
	}
	level := st.stopLevel()
	at := level
	if level < 1 && st.before.miss > mayGrow {
		return
	}
	for at > least*level && st.report.EnergyResidual > enough {
		st.moveBack(at, at/2)
		at /= 2
	}
	if st.report.EnergyResidual > enough {
		st.moveBack(at, level)
	}
}

// descend shortens a step, foreseen as it is, until the squares of the residuals sum
// up to less than before it: the Newton step leads down there, if it is not too
// long. Where none of its parts does, the whole step is taken, unless the residuals
// are astray times as large after it: then the least part is.
func (st *state) descend() {
	const least, astray = 1.0 / 256, 100
	p, at, whole := &st.before, 1.0, 0.0
	for !p.left && !(st.squares() <= (1-1e-4*at)*p.sum) {
		if at == 1 {
			whole = st.squares()
		}
		if at <= least {
			if whole < astray*astray*p.sum {
				st.moveBack(at, 1)
			}
			return
		}
		st.moveBack(at, at/2)
		at /= 2
	}
}

// squares returns the sum of the squares of the energy residuals, Pa2.
func (st *state) squares() (sum float64) {
	n := &st.core
	for i := range n.flows {
		sum += n.flows[i].e * n.flows[i].e
	}
	for i := range n.knots {
		if k := n.knots[i].link; st.links[k].mode == free {
			sum += st.alone[k].e * st.alone[k].e
		}
	}
	return sum
}

// mayGrow is the energy residual, Pa, above which the largest may be larger after
// a step than before it, if only they do not work against it.
const mayGrow = 100

// stopLevel ends a step where the residuals, that drove the flows along it at
// its beginning and drive them back at its end, do neither: with temperatures
// that stay as they are the content function would be least there. It returns
// that part of the step, 1 where there is none. With it a branch is stopped within the small
// part of a step in which its water turns from cold to hot.
func (st *state) stopLevel() (at float64) {
	lo, hi, at := 0.0, 1.0, 1.0
	flo, fhi := st.work(1)
	most := -workLeft * flo
	if !(flo < 0 && fhi > most) {
		return 1
	}
	for range 12 {
		next := lo + (hi-lo)*flo/(flo-fhi)
		next = min(max(next, lo+0.03*(hi-lo)), hi-0.03*(hi-lo))
		st.moveBack(at, next)
		at = next
		switch _, f := st.work(at); {
		case math.Abs(f) < most:
			return at
		case f < 0:
			lo, flo = at, f
			fhi /= 2
		default:
			hi, fhi = at, f
			flo /= 2
		}
	}
	return at
}

// workLeft is which share of the work that the residuals do at the beginning of a
// step may be left at its end.
const workLeft = 0.3

// work returns what the residuals do along the whole step of which a part, at,
// is taken, Pa kg/s: those before it, and the present ones.
func (st *state) work(at float64) (before, now float64) {
	n, p := &st.core, &st.before
	for i, q := range p.q {
		d := n.flows[i].q - q
		before += p.e[i] * d
		now += n.flows[i].e * d
	}
	for i, m := range p.m {
		k := n.knots[i].link
		if st.links[k].mode != free {
			continue
		}
		before += p.e[len(p.q)+i] * (st.links[k].m - m)
		now += st.alone[k].e * (st.links[k].m - m)
	}
	return before / at, now / at
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
	n.weigh, n.swept = true, false
	st.expand()
	if st.heat(); st.thermal.hasPair && st.thermal.lag > temperatureTolerance {
		st.heat() // what lags behind is no change by the step
	}
	st.temper()
}
