package models

// Scenario is a list of changes laid over a network; the network itself never
// changes. The zero Scenario is the network as filed.
type Scenario struct {
	Name    string
	Outdoor Optional // K, outdoor temperature; unknown: design weather
	Changes []Change // applied in order
}

// With returns a copy of the scenario with further changes appended.
func (s Scenario) With(changes ...Change) Scenario {
	all := make([]Change, 0, len(s.Changes)+len(changes))
	all = append(all, s.Changes...)
	s.Changes = append(all, changes...)
	return s
}

// Change alters one attribute of one element.
type Change struct {
	Element   ID
	Attribute Attribute
	Op        Op
	Value     float64
}

// Op says how a change's value meets the present one.
type Op uint8

// The operations of a change.
const (
	Set Op = iota
	Scale
	Shift
)

// Attribute names what may change. Which attribute belongs to which kind, in
// which unit and within which limits, is the table [Attributes].
type Attribute string

// The attributes a scenario may change.
const (
	AttrInService         Attribute = "in_service"         // 0 or 1
	AttrOpening           Attribute = "opening"            // 0..1
	AttrSpeed             Attribute = "speed"              // fraction
	AttrRunning           Attribute = "running"            // number
	AttrDifferential      Attribute = "differential"       // Pa
	AttrFlow              Attribute = "flow"               // kg/s
	AttrPressure          Attribute = "pressure"           // Pa gauge
	AttrHeat              Attribute = "heat"               // W
	AttrReturnTemperature Attribute = "return_temperature" // K
	AttrSupplyTemperature Attribute = "supply_temperature" // K
	AttrResistance        Attribute = "resistance"         // pipe: factor on friction and local loss together (scale); valve: added Pa/(kg/s)^2 (shift)
	AttrFixedResistance   Attribute = "fixed_resistance"   // station, Pa/(kg/s)^2
	AttrKvs               Attribute = "kvs"                // m3/h
	AttrRoughness         Attribute = "roughness"          // m
	AttrInnerDiameter     Attribute = "inner_diameter"     // m
	AttrZeta              Attribute = "zeta"
	AttrHeatLoss          Attribute = "heat_loss"      // W/(m K), scale: factor on the computed loss
	AttrDraw              Attribute = "draw"           // kg/s
	AttrFixedPressure     Attribute = "fixed_pressure" // Pa gauge
	AttrHeatedArea        Attribute = "heated_area"    // m2
	AttrHeatIndex         Attribute = "heat_index"     // W/m2
)
