package solver

import (
	"math"

	"evenflow/solver/internal/law"
)

// spreadPressures hands the pressures of the core to the junctions.
func (st *state) spreadPressures() {
	n := &st.core
	for c, v := range n.node {
		st.pressure[v] = n.spots[c].p
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
	st.inHalves(&st.halves.expand)
	for i := len(n.twigs) - 1; i >= 0; i-- {
		t, x := &n.twigs[i], &n.hangs[i]
		drop, _ := st.termDrop(&x.term, x.m)
		st.pressure[t.Leaf] = st.pressure[t.Root] - drop - x.lin*x.m + x.lift
	}
}

// expandFlows is expand between two exchanges of temperatures: where no pressure but
// those of the core is looked at, it hands out the flows alone.
func (st *state) expandFlows() {
	if st.s.opts.Temperatures != Coupled || st.anyAsked() || len(st.regs.list) > 0 {
		st.expand()
		return
	}
	n := &st.core
	if n.weigh {
		st.weighCore()
	}
	for c, v := range n.node {
		st.imbalance[v] = n.out[c]
	}
	for i := range n.chains {
		at, m := &n.chains[i], n.flows[i].q
		for j := at.First; j < at.Last; j++ {
			s := &n.steps[j]
			if l := &st.links[s.Link]; s.Back {
				l.m = -m
			} else {
				l.m = m
			}
			m -= n.need[s.Node]
		}
	}
}

// expandPart hands out flows and pressures along the chains from lo to hi.
func (st *state) expandPart(lo, hi int) {
	n := &st.core
	for i := lo; i < hi; i++ {
		at := &n.chains[i]
		if at.Last == at.First+1 {
			s := &n.steps[at.First]
			if l := &st.links[s.Link]; s.Back {
				l.m = -n.flows[i].q
			} else {
				l.m = n.flows[i].q
			}
			continue
		}
		st.expandChain(i)
	}
}

// expandChain hands out the flow of a chain and the pressures along it.
func (st *state) expandChain(i int) {
	n := &st.core
	at, b := &n.chains[i], &n.laws[i]
	t, in := &b.term, int32(0)
	m, p := n.flows[i].q, n.spots[at.A].p
	f, square := st.forms(t, m)
	for j := at.First; ; j++ {
		s, y := &n.steps[j], &n.parts[j]
		if y.term != in {
			if in = y.term; in == 0 {
				t = &b.term
			} else {
				t = &n.terms[b.first+in-1].term
			}
			f, square = st.forms(t, m)
		}
		if l := &st.links[s.Link]; s.Back {
			l.m = -m
		} else {
			l.m = m
		}
		if j+1 == at.Last {
			return
		}
		p += y.lift - y.lin*m
		if t.class < 0 {
			drop, _ := st.law[s.Link].Drop(m)
			p -= drop
		} else {
			p -= y.r*f + y.k*square
		}
		st.pressure[s.Node] = p
		if d := n.need[s.Node]; d != 0 {
			m -= d
			f, square = st.forms(t, m)
		}
	}
}

// forms returns what a term makes of flow m: f, to be multiplied by r, and the
// square, to be multiplied by k, both signed like m.
func (st *state) forms(t *term, m float64) (f, square float64) {
	a := math.Abs(m)
	square, _ = law.Square(1, m)
	if t.size > 0 {
		s, d := law.SegmentOf(a * t.ws)
		if s < uint64(t.size) {
			y := &st.p.segments[uint64(t.table)+s]
			f = y.A + d*(y.B+d*(y.C+d*y.D))
		} else {
			f, _ = st.p.tables[t.class].Beyond(a * t.ws)
		}
	}
	return math.Copysign(f, m), square
}
