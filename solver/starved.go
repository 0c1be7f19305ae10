package solver

import (
	"fmt"
	"math"
)

// starved says which flow that somebody prescribes cannot come, where pressures
// fit and one node's balance does not: its part of the network hangs on flow
// limiters that hold, and they let another flow pass. "": it is not so.
func (st *state) starved() string {
	o := &st.s.opts
	if st.worstM < 0 || !st.met(1e3*o.EnergyTolerance) || !(st.report.MassResidual > 1e3*o.MassTolerance) {
		return ""
	}
	within, free := st.within(st.worstM)
	if !free {
		return ""
	}
	limiter, wants := int32(-1), int32(-1)
	passed, wanted := 0.0, 0.0
	for k := range st.links {
		l := &st.links[k]
		if l.mode == off || within[l.from] == within[l.to] {
			continue
		}
		in := l.m
		if within[l.from] {
			in = -in
		}
		switch l.mode {
		case given:
			if wanted -= in; wants < 0 || math.Abs(in) > math.Abs(st.links[wants].m) {
				wants = int32(k)
			}
		case held:
			if passed += in; limiter < 0 || math.Abs(in) > math.Abs(st.links[limiter].m) {
				limiter = int32(k)
			}
		}
	}
	if limiter < 0 || wants < 0 {
		return ""
	}
	return fmt.Sprintf("what %s takes, %.4g kg/s, can be fed by nothing: its part of the network hangs on flow limiters that let %.4g kg/s pass (%s); give it less, or open another way to it",
		st.s.idOf(st.p.links[wants]), math.Abs(wanted), math.Abs(passed), st.s.idOf(st.p.links[limiter]))
}

// within returns the nodes that water reaches freely from node v, and whether
// none of them has its pressure given, and nothing but limiters of stations
// controls what leaves them.
func (st *state) within(v int32) (reached []bool, alone bool) {
	reached = make([]bool, len(st.fixed))
	reached[v] = true
	for queue := []int32{v}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if st.fixed[at] || st.pinned[at] {
			return nil, false
		}
		for _, k := range st.p.touching.Of(at) {
			l := &st.links[k]
			if to := l.from + l.to - at; l.mode == free && !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if l := &st.links[x.link]; !x.plain && l.mode == held && reached[l.from] != reached[l.to] {
			return nil, false
		}
	}
	return reached, true
}
