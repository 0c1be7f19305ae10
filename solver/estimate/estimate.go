// Package estimate finds the deviations of the plant from its model that best
// explain the measurements, and says which measurements to disbelieve.
//
// # What is learned
//
// Per station, from all readings of flow, differential and opening: the
// factor on the valve's Kvs and the factor on the fixed resistance, each with
// a prior, so that one reading moves both a little and a second one at
// another opening tells them apart. Per pipe, from the pressures of the latest
// reading with the measured flows laid over the model: a factor on its
// resistance, again with a prior; where no prior explains the pressures, the
// pipe that explains them best is set free (a choked main). The corrected
// model reproduces what was measured, so that balance and prediction can use
// it as it is.
//
// # What is disbelieved
//
// A station whose flow, differential or valve feedback is lost, bad, stale,
// zero against an open valve, does not answer a move of the valve, or
// contradicts its neighbours is held and named with the reason; what a
// condemned meter taught in any round is forgotten. A high resistance that
// rests on a single opening is marked unconfirmed: no head may be raised for
// it.
//
// Everything is a function of the input: no clock, no memory.
package estimate

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"evenflow/models"
	"evenflow/solver"
)

// Input is what Calibrate needs to know.
type Input struct {
	Network *models.Network
	Solve   solver.SolveFunc
	// Base is the weather and the supply temperature of the latest round,
	// without any calibration.
	Base   models.Scenario
	Rounds []Round // oldest first; the last is the plant as it stands
	// Previous is what was learned before; it stands in for stations that the
	// rounds tell nothing about, and for the pipes where less than half of the
	// stations bring pressures.
	Previous models.Calibration
	Options  Options
	From     *solver.Result // warm start or nil
}

// Round is one settled reading of the plant.
type Round struct {
	Sources  []SourceReading  // parallel to Network.Sources
	Stations []StationReading // parallel to Network.Stations
}

// SourceReading is what a source's PLC tells.
type SourceReading struct {
	SupplyPressure, ReturnPressure Value // Pa gauge
	Speed                          Value // fraction of nominal, feedback
}

// StationReading is what a station's PLC tells. Pressures of both sides tell
// the side of a choked main; a differential alone is enough to balance.
type StationReading struct {
	Measured                       bool  // it has points at all (接入)
	Flow                           Value // kg/s
	SupplyPressure, ReturnPressure Value // Pa gauge
	Differential                   Value // Pa; unknown: supply minus return
	Opening                        Value // feedback, 0..1
	Setpoint                       Value // what the valve was told, 0..1
	Local                          bool  // the PLC's switch says local
	Fallback                       bool  // the PLC runs on its own curve
}

// Value is the mean of some polls of one point.
type Value struct {
	Value   float64
	Sigma   float64 // of the mean, same unit; 0: the default of its kind
	Quality models.Quality
	Age     float64 // s since it was read
	Reason  string  // why the quality is not good
}

// Options tune the estimation; zero values give the defaults.
type Options struct {
	KvsSigma   float64 // prior of ln Kvs; 0: 0.07
	FixedSigma float64 // prior of ln fixed resistance; 0: 0.12
	PipeSigma  float64 // prior of a pipe's factor; 0: 0.14
	MaxAge     float64 // s, older readings are stale; 0: 900
	// SmallTravel is the least change of opening that confirms a reading;
	// 0: 0.02.
	SmallTravel float64
}

func (o Options) withDefaults() Options {
	o.KvsSigma = cmp.Or(o.KvsSigma, 0.07)
	o.FixedSigma = cmp.Or(o.FixedSigma, 0.12)
	o.PipeSigma = cmp.Or(o.PipeSigma, 0.14)
	o.MaxAge = cmp.Or(o.MaxAge, 900)
	o.SmallTravel = cmp.Or(o.SmallTravel, 0.02)
	return o
}

// Result is what the readings say.
type Result struct {
	Calibration models.Calibration // At and Rounds are the caller's to fill in
	Changes     []models.Change    // the calibration as changes over the network
	Stations    []StationEstimate  // parallel to Network.Stations
	Held        []Hold             // in network order
	Suspects    []Suspect          // most certain first
	// Model is the corrected model with the measured flows laid over it.
	Model  *solver.Result
	Solves int
}

// StationEstimate is what is believed about one station.
type StationEstimate struct {
	Flow         models.Optional // kg/s, measured or derived
	Differential models.Optional // Pa, measured or derived
	Opening      models.Optional // feedback, the last known; unknown where there never was one
	KvsFactor    float64
	FixedFactor  float64
	KvsSigma     float64 // of the logarithm
	FixedSigma   float64
	Readings     int  // used for the two factors
	Held         bool // see Result.Held
	Unconfirmed  bool // a high resistance seen at one opening only
	// PathFactor is measured over modelled loss of its path, by the network
	// as filed.
	PathFactor models.Optional
	// Residual is measured minus modelled differential after correction, Pa.
	Residual models.Optional
}

// Code is the stable word of a reason; the page words it.
type Code string

// Why a station is held.
const (
	Unmeasured   Code = "unmeasured"   // 未接入: no points
	Lost         Code = "lost"         // its PLC does not answer
	Stale        Code = "stale"        // good once, too old now
	FlowBad      Code = "flow_bad"     // no usable flow
	PressureBad  Code = "pressure_bad" // no usable differential
	OpeningBad   Code = "opening_bad"  // no usable valve feedback
	LocalMode    Code = "local"        // the switch says local
	FallbackMode Code = "fallback"     // the PLC follows its own curve
	ValveStuck   Code = "valve_stuck"  // feedback does not follow the setpoint
	ZeroFlow     Code = "zero_flow"    // no flow against an open valve
	FlowStuck    Code = "flow_stuck"   // flow does not answer the valve
	FlowLies     Code = "flow_lies"    // flow contradicts differential and valve
	PressureLies Code = "pressure_lies"
)

// Hold is a station that keeps its opening, and why.
type Hold struct {
	Station  models.ID
	Index    int // in Network.Stations
	Reason   Code
	Measured float64 // what was read, unit of the reason's quantity
	Expected float64 // what the model expects in its place
	Detail   string  // the PLC's or the poll's own words, if any
}

// Text returns the reason as a sentence for logs and journals.
func (h Hold) Text() string {
	switch h.Reason {
	case Unmeasured:
		return "no points in the point list"
	case Lost:
		return withDetail("its PLC does not answer", h.Detail)
	case Stale:
		return fmt.Sprintf("the newest reading is %.0f s old", h.Measured)
	case FlowBad:
		return withDetail("no usable flow", h.Detail)
	case PressureBad:
		return withDetail("no usable differential", h.Detail)
	case OpeningBad:
		return withDetail("no usable valve feedback", h.Detail)
	case LocalMode:
		return "the PLC's switch says local"
	case FallbackMode:
		return "the PLC runs on its own fallback curve"
	case ValveStuck:
		return fmt.Sprintf("the valve stands at %.1f %% and was told %.1f %%", 100*h.Measured, 100*h.Expected)
	case ZeroFlow:
		return fmt.Sprintf("flow %.2f kg/s against an open valve, %.2f expected: the meter is stuck or the station is shut off", h.Measured, h.Expected)
	case FlowStuck:
		return fmt.Sprintf("flow changed by %.1f %% where the valve's move should have made it %.1f %%", 100*h.Measured, 100*h.Expected)
	case FlowLies:
		return fmt.Sprintf("flow %.2f kg/s contradicts differential and opening, which mean %.2f", h.Measured, h.Expected)
	case PressureLies:
		return fmt.Sprintf("differential %.1f kPa contradicts flow and neighbours, which mean %.1f", h.Measured/1e3, h.Expected/1e3)
	}
	return string(h.Reason)
}

func withDetail(s, detail string) string {
	if detail == "" {
		return s
	}
	return s + ": " + detail
}

// What a suspect is.
const (
	HalfClosedStation Code = "half_closed_station" // valve, strainer or exchanger of a station
	HalfClosedMain    Code = "half_closed_main"    // a section of supply or return
	FlowMeter         Code = "flow_meter"
	PressureMeter     Code = "pressure_meter"
)

// Suspect is an element that somebody should go and look at.
type Suspect struct {
	Kind    Code
	Element models.ID
	// Section is every element that the readings cannot tell from Element:
	// the stretch between the metered places around it.
	Section []models.ID
	Score   float64 // standard deviations
	Factor  float64 // on the resistance; 0 for meters
	Extra   float64 // Pa lost there beyond the file, at the present flow
}

// Names reports whether the suspicion points at an element.
func (s Suspect) Names(id models.ID) bool {
	if s.Element == id {
		return true
	}
	for _, e := range s.Section {
		if e == id {
			return true
		}
	}
	return false
}

// ErrNoReadings is returned without any round.
var ErrNoReadings = errors.New("estimate: no readings: give at least one round")

// Calibrate returns the corrections, the held stations and the suspects.
// Errors are the solver's, or input whose lengths do not fit the network.
func Calibrate(ctx context.Context, in Input) (*Result, error) {
	if len(in.Rounds) == 0 {
		return nil, ErrNoReadings
	}
	for t, r := range in.Rounds {
		if len(r.Stations) != len(in.Network.Stations) || len(r.Sources) != len(in.Network.Sources) {
			return nil, fmt.Errorf("estimate: round %d has %d stations and %d sources, the network %d and %d",
				t, len(r.Stations), len(r.Sources), len(in.Network.Stations), len(in.Network.Sources))
		}
	}
	e := newEstimator(ctx, &in)
	e.judgeByQuality()
	if err := e.byOpenings(); err != nil {
		return nil, err
	}
	e.judgeByResistance()
	e.fitStations()
	for range 3 {
		if err := e.fitMains(); err != nil {
			return nil, err
		}
		if !e.judgeByNeighbours() {
			break
		}
		e.fitStations()
	}
	return e.result(), nil
}
