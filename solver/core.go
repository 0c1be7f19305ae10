package solver

import (
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/sparse"
	"evenflow/solver/internal/topology"
)

// core is what is left of a network for Newton's method once the leaves are
// peeled off and the series nodes left out: nodes, chains of smooth branches
// between them, and knots, the branches that are no part of a chain because
// their law has corners or somebody controls them. It depends on what is in
// operation only and is never written once made.
//
// Nodes of the core that are to be found come first, in pivot order; behind
// them stand those whose pressure is given.
type core struct {
	node    []int32 // junction node of a core node
	at      []int32 // core node of a junction node, -1
	unknown int
	pattern *sparse.Pattern
	chains  []topology.Chain // from the lower node to the higher, in the order of the lower
	first   []int32          // by core node: the first chain that begins there
	edges   []sparse.Edge    // by chain
	steps   []topology.Step
	twigs   []topology.Twig
	knots   []knot
	graph   topology.Graph // what it was made of
	given   []bool         // by junction node
	chainOf []int32        // by link: its chain, -1: none, -2-i: it is twig i
}

// knot is a branch of the core that stands alone.
type knot struct{ link, a, b, slot int32 }

// special reports whether a branch may be no part of a chain: its law has
// corners, or it holds something.
func (el *elements) special(b place) bool {
	switch b.kind {
	case models.KindPipe:
		return el.pipes[b.at].oneWay
	case models.KindValve:
		v := &el.valves[b.at]
		return v.oneWay || v.regulates() || v.holds == models.BreakPressure
	case models.KindStation:
		return el.stations[b.at].limits()
	}
	return true // pumps and sources
}

// newCore takes the network apart, as the present modes have it. A core known
// already is taken where it is that of the same circuit.
func (st *state) newCore() *core {
	g, given := st.circuitNow()
	for _, c := range [2]*core{st.core.core, st.s.home.Load().coreOrNil()} {
		if c != nil && c.is(&g, given) {
			return c
		}
	}
	for _, c := range st.cores {
		if c.is(&g, given) {
			return c
		}
	}
	g.Live, g.Special, g.Keep = slices.Clone(g.Live), slices.Clone(g.Special), slices.Clone(g.Keep)
	c := assembleCore(topology.Reduce(g), g, slices.Clone(given))
	if most := min(mostCores, coreMemory/max(len(st.links), 1)); most > 0 {
		if len(st.cores) >= most {
			st.cores = slices.Delete(st.cores, 0, len(st.cores)-most+1)
		}
		st.cores = append(st.cores, c)
	}
	return c
}

// mostCores is how many circuits a state remembers besides that as filed: those
// between which stations change sides from scenario to scenario. coreMemory is
// how many links all of them may have together.
const (
	mostCores  = 32
	coreMemory = 200_000
)

// is reports whether the core is that of a circuit.
func (c *core) is(g *topology.Graph, given []bool) bool {
	return slices.Equal(c.graph.Live, g.Live) && slices.Equal(c.graph.Special, g.Special) && slices.Equal(c.graph.Keep, g.Keep) && slices.Equal(c.given, given)
}

// circuitNow says what is in operation, in the state's own memory.
func (st *state) circuitNow() (g topology.Graph, given []bool) {
	p := st.p
	n := len(p.node)
	flags := resize(st.flags, 2*n+2*len(p.links))
	st.flags = flags
	clear(flags)
	g = topology.Graph{N: n, From: p.from, To: p.to, Touching: p.touching, Keep: flags[:n:n], Live: flags[2*n : 2*n+len(p.links)], Special: flags[2*n+len(p.links):]}
	given = flags[n : 2*n : 2*n]
	for v := range given {
		given[v] = st.fixed[v] || st.pinned[v]
	}
	copy(g.Keep, given)
	for i := range st.taps {
		g.Keep[st.taps[i].node] = true
	}
	for i := range st.regs.list {
		st.regs.list[i].sensed(func(v int32) { g.Keep[v] = true })
	}
	for k := range p.links {
		l := &st.links[k]
		g.Live[k] = l.mode == free || l.mode == held
		if g.Live[k] && (st.asked[k].special || st.isLimited(p.links[k]) || l.from == l.to) {
			g.Special[k], g.Keep[l.from], g.Keep[l.to] = true, true, true
		}
	}
	return g, given
}

// sensed hands on the nodes whose pressure a regulator looks at.
func (x *regulator) sensed(enter func(v int32)) {
	for _, v := range [2]int32{x.high, x.low} {
		if v >= 0 {
			enter(v)
		}
	}
	for _, w := range x.watched {
		enter(w[0])
		enter(w[1])
	}
}

// worthSplitting is from how many chains on a core is divided, so that two
// processors may work at it.
const worthSplitting = 20_000

// assembleCore numbers the core.
func assembleCore(r *topology.Reduced, g topology.Graph, isGiven []bool) *core {
	c := &core{at: make([]int32, g.N), steps: r.Steps, twigs: r.Twigs, graph: g, given: isGiven}
	for v := range c.at {
		c.at[v] = -1
	}
	var inner, given []int32
	for _, v := range r.Core {
		if isGiven[v] {
			given = append(given, v)
		} else {
			c.at[v] = int32(len(inner))
			inner = append(inner, v)
		}
	}
	c.unknown = len(inner)
	var from, to []int32
	for _, x := range r.Chains {
		if a, b := c.at[x.A], c.at[x.B]; a >= 0 && b >= 0 {
			from, to = append(from, a), append(to, b)
		}
	}
	c.pattern = sparse.Analyse(len(inner), from, to)
	if len(r.Chains) >= worthSplitting {
		c.pattern = c.pattern.Split(len(r.Core))
	}
	c.node = make([]int32, 0, len(r.Core))
	for _, v := range c.pattern.Node {
		c.node = append(c.node, inner[v])
	}
	c.node = append(c.node, given...)
	for i, v := range c.node {
		c.at[v] = int32(i)
	}
	c.order(r, g)
	return c
}

// order turns the chains so that they begin at their lower node, puts them in
// the order of it, and picks the knots.
func (c *core) order(r *topology.Reduced, g topology.Graph) {
	n := len(c.node)
	c.first = make([]int32, n+1)
	c.chainOf = make([]int32, len(g.From))
	for k := range c.chainOf {
		c.chainOf[k] = -1
	}
	for i, t := range r.Twigs {
		c.chainOf[t.Link] = int32(-2 - i)
	}
	for i := range r.Chains {
		x := &r.Chains[i]
		a, b := c.at[x.A], c.at[x.B]
		if step := r.Steps[x.First]; g.Special[step.Link] {
			if step.Back {
				a, b = b, a
			}
			c.knots = append(c.knots, knot{step.Link, a, b, c.pattern.Slot(a, b)})
			continue
		}
		if a > b {
			r.Turn(x)
		}
		c.first[min(a, b)+1]++
	}
	for i := range n {
		c.first[i+1] += c.first[i]
	}
	next := append([]int32(nil), c.first[:n]...)
	c.chains, c.edges = make([]topology.Chain, c.first[n]), make([]sparse.Edge, c.first[n])
	for _, x := range r.Chains {
		if g.Special[r.Steps[x.First].Link] {
			continue
		}
		x.A, x.B = c.at[x.A], c.at[x.B]
		at := &next[x.A]
		c.chains[*at], c.edges[*at] = x, sparse.Edge{A: x.A, B: x.B, Slot: c.pattern.Slot(x.A, x.B)}
		for _, s := range r.Steps[x.First:x.Last] {
			c.chainOf[s.Link] = *at
		}
		*at++
	}
}

// home is how the network hangs together as filed, for the scenarios that leave
// it so.
type home struct {
	asked              []shape
	modes              []mode // by link, once connected
	pinned, known, cut []bool
	feeding            []bool // by node of an open network: what is drawn is less than nothing
	core               *core
}

// coreOrNil returns the core of h, which may be nil.
func (h *home) coreOrNil() *core {
	if h == nil {
		return nil
	}
	return h.core
}

// connectOrRecall is connect, but for the work where the circuit is the one as
// filed.
func (st *state) connectOrRecall() error {
	h := st.s.home.Load()
	if h == nil || !slices.Equal(h.asked, st.asked) || !st.feedAs(h) {
		return st.connect()
	}
	for k := range st.links {
		st.links[k].mode = h.modes[k]
	}
	copy(st.pinned, h.pinned)
	copy(st.known, h.known)
	copy(st.cut, h.cut)
	return nil
}

// feedAs reports whether water is fed in where it was when h was noted, which
// decides what is fed through check valves.
func (st *state) feedAs(h *home) bool {
	for v, was := range h.feeding {
		if was != (st.draw[v] < 0) {
			return false
		}
	}
	return true
}

// settleHome notes the circuit that is connected, if none is noted yet. It is of
// use where all hangs together: otherwise what is drawn decides with.
func (st *state) settleHome() *home {
	if st.s.home.Load() != nil || len(st.islands) > 0 || len(st.blocked) > 0 || slices.Contains(st.known, false) {
		return nil
	}
	h := &home{asked: slices.Clone(st.asked), modes: make([]mode, len(st.links)),
		pinned: slices.Clone(st.pinned), known: slices.Clone(st.known), cut: slices.Clone(st.cut)}
	for k := range h.modes {
		h.modes[k] = st.links[k].mode
	}
	if st.s.net.Open {
		h.feeding = make([]bool, len(st.draw))
		for v, d := range st.draw {
			h.feeding[v] = d < 0
		}
	}
	return h
}

// prepare finds what hangs together and lays out what is to be solved, from a
// neighbour or nil.
func (st *state) prepare(from *Result) error {
	c, err := st.circuit(from)
	if err == nil {
		st.takeCore(c)
	}
	return err
}

// circuit finds what hangs together.
func (st *state) circuit(from *Result) (*core, error) {
	if err := st.connectOrRecall(); err != nil {
		return nil, err
	}
	h := st.settleHome()
	st.openTaps()
	st.beginBounds(from)
	st.beginRegulators()
	c := st.newCore()
	if h != nil {
		h.core = c
		st.s.home.Store(h)
	}
	return c, nil
}
