package balance

import (
	"context"

	"evenflow/models"
	"evenflow/solver"
)

// feasible is the flow ratio a station must be able to reach to be judged.
const feasible = 0.95

// Reference is what is possible in a network that is known exactly.
type Reference struct {
	Plan     *Plan
	Feasible []bool // by station: reaches x >= 0.95 at the best setting
	Count    int    // of feasible stations
	Head     float64
	Power    float64
}

// Optimum finds the best setting of a network whose truth is known: the same
// search as Find, without rounding and without a dead band. It is what a
// rehearsal is judged by; truth holds the hidden deviations and the weather,
// openings are the present ones, held stations keep theirs;
// from is a warm start or nil.
func Optimum(ctx context.Context, net *models.Network, solve solver.SolveFunc, truth models.Scenario, stations []Station, lim Limits, from *solver.Result) (*Reference, error) {
	lim.Exact = true
	exact := make([]Station, len(stations))
	copy(exact, stations)
	for i := range exact {
		exact[i].Unconfirmed = false
	}
	p, err := Find(ctx, Input{Network: net, Solve: solve, Base: truth, Stations: exact, Limits: lim, From: from})
	if err != nil {
		return nil, err
	}
	ref := &Reference{Plan: p, Feasible: make([]bool, len(stations)), Head: p.Head, Power: p.Power}
	for i, x := range p.X {
		if x.Known && x.Value >= feasible && !exact[i].Held {
			ref.Feasible[i] = true
			ref.Count++
		}
	}
	return ref, nil
}
