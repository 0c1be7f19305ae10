package solver

import (
	"math"

	"evenflow/models"
)

// ZeroPoint is a place on the supply side where supply and return stand under
// the same pressure 零压差点: what lies beyond it is driven by pumps of its own.
type ZeroPoint struct {
	Branch   models.ID // pipe, valve or pump of the supply side
	From, To models.ID // its junctions, the one with the higher differential first
	Position float64   // m from From; 0 in what has no length
}

// ZeroPoints returns the places where the differential between supply and
// return changes its sign, in the order of the branches: along a pipe, where
// both fall evenly, by straight lines.
func (s *Solver) ZeroPoints(r *Result) (points []ZeroPoint) {
	for ref, b := range s.net.Branches() {
		if ref.Kind == models.KindSource || ref.Kind == models.KindStation {
			continue
		}
		from, to, ok := s.differentials(r, b)
		if !ok || (from > 0) == (to > 0) || s.shut(r, place{ref.Kind, int32(ref.At)}) {
			continue
		}
		x := ZeroPoint{Branch: b.ID, From: b.From, To: b.To}
		if from <= 0 {
			x.From, x.To, from, to = b.To, b.From, to, from
		}
		if ref.Kind == models.KindPipe {
			x.Position = s.net.Pipes[ref.At].Length * from / (from - to)
		}
		points = append(points, x)
	}
	return points
}

// pressureOfStill is how far, Pa, the pressures at the ends of water at rest may
// be from its weight.
const pressureOfStill = 1

// shut reports whether a branch is closed, out of service, or stands against the
// pressure at its ends: the differential jumps there, it does not pass through
// zero. What rests in an open branch has the pressures of still water.
func (s *Solver) shut(r *Result, at place) bool {
	x, k := r.branch(at), s.plan.linkOf[at.kind][at.at]
	oneWay := at.kind == models.KindPump || at.kind == models.KindPipe && s.net.Pipes[at.at].CheckValve ||
		at.kind == models.KindValve && (s.net.Valves[at.at].CheckValve || s.net.Valves[at.at].Control != models.ManualOpening)
	if oneWay || x.Flow != 0 {
		return oneWay && math.Abs(x.Flow) <= mostBackflow
	}
	from, to := s.plan.junction[s.plan.from[k]], s.plan.junction[s.plan.to[k]]
	weight := x.Density * s.opts.Gravity * s.plan.height[k]
	return math.Abs(r.Junctions[from].Pressure-r.Junctions[to].Pressure+weight) > pressureOfStill
}

// differentials returns supply less return pressure at the two ends of a
// branch of the supply side, Pa; ok is false where one is not known, or where
// nothing is driven at all.
func (s *Solver) differentials(r *Result, b *models.Branch) (from, to float64, ok bool) {
	var d [2]float64
	for i, id := range [2]models.ID{b.From, b.To} {
		j, found := s.plan.index.At(models.KindJunction, id)
		if !found || s.net.Junctions[j].Side != models.SideSupply {
			return 0, 0, false
		}
		q := s.plan.partner[j]
		if q < 0 || r.Junctions[j].Cut || r.Junctions[q].Cut || !r.Junctions[j].PressureKnown || !r.Junctions[q].PressureKnown {
			return 0, 0, false
		}
		d[i] = r.Junctions[j].Pressure - r.Junctions[q].Pressure
	}
	return d[0], d[1], true
}
