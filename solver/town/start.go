package town

import (
	"errors"
	"math"
	"sort"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

const (
	zetaSectioning = 0.2  // an open ball valve
	indexOpening   = 0.9  // travel of the index valve in the balanced town
	spareHead      = 1.35 // pump head at full speed over the needed head
	leastSpare     = 1.15 // the same, where the pressure class limits it
	staticMargin   = 6e4  // Pa above saturation at the highest point, pumps off
	startHead      = 0.7  // of the needed head
	shutOff        = 1.22 // pump head at no flow over head at design flow
)

// needs is the head that a station's place asks for at flow m with its valve
// at an opening, Pa.
func (p *plan) needs(r *regime, s *station, m, opening float64) float64 {
	return r.loss[s.node] - p.column(s.node) + m*m*s.fixed + valveLoss(m, p.rhoS, s.kvAt(opening))
}

// sizePump finds the head of the balanced town: every station at its design
// flow, the index station's valve at 90 % of travel.
func (p *plan) sizePump() error {
	r, err := p.solve(p.designFlows())
	if err != nil {
		return err
	}
	p.needed = 0
	for i := range p.stations {
		s := &p.stations[i]
		p.needed = math.Max(p.needed, p.needs(r, s, s.design, indexOpening))
	}
	p.atBalance = r
	p.balance()
	return nil
}

// balance sets the openings at which every station gets its design flow at
// the needed head.
func (p *plan) balance() {
	for i := range p.stations {
		s := &p.stations[i]
		spare := p.needed - p.atBalance.loss[s.node] + p.column(s.node) - s.design*s.design*s.fixed
		s.balanced = clampOpening(s.openingFor(kvFor(s.design, p.rhoS, spare)))
	}
	p.settlePeaks()
}

func clampOpening(h float64) float64 { return round(math.Max(0.02, math.Min(1, h)), 1000) }

// relief returns the heights of the lowest and the highest place, m.
func (p *plan) relief() (lowest, highest float64) {
	lowest, highest = math.Inf(1), math.Inf(-1)
	for _, n := range p.nodes {
		lowest, highest = math.Min(lowest, n.z), math.Max(highest, n.z)
	}
	return lowest, highest
}

// setPressures chooses the pressure hold, the pressure class and the pumps.
// With the pumps off, the highest place must not boil at full supply
// temperature; with the pumps at full speed, the lowest must stay below the
// class.
func (p *plan) setPressures() {
	z0 := p.nodes[0].z
	p.hold = water.SaturationPressure(p.supply) - water.Atmosphere + staticMargin + p.rhoR*gravity*(p.highest-z0)
	p.hold = math.Ceil(math.Max(p.hold, 2.5e5)/1e4) * 1e4
	top := p.hold + p.rhoR*gravity*(z0-p.lowest) // pumps off, lowest place
	for _, class := range []float64{1.6e6, 2.5e6} {
		p.class = class
		spare := math.Min(spareHead, (class-3e4-top)/(p.needed*shutOff)*1.1)
		p.limit = p.needed * spare
		least := leastSpare
		if p.opts.Stations > 800 {
			least = 1.3 // such a town may have the stronger pipes
		}
		if spare >= least {
			break
		}
	}
	design := p.flow / p.rhoR // m3/s through the pumps
	head := p.limit / (p.rhoR * gravity)
	for _, share := range []float64{0, 0.5, 1, 1.5} {
		p.curve.Points = append(p.curve.Points, models.CurvePoint{
			Flow: round(share*design, 1e4), Head: round(head*(shutOff-(shutOff-1)*share*share), 100),
		})
	}
	p.curve.Efficiency = 0.76
}

// speedFor is the pumps' speed that raises head Pa at m kg/s (affinity laws).
func (p *plan) speedFor(head, m float64) float64 {
	q := m / p.flow
	return round(math.Sqrt((head/p.limit+(shutOff-1)*q*q)/shutOff), 1000)
}

// setStart puts the valves where a season finds them: opened by hand, from
// the near end on, until nobody complained there. It chooses flow ratios,
// over 1.6 near and under 0.7 far, finds the network's losses with them and
// turns what is left at each station into an opening; where even an open
// valve does not give the ratio, the station gets what it can.
func (p *plan) setStart() error {
	target := p.startTargets()
	p.start = startHead * p.needed
	for range 20 {
		least, err := p.openStart(target)
		if err != nil {
			return err
		}
		if least >= 0.5 {
			return nil
		}
		p.start *= 1.02
	}
	return errors.New("town: no starting positions found")
}

// widest is how far a station's valve may stand open as the season begins: so
// that the first round can bring it to its place in one move of at most half
// its travel, whatever the plant hides.
func (s *station) widest() float64 { return math.Min(0.95, s.balanced+0.4) }

// startTargets gives each station a flow ratio by its rank in path loss.
func (p *plan) startTargets() []float64 {
	r, err := p.solve(p.designFlows())
	if err != nil {
		return nil
	}
	rank := make([]int, len(p.stations))
	for i := range rank {
		rank[i] = i
	}
	far := func(i int) float64 { n := p.stations[i].node; return r.loss[n] - p.column(n) }
	sort.SliceStable(rank, func(a, b int) bool { return far(rank[a]) < far(rank[b]) })
	target := make([]float64, len(p.stations))
	for k, i := range rank {
		q := float64(k) / float64(len(rank)-1)
		x := 1.04
		if near := 0.24; q < near {
			x += 0.9 * math.Pow((near-q)/near, 1.4)
		}
		if tail := 0.6; q > tail {
			x -= 0.44 * math.Pow((q-tail)/(1-tail), 1.15)
		}
		target[i] = x * p.between(0.95, 1.05)
	}
	return target
}

// openStart iterates flows and losses at the starting head and sets the
// openings; it returns the least flow ratio.
func (p *plan) openStart(target []float64) (least float64, err error) {
	flows := make([]float64, len(p.stations))
	for i := range flows {
		flows[i] = target[i] * p.stations[i].design
	}
	var r *regime
	for range 25 {
		if r, err = p.solve(flows); err != nil {
			return 0, err
		}
		moved := 0.0
		for i := range p.stations {
			s := &p.stations[i]
			left := math.Max(1e3, p.start-r.loss[s.node]+p.column(s.node))
			most := math.Sqrt(left / (s.fixed + valveLoss(1, p.rhoS, s.kvAt(s.widest()))))
			want := math.Min(target[i]*s.design, most)
			moved = math.Max(moved, math.Abs(want-flows[i])/s.design)
			flows[i] += 0.6 * (want - flows[i])
		}
		if moved < 1e-3 {
			break
		}
	}
	if r, err = p.solve(flows); err != nil {
		return 0, err
	}
	p.atStart = r
	least = math.Inf(1)
	for i := range p.stations {
		s := &p.stations[i]
		s.wanted = flows[i] / s.design
		least = math.Min(least, s.wanted)
		left := p.start - r.loss[s.node] + p.column(s.node) - flows[i]*flows[i]*s.fixed
		opening := s.widest()
		if left > 0 {
			opening = math.Min(opening, s.openingFor(kvFor(flows[i], p.rhoS, left)))
		}
		s.opening = clampOpening(opening)
	}
	return least, nil
}
