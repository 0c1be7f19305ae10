package solver_test

import (
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// bar is 10 m of the water of these tests, nearly.
const bar = 1e5

// water is cold, of one density, and moves without temperatures.
var cold = solver.Options{Temperatures: solver.Isothermal, Gravity: 10,
	Fluid: &solver.Fluid{Density: solver.Table{T: []float64{283.15}, Value: []float64{1000}}, Viscosity: solver.Table{T: []float64{283.15}, Value: []float64{1e-3}}, HeatCapacity: solver.Table{T: []float64{283.15}, Value: []float64{4200}}}}

// chain is a reservoir at 5 bar, a pipe to A, a valve "V" to B, a pipe to C
// with a draw: resistances 1000 Pa/(kg/s)2, so that 10 kg/s cost 1 bar each.
func chain(draw float64, v models.Valve) *models.Network {
	v.Branch = models.Branch{ID: "V", From: "A", To: "B"}
	v.Opening, v.InnerDiameter = 1, 0.2
	return &models.Network{Open: true,
		Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(5 * bar)}, {ID: "A"}, {ID: "B"}, {ID: "C", Draw: draw}},
		Pipes:     []models.Pipe{resistance("P1", "R", "A"), resistance("P2", "B", "C")},
		Valves:    []models.Valve{v},
	}
}

func resistance(id, from, to models.ID) models.Pipe {
	return models.Pipe{Branch: models.Branch{ID: id, From: from, To: to}, Resistance: models.Some(1000)}
}

func TestRegulatorsInAChain(t *testing.T) {
	for name, c := range map[string]struct {
		valve models.Valve
		p     float64 // at C
		stand models.ControlStand
	}{
		"reduces":            {models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}, 2 * bar, models.Holding},
		"cannot raise":       {models.Valve{Control: models.ReducePressure, Pressure: 6 * bar}, 3 * bar, models.WideOpen},
		"nothing to sustain": {models.Valve{Control: models.SustainPressure, Pressure: 3 * bar}, 3 * bar, models.WideOpen},
		"the only way":       {models.Valve{Control: models.LimitFlow, Flow: 5}, 3 * bar, models.WideOpen},
		"not so much":        {models.Valve{Control: models.LimitFlow, Flow: 50}, 3 * bar, models.WideOpen},
		// Across the valve itself it could only raise the differential.
		"differential": {models.Valve{Control: models.HoldDifferential, Differential: 1.5 * bar, HighSensor: "A", LowSensor: "C"}, 3 * bar, models.WideOpen},
	} {
		r := solve(t, compile(t, chain(10, c.valve), cold), nil)
		near(t, name, r.Junctions[3].Pressure, c.p, 1)
		if r.Controls[0].Stand != c.stand || !r.Controls[0].Kept && name == "reduces" {
			t.Errorf("%s: %+v", name, r.Controls[0])
		}
	}
	net := chain(10, models.Valve{Control: models.BreakPressure, Differential: bar})
	near(t, "break", solve(t, compile(t, net, cold), nil).Junctions[3].Pressure, 2*bar, 1)
	net = chain(10, models.Valve{Control: models.HeadLossCurve, Losses: []models.CurvePoint{{}, {Flow: 0.02, Head: 16}}})
	near(t, "curve", solve(t, compile(t, net, cold), nil).Junctions[3].Pressure, 2.2*bar, 1)
}

// between adds a second reservoir behind C: water can pass both ways.
func between(p float64, v models.Valve) *models.Network {
	net := chain(0, v)
	net.Junctions = append(net.Junctions, models.Junction{ID: "R2", FixedPressure: models.Some(p)})
	net.Pipes = append(net.Pipes, resistance("P3", "C", "R2"))
	return net
}

func TestRegulatorsBetweenReservoirs(t *testing.T) {
	wide := math.Sqrt(5 * bar / 3000)
	for name, c := range map[string]struct {
		other float64
		valve models.Valve
		flow  float64
		stand models.ControlStand
	}{
		"limits":             {0, models.Valve{Control: models.LimitFlow, Flow: 5}, 5, models.Holding},
		"has less":           {0, models.Valve{Control: models.LimitFlow, Flow: 15}, wide, models.WideOpen},
		"lets nothing back":  {6 * bar, models.Valve{Control: models.LimitFlow, Flow: 15}, 0, models.Shut},
		"sustains":           {0, models.Valve{Control: models.SustainPressure, Pressure: 4 * bar}, 10, models.Holding},
		"cannot sustain":     {0, models.Valve{Control: models.SustainPressure, Pressure: 5.5 * bar}, 0, models.Shut},
		"reduces":            {1 * bar, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}, 10, models.Holding},
		"others hold more":   {4 * bar, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}, 0, models.Shut},
		"differential":       {0, models.Valve{Control: models.HoldDifferential, Differential: 1 * bar, HighSensor: "B", LowSensor: "R2"}, math.Sqrt(50), models.Holding},
		"differential to do": {0, models.Valve{Control: models.HoldDifferential, Differential: 4 * bar, HighSensor: "B", LowSensor: "R2"}, wide, models.WideOpen},
	} {
		s := compile(t, between(c.other, c.valve), cold)
		r := solve(t, s, nil)
		near(t, name, r.Valves[0].Flow, c.flow, 1e-4)
		if r.Controls[0].Stand != c.stand {
			t.Errorf("%s: %+v", name, r.Controls[0])
		}
		if r.Report.Iterations > 12 {
			t.Errorf("%s took %d steps", name, r.Report.Iterations)
		}
		again := solve(t, s, r)
		near(t, name+", again", again.Valves[0].Flow, c.flow, 1e-4)
	}
}

// A controller that senses a part that is cut off has nothing to hold: it
// stands open, cold and from where it held.
func TestSensorInAnIsland(t *testing.T) {
	net := between(0, models.Valve{Control: models.HoldDifferential, Differential: 1 * bar, HighSensor: "B", LowSensor: "D"})
	net.Junctions = append(net.Junctions, models.Junction{ID: "D"})
	net.Pipes = append(net.Pipes, resistance("P4", "R2", "D"))
	s := compile(t, net, cold)
	held := solve(t, s, nil)
	near(t, "held", held.Valves[0].Flow, math.Sqrt(50), 1e-4)
	for _, from := range []*solver.Result{nil, held} {
		r := solve(t, s, from, set("P4", models.AttrInService, 0))
		near(t, "open", r.Valves[0].Flow, math.Sqrt(5*bar/3000), 1e-4)
		if len(r.Controls) != 0 {
			t.Errorf("%+v", r.Controls)
		}
	}
}

// Two regulators one behind the other, two side by side, and two that pull at
// the same place in opposite directions: every one has an answer.
func TestSeveralRegulators(t *testing.T) {
	second := func(net *models.Network, from, to models.ID, v models.Valve) *models.Network {
		v.Branch, v.Opening, v.InnerDiameter = models.Branch{ID: "W", From: from, To: to}, 1, 0.2
		net.Valves = append(net.Valves, v)
		return net
	}
	reduce := models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}
	lower := models.Valve{Control: models.ReducePressure, Pressure: 2 * bar}
	net := second(chain(10, reduce), "C", "D", lower)
	net.Junctions = append(net.Junctions, models.Junction{ID: "D", Draw: 5})
	net.Junctions[3].Draw = 0
	r := solve(t, compile(t, net, cold), nil)
	near(t, "one behind the other", r.Junctions[4].Pressure, 2*bar, 1)
	near(t, "the first", r.Junctions[2].Pressure, 3*bar, 1)

	r = solve(t, compile(t, second(chain(10, reduce), "A", "B", lower), cold), nil)
	near(t, "side by side", r.Junctions[2].Pressure, 3*bar, 1)
	near(t, "the higher set point takes all", r.Valves[0].Flow, 10, 1e-3)

	net = second(between(0, models.Valve{Control: models.SustainPressure, Pressure: 4 * bar}), "C", "D", reduce)
	net.Junctions = append(net.Junctions, models.Junction{ID: "D", Draw: 1})
	r = solve(t, compile(t, net, cold), nil)
	near(t, "sustained before a reducer", r.Junctions[1].Pressure, 4*bar, 1)
}

// A controller whose sensors lie so that throttling makes it worse contradicts
// itself: the calculation ends, says so, and shows the turns between the sets
// that it tried.
func TestCycleIsReported(t *testing.T) {
	net := chain(10, models.Valve{Control: models.HoldDifferential, Differential: 0.5 * bar, HighSensor: "A", LowSensor: "C"})
	r := solve(t, compile(t, net, cold), nil)
	if c := r.Controls[0]; !c.Undecided || c.Kept {
		t.Errorf("%+v", c)
	}
	seen := map[models.ControlStand]bool{}
	for _, x := range r.Report.Cycle {
		if x.Element != "V" || x.From == x.To || x.Step < 1 {
			t.Errorf("%+v", x)
		}
		seen[x.From] = true
	}
	if !seen[models.Holding] || !seen[models.WideOpen] || r.Report.Iterations > 15 {
		t.Errorf("%d steps, turns %+v", r.Report.Iterations, r.Report.Cycle)
	}
	// One that does its work tells of no cycle.
	r = solve(t, compile(t, chain(10, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}), cold), nil)
	if len(r.Report.Cycle) != 0 {
		t.Errorf("turns %+v", r.Report.Cycle)
	}
}

// What is drawn is drawn, whatever the valves before it hold: those that are
// the only ways to it stand open, alone or together, and say that they do not
// hold. 10 kg/s cost 1 bar from the reservoir to A.
func TestValvesThatWouldStarveADraw(t *testing.T) {
	for name, v := range map[string]models.Valve{
		"limits":   {Control: models.LimitFlow, Flow: 2},
		"sustains": {Control: models.SustainPressure, Pressure: 5.5 * bar},
	} {
		for _, ways := range []int{1, 2, 3} {
			net := chain(10, v)
			net.Pipes = net.Pipes[:1]
			net.Valves[0].To = "C"
			net.Junctions = slices.Delete(net.Junctions, 2, 3)
			for i := 1; i < ways; i++ {
				w := net.Valves[0]
				w.ID += models.ID(rune('0' + i))
				net.Valves = append(net.Valves, w)
			}
			s := compile(t, net, cold)
			r := solve(t, s, nil)
			if len(r.Islands) != 0 || r.Report.Iterations > 15 {
				t.Errorf("%s: %d steps, islands %+v", name, r.Report.Iterations, r.Islands)
			}
			near(t, name+", drawn", r.Junctions[2].Drawn, 10, 0)
			near(t, name+", pressure", r.Junctions[2].Pressure, 4*bar, 10)
			lost := 0
			for _, c := range r.Controls {
				if !c.Kept && c.Stand == models.WideOpen {
					lost++
				}
			}
			if lost == 0 {
				t.Errorf("%s, %d ways: %+v", name, ways, r.Controls)
			}
			if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
				t.Errorf("%s: audit %+v, %v", name, a, err)
			}
			if again := solve(t, s, r); again.Report.Iterations > 4 {
				t.Errorf("%s: once more %d steps", name, again.Report.Iterations)
			}
		}
	}
}

// Water runs one way through a check valve, and the part behind a closed one
// stands at the pressure of its own reservoir.
func TestCheckValve(t *testing.T) {
	for flow, other := range map[float64]float64{math.Sqrt(5 * bar / 3000): 0, 0: 6 * bar} {
		net := between(other, models.Valve{})
		net.Pipes[1].CheckValve = true
		r := solve(t, compile(t, net, cold), nil)
		near(t, "flow", r.Valves[0].Flow, flow, 1e-4)
		if other > 0 {
			near(t, "before", r.Junctions[2].Pressure, 5*bar, 10)
			near(t, "behind", r.Junctions[3].Pressure, 6*bar, 10)
		}
	}
}

func TestEmitterAndPressureDrivenDraw(t *testing.T) {
	// 20 kg/s at 1 bar from the end of 2000 Pa/(kg/s)2 below 5 bar:
	// p = (m/20)^2 bar, 5 - 0.02 m^2 = m^2/400.
	net := chain(0, models.Valve{})
	net.Junctions[3].Emitter = models.Emitter{Coefficient: 20 / math.Sqrt(bar)}
	r := solve(t, compile(t, net, cold), nil)
	m := math.Sqrt(5 / (0.02 + 1./400))
	near(t, "emitter", r.Junctions[3].Drawn, m, 1e-6)
	near(t, "emitter's pressure", r.Junctions[3].Pressure, m*m/400*bar, 1)

	for draw, want := range map[float64]float64{
		10: 10,                             // 3 bar are enough
		20: math.Sqrt(5 / (0.02 + 2./400)), // p = 2 bar (m/20)^2
	} {
		net = chain(draw, models.Valve{})
		net.PressureDriven = models.PressureDriven{Required: 2 * bar, Exponent: 0.5}
		r = solve(t, compile(t, net, cold), nil)
		near(t, "pressure-driven", r.Junctions[3].Drawn, want, 1e-4)
	}
	net = chain(10, models.Valve{})
	net.PressureDriven = models.PressureDriven{Minimum: 6 * bar, Required: 7 * bar, Exponent: 0.5}
	r = solve(t, compile(t, net, cold), nil)
	near(t, "below the least pressure", r.Junctions[3].Drawn, 0, 1e-4)
}

// A pump of constant power: 10 kW lift 10 kg/s by 10 bar.
func TestPumpOfConstantPower(t *testing.T) {
	net := chain(10, models.Valve{})
	net.Pumps = []models.Pump{{Branch: models.Branch{ID: "U", From: "C", To: "D"}, Power: models.Some(1e4), Speed: 1}}
	net.Junctions[3].Draw = 0
	net.Junctions = append(net.Junctions, models.Junction{ID: "D", Draw: 10})
	r := solve(t, compile(t, net, cold), nil)
	near(t, "lifted", r.Junctions[4].Pressure, 13*bar, 100)
}
