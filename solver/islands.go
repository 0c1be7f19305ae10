package solver

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/topology"
)

// connect finds, before anything is solved, what hangs together: which parts
// are cut off from every source, by closed valves or by check valves that let
// nothing in, which have lost their pressure hold, and
// what of the given flows and draws cannot pass for that.
func (st *state) connect() error {
	sets := st.blockOneWay()
	st.findCut(sets)
	return st.findFloating(sets)
}

// findCut marks the parts that no source in operation reaches. In a closed
// circuit a part is what pipes, valves, pumps and sources join; stations do
// not, since heat reaches a part by its own supply and return only. In an open
// network a part is what any branch joins, and a fixed pressure feeds it too.
// sets are these parts; where it is done, the stations that cut parts hang
// together by are joined too.
func (st *state) findCut(sets *topology.Sets) {
	part, n := sets.Number()
	fed := make([]bool, n)
	if st.s.net.Open {
		for v, is := range st.fixed {
			fed[part[v]] = fed[part[v]] || is
		}
	}
	for _, k := range st.p.linkOf[models.KindSource] {
		if l := &st.links[k]; l.mode != off {
			fed[part[l.from]], fed[part[l.to]] = true, true
		}
	}
	if !slices.Contains(fed, false) {
		st.islands = nil
		clear(st.cut)
		return
	}
	working := make([]bool, n)
	for k := range st.links {
		if l := &st.links[k]; l.mode != off {
			working[part[l.from]], working[part[l.to]] = true, true
		}
	}
	for v, d := range st.draw { // what is drawn there is not dropped in silence
		working[part[v]] = working[part[v]] || d != 0
	}
	st.islands = st.listIslands(part, n, fed, working)
	for i := range st.islands {
		is := &st.islands[i]
		is.Unfed = true
		for _, id := range is.Junctions {
			is.Draw += math.Max(st.draw[st.nodeOf(id)], 0)
		}
	}
	for v := range st.cut {
		st.cut[v] = !fed[part[v]]
	}
	st.rest(sets)
}

// rest brings what is cut off to a standstill: its stations get nothing, and
// pass the pressure on without passing water, since of those that join the
// same parts all but one are shut. Buoyancy turns nothing there (see
// refreshLink), so that water that waits for a repair is an answer and not an
// iteration of convection cells.
func (st *state) rest(sets *topology.Sets) {
	for k := range st.links {
		l := &st.links[k]
		if l.mode == off || st.p.links[k].kind != models.KindStation || !(st.cut[l.from] || st.cut[l.to]) {
			continue
		}
		if l.mode == given {
			l.mode = off
			st.refuseHeat(k)
		} else if !sets.Join(l.from, l.to) {
			l.mode = off
		}
	}
}

// refuseHeat notes that a station with given demand gets nothing.
func (st *state) refuseHeat(k int) {
	at := st.p.links[k].at
	st.short[at] = math.Max(st.el.stations[at].demand.Heat.Value, 0)
}

// listIslands lists the parts that are not well, in the order of their first
// junction. A junction at which nothing is in operation or drawn is no island.
func (st *state) listIslands(part []int32, n int, well, working []bool) (islands []Island) {
	number := make([]int, n)
	for i := range number {
		number[i] = -1
	}
	for j := range st.p.node {
		q := part[st.p.node[j]]
		if well[q] || !working[q] {
			continue
		}
		if number[q] < 0 {
			number[q] = len(islands)
			islands = append(islands, Island{})
		}
		is := &islands[number[q]]
		is.Junctions = append(is.Junctions, st.s.net.Junctions[j].ID)
	}
	if len(islands) == 0 {
		return nil
	}
	island := func(v int32) int { return number[part[v]] }
	planned := make([][]models.ID, len(islands))
	for ref, b := range st.s.net.Branches() {
		k := st.p.linkOf[ref.Kind][ref.At]
		l := &st.links[k]
		a, z := island(l.from), island(l.to)
		if ref.Kind == models.KindStation {
			for _, i := range [2]int{a, z} {
				if i >= 0 && l.mode != off {
					islands[i].addStation(b.ID)
				}
			}
			continue
		}
		if l.mode != off || a == z {
			continue
		}
		for _, i := range [2]int{a, z} {
			if i < 0 {
				continue
			}
			if slices.Contains(st.blocked, k) {
				islands[i].OneWay = append(islands[i].OneWay, b.ID)
			} else if ref.Kind == models.KindValve {
				islands[i].Valves = append(islands[i].Valves, b.ID)
			} else {
				planned[i] = append(planned[i], b.ID)
			}
		}
	}
	for i := range islands {
		if len(islands[i].Valves)+len(islands[i].OneWay) == 0 {
			islands[i].Valves = planned[i]
		}
	}
	return islands
}

func (is *Island) addStation(id models.ID) {
	if n := len(is.Stations); n == 0 || is.Stations[n-1] != id {
		is.Stations = append(is.Stations, id)
	}
}

// findFloating finds the parts without a pressure hold among what flows can
// pass freely. There the pressures have no level, and what is drawn or given
// must add up to nothing: stations and draws that do not are shut off, a
// source that does not is refused. sets are the parts that findCut leaves.
func (st *state) findFloating(sets *topology.Sets) error {
	for range len(st.links) + 1 {
		sets = st.freeSets(sets)
		part, n := sets.Number()
		held := make([]bool, n)
		for v, is := range st.fixed {
			held[part[v]] = held[part[v]] || is
		}
		changed, err := st.balanceFloating(part, held)
		if err != nil {
			return err
		}
		if changed {
			sets = nil
			continue
		}
		clear(st.pinned)
		referred := make([]bool, n)
		for v := range st.known {
			q := part[v]
			st.known[v] = held[q]
			if !held[q] && !referred[q] {
				referred[q], st.pinned[v] = true, true
			}
		}
		st.reportUnheld(part, held)
		return nil
	}
	return nil
}

// freeSets returns the sets of nodes that flows can pass freely: those of
// findCut and the stations, where no given flow has joined any of them.
func (st *state) freeSets(cut *topology.Sets) *topology.Sets {
	isGiven := func(k int32) bool { return st.links[k].mode == given }
	stations := st.p.linkOf[models.KindStation]
	if cut == nil || slices.ContainsFunc(st.p.linkOf[models.KindSource], isGiven) || st.s.net.Open && slices.ContainsFunc(stations, isGiven) {
		cut = topology.NewSets(len(st.fixed))
		for k := range st.links {
			if l := &st.links[k]; l.mode == free {
				cut.Join(l.from, l.to)
			}
		}
		return cut
	}
	for _, k := range stations {
		if l := &st.links[k]; l.mode == free {
			cut.Join(l.from, l.to)
		}
	}
	return cut
}

// reportUnheld says which islands have no pressure hold, and adds the parts
// that are fed and have none.
func (st *state) reportUnheld(part []int32, held []bool) {
	for i := range st.islands {
		v := st.nodeOf(st.islands[i].Junctions[0])
		st.islands[i].Unheld = !st.known[v]
	}
	well := slices.Clone(held)
	for v, cut := range st.cut {
		well[part[v]] = well[part[v]] || cut
	}
	if !slices.Contains(well, false) {
		return
	}
	working := make([]bool, len(held))
	for k := range st.links {
		if l := &st.links[k]; l.mode == free {
			working[part[l.from]] = true
		}
	}
	for _, is := range st.listIslands(part, len(held), well, working) {
		is.Unheld = true
		st.islands = append(st.islands, is)
	}
}

// balanceFloating shuts off what a part without hold cannot feed and reports
// whether anything was.
func (st *state) balanceFloating(part []int32, held []bool) (changed bool, err error) {
	if !slices.Contains(held, false) {
		return false, nil
	}
	n := len(held)
	net, size := make([]float64, n), make([]float64, n)
	hasSource, varies := make([]int32, n), make([]bool, n)
	for i := range hasSource {
		hasSource[i] = -1
	}
	for v, d := range st.draw {
		net[part[v]] += d
		size[part[v]] += math.Abs(d)
	}
	for k := range st.links {
		l := &st.links[k]
		if l.mode != given || part[l.from] == part[l.to] {
			continue
		}
		m := st.prescribed(k)
		net[part[l.from]] += m
		net[part[l.to]] -= m
		for _, q := range [2]int32{part[l.from], part[l.to]} {
			size[q] += math.Abs(m)
			if st.p.links[k].kind == models.KindSource {
				hasSource[q] = int32(k)
			} else if !st.el.stations[st.p.links[k].at].demand.Flow.Known {
				varies[q] = true
			}
		}
	}
	bad := make([]bool, n)
	for q := range bad {
		bad[q] = !held[q] && (math.Abs(net[q]) > 1e-9*math.Max(size[q], 1) || varies[q])
		if bad[q] && hasSource[q] >= 0 {
			x := st.s.net.Sources[st.p.links[hasSource[q]].at]
			return false, refuse(models.KindSource, x.ID, "flow",
				fmt.Sprintf("its given flow and the stations' differ by %.4g kg/s, and nothing can take the difference", net[q]),
				"let a source hold speed or differential, or the stations follow from their openings")
		}
	}
	for k := range st.links {
		l := &st.links[k]
		if l.mode == given && (bad[part[l.from]] || bad[part[l.to]]) {
			l.mode, l.m = off, 0
			st.refuseHeat(k)
			changed = true
		}
	}
	for v := range st.draw {
		if bad[part[v]] && st.draw[v] != 0 {
			st.draw[v] = 0
			changed = true
		}
	}
	return changed, nil
}
