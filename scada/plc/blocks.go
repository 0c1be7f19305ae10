package plc

import (
	"sort"

	"evenflow/scada/pointlist"
)

// span is a run of addresses of one table.
type span struct {
	table   pointlist.Table
	from, n int
}

func (s span) end() int { return s.from + s.n }

// within reports whether o lies inside s.
func (s span) within(o span) bool {
	return s.table == o.table && s.from <= o.from && o.end() <= s.end()
}

// shape is what tells the answers to two reads apart that went to the wrong
// request: function and quantity.
type shape struct {
	table pointlist.Table
	n     int
}

func (s span) shape() shape { return shape{s.table, s.n} }

// block is one read request and the points it brings. need is what the points
// take; what is asked for may be a few words longer, so that every block of
// an endpoint has a quantity of its own: a serial gateway may hand the late
// answer to one request to the next, and only the quantity gives it away.
type block struct {
	need   span
	pad    int
	points []*tracked
}

func (b *block) ask() span { return span{b.need.table, b.need.from, b.need.n + b.pad} }

// spanOf is where a point lies.
func spanOf(p *pointlist.Point) span { return span{p.Table, int(p.Address), p.Words()} }

// limits of one request of a device.
type limits struct {
	words, bits int // most in one request
	gap         int // addresses nobody asked for that one request may run over
}

func (l limits) most(t pointlist.Table) int {
	if t.Bits() {
		return l.bits
	}
	return l.words
}

// merge puts the points of one device into as few requests as the limits
// allow. A value is never cut: its words come in one answer, or they could be
// of two moments.
func merge(points []*tracked, l limits) []*block {
	order := append([]*tracked(nil), points...)
	sort.SliceStable(order, func(i, j int) bool {
		a, b := spanOf(&order[i].point), spanOf(&order[j].point)
		if a.table != b.table {
			return a.table < b.table
		}
		return a.from < b.from
	})
	var blocks []*block
	for _, t := range order {
		s := spanOf(&t.point)
		if len(blocks) > 0 {
			b := blocks[len(blocks)-1]
			end := max(b.need.end(), s.end())
			if b.need.table == s.table && s.from-b.need.end() <= l.gap && end-b.need.from <= l.most(s.table) {
				b.need.n = end - b.need.from
				b.points = append(b.points, t)
				continue
			}
		}
		blocks = append(blocks, &block{need: s, points: []*tracked{t}})
	}
	return blocks
}

// mostPad bounds how far a block is stretched to be told apart.
const mostPad = 8

// tellApart stretches the blocks so that no two of an endpoint ask for the
// same quantity of the same table, as far as limits and mostPad allow.
func tellApart(blocks []*block, l limits, used map[shape]bool) {
	for _, b := range blocks {
		for pad := 0; pad <= mostPad; pad++ {
			s := b.need
			s.n += pad
			if s.n > l.most(s.table) || s.end() > 1<<16 {
				break
			}
			if !used[s.shape()] {
				b.pad = pad
				break
			}
		}
		used[b.ask().shape()] = true
	}
}

// split cuts a block in two between points, after the PLC has said that it
// lacks some register of it; nil if it cannot be cut.
func (b *block) split() []*block {
	// Cut at the widest gap near nothing: halves by points is enough, the
	// search ends after log2 steps and the result is kept.
	for half := (len(b.points) + 1) / 2; half > 0 && half < len(b.points); half++ {
		if b.points[half].point.Address == b.points[half-1].point.Address {
			continue
		}
		return []*block{newBlock(b.points[:half:half]), newBlock(b.points[half:])}
	}
	return nil
}

func newBlock(points []*tracked) *block {
	b := &block{need: spanOf(&points[0].point), points: points}
	for _, t := range points[1:] {
		s := spanOf(&t.point)
		b.need.n = max(b.need.end(), s.end()) - b.need.from
	}
	return b
}

// probes are reads that contain both spans and whose quantity no poll block
// uses, best first: the answer to one of them can only be its own. Where the
// spans lie too far apart only the first is read.
func probes(a, b span, l limits, used map[shape]bool) []span {
	base := a
	if a.table == b.table {
		from, end := min(a.from, b.from), max(a.end(), b.end())
		if end-from <= l.most(a.table) {
			base = span{a.table, from, end - from}
		}
	}
	var out []span
	for pad := 0; pad <= 2*mostPad; pad++ {
		up := span{base.table, base.from, base.n + pad}
		down := span{base.table, base.from - pad, base.n + pad}
		if up.n > l.most(up.table) || used[up.shape()] {
			continue
		}
		if up.end() <= 1<<16 {
			out = append(out, up)
		}
		if pad > 0 && down.from >= 0 {
			out = append(out, down)
		}
	}
	if base != a {
		out = append(out, probes(a, a, l, used)...)
	}
	return append(out, a)
}
