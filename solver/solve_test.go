package solver_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// One loop of pure quadratic resistances has a closed form: 250 kPa over
// (valve + fixed + two pipes), without friction law or gravity.
func TestClosedForm(t *testing.T) {
	net := circuit(1)
	for i := range net.Pipes {
		net.Pipes[i].Resistance = models.Some(500)
	}
	net.Stations[0].Valve = models.ControlValve{}
	net.Stations[0].Demand = models.Demand{Heat: models.Some(0)}
	net.Stations[0].Design = models.StationDesign{}
	net.Stations[0].HeatedArea, net.Stations[0].HeatIndex = 0, 0
	r := solve(t, compile(t, net, solver.Options{}), nil)
	want := math.Sqrt(2.5e5 / (500 + 2000 + 500))
	near(t, "flow", r.Stations[0].Flow, want, 2e-3) // gravity: the two columns differ by the heat lost
	r = solve(t, compile(t, net, solver.Options{Temperatures: solver.Isothermal}), nil)
	near(t, "flow at one temperature per side", r.Stations[0].Flow, want, 2e-2)
	for i := range net.Junctions {
		net.Junctions[i].Elevation = models.Optional{}
	}
	r = solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "flow without heights", r.Stations[0].Flow, want, 1e-6)
	near(t, "differential", r.Stations[0].Differential, 2000*want*want, 1e-2)
	near(t, "lift", r.Sources[0].Lift, 2.5e5, 1e-2)
}

func TestStreet(t *testing.T) {
	net := circuit(5)
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	for i := 1; i < 5; i++ {
		if !(r.Stations[i].Flow < r.Stations[i-1].Flow) {
			t.Errorf("the farther station takes more: %g after %g", r.Stations[i].Flow, r.Stations[i-1].Flow)
		}
	}
	near(t, "pressure hold", r.Junctions[1].Pressure, 3e5, 0)
	// Energy: the source gives what stations and pipes take.
	taken := 0.0
	for i := range r.Stations {
		x := &r.Stations[i]
		taken += x.Heat
		if !x.HeatModelled || x.Indoor < 280 || x.Indoor > 310 || x.SecondarySupply <= x.SecondaryReturn {
			t.Errorf("secondary side %+v", x)
		}
		near(t, "valve and fixed resistance", x.PressureDrop, x.ValveDrop+2000*x.Flow*x.Flow, 1e-3)
	}
	for i := range r.Pipes {
		taken += r.Pipes[i].HeatLoss
	}
	near(t, "heat balance", r.Sources[0].Heat/taken, 1, 1e-6)
	if p := r.Sources[0].Power; p <= 0 || r.Sources[0].Speed <= 0.5 || r.Sources[0].Speed > 1.2 {
		t.Errorf("pump power %g W at speed %g", p, r.Sources[0].Speed)
	}
	// Closing one raises all others (five-user ladder's law).
	closed := solve(t, s, r, set("S3", models.AttrOpening, 0))
	for i := range closed.Stations {
		if i == 2 {
			near(t, "closed tight", closed.Stations[i].Flow, 0, 0)
		} else if !(closed.Stations[i].Flow > r.Stations[i].Flow) {
			t.Errorf("S%d takes %g after %g", i+1, closed.Stations[i].Flow, r.Stations[i].Flow)
		}
	}
	if len(closed.Islands) != 0 {
		t.Errorf("a closed station is no island: %+v", closed.Islands)
	}
}

// The curve at a speed, and the speed that gives the differential it had, are
// the same circuit.
func TestSourceControls(t *testing.T) {
	s := compile(t, circuit(3), solver.Options{})
	bySpeed := solve(t, s, nil, set("SRC", models.AttrSpeed, 0.9))
	lift := bySpeed.Junctions[0].Pressure - bySpeed.Junctions[1].Pressure
	byLift := solve(t, s, nil, set("SRC", models.AttrDifferential, lift))
	near(t, "flow", byLift.Sources[0].Flow, bySpeed.Sources[0].Flow, 1e-5)
	near(t, "speed", byLift.Sources[0].Speed, 0.9, 1e-5)
	byFlow := solve(t, s, byLift, set("SRC", models.AttrFlow, bySpeed.Sources[0].Flow))
	near(t, "lift", byFlow.Sources[0].Lift, bySpeed.Sources[0].Lift, 1)
	near(t, "power", byFlow.Sources[0].Power, bySpeed.Sources[0].Power, 1)
	off := solve(t, s, byLift, set("SRC", models.AttrSpeed, 0))
	near(t, "flow of a stopped pump", off.Sources[0].Flow, 0, 0)
	if len(off.Islands) == 0 {
		t.Error("without a pump everybody is cut off")
	}
}

func TestWarmEqualsCold(t *testing.T) {
	s := compile(t, circuit(6), solver.Options{})
	base := solve(t, s, nil)
	change := []models.Change{set("S2", models.AttrOpening, 0.3), set("SRC", models.AttrDifferential, 2.2e5), {Element: "PS1", Attribute: models.AttrResistance, Op: models.Scale, Value: 3}}
	cold, warm := solve(t, s, nil, change...), solve(t, s, base, change...)
	for i := range cold.Stations {
		near(t, "flow", warm.Stations[i].Flow, cold.Stations[i].Flow, 1e-6)
		near(t, "return temperature", warm.Stations[i].TempOut, cold.Stations[i].TempOut, 1e-4)
	}
	if same := solve(t, s, base); same.Report.Iterations != 0 {
		t.Errorf("nothing changed, yet %d steps", same.Report.Iterations)
	}
	// A result of another network is no place to start from, and no harm.
	other := solve(t, compile(t, circuit(3), solver.Options{}), nil)
	near(t, "from elsewhere", solve(t, s, other).Stations[0].Flow, base.Stations[0].Flow, 1e-6)
}

func TestConcurrentSolvesAreEqual(t *testing.T) {
	s := compile(t, circuit(8), solver.Options{})
	want := solve(t, s, nil)
	var wait sync.WaitGroup
	results := make([]*solver.Result, 4)
	for i := range results {
		wait.Go(func() { results[i], _ = s.Solve(context.Background(), models.Scenario{}, nil) })
	}
	wait.Wait()
	for _, r := range results {
		if r == nil || !slices.Equal(r.Stations, want.Stations) || !slices.Equal(r.Junctions, want.Junctions) {
			t.Fatal("the same scenario gave other bits")
		}
	}
}

func TestLeakIsMadeUpAtTheHold(t *testing.T) {
	net := circuit(3)
	net.Junctions[4].Draw = 0.5 // JS2
	net.Junctions[1].FixedTemp = models.Some(288.15)
	r := solve(t, compile(t, net, solver.Options{}), nil)
	in := 0.0
	for i := range net.Pipes {
		if net.Pipes[i].From == "JR0" {
			in += r.Pipes[i].Flow
		}
	}
	near(t, "make-up", r.Sources[0].Flow+in, 0.5, 1e-8)
	if !(r.Junctions[1].Temperature < r.Pipes[1].TempOut) {
		t.Error("cold make-up cools the return at the hold")
	}
}

func TestCutByOneValve(t *testing.T) {
	net := circuit(4)
	valve(net, "VS", "JS2", "PS3")
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil, set("VS", models.AttrOpening, 0))
	if len(r.Islands) != 1 {
		t.Fatalf("islands: %+v", r.Islands)
	}
	is := r.Islands[0]
	if !slices.Equal(is.Valves, []models.ID{"VS"}) || !slices.Equal(is.Stations, []models.ID{"S3", "S4"}) || len(is.Junctions) != 3 {
		t.Errorf("island %+v", is)
	}
	// What is left there is the buoyancy between the two stations.
	near(t, "flow behind the valve", r.Stations[3].Flow, 0, 0.02)
	if r.Stations[0].Flow <= 0 || !r.Stations[3].Cut || r.Stations[0].Cut {
		t.Error("the stations before the valve are served, those behind it are cut")
	}
	if !r.Junctions[8].PressureKnown {
		t.Error("the supply behind the valve still stands under the return's pressure")
	}
}

func TestCutByTwoValves(t *testing.T) {
	net := circuit(4)
	valve(net, "VS", "JS2", "PS3")
	valve(net, "VR", "JR2", "PR3")
	s := compile(t, net, solver.Options{})
	closed := []models.Change{set("VS", models.AttrOpening, 0), set("VR", models.AttrOpening, 0)}
	r := solve(t, s, nil, closed...)
	seen := map[models.ID]bool{}
	for _, is := range r.Islands {
		for _, v := range is.Valves {
			seen[v] = true
		}
	}
	if len(r.Islands) == 0 || !seen["VS"] || !seen["VR"] {
		t.Errorf("islands: %+v", r.Islands)
	}
	if r.Junctions[8].PressureKnown || r.Junctions[9].PressureKnown {
		t.Error("no pressure level is known behind two closed valves")
	}
	if !r.Junctions[2].PressureKnown || r.Stations[1].Flow <= 0 {
		t.Error("the rest is solved")
	}
	// The same with given flows: what cannot pass is not asked of the rest.
	given := append(closed, set("S4", models.AttrFlow, 2), set("S1", models.AttrFlow, 2))
	r = solve(t, s, nil, given...)
	near(t, "given flow behind the valves", r.Stations[3].Flow, 0, 0)
	near(t, "given flow before them", r.Stations[0].Flow, 2, 1e-12)
}

// valve puts an open sectioning valve between a junction and a pipe.
func valve(net *models.Network, id, at, before models.ID) {
	i := slices.IndexFunc(net.Pipes, func(p models.Pipe) bool { return p.ID == before })
	j := slices.IndexFunc(net.Junctions, func(x models.Junction) bool { return x.ID == at })
	mid := net.Junctions[j]
	mid.ID += "v"
	net.Junctions = append(net.Junctions, mid)
	net.Pipes[i].From = mid.ID
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: id, From: at, To: mid.ID}, Side: mid.Side, Zeta: 0.3, InnerDiameter: 0.15, Opening: 1, Sectioning: true})
}

func TestRefusals(t *testing.T) {
	var input *solver.InputError
	refused := func(name string, net *models.Network, element models.ID) {
		t.Helper()
		_, err := solver.New(net, solver.Options{})
		if !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		} else if element != "" && !slices.Contains(models.ErrorElements(err), element) {
			t.Errorf("%s: names %v", name, models.ErrorElements(err))
		}
	}
	net := circuit(2)
	net.Junctions[1].FixedPressure = models.Optional{}
	refused("no hold", net, "")
	net = circuit(2)
	net.Junctions[3].FixedPressure = models.Some(2e5)
	refused("two holds", net, "JR1")
	net = circuit(2)
	net.Pipes[0].To = "nowhere"
	refused("unknown junction", net, "PS1")
	net = circuit(2)
	net.Sources[0].Control = models.ControlSpeed
	net.Sources[0].Curve = models.PumpCurve{}
	refused("no curve", net, "SRC")

	if _, err := solver.New(circuit(2), solver.Options{StartTemperature: []float64{300}}); !errors.As(err, &input) {
		t.Errorf("start temperatures of another network: %v", err)
	}
	if _, err := solver.New(circuit(2), solver.Options{Fluid: &solver.Fluid{Density: solver.Table{T: []float64{300, 290}, Value: []float64{1, 2}}}}); !errors.As(err, &input) {
		t.Errorf("a table that descends: %v", err)
	}

	s := compile(t, circuit(2), solver.Options{})
	for name, c := range map[string]models.Change{
		"unknown element":   set("S9", models.AttrOpening, 0.5),
		"no such attribute": set("PS1", models.AttrOpening, 0.5),
		"beyond the limit":  set("S1", models.AttrOpening, 1.5),
		"shifted beyond it": {Element: "S1", Attribute: models.AttrOpening, Op: models.Shift, Value: 0.5},
		"nothing to scale":  {Element: "S1", Attribute: models.AttrFlow, Op: models.Scale, Value: 0.5},
		"second hold":       set("JR1", models.AttrFixedPressure, 2e5),
	} {
		r, err := s.Solve(context.Background(), models.Scenario{Changes: []models.Change{c}}, nil)
		if r != nil || !errors.As(err, &input) || !slices.Contains(models.ErrorElements(err), c.Element) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "unknown element" && !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s is not ErrNotFound", name)
		}
	}
	_, err := s.Solve(context.Background(), models.Scenario{Changes: []models.Change{
		set("SRC", models.AttrFlow, 5), set("S1", models.AttrFlow, 2), set("S2", models.AttrFlow, 2)}}, nil)
	if !errors.As(err, &input) || !slices.Contains(models.ErrorElements(err), "SRC") {
		t.Errorf("given flows that do not add up: %v", err)
	}
}

func TestConvergenceErrorBringsTheLastIterate(t *testing.T) {
	s := compile(t, circuit(5), solver.Options{MaxIterations: 2})
	r, err := s.Solve(context.Background(), models.Scenario{}, nil)
	var ce *solver.ConvergenceError
	if !errors.As(err, &ce) || r == nil || r.Report.Converged || len(ce.Elements()) == 0 {
		t.Fatalf("%v, %v", r, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := s.Solve(ctx, models.Scenario{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
