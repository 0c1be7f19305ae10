package advisor

import (
	"math"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/telemetry"
	"evenflow/solver"
	"evenflow/solver/town"
)

var noon = time.Date(2026, 1, 18, 12, 0, 0, 0, time.UTC)

// eyes look at a small town with a point list of the usual quantities.
func eyes(t *testing.T, volume bool) (*Eyes, *models.Network) {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: 1, Stations: 10})
	if err != nil {
		t.Fatal(err)
	}
	var points []models.PointID
	sides := map[models.ID]models.Side{}
	flow := models.MassFlow
	if volume {
		flow = models.VolumeFlow
	}
	for i := range net.Stations[1:] { // the first station is unmeasured
		id := net.Stations[i+1].ID
		for _, q := range []models.Quantity{flow, models.SupplyPressure, models.ReturnPressure, models.OpeningSetpoint, models.OpeningFeedback, models.Remote, models.SupplyTemperature, models.ReturnTemperature} {
			points = append(points, models.PointID{Element: id, Quantity: q})
		}
		sides[id] = models.SideReturn
	}
	return NewEyes(net, points, sides), net
}

// readings are ten good polls of a station with given values.
func readings(im *telemetry.Image, id models.ID, values map[models.Quantity]float64) {
	for k := range 10 {
		var rs []models.Reading
		for q, v := range values {
			rs = append(rs, models.Reading{Point: models.PointID{Element: id, Quantity: q}, Value: v, Quality: models.QualityGood, Source: noon.Add(time.Duration(k-9) * 5 * time.Second)})
		}
		im.Put(rs)
	}
}

// TestConditions: each rule, worst first, gives its word and its reason.
func TestConditions(t *testing.T) {
	e, net := eyes(t, false)
	st := &net.Stations[1]
	need := st.DesignHeat() / (4230 * (st.Design.PrimarySupply - st.Design.PrimaryReturn)) // rough: the band is wide
	base := func() map[models.Quantity]float64 {
		return map[models.Quantity]float64{models.MassFlow: need, models.SupplyPressure: 8e5, models.ReturnPressure: 6.5e5, models.OpeningSetpoint: 0.5, models.OpeningFeedback: 0.5,
			models.Remote: 1, models.SupplyTemperature: st.Design.PrimarySupply, models.ReturnTemperature: st.Design.PrimaryReturn}
	}
	for _, c := range []struct {
		name   string
		change map[models.Quantity]float64
		want   Condition
	}{
		{"balanced", nil, Normal},
		{"starved", map[models.Quantity]float64{models.MassFlow: 0.6 * need}, Under},
		{"drowned", map[models.Quantity]float64{models.MassFlow: 1.6 * need}, Over},
		{"valve does not follow", map[models.Quantity]float64{models.OpeningSetpoint: 0.8}, Stuck},
		{"switch on local", map[models.Quantity]float64{models.Remote: 0}, Local},
		{"own curve, off the setpoint", map[models.Quantity]float64{models.FallbackActive: 1, models.OpeningSetpoint: 0.8}, Local},
		{"local, off the setpoint", map[models.Quantity]float64{models.Remote: 0, models.OpeningSetpoint: 0.8}, Local},
		{"meter stuck at zero", map[models.Quantity]float64{models.MassFlow: 0}, BadFlow},
	} {
		im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
		values := base()
		for q, v := range c.change {
			values[q] = v
		}
		readings(im, st.ID, values)
		pic := e.Look(im.Snapshot(noon), noon.Add(-time.Minute))
		got := pic.Stations[1]
		if got.Condition != c.want {
			t.Errorf("%s: %s (%s), want %s; x %+v", c.name, got.Condition, got.Reason, c.want, got.X)
		}
		if got.Diagnosis.Code == "" {
			t.Errorf("%s: no diagnosis", c.name)
		}
		if pic.Stations[0].Condition != Unmeasured {
			t.Errorf("a station without points is %s, want unmeasured", pic.Stations[0].Condition)
		}
	}
}

// TestToldOnlyNow: a valve that has just been told is not stuck.
func TestToldOnlyNow(t *testing.T) {
	e, net := eyes(t, false)
	id := net.Stations[1].ID
	im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
	readings(im, id, map[models.Quantity]float64{models.MassFlow: 5, models.OpeningFeedback: 0.5, models.OpeningSetpoint: 0.5})
	now := noon.Add(5 * time.Second)
	for q, v := range map[models.Quantity]float64{models.MassFlow: 5, models.OpeningFeedback: 0.5, models.OpeningSetpoint: 0.8} {
		im.Put([]models.Reading{{Point: models.PointID{Element: id, Quantity: q}, Value: v, Quality: models.QualityGood, Source: now}})
	}
	if s := e.Look(im.Snapshot(now), noon).Stations[1]; s.Condition == Stuck {
		t.Errorf("told 5 s ago: %s (%s)", s.Condition, s.Reason)
	}
}

// TestLatePolls: a good flow from before the window of the mean is a flow, and
// no meter stuck at zero.
func TestLatePolls(t *testing.T) {
	e, net := eyes(t, false)
	im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
	readings(im, net.Stations[1].ID, map[models.Quantity]float64{models.MassFlow: 1e-3, models.OpeningFeedback: 0.05, models.OpeningSetpoint: 0.05})
	s := e.Look(im.Snapshot(noon.Add(10*time.Second)), noon.Add(5*time.Second)).Stations[1]
	if s.Condition != Under || s.X != models.Some(1e-3/s.Required.Flow) || s.FlowMean.N != 1 || s.FlowMean.Age != 10*time.Second {
		t.Errorf("%s (%s), x %+v, mean %+v", s.Condition, s.Reason, s.X, s.FlowMean)
	}
}

// TestSilenceIsLost: a station that stopped answering is lost, and its last
// flow gives no ratio.
func TestSilenceIsLost(t *testing.T) {
	e, net := eyes(t, false)
	im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
	readings(im, net.Stations[1].ID, map[models.Quantity]float64{models.MassFlow: 5, models.OpeningFeedback: 0.5})
	s := e.Look(im.Snapshot(noon.Add(2*time.Minute)), noon).Stations[1]
	if s.Condition != Lost || s.X.Known {
		t.Errorf("two minutes of silence: %s, x %+v; want lost and no x", s.Condition, s.X)
	}
}

// TestVolumeMetersAreConvertedWhereTheySit: a return-side meter counts cool,
// dense water.
func TestVolumeMetersAreConvertedWhereTheySit(t *testing.T) {
	e, net := eyes(t, true)
	st := &net.Stations[1]
	im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
	readings(im, st.ID, map[models.Quantity]float64{models.VolumeFlow: 0.01, models.SupplyTemperature: 403.15, models.ReturnTemperature: 323.15})
	now, mean := e.Flow(im.Snapshot(noon), st, noon.Add(-time.Minute))
	want := 0.01 * 988.0 // water at 50 degC, IAPWS: 988.0 kg/m3 at atmospheric, 988.7 at 1.6 MPa
	if math.Abs(now.Value-want) > 0.01 || math.Abs(mean.Value-want) > 0.01 {
		t.Errorf("0.01 m3/s at 50 degC is %.3f kg/s (mean %.3f), want %.3f", now.Value, mean.Value, want)
	}
}

// TestAdviceBalancesByItsOwnModel: advice on exact readings of a plant that is
// its model predicts everybody in the band, and its scenario reproduces it.
func TestAdviceBalancesByItsOwnModel(t *testing.T) {
	e, net := eyes(t, false)
	calc, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := &Advisor{Net: net, Solve: calc.Solve, Eyes: e, Profile: calc.Profile}
	state, err := calc.Solve(t.Context(), models.Scenario{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	im := telemetry.NewImage(telemetry.Options{Scan: 5 * time.Second})
	ix := net.Index()
	pressure := func(id models.ID) float64 { j, _ := ix.At(models.KindJunction, id); return state.Junctions[j].Pressure }
	for i := range net.Stations[1:] {
		st, s := &net.Stations[i+1], &state.Stations[i+1]
		readings(im, st.ID, map[models.Quantity]float64{models.MassFlow: s.Flow, models.SupplyPressure: pressure(st.From), models.ReturnPressure: pressure(st.To),
			models.OpeningSetpoint: st.Opening, models.OpeningFeedback: st.Opening, models.Remote: 1, models.SupplyTemperature: s.TempIn, models.ReturnTemperature: s.TempOut})
	}
	src := &net.Sources[0]
	readings(im, src.ID, map[models.Quantity]float64{models.SupplyPressure: pressure(src.To), models.ReturnPressure: pressure(src.From), models.SpeedFeedback: src.Speed,
		models.SupplyTemperature: src.SupplyTemperature, models.OutdoorTemperature: net.Climate.DesignOutdoor})
	rec, err := a.Advise(t.Context(), im.Snapshot(noon), noon.Add(-time.Minute), Memory{}, map[models.ID]string{net.Stations[2].ID: "locked"})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range rec.Plan.X {
		switch {
		case i == 0: // unmeasured: left as it is
			if rec.Plan.Openings[0] != net.Stations[0].Opening {
				t.Error("an unmeasured station is moved")
			}
		case i == 2: // locked
			if math.Abs(rec.Plan.Openings[2]-net.Stations[2].Opening) > 1e-9 {
				t.Error("a locked station is moved")
			}
		case !x.Known || x.Value < RoundBand.Low || x.Value > RoundBand.High:
			t.Errorf("station %d is predicted at %+v", i, x)
		}
	}
	for _, m := range rec.Plan.Moves {
		if m.Point.Element == net.Stations[0].ID || m.Point.Element == net.Stations[2].ID {
			t.Errorf("a move for %s", m.Point)
		}
	}
	again, err := calc.Solve(t.Context(), rec.Plan.Scenario, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Stations {
		if d := again.Stations[i].Flow - rec.Plan.Predicted.Stations[i].Flow; math.Abs(d) > 1e-3*again.Stations[i].Flow {
			t.Errorf("station %d: the scenario gives %.4f kg/s, predicted %.4f", i, again.Stations[i].Flow, rec.Plan.Predicted.Stations[i].Flow)
		}
	}
}
