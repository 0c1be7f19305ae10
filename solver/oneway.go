package solver

import (
	"evenflow/models"
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
func (st *state) blockOneWay() {
	if !st.anyOneWay() {
		return
	}
	fed := st.reach()
	for k := range st.links {
		l := &st.links[k]
		if at := st.p.links[k]; l.mode == free && st.oneWay(at) && fed[l.from] != fed[l.to] {
			l.mode = off
			st.blocked = append(st.blocked, int32(k))
		}
	}
}

// oneWay reports whether water passes a branch from beginning to end only.
func (st *state) oneWay(at place) bool {
	switch at.kind {
	case models.KindPipe:
		return st.el.pipes[at.at].oneWay
	case models.KindValve:
		v := &st.el.valves[at.at]
		return v.oneWay || v.regulates()
	}
	return at.kind == models.KindPump || at.kind == models.KindSource
}

// anyOneWay reports whether something besides the sources is one-way.
func (st *state) anyOneWay() bool {
	for k := range st.links {
		if at := st.p.links[k]; at.kind != models.KindSource && st.links[k].mode == free && st.oneWay(at) {
			return true
		}
	}
	return false
}

// reach marks the nodes that are fed.
func (st *state) reach() []bool {
	fed := make([]bool, len(st.fixed))
	open := st.s.net.Open
	var begin []int32
	if open {
		for v := range st.fixed {
			if st.fixed[v] || st.draw[v] < 0 {
				begin = append(begin, int32(v))
			}
		}
	}
	for _, k := range st.p.linkOf[models.KindSource] {
		if st.links[k].mode != off {
			begin = append(begin, st.links[k].to)
		}
	}
	st.spread(fed, begin, true)
	if open {
		return fed
	}
	begin = begin[:0]
	for _, k := range st.p.linkOf[models.KindSource] {
		if st.links[k].mode != off {
			begin = append(begin, st.links[k].from)
		}
	}
	drained := make([]bool, len(fed))
	st.spread(drained, begin, false)
	for v, is := range drained {
		fed[v] = fed[v] || is
	}
	return fed
}

// spread marks what water reaches from the nodes given, or, not along, from
// where it reaches them.
func (st *state) spread(reached []bool, queue []int32, along bool) {
	for _, v := range queue {
		reached[v] = true
	}
	for at := 0; at < len(queue); at++ {
		v := queue[at]
		for _, k := range st.p.touching.Of(v) {
			l, b := &st.links[k], st.p.links[k]
			if l.mode == off || b.kind == models.KindStation && !st.s.net.Open {
				continue
			}
			other := l.from + l.to - v
			if reached[other] || st.oneWay(b) && (l.from == v) != along {
				continue
			}
			reached[other] = true
			queue = append(queue, other)
		}
	}
}
