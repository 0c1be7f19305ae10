package solver_test

import (
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// What is drawn behind a check valve that lets nothing in is an island with
// the check valve's name, and the rest is solved: 5 bar less 1 bar for 10 kg/s.
func TestDrawBehindACheckValve(t *testing.T) {
	net := chain(10, models.Valve{CheckValve: true})
	net.Valves[0].From, net.Valves[0].To = "B", "A"
	net.Junctions[1].Draw = 10
	r := solve(t, compile(t, net, cold), nil)
	if len(r.Islands) != 1 || !slices.Equal(r.Islands[0].OneWay, []models.ID{"V"}) || !slices.Equal(r.Islands[0].Junctions, []models.ID{"B", "C"}) {
		t.Fatalf("islands %+v", r.Islands)
	}
	near(t, "before the valve", r.Junctions[1].Pressure, 4*bar, 1)
	near(t, "drawn behind it", r.Junctions[3].Drawn, 0, 0)
	if r.Junctions[3].PressureKnown || !r.Junctions[3].Cut {
		t.Errorf("behind the valve: %+v", r.Junctions[3])
	}
	// The other way round it passes what is drawn, and loses nothing.
	net = chain(10, models.Valve{CheckValve: true})
	r = solve(t, compile(t, net, cold), nil)
	near(t, "through the valve", r.Junctions[3].Pressure, 3*bar, 1)
	if len(r.Islands) != 0 {
		t.Errorf("islands %+v", r.Islands)
	}
}

// A check valve in a ring is passed by what comes round the other way.
func TestCheckValveInARing(t *testing.T) {
	net := chain(10, models.Valve{CheckValve: true})
	net.Valves[0].From, net.Valves[0].To = "B", "A"
	net.Pipes = append(net.Pipes, resistance("P3", "R", "C"))
	r := solve(t, compile(t, net, cold), nil)
	near(t, "round the other way", r.Junctions[3].Pressure, 4*bar, 1)
	near(t, "before the shut valve", r.Junctions[2].Pressure, 4*bar, 10)
	if len(r.Islands) != 0 {
		t.Errorf("islands %+v", r.Islands)
	}
}

// A check valve laid the wrong way round in the supply main, or in the return
// main, cuts off the stations behind it, also those with a given flow.
func TestReversedCheckValveInACircuit(t *testing.T) {
	for _, id := range []models.ID{"PS3", "PR3"} {
		net := circuit(4)
		i := slices.IndexFunc(net.Pipes, func(p models.Pipe) bool { return p.ID == id })
		p := &net.Pipes[i]
		p.CheckValve = true
		if id == "PS3" {
			p.From, p.To = p.To, p.From
		}
		r := solve(t, compile(t, net, solver.Options{}), nil, set("S4", models.AttrFlow, 2))
		if len(r.Islands) != 1 || !slices.Equal(r.Islands[0].OneWay, []models.ID{id}) || !slices.Equal(r.Islands[0].Stations, []models.ID{"S3", "S4"}) {
			t.Errorf("%s: islands %+v", id, r.Islands)
		}
		near(t, "given flow behind it", r.Stations[3].Flow, 0, 0)
		if r.Stations[1].Flow <= 0 || r.Stations[1].Cut {
			t.Errorf("%s: before it %+v", id, r.Stations[1])
		}
	}
}

// The pressure that a shut check valve bears is no friction.
func TestShutCheckValveIsNoFriction(t *testing.T) {
	net := chain(10, models.Valve{})
	net.Junctions = append(net.Junctions, models.Junction{ID: "R2", FixedPressure: models.Some(6 * bar)})
	net.Pipes = append(net.Pipes, models.Pipe{Branch: models.Branch{ID: "CV", From: "C", To: "R2"}, Length: 10, InnerDiameter: 0.2, Roughness: 1e-4, CheckValve: true},
		models.Pipe{Branch: models.Branch{ID: "P4", From: "C", To: "D"}, Length: 100, InnerDiameter: 0.15, Roughness: 1e-4})
	net.Junctions = append(net.Junctions, models.Junction{ID: "D", Draw: 10})
	r := solve(t, compile(t, net, cold), nil)
	for _, v := range r.Report.Margins {
		if v.Limit == models.LimitFriction && (v.Element != "P4" || math.Abs(v.Value-r.Pipes[3].PressureDrop/100) > 1e-6) {
			t.Errorf("%+v", v)
		}
	}
}
