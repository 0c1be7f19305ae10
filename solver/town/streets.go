package town

import (
	"container/heap"
	"errors"
	"math"
	"sort"
)

// layStreets draws a jittered street grid inside a rounded outline, grows the
// shortest-path tree of the mains over it from the source's corner, and keeps
// the tree that reaches the stations' corners.
func (p *plan) layStreets() error {
	n := p.opts.Stations
	for grow := 1.25; grow < 3; grow += 0.25 {
		g := p.grid(int(math.Ceil(float64(n)*grow)) + 4)
		parent, via, order := g.shortestPaths(g.source)
		if len(order) <= n {
			continue // the outline or the gaps left too few corners
		}
		p.keepTree(g, parent, via, order)
		return nil
	}
	return errors.New("town: the street grid has too few corners for the stations")
}

// grid is the whole street map before the mains are chosen.
type grid struct {
	nodes  []node
	edges  []edge
	weight []float64 // of each edge, for the tree: arterial streets count less
	at     [][]int   // edges at each node
	source int
}

func (p *plan) grid(corners int) *grid {
	// The outline is a superellipse filling about 0.86 of its box.
	cols := int(math.Ceil(math.Sqrt(float64(corners) / 0.86 * 1.3)))
	rows := int(math.Ceil(float64(corners) / 0.86 / float64(cols)))
	g := &grid{}
	index := make([]int, rows*cols)
	for r := range rows {
		for c := range cols {
			index[r*cols+c] = -1
			u := (float64(c)+0.5)/float64(cols)*2 - 1
			v := (float64(r)+0.5)/float64(rows)*2 - 1
			jx, jy, edgeNoise := p.between(-0.22, 0.22), p.between(-0.22, 0.22), p.between(-0.07, 0.07)
			if math.Pow(math.Abs(u), 3.2)+math.Pow(math.Abs(v), 3.2) > 1.08+edgeNoise {
				continue
			}
			index[r*cols+c] = len(g.nodes)
			g.nodes = append(g.nodes, node{
				x: (float64(c) + jx) * p.spacing, y: (float64(r) + jy) * p.spacing,
				row: r, col: c, station: -1,
			})
		}
	}
	g.at = make([][]int, len(g.nodes))
	join := func(a, b, row, col int, arterial bool) {
		drop := p.rng.Float64() < 0.1 // parks, hills, railways
		bend := p.between(1.0, 1.08)
		if a < 0 || b < 0 || (drop && !arterial) {
			return
		}
		length := bend * math.Hypot(g.nodes[a].x-g.nodes[b].x, g.nodes[a].y-g.nodes[b].y)
		factor := 1.0
		if arterial {
			factor = 0.62
		}
		g.at[a] = append(g.at[a], len(g.edges))
		g.at[b] = append(g.at[b], len(g.edges))
		g.edges = append(g.edges, edge{a: a, b: b, length: length, row: row, col: col})
		g.weight = append(g.weight, length*factor)
	}
	for r := range rows {
		for c := range cols {
			if c+1 < cols {
				join(index[r*cols+c], index[r*cols+c+1], r, -1, r%4 == 1)
			}
			if r+1 < rows {
				join(index[r*cols+c], index[(r+1)*cols+c], -1, c, c%4 == 2)
			}
		}
	}
	g.source = p.sourceCorner(g, rows, cols)
	return g
}

// sourceCorner places the plant: a small town's stands at its edge, a big
// one's further inside, so that several mains leave it.
func (p *plan) sourceCorner(g *grid, rows, cols int) int {
	depth := 0.02
	switch n := p.opts.Stations; {
	case n > 1500:
		depth = 0.45
	case n > 600:
		depth = 0.3
	case n > 300:
		depth = 0.15
	}
	wantX := depth * float64(cols-1) * p.spacing
	wantY := p.between(0.35, 0.65) * float64(rows-1) * p.spacing
	best, bestD := 0, math.Inf(1)
	for i := range g.nodes {
		if len(g.at[i]) == 0 {
			continue
		}
		if d := math.Hypot(g.nodes[i].x-wantX, g.nodes[i].y-wantY); d < bestD {
			best, bestD = i, d
		}
	}
	return best
}

// shortestPaths is Dijkstra's algorithm; order lists the reached corners by
// distance, so that parents stand before children.
func (g *grid) shortestPaths(source int) (parent, via, order []int) {
	dist := make([]float64, len(g.nodes))
	parent = make([]int, len(g.nodes))
	via = make([]int, len(g.nodes))
	done := make([]bool, len(g.nodes))
	for i := range dist {
		dist[i], parent[i], via[i] = math.Inf(1), -1, -1
	}
	dist[source] = 0
	q := &queue{{source, 0}}
	for q.Len() > 0 {
		it := heap.Pop(q).(item)
		if done[it.node] {
			continue
		}
		done[it.node] = true
		order = append(order, it.node)
		for _, e := range g.at[it.node] {
			to := g.edges[e].a + g.edges[e].b - it.node
			if d := it.dist + g.weight[e]; d < dist[to] {
				dist[to], parent[to], via[to] = d, it.node, e
				heap.Push(q, item{to, d})
			}
		}
	}
	return parent, via, order
}

type item struct {
	node int
	dist float64
}

type queue []item

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].dist < q[j].dist }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(item)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// keepTree draws the stations' corners and keeps what leads to them, with the
// source first; the streets left over are remembered as possible ties.
func (p *plan) keepTree(g *grid, parent, via, order []int) {
	pick := append([]int(nil), order[1:]...)
	p.rng.Shuffle(len(pick), func(i, j int) { pick[i], pick[j] = pick[j], pick[i] })
	pick = pick[:p.opts.Stations]
	used := make([]bool, len(g.nodes))
	used[order[0]] = true
	served := make([]bool, len(g.nodes))
	for _, i := range pick {
		served[i] = true
		for j := i; !used[j]; j = parent[j] {
			used[j] = true
		}
	}
	number := make([]int, len(g.nodes))
	for i := range number {
		number[i] = -1
	}
	inTree := make([]bool, len(g.edges))
	for _, i := range order {
		if !used[i] {
			continue
		}
		n := g.nodes[i]
		n.parent, n.via = -1, -1
		number[i] = len(p.nodes)
		if parent[i] >= 0 {
			e := g.edges[via[i]]
			inTree[via[i]] = true
			e.a, e.b = number[parent[i]], number[i]
			n.parent, n.via = e.a, len(p.edges)
			p.edges = append(p.edges, e)
		}
		if served[i] {
			n.station = -2 // a station will stand beside this corner
		}
		p.nodes = append(p.nodes, n)
	}
	p.elevate()
	p.chooseTies(g, number, inTree)
}

// elevate lays smooth hills: a few long waves, scaled to 0 m … 25–60 m.
func (p *plan) elevate() {
	span := p.between(25, 60)
	if p.opts.Stations > 300 {
		span = p.between(25, 45) // what a big town's head leaves of the pressure class
	}
	if p.opts.Relief > 0 {
		span = p.opts.Relief
	}
	size := p.spacing * math.Sqrt(float64(len(p.nodes)))
	type wave struct{ kx, ky, phase, height float64 }
	waves := make([]wave, 5)
	for i := range waves {
		angle, k := p.between(0, 2*math.Pi), 2*math.Pi/size*p.between(0.35, 1.1)
		waves[i] = wave{k * math.Cos(angle), k * math.Sin(angle), p.between(0, 2*math.Pi), p.between(0.4, 1)}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range p.nodes {
		n := &p.nodes[i]
		for _, w := range waves {
			n.z += w.height * math.Sin(w.kx*n.x+w.ky*n.y+w.phase)
		}
		lo, hi = math.Min(lo, n.z), math.Max(hi, n.z)
	}
	for i := range p.nodes {
		p.nodes[i].z = round(span*(p.nodes[i].z-lo)/(hi-lo), 10)
	}
}

// chooseTies takes the streets that would close the biggest rings: between
// places far apart in the tree that both have many stations behind them. One
// ring for about fifty stations.
func (p *plan) chooseTies(g *grid, number []int, inTree []bool) {
	behind := p.behind()
	type candidate struct {
		e     edge
		score float64
	}
	var all []candidate
	for i, e := range g.edges {
		a, b := number[e.a], number[e.b]
		if inTree[i] || a <= 0 || b <= 0 {
			continue
		}
		loop := float64(p.loopLength(a, b))
		e.a, e.b, e.tie = a, b, true
		all = append(all, candidate{e, math.Min(loop, 40) * math.Sqrt(1+math.Min(float64(behind[a]), float64(behind[b])))})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	rings := (p.opts.Stations + 25) / 50
	if p.opts.Meshes > 0 {
		rings = int(p.opts.Meshes*float64(p.opts.Stations)/50 + 0.5)
	}
	apart := 0.45 * p.spacing * math.Sqrt(float64(len(p.nodes))) / math.Sqrt(float64(rings)+0.5)
	for _, c := range all {
		if rings == 0 {
			break
		}
		near := false
		for _, e := range p.edges {
			if e.tie && math.Hypot(p.nodes[e.a].x-p.nodes[c.e.a].x, p.nodes[e.a].y-p.nodes[c.e.a].y) < apart {
				near = true
				break
			}
		}
		if !near {
			c.e.open = true
			p.edges = append(p.edges, c.e)
			rings--
		}
	}
}

// behind counts the stations behind each node, its own included.
func (p *plan) behind() []int {
	count := make([]int, len(p.nodes))
	for i := len(p.nodes) - 1; i >= 0; i-- {
		if p.nodes[i].station != -1 {
			count[i]++
		}
		if up := p.nodes[i].parent; up >= 0 {
			count[up] += count[i]
		}
	}
	return count
}

// loopLength counts the tree edges between two nodes.
func (p *plan) loopLength(a, b int) int {
	n := 0
	for a != b {
		// Parents have smaller numbers: the larger one steps up.
		if a > b {
			a = p.nodes[a].parent
		} else {
			b = p.nodes[b].parent
		}
		n++
	}
	return n
}
