package solver

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
)

// pair finds which return junction belongs to which supply junction: at the
// two ends of every source and station, and on along pipes that lie in one
// trench and the valves in it.
func (p *plan) pair(net *models.Network) {
	p.partner = make([]int32, len(net.Junctions))
	for j := range p.partner {
		p.partner[j] = -1
	}
	var queue []int32
	join := func(a, b int32) {
		if a == b || p.partner[a] >= 0 || p.partner[b] >= 0 {
			return
		}
		p.partner[a], p.partner[b] = b, a
		queue = append(queue, a)
	}
	ends := func(kind models.Kind, i int) (int32, int32) {
		k := p.linkOf[kind][i]
		return p.junction[p.from[k]], p.junction[p.to[k]]
	}
	at := 0
	for _, kind := range [2]models.Kind{models.KindSource, models.KindStation} {
		for i := range p.linkOf[kind] { // a station may hang on a pump of its own
			join(ends(kind, i))
		}
		at = p.pairAlong(&queue, at, ends, join)
	}
}

// pairAlong carries the pairs of the queue from at on along the trenches and
// through the valves in them, and returns where the queue ends.
func (p *plan) pairAlong(queue *[]int32, at int, ends func(kind models.Kind, i int) (int32, int32), join func(a, b int32)) int {
	for ; at < len(*queue); at++ {
		for _, here := range [2]int32{(*queue)[at], p.partner[(*queue)[at]]} {
			other := p.partner[here]
			for _, k := range p.touching.Of(p.node[here]) {
				b := p.links[k]
				far := p.junction[p.from[k]] + p.junction[p.to[k]] - here
				switch b.kind {
				case models.KindPipe:
					if q := p.base.pipes[b.at].partner; q >= 0 {
						switch pf, pt := ends(models.KindPipe, int(q)); other {
						case pf:
							join(far, pt)
						case pt:
							join(far, pf)
						}
					}
				case models.KindValve, models.KindPump:
					p.pairBehind(queue, far, other, ends, join)
				}
			}
		}
	}
	return at
}

// pairBehind pairs the junction behind a valve or pump, where a trench begins:
// with the end of that trench's other pipe which a valve or pump joins to the
// partner of the junction before; or, where only one side has a valve, with
// that partner itself, which stays the partner of the junction before.
func (p *plan) pairBehind(queue *[]int32, far, other int32, ends func(kind models.Kind, i int) (int32, int32), join func(a, b int32)) {
	for _, k := range p.touching.Of(p.node[far]) {
		b := p.links[k]
		if p.partner[far] >= 0 || b.kind != models.KindPipe || p.base.pipes[b.at].partner < 0 {
			continue
		}
		from, to := ends(models.KindPipe, int(p.base.pipes[b.at].partner))
		for _, end := range [2]int32{from, to} {
			switch {
			case end == other:
				p.partner[far] = other
				*queue = append(*queue, far)
			case p.fitted(end, other):
				join(far, end)
			}
		}
	}
}

// fitted reports whether a valve or pump lies between two junctions.
func (p *plan) fitted(a, b int32) bool {
	for _, k := range p.touching.Of(p.node[a]) {
		kind := p.links[k].kind
		if (kind == models.KindValve || kind == models.KindPump) && p.junction[p.from[k]]+p.junction[p.to[k]]-a == b {
			return true
		}
	}
	return false
}

// Partner returns the junction of the other side that belongs to the junction
// at index j of Network.Junctions, by the trenches the pipes share.
func (s *Solver) Partner(j int) (at int, ok bool) {
	q := s.plan.partner[j]
	return int(q), q >= 0
}

// Profile returns the pressure diagram of a station: from the station upstream
// along the largest inflow to the source that feeds it, with the return
// junctions beside. It fails with an error that names the station where r
// feeds it from no source.
func (s *Solver) Profile(r *Result, stationID models.ID) (*Profile, error) {
	i, ok := s.plan.index.At(models.KindStation, stationID)
	if !ok {
		if _, err := s.plan.index.Find(stationID); err != nil {
			return nil, err
		}
		return nil, refuse(models.KindStation, stationID, "", "it is not a station", "ask for the profile of a station")
	}
	p := s.plan
	v := p.from[p.linkOf[models.KindStation][i]]
	var path []int32 // links, from the station upstream
	seen := make([]bool, len(p.node))
	for {
		seen[v] = true
		k := s.upstream(r, v, seen)
		if k < 0 {
			return nil, fmt.Errorf("pressure diagram: %w", refuse(models.KindStation, stationID, "", "no water reaches it from a source", "open the valves that cut it off, or put a source into service"))
		}
		if p.links[k].kind == models.KindSource {
			out := &Profile{Source: s.idOf(p.links[k]), Station: stationID}
			s.walk(r, out, v, path)
			return out, nil
		}
		path = append(path, k)
		v = p.from[k] + p.to[k] - v
	}
}

// upstream returns the link with the largest flow into node v from a node not
// seen yet, or -1.
func (s *Solver) upstream(r *Result, v int32, seen []bool) int32 {
	p := s.plan
	best, most := int32(-1), 0.0
	for _, k := range p.touching.Of(v) {
		other := p.from[k] + p.to[k] - v
		b := r.branch(p.links[k])
		in := b.Flow
		if p.from[k] == v {
			in = -in
		}
		if in > most && (p.links[k].kind == models.KindSource || (!seen[other] && p.links[k].kind != models.KindStation)) {
			best, most = k, in
		}
	}
	return best
}

// walk fills the profile's points from the source's node down the path.
func (s *Solver) walk(r *Result, out *Profile, v int32, path []int32) {
	p := s.plan
	distance := 0.0
	out.Points = append(out.Points, s.point(r, v, distance))
	for _, k := range slices.Backward(path) {
		v = p.from[k] + p.to[k] - v
		at := p.links[k]
		b := r.branch(at)
		if at.kind == models.KindPipe {
			distance += s.net.Pipes[at.at].Length
		}
		pt := s.point(r, v, distance)
		pt.Pipe, pt.Flow = s.idOf(at), math.Abs(b.Flow)
		if at.kind == models.KindPipe {
			x := &s.net.Pipes[at.at]
			pt.DN, pt.Year, pt.PressureClass = x.DN, x.Year, x.PressureClass
			pt.Velocity = Velocity(b.Flow, b.Density, x.InnerDiameter)
			pt.Friction = perMetre(b.PressureDrop, x.Length)
			if q := p.base.pipes[at.at].partner; q >= 0 {
				pt.ReturnPipe = s.net.Pipes[q].ID
				pt.ReturnFriction = perMetre(r.Pipes[q].PressureDrop, s.net.Pipes[q].Length)
			}
		}
		out.Points = append(out.Points, pt)
	}
	out.StaticHead = s.staticHead()
	out.Zero = out.zeros()
}

// perMetre is a drop (Pa) per metre of pipe, 0 of one without length.
func perMetre(drop, length float64) float64 {
	if length <= 0 {
		return 0
	}
	return math.Abs(drop) / length
}

func (s *Solver) point(r *Result, v int32, distance float64) ProfilePoint {
	j := s.plan.junction[v]
	x := &r.Junctions[j]
	pt := ProfilePoint{Distance: distance, Supply: s.net.Junctions[j].ID, SupplyPressure: x.Pressure,
		SupplyTemperature: x.Temperature, Elevation: s.net.Junctions[j].Elevation}
	if q := s.plan.partner[j]; q >= 0 && r.Junctions[q].PressureKnown {
		pt.Return, pt.ReturnPressure, pt.ReturnKnown = s.net.Junctions[q].ID, r.Junctions[q].Pressure, true
	}
	return pt
}

// staticHead returns the level of the pressure hold in m above datum, pumps
// off, for cold water.
func (s *Solver) staticHead() models.Optional {
	for j := range s.net.Junctions {
		x := &s.net.Junctions[j]
		if x.FixedPressure.Known && x.Elevation.Known {
			return models.Some(x.Elevation.Value + x.FixedPressure.Value/(1000*s.opts.Gravity))
		}
	}
	return models.Optional{}
}

// zeros returns where along the path the differential changes its sign, m.
func (p *Profile) zeros() (at []float64) {
	var last *ProfilePoint
	for i := range p.Points {
		x := &p.Points[i]
		if !x.ReturnKnown {
			continue
		}
		if last != nil {
			a, b := last.SupplyPressure-last.ReturnPressure, x.SupplyPressure-x.ReturnPressure
			if (a > 0) != (b > 0) {
				at = append(at, last.Distance+(x.Distance-last.Distance)*a/(a-b))
			}
		}
		last = x
	}
	return at
}
