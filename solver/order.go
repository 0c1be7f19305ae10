package solver

import "evenflow/solver/internal/topology"

// Nodes and links are numbered as a calculation comes to them: chain by chain
// in the order of the core's pivots, with the nodes between, then what is
// peeled, then the rest by their nodes. What is needed at the same time so
// lies together in memory, whatever the order of the file. Smaller networks lie
// together anyway, and keep the order they were filed in.
const worthOrdering = 10_000 // chains

// renumber brings the plan, and the circuit as filed, into the order of its core.
func (s *Solver) renumber(h *home) {
	p, c := s.plan, h.core
	nodes, links := c.walk(p.touching)
	node, link := places(nodes), places(links)
	renamed(p.from, node)
	renamed(p.to, node)
	p.from, p.to, p.links = reordered(p.from, links), reordered(p.to, links), reordered(p.links, links)
	for kind := range p.linkOf {
		renamed(p.linkOf[kind], link)
	}
	renamed(p.node, node)
	p.junction = reordered(p.junction, nodes)
	p.touching = topology.NewIncidence(len(nodes), p.from, p.to)
	p.elevation, p.still, p.start = reordered(p.elevation, nodes), reordered(p.still, nodes), reordered(p.start, nodes)
	p.height, p.air = reordered(p.height, links), reordered(p.air, links)
	h.asked, h.modes = reordered(h.asked, links), reordered(h.modes, links)
	if h.feeding != nil {
		h.feeding = reordered(h.feeding, nodes)
	}
	h.pinned, h.known, h.cut = reordered(h.pinned, nodes), reordered(h.known, nodes), reordered(h.cut, nodes)
	c.renumber(p, nodes, links, node, link)
}

// walk returns nodes and links in their new order.
func (c *core) walk(touching *topology.Incidence) (nodes, links []int32) {
	nodes, links = make([]int32, 0, len(c.at)), make([]int32, 0, len(c.chainOf))
	seen, met := make([]bool, len(c.at)), make([]bool, len(c.chainOf))
	enter := func(v int32) {
		if !seen[v] {
			seen[v] = true
			nodes = append(nodes, v)
		}
	}
	pass := func(k int32) {
		if !met[k] {
			met[k] = true
			links = append(links, k)
		}
	}
	i := 0
	for a, v := range c.node {
		enter(v)
		for ; i < int(c.first[a+1]); i++ {
			x := &c.chains[i]
			for j := x.First; j < x.Last; j++ {
				pass(c.steps[j].Link)
				if j+1 < x.Last {
					enter(c.steps[j].Node)
				}
			}
		}
	}
	for i := range c.twigs {
		t := &c.twigs[len(c.twigs)-1-i]
		pass(t.Link)
		enter(t.Leaf)
	}
	for v := range seen {
		enter(int32(v))
	}
	for _, v := range nodes {
		for _, k := range touching.Of(v) {
			pass(k)
		}
	}
	return nodes, links
}

// renumber gives the core the new numbers of the plan, and puts the steps of
// its chains one after the other.
func (c *core) renumber(p *plan, nodes, links, node, link []int32) {
	renamed(c.node, node)
	c.at, c.chainOf = reordered(c.at, nodes), reordered(c.chainOf, links)
	steps := make([]topology.Step, 0, len(c.steps))
	for i := range c.chains {
		x := &c.chains[i]
		first := int32(len(steps))
		for _, s := range c.steps[x.First:x.Last] {
			steps = append(steps, topology.Step{Link: link[s.Link], Node: node[s.Node], Back: s.Back})
		}
		x.First, x.Last = first, int32(len(steps))
	}
	c.steps = steps
	for i := range c.twigs {
		t := &c.twigs[i]
		*t = topology.Twig{Link: link[t.Link], Leaf: node[t.Leaf], Root: node[t.Root]}
	}
	for i := range c.knots {
		c.knots[i].link = link[c.knots[i].link]
	}
	g := &c.graph
	c.graph = topology.Graph{N: g.N, From: p.from, To: p.to, Touching: p.touching,
		Live: reordered(g.Live, links), Special: reordered(g.Special, links), Keep: reordered(g.Keep, nodes)}
	c.given = reordered(c.given, nodes)
}

// places returns the place of each in an order.
func places(order []int32) []int32 {
	at := make([]int32, len(order))
	for i, x := range order {
		at[x] = int32(i)
	}
	return at
}

// reordered returns x in a new order.
func reordered[T any](x []T, order []int32) []T {
	y := make([]T, len(order))
	for i, j := range order {
		y[i] = x[j]
	}
	return y
}

// renamed puts new numbers for the ones in x.
func renamed(x, now []int32) {
	for i, j := range x {
		x[i] = now[j]
	}
}
