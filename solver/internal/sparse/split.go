package sparse

import (
	"math"
	"slices"
)

// halves is how the columns of a large matrix are divided: [0, one) and
// [one, both) do not touch one another and may be eliminated at the same time;
// what they share is the top, [both, N). What the second half adds to the top and
// to the ends of edges beyond it goes to mirrors, so that the two never write to
// one place, and the sums do not depend on who was first:
//
//	the cell of i >= both is mirrored at i + cell, the slot s of L, from that of
//	column both on, at s + slot.
type halves struct {
	one, both  int32
	cell, slot int32
}

// leastGain is by how much two that work at the same time must be faster for a
// matrix to be divided.
const leastGain = 1.4

// Split divides the matrix in two halves and a top, for edges whose ends go up
// to all. It returns p itself where that would not be worth while: where the
// elimination tree is a stalk.
func (p *Pattern) Split(all int) *Pattern {
	n := p.N
	up, work := make([]int32, n), make([]float64, n)
	under := make([][]int32, n+1) // by column, the ones hanging on it; n: roots
	total := 0.0
	for j := range n {
		w := int(p.ptr[j+1] - p.ptr[j])
		own := float64(8 + 2*w + w*w/2)
		work[j] += own
		total += own
		up[j] = int32(n)
		if w > 0 {
			up[j] = p.rows[p.ptr[j]]
			work[up[j]] += work[j]
		}
		under[up[j]] = append(under[up[j]], int32(j))
	}
	part := divide(work, under, total)
	if part == nil {
		return p
	}
	// The order is that of the parts, and within each the one of before.
	order := make([]int32, 0, n)
	var ends [3]int32
	for k := range int8(3) {
		for j := range n {
			if part[j] == k {
				order = append(order, int32(j))
			}
		}
		ends[k] = int32(len(order))
	}
	q := &Pattern{N: n, Pivot: make([]int32, n), Node: make([]int32, n), ptr: make([]int32, n+1)}
	now := make([]int32, n)
	for i, j := range order {
		now[j] = int32(i)
	}
	q.one, q.both = ends[0], ends[1]
	q.cell = int32(all) - q.both
	for i, j := range order {
		q.Node[i] = p.Node[j]
		q.Pivot[q.Node[i]] = int32(i)
		for _, r := range p.rows[p.ptr[j]:p.ptr[j+1]] {
			if r = now[r]; int32(i) >= q.one && int32(i) < q.both && r >= q.both {
				r += q.cell
			}
			q.rows = append(q.rows, r)
		}
		q.ptr[i+1] = int32(len(q.rows))
		slices.Sort(q.rows[q.ptr[i]:])
	}
	q.slot = int32(len(q.rows)) + 1 - q.ptr[q.both]
	q.schedule(mostListed * (len(q.rows) + 1<<12))
	return q
}

// divide chooses, by column, the half it belongs to, 0 or 1, or 2 for the top;
// nil where nothing is gained. Subtrees go to the lighter half, heavy ones first;
// the heaviest is taken apart until that does not help any more.
func divide(work []float64, under [][]int32, total float64) []int8 {
	n := len(work)
	trees := slices.Clone(under[n])
	top := 0.0
	least, best := math.Inf(1), []int32(nil)
	heavier := func(a, b int32) int {
		switch {
		case work[a] > work[b]:
			return -1
		case work[a] < work[b]:
			return 1
		}
		return int(a - b)
	}
	slices.SortFunc(trees, heavier)
	for range 4096 {
		var half [2]float64
		for _, t := range trees {
			half[lighter(half)] += work[t]
		}
		if cost := max(half[0], half[1]) + top; cost < least {
			least, best = cost, append(best[:0], trees...)
		}
		if len(trees) == 0 || work[trees[0]] < total/200 {
			break
		}
		t := trees[0]
		below := 0.0
		trees = append(trees[:0], trees[1:]...)
		for _, c := range under[t] {
			below += work[c]
			at, _ := slices.BinarySearchFunc(trees, c, heavier)
			trees = slices.Insert(trees, at, c)
		}
		top += work[t] - below
	}
	if total < leastGain*least {
		return nil
	}
	part := make([]int8, n)
	for j := range part {
		part[j] = 2
	}
	var half [2]float64
	for _, t := range best {
		k := lighter(half)
		half[k] += work[t]
		part[t] = int8(k)
	}
	for j := n - 1; j >= 0; j-- { // a column belongs to the half of the one it hangs on
		for _, c := range under[j] {
			if part[j] < 2 {
				part[c] = part[j]
			}
		}
	}
	return part
}

func lighter(half [2]float64) int {
	if half[1] < half[0] {
		return 1
	}
	return 0
}

// Halves returns where the first half and both of them end; 0, 0 for a matrix
// that is not divided.
func (p *Pattern) Halves() (one, both int) { return int(p.one), int(p.both) }

// Cells returns how many cells Solve needs for edges whose ends go up to all.
func (p *Pattern) Cells(all int) int { return all + int(p.cell) }

// Slots returns how many values of L it needs.
func (p *Pattern) Slots() int { return p.Fill() + 1 + int(p.slot) }

// Forward eliminates a part, the two halves 0 and 1 or the top 2; see Solve.
// The halves may be taken at the same time, the top after Merge.
func (p *Pattern) Forward(part int, edges []Edge, first []int32, cells []Cell, l []float64) {
	switch part {
	case 0:
		p.forward(0, int(p.one), math.MaxInt32, 0, edges, first, cells, l)
	case 1:
		p.forward(int(p.one), int(p.both), p.both, p.cell, edges, first, cells, l)
	default:
		p.forward(int(p.both), p.N, math.MaxInt32, 0, edges, first, cells, l)
	}
}

// Merge adds what the second half has left in the mirrors.
func (p *Pattern) Merge(cells []Cell, l []float64) {
	if p.both == 0 {
		return
	}
	mirror := cells[p.both+p.cell:]
	for i := range cells[p.both:p.N] {
		c, m := &cells[int(p.both)+i], &mirror[i]
		c.D += m.D
		c.X += m.X
	}
	from := p.ptr[p.both]
	beyond := l[from+p.slot:]
	for i := range l[from:len(p.rows)] {
		l[int(from)+i] += beyond[i]
	}
}

// Back substitutes in a part, the top first, then after Share the halves.
func (p *Pattern) Back(part int, cells []Cell, l []float64) {
	switch part {
	case 0:
		p.back(0, int(p.one), cells, l)
	case 1:
		p.back(int(p.one), int(p.both), cells, l)
	default:
		p.back(int(p.both), p.N, cells, l)
	}
}

// Share hands the solution of the top to the mirrors.
func (p *Pattern) Share(cells []Cell) {
	if p.both > 0 {
		copy(cells[p.both+p.cell:], cells[p.both:p.N])
	}
}
