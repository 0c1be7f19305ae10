package town

import (
	"fmt"

	"evenflow/models"
)

// network writes the plan down as a network file's content.
func (p *plan) network() *models.Network {
	zh, en := p.townName()
	n := &models.Network{
		Name: zh, NameEn: en,
		Climate: p.climate,
		Ground:  models.Ground{Temperature: kelvin(4), Conductivity: 1.6},
	}
	for i := range p.nodes {
		n.Junctions = append(n.Junctions, p.junction(i, models.SideSupply), p.junction(i, models.SideReturn))
	}
	ring := 0
	for i := range p.edges {
		e := &p.edges[i]
		switch {
		case e.tie:
			ring++
			id := fmt.Sprintf("VT-%02d", ring)
			p.valved(n, i, id, fmt.Sprintf("环网联络阀%d", ring), fmt.Sprintf("ring tie valve %d", ring), e.open)
		case e.valve:
			id := fmt.Sprintf("VS-%04d", i+1)
			p.valved(n, i, id, "分段阀", "sectioning valve", true)
		default:
			p.pipes(n, i, junctionID(e.a, models.SideSupply), junctionID(e.a, models.SideReturn))
		}
	}
	total := 0.0
	for i := range p.stations {
		n.Stations = append(n.Stations, p.station(i))
		total += p.stations[i].area * p.stations[i].index
	}
	zh, en = p.plantName()
	n.Sources = []models.Source{{
		Branch: models.Branch{
			ID: "SRC-1", Name: zh, NameEn: en,
			From: junctionID(0, models.SideReturn), To: junctionID(0, models.SideSupply),
		},
		SupplyTemperature: p.supply,
		Control:           models.ControlSpeed,
		Curve:             p.curve,
		Speed:             p.speedFor(p.start, p.startFlow()),
		MinSpeed:          0.3,
		MaxSpeed:          1,
		NominalFrequency:  50,
		Capacity:          models.Some(roundDigits(1.1*total, 3)),
	}}
	return n
}

func (p *plan) startFlow() float64 {
	sum := 0.0
	for i := range p.stations {
		sum += p.stations[i].wanted * p.stations[i].design
	}
	return sum
}

func sideLetter(side models.Side) string {
	if side == models.SideSupply {
		return "S"
	}
	return "R"
}

func junctionID(node int, side models.Side) models.ID {
	return models.ID(fmt.Sprintf("J%s-%04d", sideLetter(side), node))
}

func (p *plan) junction(i int, side models.Side) models.Junction {
	at := p.nodes[i]
	j := models.Junction{
		ID: junctionID(i, side), Side: side,
		Elevation: models.Some(at.z),
		X:         models.Some(round(at.x, 10)), Y: models.Some(round(at.y, 10)),
	}
	if i == 0 && side == models.SideReturn {
		j.FixedPressure = models.Some(p.hold)
	}
	return j
}

// valved writes an edge that begins with a valve on each side.
func (p *plan) valved(n *models.Network, i int, id, zh, en string, open bool) {
	e := &p.edges[i]
	opening := 0.0
	if open {
		opening = 1
	}
	var after [2]models.ID
	for k, side := range []models.Side{models.SideSupply, models.SideReturn} {
		j := p.junction(e.a, side)
		from := j.ID
		j.ID = models.ID(fmt.Sprintf("J%s-%s", sideLetter(side), id))
		j.FixedPressure = models.Optional{}
		n.Junctions = append(n.Junctions, j)
		after[k] = j.ID
		if side == models.SideReturn { // against the supply, as the water goes
			from, j.ID = j.ID, from
		}
		n.Valves = append(n.Valves, models.Valve{
			Branch: models.Branch{
				ID:   models.ID(id + sideLetter(side)),
				Name: zh + sideZh(side), NameEn: en + sideEn(side), From: from, To: j.ID,
			},
			Side: side, Zeta: zetaSectioning * float64(e.lines*e.lines), InnerDiameter: round(sizes[e.size].Inner(), 1e4),
			Opening: opening, Sectioning: true,
		})
	}
	p.pipes(n, i, after[0], after[1])
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

// pipes writes the supply and return pipes of an edge, one pair a line.
func (p *plan) pipes(n *models.Network, i int, supplyFrom, returnTo models.ID) {
	e := &p.edges[i]
	size := sizes[e.size]
	zh, en := p.street(i)
	for line := range e.lines {
		suffix := ""
		if e.lines > 1 {
			suffix = fmt.Sprintf("-%d", line+1)
		}
		s := models.Pipe{
			Branch: models.Branch{
				ID: models.ID(fmt.Sprintf("PS-%04d%s", i+1, suffix)), Name: zh + "供水" + suffix, NameEn: en + " supply" + suffix,
				From: supplyFrom, To: junctionID(e.b, models.SideSupply),
			},
			Side: models.SideSupply, Length: e.length, Year: e.year,
			InnerDiameter: round(size.Inner(), 1e4), OuterDiameter: models.Some(size.Outer),
			Roughness: roughness, Zeta: e.zeta,
			DN: size.DN, PressureClass: p.class,
		}
		s.Material, s.Insulation = material(size, e.year)
		r := s
		r.Branch = models.Branch{
			ID: models.ID(fmt.Sprintf("PR-%04d%s", i+1, suffix)), Name: zh + "回水" + suffix, NameEn: en + " return" + suffix,
			From: junctionID(e.b, models.SideReturn), To: returnTo,
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
			From: junctionID(s.node, models.SideSupply), To: junctionID(s.node, models.SideReturn),
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
		return models.ID(fmt.Sprintf("S-%04d", i+1))
	}
	return models.ID(fmt.Sprintf("S-%03d", i+1))
}
