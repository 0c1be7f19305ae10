package solver

import (
	"math"

	"evenflow/solver/internal/law"
	"evenflow/solver/internal/sparse"
)

// A chain is a run of branches between two nodes of the core through which one
// unknown flow q passes: what is drawn between its branches is known. Its drop
// is the sum of its terms,
//
//	drop(q) = sum of r f(|q+c| ws) sign(q+c) + k (q+c)|q+c|  + lin q - lift,
//
// one term for all branches with one law in common. Its edge in the matrix has
// its conductance W and F = W e - q; what only the pass over the laws reads
// stands apart.
type flowing struct {
	q, e float64 // flow at the chain's beginning, kg/s, and energy residual, Pa
}

// chainLaw is the law of a chain, its first term in place.
type chainLaw struct {
	term
	lin, lift   float64 // Pa/(kg/s), Pa
	first, last int32   // further terms
}

// term is the part of a chain whose branches have one law in common.
type term struct {
	r, ws, k    float64
	table       int32 // first segment of the table; of one law asked by the formula: its link
	size, class int16 // number of segments, 0: quadratic only; which table, -1: by the formula
}

// further is a term beyond the first, behind what is drawn on the way.
type further struct {
	term
	c float64 // what flows more here than at the beginning, kg/s
}

// part is the part that one branch has in the drop of its chain: that of its
// term, and its own lift.
type part struct {
	r, k, lin, lift float64
	t               float64 // K, of the water that it is of, while its chain is quiet
	term            int32   // which of the chain's terms its law is in
	kind            baseKind
}

// twig is the law of a peeled link, and the flow from its root to its leaf, kg/s.
type twig struct {
	term
	lin, lift, m float64
}

// spot is a node of the core: its pressure and the step that led there, Pa.
type spot struct{ p, dp float64 }

// line is a linear law: Pa/(kg/s), 0 where it is not computed yet, the drop at
// rest by what is drawn on the way, Pa, and the flow up to which it is
// plausible, kg/s.
type line struct{ slope, drop, flow float64 }

// numbers are what one calculation knows of its core.
type numbers struct {
	*core
	edges   []sparse.Edge
	flows   []flowing
	laws    []chainLaw
	kernels []kernel
	late    []int32 // chains whose law sweep has to look up
	terms   []further
	dq      []float64 // by chain: step of the flow
	lines   []line    // by chain: what a cold start takes for its law
	parts   []part    // by step of the chains
	bases   []base    // the same
	quiet   []quiet   // by chain
	hangs   []twig    // by twig
	need    []float64 // by junction node: what flows out to draws, given flows and twigs, kg/s
	draw    []float64 // by core node, the chains' inner draws included
	spots   []spot
	out     []float64 // by core node: outflow - inflow + draw, kg/s
	cells   []sparse.Cell
	l       []float64
	x       []float64 // by core node: the step, where regulators change it
	stale   bool      // laws, draws or flows of the branches have changed
	weigh   bool      // out is not of the present flows
	swept   bool      // edges and residuals of the chains are of the present flows and pressures

	middle int  // the chains of the first half end here
	linear bool // the laws are lines: a cold start
}

// takeCore lays out the numbers for a core.
func (st *state) takeCore(c *core) {
	n := &st.core
	n.core = c
	n.flows, n.laws, n.kernels = resize(n.flows, len(c.chains)), resize(n.laws, len(c.chains)), resize(n.kernels, len(c.chains))
	n.dq, n.lines, n.late = resize(n.dq, len(c.chains)), resize(n.lines, len(c.chains)), resize(n.late, len(c.chains))
	n.edges = append(n.edges[:0], c.edges...)
	n.parts, n.bases, n.hangs = resize(n.parts, len(c.steps)), resize(n.bases, len(c.steps)), resize(n.hangs, len(c.twigs))
	clear(n.dq)
	n.quiet = resize(n.quiet, len(c.chains))
	clear(n.quiet)
	st.thermal.slopes, st.thermal.missed = resize(st.thermal.slopes, len(c.chains)), resize(st.thermal.missed, len(c.chains))
	clear(st.thermal.slopes)
	st.initRipple()
	all := len(c.node)
	n.need = resize(n.need, len(st.p.node))
	n.draw, n.spots, n.out, n.cells, n.x = resize(n.draw, all), resize(n.spots, all), resize(n.out, all), resize(n.cells, c.pattern.Cells(all)), resize(n.x, all)
	n.l = resize(n.l, c.pattern.Slots())
	n.stale, n.swept = true, false
	st.divide()
	st.given = st.given[:0]
	for k := range st.links {
		if st.links[k].mode == given {
			st.given = append(st.given, int32(k))
		}
	}
}

// resize returns a slice of n elements, s where that has room.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// gather brings laws, draws, flows and pressures of branches and junctions
// into the core.
func (st *state) gather() {
	n := &st.core
	n.stale, n.weigh, n.swept = false, true, false
	st.gatherDraws()
	n.terms = n.terms[:0]
	for i := range n.flows {
		st.gatherChain(i)
	}
	st.gatherTwigs()
	for c, v := range n.node {
		n.spots[c] = spot{p: st.pressure[v]}
	}
}

// gatherDraws sums up what is drawn, from the leaves on.
func (st *state) gatherDraws() {
	n := &st.core
	copy(n.need, st.draw)
	for _, k := range st.given {
		if l := &st.links[k]; l.mode == given {
			n.need[l.from] += l.m
			n.need[l.to] -= l.m
		}
	}
	for i, t := range n.twigs {
		m := n.need[t.Leaf]
		n.need[t.Root] += m
		n.hangs[i].m = m
		if l := &st.links[t.Link]; l.from == t.Root {
			l.m = m
		} else {
			l.m = -m
		}
	}
	for c, v := range n.node {
		n.draw[c] = n.need[v]
	}
}

// gatherTwigs notes the laws of the peeled links.
func (st *state) gatherTwigs() {
	for i := range st.core.twigs {
		st.gatherTwig(i)
	}
}

func (st *state) gatherTwig(i int) {
	t, x := &st.core.twigs[i], &st.core.hangs[i]
	l := &st.links[t.Link]
	x.term, x.lin, x.lift = st.termOf(t.Link), 0, l.lift
	if l.to == t.Root {
		x.lift = -l.lift
	}
	if x.size == 0 && x.class == 0 {
		_, x.lin, _ = st.law[t.Link].Quadratic()
	}
}

// gatherChain sums up the laws along a chain.
func (st *state) gatherChain(i int) {
	n := &st.core
	at := &n.chains[i]
	steps := n.steps[at.First:at.Last]
	x := &n.laws[i]
	n.lines[i].slope, n.quiet[i].q = 0, 0
	*x = chainLaw{first: int32(len(n.terms)), last: int32(len(n.terms))}
	c := 0.0
	for j := range steps {
		s := &steps[j]
		l := &st.links[s.Link]
		lift := l.lift
		if s.Back {
			lift = -lift
		}
		x.lift += lift
		t := st.termOf(s.Link)
		y := part{r: t.r, k: t.k, lift: lift}
		n.bases[int(at.First)+j] = st.baseOf(s.Link, t)
		if b := &st.law[s.Link]; t.size == 0 && t.class == 0 {
			_, y.lin, _ = b.Quadratic()
			x.lin += y.lin
			x.lift -= y.lin * c
		}
		if j == 0 {
			x.term = t
			if n.flows[i].q = l.m; s.Back {
				n.flows[i].q = -l.m
			}
		} else {
			y.term = n.join(x, &t, c)
		}
		n.parts[int(at.First)+j] = y
		if j+1 < len(steps) {
			c -= n.need[s.Node]
		}
	}
	n.draw[at.B] -= c
	x.writeKernel(&n.kernels[i])
}

// termOf returns the law of a branch as a term.
func (st *state) termOf(k int32) term {
	b := &st.law[k]
	var t term
	if b.Table != nil {
		t.r, t.ws = b.Tabled()
		t.k, t.table, t.size, t.class = b.K, b.Table.At, int16(len(b.Table.Segments)), b.Table.Class
	} else if k2, _, ok := b.Quadratic(); ok {
		t.k = k2
	} else {
		t.table, t.class = k, -1
	}
	return t
}

// join adds a term to a chain, to one through which the same flow passes where
// both are of one form, and returns which of the chain's it is now in.
func (n *numbers) join(x *chainLaw, t *term, c float64) int32 {
	if c == 0 && x.term.merge(t) {
		return 0
	}
	for j := x.first; j < x.last; j++ {
		if y := &n.terms[j]; y.c == c && y.term.merge(t) {
			return j - x.first + 1
		}
	}
	n.terms = append(n.terms, further{c: c})
	n.terms[x.last].take(t)
	x.last++
	return x.last - x.first
}

// take copies u number by number: a copy of all of it at once waits until numbers
// just written have reached the memory.
func (t *term) take(u *term) {
	t.r, t.ws, t.k, t.table, t.size, t.class = u.r, u.ws, u.k, u.table, u.size, u.class
}

// merge adds a term, where that is possible.
func (t *term) merge(u *term) bool {
	switch {
	case t.class < 0 || u.class < 0:
		return false
	case u.size == 0 || t.size > 0 && t.class == u.class && t.ws == u.ws:
		t.r += u.r
	case t.size == 0:
		t.r, t.ws, t.table, t.size, t.class = u.r, u.ws, u.table, u.size, u.class
	default:
		return false
	}
	t.k += u.k
	return true
}

// kernel is the law of a chain in the form that sweep reads, a cache line long.
// Chains that it cannot hold have no segments.
type kernel struct {
	r, ws, rws, k, lin, lift float64
	steep                    float64 // squared
	table, size              int32
}

// writeKernel brings a chain's law into the form that sweep reads.
func (b *chainLaw) writeKernel(x *kernel) {
	x.size = 0
	if b.first == b.last && b.class >= 0 && (b.k == 0 || b.ws*law.SmallFlow <= 1) {
		s := b.steepness()
		x.r, x.ws, x.rws, x.k, x.lin, x.lift = b.r, b.ws, b.r*b.ws, b.k, b.lin, b.lift
		x.steep, x.table, x.size = s*s, b.table, int32(b.size)
	}
}

// steepness is what the drop of a term grows by with the square of the flow,
// about.
func (t *term) steepness() float64 { return t.k + 0.03*t.r*t.ws*t.ws }

// sweep takes the step of the flows of all chains and computes drops and slopes
// at the new flows: one pass through memory. spots hold the new pressures and
// their steps. before and after are the derivatives of the content function at
// the beginning of the step and at its end.
//
// With sigma the sign of the flow and d the distance of sigma u from the
// beginning of its segment, signed as the flow, the drop of the friction and its
// slope are
//
//	r (sigma (A + d^2 C) + d (B + d^2 D)),  r ws (B + 3 d^2 D + 2 sigma d C).
func (st *state) sweep() (before, after float64) {
	st.inHalves(&st.halves.sweep)
	x, y := &st.halves.swept[0], &st.halves.swept[1]
	if worse(y.worst, x.worst) && y.at >= 0 {
		x.worst, x.at = y.worst, y.at
	}
	st.core.swept = true
	if st.report.EnergyResidual, st.worstE = x.worst, -1; x.at >= 0 {
		st.worstE = st.core.firstLink(x.at)
	}
	return x.before + y.before, x.after + y.after
}

// swept is what the pass over some chains has found: the parts of the derivatives
// of the content function, and the worst residual, Pa, and its chain, -1: none.
type swept struct {
	before, after, worst float64
	at                   int
}

// sweepPart is sweep for the chains from lo to hi.
func (st *state) sweepPart(lo, hi int) swept {
	n := &st.core
	worst, at, later := 0.0, -1, 0
	before, after := 0.0, 0.0
	edges, spots, segments := n.edges[lo:hi], n.spots, st.p.segments
	flows, kernels, dqs, late := n.flows[lo:hi][:len(edges)], n.kernels[lo:hi][:len(edges)], n.dq[lo:hi][:len(edges)], n.late[lo:hi][:len(edges)]
	for i := range edges {
		x, y, b := &edges[i], &flows[i], &kernels[i]
		from, to := &spots[x.A], &spots[x.B]
		dq := x.W * (from.dp - to.dp - y.e)
		before += y.e * dq
		dqs[i] = dq
		m := y.q + dq
		y.q = m
		u := m * b.ws
		s, v, sign := law.SignedSegmentOf(u)
		if s >= uint64(b.size) {
			late[later] = int32(i)
			later++
			continue
		}
		z := &segments[uint64(b.table)+s]
		d := u - v
		dd, km := d*d, b.k*m*sign
		e := b.r*(sign*(z.A+dd*z.C)+d*(z.B+dd*z.D)) + (km+b.lin)*m - b.lift - (from.p - to.p)
		g := b.rws*(z.B+3*dd*z.D+2*sign*d*z.C) + 2*km + b.lin
		y.e = e
		after += e * dq
		// A slope that could not absorb the residual in one step (flow
		// near zero against a wide-open difference) is raised to that of
		// the quadratic law at the flow that would.
		ee, gg := e*e, g*g
		if worse(ee, worst) {
			worst, at = ee, i
		}
		if b.steep*ee > gg*gg {
			g = math.Sqrt(math.Sqrt(b.steep * ee))
		}
		w := 1 / g
		x.W, x.F = w, w*e-m
	}
	worst = math.Sqrt(worst)
	for _, i := range late[:later] {
		off := st.reweigh(lo + int(i))
		after += flows[i].e * dqs[i]
		if worse(off, worst) {
			worst, at = off, int(i)
		}
	}
	if at >= 0 {
		at += lo
	}
	return swept{before, after, worst, at}
}

// reweigh computes drop and slope of a chain at its flow, whatever its law, and
// returns the size of its residual.
func (st *state) reweigh(i int) (off float64) {
	n := &st.core
	x, b, y := &n.flows[i], &n.laws[i], &n.edges[i]
	drop, g := st.termDrop(&b.term, x.q)
	steep := b.steepness()
	terms := n.terms[b.first:b.last]
	for j := range terms {
		t := &terms[j]
		u, v := st.termDrop(&t.term, x.q+t.c)
		drop += u
		g += v
		steep += t.steepness()
	}
	x.e = drop + b.lin*x.q - b.lift - (n.spots[y.A].p - n.spots[y.B].p)
	off = math.Abs(x.e)
	if g += b.lin; steep*off > g*g { // as in sweep
		g = math.Sqrt(steep * off)
	}
	y.W = 1 / g
	y.F = y.W*x.e - x.q
	return off
}

// resweep moves the flows by part of the last step and computes drops and
// slopes there, as sweep does. It returns the derivative of the content
// function along the step.
func (st *state) resweep(part float64) (after float64) {
	n := &st.core
	worst, at := 0.0, -1
	for i := range n.flows {
		x := &n.flows[i]
		x.q += part * n.dq[i]
		if off := st.reweigh(i); worse(off, worst) {
			worst, at = off, i
		}
		after += x.e * n.dq[i]
	}
	n.swept = true
	if st.report.EnergyResidual, st.worstE = worst, -1; at >= 0 {
		st.worstE = n.firstLink(at)
	}
	return after
}

// remeasure notes the worst residual of the chains, which are swept.
func (st *state) remeasure() {
	n := &st.core
	worst, at := 0.0, -1
	for i := range n.flows {
		if off := math.Abs(n.flows[i].e); worse(off, worst) {
			worst, at = off, i
		}
	}
	if st.report.EnergyResidual, st.worstE = worst, -1; at >= 0 {
		st.worstE = n.firstLink(at)
	}
}

// firstLink returns a link of a chain, to name it by.
func (n *numbers) firstLink(chain int) int32 { return n.steps[n.chains[chain].First].Link }

// termDrop returns drop and slope of a term at flow m.
func (st *state) termDrop(t *term, m float64) (drop, slope float64) {
	u := m * t.ws
	s, v, sign := law.SignedSegmentOf(u)
	if s >= uint64(t.size) || m*sign < law.SmallFlow {
		return st.termBeyond(t, m)
	}
	z := &st.p.segments[uint64(t.table)+s]
	d := u - v
	dd, km := d*d, t.k*m*sign
	return t.r*(sign*(z.A+dd*z.C)+d*(z.B+dd*z.D)) + km*m, t.r*t.ws*(z.B+3*dd*z.D+2*sign*d*z.C) + 2*km
}

// termBeyond is termDrop where there is no segment.
func (st *state) termBeyond(t *term, m float64) (drop, slope float64) {
	if t.class < 0 {
		return st.law[t.table].Drop(m)
	}
	drop, slope = law.Square(t.k, m)
	if t.size > 0 {
		u, v := st.p.tables[t.class].Value(math.Abs(m) * t.ws)
		drop += t.r * math.Copysign(u, m)
		slope += t.r * t.ws * v
	}
	return drop, slope
}
