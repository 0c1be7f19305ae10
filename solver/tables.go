package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// mostTables bounds the tables of friction: pipes of further roughnesses are
// computed by the formula.
const mostTables = 256

// hottestTabled is the temperature, K, up to whose viscosity friction is
// tabulated.
const hottestTabled = water.Zero + 150

// tabulate makes a table for every relative roughness of the network's pipes,
// as far as one pipe of it needs with water of the least kinematic viscosity
// (m2/s), and one for Hazen-Williams. It returns the
// table of every pipe, -1: none.
func (p *plan) tabulate(pipes []models.Pipe, f law.Friction, viscosity float64) (of []int32) {
	p.tableAt = map[float64]int32{}
	var widest, rels []float64
	hazen := false
	var last [64]struct { // spares most pipes the look into the map
		rel  float64
		at   int32
		seen bool
	}
	of = make([]int32, len(pipes))
	for i := range pipes {
		x := &pipes[i]
		of[i] = -1
		if x.Resistance.Known || x.InnerDiameter <= 0 {
			continue
		}
		if x.HazenWilliams.Known {
			hazen = true
			continue
		}
		if !f.HasTable() {
			continue
		}
		rel := x.Roughness / x.InnerDiameter
		recent := &last[math.Float64bits(rel)*0x9e3779b97f4a7c15>>58]
		if recent.rel == rel && recent.seen {
			of[i], widest[recent.at] = recent.at, max(widest[recent.at], x.InnerDiameter)
			continue
		}
		at, ok := p.tableAt[rel]
		if !ok {
			if len(rels) == mostTables {
				continue
			}
			at = int32(len(rels))
			p.tableAt[rel] = at
			rels, widest = append(rels, rel), append(widest, 0)
		}
		recent.rel, recent.at, recent.seen = rel, at, true
		of[i], widest[at] = at, max(widest[at], x.InnerDiameter)
	}
	size := 0
	sizes := make([]int, len(rels))
	for i := range rels {
		sizes[i] = law.SegmentsOf(octavesFor(widest[i], viscosity))
		size += sizes[i]
	}
	room := size
	if hazen {
		room += law.SegmentsOf(hazenOctaves)
	}
	p.tables, p.segments = make([]law.Table, len(rels), len(rels)+1), make([]law.Segment, size, room)
	at := 0
	for i, rel := range rels {
		p.tables[i] = law.FrictionTable(f, rel, p.segments[at:at+sizes[i]:at+sizes[i]])
		p.tables[i].Class, p.tables[i].At = int16(i), int32(at)
		at += sizes[i]
	}
	p.hazenTable = -1
	if hazen {
		p.tabulateHazen(pipes, of)
	}
	return of
}

// tabulateHazen makes the table of Hazen and Williams, that of all pipes which
// have their coefficient.
func (p *plan) tabulateHazen(pipes []models.Pipe, of []int32) {
	p.hazenTable = int32(len(p.tables))
	t := law.PowerTable(hazenExponent, p.segments[len(p.segments):cap(p.segments)])
	t.Class, t.At = int16(len(p.tables)), int32(len(p.segments))
	p.tables, p.segments = append(p.tables, t), p.segments[:cap(p.segments)]
	for i := range pipes {
		if x := &pipes[i]; x.HazenWilliams.Known && !x.Resistance.Known {
			of[i] = p.hazenTable
		}
	}
}

// hazenOctaves is how many doublings of the flow the table of Hazen and Williams has.
const hazenOctaves = 30

// octavesFor returns how many doublings of Re from 2000 on water of a kinematic
// viscosity (m2/s) takes to flow at 3 m/s through diameter d (m).
func octavesFor(d, viscosity float64) int {
	return max(1, int(math.Ceil(math.Log2(3*d/viscosity/law.LaminarRe))))
}

// tableOf returns the table of a pipe's law, -1 where there is none.
func (p *plan) tableOf(x *pipe, f law.Friction) int32 {
	if x.hazen > 0 {
		return p.hazenTable
	}
	if at, ok := p.tableAt[x.roughness/x.diameter]; ok && f.HasTable() {
		return at
	}
	return -1
}
