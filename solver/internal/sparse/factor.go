package sparse

import "slices"

// number renumbers the elimination order in postorder of the elimination
// tree, so that a column and its parent lie close in memory.
func (w *Workspace) number(p *Pattern) {
	n, order, columns := p.N, w.sequence, w.adj
	w.when, w.parent = room(w.when, n), room(w.parent, n)
	when, parent := w.when, w.parent // by outside index, -1 at a root
	for i, v := range order {
		when[v] = int32(i)
	}
	for v, col := range columns {
		parent[v] = -1
		for _, u := range col {
			if parent[v] < 0 || when[u] < when[parent[v]] {
				parent[v] = u
			}
		}
	}
	// Children lists in elimination order; roots hang on n.
	w.first, w.sibling = room(w.first, n+1), room(w.sibling, n)
	first, sibling := w.first, w.sibling
	for i := range first {
		first[i] = -1
	}
	for i := n - 1; i >= 0; i-- {
		v := order[i]
		up := parent[v]
		if up < 0 {
			up = int32(n)
		}
		sibling[v] = first[up]
		first[up] = v
	}
	p.Pivot, p.Node = room(p.Pivot, n), room(p.Node, n)[:0]
	stack := room(w.stack, 64)
	for root := first[n]; root >= 0; root = sibling[root] {
		stack = append(stack[:0], root)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			if c := first[v]; c >= 0 {
				first[v] = sibling[c]
				stack = append(stack, c)
				continue
			}
			stack = stack[:len(stack)-1]
			p.Pivot[v] = int32(len(p.Node))
			p.Node = append(p.Node, v)
		}
	}
	w.stack = stack
	p.ptr, p.rows = room(p.ptr, n+1), p.rows[:0]
	for j, v := range p.Node {
		for _, u := range columns[v] {
			p.rows = append(p.rows, p.Pivot[u])
		}
		p.ptr[j+1] = int32(len(p.rows))
		slices.Sort(p.rows[p.ptr[j]:])
	}
}

// Cell holds what belongs to one pivot: the diagonal D of the matrix, after
// Solve its reciprocal in the factor LDL'; and X, the right-hand side and then
// the solution.
type Cell struct{ D, X float64 }

// Fill returns the number of entries of the factor below the diagonal: so many
// values L has, or more.
func (p *Pattern) Fill() int { return len(p.rows) }

// Edge is a conductance W between the pivots A < B, with a right-hand side F at
// A and -F at B. Slot is where L keeps their entry, see Slot.
type Edge struct {
	W, F       float64
	A, B, Slot int32
}

// Solve solves for the matrix and the right-hand sides that the edges add to
// those in the cells and in l: two passes through memory. It leaves the
// solution in the cells' X and the factor in their D and in l. The edges stand
// in the order of their A, those of pivot j in edges[first[j]:first[j+1]];
// there are Cells cells and Slots values of l. A pivot that is not positive (a
// node without any conductance) counts as 1, with 0 on the right-hand side.
func (p *Pattern) Solve(edges []Edge, first []int32, cells []Cell, l []float64) {
	for part := range 3 {
		if part == 2 {
			p.Merge(cells, l)
		}
		p.Forward(part, edges, first, cells, l)
	}
	for part := 2; part >= 0; part-- {
		p.Back(part, cells, l)
		if part == 2 {
			p.Share(cells)
		}
	}
}

// forward adds up, factorizes and eliminates the right-hand side column by
// column, from pivot begin to end. The cell of an edge's end from mirrored on
// stands by so many further.
func (p *Pattern) forward(begin, end int, mirrored, by int32, edges []Edge, first []int32, cells []Cell, l []float64) {
	rows, ptr := p.rows, p.ptr
	if begin == end {
		return
	}
	lo, at := int(ptr[begin]), int(first[begin])
	for j := begin; j < end; j++ {
		if k := int(p.wide[j]); k > 0 {
			p.block(edges[at:first[j+k]], mirrored, by, cells, l, j, k)
			j += k - 1
			lo, at = int(ptr[j+1]), int(first[j+1])
			continue
		}
		hi := int(ptr[j+1])
		c := &cells[j]
		d, x := c.D, c.X
		for last := int(first[j+1]); at < last; at++ {
			e := &edges[at]
			d += e.W
			x += e.F
			to := e.B
			if to >= mirrored {
				to += by
			}
			t := &cells[to]
			t.D += e.W
			t.X -= e.F
			l[e.Slot] -= e.W
		}
		if !(d > 0) {
			d, x = 1, 0
		}
		inv := 1 / d
		c.D, c.X = inv, x
		switch hi - lo {
		case 0:
		case 1:
			v := l[lo]
			y := v * inv
			l[lo] = y
			t := &cells[rows[lo]]
			t.D -= v * y
			t.X -= y * x
		case 2:
			v0, v1 := l[lo], l[lo+1]
			y0, y1 := v0*inv, v1*inv
			l[lo], l[lo+1] = y0, y1
			t := &cells[rows[lo]]
			t.D -= v0 * y0
			t.X -= y0 * x
			t = &cells[rows[lo+1]]
			t.D -= v1 * y1
			t.X -= y1 * x
			l[p.upd[p.updAt[j]]] -= v1 * y0
		case 3:
			v0, v1, v2 := l[lo], l[lo+1], l[lo+2]
			y0, y1, y2 := v0*inv, v1*inv, v2*inv
			l[lo], l[lo+1], l[lo+2] = y0, y1, y2
			t := &cells[rows[lo]]
			t.D -= v0 * y0
			t.X -= y0 * x
			t = &cells[rows[lo+1]]
			t.D -= v1 * y1
			t.X -= y1 * x
			t = &cells[rows[lo+2]]
			t.D -= v2 * y2
			t.X -= y2 * x
			u := p.upd[p.updAt[j]:][:3]
			l[u[0]] -= v1 * y0
			l[u[1]] -= v2 * y0
			l[u[2]] -= v2 * y1
		default:
			scatterNarrow(cells, l, rows[lo:hi], p.upd[p.updAt[j]:], l[lo:hi], inv, x)
		}
		lo = hi
	}
}

func scatterNarrow(cells []Cell, l []float64, rows, upd []int32, col []float64, inv, x float64) {
	k := 0
	for a, v := range col {
		y := v * inv
		t := &cells[rows[a]]
		t.D -= v * y
		t.X -= y * x
		for _, z := range col[a+1:] {
			l[upd[k]] -= z * y
			k++
		}
	}
	for a := range col {
		col[a] *= inv
	}
}

// back substitutes from pivot end-1 to begin.
func (p *Pattern) back(begin, end int, cells []Cell, l []float64) {
	rows, ptr := p.rows, p.ptr
	hi := int(ptr[end])
	for j := end - 1; j >= begin; j-- {
		lo := int(ptr[j])
		c := &cells[j]
		s := c.X * c.D
		for k := lo; k < hi; k++ {
			s -= l[k] * cells[rows[k]].X
		}
		c.X = s
		hi = lo
	}
}

// Again solves for one more right-hand side x with the factor that Solve left.
func (p *Pattern) Again(cells []Cell, l, x []float64) {
	for j := range p.N {
		xj := x[j]
		if xj == 0 {
			continue
		}
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			x[p.row(k)] -= l[k] * xj
		}
	}
	for j := p.N - 1; j >= 0; j-- {
		s := x[j] * cells[j].D
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			s -= l[k] * x[p.row(k)]
		}
		x[j] = s
	}
}

// row returns the row of an entry of L.
func (p *Pattern) row(k int32) int32 {
	r := p.rows[k]
	if int(r) >= p.N {
		r -= p.cell
	}
	return r
}
