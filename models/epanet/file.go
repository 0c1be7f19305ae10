package epanet

import "evenflow/models"

// File is an EPANET input file, in SI units.
type File struct {
	Title      []string
	Options    Options
	Times      Times
	Junctions  []Junction
	Reservoirs []Reservoir
	Tanks      []Tank
	Pipes      []Pipe
	Pumps      []Pump
	Valves     []Valve
	Patterns   []Pattern
	Curves     []Curve
	Controls   []Control
	Efficiency models.Optional // 0..1 of every pump without a curve of its own ([ENERGY] GLOBAL EFFICIENCY); unknown: 0.75
	// Kept are the sections that a steady calculation does not need, as they
	// stood: rules, water quality, energy prices, report, labels, tags, backdrop.
	Kept []Section
}

// Section is one section of the file as it stood, without its heading.
type Section struct {
	Name  string // without brackets, as in "RULES"
	Line  int    // of the heading
	Lines []string
}

// Formula names the head-loss formula of the pipes.
type Formula uint8

// The head-loss formulas.
const (
	HazenWilliams Formula = iota
	DarcyWeisbach
	ChezyManning
)

// Options are those of [OPTIONS] that concern a steady calculation.
type Options struct {
	Flow             FlowUnit
	Pressure         PressureUnit
	Formula          Formula
	SpecificGravity  float64
	Viscosity        float64 // m2/s, kinematic
	DemandMultiplier float64
	DefaultPattern   string // of demands without one of their own; "" and unknown: constant
	EmitterExponent  float64
	EmitterBackflow  bool
	// Pressure-driven demands (DEMAND MODEL PDA): nothing below Minimum, all
	// above Required.
	PressureDriven   bool
	MinimumPressure  float64 // Pa
	RequiredPressure float64 // Pa
	PressureExponent float64
	Trials           int
	Accuracy         float64         // sum of flow changes over sum of flows
	HeadError        models.Optional // m, greatest head-loss error
	FlowChange       models.Optional // m3/s, greatest flow change
	Kept             []string        // other options as they stood, e.g. "QUALITY NONE"
}

// Times are those of [TIMES], in seconds.
type Times struct {
	Duration, HydraulicStep, PatternStep, PatternStart float64
	StartClock                                         float64  // time of day at time 0
	Kept                                               []string // report, quality and rule times as they stood
}

// Demand is one category of a junction's demand.
type Demand struct {
	Base     float64 // m3/s
	Pattern  string  // "": the default pattern
	Category string
}

// Point is a place on the map, in the file's units.
type Point struct{ X, Y float64 }

// Junction is a node whose head is to be found.
type Junction struct {
	ID        string
	Elevation float64 // m
	Demands   []Demand
	Emitter   models.Optional // m3/s at 1 Pa, of Options.EmitterExponent
	Place     *Point
	Line      int
}

// Reservoir is a node with a given head.
type Reservoir struct {
	ID      string
	Head    float64 // m
	Pattern string  // of the head; "": constant
	Place   *Point
	Line    int
}

// Tank is a node whose level follows from what flows in; at time 0 it is
// given. Levels are above Elevation.
type Tank struct {
	ID                        string
	Elevation                 float64 // m
	Initial, Minimum, Maximum float64 // m, levels
	Diameter                  float64 // m
	MinimumVolume             float64 // m3
	VolumeCurve               string
	Overflow                  bool
	Place                     *Point
	Line                      int
}

// Status says whether a link is open, closed, or works to its setting.
type Status uint8

// The states of a link. Only valves are Active.
const (
	Open Status = iota
	Closed
	Active
)

// Link is what pipes, pumps and valves share.
type Link struct {
	ID, From, To string
	Status       Status // at the beginning
	Vertices     []Point
	Line         int
}

// Pipe is a pipe, with or without a check valve.
type Pipe struct {
	Link
	Length, Diameter float64 // m
	Roughness        float64 // m (Darcy-Weisbach), C (Hazen-Williams), n (Chezy-Manning)
	MinorLoss        float64 // zeta
	CheckValve       bool
	Leak             *Leak // [LEAKAGE] of version 2.3
}

// Leak is a pipe's leakage by the FAVAD model, in the file's units: area in
// mm2 per 100 length units, expansion in mm2 per unit of head.
type Leak struct{ Area, Expansion float64 }

// Pump is a pump.
type Pump struct {
	Link
	Curve           string          // head over flow; "": Power
	Power           models.Optional // W given to the water
	Speed           float64         // relative
	Pattern         string          // of the speed
	EfficiencyCurve string
}

// ValveKind is one of EPANET's valve types.
type ValveKind uint8

// The valve types.
const (
	PRV ValveKind = iota // reduces to a pressure at its end
	PSV                  // sustains a pressure at its beginning
	PBV                  // drops a given pressure
	FCV                  // limits the flow
	TCV                  // throttles by a loss coefficient
	GPV                  // loses head by a curve
	PCV                  // stands at a share of its travel
)

var valveNames = [...]string{"PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV"}

// String returns the type's word in files.
func (k ValveKind) String() string { return valveNames[k] }

// Valve is a control valve. Status Open or Closed overrules the setting.
type Valve struct {
	Link
	Kind      ValveKind
	Diameter  float64 // m
	Setting   float64 // Pa (PRV, PSV, PBV), m3/s (FCV), zeta (TCV), percent open (PCV)
	MinorLoss float64 // zeta when fully open
	Curve     string  // head loss over flow (GPV); percent of Kv over percent open (PCV), "": proportional
}

// Pattern is a series of multipliers, one for each Times.PatternStep.
type Pattern struct {
	ID      string
	Factors []float64
}

// at returns the factor of a period, counted from the pattern's beginning.
func (p *Pattern) at(period int) float64 {
	if len(p.Factors) == 0 {
		return 1
	}
	return p.Factors[period%len(p.Factors)]
}

// CurveKind says what a curve is used for, and so what its numbers mean.
type CurveKind uint8

// The uses of a curve.
const (
	GenericCurve    CurveKind = iota
	PumpCurve                 // flow, head
	EfficiencyCurve           // flow, percent
	VolumeCurve               // level, volume
	LossCurve                 // flow, head loss
	ValveCurve                // percent open, percent of Kv
)

var curveNames = [...]string{"", "PUMP", "EFFICIENCY", "VOLUME", "HEADLOSS", "VALVE"}

// Curve is a curve in the file's units: what its numbers mean depends on who
// uses it.
type Curve struct {
	ID   string
	Kind CurveKind // of its first use
	X, Y []float64
	Line int
}

// ControlKind says what a simple control waits for.
type ControlKind uint8

// The conditions of a simple control.
const (
	AtTime ControlKind = iota
	AtClockTime
	Below
	Above
)

// Control is a simple control: it sets a link when something happens.
type Control struct {
	Link     string
	Status   Status          // Active: Setting alone
	Setting  models.Optional // as of the link's kind: speed, or a valve's setting
	Kind     ControlKind
	Time     float64 // s
	Node     string
	Level    float64 // m above a tank's bottom or Pa at a junction
	Disabled bool
	Line     int
}
