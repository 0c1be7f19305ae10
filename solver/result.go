package solver

import (
	"context"
	"sync"
	"sync/atomic"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

// Result is a computed State with the Report that vouches for it.
type Result struct {
	models.State
	Report  Report
	Islands []Island
	mean    []float64 // by pipe: mean temperature along it, K, for a warm start
}

// Report says how well the equations are met, worst element by name, and how
// far every limit is kept.
type Report struct {
	Converged      bool
	Iterations     int     // Newton steps, all of one Solve
	HeatIterations int     // exchanges between hydraulics and temperatures
	MassResidual   float64 // kg/s, largest at a junction
	MassWorst      models.ID
	EnergyResidual float64 // Pa, largest along a branch
	EnergyWorst    models.ID
	HeatResidual   float64 // W, largest enthalpy imbalance at a junction
	HeatWorst      models.ID
	Margins        []models.Violation // the tightest place of each limit, worst first
	Cycle          []models.Turn      // what holds something and contradicts itself: the sets of stands tried, turn by turn; empty where all agree
}

// Island is a part cut off from every pressure hold or source by closed
// valves, missing pipes, or check valves that let nothing in.
type Island struct {
	Junctions []models.ID
	Stations  []models.ID
	Valves    []models.ID // closed valves (or out-of-service branches) that cut it
	OneWay    []models.ID // check valves, pumps and regulators that let water out of it only, while nothing feeds it
	Draw      float64     // kg/s that are to be drawn there, and are not; of one that is unfed
	Unfed     bool        // no source in operation reaches it
	Unheld    bool        // it has no pressure hold: flows are known, pressures are not
}

// Solver is a network compiled for solving. It remembers nothing between
// calls and is safe for concurrent use.
type Solver struct {
	net   *models.Network
	opts  Options
	fluid water.Fluid
	plan  *plan
	home  atomic.Pointer[home] // the circuit as filed
	idle  sync.Pool            // memory of calculations that have ended
}

// SolveFunc is the shape of Solver.Solve, for those who are handed it.
type SolveFunc func(ctx context.Context, sc models.Scenario, from *Result) (*Result, error)

// Profile is the pressure diagram 水压图 of one station: the path of falling
// head from the source that feeds it and back.
type Profile struct {
	Source, Station models.ID
	Points          []ProfilePoint  // from the source to the station
	StaticHead      models.Optional // m above datum, pumps off
	Zero            []float64       // m from the source: supply and return under one pressure
}

// ProfilePoint is one place on the path, supply and return junction side by
// side.
type ProfilePoint struct {
	Distance                 float64 // m of supply pipe from the source
	Supply, Return           models.ID
	SupplyPressure           float64 // Pa gauge
	ReturnPressure           float64
	ReturnKnown              bool    // the supply junction has a partner on the return side
	SupplyTemperature        float64 // K
	Elevation                models.Optional
	Pipe                     models.ID // supply pipe that leads here, "" at the source
	ReturnPipe               models.ID
	Flow, Velocity           float64 // kg/s, m/s in Pipe
	Friction, ReturnFriction float64 // Pa/m
	DN, Year                 int
	PressureClass            float64 // Pa
}
