package advisor

import (
	"context"
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/telemetry"
	"evenflow/solver"
	"evenflow/solver/balance"
	"evenflow/solver/estimate"
	"evenflow/solver/heating"
)

// Advisor computes recommendations and predictions for one network. It
// remembers nothing between calls and is safe for concurrent use.
type Advisor struct {
	Net    *models.Network
	Solve  solver.SolveFunc
	Eyes   *Eyes
	Limits balance.Limits
	// Profile gives the pressure diagram of a station in a computed state.
	Profile func(st *State, station models.ID) (*Profile, error)
	// Full scale and relative error of the meters, for weighing them.
	PressureSigma float64 // Pa of one reading; 0: 1600 (0.1 % of 1.6 MPa)
	FlowSigma     float64 // relative, of one reading; 0: 0.01
}

// Memory is what earlier rounds taught, oldest first.
type Memory struct {
	Rounds      []estimate.Round
	Calibration models.Calibration
}

// Recommendation is advice with everything it rests on.
type Recommendation struct {
	At       time.Time // of the snapshot, plant clock
	Outdoor  float64   // K
	Picture  *Picture
	Reading  estimate.Round // kept as a round when it is carried out
	Estimate *estimate.Result
	Plan     *balance.Plan
	Residual float64       // RMS of measured minus modelled differential over the mean differential
	Took     time.Duration // wall time of the computation
}

// Conditions returns the weather, supply temperatures and the sources' speeds
// as the snapshot shows them, as a scenario. Where a reading is not good, the
// network's design value stands.
func (a *Advisor) Conditions(snap *telemetry.Snapshot) models.Scenario {
	sc := models.Scenario{Name: "as measured"}
	if r := a.Eyes.outdoor(snap); r.Quality >= models.QualitySubstituted {
		sc.Outdoor = models.Some(r.Value)
	}
	for i := range a.Net.Sources {
		s := &a.Net.Sources[i]
		if m, ok := snap.Mean(models.PointID{Element: s.ID, Quantity: models.SupplyTemperature}, time.Time{}); ok {
			sc.Changes = append(sc.Changes, models.Change{Element: s.ID, Attribute: models.AttrSupplyTemperature, Value: m.Value})
		}
		if v, ok := snap.Good(models.PointID{Element: s.ID, Quantity: models.SpeedFeedback}); ok && s.Control == models.ControlSpeed {
			sc.Changes = append(sc.Changes, models.Change{Element: s.ID, Attribute: models.AttrSpeed, Value: v})
		}
	}
	return sc
}

// Openings returns the stations' present valve openings as changes: the
// feedback where it is good; elsewhere the network's own value stands.
func (a *Advisor) Openings(snap *telemetry.Snapshot) []models.Change {
	changes := make([]models.Change, 0, len(a.Net.Stations))
	for i := range a.Net.Stations {
		id := a.Net.Stations[i].ID
		if v, ok := a.opening(snap, id); ok {
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrOpening, Value: v})
		}
	}
	return changes
}

// opening is the feedback, within the valve's travel.
func (a *Advisor) opening(snap *telemetry.Snapshot, id models.ID) (float64, bool) {
	v, ok := snap.Good(models.PointID{Element: id, Quantity: models.OpeningFeedback})
	if !ok {
		r, known := snap.LastGood(models.PointID{Element: id, Quantity: models.OpeningFeedback})
		v, ok = r.Value, known
	}
	return math.Min(1, math.Max(0, v)), ok
}

// CalibrationChanges lays a calibration over the network.
func CalibrationChanges(c models.Calibration) []models.Change {
	changes := make([]models.Change, len(c.Corrections))
	for i, k := range c.Corrections {
		changes[i] = models.Change{Element: k.Element, Attribute: k.Attribute, Op: models.Scale, Value: k.Factor}
	}
	return changes
}

// Model solves the calibrated network as it stands: the state behind the map
// and the pressure diagram.
func (a *Advisor) Model(ctx context.Context, snap *telemetry.Snapshot, cal models.Calibration, from *solver.Result) (*solver.Result, error) {
	sc := a.Conditions(snap).With(CalibrationChanges(cal)...).With(a.Openings(snap)...)
	return a.Solve(ctx, sc, from)
}

// Predict solves the calibrated network as it stands and with setpoints laid
// over it.
func (a *Advisor) Predict(ctx context.Context, snap *telemetry.Snapshot, cal models.Calibration, sps []models.Setpoint) (before, after *solver.Result, err error) {
	sc := a.Conditions(snap).With(CalibrationChanges(cal)...).With(a.Openings(snap)...)
	if before, err = a.Solve(ctx, sc, nil); err != nil {
		return nil, nil, err
	}
	for _, sp := range sps {
		attr := models.AttrOpening
		switch sp.Point.Quantity {
		case models.SpeedSetpoint:
			attr = models.AttrSpeed
		case models.SupplyTempSetpoint:
			attr = models.AttrSupplyTemperature
		}
		sc = sc.With(models.Change{Element: sp.Point.Element, Attribute: attr, Value: sp.Value})
	}
	after, err = a.Solve(ctx, sc, before)
	return before, after, err
}

// Read turns the polls since a moment into one settled reading.
func (a *Advisor) Read(snap *telemetry.Snapshot, since time.Time) estimate.Round {
	r := estimate.Round{
		Sources:  make([]estimate.SourceReading, len(a.Net.Sources)),
		Stations: make([]estimate.StationReading, len(a.Net.Stations)),
	}
	pressure := a.PressureSigma
	if pressure == 0 {
		pressure = 1600
	}
	flow := a.FlowSigma
	if flow == 0 {
		flow = 0.01
	}
	value := func(id models.ID, q models.Quantity, sigma float64) estimate.Value {
		return a.value(snap, models.PointID{Element: id, Quantity: q}, since, sigma)
	}
	for i := range a.Net.Sources {
		id := a.Net.Sources[i].ID
		r.Sources[i] = estimate.SourceReading{
			SupplyPressure: value(id, models.SupplyPressure, pressure),
			ReturnPressure: value(id, models.ReturnPressure, pressure),
			Speed:          value(id, models.SpeedFeedback, 0.001),
		}
	}
	for i := range a.Net.Stations {
		st := &a.Net.Stations[i]
		s := &r.Stations[i]
		s.Measured = a.Eyes.Has[models.PointID{Element: st.ID, Quantity: models.OpeningFeedback}]
		s.SupplyPressure = value(st.ID, models.SupplyPressure, pressure)
		s.ReturnPressure = value(st.ID, models.ReturnPressure, pressure)
		if a.Eyes.Has[models.PointID{Element: st.ID, Quantity: models.Differential}] {
			s.Differential = value(st.ID, models.Differential, pressure)
		}
		s.Opening = value(st.ID, models.OpeningFeedback, 0.001)
		s.Setpoint = value(st.ID, models.OpeningSetpoint, 0.001)
		now, mean := a.Eyes.Flow(snap, st, since)
		s.Flow = estimate.Value{Value: now.Value, Quality: now.Quality, Reason: now.Reason, Age: snap.At.Sub(now.Source).Seconds()}
		if mean.N > 0 {
			s.Flow.Value, s.Flow.Sigma = mean.Value, flow*math.Abs(mean.Value)/math.Sqrt(float64(mean.N))
		}
		if v, ok := snap.Good(models.PointID{Element: st.ID, Quantity: models.Remote}); ok {
			s.Local = v == 0
		}
		if v, ok := snap.Good(models.PointID{Element: st.ID, Quantity: models.FallbackActive}); ok {
			s.Fallback = v != 0
		}
	}
	return r
}

// value is the mean of a point's good polls, or its latest reading with the
// reason why it is not good.
func (a *Advisor) value(snap *telemetry.Snapshot, p models.PointID, since time.Time, sigma float64) estimate.Value {
	r, _ := snap.Get(p)
	v := estimate.Value{Value: r.Value, Quality: r.Quality, Reason: r.Reason, Sigma: sigma, Age: snap.At.Sub(r.Source).Seconds()}
	if m, ok := snap.Mean(p, since); ok {
		v.Value, v.Sigma, v.Age = m.Value, sigma/math.Sqrt(float64(m.N)), m.Age.Seconds()
	}
	return v
}

// Advise computes a recommendation from the polls since a moment and from
// what earlier rounds taught. Stations in fixed keep their opening and
// sources their speed, with the reason given (locked, in another mode). It fails with the solver's error, or with
// balance.ErrNoPressure.
func (a *Advisor) Advise(ctx context.Context, snap *telemetry.Snapshot, since time.Time, mem Memory, fixed map[models.ID]string) (*Recommendation, error) {
	started := time.Now()
	rec := &Recommendation{At: snap.At, Picture: a.Eyes.Look(snap, since), Reading: a.Read(snap, since)}
	base := a.Conditions(snap)
	rec.Outdoor = base.Outdoor.Or(a.Net.Climate.DesignOutdoor)
	est, err := a.estimate(ctx, rec.Reading, base, mem)
	if err != nil {
		return nil, err
	}
	rec.Estimate = est
	est.Calibration.At, est.Calibration.Rounds = snap.At, len(mem.Rounds)+1

	in := balance.Input{
		Network: a.Net, Solve: a.Solve, Base: base.With(est.Changes...),
		Stations: make([]balance.Station, len(a.Net.Stations)),
		Limits:   a.Limits, From: est.Model,
	}
	for i := range a.Net.Stations {
		st := &a.Net.Stations[i]
		s := &in.Stations[i]
		s.Required = a.required(rec.Picture, i, rec.Outdoor)
		s.Opening = est.Stations[i].Opening.Or(st.Opening)
		_, isFixed := fixed[st.ID]
		s.Held = est.Stations[i].Held || isFixed
		s.Unconfirmed = est.Stations[i].Unconfirmed
	}
	for i := range a.Net.Sources {
		if _, isFixed := fixed[a.Net.Sources[i].ID]; isFixed {
			in.HeadFixed = true
		}
	}
	if len(a.Net.Sources) > 0 {
		if v, ok := snap.Good(models.PointID{Element: a.Net.Sources[0].ID, Quantity: models.SpeedFeedback}); ok {
			in.Speed = models.Some(v)
		}
	}
	if rec.Plan, err = balance.Find(ctx, in); err != nil {
		return nil, err
	}
	rec.Residual = residual(est)
	rec.Took = time.Since(started)
	return rec, nil
}

// estimate calibrates on what was remembered and one more reading.
func (a *Advisor) estimate(ctx context.Context, reading estimate.Round, base models.Scenario, mem Memory) (*estimate.Result, error) {
	return estimate.Calibrate(ctx, estimate.Input{
		Network: a.Net, Solve: a.Solve, Base: base,
		Rounds:   append(append([]estimate.Round(nil), mem.Rounds...), reading),
		Previous: mem.Calibration,
	})
}

// Estimate calibrates on the polls since a moment and what was remembered,
// without advising anything.
func (a *Advisor) Estimate(ctx context.Context, snap *telemetry.Snapshot, since time.Time, mem Memory) (*Estimate, error) {
	return a.estimate(ctx, a.Read(snap, since), a.Conditions(snap), mem)
}

// required is the flow wanted of a station. A station without a measured
// supply temperature gets its requirement at the source's.
func (a *Advisor) required(pic *Picture, i int, outdoor float64) float64 {
	if r := pic.Stations[i].Required; r.Flow > 0 {
		return r.Flow
	}
	st := &a.Net.Stations[i]
	r, err := heating.Required(a.Net, st, outdoor, st.Design.PrimarySupply)
	if err != nil {
		return 0
	}
	return r.Flow
}

// residual is the RMS of measured minus modelled differential of the stations
// that are not held, relative to their mean differential.
func residual(est *estimate.Result) float64 {
	var sum2, mean float64
	n := 0
	for i := range est.Stations {
		s := &est.Stations[i]
		if s.Held || !s.Residual.Known || !s.Differential.Known {
			continue
		}
		sum2 += s.Residual.Value * s.Residual.Value
		mean += s.Differential.Value
		n++
	}
	if n == 0 || mean == 0 {
		return 0
	}
	return math.Sqrt(sum2/float64(n)) / (mean / float64(n))
}
