package estimate_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/estimate"
	"evenflow/solver/town"
)

// plant is a small town with a hidden truth and exact meters.
type plant struct {
	net   *models.Network
	solve solver.SolveFunc
	truth *solver.Result
	round estimate.Round
}

func newPlant(t *testing.T, hidden ...models.Change) *plant {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: 3, Stations: 40})
	if err != nil {
		t.Fatal(err)
	}
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{net: net, solve: s.Solve}
	if p.truth, err = s.Solve(context.Background(), models.Scenario{Changes: hidden}, nil); err != nil {
		t.Fatal(err)
	}
	place := map[models.ID]int{}
	for i := range net.Junctions {
		place[net.Junctions[i].ID] = i
	}
	value := func(v, sigma float64) estimate.Value {
		return estimate.Value{Value: v, Sigma: sigma, Quality: models.QualityGood}
	}
	pressure := func(id models.ID) estimate.Value { return value(p.truth.Junctions[place[id]].Pressure, 500) }
	src := &net.Sources[0]
	p.round.Sources = []estimate.SourceReading{{SupplyPressure: pressure(src.To), ReturnPressure: pressure(src.From), Speed: value(src.Speed, 0)}}
	for i := range net.Stations {
		st := &net.Stations[i]
		p.round.Stations = append(p.round.Stations, estimate.StationReading{
			Measured: true, Flow: value(p.truth.Stations[i].Flow, 0.003*p.truth.Stations[i].Flow),
			SupplyPressure: pressure(st.From), ReturnPressure: pressure(st.To),
			Opening: value(st.Opening, 0), Setpoint: value(st.Opening, 0),
		})
	}
	return p
}

func (p *plant) calibrate(t *testing.T) *estimate.Result {
	t.Helper()
	r, err := estimate.Calibrate(context.Background(), estimate.Input{Network: p.net, Solve: p.solve, Rounds: []estimate.Round{p.round}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A plant that is as filed teaches nothing: no factor, no suspect, no hold.
func TestAPlantAsFiledTeachesNothing(t *testing.T) {
	r := newPlant(t).calibrate(t)
	if len(r.Held) != 0 || len(r.Suspects) != 0 {
		t.Errorf("held %v, suspects %v", r.Held, r.Suspects)
	}
	for _, c := range r.Calibration.Corrections {
		if math.Abs(c.Factor-1) > 2e-3 {
			t.Errorf("%s %s: factor %.4f", c.Element, c.Attribute, c.Factor)
		}
	}
}

// The corrected model shows what the meters show.
func TestTheCorrectedModelReproducesTheReadings(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	net, err := town.Generate(town.Options{Seed: 3, Stations: 40})
	if err != nil {
		t.Fatal(err)
	}
	var hidden []models.Change
	for i := range net.Pipes {
		hidden = append(hidden, models.Change{Element: net.Pipes[i].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: 0.8 + 0.4*rng.Float64()})
	}
	for i := range net.Stations {
		hidden = append(hidden, models.Change{Element: net.Stations[i].ID, Attribute: models.AttrKvs, Op: models.Scale, Value: 0.9 + 0.2*rng.Float64()})
	}
	p := newPlant(t, hidden...)
	r := p.calibrate(t)
	for i, s := range r.Stations {
		if math.Abs(s.Residual.Value) > 1e3 || !s.Residual.Known {
			t.Errorf("%s: differential off by %.0f Pa", p.net.Stations[i].ID, s.Residual.Value)
		}
	}
	// By openings, the corrected model draws the measured flows.
	sc := models.Scenario{Changes: r.Changes}
	again, err := p.solve(context.Background(), sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Stations {
		if x := again.Stations[i].Flow / p.truth.Stations[i].Flow; math.Abs(x-1) > 0.01 {
			t.Errorf("%s: flow %.4f of the measured", p.net.Stations[i].ID, x)
		}
	}
	// Whoever stores the calibration stores the same changes.
	if len(r.Calibration.Corrections) < len(r.Changes) {
		t.Errorf("%d corrections for %d changes", len(r.Calibration.Corrections), len(r.Changes))
	}
}

func TestSameInputSameBits(t *testing.T) {
	p := newPlant(t, models.Change{Element: "S-007", Attribute: models.AttrFixedResistance, Op: models.Scale, Value: 3})
	a, b := p.calibrate(t), p.calibrate(t)
	if !reflect.DeepEqual(a.Calibration, b.Calibration) || !reflect.DeepEqual(a.Suspects, b.Suspects) || !reflect.DeepEqual(a.Stations, b.Stations) {
		t.Error("two runs on the same input differ")
	}
}

// Every quality of a reading and every state of a PLC that forbids steering
// has its own reason.
func TestReasonsToHold(t *testing.T) {
	lost := func(v *estimate.Value) { v.Quality, v.Reason = models.QualityLost, "timeout" }
	cases := []struct {
		want  estimate.Code
		spoil func(r *estimate.StationReading)
	}{
		{estimate.Unmeasured, func(r *estimate.StationReading) { *r = estimate.StationReading{} }},
		{estimate.Lost, func(r *estimate.StationReading) { lost(&r.Opening); lost(&r.Flow) }},
		{estimate.Stale, func(r *estimate.StationReading) { r.Flow.Age = 4000 }},
		{estimate.FlowBad, func(r *estimate.StationReading) { r.Flow.Quality = models.QualityBad }},
		{estimate.PressureBad, func(r *estimate.StationReading) { r.ReturnPressure.Quality = models.QualityBad }},
		{estimate.OpeningBad, func(r *estimate.StationReading) { r.Opening.Quality = models.QualityBad }},
		{estimate.LocalMode, func(r *estimate.StationReading) { r.Local = true }},
		{estimate.FallbackMode, func(r *estimate.StationReading) { r.Fallback = true }},
		{estimate.ValveStuck, func(r *estimate.StationReading) { r.Setpoint.Value = r.Opening.Value - 0.1 }},
		{estimate.ZeroFlow, func(r *estimate.StationReading) { r.Flow.Value = 0 }},
		{estimate.FlowLies, func(r *estimate.StationReading) { r.Flow.Value *= 10 }},
		{estimate.PressureLies, func(r *estimate.StationReading) { r.SupplyPressure.Value += 120e3 }},
	}
	p := newPlant(t)
	for i := range cases {
		cases[i].spoil(&p.round.Stations[3*i])
	}
	r := p.calibrate(t)
	if len(r.Held) != len(cases) {
		t.Errorf("%d held of %d", len(r.Held), len(cases))
	}
	for i, c := range cases {
		got := estimate.Hold{}
		for _, h := range r.Held {
			if h.Index == 3*i {
				got = h
			}
		}
		if got.Reason != c.want || !r.Stations[3*i].Held || got.Text() == string(got.Reason) {
			t.Errorf("%s: held for %q (%s), want %q", p.net.Stations[3*i].ID, got.Reason, got.Text(), c.want)
		}
		if s := r.Stations[3*i]; !s.Flow.Known || !s.Differential.Known {
			t.Errorf("%s: no flow or differential is believed: %+v", got.Station, s)
		}
	}
}

func TestCalibrateRefuses(t *testing.T) {
	p := newPlant(t)
	if _, err := estimate.Calibrate(context.Background(), estimate.Input{Network: p.net, Solve: p.solve}); !errors.Is(err, estimate.ErrNoReadings) {
		t.Errorf("no rounds: %v", err)
	}
	p.round.Stations = p.round.Stations[:5]
	if _, err := estimate.Calibrate(context.Background(), estimate.Input{Network: p.net, Solve: p.solve, Rounds: []estimate.Round{p.round}}); err == nil {
		t.Error("a round with five stations is accepted")
	}
}
