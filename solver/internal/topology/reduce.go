package topology

import "slices"

// Graph is what Reduce takes apart: N nodes and links between them.
type Graph struct {
	N        int
	From, To []int32
	Touching *Incidence
	Live     []bool // by link: its flow is to be found
	Special  []bool // by link: it may be no part of a chain
	Keep     []bool // by node: it may be no inner node of a chain, and no leaf
}

// Reduced is the core of a graph: what is left once the leaves are peeled off
// and the nodes between two links are left out. The flow along a peeled link,
// and along every link of a chain but for one unknown, follows from the draws
// alone (forest-core partitioning, Simpson, Elhay and Alexander, J. Water
// Resour. Plann. Manage. 140 (2014); series nodes, Deuerlein, Elhay and
// Simpson, ibid. 142 (2016)).
type Reduced struct {
	Core   []int32 // nodes of the core
	Chains []Chain // between core nodes
	Steps  []Step  // of the chains, one after the other
	Twigs  []Twig  // peeled links, leaves first
}

// Chain is a run of links between two nodes of the core, Steps[First:Last].
type Chain struct{ A, B, First, Last int32 }

// Step is one link of a chain, walked from its A to its B.
type Step struct {
	Link int32
	Node int32 // where it leads
	Back bool  // the link is drawn the other way
}

// Sign returns 1, or -1 where the link is drawn the other way.
func (s *Step) Sign() float64 {
	if s.Back {
		return -1
	}
	return 1
}

// Twig is a link that hangs its Leaf, with all that hangs on that, on Root.
type Twig struct{ Link, Leaf, Root int32 }

type reducer struct {
	Graph
	degree []int32
	gone   []bool // links peeled or walked
	core   []bool
	out    *Reduced
}

// Reduce takes the graph apart. Every part of it must have a node to keep.
func Reduce(g Graph) *Reduced {
	r := &reducer{Graph: g, degree: make([]int32, g.N), gone: make([]bool, len(g.From)), core: make([]bool, g.N), out: &Reduced{}}
	live := 0
	for k, is := range g.Live {
		if is {
			live++
			r.degree[g.From[k]]++
			r.degree[g.To[k]]++
		}
	}
	r.out.Steps = make([]Step, 0, live)
	r.peel()
	for v := range g.N {
		if r.core[v] = g.Keep[v] || r.degree[v] > 2; r.core[v] {
			r.out.Core = append(r.out.Core, int32(v))
		}
	}
	for v := range g.N {
		if r.core[v] {
			r.walkFrom(int32(v))
		}
	}
	return r.out
}

// peel takes off leaves until none is left.
func (r *reducer) peel() {
	var leaves []int32
	leaf := func(v int32) bool { return r.degree[v] == 1 && !r.Keep[v] }
	for v := range r.N {
		if leaf(int32(v)) {
			leaves = append(leaves, int32(v))
		}
	}
	for len(leaves) > 0 {
		v := leaves[len(leaves)-1]
		leaves = leaves[:len(leaves)-1]
		if r.degree[v] != 1 {
			continue // the other end of a lone link was peeled first
		}
		k, to := r.next(v)
		r.gone[k] = true
		r.degree[v], r.degree[to] = 0, r.degree[to]-1
		r.out.Twigs = append(r.out.Twigs, Twig{k, v, to})
		if leaf(to) {
			leaves = append(leaves, to)
		}
	}
}

// next returns a link of v that is left, and where it leads.
func (r *reducer) next(v int32) (link, to int32) {
	for _, k := range r.Touching.Of(v) {
		if r.Live[k] && !r.gone[k] {
			return k, r.From[k] + r.To[k] - v
		}
	}
	return -1, v
}

// walkFrom follows all chains that begin at v.
func (r *reducer) walkFrom(v int32) {
	for _, k := range r.Touching.Of(v) {
		if !r.Live[k] || r.gone[k] {
			continue
		}
		first := int32(len(r.out.Steps))
		at := v
		for {
			r.gone[k] = true
			to := r.From[k] + r.To[k] - at
			r.out.Steps = append(r.out.Steps, Step{k, to, r.From[k] != at})
			if at = to; r.core[at] {
				break
			}
			k, _ = r.next(at)
		}
		last := int32(len(r.out.Steps))
		if at != v || last-first == 1 {
			r.out.Chains = append(r.out.Chains, Chain{v, at, first, last})
			continue
		}
		// A ring that hangs on one node: its middle becomes a node of the core.
		mid := first + (last-first)/2
		m := r.out.Steps[mid-1].Node
		r.core[m] = true
		r.out.Core = append(r.out.Core, m)
		r.out.Chains = append(r.out.Chains, Chain{v, m, first, mid}, Chain{m, at, mid, last})
	}
}

// Turn makes a chain begin at its other end.
func (r *Reduced) Turn(c *Chain) {
	steps := r.Steps[c.First:c.Last]
	slices.Reverse(steps)
	for i := range steps {
		steps[i].Back = !steps[i].Back
		if i+1 < len(steps) {
			steps[i].Node = steps[i+1].Node
		} else {
			steps[i].Node = c.A
		}
	}
	c.A, c.B = c.B, c.A
}
