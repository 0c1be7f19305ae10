package sparse

// Columns wider than narrow (meshed grids) are eliminated in blocks: of
// neighbours whose rows are the same below the block, up to widest at a time,
// so that a target is loaded and stored once for all of them.
const (
	narrow = 8
	widest = 4
)

// mostListed bounds the update targets listed beforehand, as multiples of the
// factor; beyond it they are searched for.
const mostListed = 32

// schedule lists, for every narrow column with rows r0<r1<.., the slots of
// (r1,r0), (r2,r0), .., (r2,r1), ..: where its outer product is subtracted. Of a
// block it lists them for the rows below it, without those of a target column
// that has just these rows, as long as all are at most so many.
func (p *Pattern) schedule(most int) {
	p.upd, p.updAt, p.wide = p.upd[:0], make([]int32, p.N), make([]int8, p.N+1)
	for j := 0; j < p.N; j++ {
		r := p.rows[p.ptr[j]:p.ptr[j+1]]
		p.updAt[j] = int32(len(p.upd))
		if len(r) > narrow {
			k := p.alike(j)
			p.wide[j] = int8(k)
			if p.listBlock(r[k-1:]); len(p.upd) > most {
				p.upd, p.updAt[j] = p.upd[:p.updAt[j]], -1
			}
			j += k - 1
			continue
		}
		for a := range r {
			for b := a + 1; b < len(r); b++ {
				p.upd = append(p.upd, p.target(r[a], r[b]))
			}
		}
	}
}

// alike returns how many columns from j on have the same rows below them: 4, 2
// or 1.
func (p *Pattern) alike(j int) int {
	k := 1
	for k < widest && j+k < p.N && j+k != int(p.one) && j+k != int(p.both) {
		before, width := p.rows[p.ptr[j+k-1]:p.ptr[j+k]], int(p.ptr[j+k+1]-p.ptr[j+k])
		if len(before) != width+1 || int(before[0]) != j+k {
			break
		}
		k++
	}
	if k == 3 {
		return 2
	}
	return k
}

// listBlock lists the targets of a block above the rows r.
func (p *Pattern) listBlock(r []int32) {
	for a := range r {
		rest := r[a+1:]
		if p.isRun(r[a], rest) {
			continue
		}
		t, cell, slot := p.column(r[a])
		for _, x := range rest {
			for p.rows[t] != x-cell {
				t++
			}
			p.upd = append(p.upd, t+slot)
			t++
		}
	}
}

// block adds up, factorizes and eliminates k columns from j on.
func (p *Pattern) block(edges []Edge, mirrored, by int32, cells []Cell, l []float64, j, k int) {
	for i := range edges {
		e := &edges[i]
		to := e.B
		if to >= mirrored {
			to += by
		}
		a, b := &cells[e.A], &cells[to]
		a.D += e.W
		a.X += e.F
		b.D += e.W
		b.X -= e.F
		l[e.Slot] -= e.W
	}
	for i := j; i < j+k; i++ {
		c := &cells[i]
		if !(c.D > 0) {
			c.D, c.X = 1, 0
		}
		c.D = 1 / c.D
		col := l[p.ptr[i]:p.ptr[i+1]]
		for t := i + 1; t < j+k; t++ {
			v, rest := col[t-i-1], col[t-i:]
			y := v * c.D
			cells[t].D -= v * y
			cells[t].X -= y * c.X
			target := l[p.ptr[t]:][:len(rest)]
			for b, z := range rest {
				target[b] -= z * y
			}
		}
	}
	switch {
	case p.updAt[j] < 0:
		for i := j; i < j+k; i++ {
			p.search(cells, l, i, j+k-1-i)
		}
	case k == 1:
		p.below1(cells, l, j)
	case k == 2:
		p.below2(cells, l, j)
	default:
		p.below4(cells, l, j)
	}
	for i := j; i < j+k; i++ {
		col, inv := l[p.ptr[i]:p.ptr[i+1]], cells[i].D
		for a := range col {
			col[a] *= inv
		}
	}
}

// search subtracts what column j adds to its rows but for the first few, whose
// targets are not listed.
func (p *Pattern) search(cells []Cell, l []float64, j, few int) {
	r, col := p.rows[p.ptr[j]:p.ptr[j+1]], l[p.ptr[j]:p.ptr[j+1]]
	for a := few; a < len(r); a++ {
		v := col[a]
		y := v * cells[j].D
		c := &cells[r[a]]
		c.D -= v * y
		c.X -= y * cells[j].X
		t, cell, slot := p.column(r[a])
		for b := a + 1; b < len(r); b++ {
			for p.rows[t] != r[b]-cell {
				t++
			}
			l[t+slot] -= col[b] * y
			t++
		}
	}
}

// column returns where the column of row r begins, and by how much its rows and
// slots are mirrored.
func (p *Pattern) column(r int32) (begin, cell, slot int32) {
	if int(r) >= p.N {
		return p.ptr[r-p.cell], p.cell, p.slot
	}
	return p.ptr[r], 0, 0
}

// isRun reports whether the column of row r has just the rows rest.
func (p *Pattern) isRun(r int32, rest []int32) bool {
	return int(r) < p.N && int(p.ptr[r+1]-p.ptr[r]) == len(rest)
}

// targets returns the column of row r as far as it belongs to the rows rest: as
// a run of l, or as a list of slots, of which the lists from at on are taken.
func (p *Pattern) targets(l []float64, r int32, rest []int32, at *int32) (run []float64, list []int32) {
	if p.isRun(r, rest) {
		t := int(p.ptr[r])
		return l[t : t+len(rest)], nil
	}
	list = p.upd[*at : int(*at)+len(rest)]
	*at += int32(len(rest))
	return nil, list
}

// below1 subtracts what one column adds to the rows below it.
func (p *Pattern) below1(cells []Cell, l []float64, j int) {
	r := p.rows[p.ptr[j]:p.ptr[j+1]]
	c0 := l[p.ptr[j]:][:len(r)]
	inv0, x0 := cells[j].D, cells[j].X
	at := p.updAt[j]
	for a, row := range r {
		y0 := c0[a] * inv0
		t := &cells[row]
		t.D -= c0[a] * y0
		t.X -= y0 * x0
		run, list := p.targets(l, row, r[a+1:], &at)
		r0 := c0[a+1:]
		if list == nil {
			run = run[:len(r0)]
			for b, z := range r0 {
				run[b] -= z * y0
			}
			continue
		}
		list = list[:len(r0)]
		for b, z := range r0 {
			l[list[b]] -= z * y0
		}
	}
}

// below2 is below1 of two columns.
func (p *Pattern) below2(cells []Cell, l []float64, j int) {
	r := p.rows[p.ptr[j+1]:p.ptr[j+2]]
	c0, c1 := l[p.ptr[j]+1:][:len(r)], l[p.ptr[j+1]:][:len(r)]
	inv0, x0, inv1, x1 := cells[j].D, cells[j].X, cells[j+1].D, cells[j+1].X
	at := p.updAt[j]
	for a, row := range r {
		y0, y1 := c0[a]*inv0, c1[a]*inv1
		t := &cells[row]
		t.D -= c0[a]*y0 + c1[a]*y1
		t.X -= y0*x0 + y1*x1
		run, list := p.targets(l, row, r[a+1:], &at)
		r0 := c0[a+1:]
		r1 := c1[a+1:][:len(r0)]
		if list == nil {
			run = run[:len(r0)]
			for b, z := range r0 {
				run[b] -= z*y0 + r1[b]*y1
			}
			continue
		}
		list = list[:len(r0)]
		for b, z := range r0 {
			l[list[b]] -= z*y0 + r1[b]*y1
		}
	}
}

// below4 is below1 of four columns.
func (p *Pattern) below4(cells []Cell, l []float64, j int) {
	r := p.rows[p.ptr[j+3]:p.ptr[j+4]]
	c0, c1, c2, c3 := l[p.ptr[j]+3:][:len(r)], l[p.ptr[j+1]+2:][:len(r)], l[p.ptr[j+2]+1:][:len(r)], l[p.ptr[j+3]:][:len(r)]
	k0, k1, k2, k3 := cells[j], cells[j+1], cells[j+2], cells[j+3]
	at := p.updAt[j]
	for a, row := range r {
		y0, y1, y2, y3 := c0[a]*k0.D, c1[a]*k1.D, c2[a]*k2.D, c3[a]*k3.D
		t := &cells[row]
		t.D -= c0[a]*y0 + c1[a]*y1 + c2[a]*y2 + c3[a]*y3
		t.X -= y0*k0.X + y1*k1.X + y2*k2.X + y3*k3.X
		run, list := p.targets(l, row, r[a+1:], &at)
		r0 := c0[a+1:]
		r1, r2, r3 := c1[a+1:][:len(r0)], c2[a+1:][:len(r0)], c3[a+1:][:len(r0)]
		if list == nil {
			run = run[:len(r0)]
			for b, z := range r0 {
				run[b] -= z*y0 + r1[b]*y1 + r2[b]*y2 + r3[b]*y3
			}
			continue
		}
		list = list[:len(r0)]
		for b, z := range r0 {
			l[list[b]] -= z*y0 + r1[b]*y1 + r2[b]*y2 + r3[b]*y3
		}
	}
}
