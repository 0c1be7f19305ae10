package estimate

import (
	"evenflow/models"
	"evenflow/solver"
)

// mesh is the network's graph without stations and sources: what carries the
// losses between the meters.
type mesh struct {
	edges  []link
	at     [][]int32 // edges at each junction
	loops  [][]member
	groups int
}

// link is one pipe, valve or pump of the mesh.
type link struct {
	kind     models.Kind
	index    int // in the network's slice of its kind
	id       models.ID
	from, to int32
	group    int // of pipes alike, -1: none
	rings    []member
	leaf     int // station that alone hangs on it, -1: none
}

// member is an edge of a ring or a ring of an edge, with its sense.
type member struct {
	at   int
	sign float64
}

// newMesh takes what carries water in r.
func newMesh(net *models.Network, r *solver.Result) *mesh {
	m := &mesh{at: make([][]int32, len(net.Junctions))}
	place := make(map[models.ID]int32, len(net.Junctions))
	for i := range net.Junctions {
		place[net.Junctions[i].ID] = int32(i)
	}
	groups := map[int]int{}
	add := func(kind models.Kind, i int, b *models.Branch, cut bool, dn int) {
		if cut {
			return
		}
		l := link{kind: kind, index: i, id: b.ID, from: place[b.From], to: place[b.To], group: -1, leaf: -1}
		if l.from == l.to {
			return
		}
		if kind == models.KindPipe {
			g, ok := groups[dn]
			if !ok {
				g = len(groups)
				groups[dn] = g
			}
			l.group = g
		}
		k := int32(len(m.edges))
		m.at[l.from] = append(m.at[l.from], k)
		m.at[l.to] = append(m.at[l.to], k)
		m.edges = append(m.edges, l)
	}
	for i := range net.Pipes {
		add(models.KindPipe, i, &net.Pipes[i].Branch, r.Pipes[i].Cut || net.Pipes[i].OutOfService, net.Pipes[i].DN)
	}
	for i := range net.Valves {
		v := &net.Valves[i]
		add(models.KindValve, i, &v.Branch, r.Valves[i].Cut || v.OutOfService || v.Tight(), 0)
	}
	for i := range net.Pumps {
		add(models.KindPump, i, &net.Pumps[i].Branch, r.Pumps[i].Cut || net.Pumps[i].OutOfService, 0)
	}
	m.groups = len(groups)
	m.findLoops(len(net.Junctions))
	m.findLeaves(net, place)
	return m
}

// findLoops spans a forest, breadth first in file order; every edge outside
// it closes one ring.
func (m *mesh) findLoops(n int) {
	up, depth := make([]int32, n), make([]int32, n)
	for i := range up {
		up[i] = -2
	}
	inTree := make([]bool, len(m.edges))
	for root := range n {
		if up[root] != -2 {
			continue
		}
		up[root] = -1
		queue := []int32{int32(root)}
		for len(queue) > 0 {
			v := queue[0]
			queue = queue[1:]
			for _, k := range m.at[v] {
				if w := m.other(k, v); up[w] == -2 {
					up[w], depth[w] = k, depth[v]+1
					inTree[k] = true
					queue = append(queue, w)
				}
			}
		}
	}
	for k := range m.edges {
		if inTree[k] {
			continue
		}
		// Along the chord from its beginning to its end, then back over the
		// tree: what climbs from the end goes with the ring.
		ring := []member{{k, 1}}
		a, b := m.edges[k].to, m.edges[k].from
		for a != b {
			if depth[a] >= depth[b] {
				e := up[a]
				ring = append(ring, member{int(e), m.sense(e, a)})
				a = m.other(e, a)
			} else {
				e := up[b]
				ring = append(ring, member{int(e), -m.sense(e, b)})
				b = m.other(e, b)
			}
		}
		for _, s := range ring {
			m.edges[s.at].rings = append(m.edges[s.at].rings, member{len(m.loops), s.sign})
		}
		m.loops = append(m.loops, ring)
	}
}

// other is the far end of edge k seen from v.
func (m *mesh) other(k, v int32) int32 {
	if m.edges[k].from == v {
		return m.edges[k].to
	}
	return m.edges[k].from
}

// sense is +1 where leaving v along edge k goes the edge's own way.
func (m *mesh) sense(k, v int32) float64 {
	if m.edges[k].from == v {
		return 1
	}
	return -1
}

// findLeaves marks the service pipes: edges behind which a single station
// hangs and nothing else.
func (m *mesh) findLeaves(net *models.Network, place map[models.ID]int32) {
	hung := make([]int, len(m.at)) // 0 none, s+1 one station, -1 several or a source
	hang := func(j int32, what int) {
		if hung[j] != 0 {
			what = -1
		}
		hung[j] = what
	}
	for i := range net.Stations {
		hang(place[net.Stations[i].From], i+1)
		hang(place[net.Stations[i].To], i+1)
	}
	for i := range net.Sources {
		hang(place[net.Sources[i].From], -1)
		hang(place[net.Sources[i].To], -1)
	}
	for i := range net.Stations {
		for _, j := range []int32{place[net.Stations[i].From], place[net.Stations[i].To]} {
			from := int32(-1)
			for hung[j] == i+1 || (from >= 0 && hung[j] == 0) {
				next := int32(-1)
				for _, k := range m.at[j] {
					if k == from {
						continue
					}
					if next >= 0 {
						next = -2
						break
					}
					next = k
				}
				if next < 0 {
					break
				}
				m.edges[next].leaf = i
				from, j = next, m.other(next, j)
			}
		}
	}
}

// series returns the edges in line with edge k: reached through junctions
// where nothing else meets.
func (m *mesh) series(k int, busy []bool) []int {
	line := []int{k}
	for _, end := range []int32{m.edges[k].from, m.edges[k].to} {
		at, v := int32(k), end
		for len(line) < len(m.edges) && !busy[v] && len(m.at[v]) == 2 {
			next := m.at[v][0]
			if next == at {
				next = m.at[v][1]
			}
			if int(next) == k {
				break
			}
			line = append(line, int(next))
			at, v = next, m.other(next, v)
		}
	}
	return line
}
