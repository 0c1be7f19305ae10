package models

import (
	"fmt"
)

func (v *validator) pipe(p *Pipe) {
	const kind = KindPipe
	v.side(kind, p.ID, p.Side)
	v.sides(kind, &p.Branch, p.Side, p.Side, "a pipe stays on its side; only stations and sources cross over")
	v.number(kind, p.ID, "length_m", p.Length, 0, 1e6, "give the pipe's length in metres")
	if p.Resistance.Known {
		v.number(kind, p.ID, "resistance_pa_per_kg2_s2", p.Resistance.Value, 0, 1e18, "give Pa/(kg/s)2; 0 joins two places that are one")
		if p.InnerDiameter != 0 {
			v.attribute(kind, p.ID, AttrInnerDiameter, p.InnerDiameter, "give the inner diameter in metres, or leave it out")
		}
	} else {
		v.attribute(kind, p.ID, AttrInnerDiameter, p.InnerDiameter, "give the inner diameter in metres (DN200: 0.2101)")
		if p.Length == 0 && p.Zeta == 0 {
			v.refuse(kind, p.ID, "length_m", "a pipe without length and without zeta has no resistance", "give its length, or write resistance_pa_per_kg2_s2: 0 if its two ends are one place")
		}
	}
	within := v.attribute(kind, p.ID, AttrRoughness, p.Roughness, "give the roughness in millimetres (steel 0.05 to 0.5)")
	if rough := "%g mm is more than a tenth of the diameter"; p.InnerDiameter > 0 && within && p.Roughness > 0.1*p.InnerDiameter {
		if v.net.Open { // old water mains are encrusted as far as that
			v.warn(kind, p.ID, "roughness_mm", fmt.Sprintf(rough, p.Roughness*1e3), "no friction law was measured there: give the inner diameter that is left")
		} else {
			v.refuse(kind, p.ID, "roughness_mm", fmt.Sprintf(rough, p.Roughness*1e3), "check the unit: the file takes millimetres")
		}
	}
	v.attribute(kind, p.ID, AttrZeta, p.Zeta, "give the sum of local loss coefficients, 0 for none")
	if p.HazenWilliams.Known {
		v.over(kind, p.ID, "hazen_williams", p.HazenWilliams.Value, 0, 1e6, "give the coefficient of Hazen-Williams, 80 to 150")
	}
	if p.OuterDiameter.Known {
		v.over(kind, p.ID, "outer_diameter_m", p.OuterDiameter.Value, 0, 10, "give the carrier pipe's outer diameter in metres")
		if p.OuterDiameter.Value < p.InnerDiameter {
			v.refuse(kind, p.ID, "outer_diameter_m", "is smaller than the inner diameter", "check that the two are not exchanged")
		}
	}
	if p.HeatLoss.Known {
		v.number(kind, p.ID, "heat_loss_w_per_m_k", p.HeatLoss.Value, 0, 1e4, "give W per metre and kelvin")
	}
	if p.Ambient.Known {
		if t := p.Ambient.Value; !(t >= 0 && t <= 473.15) {
			v.refuse(kind, p.ID, "ambient_c", fmt.Sprintf("is %.5g degC: out of range", t-273.15), "give the temperature around the pipe in degC")
		} else if t < 200 {
			v.warn(kind, p.ID, "ambient_c", fmt.Sprintf("is %.5g degC: colder than any place on earth", p.Ambient.Value-273.15), "give the temperature around the pipe in degC")
		}
	}
	v.insulation(p)
	v.number(kind, p.ID, "leak.fixed_kg_per_s_pa", p.Leak.Fixed, 0, 1e6, "give kg/s at 1 Pa of holes that stay as they are, 0 for none")
	v.number(kind, p.ID, "leak.growing_kg_per_s_pa", p.Leak.Growing, 0, 1e6, "give kg/s at 1 Pa of holes that the pressure opens, 0 for none")
	v.number(kind, p.ID, "pressure_class_pa", p.PressureClass, 0, 1e8, "give Pa (PN16: 1600000)")
	if p.DN < 0 || p.DN > 5000 {
		v.refuse(kind, p.ID, "dn", fmt.Sprintf("is %d", p.DN), "give the nominal diameter (200 for DN200), or leave it out")
	}
	if p.Year != 0 && (p.Year < 1850 || p.Year > 2200) {
		v.refuse(kind, p.ID, "year", fmt.Sprintf("is %d", p.Year), "give the year the pipe was laid, or leave it out")
	}
	v.partner(p)
}

func (v *validator) insulation(p *Pipe) {
	const kind = KindPipe
	in := p.Insulation
	if in == (Insulation{}) {
		return
	}
	v.over(kind, p.ID, "insulation.conductivity_w_per_m_k", in.Conductivity, 0, 5, "give the insulation's conductivity, about 0.027 W/(m K)")
	v.number(kind, p.ID, "insulation.depth_m", in.Depth, 0, 100, "give the depth of the axis in metres")
	v.number(kind, p.ID, "insulation.spacing_m", in.Spacing, 0, 100, "give the distance of the two axes in metres")
	inner := p.OuterDiameter.Or(p.InnerDiameter)
	if !(in.CasingDiameter > inner) {
		v.refuse(kind, p.ID, "insulation.casing_diameter_m", fmt.Sprintf("%g m is not above the pipe's own %g m", in.CasingDiameter, inner), "give the outer diameter of the casing")
	}
	if v.net.Ground.Conductivity > 0 && in.Depth < in.CasingDiameter/2 {
		v.refuse(kind, p.ID, "insulation.depth_m", "the axis lies less than half a casing below the ground", "give the depth from the surface to the pipe's axis")
	}
	if in.Spacing != 0 && in.Spacing < in.CasingDiameter {
		v.refuse(kind, p.ID, "insulation.spacing_m", "the two casings would overlap", "give the distance from axis to axis")
	}
}

func (v *validator) partner(p *Pipe) {
	if p.Partner == "" {
		return
	}
	at, ok := v.index.At(KindPipe, p.Partner)
	switch {
	case p.Partner == p.ID:
		v.refuse(KindPipe, p.ID, "partner", "the pipe is its own partner", "name the pipe of the other side in the same trench")
	case !ok:
		v.refuse(KindPipe, p.ID, "partner", fmt.Sprintf("pipe %q does not exist", p.Partner), "name a pipe of the other side, or leave it out")
	case v.net.Pipes[at].Side == p.Side && p.Side != SideNone:
		v.refuse(KindPipe, p.ID, "partner", fmt.Sprintf("pipe %q is on the same side", p.Partner), "the partner is the pipe of the other side in the same trench")
	}
}

// leastKvs is far below the smallest control valve made, m3/h.
const leastKvs = 1e-3

// controlValve checks the sizing of a valve or of a station's valve. travels
// says whether it ever stands between closed and open: only then does it matter
// how Kv follows the travel.
func (v *validator) controlValve(kind Kind, id ID, prefix string, c *ControlValve, travels bool) {
	if c.Kvs == 0 {
		if c.Characteristic != EqualPercentage || c.Rangeability != 0 || c.Leakage != 0 || len(c.Table) > 0 {
			v.refuse(kind, id, prefix+"kvs_m3_per_h", "is missing beside the valve's other data", "give the flow coefficient at full opening, or take the rest out")
		}
		return
	}
	v.attributeAt(kind, id, prefix, AttrKvs, c.Kvs, "give the flow coefficient at full opening, m3/h at 1 bar")
	if c.Kvs > 0 && c.Kvs < leastKvs {
		v.refuse(kind, id, prefix+"kvs_m3_per_h", fmt.Sprintf("is %g m3/h: no valve is that small", c.Kvs), "give the flow coefficient at full opening, m3/h at 1 bar")
	}
	switch c.Characteristic {
	case EqualPercentage:
		if !travels && c.Rangeability == 0 {
			break
		}
		v.over(kind, id, prefix+"rangeability", c.Rangeability, 1, 1e4, "an equal-percentage valve needs its rangeability, for example 50")
	case TableCharacteristic:
		v.table(kind, id, prefix+"table", c.Table)
	case Linear:
		if c.Rangeability != 0 {
			v.over(kind, id, prefix+"rangeability", c.Rangeability, 1, 1e4, "give Kvs over the smallest controllable Kv, or leave it out")
		}
	default:
		v.refuse(kind, id, prefix+"characteristic", "is unknown", "write equal_percentage, linear or table")
	}
	v.number(kind, id, prefix+"leakage", c.Leakage, 0, 0.5, "give the share of Kvs that passes the closed valve, for example 0.0005")
}

func (v *validator) table(kind Kind, id ID, key string, rows [][2]float64) {
	if len(rows) < 2 {
		v.refuse(kind, id, key, "has fewer than two rows", "give pairs of opening and Kv/Kvs, from 0 to 1")
		return
	}
	for i, r := range rows {
		switch {
		case !finite(r[0]) || !finite(r[1]) || r[0] < 0 || r[0] > 1 || r[1] < 0 || r[1] > 1.5:
			v.refuse(kind, id, key, fmt.Sprintf("row %d is out of range", i+1), "openings lie in 0..1, Kv/Kvs likewise")
		case i > 0 && (r[0] <= rows[i-1][0] || r[1] < rows[i-1][1]):
			v.refuse(kind, id, key, fmt.Sprintf("row %d does not ascend", i+1), "sort the rows by opening; Kv/Kvs must not fall")
		}
	}
}

func (v *validator) valve(x *Valve) {
	const kind = KindValve
	v.side(kind, x.ID, x.Side)
	v.sides(kind, &x.Branch, x.Side, x.Side, "a valve stays on its side")
	travels := !x.Sectioning && (x.Control == ManualOpening || x.Opening > 0 && x.Opening < 1)
	v.controlValve(kind, x.ID, "", &x.ControlValve, travels)
	v.attribute(kind, x.ID, AttrOpening, x.Opening, "give the fraction of travel, 0 closed, 1 open")
	v.attribute(kind, x.ID, AttrZeta, x.Zeta, "give the loss coefficient at full opening")
	if x.Kvs == 0 && x.Control != HeadLossCurve {
		v.attribute(kind, x.ID, AttrInnerDiameter, x.InnerDiameter, "give kvs_m3_per_h, or zeta with inner_diameter_m")
	}
	if x.Sectioning && x.Opening != 0 && x.Opening != 1 {
		v.refuse(kind, x.ID, "opening", fmt.Sprintf("a sectioning valve stands at %g", x.Opening), "write 0 (closed) or 1 (open), or drop sectioning")
	}
	v.valveControl(x)
}

// curve checks that a pump's head does not rise with flow.
func (v *validator) curve(kind Kind, id ID, c *PumpCurve) {
	if len(c.Points) == 0 && len(c.Polynomial) == 0 {
		v.refuse(kind, id, "curve", "the pump has no curve", "give points of flow and head, or one point for constant head")
		return
	}
	if len(c.Points) > 0 && len(c.Polynomial) > 0 {
		v.refuse(kind, id, "curve", "both points and a polynomial are given", "keep one of the two")
	}
	for i, p := range c.Points {
		switch {
		case !finite(p.Flow) || !finite(p.Head) || p.Flow < 0 || p.Head < 0:
			v.refuse(kind, id, "curve", fmt.Sprintf("point %d is negative or no number", i+1), "give flow and head at nominal speed")
		case i > 0 && p.Flow <= c.Points[i-1].Flow:
			v.refuse(kind, id, "curve", fmt.Sprintf("the flow of point %d does not ascend", i+1), "sort the points by flow")
		case i > 0 && p.Head > c.Points[i-1].Head:
			v.refuse(kind, id, "curve", fmt.Sprintf("the head rises at point %d", i+1), "a pump curve falls with flow: check the point")
		}
	}
	if n := len(c.Points); c.Form == PowerForm && n > 0 && !(n == 1 || n == 3 && c.Points[0].Flow == 0 && c.Points[2].Head < c.Points[1].Head && c.Points[1].Head < c.Points[0].Head) {
		v.refuse(kind, id, "curve.form", "a power curve has one point, or three that fall from flow 0", "give such points, or form piecewise")
	}
	for _, a := range c.Polynomial {
		if !finite(a) {
			v.refuse(kind, id, "curve", "the polynomial holds no finite number", "give coefficients, constant first")
			break
		}
	}
	v.number(kind, id, "curve.efficiency", c.Efficiency, 0, 1, "give wire-to-water efficiency, 0..1")
}

// form refuses a word that is none, whether the curve is used or not.
func (v *validator) form(kind Kind, id ID, f CurveForm) {
	if f > PiecewiseForm {
		v.refuse(kind, id, "curve.form", "is unknown", "write quadratic, power or piecewise")
	}
}

func (v *validator) pump(p *Pump) {
	v.form(KindPump, p.ID, p.Curve.Form)
	if p.Power.Known {
		v.over(KindPump, p.ID, "power_w", p.Power.Value, 0, 1e9, "give the power given to the water in W, or a curve")
	} else {
		v.curve(KindPump, p.ID, &p.Curve)
	}
	v.attribute(KindPump, p.ID, AttrSpeed, p.Speed, "give the fraction of nominal speed")
	v.running(KindPump, p.ID, p.Running)
	v.pumpControl(p)
}

func (v *validator) source(s *Source) {
	const kind = KindSource
	if !v.net.Open {
		v.sides(kind, &s.Branch, SideReturn, SideSupply, "a source takes return water at from and delivers it at to: check that the ends are not exchanged")
	}
	v.kelvin(kind, s.ID, "supply_temperature_c", s.SupplyTemperature)
	v.form(kind, s.ID, s.Curve.Form)
	switch s.Control {
	case ControlSpeed:
		v.curve(kind, s.ID, &s.Curve)
		v.attribute(kind, s.ID, AttrSpeed, s.Speed, "give the fraction of nominal speed")
	case ControlDifferential:
		v.attribute(kind, s.ID, AttrDifferential, s.Differential, "give the differential held, Pa")
	case ControlFlow:
		v.attribute(kind, s.ID, AttrFlow, s.Flow, "give the flow held, kg/s")
	case ControlRemote:
		v.attribute(kind, s.ID, AttrDifferential, s.Differential, "give the differential held at the stations, Pa")
	case ControlInletPressure, ControlOutletPressure:
	default:
		v.refuse(kind, s.ID, "control", "is unknown", "write speed, differential, flow, remote_differential, inlet_pressure or outlet_pressure")
	}
	v.drive(kind, s.ID, s.Control, s.Pressure, s.Remote)
	v.running(kind, s.ID, s.Running)
	v.number(kind, s.ID, "min_speed", s.MinSpeed, 0, 1, "give a fraction of nominal speed")
	v.number(kind, s.ID, "max_speed", s.MaxSpeed, 0, 1.5, "give a fraction of nominal speed")
	if s.MaxSpeed != 0 && s.MinSpeed > s.MaxSpeed {
		v.refuse(kind, s.ID, "min_speed", "is above max_speed", "check that the two are not exchanged")
	}
	v.number(kind, s.ID, "nominal_frequency_hz", s.NominalFrequency, 0, 1000, "give the frequency at nominal speed, 50 Hz")
	if s.Capacity.Known {
		v.number(kind, s.ID, "capacity_w", s.Capacity.Value, 0, 1e11, "give the heat capacity in W")
	}
	if s.MaxFlow.Known {
		v.over(kind, s.ID, "max_flow_kg_per_s", s.MaxFlow.Value, 0, 1e6, "give the highest flow in kg/s, or leave it out")
	}
	if s.Merit < 0 || s.Merit > 1000 {
		v.refuse(kind, s.ID, "merit", fmt.Sprintf("is %d", s.Merit), "give the place in the order of merit, 1 first, or leave it out")
	}
	if s.Merit > 0 && s.Control == ControlFlow {
		v.refuse(kind, s.ID, "merit", "a source with a given flow takes no part in the order of merit", "let it hold speed, differential or pressure; merit and max_flow_kg_per_s then bound its flow")
	}
}

func (v *validator) station(s *Station) {
	const kind = KindStation
	if !v.net.Open {
		v.sides(kind, &s.Branch, SideSupply, SideReturn, "a station stands between supply (from) and return (to): check that the ends are not exchanged")
	}
	v.demand(s)
	controlled := s.Valve.Kvs != 0
	if controlled || s.HeatedArea != 0 {
		v.attribute(kind, s.ID, AttrHeatedArea, s.HeatedArea, "give the heated floor area in m2: without it the station has no requirement")
		v.attribute(kind, s.ID, AttrHeatIndex, s.HeatIndex, "give the design load per floor area, for example 45 W/m2")
	}
	if controlled || s.Design != (StationDesign{}) {
		v.design(s)
	}
	v.controlValve(kind, s.ID, "valve.", &s.Valve, true)
	v.attribute(kind, s.ID, AttrOpening, s.Opening, "give the fraction of travel, 0 closed, 1 open")
	v.attribute(kind, s.ID, AttrFixedResistance, s.FixedResistance, "give Pa/(kg/s)2 of piping, strainer and exchanger")
	if s.FlowLimit.Known {
		v.over(kind, s.ID, "flow_limit_kg_per_s", s.FlowLimit.Value, 0, 1e5, "give kg/s at full opening, or leave it out")
		if !controlled || s.Demand.Given() {
			v.refuse(kind, s.ID, "flow_limit_kg_per_s", "belongs to a pressure-independent control valve", "give the valve and no demand, or leave it out")
		}
	}
	if s.DesignFlow.Known {
		v.over(kind, s.ID, "design_flow_kg_per_s", s.DesignFlow.Value, 0, 1e5, "give kg/s, or leave it out to have it computed")
	}
	if !controlled && !s.Demand.Given() && s.FixedResistance == 0 {
		v.refuse(kind, s.ID, "valve", "nothing says how much passes: no valve, no resistance, no demand", "give valve.kvs_m3_per_h, or a demand")
	}
}

// design checks the order of the design temperatures.
func (v *validator) design(s *Station) {
	const kind = KindStation
	d := s.Design
	before := len(v.found)
	v.kelvin(kind, s.ID, "design.primary_supply_c", d.PrimarySupply)
	v.kelvin(kind, s.ID, "design.primary_return_c", d.PrimaryReturn)
	v.kelvin(kind, s.ID, "design.secondary_supply_c", d.SecondarySupply)
	v.kelvin(kind, s.ID, "design.secondary_return_c", d.SecondaryReturn)
	v.number(kind, s.ID, "design.emitter_exponent", d.EmitterExponent, 0, 1, "give b of Q = K dT^(1+b): radiators 0.3, floor heating 0.03")
	if len(v.found) > before {
		return
	}
	if d.PrimarySupply <= d.PrimaryReturn {
		v.refuse(kind, s.ID, "design.primary_return_c", "the primary return is not colder than the supply", "check that supply and return are not exchanged")
	}
	if d.SecondarySupply <= d.SecondaryReturn {
		v.refuse(kind, s.ID, "design.secondary_return_c", "the secondary return is not colder than the supply", "check that supply and return are not exchanged")
	}
	if d.PrimarySupply <= d.SecondarySupply || d.PrimaryReturn <= d.SecondaryReturn {
		v.refuse(kind, s.ID, "design.secondary_supply_c", "the secondary side is not colder than the primary side", "heat flows from primary to secondary: check the four design temperatures")
	}
}

// demand checks that what is prescribed determines the flow just once.
func (v *validator) demand(s *Station) {
	const kind = KindStation
	d := s.Demand
	given := 0
	for _, o := range []Optional{d.Flow, d.Heat, d.ReturnTemperature, d.TemperatureDrop} {
		if o.Known {
			given++
		}
	}
	if given == 0 {
		return
	}
	if d.Flow.Known {
		v.attributeAt(kind, s.ID, "demand.", AttrFlow, d.Flow.Value, "give kg/s")
	}
	if d.Heat.Known {
		v.attributeAt(kind, s.ID, "demand.", AttrHeat, d.Heat.Value, "give W taken from the water")
	}
	if d.ReturnTemperature.Known {
		v.kelvin(kind, s.ID, "demand.return_temperature_c", d.ReturnTemperature.Value)
	}
	if d.TemperatureDrop.Known {
		v.over(kind, s.ID, "demand.temperature_drop_k", d.TemperatureDrop.Value, 0, 200, "give the primary temperature drop in K")
	}
	alone := given == 1 && (d.Flow.Known || d.Heat.Known)
	pair := given == 2 && (d.Flow.Known || d.Heat.Known)
	if d.Heat.Known && d.Heat.Value < 0 && !d.Flow.Known && !d.ReturnTemperature.Known {
		v.refuse(kind, s.ID, "demand.heat_w", "feeds heat into the network, and nothing says with how much water", "give flow_kg_per_s or return_temperature_c (of the water it gives back) besides")
	}
	if !alone && !pair {
		v.refuse(kind, s.ID, "demand", "does not determine the flow just once", "give the flow or the heat alone, or one of them with one of flow, heat, return_temperature_c, temperature_drop_k")
	}
}
