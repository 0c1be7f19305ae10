package advisor

import (
	"evenflow/models"
	"evenflow/scada/telemetry"
	"evenflow/solver"
	"evenflow/solver/balance"
	"evenflow/solver/estimate"
	"evenflow/solver/heating"
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

// BoilingPressure returns the gauge pressure in Pa that supply water of T (K)
// must stand under so as not to boil.
func BoilingPressure(T float64) float64 { return solver.BoilingPressure(T) }

// NetworkMargins are the tightest places of each limit in a computed state,
// worst first.
func NetworkMargins(st *State) []models.Violation { return st.Report.Margins }

// ProfilePoint is one place on a pressure diagram.
type ProfilePoint = solver.ProfilePoint

// Need is the differential in Pa that a flow takes through a station with its
// valve wide open: dp = m² (S + 1.296e9/(ρ Kvs²)) (physics: valve equation).
func Need(st *models.Station, flow float64) float64 {
	s := st.FixedResistance
	if st.Valve.Kvs > 0 {
		s += 1.296e9 / (solver.WaterDensity(st.Design.PrimarySupply) * st.Valve.Kvs * st.Valve.Kvs)
	}
	return flow * flow * s
}

// Hold is a station that a recommendation leaves as it is, and why.
type Hold = estimate.Hold

// HeatFlow is the heat in W that a flow (kg/s) carries between two
// temperatures (K).
func HeatFlow(flow, from, to float64) float64 { return solver.HeatFlow(flow, from, to) }

// SecondaryWanted is the secondary supply temperature in K that a station's
// heating curve gives for the measured weather; false where either is missing.
func (a *Advisor) SecondaryWanted(st *models.Station, snap *telemetry.Snapshot) (float64, bool) {
	curve, ok := heating.StationCurve(a.Net, st)
	outdoor := a.Eyes.outdoor(snap)
	if !ok || outdoor.Quality < models.QualitySubstituted {
		return 0, false
	}
	supply, _ := curve.At(outdoor.Value)
	return supply, true
}

// Suspect is an element that somebody should go and look at.
type Suspect = estimate.Suspect

// The kinds of suspect that are meters; the others lose pressure.
const (
	FlowMeter     = estimate.FlowMeter
	PressureMeter = estimate.PressureMeter
)

// Why there can be no recommendation, beside a network that cannot be solved.
var (
	ErrNoReadings = estimate.ErrNoReadings
	ErrNoPressure = balance.ErrNoPressure
)

// Estimate is what the readings say: corrections, held stations, suspects.
type Estimate = estimate.Result
