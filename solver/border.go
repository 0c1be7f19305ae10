package solver

import (
	"math"
	"slices"

	"evenflow/solver/internal/law"
)

// border solves the Newton step together with the regulators that hold. In
// the matrix a held link is a plain conductance w; beside it stands an unknown
// flow u, and with it the equation that the set point is met:
//
//	A dp + B u = b,   C dp + G u = c
//
// with one column of B (out at from, in at to) and one row of C (the nodes
// sensed) per regulator. dp = y - Z u with A y = b and A Z = B, and u follows
// from the small dense system (G - C Z) u = c - C y. No penalties: the
// conductances stay within those of the network, and a row that determines
// nothing is found as such.
type border struct {
	rows  []int       // regulators holding
	z     [][]float64 // columns of Z
	a     [][]float64 // G - C Z | c - C y
	u     []float64
	order []int

	columns, system []float64 // memory of z and a
	seen            []bool    // by node, and those still to be looked at
	queue           []int32
}

// sense returns what a regulator senses of node values: C of its row.
func (st *state) sense(x *regulator, v []float64) float64 {
	at := func(n int32) float64 {
		if n < 0 || st.core.at[n] >= int32(st.core.unknown) {
			return 0
		}
		return v[st.core.at[n]]
	}
	switch l := &st.links[x.link]; x.senses {
	case ownFlow:
		return st.alone[x.link].w * (at(l.from) - at(l.to))
	case differential:
		return at(x.high) - at(x.low)
	}
	return at(x.high)
}

// solveBorder turns the core's step, the solution y without regulators, into dp, and
// leaves the flows u in the border. Regulators that cannot control anything
// are opened; the step is then a plain one.
func (st *state) solveBorder() {
	b := &st.regs.border
	b.rows = b.rows[:0]
	for i := range st.regs.list {
		if x := &st.regs.list[i]; x.stand == holding && !x.plain {
			b.rows = append(b.rows, i)
		}
	}
	if len(b.rows) == 0 {
		return
	}
	n := &st.core
	for i := range n.x {
		n.x[i] = n.cells[i].X
	}
	st.columns()
	for {
		row, to := st.unfit()
		if row < 0 {
			break
		}
		x := &st.regs.list[b.rows[row]]
		st.place(x, to)
		// The conductance of this step is as good as any, without residual.
		st.alone[x.link].e = 0
		b.rows = append(b.rows[:row], b.rows[row+1:]...)
		b.z = append(b.z[:row], b.z[row+1:]...)
	}
	for j, u := range b.u {
		for v, z := range b.z[j] {
			n.x[v] -= u * z
		}
	}
	for i, x := range n.x {
		n.cells[i].X = x
	}
}

// unfit solves the small system and returns the row of a regulator that does
// not fit into it, and the stand that it has in its place; -1: all do.
func (st *state) unfit() (row int, to stand) {
	b := &st.regs.border
	row = st.bridge()
	if row < 0 {
		st.fillBorder()
		row = b.solve()
	}
	if row >= 0 {
		row, to = st.giveWay(row)
		x := &st.regs.list[b.rows[row]]
		if to == wideOpen && x.idle && x.drive == nil && x.senses != ownFlow {
			to = shut // asked once more with too much behind it: now the limiter beside it must see to what is drawn
		}
		x.stuck, x.idle = true, to == wideOpen
		return row, to
	}
	return st.absurd()
}

// leastAbsurd is what a valve that throttles may need, Pa, for its flow alone,
// wide open: what needs more is out of its reach, and the flow found for it a
// step from which Newton's method takes long to come back. A regulator that
// needs more once more is believed thirty times as much, and so on.
const leastAbsurd = 3e5

// absurd returns the row of a regulator that would need a flow which nothing
// drives through it: it opens, or closes where the flow is backwards. One in
// still water closes where it could hold only by letting some back.
func (st *state) absurd() (row int, to stand) {
	b, n := &st.regs.border, &st.core
	row = -1
	most := 1.0
	for j, i := range b.rows {
		x := &st.regs.list[i]
		l := &st.links[x.link]
		p, q := n.at[l.from], n.at[l.to]
		d := n.x[p] - n.x[q]
		for c, u := range b.u {
			d -= u * (b.z[c][p] - b.z[c][q])
		}
		m := l.m + st.alone[x.link].w*d + b.u[j]
		if x.drive == nil && math.Abs(l.m) <= flowBand && m < -flowBand {
			return j, shut
		}
		if share := st.absurdity(x, math.Abs(m)) / math.Pow(30, float64(x.balked)); share > most {
			row, to, most = j, wideOpen, share
			if m < 0 {
				to = x.closed()
			}
		}
	}
	if row >= 0 {
		st.regs.list[b.rows[row]].balked++
	}
	return row, to
}

// onlyWay is the conductance, (kg/s)/Pa, below which what lies beside a
// regulator is no way for water: shut valves.
const onlyWay = 20 / law.Shut

// bridge returns the row of a regulator that is the only way to a part with
// given draws, so that it can neither limit its flow nor sustain a pressure
// before it; -1: none.
func (st *state) bridge() int {
	b := &st.regs.border
	for r, i := range b.rows {
		x := &st.regs.list[i]
		if x.senses != ownFlow && x.senses != pressureLow {
			continue
		}
		l := &st.links[x.link]
		across := b.z[r][st.core.at[l.from]] - b.z[r][st.core.at[l.to]]
		if across > 0 && 1/across-st.alone[x.link].w < onlyWay {
			if now := st.report.Iterations; x.sparedIn == now || x.spared < mostSpared && st.otherWay(x) {
				if x.sparedIn != now {
					x.spared, x.sparedIn = x.spared+1, now
				}
				continue
			}
			return r
		}
	}
	return -1
}

// limits reports whether a link is a regulator whose flow is held.
func (r *regulators) limits(link int32) bool {
	return slices.ContainsFunc(r.list, func(x regulator) bool { return x.link == link && x.senses == ownFlow && x.stand == holding })
}

// mostSpared is in how many steps a regulator that is the only way at present is
// left as it is, since what stands shut beside it may open.
const mostSpared = 3

// otherWay reports whether what lies behind a regulator could be fed without it,
// through check valves, pumps and regulators that stand shut now, or could do with
// less, since the pressure drives what is drawn there.
func (st *state) otherWay(x *regulator) bool {
	b := &st.regs.border
	b.seen, b.queue = resize(b.seen, len(st.fixed)), b.queue[:0]
	clear(b.seen)
	begin := st.links[x.link].to
	b.seen[begin] = true
	b.queue = append(b.queue, begin)
	for at := 0; at < len(b.queue); at++ {
		v := b.queue[at]
		if st.fixed[v] {
			return true
		}
		for _, k := range st.p.touching.Of(v) {
			l := &st.links[k]
			from := l.from + l.to - v
			out := from != l.from && l.m <= flowBand && st.oneWay(st.p.links[k]) // lets nothing in, and stands shut
			if k == x.link || l.mode == off || b.seen[from] || out || st.regs.limits(k) {
				continue
			}
			b.seen[from] = true
			b.queue = append(b.queue, from)
		}
	}
	for i := range st.taps {
		if t := &st.taps[i]; b.seen[t.node] && t.m > 0 {
			return true
		}
	}
	return false
}

// leastPivot is what must be left of a row, scaled to 1, for it to determine a
// flow: less is the leakage of shut valves.
const leastPivot = 1e-7

// giveWay returns the row that is to be given up where row bad determines
// nothing, and how its regulator then stands: of two that hold the same
// pressure the one that is satisfied first shuts; one that controls nothing
// opens.
func (st *state) giveWay(bad int) (row int, to stand) {
	x := &st.regs.list[st.regs.border.rows[bad]]
	if x.senses == ownFlow {
		return bad, wideOpen
	}
	for r, i := range st.regs.border.rows {
		y := &st.regs.list[i]
		if r == bad || y.senses != x.senses || y.high != x.high || y.low != x.low {
			continue
		}
		if (x.drive == nil) != (y.drive == nil) && x.senses != pressureLow {
			// The pumps cannot raise what a valve keeps down, nor has a valve
			// to throttle what the pumps hold lower.
			if valve := y.drive == nil; (y.set < x.set) == valve {
				return bad, wideOpen
			}
			return r, wideOpen
		}
		if (y.set < x.set) != (x.senses == pressureLow) && y.set != x.set {
			return r, y.closed()
		}
		return bad, x.closed()
	}
	return bad, wideOpen
}

// absurdity returns how many times as much a flow of m kg/s needs as a valve may
// drop, or a pump move: three times the last flow of its curve.
func (st *state) absurdity(x *regulator, m float64) float64 {
	if x.drive == nil {
		drop, _ := st.law[x.link].Drop(m)
		return drop / leastAbsurd
	}
	if c := x.drive.curve; c != nil && c.MaxFlow > 0 {
		return m / (3 * c.MaxFlow * st.densityOf(int(x.link)))
	}
	return 0
}

// columns solves for the columns of Z.
func (st *state) columns() {
	b, n := &st.regs.border, &st.core
	size := len(n.x)
	b.columns, b.z = resize(b.columns, size*len(b.rows)), resize(b.z, len(b.rows))
	clear(b.columns)
	for j, i := range b.rows {
		z := b.columns[j*size : (j+1)*size]
		l := &st.links[st.regs.list[i].link]
		z[n.at[l.from]], z[n.at[l.to]] = 1, -1
		n.pattern.Again(n.cells, n.l, z)
		clear(z[n.unknown:])
		b.z[j] = z
	}
}

// fillBorder assembles the small system.
func (st *state) fillBorder() {
	b := &st.regs.border
	n := len(b.rows)
	b.system, b.a, b.u = resize(b.system, n*(n+1)), resize(b.a, n), resize(b.u, n)
	for r, i := range b.rows {
		x := &st.regs.list[i]
		row := b.system[r*(n+1) : (r+1)*(n+1)]
		for j := range b.rows {
			row[j] = -st.sense(x, b.z[j])
		}
		miss := -st.excess(x)
		if x.senses == pressureLow {
			miss = -miss
		}
		if x.senses == ownFlow {
			row[r]++
		}
		row[n] = miss - st.sense(x, st.core.x)
		b.a[r] = row
	}
}

// solve eliminates with row scaling and full choice of the pivot row. It
// returns the row that determines nothing, or -1.
func (b *border) solve() (bad int) {
	n := len(b.a)
	b.order = resize(b.order, n)
	order := b.order
	for r, row := range b.a {
		order[r] = r
		largest := 0.0
		for _, v := range row[:n] {
			largest = math.Max(largest, math.Abs(v))
		}
		if !(largest > 1e-9) || math.IsInf(largest, 0) { // Pa per kg/s, or kg/s per kg/s
			return r
		}
		for c := range row {
			row[c] /= largest
		}
	}
	for p := range n {
		best := p
		for r := p + 1; r < n; r++ {
			if math.Abs(b.a[r][p]) > math.Abs(b.a[best][p]) {
				best = r
			}
		}
		b.a[p], b.a[best] = b.a[best], b.a[p]
		order[p], order[best] = order[best], order[p]
		if !(math.Abs(b.a[p][p]) > leastPivot) {
			return order[p]
		}
		for r := p + 1; r < n; r++ {
			f := b.a[r][p] / b.a[p][p]
			for c := p; f != 0 && c <= n; c++ {
				b.a[r][c] -= f * b.a[p][c]
			}
		}
	}
	for r := n - 1; r >= 0; r-- {
		s := b.a[r][n]
		for c := r + 1; c < n; c++ {
			s -= b.a[r][c] * b.u[c]
		}
		b.u[r] = s / b.a[r][r]
	}
	return -1
}
