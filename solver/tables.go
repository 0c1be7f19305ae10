package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// mostTables bounds the tables of friction: pipes of further roughnesses are
// computed by the formula.
const mostTables = 256

// tabulate makes a table for every relative roughness of the network's pipes,
// as far as one pipe of it needs, and one for Hazen-Williams.
func (p *plan) tabulate(pipes []models.Pipe, f law.Friction) {
	p.tableAt = map[float64]int32{}
	var octaves []int
	var rels []float64
	hazen := false
	for i := range pipes {
		x := &pipes[i]
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
		at, ok := p.tableAt[rel]
		if !ok {
			if len(rels) == mostTables {
				continue
			}
			at = int32(len(rels))
			p.tableAt[rel] = at
			rels, octaves = append(rels, rel), append(octaves, 0)
		}
		octaves[at] = max(octaves[at], octavesFor(x.InnerDiameter))
	}
	for i, rel := range rels {
		p.tables = append(p.tables, law.FrictionTable(f, rel, octaves[i]))
	}
	p.hazenTable = -1
	if hazen {
		p.hazenTable = int32(len(p.tables))
		p.tables = append(p.tables, law.PowerTable(hazenExponent))
	}
	for i := range p.tables {
		t := &p.tables[i]
		t.Class, t.At = int16(i), int32(len(p.segments))
		p.segments = append(p.segments, t.Segments...)
	}
	for i := range p.tables { // one copy
		t := &p.tables[i]
		t.Segments = p.segments[t.At : int(t.At)+len(t.Segments)]
	}
}

// octavesFor returns how many doublings of Re from 2000 on water of 150 degC
// (0.2 mm2/s) takes to flow at 4 m/s through diameter d (m).
func octavesFor(d float64) int {
	return max(1, int(math.Ceil(math.Log2(4*d/0.2e-6/law.LaminarRe))))
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
