package solver_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// The networks that other programs fail on, by what their users complain of.

// A reducing valve below a sustaining valve, at several set points: what the
// sustaining valve holds comes first, then what the reducing one may pass.
// 10 kg/s through 1000 Pa/(kg/s)2 cost 1 bar.
func TestReducerBelowASustainer(t *testing.T) {
	for name, c := range map[string]struct {
		sustain, reduce float64
		before, behind  float64 // at A, at D
	}{
		"neither has to":      {3 * bar, 6 * bar, 4 * bar, 2 * bar},
		"reduces":             {3 * bar, 2.5 * bar, 4 * bar, 2.5*bar - 1*bar},
		"only way, sustained": {4.5 * bar, 6 * bar, 4 * bar, 2 * bar},
		"both":                {4.5 * bar, 2.5 * bar, 4 * bar, 2.5*bar - 1*bar},
	} {
		net := chain(0, models.Valve{Control: models.SustainPressure, Pressure: c.sustain})
		net.Junctions = append(net.Junctions, models.Junction{ID: "E"}, models.Junction{ID: "D", Draw: 10})
		w := net.Valves[0]
		w.ID, w.From, w.To, w.Control, w.Pressure = "W", "C", "E", models.ReducePressure, c.reduce
		net.Valves = append(net.Valves, w)
		net.Pipes = append(net.Pipes, resistance("P3", "E", "D"))
		r := solve(t, compile(t, net, cold), nil)
		near(t, name+": before", r.Junctions[1].Pressure, c.before, 1)
		near(t, name+": behind", r.Junctions[5].Pressure, c.behind, 1)
		if r.Report.Iterations > 15 || len(r.Report.Cycle) > 0 {
			t.Errorf("%s: %d steps, turns %+v", name, r.Report.Iterations, r.Report.Cycle)
		}
	}
}

// A pump of constant power before a closed end has no head: it is told as
// beyond what a pump does, and no height of 148 km is believed.
func TestConstantPowerBeforeAClosedEnd(t *testing.T) {
	net := chain(0, models.Valve{})
	net.Pumps = []models.Pump{{Branch: models.Branch{ID: "U", From: "C", To: "D"}, Power: models.Some(1e4), Speed: 1}}
	net.Junctions = append(net.Junctions, models.Junction{ID: "D", Draw: 1e-6})
	r := solve(t, compile(t, net, cold), nil)
	if v := margin(t, r, models.LimitPumpCurve); v.Element != "U" || v.Margin >= 0 {
		t.Errorf("%+v", v)
	}
	net.Junctions[4].Draw = 10
	r = solve(t, compile(t, net, cold), nil)
	if v := margin(t, r, models.LimitPumpCurve); v.Margin <= 0 {
		t.Errorf("%+v", v)
	}
	near(t, "power", r.Pumps[0].Power, 1e4/0.75, 1)
}

// Pressures below the atmosphere's are told in an open network too, with the
// place; an emitter sucks water in only where that is not ruled out.
func TestPressureBelowTheAtmosphere(t *testing.T) {
	net := chain(30, models.Valve{})
	net.Junctions[2].Emitter = models.Emitter{Coefficient: 1e-3, NoBackflow: true}
	r := solve(t, compile(t, net, cold), nil)
	near(t, "pressure", r.Junctions[3].Pressure, 5*bar-2*9*bar, 5)
	near(t, "sucked in", r.Junctions[2].Drawn, 0, 1e-4)
	if v := margin(t, r, models.LimitSubAtmosphere); v.Element != "C" || v.Margin > -12*bar {
		t.Errorf("%+v", v)
	}
	net.Junctions[2].Emitter.NoBackflow = false
	if r = solve(t, compile(t, net, cold), nil); r.Junctions[2].Drawn >= -0.1 {
		t.Errorf("sucked in: %g", r.Junctions[2].Drawn)
	}
}

// A ring of consumers that ask for heat at a return temperature, from any start
// temperatures; the flows are those of the heat alone.
func TestRingOfHeatConsumers(t *testing.T) {
	net := circuit(6)
	for _, side := range []models.ID{"S", "R"} {
		p := net.Pipes[0]
		p.ID, p.From, p.To, p.Partner = "P"+side+"ring", "J"+side+"6", "J"+side+"0", ""
		p.Side = map[models.ID]models.Side{"S": models.SideSupply, "R": models.SideReturn}[side]
		net.Pipes = append(net.Pipes, p)
	}
	for i := range net.Pipes {
		net.Pipes[i].HeatLoss = models.Some(0)
	}
	for i := range net.Stations {
		net.Stations[i].Valve = models.ControlValve{}
		net.Stations[i].Demand = models.Demand{Heat: models.Some(1e5 * float64(i+1)), ReturnTemperature: models.Some(313.15 + 5*float64(i))}
	}
	for _, start := range []float64{283.15, 383.15, 453.15} {
		o := solver.Options{StartTemperature: make([]float64, len(net.Junctions))}
		for j := range o.StartTemperature {
			o.StartTemperature[j] = start
		}
		r := solve(t, compile(t, net, o), nil)
		for i := range r.Stations {
			want := 1e5 * float64(i+1) / solver.HeatFlow(1, 383.15, 313.15+5*float64(i))
			near(t, "flow", r.Stations[i].Flow, want, 1e-5)
		}
		if r.Report.Iterations > 15 {
			t.Errorf("from %g K: %d steps", start, r.Report.Iterations)
		}
	}
}

// Convergence does not depend on how pipes are drawn.
func TestFlippedPipes(t *testing.T) {
	net := circuit(8)
	steps := solve(t, compile(t, net, solver.Options{}), nil)
	for i := range net.Pipes {
		net.Pipes[i].From, net.Pipes[i].To = net.Pipes[i].To, net.Pipes[i].From
	}
	flipped := solve(t, compile(t, net, solver.Options{}), nil)
	if flipped.Report.Iterations != steps.Report.Iterations {
		t.Errorf("%d steps as drawn, %d flipped", steps.Report.Iterations, flipped.Report.Iterations)
	}
	for i := range net.Pipes {
		near(t, "flow", flipped.Pipes[i].Flow, -steps.Pipes[i].Flow, 1e-8)
	}
}

// Two sources that both hold a pressure, the second 15 m above the first.
func TestTwoPumpsThatHoldAPressure(t *testing.T) {
	for _, second := range []float64{3.3 * bar, 3.5 * bar} {
		net := pumped()
		x := &net.Sources[0]
		x.Control, x.Pressure, x.MinSpeed = models.ControlOutletPressure, 5*bar, 0.1
		y := *x
		y.ID, y.From, y.To, y.Pressure = "SRC2", "JR5", "JS5", second
		net.Sources = append(net.Sources, y)
		r := solve(t, compile(t, net, solver.Options{}), nil)
		near(t, "first", r.Junctions[0].Pressure, 5*bar, 1)
		near(t, "second", r.Junctions[10].Pressure, second, 1)
		if math.Min(r.Sources[0].Flow, r.Sources[1].Flow) <= 0 {
			t.Errorf("%g and %g kg/s", r.Sources[0].Flow, r.Sources[1].Flow)
		}
	}
}

// Identical ones at one place: one of them holds, or both; the pressure is the
// set point.
func TestTwinPumps(t *testing.T) {
	net := pumped()
	x := &net.Sources[0]
	x.Control, x.Pressure, x.MinSpeed = models.ControlOutletPressure, 5*bar, 0.1
	y := *x
	y.ID = "TWIN"
	net.Sources = append(net.Sources, y)
	r := solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "pressure", r.Junctions[0].Pressure, 5*bar, 1)
	if r.Report.Iterations > 15 || len(r.Report.Cycle) > 0 {
		t.Errorf("%d steps, turns %+v", r.Report.Iterations, r.Report.Cycle)
	}
}

// Pipes without any loss to speak of, short and wide, beside one of a kilometre
// that is narrow: the flows are exact, and so is what is lost in each.
func TestShortWidePipes(t *testing.T) {
	net := chain(20, models.Valve{})
	net.Pipes[1] = models.Pipe{Branch: models.Branch{ID: "P2", From: "B", To: "C"}, Length: 0.01, InnerDiameter: 2, Roughness: 1e-5}
	net.Pipes = append(net.Pipes,
		models.Pipe{Branch: models.Branch{ID: "P3", From: "B", To: "C"}, Length: 0.02, InnerDiameter: 2, Roughness: 1e-5},
		models.Pipe{Branch: models.Branch{ID: "P4", From: "B", To: "C"}, Length: 1000, InnerDiameter: 0.02, Roughness: 1e-5})
	s := compile(t, net, cold)
	r := solve(t, s, nil)
	near(t, "all of it", r.Pipes[1].Flow+r.Pipes[2].Flow+r.Pipes[3].Flow, 20, 1e-9)
	near(t, "lost alike", r.Pipes[1].PressureDrop, r.Pipes[2].PressureDrop, 1e-3)
	if lost := r.Junctions[2].Pressure - r.Junctions[3].Pressure; lost < 0 || lost > 1e-3 || r.Pipes[1].Flow <= r.Pipes[2].Flow || r.Pipes[3].Flow > 1e-3 {
		t.Errorf("%g Pa lost; %g, %g and %g kg/s", lost, r.Pipes[1].Flow, r.Pipes[2].Flow, r.Pipes[3].Flow)
	}
	if r.Report.Iterations > 15 {
		t.Errorf("%d steps", r.Report.Iterations)
	}
	net.Junctions[3].Draw = 0
	r = solve(t, compile(t, net, cold), nil)
	for i := range r.Pipes {
		near(t, "at rest", r.Pipes[i].Flow, 0, 1e-9)
	}
	near(t, "pressure at rest", r.Junctions[3].Pressure, 5*bar, 1e-3)
}

// What nothing is connected to is an island, drawn from or not, and no pressure
// is given for it; what is drawn there is not silently cancelled.
func TestNothingIsConnected(t *testing.T) {
	for _, draw := range []float64{0, 1} {
		net := chain(10, models.Valve{})
		net.Junctions = append(net.Junctions, models.Junction{ID: "X"}, models.Junction{ID: "Y", Draw: draw})
		net.Pipes = append(net.Pipes, resistance("P9", "X", "Y"))
		r := solve(t, compile(t, net, cold), nil)
		if len(r.Islands) != 1 || len(r.Islands[0].Junctions) != 2 || r.Junctions[5].PressureKnown || !r.Junctions[5].Cut {
			t.Errorf("drawing %g: %+v, %+v", draw, r.Islands, r.Junctions[5])
		}
		near(t, "not drawn", r.Islands[0].Draw, draw, 1e-12)
		near(t, "the rest", r.Junctions[3].Pressure, 3*bar, 1)
	}
	// One that stands quite alone is told where something is drawn from it.
	net := chain(10, models.Valve{})
	net.Junctions = append(net.Junctions, models.Junction{ID: "alone"}, models.Junction{ID: "drawn from", Draw: 3})
	r := solve(t, compile(t, net, cold), nil)
	if len(r.Islands) != 1 || !slices.Equal(r.Islands[0].Junctions, []models.ID{"drawn from"}) || r.Islands[0].Draw != 3 || r.Junctions[5].Drawn != 0 {
		t.Errorf("%+v", r.Islands)
	}
	// So is one behind a valve that is shut, and one that a scenario cuts off.
	net = chain(10, models.Valve{InnerDiameter: 0.1, Opening: 1, Sectioning: true})
	r = solve(t, compile(t, net, cold), nil, set("V", models.AttrOpening, 0))
	if len(r.Islands) != 1 || r.Islands[0].Draw != 10 || !slices.Equal(r.Islands[0].Valves, []models.ID{"V"}) {
		t.Errorf("%+v", r.Islands)
	}
}

// A flat ring of equal consumers that ask for heat at a return temperature: the
// water between the two at the far end creeps, comes cold to whom it turns to, who
// asks for more for it. Flows are those of the heat at the temperature that
// arrives, and every answer stands up to the audit.
func TestCreepingWaterInARing(t *testing.T) {
	for _, n := range []int{5, 6, 8, 12, 20, 40} {
		net := circuit(n)
		for _, side := range []models.ID{"S", "R"} {
			p := net.Pipes[0]
			p.ID, p.From, p.To, p.Partner = "P"+side+"ring", models.ID(fmt.Sprint("J", side, n)), "J"+side+"0", ""
			p.Side = map[models.ID]models.Side{"S": models.SideSupply, "R": models.SideReturn}[side]
			net.Pipes = append(net.Pipes, p)
		}
		for i := range net.Junctions {
			net.Junctions[i].Elevation = models.Optional{}
		}
		for i := range net.Pipes {
			x := &net.Pipes[i]
			x.Partner, x.Insulation, x.HeatLoss = "", models.Insulation{}, models.Some(0.4)
		}
		for i := range net.Stations {
			net.Stations[i].Valve = models.ControlValve{}
			net.Stations[i].Demand = models.Demand{Heat: models.Some(1e5), ReturnTemperature: models.Some(323.15)}
		}
		s := compile(t, net, solver.Options{})
		r := solve(t, s, nil)
		for i := range r.Stations {
			x := &r.Stations[i]
			near(t, "flow", x.Flow, 1e5/solver.HeatFlow(1, x.TempIn, 323.15), 1e-5)
		}
		if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
			t.Errorf("%d: %v %+v", n, err, a)
		}
		if r.Report.Iterations > max(35, n+10) {
			t.Errorf("%d consumers: %d steps", n, r.Report.Iterations)
		}
	}
}

// A season's course: load, none at all in summer, load again. The summer is an
// answer, and what follows it is what comes out without it.
func TestNoLoadAndLoadAgain(t *testing.T) {
	net := circuit(6)
	for i := range net.Stations {
		net.Stations[i].Valve = models.ControlValve{}
		net.Stations[i].Demand = models.Demand{Heat: models.Some(2e5), ReturnTemperature: models.Some(323.15)}
	}
	heat := func(w float64) (sc models.Scenario) {
		for i := range net.Stations {
			sc.Changes = append(sc.Changes, set(net.Stations[i].ID, models.AttrHeat, w))
		}
		return sc
	}
	s := compile(t, net, solver.Options{})
	run := s.NewRun()
	for _, w := range []float64{2e5, 0, 1e5, 0, 0, 2e5} {
		if _, err := run.Solve(t.Context(), heat(w)); err != nil {
			t.Fatalf("%g W: %v", w, err)
		}
		r, alone := run.Result(), solve(t, s, nil, heat(w).Changes...)
		for i := range r.Stations {
			near(t, "flow", r.Stations[i].Flow, alone.Stations[i].Flow, 1e-6)
			near(t, "heat", r.Stations[i].Heat, w, 10)
			near(t, "temperature", r.Stations[i].TempIn, alone.Stations[i].TempIn, 1e-3)
		}
		if w == 0 {
			near(t, "nothing flows", r.Sources[0].Flow, 0, 1e-9)
			near(t, "cold as the ground", r.Stations[3].TempIn, 278.15, 10)
		}
	}
	// Pipes that cool below what the stations should return: no flow is warm enough,
	// and it is said so of each.
	r := solve(t, s, nil, set("SRC", models.AttrSupplyTemperature, 320))
	for i := range r.Stations {
		if x := &r.Stations[i]; x.ShortBy != models.ShortTooCold || x.ShortOfHeat != 2e5 || x.Flow != 0 {
			t.Errorf("%+v", x)
		}
	}
}

// Numbers that no water has are not taken for a result: 5 MW out of 1 kg/s are
// not given, and pumps that fall short of what is asked for are told, with the
// station that has least.
func TestNonsenseIsNoResult(t *testing.T) {
	net := circuit(32)
	for i := range net.Stations {
		net.Stations[i].Valve = models.ControlValve{}
		net.Stations[i].Demand = models.Demand{Flow: models.Some(2), Heat: models.Some(2e5)}
	}
	net.Stations[4].Demand = models.Demand{Flow: models.Some(1), Heat: models.Some(5e6)}
	r := solve(t, compile(t, net, solver.Options{}), nil)
	x := &r.Stations[4]
	if x.ShortBy != models.ShortFlow || x.ShortOfHeat < 4.5e6 || x.TempOut < 273.15 {
		t.Errorf("%+v", x)
	}
	near(t, "heat", x.Heat+x.ShortOfHeat, 5e6, 1)
	for j := range r.Junctions {
		if T := r.Junctions[j].Temperature; T < 273.15 || T > 383.16 {
			t.Fatalf("%s: %g K", net.Junctions[j].ID, T)
		}
	}
	least := 0
	for i := range r.Stations {
		if r.Stations[i].Differential < r.Stations[least].Differential {
			least = i
		}
	}
	if v := margin(t, r, models.LimitDifferential); v.Margin >= 0 || v.Element != net.Stations[least].ID || r.Stations[least].Differential >= 0 {
		t.Errorf("%+v; least at %s, %g Pa", v, net.Stations[least].ID, r.Stations[least].Differential)
	}
}

// Four thousand pipes in six zones, each fed through ten reducing valves that
// share its water: what holds and what is shut agrees with the pressures, in few
// steps, and every number stands up to the audit.
func TestManyReducers(t *testing.T) {
	const n = 45
	id := func(i, k int) models.ID { return models.ID(fmt.Sprintf("J%d.%d", i, k)) }
	net := &models.Network{Open: true}
	net.Junctions = append(net.Junctions, models.Junction{ID: "R", FixedPressure: models.Some(12 * bar), Elevation: models.Some(40)})
	pipe := func(name string, from, to models.ID, d float64) {
		net.Pipes = append(net.Pipes, models.Pipe{Branch: models.Branch{ID: models.ID(name), From: from, To: to}, Length: 100, InnerDiameter: d, Roughness: 1e-4})
	}
	pipe("feed", "R", id(0, 0), 1)
	for i := range n {
		for k := range n {
			net.Junctions = append(net.Junctions, models.Junction{ID: id(i, k), Elevation: models.Some(40 - float64(i) + float64((7*i+3*k)%5)), Draw: 0.05 * float64((i*k)%3)})
			if k > 0 {
				pipe(fmt.Sprintf("H%d.%d", i, k), id(i, k-1), id(i, k), 0.2)
			}
			switch zone := i % 8; {
			case i > 0 && zone != 0:
				pipe(fmt.Sprintf("V%d.%d", i, k), id(i-1, k), id(i, k), 0.2)
			case i > 0 && k%5 == 0:
				net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: models.ID(fmt.Sprintf("X%d.%d", i, k)), From: id(i-1, k), To: id(i, k)},
					Opening: 1, InnerDiameter: 0.2, Control: models.ReducePressure, Pressure: (3 + float64((i+k)%4)/2) * bar})
			}
		}
	}
	s := compile(t, net, cold)
	r := solve(t, s, nil)
	if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
		t.Errorf("%v: %+v", err, a)
	}
	index, holding, shut := net.Index(), 0, 0
	for i := range r.Controls {
		at, _ := index.At(models.KindJunction, net.Valves[i].To)
		p, want := r.Junctions[at].Pressure, net.Valves[i].Pressure
		switch r.Controls[i].Stand {
		case models.Holding:
			holding++
			near(t, "held", p, want, 1)
		case models.Shut:
			shut++
			if p < want-1 {
				t.Errorf("%s is shut at %g Pa, below %g", net.Valves[i].ID, p, want)
			}
		case models.WideOpen:
			if p > want+1 {
				t.Errorf("%s is open at %g Pa, above %g", net.Valves[i].ID, p, want)
			}
		}
	}
	if holding == 0 || shut == 0 || len(r.Report.Cycle) > 0 || r.Report.Iterations > 15 {
		t.Errorf("%d hold, %d are shut, %d steps, turns %+v", holding, shut, r.Report.Iterations, r.Report.Cycle)
	}
}
