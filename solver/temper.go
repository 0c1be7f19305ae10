package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
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
	st.beginTempering()
	n.terms = n.terms[:0]
	most, at := 0.0, -1
	for i := range n.laws {
		if off := st.temperChain(i); worse(off, most) {
			most, at = off, i
		}
	}
	st.endTempering(most, at)
}

// beginTempering sums up what is drawn.
func (st *state) beginTempering() {
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
}

// endTempering does for what is no chain what is done for the chains, of which the
// worst residual (Pa) is that of chain at.
func (st *state) endTempering(most float64, at int) {
	n := &st.core
	if st.report.EnergyResidual, st.worstE = most, -1; at >= 0 {
		st.worstE = n.firstLink(at)
	}
	for i := range n.knots {
		if k := int(n.knots[i].link); st.links[k].mode != off {
			st.refreshLink(k)
		}
	}
	n.stale, n.linear, n.swept = false, false, true
	st.measureRest(0)
	st.weighCore()
}

// temperChain sums up the laws along a chain at the temperatures of its water,
// and the slope that these add. It computes drop and conductance on the way, as
// reweigh does, and returns the size of the residual.
func (st *state) temperChain(i int) (off float64) {
	n := &st.core
	at, x, flow, edge := &n.chains[i], &n.laws[i], &n.flows[i], &n.edges[i]
	x.lin, x.lift, x.first, x.last = 0, 0, int32(len(n.terms)), int32(len(n.terms))
	c, q := 0.0, flow.q
	var drop, g, steep, slope, feels, weighs float64
	var z tempered
	calm := true
	for j := int(at.First); j < int(at.Last); j++ {
		s, b, y := &n.steps[j], &n.bases[j], &n.parts[j]
		w, m := &st.water[s.Link], s.Sign()*(q+c)
		st.temperBranch(&z, b, s.Link)
		lift := z.lift
		h, v, byT := st.follows(&z, b, m)
		if s.Back {
			lift, h = -lift, -h
		}
		calm = calm && c == 0 && z.isQuiet(b, m)
		feels += math.Abs(byT + b.height*z.expands)
		weighs += math.Abs(b.height)
		drop += h
		g += v
		steep += z.steepness()
		y.r, y.k, y.lin, y.lift, y.term = z.r, z.k, z.lin, lift, 0
		y.t, y.kind = w.mean, b.kind
		x.lift += lift - z.lin*c
		x.lin += z.lin
		if j == int(at.First) {
			x.take(&z.term)
		} else {
			y.term = n.join(x, &z.term, c)
		}
		if st.ripple.byT[s.Link] = byT; w.along != 0 && byT != 0 {
			slope += byT * w.along / m
		}
		if j+1 < int(at.Last) {
			c -= n.need[s.Node]
		}
	}
	n.draw[at.B] -= c
	x.writeKernel(&n.kernels[i])
	st.thermal.slopes[i] = slope
	flow.e = drop + x.lin*q - x.lift - (n.spots[edge.A].p - n.spots[edge.B].p)
	off = math.Abs(flow.e)
	if g += x.lin; steep*off > g*g { // as in sweep
		g = math.Sqrt(steep * off)
	}
	edge.W = 1 / g
	edge.F = edge.W*flow.e - q
	if n.quiet[i] = (quiet{q, feels, weighs, 0}); !calm {
		n.quiet[i].q = 0
	}
	return off
}

// tempered is the law of a branch with its water: its term, what is linear in the
// flow, Pa/(kg/s), and the lift, Pa; and of the water the density, kg/m3, its
// slope, kg/(m3 K), and the slope of the logarithm of the viscosity, 1/K.
type tempered struct {
	term
	lin, lift           float64
	rho, expands, thins float64
}

// temperBranch puts its water into the law of branch k.
func (st *state) temperBranch(z *tempered, b *base, k int32) {
	w, f := &st.water[k], &st.s.fluid
	if z.take(&b.term); b.kind == pipeLaw {
		var mu float64
		z.rho, z.expands, mu, z.thins = f.Friction(w.mean)
		per := 1 / z.rho
		z.k, z.lin, z.lift = b.fixed+b.k*per, b.lin, z.rho*b.height+b.air
		if z.size > 0 {
			z.r = b.r * mu * mu * per
			z.ws = b.ws / mu
		}
		return
	}
	z.rho, z.expands, z.thins = f.Density(w.mean), f.Expansion(w.mean), f.Thinning(w.mean)
	switch b.kind {
	case stillLaw:
		z.lin, z.lift = b.lin, b.air
	case anyLaw:
		st.refreshLink(int(k))
		z.term, z.lin, z.lift = st.termOf(k), 0, st.links[k].lift
		if z.size == 0 && z.class == 0 {
			_, z.lin, _ = st.law[k].Quadratic()
		}
	default:
		rho := f.Density(w.t1)
		if w.t2 != w.t1 {
			rho = (rho + f.Density(w.t2)) / 2
		}
		per := 1 / rho
		z.k, z.lin, z.lift = b.fixed+b.k*per, b.lin, rho*b.height+b.air
		if z.size > 0 {
			mu := f.Viscosity((w.t1 + w.t2) / 2)
			z.r *= mu * mu * per
			z.ws /= mu
		}
	}
}

// follows returns drop (Pa) and slope (Pa/(kg/s)) of a branch at flow m, but for
// what is linear, and by how much its energy residual grows with the temperature
// of its water, Pa/K: by the gravity head, by the density in every loss, by the
// viscosity in friction. With the law's drop at flow m and its slope g,
// lambda ~ Re^n has n = g m/drop - 2:
//
//	de/dT = -g_0 h rho' - drop rho'/rho - (g m - 2 drop) mu'/mu
func (st *state) follows(z *tempered, b *base, m float64) (drop, slope, byT float64) {
	a := math.Abs(m)
	if z.class < 0 {
		drop, slope = st.law[z.table].Drop(m)
	} else {
		loses := (z.k - b.fixed) * a * a
		drop, slope = law.Square(z.k, a)
		if z.size > 0 {
			u := a * z.ws
			h, v := st.p.frictionOf(&z.term, u)
			drop += z.r * h
			slope += z.r * z.ws * v
			loses += z.r * h
			byT = -z.r * (v*u - 2*h) * z.thins
		}
		byT -= loses * z.expands / z.rho
		if m < 0 {
			drop, byT = -drop, -byT
		}
	}
	if a <= stillFlow {
		return drop, slope, 0
	}
	return drop, slope, byT - b.height*z.expands
}

// frictionOf returns the function of a term's friction at u, and its slope.
func (p *plan) frictionOf(t *term, u float64) (f, slope float64) {
	s, d := law.SegmentOf(u)
	if s >= uint64(t.size) {
		return p.tables[t.class].Beyond(u)
	}
	x := &p.segments[uint64(t.table)+s]
	return x.A + d*(x.B+d*(x.C+d*x.D)), x.B + d*(2*x.C+3*d*x.D)
}

// settleLaws brings the present temperatures into the laws of the branches that
// stand outside the core, and flows and pressures out to all branches and
// junctions.
func (st *state) settleLaws() {
	if st.lawful {
		if st.s.opts.Temperatures == Coupled { // no exchange yet
			st.expand()
		}
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
