package sparse

import "slices"

// number renumbers the elimination order in postorder of the elimination
// tree, so that a column and its parent lie close in memory.
func (p *Pattern) number(order []int32, columns [][]int32) {
	n := p.N
	when := make([]int32, n)
	for i, v := range order {
		when[v] = int32(i)
	}
	parent := make([]int32, n) // by outside index, -1 at a root
	for v, col := range columns {
		parent[v] = -1
		for _, u := range col {
			if parent[v] < 0 || when[u] < when[parent[v]] {
				parent[v] = u
			}
		}
	}
	// Children lists in elimination order; roots hang on n.
	first, sibling := make([]int32, n+1), make([]int32, n)
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
	p.Pivot, p.Node = make([]int32, n), make([]int32, 0, n)
	stack := make([]int32, 0, 64)
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
	p.ptr = make([]int32, n+1)
	for j, v := range p.Node {
		for _, u := range columns[v] {
			p.rows = append(p.rows, p.Pivot[u])
		}
		p.ptr[j+1] = int32(len(p.rows))
		slices.Sort(p.rows[p.ptr[j]:])
	}
}

// schedule lists, for every narrow column with rows r0<r1<.., the slots of
// (r1,r0), (r2,r0), .., (r2,r1), ..: where its outer product is subtracted.
func (p *Pattern) schedule() {
	p.updAt = make([]int32, p.N)
	for j := range p.N {
		r := p.rows[p.ptr[j]:p.ptr[j+1]]
		if len(r) > narrow {
			p.updAt[j] = -1
			continue
		}
		p.updAt[j] = int32(len(p.upd))
		for a := range r {
			for b := a + 1; b < len(r); b++ {
				p.upd = append(p.upd, p.Slot(r[a], r[b]))
			}
		}
	}
}

// Factor holds the values of one matrix and, after Factorize, of its factor
// LDL'. It belongs to one goroutine.
type Factor struct {
	D []float64 // diagonal, by pivot
	L []float64 // below it, by slot
}

// NewFactor returns room for the values of p's matrices.
func (p *Pattern) NewFactor() *Factor {
	return &Factor{D: make([]float64, p.N), L: make([]float64, len(p.rows))}
}

// Clear sets all values to zero, ready for assembly.
func (f *Factor) Clear() {
	clear(f.D)
	clear(f.L)
}

// Factorize replaces the assembled matrix by its factor, in place. A pivot
// that is not positive (a node without any conductance) counts as 1.
func (p *Pattern) Factorize(f *Factor) {
	d, l, rows := f.D, f.L, p.rows
	for j := range d {
		if !(d[j] > 0) {
			d[j] = 1
		}
		lo, hi := int(p.ptr[j]), int(p.ptr[j+1])
		inv := 1 / d[j]
		switch hi - lo {
		case 0:
		case 1:
			x := l[lo]
			y := x * inv
			l[lo] = y
			d[rows[lo]] -= x * y
		case 2:
			x0, x1 := l[lo], l[lo+1]
			y0, y1 := x0*inv, x1*inv
			l[lo], l[lo+1] = y0, y1
			d[rows[lo]] -= x0 * y0
			d[rows[lo+1]] -= x1 * y1
			l[p.upd[p.updAt[j]]] -= x1 * y0
		default:
			if at := p.updAt[j]; at >= 0 {
				p.scatterNarrow(f, lo, hi, int(at), inv)
			} else {
				p.scatterWide(f, lo, hi, inv)
			}
		}
	}
}

func (p *Pattern) scatterNarrow(f *Factor, lo, hi, at int, inv float64) {
	d, l := f.D, f.L
	rows, upd := p.rows[lo:hi], p.upd[at:]
	col := l[lo:hi]
	k := 0
	for a, x := range col {
		y := x * inv
		d[rows[a]] -= x * y
		for _, z := range col[a+1:] {
			l[upd[k]] -= z * y
			k++
		}
	}
	for a := range col {
		col[a] *= inv
	}
}

// scatterWide finds the targets by walking column and target side by side:
// what is left of a column is part of the column of any of its rows.
func (p *Pattern) scatterWide(f *Factor, lo, hi int, inv float64) {
	d, l := f.D, f.L
	rows := p.rows[lo:hi]
	col := l[lo:hi]
	for a, x := range col {
		y := x * inv
		r := rows[a]
		d[r] -= x * y
		if y == 0 {
			continue
		}
		t := int(p.ptr[r])
		for b := a + 1; b < len(rows); b++ {
			for p.rows[t] != rows[b] {
				t++
			}
			l[t] -= col[b] * y
			t++
		}
	}
	for a := range col {
		col[a] *= inv
	}
}

// Solve replaces the right-hand side x, indexed by pivot, by the solution.
func (p *Pattern) Solve(f *Factor, x []float64) {
	l, rows := f.L, p.rows
	for j := range f.D {
		xj := x[j]
		if xj == 0 {
			continue
		}
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			x[rows[k]] -= l[k] * xj
		}
	}
	for j := len(f.D) - 1; j >= 0; j-- {
		s := x[j] / f.D[j]
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			s -= l[k] * x[rows[k]]
		}
		x[j] = s
	}
}
