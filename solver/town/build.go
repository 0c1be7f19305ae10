package town

import (
	"fmt"
	"math"

	"evenflow/models"
)

// network writes the plan down as a network file's content.
func (p *plan) network() *models.Network {
	n := p.sheet()
	p.write(n)
	return n
}

// sheet is a network with nothing on it.
func (p *plan) sheet() *models.Network {
	zh, en := p.townName()
	return &models.Network{
		Name: zh, NameEn: en,
		Climate: p.climate,
		Ground:  models.Ground{Temperature: kelvin(4), Conductivity: 1.6},
	}
}

// write adds what the plan holds to a network.
func (p *plan) write(n *models.Network) {
	for i := range p.nodes {
		n.Junctions = append(n.Junctions, p.junction(i, models.SideSupply), p.junction(i, models.SideReturn))
	}
	ring := 0
	for i := range p.edges {
		e := &p.edges[i]
		d := p.duct(i)
		switch {
		case e.tie:
			ring++
			d.valve, d.valveZh, d.valveEn = fmt.Sprintf("VT-%s%02d", p.tag, ring), fmt.Sprintf("环网联络阀%d", ring), fmt.Sprintf("ring tie valve %d", ring)
		case e.valve:
			d.valve, d.valveZh, d.valveEn = p.sectioningID(i), "分段阀", "sectioning valve"
			d.open = true
		}
		for k := range p.boosters {
			if b := &p.boosters[k]; b.edge == i {
				d.booster = b
			}
		}
		d.write(n)
	}
	total, first := 0.0, len(n.Stations)
	for i := range p.stations {
		n.Stations = append(n.Stations, p.station(i))
		total += p.stations[i].area * p.stations[i].index
	}
	zh, en := p.plantName()
	n.Sources = append(n.Sources, models.Source{
		Branch: models.Branch{
			ID: models.ID(fmt.Sprintf("SRC-%d", p.district+1)), Name: zh, NameEn: en,
			From: p.junctionID(0, models.SideReturn), To: p.junctionID(0, models.SideSupply),
		},
		SupplyTemperature: p.supply,
		Control:           models.ControlSpeed,
		Curve:             p.curve,
		Speed:             p.speedFor(p.start, p.ownShare()*p.startFlow()+p.export*math.Sqrt(p.start/p.needed)),
		MinSpeed:          0.3,
		MaxSpeed:          1,
		NominalFrequency:  50,
		Capacity:          models.Some(roundDigits(1.1*total, 3)),
	})
	p.writePeaks(n)
	p.control(n, first)
}

func (p *plan) sectioningID(edge int) string { return fmt.Sprintf("VS-%s%04d", p.tag, edge+1) }

func (p *plan) startFlow() float64 {
	sum := 0.0
	for i := range p.stations {
		sum += p.stations[i].wanted * p.stations[i].design
	}
	return sum
}

// ownShare is what the main plant gives of what the stations draw.
func (p *plan) ownShare() float64 {
	share := 1.0
	for _, k := range p.peaks {
		share -= k.flow / p.flow
	}
	return share
}

func sideLetter(side models.Side) string {
	if side == models.SideSupply {
		return "S"
	}
	return "R"
}

func (p *plan) junctionID(node int, side models.Side) models.ID {
	return models.ID(fmt.Sprintf("J%s-%s%04d", sideLetter(side), p.tag, node))
}

func (p *plan) junction(i int, side models.Side) models.Junction {
	at := p.nodes[i]
	j := models.Junction{
		ID: p.junctionID(i, side), Side: side,
		Elevation: models.Some(at.z),
		X:         models.Some(round(at.x, 10)), Y: models.Some(round(at.y, 10)),
	}
	if i == 0 && side == models.SideReturn && p.district == 0 {
		j.FixedPressure = models.Some(p.hold)
	}
	return j
}

// duct is an edge as it is written down: which places of which plans it
// joins, how its pipes are called, and the valve at its start, if any.
type duct struct {
	e                       *edge
	from, to                *plan
	number                  string // in the ids of its pipes
	zh, en                  string // its street
	valve, valveZh, valveEn string // ids and names of the valve pair; "": none
	open                    bool
	class                   float64
	booster                 *booster
}

func (p *plan) duct(i int) duct {
	e := &p.edges[i]
	zh, en := p.street(i)
	return duct{e: e, from: p, to: p, number: fmt.Sprintf("%s%04d", p.tag, i+1), zh: zh, en: en, open: e.open, class: p.class}
}

// write adds the duct's pipes to a network, and its valves.
func (d *duct) write(n *models.Network) {
	e := d.e
	after := [2]models.ID{d.from.junctionID(e.a, models.SideSupply), d.from.junctionID(e.a, models.SideReturn)}
	if d.valve != "" {
		d.valves(n, &after)
	}
	if d.booster != nil {
		d.pump(n, d.booster, &after)
	}
	d.pipes(n, after[0], after[1])
}

// valves adds a valve on each side; after are the junctions in front of them,
// and then those behind.
func (d *duct) valves(n *models.Network, after *[2]models.ID) {
	e := d.e
	opening := 0.0
	if d.open {
		opening = 1
	}
	for k, side := range []models.Side{models.SideSupply, models.SideReturn} {
		j := d.from.junction(e.a, side)
		from := j.ID
		j.ID = models.ID(fmt.Sprintf("J%s-%s", sideLetter(side), d.valve))
		j.FixedPressure = models.Optional{}
		n.Junctions = append(n.Junctions, j)
		after[k] = j.ID
		if side == models.SideReturn { // against the supply, as the water goes
			from, j.ID = j.ID, from
		}
		n.Valves = append(n.Valves, models.Valve{
			Branch: models.Branch{
				ID:   models.ID(d.valve + sideLetter(side)),
				Name: d.valveZh + sideZh(side), NameEn: d.valveEn + sideEn(side), From: from, To: j.ID,
			},
			Side: side, Zeta: zetaSectioning / float64(e.lines*e.lines), InnerDiameter: round(sizes[e.size].Inner(), 1e4),
			Opening: opening, Sectioning: true,
		})
	}
}

func sideZh(side models.Side) string {
	if side == models.SideSupply {
		return "(供水)"
	}
	return "(回水)"
}

func sideEn(side models.Side) string {
	if side == models.SideSupply {
		return " (supply)"
	}
	return " (return)"
}

// pipes adds the supply and return pipes, one pair a line.
func (d *duct) pipes(n *models.Network, supplyFrom, returnTo models.ID) {
	e := d.e
	size := sizes[e.size]
	for line := range e.lines {
		suffix := ""
		if e.lines > 1 {
			suffix = fmt.Sprintf("-%d", line+1)
		}
		s := models.Pipe{
			Branch: models.Branch{
				ID: models.ID("PS-" + d.number + suffix), Name: d.zh + "供水" + suffix, NameEn: d.en + " supply" + suffix,
				From: supplyFrom, To: d.to.junctionID(e.b, models.SideSupply),
			},
			Side: models.SideSupply, Length: e.length, Year: e.year,
			InnerDiameter: round(size.Inner(), 1e4), OuterDiameter: models.Some(size.Outer),
			Roughness: roughness, Zeta: e.zeta,
			DN: size.DN, PressureClass: d.class,
		}
		s.Material, s.Insulation = material(size, e.year)
		r := s
		r.Branch = models.Branch{
			ID: models.ID("PR-" + d.number + suffix), Name: d.zh + "回水" + suffix, NameEn: d.en + " return" + suffix,
			From: d.to.junctionID(e.b, models.SideReturn), To: returnTo,
		}
		r.Side, r.Length, r.Year = models.SideReturn, e.returnLength, e.returnYear
		r.Material, r.Insulation = material(size, e.returnYear)
		s.Partner, r.Partner = r.ID, s.ID
		n.Pipes = append(n.Pipes, s, r)
	}
}

// material gives the steel and the insulation of the year: older foam has
// taken up moisture.
func material(size models.PipeSize, year int) (string, models.Insulation) {
	steel := "Q235B"
	if size.DN <= 150 {
		steel = "20"
	}
	foam := 0.027
	switch {
	case year < 2000:
		foam = 0.040
	case year < 2012:
		foam = 0.033
	}
	return steel, models.Insulation{
		CasingDiameter: size.Casing, Conductivity: foam,
		Depth: round(0.8+size.Casing/2, 100), Spacing: round(size.Casing+0.25, 100),
	}
}

func (p *plan) station(i int) models.Station {
	s := &p.stations[i]
	return models.Station{
		Branch: models.Branch{
			ID: p.stationID(i), Name: s.zh, NameEn: s.en,
			From: p.junctionID(s.node, models.SideSupply), To: p.junctionID(s.node, models.SideReturn),
		},
		HeatedArea: s.area, HeatIndex: s.index,
		Design: models.StationDesign{
			PrimarySupply: p.supply, PrimaryReturn: p.back,
			SecondarySupply: s.secondary[0], SecondaryReturn: s.secondary[1],
			EmitterExponent: s.emitter,
		},
		Valve: models.ControlValve{
			Kvs: s.kvs, Characteristic: models.EqualPercentage, Rangeability: s.range_, Leakage: 0.0005,
		},
		Opening: s.opening, FixedResistance: s.fixed,
	}
}

func (p *plan) stationID(i int) models.ID {
	if len(p.stations) > 999 {
		return models.ID(fmt.Sprintf("S-%s%04d", p.tag, i+1))
	}
	return models.ID(fmt.Sprintf("S-%s%03d", p.tag, i+1))
}
