package solver_test

import (
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// distributed is a street whose stations have pumps of their own, 2 kg/s each,
// in place of valves; every 200 m of pipe take 500 Pa/(kg/s)2.
func distributed(lift float64) *models.Network {
	net := circuit(5)
	for i := range net.Junctions {
		net.Junctions[i].Elevation = models.Optional{}
	}
	for i := range net.Pipes {
		net.Pipes[i].Resistance = models.Some(500)
	}
	for i := range net.Stations {
		x := &net.Stations[i]
		x.Valve = models.ControlValve{}
		x.Demand = models.Demand{Heat: models.Some(0)} // whatever passes
		x.HeatedArea, x.HeatIndex, x.Design = 0, 0, models.StationDesign{}
		mid := models.Junction{ID: x.ID + "p", Side: models.SideSupply}
		net.Junctions = append(net.Junctions, mid)
		net.Pumps = append(net.Pumps, models.Pump{Branch: models.Branch{ID: x.ID + "-P", From: x.From, To: mid.ID}, Speed: 1.2, Control: models.ControlFlow, Flow: 2,
			Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 30}, {Flow: 0.002, Head: 27}, {Flow: 0.004, Head: 18}}}})
		x.From = mid.ID
	}
	net.Stations[0].FixedResistance = 15000 // 60 kPa: its pump has something to do
	net.Sources[0].Differential = lift
	return net
}

// 10, 8, 6 .. kg/s in supply and return take 2 R m^2 a pipe: 100, 64, 36 kPa.
// Of 150 kPa, 50 are left after the first and -14 after the second: zero at
// 50/64 of it.
func TestZeroDifferentialPoint(t *testing.T) {
	s := compile(t, distributed(1.5e5), solver.Options{})
	r := solve(t, s, nil)
	points := s.ZeroPoints(r)
	if len(points) != 1 || points[0].Branch != "PS2" || points[0].From != "JS1" || points[0].To != "JS2" {
		t.Fatalf("%+v", points)
	}
	near(t, "zero point", points[0].Position, 200*50./64, 1e-3)
	for i, want := range []float64{50e3, -14e3, -50e3, -66e3, -70e3} {
		near(t, "differential on the main", r.Junctions[2*i+2].Pressure-r.Junctions[2*i+3].Pressure, want, 1)
	}
	// The pump lifts what the station takes and the main does not give.
	near(t, "the last pump", r.Pumps[4].Lift, 2000*4+70e3, 1)
	p, err := s.Profile(r, "S5")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Zero) != 1 || math.Abs(p.Zero[0]-(200+200*50./64)) > 1e-3 {
		t.Errorf("on the path to the last: %v", p.Zero)
	}
	if p, err = s.Profile(r, "S1"); err != nil || len(p.Zero) != 0 {
		t.Errorf("on the path to the first: %v, %v", p, err)
	}
	// Drawn the other way round it is at the same place.
	net := distributed(1.5e5)
	i := slices.IndexFunc(net.Pipes, func(p models.Pipe) bool { return p.ID == "PS2" })
	net.Pipes[i].From, net.Pipes[i].To = net.Pipes[i].To, net.Pipes[i].From
	s = compile(t, net, solver.Options{})
	if again := s.ZeroPoints(solve(t, s, nil)); len(again) != 1 || again[0].From != "JS1" || math.Abs(again[0].Position-points[0].Position) > 1e-3 {
		t.Errorf("%+v", again)
	}
	// What is cut off has the same pressure on both sides, and nothing there is
	// driven by anything.
	if points := s.ZeroPoints(solve(t, s, nil, set("PS2", models.AttrInService, 0))); slices.ContainsFunc(points, func(z solver.ZeroPoint) bool { return z.Branch == "PS2" }) {
		t.Errorf("%+v", points)
	}
	// Between the ends of a ring stand 114 kPa less than nothing on one side and
	// 50 kPa on the other: a pipe that is shut there is no such point, by a
	// scenario, a valve or a check valve; the one in the live street is.
	ring := distributed(1.5e5)
	for i := range ring.Junctions {
		ring.Junctions[i].Elevation = models.Some(float64(i % 7))
	}
	tie := ring.Pipes[0]
	tie.ID, tie.From, tie.To, tie.Partner = "TIE", "JS1", "JS5", ""
	for name, shut := range map[string]func(net *models.Network) models.Scenario{
		"out of service": func(net *models.Network) models.Scenario {
			net.Pipes = append(net.Pipes, tie)
			return models.Scenario{Changes: []models.Change{set("TIE", models.AttrInService, 0)}}
		},
		"a closed valve": func(net *models.Network) models.Scenario {
			net.Valves = append(net.Valves, models.Valve{Branch: tie.Branch, Side: models.SideSupply, Sectioning: true, InnerDiameter: 0.1})
			return models.Scenario{}
		},
		"a check valve": func(net *models.Network) models.Scenario {
			tie := tie
			tie.From, tie.To, tie.CheckValve = tie.To, tie.From, true
			net.Pipes = append(net.Pipes, tie)
			return models.Scenario{}
		},
	} {
		net := *ring
		sc := shut(&net)
		s = compile(t, &net, solver.Options{})
		points := s.ZeroPoints(solve(t, s, nil, sc.Changes...))
		if len(points) != 1 || points[0].Branch != "PS2" {
			t.Errorf("%s: %+v", name, points)
		}
	}
	// Water at rest up a hill: the return falls past its pressure along the way, and
	// that is such a point as any other.
	still := distributed(3e5)
	for i := range still.Junctions {
		still.Junctions[i].Elevation = models.Some(0.0)
	}
	hill := models.Some(40.0)
	still.Junctions = append(still.Junctions, models.Junction{ID: "JSX", Side: models.SideSupply, Elevation: hill}, models.Junction{ID: "JRX", Side: models.SideReturn, Elevation: hill, Draw: -5})
	up, down := still.Pipes[0], still.Pipes[1]
	up.ID, up.From, up.To, up.Partner = "PSX", "JS1", "JSX", "PRX"
	down.ID, down.From, down.To, down.Partner, down.Resistance = "PRX", "JR1", "JRX", "PSX", models.Some(8000)
	still.Pipes = append(still.Pipes, up, down)
	s = compile(t, still, solver.Options{Temperatures: solver.Isothermal})
	r = solve(t, s, nil)
	if points := s.ZeroPoints(r); r.Pipes[10].Flow != 0 || !slices.ContainsFunc(points, func(z solver.ZeroPoint) bool { return z.Branch == "PSX" && z.From == "JS1" }) {
		t.Errorf("%g kg/s, %+v", r.Pipes[10].Flow, points)
	}
	// A source that lifts enough for all leaves none.
	s = compile(t, distributed(9e5), solver.Options{})
	if points := s.ZeroPoints(solve(t, s, nil)); len(points) != 0 {
		t.Errorf("%+v", points)
	}
}

// Two parts of a circuit, each with a source, cut from one another: the part
// without the hold has flows and no pressures, and says so with what cuts it.
func TestPartWithoutAPressureHold(t *testing.T) {
	net := circuit(4)
	x := net.Sources[0]
	x.ID, x.From, x.To = "FAR", "JR4", "JS4"
	net.Sources = append(net.Sources, x)
	valve(net, "VS", "JS2", "PS3")
	valve(net, "VR", "JR2", "PR3")
	s := compile(t, net, solver.Options{})
	if r := solve(t, s, nil); len(r.Islands) != 0 {
		t.Fatalf("%+v", r.Islands)
	}
	r := solve(t, s, nil, set("VS", models.AttrOpening, 0), set("VR", models.AttrOpening, 0))
	if len(r.Islands) != 1 {
		t.Fatalf("%+v", r.Islands)
	}
	is := r.Islands[0]
	if is.Unfed || !is.Unheld || !slices.Equal(is.Valves, []models.ID{"VS", "VR"}) || !slices.Equal(is.Stations, []models.ID{"S3", "S4"}) {
		t.Errorf("%+v", is)
	}
	if r.Stations[3].Flow <= 1 || r.Stations[3].Heat <= 0 || r.Junctions[8].PressureKnown || r.Stations[3].Cut {
		t.Errorf("it is fed: %+v", r.Stations[3])
	}
	// Without its source it is neither fed nor held; cut on the supply side
	// only, it still stands under the hold's pressure.
	r = solve(t, s, nil, set("VS", models.AttrOpening, 0), set("VR", models.AttrOpening, 0), set("FAR", models.AttrInService, 0))
	for _, is := range r.Islands {
		if !is.Unfed || !is.Unheld {
			t.Errorf("%+v", is)
		}
	}
	r = solve(t, s, nil, set("VS", models.AttrOpening, 0), set("FAR", models.AttrInService, 0))
	if len(r.Islands) != 1 || !r.Islands[0].Unfed || r.Islands[0].Unheld {
		t.Errorf("%+v", r.Islands)
	}
}

// Water that stands beside a hot pipe has the temperature to which water comes that
// creeps there ever more slowly: that of the ground, and what the partner gives it.
func TestStandingBesideAHotPipe(t *testing.T) {
	net := circuit(2)
	net.Stations[1].Demand = models.Demand{Flow: models.Some(0)}
	by := net.Stations[1]
	by.ID, by.To, by.Demand = "BY", "JR1", models.Demand{Flow: models.Some(3)}
	net.Stations = append(net.Stations, by)
	s := compile(t, net, solver.Options{})
	at := slices.IndexFunc(net.Pipes, func(p models.Pipe) bool { return p.ID == "PR2" })
	stands := solve(t, s, nil).Pipes[at]
	if stands.Flow != 0 || stands.TempOut < 278.15+0.5 {
		t.Errorf("%g kg/s, %.2f K", stands.Flow, stands.TempOut)
	}
	for _, m := range []float64{1.1e-6, 1e-5} {
		creeps := solve(t, s, nil, set("S2", models.AttrFlow, m)).Pipes[at]
		near(t, "temperature", creeps.TempOut, stands.TempOut, 1e-3)
	}
}
