package town

import (
	"math"

	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// r5 are the Kvs steps of the R5 series in use, m3/h.
var r5 = []float64{6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630}

// secondaries are the emitters behind a station: design supply and return in
// degC and the exponent b of Q = K dT^(1+b). The return stands at least 5 K
// below the primary return, or no exchanger could do it.
var secondaries = []struct{ supply, back, emitter float64 }{
	{75, 50, 0.3},
	{60, 45, 0.3},
	{50, 40, 0.032},
}

// placeStations puts a station beside each chosen corner: 2–20 万m2 (small
// ones are common), 40–50 W/m2, a control valve 1.5–3 times too large and a
// fixed resistance of 50–80 kPa at design flow.
func (p *plan) placeStations() {
	corners := len(p.nodes)
	cp := water.MeanHeatCapacity(p.supply, p.back)
	for i := range corners {
		if p.nodes[i].station != -2 {
			continue
		}
		p.nodes[i].station = -1
		at := p.nodes[i]
		angle, distance := p.between(0, 2*math.Pi), p.between(0.18, 0.4)*p.spacing
		site := node{
			x: at.x + distance*math.Cos(angle), y: at.y + distance*math.Sin(angle),
			z:      round(math.Max(0, at.z+p.between(-0.5, 0.5)), 10),
			parent: i, via: len(p.edges), station: len(p.stations), row: at.row, col: at.col,
		}
		p.edges = append(p.edges, edge{a: i, b: len(p.nodes), length: distance * p.between(1.05, 1.3), service: true, row: -1, col: -1})
		p.stations = append(p.stations, p.newStation(len(p.nodes), cp))
		p.nodes = append(p.nodes, site)
	}
	p.nameStations()
	behind := p.behind()
	p.reach = make([]float64, len(p.nodes))
	for i := len(p.nodes) - 1; i >= 0; i-- {
		n := p.nodes[i]
		if n.station >= 0 {
			p.reach[i] += p.stations[n.station].design
		}
		if n.parent >= 0 {
			p.reach[n.parent] += p.reach[i]
			p.edges[n.via].design = p.reach[i]
			p.edges[n.via].feeds = behind[i]
		}
	}
	p.flow = p.reach[0]
	for i := range p.edges {
		e := &p.edges[i]
		if e.tie {
			// A tie carries half of the smaller side when it is needed.
			e.design = 0.5 * math.Min(p.reach[e.a], p.reach[e.b])
			e.feeds = min(behind[e.a], behind[e.b])
		}
		e.length = round(e.length, 10)
		e.returnLength = round(e.length*p.between(0.97, 1.05), 10)
	}
	p.datePipes()
}

func (p *plan) newStation(at int, cp float64) station {
	s := station{
		node:   at,
		area:   round(2e4*math.Pow(10, p.rng.Float64()), 0.01),
		index:  round(p.between(40, 50), 10),
		range_: []float64{30, 40, 50}[p.rng.IntN(3)],
	}
	kind := 0
	switch draw := p.rng.Float64(); {
	case p.back < kelvin(55):
		kind = 1 + p.rng.IntN(2)
	case draw > 0.75:
		kind = 2
	}
	sec := secondaries[kind]
	s.secondary = [2]float64{kelvin(sec.supply), kelvin(sec.back)}
	s.emitter = sec.emitter
	s.design = s.area * s.index / (cp * (p.supply - p.back))
	s.fixed = roundDigits(p.between(5e4, 8e4)/(s.design*s.design), 4)
	// The valve that would be right drops 50 kPa fully open at design flow;
	// the one that was bought is 1.5 to 3 times as large, next R5 step.
	right := kvFor(s.design, p.rhoS, 5e4)
	want := right * p.between(1.5, 3)
	s.kvs = r5[len(r5)-1]
	best := math.Inf(1)
	for _, k := range r5 {
		if d := math.Abs(math.Log(k / want)); d < best && k >= 1.4*right && k <= 3.2*right {
			s.kvs, best = k, d
		}
	}
	if math.IsInf(best, 1) { // between two steps: the larger
		for _, k := range r5 {
			if k >= 1.4*right {
				s.kvs = k
				break
			}
		}
	}
	return s
}

// datePipes gives years: the old town lies near the source, renewed pieces
// are sprinkled over it, and sometimes only one side was renewed.
func (p *plan) datePipes() {
	far := 1.0
	for _, n := range p.nodes {
		far = math.Max(far, math.Hypot(n.x-p.nodes[0].x, n.y-p.nodes[0].y))
	}
	for i := range p.edges {
		e := &p.edges[i]
		n := p.nodes[e.b]
		age := math.Hypot(n.x-p.nodes[0].x, n.y-p.nodes[0].y) / far
		e.year = 1988 + int(30*age+p.between(-4, 6))
		if p.rng.Float64() < 0.15 {
			e.year = 2012 + p.rng.IntN(13)
		}
		e.year = min(e.year, 2024)
		e.returnYear = e.year
		if p.rng.Float64() < 0.06 {
			e.returnYear = min(2024, e.year+8+p.rng.IntN(12))
		}
	}
}

// kvFor is the flow coefficient in m3/h that passes m kg/s at dp Pa.
func kvFor(m, rho, dp float64) float64 { return m * math.Sqrt(law.KvResistance(1, rho)/dp) }

// valveLoss is the drop in Pa of a valve of flow coefficient kv at m kg/s.
func valveLoss(m, rho, kv float64) float64 { return law.KvResistance(kv, rho) * m * m }

// kvAt is the equal-percentage characteristic.
func (s *station) kvAt(opening float64) float64 {
	return s.kvs * math.Pow(s.range_, opening-1)
}

// openingFor inverts it.
func (s *station) openingFor(kv float64) float64 {
	return 1 + math.Log(kv/s.kvs)/math.Log(s.range_)
}

// roundDigits keeps n significant digits, so that the file stays readable.
func roundDigits(v float64, n int) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, float64(n-1)-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
