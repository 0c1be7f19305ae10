package advisor

import (
	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/estimate"
)

// State is a computed state of the whole network with its report.
type State = solver.Result

// Round is one settled reading of the plant.
type Round = estimate.Round

// Profile is the pressure diagram of a station.
type Profile = solver.Profile

// Ratios returns each station's flow ratio x in a computed state, against the
// requirements of a picture; unknown where nothing is required.
func Ratios(st *State, pic *Picture) []models.Optional {
	x := make([]models.Optional, len(pic.Stations))
	for i := range x {
		if need := pic.Stations[i].Required.Flow; need > 0 && !st.Stations[i].Cut {
			x[i] = models.Some(st.Stations[i].Flow / need)
		}
	}
	return x
}
