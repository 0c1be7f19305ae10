package design

import (
	"math"

	"evenflow/models"
)

// partners finds the pairs of supply and return junctions and pipes, starting
// from the source and the stations; return junctions without coordinates take
// those of their partner.
func (d *designer) partners() {
	p := pair(d.n)
	for i := range d.n.Junctions {
		j, q := &d.n.Junctions[i], p.junction[i]
		if q >= 0 && !j.X.Known && d.n.Junctions[q].X.Known {
			j.X, j.Y = d.n.Junctions[q].X, d.n.Junctions[q].Y
			assume(&j.Assumed, "x_m", "y_m")
		}
	}
	for i, q := range p.pipe {
		if q < 0 || d.n.Pipes[i].Partner != "" {
			continue
		}
		d.n.Pipes[i].Partner = d.n.Pipes[q].ID
		assume(&d.n.Pipes[i].Assumed, "partner")
	}
}

// pairs are the partners by index, -1 where there is none.
type pairs struct{ junction, pipe []int }

// pair walks supply and return side together.
func pair(n *models.Network) *pairs {
	index := n.Index()
	p := &pairs{make([]int, len(n.Junctions)), make([]int, len(n.Pipes))}
	for i := range p.junction {
		p.junction[i] = -1
	}
	for i := range p.pipe {
		p.pipe[i] = -1
	}
	type end struct{ branch, far int } // branch: pipe index, or -1-valve index
	next := make([][]end, len(n.Junctions))
	add := func(b *models.Branch, branch int) {
		from, _ := index.At(models.KindJunction, b.From)
		to, _ := index.At(models.KindJunction, b.To)
		next[from] = append(next[from], end{branch, to})
		next[to] = append(next[to], end{branch, from})
	}
	for i := range n.Pipes {
		add(&n.Pipes[i].Branch, i)
	}
	for i := range n.Valves {
		add(&n.Valves[i].Branch, -1-i)
	}
	var queue []int
	join := func(a, b int) {
		if p.junction[a] < 0 && p.junction[b] < 0 && a != b {
			p.junction[a], p.junction[b] = b, a
			queue = append(queue, a)
		}
	}
	for _, bridge := range bridges(n) {
		from, _ := index.At(models.KindJunction, bridge.From)
		to, _ := index.At(models.KindJunction, bridge.To)
		join(from, to)
	}
	// A pipe's partner joins the partners of its ends; where only one end has a
	// partner yet, the only like-sized unpaired pipe there is taken.
	for at := 0; at < len(queue); at++ {
		a := queue[at]
		b := p.junction[a]
		for _, x := range next[a] {
			var match []end
			for _, y := range next[b] {
				if alike(n, x.branch, y.branch) && (p.junction[x.far] == y.far || p.junction[x.far] < 0 && p.junction[y.far] < 0) {
					match = append(match, y)
				}
			}
			if len(match) == 0 || len(match) > 1 && p.junction[x.far] < 0 {
				continue // none, or not clear which: another way around will tell
			}
			if x.branch >= 0 {
				p.pipe[x.branch], p.pipe[match[0].branch] = match[0].branch, x.branch
			}
			join(x.far, match[0].far)
		}
	}
	return p
}

// bridges are the branches between the two sides.
func bridges(n *models.Network) []*models.Branch {
	var out []*models.Branch
	for i := range n.Sources {
		out = append(out, &n.Sources[i].Branch)
	}
	for i := range n.Stations {
		out = append(out, &n.Stations[i].Branch)
	}
	return out
}

// alike reports whether two branches may lie in one trench: two valves, or two
// pipes of equal length.
func alike(n *models.Network, a, b int) bool {
	if a < 0 || b < 0 {
		return a < 0 && b < 0 && a != b
	}
	return a != b && math.Abs(n.Pipes[a].Length-n.Pipes[b].Length) <= 1e-6*math.Max(1, n.Pipes[a].Length)
}
