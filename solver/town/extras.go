package town

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"evenflow/models"
)

// What a town may have besides one plant, its mains and its stations. It is
// drawn from a sequence of its own, so that a town without it is the same
// town.

const (
	peakCover   = 0.8  // of the flow behind its place that a peak plant gives
	peakReserve = 1.25 // a peak pump's head at full speed over that it needs
	mostBoost   = 2e5  // Pa of a booster pump at its design flow
	leastBoost  = 3e4  // Pa below which none is worth building
	boostRise   = 1.25 // head at no flow over head at design flow
	controlSlip = 1.05 // what a limiter passes over the design flow
	reducedBy   = 2e4  // Pa by which a reducing valve lowers the pressure
)

// peak is a plant away from the main one, with pumps of its own: it takes
// return water and delivers it where it stands.
type peak struct {
	node    int
	flow    float64 // kg/s at design
	head    float64 // Pa between supply and return in the balanced town
	control models.SourceControl
}

// booster is a pump in the supply main of an edge.
type booster struct {
	edge int
	flow float64 // kg/s at design
	head float64 // Pa at that flow
}

// rise is what the booster adds at m kg/s, Pa, and how that falls with the
// flow, Pa s/kg.
func (b *booster) rise(m float64) (head, falls float64) {
	q := math.Max(m, 0) / b.flow
	return b.head * (boostRise - (boostRise-1)*q*q), 2 * b.head * (boostRise - 1) * q / b.flow
}

// equip places peak plants and booster pumps, in this order.
func (p *plan) equip() error {
	if p.opts.Peaks == 0 && p.opts.Boosters == 0 {
		return nil
	}
	rng := p.extra(1)
	p.placePeaks(rng)
	for range p.opts.Boosters {
		if err := p.placeBooster(); err != nil {
			return err
		}
	}
	return nil
}

// extra begins a sequence of random numbers that the bare town does not use.
func (p *plan) extra(purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(p.opts.Seed)^0xe47a5, uint64(p.opts.Stations)<<8|purpose))
}

// placePeaks puts peak plants at places with a good part of the town behind
// them, none behind another.
func (p *plan) placePeaks(rng *rand.Rand) {
	var places []int
	for i := 1; i < len(p.nodes); i++ {
		if share := p.reach[i] / p.flow; p.nodes[i].station < 0 && share > 0.08 && share < 0.3 {
			places = append(places, i)
		}
	}
	rng.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	controls := []models.SourceControl{models.ControlFlow, models.ControlSpeed, models.ControlDifferential}
	for _, i := range places {
		if len(p.peaks) == p.opts.Peaks {
			return
		}
		apart := true
		for _, other := range p.peaks {
			apart = apart && !p.above(i, other.node) && !p.above(other.node, i)
		}
		if apart {
			p.peaks = append(p.peaks, peak{node: i, flow: peakCover * p.reach[i], control: controls[rng.IntN(len(controls))]})
		}
	}
}

// above reports whether all water to a place comes by way of another.
func (p *plan) above(up, place int) bool {
	for place > up {
		place = p.nodes[place].parent
	}
	return place == up
}

// placeBooster puts a pump into the main that leads to the station that needs
// most head, where a tenth to a half of the town lies behind it; none where it
// would save too little.
func (p *plan) placeBooster() error {
	r, err := p.solve(p.designFlows())
	if err != nil {
		return err
	}
	worst, most := -1, 0.0
	for i := range p.stations {
		s := &p.stations[i]
		if need := p.needs(r, s, s.design, indexOpening); need > most {
			worst, most = s.node, need
		}
	}
	taken := make([]bool, len(p.edges))
	for _, b := range p.boosters {
		taken[b.edge] = true
	}
	best := booster{edge: -1}
	for i := worst; p.nodes[i].parent >= 0; i = p.nodes[i].parent {
		share := p.reach[i] / p.flow
		if via := p.nodes[i].via; share < 0.1 || share > 0.5 || taken[via] || p.edges[via].service || r.flow[via] < 0.05*p.flow {
			continue
		}
		rest := 0.0
		for k := range p.stations {
			if s := &p.stations[k]; !p.above(i, s.node) {
				rest = math.Max(rest, p.needs(r, s, s.design, indexOpening))
			}
		}
		if saved := math.Min(most-rest, mostBoost); saved > best.head && saved > leastBoost {
			best = booster{edge: p.nodes[i].via, flow: r.flow[p.nodes[i].via], head: saved}
		}
	}
	if best.edge >= 0 {
		p.boosters = append(p.boosters, best)
	}
	return nil
}

// boost is what boosters add along an edge at m kg/s, Pa, and how that falls
// with the flow, Pa s/kg.
func (p *plan) boost(edge int, m float64) (head, falls float64) {
	for i := range p.boosters {
		if b := &p.boosters[i]; b.edge == edge {
			return b.rise(m)
		}
	}
	return 0, 0
}

func (p *plan) boosted(edge int) bool {
	for i := range p.boosters {
		if p.boosters[i].edge == edge {
			return true
		}
	}
	return false
}

// settlePeaks notes the head that the peak plants' pumps raise in the
// balanced town.
func (p *plan) settlePeaks() {
	for i := range p.peaks {
		k := &p.peaks[i]
		k.head = p.needed - p.atBalance.loss[k.node] + p.column(k.node)
	}
}

// curveFor is a pump curve through (flow kg/s, head Pa) that rises by a share
// of the head towards no flow.
func (p *plan) curveFor(flow, head, rise, rho float64) models.PumpCurve {
	c := models.PumpCurve{Efficiency: 0.74}
	for _, share := range []float64{0, 0.5, 1, 1.5} {
		c.Points = append(c.Points, models.CurvePoint{
			Flow: round(share*flow/rho, 1e4), Head: round(head/(rho*gravity)*(rise-(rise-1)*share*share), 100),
		})
	}
	return c
}

// writePeaks adds the peak plants as the season begins: each gives its share
// of what is drawn, by what its pumps hold.
func (p *plan) writePeaks(n *models.Network) {
	share := p.startFlow() / p.flow
	for i := range p.peaks {
		k := &p.peaks[i]
		flow, head := k.flow*share, p.start-p.atStart.loss[k.node]+p.column(k.node)
		full := k.head * peakReserve
		speed := math.Sqrt((head/full + (shutOff-1)*math.Pow(flow/k.flow, 2)) / shutOff)
		zh, en := p.plantName()
		n.Sources = append(n.Sources, models.Source{
			Branch: models.Branch{
				ID: models.ID(fmt.Sprintf("PEAK-%s%d", p.tag, i+1)), Name: zh + "调峰热源", NameEn: en + ", peak plant",
				From: p.junctionID(k.node, models.SideReturn), To: p.junctionID(k.node, models.SideSupply),
			},
			SupplyTemperature: p.supply, Control: k.control,
			Curve: p.curveFor(k.flow, full, shutOff, p.rhoR), Speed: round(math.Min(speed, 1), 1000),
			Flow: round(flow, 100), Differential: round(head, 0.01),
			MinSpeed: 0.3, MaxSpeed: 1, NominalFrequency: 50,
		})
	}
}

// pump puts a booster before the supply pipes of a duct and moves on what the
// supply begins at.
func (d *duct) pump(n *models.Network, b *booster, after *[2]models.ID) {
	j := d.from.junction(d.e.a, models.SideSupply)
	j.ID = models.ID("JB-" + d.number)
	j.FixedPressure = models.Optional{}
	n.Junctions = append(n.Junctions, j)
	n.Pumps = append(n.Pumps, models.Pump{
		Branch: models.Branch{ID: models.ID("PB-" + d.number), Name: d.zh + "加压泵", NameEn: d.en + " booster pump", From: after[0], To: j.ID},
		Curve:  d.from.curveFor(b.flow, b.head, boostRise, d.from.rhoS), Speed: 1,
	})
	after[0] = j.ID
}

// control gives a share of the stations, and the mains to a few low quarters,
// valves that hold something by themselves.
func (p *plan) control(n *models.Network, firstStation int) {
	if p.opts.Controlled == 0 {
		return
	}
	rng := p.extra(2)
	for i := range p.stations {
		if rng.Float64() >= p.opts.Controlled {
			continue
		}
		p.controlStation(n, &n.Stations[firstStation+i], i, rng.IntN(3))
	}
	p.reduce(n)
}

// controlStation gives a station one of three self-acting controls, sized for
// the balanced town: a differential controller across the station, a flow
// limiter behind it, or a pressure-independent control valve in it.
func (p *plan) controlStation(n *models.Network, st *models.Station, i, kind int) {
	s := &p.stations[i]
	if kind == 2 {
		most := 1.2 * s.design
		st.FlowLimit, st.Valve.Characteristic = models.Some(roundDigits(most, 4)), models.Linear
		st.Opening = round(math.Min(s.wanted*s.design/most, 1), 1000)
		return
	}
	spare := p.needed - p.atBalance.loss[s.node] + p.column(s.node)
	own := s.design*s.design*s.fixed + valveLoss(s.design, p.rhoS, s.kvAt(math.Max(s.balanced, 0.7)))
	j := p.junction(s.node, models.SideReturn)
	v := models.Valve{
		Branch: models.Branch{ID: "VC-" + st.ID, Name: s.zh + "自力式调节阀", NameEn: s.en + " self-operated valve", From: "JC-" + st.ID, To: j.ID},
		Side:   models.SideReturn, ControlValve: models.ControlValve{Kvs: s.kvs, Characteristic: models.Linear}, Opening: 1,
	}
	if kind == 0 {
		v.Control, v.Differential = models.HoldDifferential, round(math.Max(math.Min(own, 0.9*spare), 2e4), 0.01)
		v.HighSensor, v.LowSensor = st.From, v.From
	} else {
		v.Control, v.Flow = models.LimitFlow, roundDigits(controlSlip*s.design, 4)
	}
	j.ID = v.From
	n.Junctions = append(n.Junctions, j)
	n.Valves = append(n.Valves, v)
	st.To = j.ID
}

// mostReduced is how many mains get a reducing valve.
const mostReduced = 3

// reduce turns the sectioning valves in the supply of the lowest quarters
// that no ring reaches into reducing valves.
func (p *plan) reduce(n *models.Network) {
	inRing := make([]bool, len(p.edges))
	for i := range p.edges {
		if p.edges[i].tie {
			for _, s := range p.ring(i) {
				inRing[s.edge] = true
			}
		}
	}
	var list []int
	for i := range p.edges {
		if e := &p.edges[i]; e.valve && !inRing[i] && !p.boosted(i) && p.nodes[e.b].z < p.nodes[0].z {
			list = append(list, i)
		}
	}
	sort.SliceStable(list, func(a, b int) bool { return p.nodes[p.edges[list[a]].b].z < p.nodes[p.edges[list[b]].b].z })
	for _, i := range list[:min(len(list), mostReduced)] {
		e := &p.edges[i]
		// Supply and return lose about the same on the way.
		at := p.hold + p.needed - p.atBalance.loss[e.a]/2 + p.rhoS*gravity*(p.nodes[0].z-p.nodes[e.a].z)
		for k := range n.Valves {
			if v := &n.Valves[k]; v.ID == models.ID(p.sectioningID(i)+"S") {
				v.Sectioning, v.Control, v.Pressure = false, models.ReducePressure, round(at-reducedBy, 0.01)
			}
		}
	}
}
