package solver

import (
	"evenflow/models"
	"evenflow/solver/internal/topology"
)

// blockOneWay takes out of the circuit what can never pass water because it
// lets none in: a check valve, a pump or a regulator through which a part could
// only give, while nothing feeds that part. Left in, its steep law would
// answer with a pressure of thousands of bar.
//
// In an open network a part is fed by fixed pressures, sources and junctions
// that feed in, not by what emitters could suck in; in a closed circuit it must
// lie on the way from a source's outlet or on the way to a source's inlet,
// stations not counted, as in findCut.
//
// It returns the sets of nodes that what is left in operation joins, stations of
// a closed circuit not counted.
func (st *state) blockOneWay() *topology.Sets {
	sets := topology.NewSets(len(st.fixed))
	var oneWay []int32
	blockable := false // something besides the sources
	for k := range st.links {
		l, b := &st.links[k], st.p.links[k]
		switch {
		case l.mode == off || b.kind == models.KindStation && !st.s.net.Open:
		case st.oneWay(b):
			oneWay = append(oneWay, int32(k))
			blockable = blockable || b.kind != models.KindSource && l.mode == free
		default:
			sets.Join(l.from, l.to)
		}
	}
	if blockable {
		fed := st.reach(sets, oneWay)
		for _, k := range oneWay {
			if l := &st.links[k]; l.mode == free && fed.has(l.from) != fed.has(l.to) {
				l.mode = off
				st.blocked = append(st.blocked, k)
			}
		}
	}
	for _, k := range oneWay {
		if l := &st.links[k]; l.mode != off {
			sets.Join(l.from, l.to)
		}
	}
	return sets
}

// oneWay reports whether water passes a branch from beginning to end only.
func (st *state) oneWay(at place) bool {
	switch at.kind {
	case models.KindPipe:
		return st.el.pipes[at.at].oneWay
	case models.KindValve:
		return st.el.valves[at.at].passesOneWay()
	}
	return at.kind == models.KindPump || at.kind == models.KindSource
}

// passesOneWay reports whether water passes the valve from beginning to end only.
func (v *valve) passesOneWay() bool { return v.oneWay || v.regulates() && !v.twoWay }

// twoWay reports whether a link is a limiter that lets water back.
func (st *state) twoWay(link int32) bool {
	at := st.p.links[link]
	return at.kind == models.KindValve && st.el.valves[at.at].twoWay
}

// parts are the nodes between which water passes either way, and what joins them
// one way only.
type parts struct {
	of       []int32 // by node
	from, to []int32 // of the one-way branches
	touching *topology.Incidence
	marked   []bool // by part
}

// has reports whether the part of a node is marked.
func (x *parts) has(v int32) bool { return x.marked[x.of[v]] }

// reach marks the parts, sets of nodes, that are fed.
func (st *state) reach(sets *topology.Sets, oneWay []int32) *parts {
	of, n := sets.Number()
	x := &parts{of: of, from: make([]int32, len(oneWay)), to: make([]int32, len(oneWay)), marked: make([]bool, n)}
	for i, k := range oneWay {
		x.from[i], x.to[i] = of[st.links[k].from], of[st.links[k].to]
	}
	x.touching = topology.NewIncidence(n, x.from, x.to)
	begin := func(v int32, queue []int32) []int32 {
		if x.has(v) {
			return queue
		}
		x.marked[x.of[v]] = true
		return append(queue, x.of[v])
	}
	var queue []int32
	if st.s.net.Open {
		for v := range st.fixed {
			if st.fixed[v] || st.draw[v] < 0 {
				queue = begin(int32(v), queue)
			}
		}
	}
	sources := st.p.linkOf[models.KindSource]
	for _, k := range sources {
		if st.links[k].mode != off {
			queue = begin(st.links[k].to, queue)
		}
	}
	x.spread(queue, true)
	if st.s.net.Open {
		return x
	}
	fed := x.marked
	x.marked, queue = make([]bool, len(fed)), queue[:0]
	for _, k := range sources {
		if st.links[k].mode != off {
			queue = begin(st.links[k].from, queue)
		}
	}
	x.spread(queue, false)
	for i, is := range fed {
		x.marked[i] = x.marked[i] || is
	}
	return x
}

// spread marks the parts that water reaches from those given, or, not along,
// from where it reaches them.
func (x *parts) spread(queue []int32, along bool) {
	for at := 0; at < len(queue); at++ {
		for _, i := range x.touching.Of(queue[at]) {
			from, to := x.from[i], x.to[i]
			if !along {
				from, to = to, from
			}
			if from == queue[at] && !x.marked[to] {
				x.marked[to] = true
				queue = append(queue, to)
			}
		}
	}
}
