// Package balance finds the valve openings and the pump speed that give every
// station the flow it requires with the least pumping: first a fair flow
// ratio x, at most 1, for everybody; then the least head, with the index
// station's valve at 90 % of its travel.
//
// # How
//
// With the station flows given, the network's losses do not depend on the
// valves any more: one solve tells what differential each station is left
// with, a change of head shifts them all alike, and each valve's opening
// follows from its own law without a search. Find repeats this with the full
// solver (friction by Colebrook, density, gravity, rings) until the head
// stands, and ends with one solve by openings, which is what the dispatcher
// is shown.
//
// # Who is steered
//
// A station that is held, prescribes its own flow, has no valve or is cut off
// keeps what it has; the rest is balanced around it. One source whose pumps
// run at a speed or hold a differential is steered. With several sources the
// pumps are left as they stand and only the valves are balanced; inner pumps
// and network valves are always left as they stand.
//
// # When there is not enough
//
// Where the pumps are at their limit the shortage is shared: everybody gets
// the same, largest possible x (max–min fair), except those whose own branch
// is the bottleneck; they go wide open and take what they get. Where those
// who are short take less than a tenth of the demand, the others are not
// taken below x = 0.97 for them: a choked main must not leave a town out of
// balance.
package balance

import (
	"cmp"
	"errors"

	"evenflow/models"
	"evenflow/solver"
)

// Input is what Find needs to know.
type Input struct {
	Network *models.Network
	Solve   solver.SolveFunc
	// Base holds weather, supply temperature and the calibration; openings
	// and speeds are laid over it.
	Base     models.Scenario
	Stations []Station // parallel to Network.Stations
	// Speed is the pumps' present speed (feedback), fraction of nominal;
	// unknown: as Base has it.
	Speed models.Optional
	// HeadFixed: the pumps cannot or must not be moved; the valves divide
	// what there is.
	HeadFixed bool
	Limits    Limits
	From      *solver.Result // warm start or nil
}

// Station is what is wanted of one station and how it stands.
type Station struct {
	Required float64 // kg/s; 0: no heat wanted
	Opening  float64 // present opening, feedback where there is one
	Held     bool    // its opening cannot or must not be changed
	// Unconfirmed: its resistance rests on a single reading of a single
	// meter. It gets its opening, but no head is raised for it.
	Unconfirmed bool
}

// Limits are the bounds of what may be ordered. Zero values give the
// defaults.
type Limits struct {
	MinOpening float64 // 0: 0.05
	MaxOpening float64 // 0: 0.98
	// IndexTravel is the opening the index valve is left at; 0: 0.90.
	IndexTravel float64
	// Resolution is the actuator's, as a fraction of travel; openings that
	// differ by less than half of it from the present are not moved. 0: 0.01.
	Resolution float64
	// OrderStep rounds ordered openings and speeds; 0: 0.001.
	OrderStep float64
	// MaxX caps the flow ratio wanted; 0: 1.
	MaxX float64
	// ShareFrom is the share of the demand that must be short before others
	// give more than ShareFloor leaves them; 0: 0.10; negative: always.
	ShareFrom float64
	// ShareFloor is the x below which nobody is taken for the sake of few;
	// 0: 0.97; 1: nobody gives anything for few.
	ShareFloor float64
	// MinSpeed and MaxSpeed narrow the source's own limits; 0: the source's.
	MinSpeed, MaxSpeed float64
	// MaxDifferential bounds a source that holds a differential, Pa; 0: what
	// its pump curve gives at full speed, or the present one without a curve.
	MaxDifferential float64
	// Exact orders openings without rounding and without a dead band, as a
	// reference calculation wants them.
	Exact bool
}

func (l Limits) withDefaults() Limits {
	l.MinOpening = cmp.Or(l.MinOpening, 0.05)
	l.MaxOpening = cmp.Or(l.MaxOpening, 0.98)
	l.IndexTravel = cmp.Or(l.IndexTravel, 0.90)
	l.Resolution = cmp.Or(l.Resolution, 0.01)
	l.OrderStep = cmp.Or(l.OrderStep, 0.001)
	l.MaxX = cmp.Or(l.MaxX, 1)
	l.ShareFrom = cmp.Or(l.ShareFrom, 0.10)
	l.ShareFloor = cmp.Or(l.ShareFloor, 0.97)
	return l
}

// Plan is a recommendation: settings, what they will bring, and why.
type Plan struct {
	// Scenario is Base with every opening and the pump setting laid over it:
	// Solve on it gives Predicted again.
	Scenario     models.Scenario
	Openings     []float64 // by station, held ones as they are
	Speed        models.Optional
	Differential models.Optional // Pa, of a source that holds one
	Before       *solver.Result  // by the same model, at the present settings
	Predicted    *solver.Result
	XBefore, X   []models.Optional // flow ratio by station; unknown without a requirement
	HeadBefore   float64           // Pa, lift of the largest source
	Head         float64
	PowerBefore  float64 // W, all sources
	Power        float64
	Index        models.ID   // the station that sets the head, "" where none does
	AtLimit      bool        // the pumps are at their upper limit
	Shared       bool        // a shortage is shared, everybody at Level
	Level        float64     // x wanted of everybody
	Moves        []Move      // in the order to carry them out
	Shortfalls   []Shortfall // who will not get what it requires, worst first
	Notes        []string    // what was left alone and why
	Solves       int
}

// Code is a reason's stable word; the page words it in the user's language.
type Code string

// Why a setting moves.
const (
	OverSupplied  Code = "over_supplied"  // x above the band before
	UnderSupplied Code = "under_supplied" // x below the band before
	FollowsHead   Code = "follows_head"   // balanced before; makes up for the change of head
	HeadForIndex  Code = "head_for_index" // pumps: what the index station needs
	NothingWanted Code = "nothing_wanted" // no heat required: to the least opening
)

// Move is one setting to change.
type Move struct {
	Point    models.PointID
	From, To float64
	Reason   Code
	XBefore  models.Optional
	X        models.Optional // predicted
}

// Why a station comes short (or gets too much).
const (
	ValveWideOpen     Code = "valve_wide_open"    // its own branch is the bottleneck
	PumpAtLimit       Code = "pump_at_limit"      // the head would have to rise further
	DifferentialShort Code = "differential_short" // what arrives does not even pass its fixed resistance
	ShortageShared    Code = "shortage_shared"    // gives its part so that others get as much
	Unconfirmed       Code = "unconfirmed"        // no head is raised on a single reading
	IsHeld            Code = "held"
	CutOff            Code = "cut_off"
	ValveAtMinimum    Code = "valve_at_minimum" // gets too much with its valve at the least opening
)

// Shortfall is a station that will not stand at the wanted x.
type Shortfall struct {
	Station      models.ID
	Index        int // in Network.Stations
	X            float64
	Reason       Code
	Differential float64 // Pa, as predicted
	Need         float64 // Pa for its requirement with the valve wide open (at its minimum for ValveAtMinimum); 0: none would do
	Cure         Cure
}

// Cure says what would help: a code with its number.
type Cure struct {
	Code  string  // "raise_head", "larger_valve", "clear_branch", "confirm_reading", "release", "open_valves", "smaller_valve"
	Value float64 // Pa of head or of branch loss to remove; Kvs in m3/h; 0 where no number belongs
}

// ErrNoPressure says that no source keeps up a pressure difference that
// valves could divide.
var ErrNoPressure = errors.New("no source runs at a speed or holds a differential: give one of them a pump speed, or there is nothing for the valves to divide")
