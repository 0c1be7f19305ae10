package models

// State is how a network stands: computed by a solver or estimated from
// readings. The slices run parallel to those of the Network.
type State struct {
	Junctions []JunctionState
	Pipes     []BranchState
	Valves    []BranchState
	Pumps     []PumpState
	Sources   []SourceState
	Stations  []StationState
	Controls  []ControlState // of what holds something by itself, in the order of the valves
}

// ControlStand says how a valve that holds something by itself stands.
type ControlStand uint8

// The stands of a control.
const (
	Holding  ControlStand = iota // throttles: the set point is met
	WideOpen                     // has nothing to throttle, or cannot raise what is short
	Shut                         // lets nothing pass: others hold more than the set point, or the water would flow back
	Lowest                       // a pump that lifts as little as it can, and lets water pass: more than the set point is there without it
)

// ControlState is the state of a valve, or of the pumps of a source or a pump,
// that hold something by themselves. WideOpen pumps run at their highest speed.
type ControlState struct {
	Element   ID
	Stand     ControlStand
	Setpoint  float64 // Pa, or kg/s where OfFlow
	OfFlow    bool    // a flow is held
	Value     float64 // as it stands
	Kept      bool    // the value is not beyond the set point on the side that throttling controls
	Backflow  bool    // of a valve that has Shut: against water that would flow back through it, whatever it holds
	Undecided bool    // all sets of stands contradict themselves: this one asks for another
}

// JunctionState is the state of one junction. PressureKnown is false in an
// island that lost its pressure hold.
type JunctionState struct {
	Pressure      float64 // Pa gauge, at the junction's elevation
	Temperature   float64 // K
	Drawn         float64 // kg/s taken out, by draw and emitter together; negative: fed in
	PressureKnown bool
	TempKnown     bool
	Cut           bool // cut off from every source
}

// BranchState is the state of a branch with flow. Flow is positive From→To.
// TempIn and TempOut are in flow direction.
type BranchState struct {
	Flow         float64 // kg/s
	PressureDrop float64 // Pa: friction, local loss or throttling, signed like Flow (gravity and lift not included)
	TempIn       float64 // K
	TempOut      float64 // K, before mixing
	HeatLoss     float64 // W
	Density      float64 // kg/m3
	Cut          bool
}

// Turn is one change of a stand while sets of stands are tried.
type Turn struct {
	Step     int // of the iteration
	Element  ID
	From, To ControlStand
}

// PumpState adds what a pump does.
type PumpState struct {
	BranchState
	Lift  float64 // Pa, raised: p(To) - p(From) without gravity
	Power float64 // W drawn, by the efficiency wire to water
	Speed float64 // fraction of nominal; 0 where it stands, or where no curve says
}

// SourceState adds what a source delivers.
type SourceState struct {
	BranchState
	Lift  float64 // Pa, raised by the pumps: p(To) - p(From) without gravity
	Heat  float64 // W given to the water
	Power float64 // W drawn by the pumps
	Speed float64 // fraction of nominal
	Stage Stage
}

// Stage says how a source takes part in the order of merit.
type Stage uint8

// The stages of a source.
const (
	Regulating Stage = iota // does what its control says
	AtLimit                 // gives its capacity or its highest flow; the next in the order takes the rest
	Waiting                 // not needed
)

// Shortage says why a station gets less heat than it asks for.
type Shortage uint8

// The reasons of a shortage.
const (
	NoShortage        Shortage = iota
	ShortCutOff                // cut off, or out of what is fed
	ShortTooCold               // the water that arrives is too cold, whatever its flow
	ShortExchanger             // the exchanger passes no more
	ShortValve                 // the valve is wide open, with the differential that the design needs
	ShortDifferential          // the valve is wide open: the differential is less than the design needs
	ShortFlow                  // the flow that is given, or that the opening lets pass, does not carry it
	ShortTooHot                // of heat fed in: the water that arrives is too hot to take it
)

// StationState adds what a station draws.
type StationState struct {
	BranchState
	Differential    float64 // Pa, p(From) - p(To)
	ValveDrop       float64 // Pa over the control valve
	Heat            float64 // W taken from the water
	SecondarySupply float64 // K, steady secondary circuit (where the exchanger is modelled)
	SecondaryReturn float64 // K
	Indoor          float64 // K, steady room temperature
	HeatModelled    bool    // the three above are computed
	ShortOfHeat     float64 // W asked for but not deliverable
	ShortBy         Shortage
	WideOpen        bool // its valve would have to be open further for the heat asked for
}
