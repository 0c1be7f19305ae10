package solver

import (
	"math"

	"evenflow/models"
)

// base is the law of a branch in a chain without its water: with density rho
// and viscosity mu its term is
//
//	r mu^2/rho f(|m| ws/mu) + (fixed + k/rho) m|m| + lin m,
//
// and its lift rho height + air.
type base struct {
	term        // r, ws and k by the powers of rho and mu that they stand with
	fixed       float64
	lin         float64
	height, air float64 // m2/s2 and Pa
	kind        baseKind
}

type baseKind uint8

const (
	anyLaw   baseKind = iota // by refreshLink
	pipeLaw                  // of water with the mean temperature
	otherLaw                 // of water with the temperatures at both ends
	stillLaw                 // does not follow: water that stands
)

// baseOf takes the water out of the term of branch k.
func (st *state) baseOf(k int32, t term) base {
	l, b := &st.links[k], &st.law[k]
	y := base{term: t, height: st.s.opts.Gravity * st.p.height[k], air: st.p.air[k], kind: otherLaw}
	if t.class < 0 {
		return base{}
	}
	if t.size == 0 {
		_, y.lin, _ = b.Quadratic()
	}
	rho, mu := st.condition(int(k))
	switch at := st.p.links[k]; at.kind {
	case models.KindPipe:
		x := &st.el.pipes[at.at]
		if x.hazen > 0 || t.size == 0 && !x.quadratic {
			return base{} // a power of the density, or laminar losses
		}
		if st.s.opts.Fluid == nil {
			y.kind = pipeLaw
		}
		if x.quadratic {
			y.fixed = y.k
		}
	case models.KindValve:
		y.fixed = st.el.valves[at.at].added
	case models.KindStation:
		y.fixed = st.el.stations[at.at].fixed
	}
	if st.standsStill(l) {
		y.air, y.kind = l.lift, stillLaw
		return y
	}
	y.r *= rho / (mu * mu)
	y.ws *= mu
	y.k = (y.k - y.fixed) * rho
	return y
}

// standsStill reports whether the link lies in a part that no source reaches.
func (st *state) standsStill(l *link) bool { return st.cut[l.from] && st.cut[l.to] && !st.s.net.Open }

// condition returns density (kg/m3) and viscosity (Pa s) of the water of link k.
func (st *state) condition(k int) (rho, mu float64) {
	t1, t2 := st.propertyTemperatures(k)
	f := &st.s.fluid
	rho = f.Density(t1)
	if t2 != t1 {
		rho = (rho + f.Density(t2)) / 2
	}
	return rho, f.Viscosity((t1 + t2) / 2)
}

// temper brings the temperatures just computed into the laws of the core, sums up
// the slopes that they add, and computes residuals and imbalances, as evaluate
// does. The laws by branch are left behind until catchUp.
func (st *state) temper() {
	n := &st.core
	st.lawful = false
	n.weigh = true
	if len(st.given) > 0 {
		st.gatherDraws()
	} else {
		for c, v := range n.node {
			n.draw[c] = n.need[v]
		}
	}
	n.terms = n.terms[:0]
	most, at := 0.0, -1
	for i := range n.laws {
		st.temperChain(i)
		if off := st.reweigh(i); worse(off, most) {
			most, at = off, i
		}
	}
	if st.report.EnergyResidual, st.worstE = most, -1; at >= 0 {
		st.worstE = n.firstLink(at)
	}
	for i := range n.knots {
		if k := int(n.knots[i].link); st.links[k].mode != off {
			st.refreshLink(k)
		}
	}
	n.stale, n.linear = false, false
	st.measureRest(0)
	st.weighCore()
}

// temperChain sums up the laws along a chain at the temperatures of its water.
func (st *state) temperChain(i int) {
	n := &st.core
	at, x := &n.chains[i], &n.laws[i]
	*x = chainLaw{first: int32(len(n.terms)), last: int32(len(n.terms))}
	c, slope, q := 0.0, 0.0, n.flows[i].q
	for j := int(at.First); j < int(at.Last); j++ {
		s, b, y := &n.steps[j], &n.bases[j], &n.parts[j]
		t, lin, lift := st.tempered(b, s.Link)
		if s.Back {
			lift = -lift
		}
		*y = part{r: t.r, k: t.k, lin: lin, lift: lift}
		x.lift += lift - lin*c
		x.lin += lin
		if j == int(at.First) {
			x.term = t
		} else {
			y.term = n.join(x, t, c)
		}
		w, m := &st.water[s.Link], s.Sign()*(q+c)
		byT := st.byTemperature(b, &t, w, m)
		if st.ripple.byT[s.Link] = byT; w.along != 0 && byT != 0 {
			slope += byT * w.along / m
		}
		if j+1 < int(at.Last) {
			c -= n.need[s.Node]
		}
	}
	n.draw[at.B] -= c
	n.kernels[i] = x.kernelOf()
	st.thermal.slopes[i] = slope
}

// tempered returns the term of a branch with its water, what is linear in the
// flow, and the lift.
func (st *state) tempered(b *base, k int32) (t term, lin, lift float64) {
	t = b.term
	w, f := &st.water[k], &st.s.fluid
	var rho, mu float64
	switch b.kind {
	case stillLaw:
		return t, b.lin, b.air
	case anyLaw:
		st.refreshLink(int(k))
		if t = st.termOf(k); t.size == 0 && t.class == 0 {
			_, lin, _ = st.law[k].Quadratic()
		}
		return t, lin, st.links[k].lift
	case pipeLaw:
		rho, mu = f.Density(w.mean), f.Viscosity(w.mean)
	default:
		rho = f.Density(w.t1)
		if w.t2 != w.t1 {
			rho = (rho + f.Density(w.t2)) / 2
		}
		mu = 1
		if t.size > 0 {
			mu = f.Viscosity((w.t1 + w.t2) / 2)
		}
	}
	per := 1 / rho
	t.k = b.fixed + b.k*per
	if t.size > 0 {
		t.r *= mu * mu * per
		t.ws /= mu
	}
	return t, b.lin, rho*b.height + b.air
}

// byTemperature returns by how much the energy residual of a branch grows with
// the temperature of its water, Pa/K: by the gravity head, by
// the density in every loss, by the viscosity in friction. With the law's drop
// at flow m and its slope g, lambda ~ Re^n has n = g m/drop - 2:
//
//	de/dT = -g_0 h rho' - drop rho'/rho - (g m - 2 drop) mu'/mu
func (st *state) byTemperature(b *base, t *term, w *linkWater, m float64) float64 {
	a := math.Abs(m)
	if a <= stillFlow {
		return 0
	}
	f := &st.s.fluid
	expands := f.Expansion(w.mean)
	byT := -b.height * expands
	drop := (t.k - b.fixed) * a * a
	if t.size > 0 {
		u := a * t.ws
		h, g := st.p.tables[t.class].Value(u)
		drop += t.r * h
		byT -= math.Copysign(1, m) * t.r * (g*u - 2*h) * f.Thinning(w.mean)
	}
	byT -= math.Copysign(drop, m) * expands / f.Density(w.mean)
	return byT
}

// settleLaws brings the present temperatures into the laws of the branches that
// stand outside the core, and flows and pressures out to all branches and
// junctions.
func (st *state) settleLaws() {
	if st.lawful {
		return
	}
	for _, k := range st.given {
		st.refreshLink(int(k))
	}
	for i := range st.core.twigs {
		st.refreshLink(int(st.core.twigs[i].Link))
	}
	st.gatherTwigs()
	st.expand()
}

// catchUp brings the present temperatures into the laws of all branches.
func (st *state) catchUp() {
	if st.lawful {
		return
	}
	for k := range st.links {
		if st.links[k].mode != off {
			st.refreshLink(k)
		}
	}
	st.lawful = true
}
