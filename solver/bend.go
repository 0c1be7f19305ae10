package solver

import (
	"math"

	"evenflow/models"
)

// Chains are bent whose slope follows temperatures by more than mostBent of its
// own, where the step was more than leastBent of their flow and the residual
// before it more than worthBending, Pa.
const (
	mostBent     = 0.2
	leastBent    = 0.05
	worthBending = 10
)

// mostBending is the number of the exchange from which on none is bent: each is on its
// own line, and two that are bent at once can go to and fro for ever.
const mostBending = 6

// leastCarried is a flow, kg/s, of which no more than its limit counts: water that
// takes the temperature of what surrounds it.
const leastCarried = 1e-9

// bend corrects the step of chains in which water is so slow that its
// temperature, and with it its weight, changes faster than a straight line can
// tell. What the rest of the network does to the pressures at the ends of such a
// chain is known from the step: they move along
//
//	p_a - p_b = dp - R (q - q'),  R = -(dp - dp before)/(q' - q before),
//
// where q' and dp are those after the step. On that line the chain takes the
// flow at which its own law, with the temperatures that this flow brings, is
// met. What then is missing at the nodes is in the next step. It reports
// whether anything moved.
func (st *state) bend() (any bool) {
	n := &st.core
	for i, d := range st.thermal.slopes {
		x, y := &n.flows[i], &n.edges[i]
		dq := n.dq[i]
		if math.Abs(d)*y.W < mostBent || math.Abs(dq) < leastBent*math.Abs(x.q) || math.Abs(st.thermal.missed[i]) < worthBending || !st.bendable(i) {
			continue
		}
		a, b := &n.spots[y.A], &n.spots[y.B]
		r := -(a.dp - b.dp) / dq
		if !(r >= 0) || math.IsInf(r, 0) {
			continue
		}
		dp, q := a.p-b.p, x.q
		x.q = zero(q, math.Abs(dq)/4, func(at float64) float64 {
			return st.ownDrop(i, at) - dp + r*(at-q)
		})
		any = any || x.q != q
	}
	n.weigh, n.swept = n.weigh || any, n.swept && !any
	return any
}

// bendable reports whether a chain is one of pipes and open valves through
// which one flow passes.
func (st *state) bendable(i int) bool {
	n := &st.core
	at := &n.chains[i]
	for j := at.First; j < at.Last; j++ {
		b := &n.bases[j]
		if b.kind == anyLaw || b.kind == stillLaw || st.p.links[n.steps[j].Link].kind == models.KindStation {
			return false
		}
	}
	return !n.drawsWithin(i)
}

// ownDrop returns the drop of a chain less its lift at flow q, Pa, with the
// temperatures that its water then has.
func (st *state) ownDrop(i int, q float64) (drop float64) {
	n := &st.core
	at, y := &n.chains[i], &n.edges[i]
	a := math.Abs(q)
	v := n.node[y.A]
	if q < 0 {
		v = n.node[y.B]
	}
	t := st.temp[v]
	var u tempered
	for j := range at.Last - at.First {
		k := at.First + j
		if q < 0 {
			k = at.Last - 1 - j
		}
		s, b := &n.steps[k], &n.bases[k]
		w := st.water[s.Link]
		out := outflow{t: t, mean: t}
		if p := st.p.links[s.Link]; p.kind == models.KindPipe {
			pass := st.passage(int(s.Link), s.Node)
			if pass.kind == isPipe {
				st.through(&pass, math.Max(carried(a), leastCarried), t, w.t2, &out)
			}
		}
		was := w
		st.water[s.Link] = linkWater{t1: t, t2: out.t, mean: out.mean}
		st.temperBranch(&u, b, s.Link)
		st.water[s.Link] = was
		lift := u.lift
		if s.Back {
			lift = -lift
		}
		h := u.k * a * a
		if u.size > 0 {
			f, _ := st.p.frictionOf(&u.term, a*u.ws)
			h += u.r * f
		}
		drop += math.Copysign(h, q) + u.lin*q - lift
		t = out.t
	}
	return drop
}

// zero returns where a continuous f that ends above zero, and begins below it,
// crosses it next to x, going first by step.
func zero(x, step float64, f func(float64) float64) float64 {
	fx := f(x)
	if fx > 0 {
		step = -step
	}
	lo, flo := x, fx
	hi, fhi := x, fx
	for range 60 {
		lo, flo = hi, fhi
		hi += step
		step *= 1.6
		if fhi = f(hi); fhi*flo <= 0 {
			break
		}
	}
	if fhi*flo > 0 {
		return x
	}
	for i := range 40 {
		at := lo + (hi-lo)*flo/(flo-fhi)
		if i%3 == 2 || !(at > math.Min(lo, hi) && at < math.Max(lo, hi)) {
			at = (lo + hi) / 2
		}
		fa := f(at)
		if math.Abs(fa) < 1e-3 || math.Abs(hi-lo) < 1e-9*math.Abs(at) {
			return at
		}
		if fa*flo > 0 {
			lo, flo = at, fa
		} else {
			hi, fhi = at, fa
		}
	}
	return (lo + hi) / 2
}
