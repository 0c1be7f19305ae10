package solver

import (
	"math"

	"evenflow/solver/internal/law"
)

// chain is a run of branches between two nodes of the core through which one
// unknown flow passes: what is drawn between its branches is known. Its drop is
// the sum of its terms,
//
//	drop(q) = sum of r f(|q+c| ws) sign(q+c) + k (q+c)|q+c|  + lin q - lift.
type chain struct {
	q, dq       float64 // flow at its beginning, kg/s, and its last step
	w, e        float64 // conductance (kg/s)/Pa and energy residual Pa
	lin, lift   float64 // Pa/(kg/s), Pa
	steep       float64 // quadratic coefficient that gives a slope near rest
	power       float64 // coefficient of what goes with a power below 2
	a, b, slot  int32
	first, last int32 // terms
}

// term is the part of a chain whose branches have one law in common.
type term struct {
	r, ws, k, c float64 // c: what flows more here than at the beginning, kg/s
	damp        float64 // slope of buoyancy
	table, size int32   // first segment of the table, and number; 0: quadratic only
	class       int32   // which table it is; -1-branch: the branch's law is asked
}

// numbers are what one calculation knows of its core.
type numbers struct {
	*core
	chains []chain
	terms  []term
	need   []float64 // by junction node: what flows out to draws, given flows and twigs, kg/s
	draw   []float64 // by core node, the chains' inner draws included
	p      []float64 // pressures, by core node
	out    []float64 // by core node: outflow - inflow + draw, kg/s
	d, x   []float64 // diagonal; right-hand side and step
	l      []float64
	stale  bool // laws, draws or flows of the branches have changed
	weigh  bool // out is not of the present flows
}

// takeCore lays out the numbers for a core.
func (st *state) takeCore(c *core) {
	n := &st.core
	n.core = c
	n.chains = resize(n.chains, len(c.chains))
	for i := range n.chains {
		x := &c.chains[i]
		n.chains[i] = chain{a: x.A, b: x.B, slot: c.slot[i]}
	}
	all := len(c.node)
	n.need = resize(n.need, len(st.p.node))
	n.draw, n.p, n.out, n.d, n.x = resize(n.draw, all), resize(n.p, all), resize(n.out, all), resize(n.d, all), resize(n.x, all)
	n.l = resize(n.l, c.pattern.Fill()+1)
	n.stale = true
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
	n.stale, n.weigh = false, true
	st.gatherDraws()
	n.terms = n.terms[:0]
	for i := range n.chains {
		st.gatherChain(i)
	}
	for c, v := range n.node {
		n.p[c] = st.pressure[v]
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
	for _, t := range n.twigs {
		m := n.need[t.Leaf]
		n.need[t.Root] += m
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

// gatherChain sums up the laws along a chain.
func (st *state) gatherChain(i int) {
	n := &st.core
	x, at := &n.chains[i], &n.core.chains[i]
	steps := n.steps[at.First:at.Last]
	x.first = int32(len(n.terms))
	x.lin, x.lift, x.steep, x.power = 0, 0, 0, 0
	c := 0.0
	for j := range steps {
		s := &steps[j]
		l := &st.links[s.Link]
		if s.Back {
			x.lift -= l.lift
		} else {
			x.lift += l.lift
		}
		if j == 0 {
			x.q = l.m
			if s.Back {
				x.q = -l.m
			}
		}
		st.gatherTerm(x, s.Link, c)
		if j+1 < len(steps) {
			c -= n.need[s.Node]
		}
	}
	n.draw[x.b] -= c
	x.last = int32(len(n.terms))
}

// gatherTerm adds the law of a branch to its chain: to the last term where
// both are of one form.
func (st *state) gatherTerm(x *chain, k int32, c float64) {
	n := &st.core
	b := &st.law[k]
	t := term{c: c, damp: st.thermal.damping[k]}
	st.steepen(x, b)
	if b.Table != nil {
		t.r, t.ws = b.Tabled()
		t.k, t.table, t.size, t.class = b.K, b.Table.At, int32(len(b.Table.Segments)), b.Table.Class
	} else if k2, lin, ok := b.Quadratic(); ok {
		t.k = k2
		x.lin += lin
		x.lift -= lin * c
	} else {
		t.class = -1 - k
	}
	if t.class >= 0 && len(n.terms) > int(x.first) {
		y := &n.terms[len(n.terms)-1]
		switch {
		case y.c != c || y.class < 0:
		case t.size == 0 || (y.size > 0 && t.class == y.class && t.ws == y.ws):
			y.r += t.r
			y.k += t.k
			y.damp += t.damp
			return
		case y.size == 0:
			t.k += y.k
			t.damp += y.damp
			*y = t
			return
		}
	}
	n.terms = append(n.terms, t)
}

// steepen notes what gives the chain a slope where its flow is near zero.
func (st *state) steepen(x *chain, b *law.Branch) {
	switch x.steep += b.K; b.Kind {
	case law.Power:
		x.power += b.C
	case law.Pipe:
		x.steep += 0.03 * b.C
	}
}

// sweep moves the flows of the chains by part of their step and computes drops
// and slopes at the new flows: one pass through memory. Where the step is new,
// solve has left the corrections of the pressures in x. before and after are
// the derivatives of the content function at the beginning of the whole step
// and where the flows are now.
func (st *state) sweep(fresh bool, part float64) (before, after float64) {
	n := &st.core
	worst, at := 0.0, int32(-1)
	terms, segments, p, step := n.terms, st.p.segments, n.p, n.x
	for i := range n.chains {
		x := &n.chains[i]
		if fresh {
			x.dq = x.w * (step[x.a] - step[x.b] - x.e)
			before += x.e * x.dq
		}
		x.q += part * x.dq
		drop, g := x.lin*x.q-x.lift, x.lin
		for j := x.first; j < x.last; j++ {
			t := &terms[j]
			m := x.q + t.c
			a := math.Abs(m)
			h, slope := 0.0, 0.0
			if t.size > 0 {
				s, d := law.SegmentOf(a * t.ws)
				if s < uint64(t.size) {
					y := &segments[uint64(t.table)+s]
					h = t.r * (y.A + d*(y.B+d*(y.C+d*y.D)))
					slope = y.B + d*(2*y.C+3*d*y.D)
				} else {
					h, slope = st.p.tables[t.class].Beyond(a * t.ws)
					h *= t.r
				}
				slope *= t.r * t.ws
			} else if t.class < 0 {
				u, v := st.law[-1-t.class].Drop(m)
				drop += u
				g += math.Max(v+t.damp, 0.5*v)
				continue
			}
			if a >= law.SmallFlow {
				h += t.k * a * a
				slope += 2 * t.k * a
			} else {
				u, v := law.Square(t.k, a)
				h += u
				slope += v
			}
			g += math.Max(slope+t.damp, 0.5*slope)
			drop += math.Copysign(h, m)
		}
		x.e = drop - (p[x.a] - p[x.b])
		after += x.e * x.dq
		a := math.Abs(x.e)
		if !(a <= worst) { // what is no number is the worst
			worst, at = a, int32(i)
		}
		// A slope that could not absorb the residual in one step (flow
		// near zero against a wide-open difference) is raised to that of
		// the quadratic law at the flow that would.
		if x.steep*a > g*g {
			g = math.Sqrt(x.steep * a)
		}
		if x.power > 0 && a > math.Abs(drop) {
			steep := law.Branch{Kind: law.Power, C: x.power, N: hazenExponent}
			g = math.Max(g, steep.Steep(a))
		}
		x.w = 1 / g
	}
	st.report.EnergyResidual, st.worstE = worst, -1
	if at >= 0 {
		st.worstE = n.steps[n.core.chains[at].First].Link
	}
	return before, after
}

// spreadPressures hands the pressures of the core to the junctions.
func (st *state) spreadPressures() {
	n := &st.core
	for c, v := range n.node {
		st.pressure[v] = n.p[c]
	}
}

// expand hands flows and pressures of the core to all branches and junctions:
// along the chains, and from the core out to the leaves.
func (st *state) expand() {
	n := &st.core
	if n.weigh {
		st.weighCore()
	}
	st.spreadPressures()
	clear(st.imbalance)
	for c, v := range n.node {
		st.imbalance[v] = n.out[c]
	}
	for i := range n.chains {
		at := &n.core.chains[i]
		m := n.chains[i].q
		for j := at.First; ; j++ {
			s := &n.steps[j]
			l := &st.links[s.Link]
			if l.m = m; s.Back {
				l.m = -m
			}
			if j+1 == at.Last {
				break
			}
			drop, _ := st.law[s.Link].Drop(l.m)
			if s.Back {
				st.pressure[l.from] = st.pressure[l.to] + drop - l.lift
			} else {
				st.pressure[l.to] = st.pressure[l.from] - drop + l.lift
			}
			m -= n.need[s.Node]
		}
	}
	for i := len(n.twigs) - 1; i >= 0; i-- {
		t := &n.twigs[i]
		l := &st.links[t.Link]
		drop, _ := st.law[t.Link].Drop(l.m)
		if l.to == t.Leaf {
			st.pressure[l.to] = st.pressure[l.from] - drop + l.lift
		} else {
			st.pressure[l.from] = st.pressure[l.to] + drop - l.lift
		}
	}
}
