package models

// ID names an element; it is unique over all kinds of element of a network.
type ID string

// Kind tells the six kinds of element apart.
type Kind uint8

// The kinds of element. KindNetwork stands for the network as a whole where
// a change or a problem concerns no single element.
const (
	KindNetwork Kind = iota
	KindJunction
	KindPipe
	KindValve
	KindPump
	KindSource
	KindStation
)

var kindNames = [...]string{"network", "junction", "pipe", "valve", "pump", "source", "station"}

// String returns the kind's word, in the singular.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}

// Side says on which side of the circuit an element lies.
type Side uint8

// The two sides of a closed circuit; SideNone in open networks.
const (
	SideNone Side = iota
	SideSupply
	SideReturn
)

// Optional is a number that may be unknown.
type Optional struct {
	Value float64
	Known bool
}

// Some returns a known value.
func Some(v float64) Optional { return Optional{Value: v, Known: true} }

// Or returns the value, or def where it is unknown.
func (o Optional) Or(def float64) float64 {
	if o.Known {
		return o.Value
	}
	return def
}

// Network is a district-heating network as built: the supply and the return
// side with their own pipes, bridged by stations and sources. It is immutable
// after Validate; changes are laid over it by a [Scenario].
type Network struct {
	Name    string // zh-CN first
	NameEn  string
	Open    bool // water networks and reference cases: any number of fixed pressures
	Climate Climate
	Ground  Ground
	// PressureDriven says how draws above 0 fall with the pressure; the zero
	// value: they are drawn whatever the pressure.
	PressureDriven PressureDriven

	Junctions []Junction
	Pipes     []Pipe
	Valves    []Valve
	Pumps     []Pump
	Sources   []Source
	Stations  []Station
}

// Climate holds the design weather of the place.
type Climate struct {
	DesignOutdoor float64 // tw', K
	DesignIndoor  float64 // tn, K
}

// Ground is what buried pipes lose their heat to.
type Ground struct {
	Temperature  float64 // K
	Conductivity float64 // W/(m K); 0: the insulation's surface is at ground temperature
}

// PressureDriven is the pressure-driven demand of a water network (Wagner):
// nothing below Minimum, the whole draw above Required, between them the
// share ((p - Minimum)/(Required - Minimum))^Exponent.
type PressureDriven struct {
	Minimum  float64 // Pa gauge
	Required float64 // Pa gauge
	Exponent float64 // 0: draws do not depend on the pressure; usually 0.5
}

// Emitter is an outlet whose flow follows from the pressure: a leak, a
// sprinkler, an open hydrant. q = Coefficient * p^Exponent, with p in Pa gauge.
type Emitter struct {
	Coefficient float64 // kg/s at 1 Pa; 0: no emitter
	Exponent    float64 // 0: 0.5
	NoBackflow  bool    // nothing flows in where the pressure is below the atmosphere's
}

// Leak is what seeps out of a pipe by the pressure, by FAVAD: q = Fixed p^0.5 +
// Growing p^1.5, with p in Pa gauge; half of it by the pressure at each end, and
// nothing flows in. Fixed is of holes that stay as they are, Growing of those
// that the pressure opens. For orifices of area A + B p, m2, they are 0.6 sqrt(2
// rho) times A and B.
type Leak struct {
	Fixed   float64 // kg/s at 1 Pa
	Growing float64 // kg/s at 1 Pa
}

// Junction is a point where branches meet.
type Junction struct {
	ID            ID
	Name, NameEn  string
	Side          Side
	Elevation     Optional // m above datum
	FixedPressure Optional // Pa gauge: the pressure hold 定压点, or a reservoir in an open network
	FixedTemp     Optional // K: temperature of water entering at a fixed pressure or by a negative draw
	Draw          float64  // kg/s taken out (leak, demand); negative: fed in
	Emitter       Emitter  // taken out besides, by the pressure
	X, Y          Optional // m, plane coordinates
	Assumed       []string // JSON keys of values nobody gave
}

// Branch is the part that pipes, valves, pumps, sources and stations share.
// Flow is positive from From to To.
type Branch struct {
	ID           ID
	Name, NameEn string
	From, To     ID
	OutOfService bool // planned or taken out: not in the circuit
}

// Pipe is one pipe of one side.
type Pipe struct {
	Branch
	Side          Side
	Partner       ID       // the pipe of the other side laid in the same trench, or ""
	Length        float64  // m
	InnerDiameter float64  // m
	OuterDiameter Optional // m, of the carrier pipe
	Roughness     float64  // m (file: mm)
	Zeta          float64  // sum of local loss coefficients, referred to InnerDiameter
	Resistance    Optional // Pa/(kg/s)^2: replaces friction and zeta where a textbook gives no more
	HazenWilliams Optional // Hazen-Williams coefficient C (steel 100 to 140): replaces Roughness and the friction law
	CheckValve    bool     // water flows from From to To only
	Leak          Leak     // of a pipe in service
	Insulation    Insulation
	HeatLoss      Optional // W/(m K) per metre of pipe; replaces Insulation
	Ambient       Optional // K; replaces Ground.Temperature
	DN            int      // nominal diameter, 0 unknown
	Year          int      // laid in, 0 unknown
	Material      string
	PressureClass float64 // Pa (PN16: 1.6e6), 0 unknown
	Assumed       []string
}

// Insulation describes a pre-insulated pipe in the ground (EN 253, EN 13941).
// The zero value means an uninsulated calculation: no heat loss.
type Insulation struct {
	CasingDiameter float64 // m, outer diameter of the insulation's casing
	Conductivity   float64 // W/(m K) of the insulation
	Depth          float64 // m, ground surface to pipe axis
	Spacing        float64 // m, axis to axis with the partner pipe; 0: single pipe
}

// Characteristic is the inherent characteristic of a control valve.
type Characteristic uint8

// The characteristics of IEC 60534-2-4; TableCharacteristic interpolates
// ControlValve.Table.
const (
	EqualPercentage Characteristic = iota
	Linear
	TableCharacteristic
)

// ControlValve is the sizing of a valve: flow coefficient over travel.
type ControlValve struct {
	Kvs            float64 // m3/h at full opening and 1 bar
	Characteristic Characteristic
	Rangeability   float64      // Kvs / smallest controllable Kv, e.g. 50
	Leakage        float64      // Kv/Kvs at opening 0, e.g. 0.0005; 0: tight
	Table          [][2]float64 // (opening, Kv/Kvs), ascending, for TableCharacteristic
}

// ValveControl says what a valve holds by itself.
type ValveControl uint8

// The controls of a valve. All but ManualOpening, BreakPressure and
// HeadLossCurve let water pass from From to To only (LimitFlow back, too, where
// the valve is TwoWay), throttle no more than they must, and cannot raise a
// pressure: where their set point is out of reach they stand open, or shut.
const (
	ManualOpening    ValveControl = iota // stands at Opening
	ReducePressure                       // keeps the pressure at To at or below Pressure
	SustainPressure                      // keeps the pressure at From at or above Pressure
	LimitFlow                            // passes at most Flow
	BreakPressure                        // drops Differential, whatever the flow
	HoldDifferential                     // keeps p(HighSensor) - p(LowSensor) at or below Differential
	HeadLossCurve                        // loses Losses of its flow
)

// Valve is a valve in the network: sectioning, tie, balancing, or one that
// holds something by itself. Opening 0 of a tight valve cuts the circuit.
type Valve struct {
	Branch
	Side          Side
	ControlValve          // Kvs 0: the loss is Zeta over InnerDiameter
	Zeta          float64 // used when Kvs is 0, at full opening
	InnerDiameter float64 // m
	Opening       float64 // 0..1
	Sectioning    bool    // open or closed only
	CheckValve    bool    // water flows from From to To only
	TwoWay        bool    // of LimitFlow: lets water back, as much as it likes
	Control       ValveControl
	Pressure      float64      // Pa gauge, set point of ReducePressure and SustainPressure
	Differential  float64      // Pa, set point of BreakPressure and HoldDifferential
	Flow          float64      // kg/s, set point of LimitFlow
	HighSensor    ID           // junctions of HoldDifferential, in the part that the valve feeds or drains
	LowSensor     ID           //
	Losses        []CurvePoint // head lost over flow, piecewise linear, for HeadLossCurve
	Assumed       []string
}

// CurveForm says what is laid through the points of a pump curve.
type CurveForm uint8

// The forms of a pump curve.
const (
	// QuadraticForm: least squares H = a + bQ + cQ^2 through three points or
	// more; two points give a line, one gives constant head.
	QuadraticForm CurveForm = iota
	// PowerForm: H = a - r Q^n through three points of which the first has
	// flow 0; one point (Q, H) stands for (0, 4/3 H), (Q, H), (2Q, 0).
	PowerForm
	// PiecewiseForm: straight lines from point to point, the last one carried
	// on.
	PiecewiseForm
)

// PumpCurve is a pump's head over flow at nominal speed.
type PumpCurve struct {
	Points     []CurvePoint
	Form       CurveForm
	Polynomial []float64 // alternatively: head in m = sum Polynomial[i] * Q^i, Q in m3/s
	Efficiency float64   // wire to water, 0..1, at any flow; 0: 0.75 assumed
}

// CurvePoint is one point of a pump curve.
type CurvePoint struct {
	Flow float64 // m3/s
	Head float64 // m
}

// Pump is a pump in the network (booster, distributed).
type Pump struct {
	Branch
	Curve PumpCurve
	Power Optional // W given to the water at any flow; replaces Curve
	Speed float64  // fraction of nominal; 0: off
	// Running is how many equal pumps run side by side, each with its own
	// non-return valve; unknown: 1, 0: off.
	Running Optional
	Bypass  bool // water passes the pump from From to To without it: where it stands, and where it would brake; false: a pump that stands lets nothing pass
	// Control says what the pump holds by its speed, between standstill and
	// Speed; the zero value: it runs at Speed.
	Control      SourceControl
	Differential float64 // Pa, of ControlDifferential p(To) - p(From), of ControlRemote
	Flow         float64 // kg/s, of ControlFlow
	Pressure     float64 // Pa gauge, of ControlInletPressure and ControlOutletPressure
	Remote       []ID    // stations, of ControlRemote
}

// SourceControl says what the pumps of a source, or a pump, hold.
type SourceControl uint8

// The control modes of a source.
const (
	ControlSpeed          SourceControl = iota // curve at Speed
	ControlDifferential                        // Differential between To and From, any flow
	ControlFlow                                // Flow, any differential
	ControlRemote                              // Differential at the Remote station that has least
	ControlInletPressure                       // Pressure at From, which pumping lowers
	ControlOutletPressure                      // Pressure at To, which pumping raises
)

// Source is a heat source 热源 with its circulation pumps: it takes return
// water at From and delivers it at To with SupplyTemperature. The pressure
// hold is a junction's FixedPressure, usually at From or To.
type Source struct {
	Branch
	SupplyTemperature float64 // K
	Control           SourceControl
	Curve             PumpCurve
	Speed             float64  // fraction of nominal
	Running           Optional // equal pumps side by side; unknown: 1, 0: off
	Differential      float64  // Pa, p(To) - p(From); of ControlRemote at a station
	Flow              float64  // kg/s
	Pressure          float64  // Pa gauge, of ControlInletPressure and ControlOutletPressure
	Remote            []ID     // stations, of ControlRemote
	MinSpeed          float64  // 0..1; 0: 0.3
	MaxSpeed          float64  // 0: 1
	NominalFrequency  float64  // Hz at speed 1; 0: 50
	Capacity          Optional // W
	MaxFlow           Optional // kg/s that its pumps and boilers may pass
	// Merit is the order in which the sources of one circuit take the load: 1
	// first, up to its capacity and highest flow; the last that is needed holds
	// what its control says, the others wait. 0: it runs as its control says.
	Merit   int
	Assumed []string
}

// Station is a heat-exchange station 热力站: control valve, fixed resistance
// and heat exchanger in series between a supply junction (From) and a return
// junction (To).
type Station struct {
	Branch
	HeatedArea      float64 // m2
	HeatIndex       float64 // W/m2 at design weather
	Design          StationDesign
	Valve           ControlValve // Kvs 0: no valve; the flow is given by Demand
	Opening         float64      // 0..1
	FixedResistance float64      // Pa/(kg/s)^2: piping, strainer and exchanger
	Demand          Demand       // zero: the flow follows from the opening
	FlowLimit       Optional     // kg/s at full opening of a pressure-independent control valve: it passes the share of it that Opening sets by the characteristic, or less
	DesignFlow      Optional     // kg/s; unknown: HeatedArea*HeatIndex/(cp*(supply-return))
	Assumed         []string
}

// StationDesign holds a station's design temperatures, K.
type StationDesign struct {
	PrimarySupply, PrimaryReturn     float64
	SecondarySupply, SecondaryReturn float64
	EmitterExponent                  float64 // b of Q = K dT^(1+b); 0: 0.3
}

// DesignHeat returns the station's design heat load, W.
func (s *Station) DesignHeat() float64 { return s.HeatedArea * s.HeatIndex }

// Demand prescribes what passes a station instead of its opening. None known:
// the flow follows from the opening. Exactly two of the last four, or Flow
// alone, or Heat with a ReturnTemperature from the exchanger. A station with a
// valve that asks for heat gets no more than passes with the valve wide open.
type Demand struct {
	Flow              Optional // kg/s
	Heat              Optional // W
	ReturnTemperature Optional // K, primary
	TemperatureDrop   Optional // K, primary
}

// Given reports whether anything is prescribed.
func (d Demand) Given() bool {
	return d.Flow.Known || d.Heat.Known || d.ReturnTemperature.Known || d.TemperatureDrop.Known
}
