package solver_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// lifting is a reservoir of p1, a pump "U" from A to B and 1000 Pa/(kg/s)2 to a
// reservoir of p2. At 1000 kg/m3 and 10 m/s2 one pump lifts
// 2e5 n^2 - 200 m^2 Pa.
func lifting(p1, p2 float64, u models.Pump) *models.Network {
	u.ID, u.From, u.To = "U", "A", "B"
	u.Curve = models.PumpCurve{Polynomial: []float64{20, 0, -2e4}, Efficiency: 0.6}
	return &models.Network{Open: true,
		Junctions: []models.Junction{{ID: "A", FixedPressure: models.Some(p1)}, {ID: "B"}, {ID: "C", FixedPressure: models.Some(p2)}},
		Pipes:     []models.Pipe{resistance("P", "B", "C")},
		Pumps:     []models.Pump{u},
	}
}

// A group of k equal pumps has k times the flow at the same head, as a group or
// one beside the other: 3e5 - 200 (m/k)^2 - 1000 m^2 = 2e5.
func TestParallelPumps(t *testing.T) {
	for k := 1.0; k <= 3; k++ {
		want := math.Sqrt(1e5 / (1000 + 200/(k*k)))
		net := lifting(1*bar, 2*bar, models.Pump{Speed: 1, Running: models.Some(k)})
		s := compile(t, net, cold)
		r := solve(t, s, nil)
		u := r.Pumps[0]
		near(t, "flow of the group", u.Flow, want, 1e-6)
		lift := 2e5 - 200*want*want/(k*k)
		near(t, "lift", u.Lift, lift, 1e-2)
		near(t, "power", u.Power, want/1000*lift/0.6, 1e-3)
		if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() || a.Check(solver.AuditPower).Places != 1 {
			t.Errorf("audit %+v, %v", a, err)
		}

		net = lifting(1*bar, 2*bar, models.Pump{Speed: 1})
		one := net.Pumps[0]
		for i := 1.0; i < k; i++ {
			one.ID += "x"
			net.Pumps = append(net.Pumps, one)
		}
		r = solve(t, compile(t, net, cold), nil)
		for i := range r.Pumps {
			near(t, "flow of one of them", r.Pumps[i].Flow, want/k, 1e-6)
		}
		r = solve(t, s, nil, set("U", models.AttrRunning, 1))
		near(t, "one of the group", r.Pumps[0].Flow, math.Sqrt(1e5/1200), 1e-6)
	}
}

// The curve in all its forms, of a group: two points, three, a power law and
// straight lines give half the group's flow the head of one.
func TestGroupOfEveryCurve(t *testing.T) {
	points := []models.CurvePoint{{Flow: 0, Head: 30}, {Flow: 0.01, Head: 26}, {Flow: 0.02, Head: 12}}
	for _, c := range []models.PumpCurve{{Points: points}, {Points: points, Form: models.PowerForm}, {Points: points, Form: models.PiecewiseForm}, {Points: points[:2]}} {
		net := lifting(1*bar, 2*bar, models.Pump{Speed: 0.9, Running: models.Some(2)})
		net.Pumps[0].Curve = c
		group := solve(t, compile(t, net, cold), nil).Pumps[0]
		net = lifting(1*bar, 2*bar, models.Pump{Speed: 0.9})
		net.Pumps[0].Curve = c
		net.Pumps = append(net.Pumps, net.Pumps[0])
		net.Pumps[1].ID = "W"
		pair := solve(t, compile(t, net, cold), nil).Pumps
		near(t, "flow", group.Flow, pair[0].Flow+pair[1].Flow, 1e-6)
		near(t, "lift", group.Lift, pair[0].Lift, 1e-2)
		near(t, "power", group.Power, pair[0].Power+pair[1].Power, 1e-2)
	}
}

// Of two unequal pumps the weak one is shut off where the other lifts more
// than it can.
func TestWeakPumpBesideAStrongOne(t *testing.T) {
	net := lifting(1*bar, 2*bar, models.Pump{Speed: 1})
	weak := net.Pumps[0]
	weak.ID, weak.Curve = "W", models.PumpCurve{Polynomial: []float64{15, 0, -2e4}}
	net.Pumps = append(net.Pumps, weak)
	r := solve(t, compile(t, net, cold), nil)
	near(t, "strong", r.Pumps[0].Flow, math.Sqrt(1e5/1200), 1e-4)
	near(t, "weak", r.Pumps[1].Flow, 0, 1e-4)
	if p := r.Pumps[1].Power; p != 0 {
		t.Errorf("nothing flows, and draws %g W", p)
	}
}

// A pump that stands lets nothing pass, or all by its bypass; one that runs
// brakes beyond the end of its curve, or is passed.
func TestBypass(t *testing.T) {
	for _, off := range []models.Change{set("U", models.AttrSpeed, 0), set("U", models.AttrRunning, 0)} {
		s := compile(t, lifting(5*bar, 0, models.Pump{Speed: 1}), cold)
		r := solve(t, s, nil, off)
		near(t, "standing", r.Pumps[0].Flow, 0, 0)
		s = compile(t, lifting(5*bar, 0, models.Pump{Speed: 1, Bypass: true}), cold)
		r = solve(t, s, nil, off)
		near(t, "by the bypass", r.Pumps[0].Flow, math.Sqrt(5*bar/1000), 1e-6)
		s = compile(t, lifting(0, 5*bar, models.Pump{Speed: 1, Bypass: true}), cold)
		r = solve(t, s, nil, off)
		near(t, "not back", r.Pumps[0].Flow, 0, 1e-4)
	}
	// 7e5 = (1000 + 4000) m^2 with it, 5e5 = 1000 m^2 beside it.
	for bypass, want := range map[bool]float64{false: math.Sqrt(7e5 / 5000), true: math.Sqrt(5e5 / 1000)} {
		net := lifting(5*bar, 0, models.Pump{Speed: 1, Bypass: bypass})
		net.Pumps[0].Curve.Polynomial[2] = -4e5
		r := solve(t, compile(t, net, cold), nil)
		near(t, "beyond the curve", r.Pumps[0].Flow, want, 1e-6)
		i := slices.IndexFunc(r.Report.Margins, func(v models.Violation) bool { return v.Limit == models.LimitPumpCurve })
		if v := r.Report.Margins[i]; v.Element != "U" || v.Margin >= 0 || math.Abs(v.Value-want/1000) > 1e-9 {
			t.Errorf("%+v", v)
		}
	}
}

// A pump that holds something and finds more of it than it asks for stands:
// it shuts where that keeps the set point, and else lets water pass; with a
// bypass it always does. It cannot throttle, and says so.
func TestControlledPumpThatStands(t *testing.T) {
	for _, bypass := range []bool{false, true} {
		u := models.Pump{Speed: 1, Control: models.ControlOutletPressure, Pressure: 3 * bar, Bypass: bypass}
		r := solve(t, compile(t, lifting(5*bar, 4*bar, u), cold), nil)
		flow, stand := 0.0, models.Shut
		if bypass {
			flow, stand = 10, models.Lowest
		}
		near(t, "flow", r.Pumps[0].Flow, flow, 1e-4)
		if c := r.Controls[0]; c.Stand != stand || c.Kept {
			t.Errorf("bypass %v: %+v", bypass, c)
		}
		near(t, "power", r.Pumps[0].Power, 0, 0)
		// Nobody else holds anything behind it: water passes in any case.
		net := lifting(5*bar, 0, u)
		net.Junctions[2] = models.Junction{ID: "C", Draw: 10}
		r = solve(t, compile(t, net, cold), nil)
		near(t, "passing", r.Junctions[1].Pressure, 5*bar, 1)
		if c := r.Controls[0]; c.Stand != models.Lowest || c.Kept {
			t.Errorf("bypass %v: %+v", bypass, c)
		}
	}
	// A flow that comes by itself.
	u := models.Pump{Speed: 1, Control: models.ControlFlow, Flow: 10, Bypass: true}
	r := solve(t, compile(t, lifting(5*bar, 0, u), cold), nil)
	near(t, "more than asked for", r.Pumps[0].Flow, math.Sqrt(500), 1e-6)
	// A flow that must be lifted: 1e5 from 10 kg/s in the pipe, 1e5 between.
	u.Speed = 1.2
	r = solve(t, compile(t, lifting(1*bar, 2*bar, u), cold), nil)
	near(t, "as asked for", r.Pumps[0].Flow, 10, 1e-9)
	near(t, "lift", r.Pumps[0].Lift, 2e5, 1e-1)
	near(t, "speed", r.Pumps[0].Speed, math.Sqrt(2.2e5/2e5), 1e-6)
}

// A controlled pump takes its set point from a scenario.
func TestPumpSetPoints(t *testing.T) {
	for a, c := range map[models.Attribute]models.SourceControl{models.AttrDifferential: models.ControlDifferential, models.AttrFlow: models.ControlFlow, models.AttrPressure: models.ControlOutletPressure} {
		u := models.Pump{Speed: 1.5, Control: c, Differential: 1e5, Flow: 2, Pressure: 2.5 * bar}
		want := map[models.Attribute]float64{models.AttrDifferential: 1.5e5, models.AttrFlow: 5, models.AttrPressure: 2.2 * bar}[a]
		r := solve(t, compile(t, lifting(1*bar, 2*bar, u), cold), nil, set("U", a, want))
		near(t, string(a), r.Controls[0].Value, want, 1)
		if !r.Controls[0].Kept {
			t.Errorf("%+v", r.Controls[0])
		}
	}
}

// The pumps of a source hold the return pressure: with the hold on the supply
// side, pumping lowers it.
func TestReturnPressure(t *testing.T) {
	net := pumped()
	net.Junctions[0].FixedPressure, net.Junctions[1].FixedPressure = models.Some(6*bar), models.Optional{}
	x := &net.Sources[0]
	x.Control, x.Pressure = models.ControlInletPressure, 3.5*bar
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	near(t, "return pressure", r.Junctions[1].Pressure, 3.5*bar, 1)
	r = solve(t, s, r, set("SRC", models.AttrPressure, 4*bar))
	near(t, "another", r.Junctions[1].Pressure, 4*bar, 1)
	// 6 bar less than the pumps can give: at full speed, and not kept.
	r = solve(t, s, r, set("SRC", models.AttrPressure, -2*bar))
	if c := r.Controls[0]; c.Stand != models.WideOpen || c.Kept || c.Value < 0 {
		t.Errorf("%+v", c)
	}
}

// The end of a pump's curve is that at the speed at which it runs; of one that
// stands there is none.
func TestCurveEndsAtTheSpeedThatIsRun(t *testing.T) {
	// 2e5 n^2 - 200 m^2 less 1000 m^2 = -9e4: at m = 10 the speed is 0.387.
	u := models.Pump{Speed: 1, Control: models.ControlFlow, Flow: 10}
	r := solve(t, compile(t, lifting(1.9*bar, 1*bar, u), cold), nil)
	near(t, "speed", r.Pumps[0].Speed, math.Sqrt(3e4/2e5), 1e-4)
	end := math.Sqrt(20 / 2e4) // m3/s at nominal speed
	if v := margin(t, r, models.LimitPumpCurve); math.Abs(v.Bound-end*r.Pumps[0].Speed) > 1e-6 {
		t.Errorf("%+v", v)
	}
	u = models.Pump{Speed: 1, Running: models.Some(0), Bypass: true}
	r = solve(t, compile(t, lifting(20*bar, 1*bar, u), cold), nil)
	if slices.ContainsFunc(r.Report.Margins, func(v models.Violation) bool { return v.Limit == models.LimitPumpCurve }) {
		t.Errorf("a pump that stands is beyond its curve: %+v", r.Report.Margins)
	}
}

// What a source holds may ask for more speed than its pumps have.
func TestSourceBeyondItsHighestSpeed(t *testing.T) {
	net := circuit(3)
	s := compile(t, net, solver.Options{})
	if v := margin(t, solve(t, s, nil), models.LimitPumpSpeed); v.Element != "SRC" || v.Bound != 1 || v.Margin < 0 {
		t.Errorf("%+v", v)
	}
	r := solve(t, s, nil, set("SRC", models.AttrDifferential, 8e5))
	if v := margin(t, r, models.LimitPumpSpeed); v.Value != r.Sources[0].Speed || v.Margin >= 0 {
		t.Errorf("%+v, speed %g", v, r.Sources[0].Speed)
	}
}

// A plant that is set to give what nothing can take is named.
func TestPlantThatGivesWhatNothingTakes(t *testing.T) {
	net := circuit(2)
	main := &net.Sources[0]
	main.Control = models.ControlSpeed
	peak := *main
	peak.ID, peak.From, peak.To, peak.Control, peak.Flow = "PEAK", "JR2", "JS2", models.ControlFlow, 20
	net.Sources = append(net.Sources, peak)
	for i := range net.Stations {
		net.Stations[i].Valve.Leakage = 1e-4
	}
	s := compile(t, net, solver.Options{})
	_, err := s.Solve(t.Context(), models.Scenario{}.With(set("S1", models.AttrOpening, 0), set("S2", models.AttrOpening, 0)), nil)
	if err == nil || !strings.Contains(err.Error(), "20 kg/s that PEAK is set to give can go nowhere") {
		t.Error(err)
	}
}
