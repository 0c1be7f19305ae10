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
		at, ok := p.tableAt[rel]
		if !ok {
			if len(rels) == mostTables {
				continue
			}
			at = int32(len(rels))
			p.tableAt[rel] = at
			rels, widest = append(rels, rel), append(widest, 0)
		}
		of[i], widest[at] = at, max(widest[at], x.InnerDiameter)
	}
	for i, rel := range rels {
		p.tables = append(p.tables, law.FrictionTable(f, rel, octavesFor(widest[i], viscosity)))
	}
	p.hazenTable = -1
	if hazen {
		p.hazenTable = int32(len(p.tables))
		p.tables = append(p.tables, law.PowerTable(hazenExponent))
		for i := range pipes {
			if x := &pipes[i]; x.HazenWilliams.Known && !x.Resistance.Known {
				of[i] = p.hazenTable
			}
		}
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
	return of
}

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
