package design

import (
	"context"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver/heating"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// need returns what the critical station asks of the pump, Pa: its pipes, its
// fixed resistance, and its valve at 90 % of travel. The flows are those that
// the stations require with the water that reaches them: behind long pipes it
// is colder than at the source, and more of it is needed than at design.
func (d *designer) need(ctx context.Context) (float64, error) {
	required := append([]float64(nil), d.flow...)
	r, err := d.solve(ctx, required)
	for range requiredRounds {
		if err != nil {
			return 0, err
		}
		for i := range d.n.Stations {
			if d.flow[i] <= negligibleFlow {
				continue
			}
			need, err := heating.Required(d.n, &d.n.Stations[i], d.n.Climate.DesignOutdoor, r.Stations[i].TempIn)
			if err != nil {
				return 0, err
			}
			required[i] = need.Flow
		}
		r, err = d.solve(ctx, required)
	}
	if err != nil {
		return 0, err
	}
	phi := math.Pow(rangeability, indexTravel-1)
	for i := range d.n.Stations {
		if d.flow[i] <= negligibleFlow {
			continue
		}
		s, m := &d.n.Stations[i], required[i]
		own := (s.FixedResistance + law.KvResistance(s.Valve.Kvs*phi, r.Stations[i].Density)) * m * m
		if need := r.Sources[0].Lift - r.Stations[i].Differential + own; need > d.note.CriticalNeed {
			d.note.CriticalNeed, d.note.Critical = need, s.ID
		}
	}
	return d.note.CriticalNeed, nil
}

// kvs returns a station's Kvs: the next catalogue step above its design flow at
// 50 kPa.
func (d *designer) kvs(i int) float64 {
	supply := d.n.Sources[0].SupplyTemperature
	rho := (water.Density(supply) + water.Density(supply-d.o.TemperatureDrop)) / 2
	volume := 3600 * d.flow[i] / rho // m3/h
	return models.NextKvs(volume / math.Sqrt(valveDrop/1e5/(rho/1000)))
}

// stations turns every consumer into a heat-exchange station.
func (d *designer) stations() {
	supply := d.n.Sources[0].SupplyTemperature
	back := supply - d.o.TemperatureDrop
	cp := water.MeanHeatCapacity(supply, back)
	for i := range d.n.Stations {
		s := &d.n.Stations[i]
		if s.Name == "" {
			s.Name, s.NameEn = fmt.Sprintf("热力站%d", i+1), fmt.Sprintf("Station %d", i+1)
			assume(&s.Assumed, "name", "name_en")
		}
		if d.flow[i] <= negligibleFlow {
			continue
		}
		kvs := d.kvs(i)
		m := d.flow[i]
		s.DesignFlow = models.Some(m)
		s.HeatIndex = heatIndex
		s.HeatedArea = m * cp * d.o.TemperatureDrop / heatIndex
		s.Design = models.StationDesign{PrimarySupply: supply, PrimaryReturn: back,
			SecondarySupply: back - approach + secondaryShare*d.o.TemperatureDrop, SecondaryReturn: back - approach}
		s.Valve = models.ControlValve{Kvs: kvs, Characteristic: models.EqualPercentage, Rangeability: rangeability, Leakage: leakage}
		s.Opening = opening
		s.FixedResistance = fixedDrop / (m * m)
		s.Demand = models.Demand{}
		assume(&s.Assumed, "heated_area_m2", "heat_index_w_per_m2", "design", "valve", "opening", "fixed_resistance_pa_per_kg2_s2", "design_flow_kg_per_s")
	}
}

// source gives the source a pump through (design flow, 1.2 x critical need)
// and puts the pressure hold at its return.
func (d *designer) source(need float64) {
	s := &d.n.Sources[0]
	rho := water.Density(s.SupplyTemperature - d.o.TemperatureDrop)
	had := d.returnPressure()
	d.note.PumpHead = headReserve * need
	head := d.note.PumpHead / (rho * standardGravity) // m
	flow := d.note.DesignFlow / rho                   // m3/s
	s.Control, s.Speed, s.Differential, s.Flow = models.ControlSpeed, 1, 0, 0
	s.Curve = models.PumpCurve{Efficiency: efficiency}
	for _, share := range [...]float64{0, 0.5, 1, 1.4} {
		s.Curve.Points = append(s.Curve.Points, models.CurvePoint{
			Flow: share * flow, Head: head * (shutOff - (shutOff-1)*share*share)})
	}
	assume(&s.Assumed, "curve", "control", "speed")
	d.hold(had)
}

// returnPressure is what the reference holds at the source's return, by a hold
// there or by one at its outlet less the differential; 0 where it says nothing.
func (d *designer) returnPressure() float64 {
	s := &d.n.Sources[0]
	for i := range d.n.Junctions {
		switch j := &d.n.Junctions[i]; {
		case !j.FixedPressure.Known:
		case j.ID == s.From:
			return j.FixedPressure.Value
		case j.ID == s.To && s.Control == models.ControlDifferential:
			return j.FixedPressure.Value - s.Differential
		}
	}
	return 0
}

const standardGravity = 9.80665

// hold moves the pressure hold to the source's return, at the pressure that
// the reference has there, or more where the standing water would boil or
// leave the highest place.
func (d *designer) hold(had float64) {
	n, s := d.n, &d.n.Sources[0]
	index := n.Index()
	ret, _ := index.At(models.KindJunction, s.From)
	pressure := math.Max(leastHold, had)
	boils := math.Max(water.SaturationPressure(s.SupplyTemperature)-water.Atmosphere, 0)
	rho := water.Density(s.SupplyTemperature - d.o.TemperatureDrop)
	for i := range n.Junctions {
		rise := n.Junctions[i].Elevation.Value - n.Junctions[ret].Elevation.Value
		if n.Junctions[i].Elevation.Known && n.Junctions[ret].Elevation.Known {
			pressure = math.Max(pressure, rho*standardGravity*rise+boils+staticReserve)
		}
	}
	for i := range n.Junctions {
		n.Junctions[i].FixedPressure = models.Optional{}
	}
	const step = 10e3
	n.Junctions[ret].FixedPressure = models.Some(math.Ceil(pressure/step) * step)
	assume(&n.Junctions[ret].Assumed, "fixed_pressure_pa")
}

// climate fills in the design weather.
func (d *designer) climate() {
	if d.n.Climate == (models.Climate{}) {
		d.n.Climate = models.Climate{DesignOutdoor: designOutdoor, DesignIndoor: designIndoor}
	}
}

// class fills in the pressure class.
func (d *designer) class() {
	for i := range d.n.Pipes {
		if p := &d.n.Pipes[i]; p.PressureClass == 0 {
			p.PressureClass = pressureClass
			assume(&p.Assumed, "pressure_class_pa")
		}
	}
}
