package netfile

import (
	"slices"

	"evenflow/models"
	"evenflow/models/unit"
)

// Units of the file.
var (
	plain   = unit.Unit{Factor: 1} // the key names the SI unit
	celsius = unit.Must("degC")
	mm      = unit.Must("mm")
	cubic   = unit.Must("m3/h")
)

var (
	sides           = []string{"", "supply", "return"}
	characteristics = []string{"equal_percentage", "linear", "table"}
	controls        = []string{"speed", "differential", "flow", "remote_differential", "inlet_pressure", "outlet_pressure"}
	valveControls   = []string{"manual", "reduce_pressure", "sustain_pressure", "limit_flow", "break_pressure", "hold_differential", "head_loss_curve"}
	curveForms      = []string{"quadratic", "power", "piecewise"}
)

func assumed(to *[]string) field {
	return field{key: "assumed", value: list[string]{to, func(s *string) value { return text[string]{s} }}}
}

// head returns the keys that all branches begin with.
func head(b *models.Branch) []field {
	return []field{
		{key: "id", value: text[models.ID]{&b.ID}, required: yes},
		{key: "name", value: text[string]{&b.Name}},
		{key: "name_en", value: text[string]{&b.NameEn}},
		{key: "from", value: text[models.ID]{&b.From}, required: yes},
		{key: "to", value: text[models.ID]{&b.To}, required: yes},
		{key: "out_of_service", value: boolean{&b.OutOfService}},
	}
}

func junctionFields(j *models.Junction) []field {
	return []field{
		{key: "id", value: text[models.ID]{&j.ID}, required: yes},
		{key: "name", value: text[string]{&j.Name}},
		{key: "name_en", value: text[string]{&j.NameEn}},
		{key: "side", value: word[models.Side]{&j.Side, sides}},
		{key: "elevation_m", value: optional{&j.Elevation, plain}},
		{key: "fixed_pressure_pa", value: optional{&j.FixedPressure, plain}},
		{key: "fixed_temperature_c", value: optional{&j.FixedTemp, celsius}},
		{key: "draw_kg_per_s", value: number{&j.Draw, plain}},
		{key: "emitter", value: object{[]field{
			{key: "coefficient_kg_per_s_pa", value: number{&j.Emitter.Coefficient, plain}, required: yes},
			{key: "exponent", value: number{&j.Emitter.Exponent, plain}},
			{key: "no_backflow", value: boolean{&j.Emitter.NoBackflow}},
		}}},
		{key: "x_m", value: optional{&j.X, plain}},
		{key: "y_m", value: optional{&j.Y, plain}},
		assumed(&j.Assumed),
	}
}

func pipeFields(p *models.Pipe) []field {
	return append(head(&p.Branch),
		field{key: "side", value: word[models.Side]{&p.Side, sides}},
		field{key: "partner", value: text[models.ID]{&p.Partner}},
		field{key: "length_m", value: number{&p.Length, plain}},
		field{key: "inner_diameter_m", value: number{&p.InnerDiameter, plain}},
		field{key: "outer_diameter_m", value: optional{&p.OuterDiameter, plain}},
		field{key: "roughness_mm", value: number{&p.Roughness, mm}},
		field{key: "zeta", value: number{&p.Zeta, plain}},
		field{key: "resistance_pa_per_kg2_s2", value: optional{&p.Resistance, plain}},
		field{key: "hazen_williams", value: optional{&p.HazenWilliams, plain}},
		field{key: "check_valve", value: boolean{&p.CheckValve}},
		field{key: "leak", value: object{[]field{
			{key: "fixed_kg_per_s_pa", value: number{&p.Leak.Fixed, plain}},
			{key: "growing_kg_per_s_pa", value: number{&p.Leak.Growing, plain}},
		}}},
		field{key: "insulation", value: object{[]field{
			{key: "casing_diameter_m", value: number{&p.Insulation.CasingDiameter, plain}},
			{key: "conductivity_w_per_m_k", value: number{&p.Insulation.Conductivity, plain}},
			{key: "depth_m", value: number{&p.Insulation.Depth, plain}},
			{key: "spacing_m", value: number{&p.Insulation.Spacing, plain}},
		}}},
		field{key: "heat_loss_w_per_m_k", value: optional{&p.HeatLoss, plain}},
		field{key: "ambient_c", value: optional{&p.Ambient, celsius}},
		field{key: "dn", value: integer{&p.DN}},
		field{key: "year", value: integer{&p.Year}},
		field{key: "material", value: text[string]{&p.Material}},
		field{key: "pressure_class_pa", value: number{&p.PressureClass, plain}},
		assumed(&p.Assumed),
	)
}

// controlValveFields are the keys of a valve's sizing.
func controlValveFields(c *models.ControlValve, required func() bool) []field {
	sized := func() bool { return c.Kvs != 0 }
	return []field{
		{key: "kvs_m3_per_h", value: number{&c.Kvs, plain}, required: required},
		{key: "characteristic", value: word[models.Characteristic]{&c.Characteristic, characteristics}, always: sized},
		{key: "rangeability", value: number{&c.Rangeability, plain}},
		{key: "leakage", value: number{&c.Leakage, plain}},
		{key: "table", value: list[[2]float64]{&c.Table, func(p *[2]float64) value { return pair{p} }}},
	}
}

func valveFields(v *models.Valve) []field {
	under := func(any ...models.ValveControl) func() bool {
		return func() bool { return slices.Contains(any, v.Control) }
	}
	fields := append(head(&v.Branch), field{key: "side", value: word[models.Side]{&v.Side, sides}})
	fields = append(fields, controlValveFields(&v.ControlValve, nil)...)
	return append(fields,
		field{key: "zeta", value: number{&v.Zeta, plain}},
		field{key: "inner_diameter_m", value: number{&v.InnerDiameter, plain}},
		field{key: "opening", value: number{&v.Opening, plain}, required: yes, always: yes},
		field{key: "sectioning", value: boolean{&v.Sectioning}},
		field{key: "check_valve", value: boolean{&v.CheckValve}},
		field{key: "two_way", value: boolean{&v.TwoWay}},
		field{key: "control", value: word[models.ValveControl]{&v.Control, valveControls}},
		field{key: "pressure_pa", value: number{&v.Pressure, plain}, required: under(models.ReducePressure, models.SustainPressure), always: under(models.ReducePressure, models.SustainPressure)},
		field{key: "differential_pa", value: number{&v.Differential, plain}, required: under(models.BreakPressure, models.HoldDifferential), always: under(models.BreakPressure, models.HoldDifferential)},
		field{key: "flow_kg_per_s", value: number{&v.Flow, plain}, required: under(models.LimitFlow), always: under(models.LimitFlow)},
		field{key: "high_sensor", value: text[models.ID]{&v.HighSensor}},
		field{key: "low_sensor", value: text[models.ID]{&v.LowSensor}},
		field{key: "losses", value: list[models.CurvePoint]{&v.Losses, curvePoint}},
		assumed(&v.Assumed),
	)
}

// curvePoint is a point of a pump's curve or of a valve's losses.
func curvePoint(p *models.CurvePoint) value {
	return object{[]field{
		{key: "flow_m3_per_h", value: number{&p.Flow, cubic}, required: yes, always: yes},
		{key: "head_m", value: number{&p.Head, plain}, required: yes, always: yes},
	}}
}

func curveField(c *models.PumpCurve) field {
	return field{key: "curve", value: object{[]field{
		{key: "points", value: list[models.CurvePoint]{&c.Points, curvePoint}},
		{key: "form", value: word[models.CurveForm]{&c.Form, curveForms}},
		{key: "polynomial_m_of_m3_per_s", value: list[float64]{&c.Polynomial, func(a *float64) value { return number{a, plain} }}},
		{key: "efficiency", value: number{&c.Efficiency, plain}},
	}}}
}

// ids lists the stations that a control watches.
func ids(to *[]models.ID) value {
	return list[models.ID]{to, func(id *models.ID) value { return text[models.ID]{id} }}
}

// setpoints are the keys of what a source or a pump holds: the one that its
// control asks for must be there, a 0 of it is written.
func setpoints(control *models.SourceControl, differential, flow, pressure *float64) []field {
	under := func(any ...models.SourceControl) func() bool {
		return func() bool { return slices.Contains(any, *control) }
	}
	dp := under(models.ControlDifferential, models.ControlRemote)
	p := under(models.ControlInletPressure, models.ControlOutletPressure)
	return []field{
		{key: "differential_pa", value: number{differential, plain}, required: dp, always: dp},
		{key: "flow_kg_per_s", value: number{flow, plain}, required: under(models.ControlFlow), always: under(models.ControlFlow)},
		{key: "pressure_pa", value: number{pressure, plain}, required: p, always: p},
	}
}

func pumpFields(p *models.Pump) []field {
	fields := append(head(&p.Branch),
		curveField(&p.Curve),
		field{key: "power_w", value: optional{&p.Power, plain}},
		field{key: "speed", value: number{&p.Speed, plain}, required: yes, always: yes},
		field{key: "running", value: optional{&p.Running, plain}},
		field{key: "bypass", value: boolean{&p.Bypass}},
		field{key: "control", value: word[models.SourceControl]{&p.Control, controls}},
	)
	fields = append(fields, setpoints(&p.Control, &p.Differential, &p.Flow, &p.Pressure)...)
	return append(fields, field{key: "remote", value: ids(&p.Remote)})
}

func sourceFields(s *models.Source) []field {
	under := func(c models.SourceControl) func() bool { return func() bool { return s.Control == c } }
	fields := append(head(&s.Branch),
		field{key: "supply_temperature_c", value: number{&s.SupplyTemperature, celsius}, required: yes},
		field{key: "control", value: word[models.SourceControl]{&s.Control, controls}, required: yes, always: yes},
		curveField(&s.Curve),
		field{key: "speed", value: number{&s.Speed, plain}, required: under(models.ControlSpeed), always: under(models.ControlSpeed)},
		field{key: "running", value: optional{&s.Running, plain}},
	)
	fields = append(fields, setpoints(&s.Control, &s.Differential, &s.Flow, &s.Pressure)...)
	return append(fields,
		field{key: "remote", value: ids(&s.Remote)},
		field{key: "min_speed", value: number{&s.MinSpeed, plain}},
		field{key: "max_speed", value: number{&s.MaxSpeed, plain}},
		field{key: "nominal_frequency_hz", value: number{&s.NominalFrequency, plain}},
		field{key: "capacity_w", value: optional{&s.Capacity, plain}},
		field{key: "max_flow_kg_per_s", value: optional{&s.MaxFlow, plain}},
		field{key: "merit", value: integer{&s.Merit}},
		assumed(&s.Assumed),
	)
}

func stationFields(s *models.Station) []field {
	hasValve := func() bool { return s.Valve.Kvs != 0 }
	return append(head(&s.Branch),
		field{key: "heated_area_m2", value: number{&s.HeatedArea, plain}},
		field{key: "heat_index_w_per_m2", value: number{&s.HeatIndex, plain}},
		field{key: "design", value: object{[]field{
			{key: "primary_supply_c", value: number{&s.Design.PrimarySupply, celsius}},
			{key: "primary_return_c", value: number{&s.Design.PrimaryReturn, celsius}},
			{key: "secondary_supply_c", value: number{&s.Design.SecondarySupply, celsius}},
			{key: "secondary_return_c", value: number{&s.Design.SecondaryReturn, celsius}},
			{key: "emitter_exponent", value: number{&s.Design.EmitterExponent, plain}},
		}}},
		field{key: "valve", value: object{controlValveFields(&s.Valve, yes)}},
		field{key: "opening", value: number{&s.Opening, plain}, required: hasValve, always: hasValve},
		field{key: "fixed_resistance_pa_per_kg2_s2", value: number{&s.FixedResistance, plain}},
		field{key: "demand", value: object{[]field{
			{key: "flow_kg_per_s", value: optional{&s.Demand.Flow, plain}},
			{key: "heat_w", value: optional{&s.Demand.Heat, plain}},
			{key: "return_temperature_c", value: optional{&s.Demand.ReturnTemperature, celsius}},
			{key: "temperature_drop_k", value: optional{&s.Demand.TemperatureDrop, plain}},
		}}},
		field{key: "flow_limit_kg_per_s", value: optional{&s.FlowLimit, plain}},
		field{key: "design_flow_kg_per_s", value: optional{&s.DesignFlow, plain}},
		assumed(&s.Assumed),
	)
}

// networkFields are the keys that come before the elements.
func networkFields(n *models.Network) []field {
	return []field{
		{key: "name", value: text[string]{&n.Name}},
		{key: "name_en", value: text[string]{&n.NameEn}},
		{key: "open", value: boolean{&n.Open}},
		{key: "climate", value: object{[]field{
			{key: "design_outdoor_c", value: number{&n.Climate.DesignOutdoor, celsius}, required: yes},
			{key: "design_indoor_c", value: number{&n.Climate.DesignIndoor, celsius}, required: yes},
		}}},
		{key: "ground", value: object{[]field{
			{key: "temperature_c", value: number{&n.Ground.Temperature, celsius}, required: yes},
			{key: "conductivity_w_per_m_k", value: number{&n.Ground.Conductivity, plain}},
		}}},
		{key: "pressure_driven", value: object{[]field{
			{key: "minimum_pa", value: number{&n.PressureDriven.Minimum, plain}},
			{key: "required_pa", value: number{&n.PressureDriven.Required, plain}},
			{key: "exponent", value: number{&n.PressureDriven.Exponent, plain}, required: yes},
		}}},
	}
}
