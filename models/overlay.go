package models

// Overlay returns a copy of the network in which the elements carry what the
// scenario gives them: openings, speeds, flows, temperatures, sizes. Factors
// on a computed friction or heat loss have no field in an element and are left
// to the solver. Changes that CheckScenario refuses are passed over.
func (n *Network) Overlay(sc Scenario) *Network {
	out := *n
	out.Junctions = append([]Junction(nil), n.Junctions...)
	out.Pipes = append([]Pipe(nil), n.Pipes...)
	out.Valves = append([]Valve(nil), n.Valves...)
	out.Pumps = append([]Pump(nil), n.Pumps...)
	out.Sources = append([]Source(nil), n.Sources...)
	out.Stations = append([]Station(nil), n.Stations...)
	index := n.Index()
	for _, c := range sc.Changes {
		ref, ok := index.Lookup(c.Element)
		if !ok {
			continue
		}
		if c.Attribute == AttrInService {
			if b := out.Branch(ref); b != nil {
				b.OutOfService = c.Value == 0
			}
			continue
		}
		control := SourceControl(0)
		if ref.Kind == KindSource {
			control = out.Sources[ref.At].Control
		}
		if at := out.place(ref, c.Attribute); at != nil {
			*at = c.Apply(*at)
		}
		if ref.Kind == KindSource && c.Op != Set {
			out.Sources[ref.At].Control = control // a factor on a speed that is not held changes no control
		}
	}
	return &out
}

// place returns where an element keeps an attribute, nil if it has no field.
func (n *Network) place(ref Ref, a Attribute) *float64 {
	switch ref.Kind {
	case KindJunction:
		j := &n.Junctions[ref.At]
		switch a {
		case AttrDraw:
			return &j.Draw
		case AttrFixedPressure:
			if j.FixedPressure.Known {
				return &j.FixedPressure.Value
			}
		}
	case KindPipe:
		return n.Pipes[ref.At].place(a)
	case KindValve:
		v := &n.Valves[ref.At]
		switch a {
		case AttrOpening:
			return &v.Opening
		case AttrKvs:
			return &v.Kvs
		case AttrZeta:
			return &v.Zeta
		case AttrInnerDiameter:
			return &v.InnerDiameter
		case AttrPressure:
			return &v.Pressure
		case AttrDifferential:
			return &v.Differential
		case AttrFlow:
			return &v.Flow
		}
	case KindPump:
		return n.Pumps[ref.At].place(a)
	case KindSource:
		return n.Sources[ref.At].place(a)
	case KindStation:
		return n.Stations[ref.At].place(a)
	}
	return nil
}

func (p *Pipe) place(a Attribute) *float64 {
	switch a {
	case AttrRoughness:
		return &p.Roughness
	case AttrInnerDiameter:
		return &p.InnerDiameter
	case AttrZeta:
		return &p.Zeta
	case AttrResistance:
		if p.Resistance.Known {
			return &p.Resistance.Value
		}
	case AttrHeatLoss:
		if p.HeatLoss.Known {
			return &p.HeatLoss.Value
		}
	}
	return nil
}

// place of a pump: it goes on holding what it holds.
func (p *Pump) place(a Attribute) *float64 {
	switch a {
	case AttrSpeed:
		return &p.Speed
	case AttrRunning:
		p.Running.Known = true
		return &p.Running.Value
	case AttrDifferential:
		return &p.Differential
	case AttrFlow:
		return &p.Flow
	case AttrPressure:
		return &p.Pressure
	}
	return nil
}

// place of a source: what is set becomes its control.
func (s *Source) place(a Attribute) *float64 {
	switch a {
	case AttrSpeed:
		s.Control = ControlSpeed
		return &s.Speed
	case AttrDifferential:
		if s.Control != ControlRemote { // which holds it at its stations
			s.Control = ControlDifferential
		}
		return &s.Differential
	case AttrFlow:
		s.Control = ControlFlow
		return &s.Flow
	case AttrRunning:
		s.Running.Known = true
		return &s.Running.Value
	case AttrPressure:
		return &s.Pressure
	case AttrSupplyTemperature:
		return &s.SupplyTemperature
	}
	return nil
}

func (s *Station) place(a Attribute) *float64 {
	given := func(o *Optional) *float64 {
		o.Known = true
		return &o.Value
	}
	switch a {
	case AttrOpening:
		return &s.Opening
	case AttrFlow:
		return given(&s.Demand.Flow)
	case AttrHeat:
		return given(&s.Demand.Heat)
	case AttrReturnTemperature:
		return given(&s.Demand.ReturnTemperature)
	case AttrKvs:
		return &s.Valve.Kvs
	case AttrFixedResistance:
		return &s.FixedResistance
	case AttrHeatedArea:
		return &s.HeatedArea
	case AttrHeatIndex:
		return &s.HeatIndex
	}
	return nil
}
