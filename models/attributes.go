package models

import (
	"fmt"
	"math"
)

// AttributeInfo is one row of the table of attributes: what a scenario may
// change, of which kind of element, in which unit, within which limits. The
// same row limits the value in a network file, names it in a scenario file
// and prints it in the documentation.
type AttributeInfo struct {
	Kind      Kind
	Attribute Attribute
	Key       string // in files; carries the file's unit
	Unit      string // SI unit of Change.Value under Set and Shift
	Ops       []Op   // permitted
	Min, Max  float64
	OverMin   bool // Min itself is not permitted
	Meaning   string
}

var (
	setOnly   = []Op{Set}
	anyOp     = []Op{Set, Scale, Shift}
	scaleOnly = []Op{Scale}
	shiftOnly = []Op{Shift}
)

var attributes = [...]AttributeInfo{
	{KindJunction, AttrDraw, "draw_kg_per_s", "kg/s", anyOp, -1e5, 1e5, false, "water taken out (leak, demand); negative: fed in"},
	{KindJunction, AttrFixedPressure, "fixed_pressure_pa", "Pa", anyOp, -1e5, 1e8, false, "gauge pressure held at a junction that is a pressure hold already"},

	{KindPipe, AttrInService, "in_service", "", setOnly, 0, 1, false, "0 takes it out of the circuit, 1 puts it in"},
	{KindPipe, AttrResistance, "resistance", "", scaleOnly, 1e-6, 1e6, false, "factor on friction and local loss together"},
	{KindPipe, AttrRoughness, "roughness_mm", "m", anyOp, 0, 0.05, false, "wall roughness"},
	{KindPipe, AttrInnerDiameter, "inner_diameter_m", "m", anyOp, 0, 10, true, "inner diameter"},
	{KindPipe, AttrZeta, "zeta", "", anyOp, 0, 1e9, false, "sum of local loss coefficients"},
	{KindPipe, AttrHeatLoss, "heat_loss", "", scaleOnly, 0, 100, false, "factor on the heat loss"},

	{KindValve, AttrInService, "in_service", "", setOnly, 0, 1, false, "0 takes it out of the circuit, 1 puts it in"},
	{KindValve, AttrOpening, "opening", "", anyOp, 0, 1, false, "fraction of travel; 0 of a tight valve cuts the circuit"},
	{KindValve, AttrResistance, "resistance_pa_per_kg2_s2", "Pa/(kg/s)2", shiftOnly, 0, 1e15, false, "added to the valve's own"},
	{KindValve, AttrKvs, "kvs_m3_per_h", "m3/h", anyOp, 0, 1e6, true, "flow coefficient at full opening"},
	{KindValve, AttrZeta, "zeta", "", anyOp, 0, 1e9, false, "loss coefficient at full opening where no Kvs is given"},
	{KindValve, AttrInnerDiameter, "inner_diameter_m", "m", anyOp, 0, 10, true, "inner diameter zeta refers to"},
	{KindValve, AttrPressure, "pressure_pa", "Pa", anyOp, -1e6, 1e8, false, "gauge pressure that a reducing or sustaining valve holds"},
	{KindValve, AttrDifferential, "differential_pa", "Pa", anyOp, 0, 1e8, false, "differential that the valve holds"},
	{KindValve, AttrFlow, "flow_kg_per_s", "kg/s", anyOp, 0, 1e6, false, "most that a flow limiter passes"},

	{KindPump, AttrInService, "in_service", "", setOnly, 0, 1, false, "0 takes it out of the circuit, 1 puts it in"},
	{KindPump, AttrSpeed, "speed", "", anyOp, 0, 1.5, false, "fraction of nominal speed, the highest of a pump that finds its own; 0: off"},
	{KindPump, AttrRunning, "running", "", setOnly, 0, 100, false, "how many equal pumps run side by side; 0: off"},
	{KindPump, AttrDifferential, "differential_pa", "Pa", anyOp, 0, 1e8, false, "differential that the pump holds"},
	{KindPump, AttrFlow, "flow_kg_per_s", "kg/s", anyOp, 0, 1e6, false, "flow that the pump holds"},
	{KindPump, AttrPressure, "pressure_pa", "Pa", anyOp, -1e6, 1e8, false, "gauge pressure that the pump holds"},

	{KindSource, AttrInService, "in_service", "", setOnly, 0, 1, false, "0 takes it out of the circuit, 1 puts it in"},
	{KindSource, AttrSpeed, "speed", "", anyOp, 0, 1.5, false, "fraction of the pumps' nominal speed"},
	{KindSource, AttrRunning, "running", "", setOnly, 0, 100, false, "how many equal pumps run side by side; 0: off"},
	{KindSource, AttrDifferential, "differential_pa", "Pa", anyOp, 0, 1e7, false, "supply minus return pressure held at the source"},
	{KindSource, AttrFlow, "flow_kg_per_s", "kg/s", anyOp, 0, 1e5, false, "flow held at the source"},
	{KindSource, AttrPressure, "pressure_pa", "Pa", anyOp, -1e6, 1e8, false, "gauge pressure held at the source's inlet or outlet"},
	{KindSource, AttrSupplyTemperature, "supply_temperature_c", "K", anyOp, 273.15, 473.15, false, "temperature of the water delivered"},

	{KindStation, AttrInService, "in_service", "", setOnly, 0, 1, false, "0 takes it out of the circuit, 1 puts it in"},
	{KindStation, AttrOpening, "opening", "", anyOp, 0, 1, false, "fraction of the control valve's travel"},
	{KindStation, AttrFlow, "flow_kg_per_s", "kg/s", anyOp, 0, 1e5, false, "given primary flow"},
	{KindStation, AttrHeat, "heat_w", "W", anyOp, -1e10, 1e10, false, "given heat taken from the water"},
	{KindStation, AttrReturnTemperature, "return_temperature_c", "K", anyOp, 273.15, 473.15, false, "given primary return temperature"},
	{KindStation, AttrKvs, "kvs_m3_per_h", "m3/h", anyOp, 0, 1e6, true, "flow coefficient of the control valve at full opening"},
	{KindStation, AttrFixedResistance, "fixed_resistance_pa_per_kg2_s2", "Pa/(kg/s)2", anyOp, 0, 1e15, false, "piping, strainer and exchanger"},
	{KindStation, AttrHeatedArea, "heated_area_m2", "m2", anyOp, 0, 1e9, true, "heated floor area"},
	{KindStation, AttrHeatIndex, "heat_index_w_per_m2", "W/m2", anyOp, 0, 1e4, true, "heat load per floor area at design weather"},
}

// Attributes returns the table of what a scenario may change; the slice is
// the caller's own.
func Attributes() []AttributeInfo {
	table := attributes
	return table[:]
}

// AttributeOf returns the row for one attribute of one kind.
func AttributeOf(kind Kind, a Attribute) (AttributeInfo, bool) {
	for i := range attributes {
		if attributes[i].Kind == kind && attributes[i].Attribute == a {
			return attributes[i], true
		}
	}
	return AttributeInfo{}, false
}

// AttributeByKey returns the row whose file key is key.
func AttributeByKey(kind Kind, key string) (AttributeInfo, bool) {
	for i := range attributes {
		if attributes[i].Kind == kind && attributes[i].Key == key {
			return attributes[i], true
		}
	}
	return AttributeInfo{}, false
}

// Within returns "" if v keeps the row's limits, and else what is wrong, in
// the unit that the row's key names.
func (a AttributeInfo) Within(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "is not a finite number"
	case a.OverMin && v <= a.Min:
		return fmt.Sprintf("is %s, must be above %s", a.shown(v), a.shown(a.Min))
	case v < a.Min:
		return fmt.Sprintf("is %s, must not be below %s", a.shown(v), a.shown(a.Min))
	case v > a.Max:
		return fmt.Sprintf("is %s, must not be above %s", a.shown(v), a.shown(a.Max))
	}
	return ""
}

// shown prints a value as files spell it.
func (a AttributeInfo) shown(v float64) string {
	switch {
	case a.Unit == "K":
		return fmt.Sprintf("%.6g degC", v-273.15)
	case a.Attribute == AttrRoughness:
		return fmt.Sprintf("%.6g mm", v*1e3)
	}
	return fmt.Sprintf("%g", v)
}

// Permits reports whether the operation may be used on the attribute.
func (a AttributeInfo) Permits(op Op) bool {
	for _, o := range a.Ops {
		if o == op {
			return true
		}
	}
	return false
}

var opNames = [...]string{"set", "scale", "shift"}

// String returns the operation's word in files.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "unknown operation"
}

// Apply returns what becomes of the present value under the change.
func (c Change) Apply(present float64) float64 {
	switch c.Op {
	case Scale:
		return present * c.Value
	case Shift:
		return present + c.Value
	}
	return c.Value
}
