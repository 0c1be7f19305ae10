package solver_test

import (
	"context"
	"math"
	"testing"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
	"evenflow/solver/town"
)

func reaudit(t *testing.T, s *solver.Solver, sc models.Scenario, r *solver.Result) *solver.Audit {
	t.Helper()
	a, err := s.Audit(sc, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// audited solves, audits and demands that every check is kept.
func audited(t *testing.T, name string, s *solver.Solver, sc models.Scenario) *solver.Result {
	t.Helper()
	r, err := s.Solve(context.Background(), sc, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, c := range reaudit(t, s, sc, r).Checks {
		if c.Failed > 0 {
			t.Errorf("%s: %s misses %g %s at %s, limit %g (%d of %d)", name, c.Name, c.Value, c.Unit, c.Worst, c.Limit, c.Failed, c.Places)
		}
	}
	return r
}

func TestAuditOfGoodResults(t *testing.T) {
	for name, net := range map[string]*models.Network{
		"ladder": examples.FiveUserLadder(), "leak": examples.BMSTULeak(), "village": examples.DestestCE0(), "street": circuit(5),
		"reduces":   chain(10, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}),
		"sustains":  between(0, models.Valve{Control: models.SustainPressure, Pressure: 4 * bar}),
		"limits":    between(0, models.Valve{Control: models.LimitFlow, Flow: 5}),
		"shuts":     between(4*bar, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}),
		"two zones": between(0, models.Valve{Control: models.HoldDifferential, Differential: bar, HighSensor: "B", LowSensor: "R2"}),
	} {
		for _, temps := range []solver.Temperatures{solver.Coupled, solver.Sequential, solver.Isothermal} {
			audited(t, name, compile(t, net, solver.Options{Temperatures: temps, AirColumn: temps == solver.Sequential}), models.Scenario{})
		}
	}
}

// Emitters and pressure-driven draws at one junction are told apart.
func TestAuditOfTaps(t *testing.T) {
	net := chain(10, models.Valve{})
	net.PressureDriven = models.PressureDriven{Minimum: 1 * bar, Required: 4 * bar, Exponent: 0.5}
	net.Junctions[3].Emitter = models.Emitter{Coefficient: 0.01, Exponent: 0.5}
	s := compile(t, net, cold)
	r := audited(t, "taps", s, models.Scenario{})
	r.Junctions[3].Drawn += 1e-3
	if a := reaudit(t, s, models.Scenario{}, r); a.Check(solver.AuditEnergy).Worst != "C" || a.OK() {
		t.Errorf("water drawn that the pressure does not drive: %+v", a.Check(solver.AuditEnergy))
	}
}

// Towns under scenarios: closed valves, factors, weather, given demands.
func TestAuditOfScenarios(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 5, Stations: 60})
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, net, solver.Options{})
	change := func(id models.ID, a models.Attribute, op models.Op, v float64) models.Change {
		return models.Change{Element: id, Attribute: a, Op: op, Value: v}
	}
	for name, sc := range map[string]models.Scenario{
		"as filed": {},
		"mild":     {Outdoor: models.Some(280)},
		"worn": models.Scenario{}.With(change(net.Pipes[4].ID, models.AttrResistance, models.Scale, 1.7), change(net.Pipes[9].ID, models.AttrHeatLoss, models.Scale, 2.5),
			change(net.Valves[0].ID, models.AttrResistance, models.Shift, 40)),
		"a leak":    models.Scenario{}.With(change(net.Pipes[20].To, models.AttrDraw, models.Set, 3)),
		"one shut":  models.Scenario{}.With(change(net.Stations[7].ID, models.AttrOpening, models.Set, 0), change(net.Stations[8].ID, models.AttrInService, models.Set, 0)),
		"given":     models.Scenario{}.With(change(net.Stations[3].ID, models.AttrFlow, models.Set, 4), change(net.Stations[5].ID, models.AttrHeat, models.Set, 9e5)),
		"no source": models.Scenario{}.With(change(net.Sources[0].ID, models.AttrInService, models.Set, 0)),
	} {
		audited(t, name, s, sc)
	}
}

// Every check catches what it is there for: one number of a good result is
// falsified by little, and the check names the place.
func TestAuditCatchesFalsifiedNumbers(t *testing.T) {
	net := circuit(5)
	net.Stations[4].Valve = models.ControlValve{}
	net.Stations[4].Demand = models.Demand{Flow: models.Some(2)}
	s := compile(t, net, solver.Options{})
	for _, c := range []struct {
		check, what string
		worst       models.ID
		falsify     func(r *solver.Result)
	}{
		{solver.AuditMass, "a leak nobody drew", net.Junctions[2].ID, func(r *solver.Result) { r.Junctions[2].Drawn += 1e-6 }},
		{solver.AuditMass, "no number", net.Junctions[2].ID, func(r *solver.Result) { r.Junctions[2].Drawn = math.NaN() }},
		{solver.AuditMass, "a flow", "", func(r *solver.Result) { r.Pipes[3].Flow *= 1.0001 }},
		{solver.AuditEnergy, "a flow", net.Pipes[3].ID, func(r *solver.Result) { r.Pipes[3].Flow *= 1.01 }},
		{solver.AuditEnergy, "a pressure", "", func(r *solver.Result) { r.Junctions[4].Pressure += 1 }},
		{solver.AuditEnergy, "a drop", net.Pipes[2].ID, func(r *solver.Result) { r.Pipes[2].PressureDrop += 1 }},
		{solver.AuditLoops, "a drop", "", func(r *solver.Result) { r.Pipes[2].PressureDrop += 3 }},
		{solver.AuditLoops, "the lift", "", func(r *solver.Result) { r.Sources[0].Lift -= 3 }},
		{solver.AuditPressure, "the hold", net.Junctions[1].ID, func(r *solver.Result) { r.Junctions[1].Pressure += 1 }},
		{solver.AuditFlow, "a flow given", net.Stations[4].ID, func(r *solver.Result) { r.Stations[4].Flow += 1e-3 }},
		{solver.AuditMixing, "a temperature", net.Junctions[2].ID, func(r *solver.Result) { r.Junctions[2].Temperature += 0.01 }},
		{solver.AuditMixing, "water taken over", "", func(r *solver.Result) { r.Pipes[2].TempIn += 0.01 }},
		{solver.AuditHeat, "an outlet", net.Pipes[2].ID, func(r *solver.Result) { r.Pipes[2].TempOut -= 0.05 }},
		{solver.AuditHeat, "a loss", net.Pipes[2].ID, func(r *solver.Result) { r.Pipes[2].HeatLoss += 50 }},
		{solver.AuditHeat, "a station's heat", net.Stations[1].ID, func(r *solver.Result) { r.Stations[1].Heat *= 1.001 }},
		{solver.AuditHeat, "the source's heat", net.Sources[0].ID, func(r *solver.Result) { r.Sources[0].Heat *= 1.001 }},
		{solver.AuditBalance, "the source's heat", "", func(r *solver.Result) { r.Sources[0].Heat *= 1.001 }},
		{solver.AuditPower, "the power", net.Sources[0].ID, func(r *solver.Result) { r.Sources[0].Power *= 1.001 }},
		{solver.AuditPower, "the speed", net.Sources[0].ID, func(r *solver.Result) { r.Sources[0].Speed *= 1.001 }},
	} {
		r := audited(t, "before "+c.what, s, models.Scenario{})
		c.falsify(r)
		got := reaudit(t, s, models.Scenario{}, r).Check(c.check)
		if got == nil || got.Failed == 0 || (c.worst != "" && got.Worst != c.worst) {
			t.Errorf("%s: %s falsified, want it caught at %s: %+v", c.check, c.what, c.worst, got)
		}
	}
	if r := audited(t, "another", s, models.Scenario{}); true {
		r.Stations = r.Stations[:2]
		if _, err := s.Audit(models.Scenario{}, r); err == nil {
			t.Error("a result of another network is audited")
		}
	}
}

func TestAuditOfRegulatorsAndShutBranches(t *testing.T) {
	s := compile(t, between(0, models.Valve{Control: models.LimitFlow, Flow: 5}), cold)
	r := audited(t, "limits", s, models.Scenario{})
	for k := range r.Pipes {
		r.Pipes[k].Flow += 0.01
	}
	r.Valves[0].Flow += 0.01
	if c := reaudit(t, s, models.Scenario{}, r).Check(solver.AuditFlow); c.Failed != 1 || c.Worst != "V" {
		t.Errorf("a limit passed: %+v", c)
	}
	s = compile(t, chain(10, models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}), cold)
	r = audited(t, "reduces", s, models.Scenario{})
	r.Junctions[2].Pressure += 2
	if c := reaudit(t, s, models.Scenario{}, r).Check(solver.AuditPressure); c.Failed != 1 || c.Worst != "V" {
		t.Errorf("a set point not kept: %+v", c)
	}
	s = compile(t, circuit(2), solver.Options{})
	sc := models.Scenario{}.With(set("S2", models.AttrInService, 0))
	r = audited(t, "one off", s, sc)
	r.Stations[1].Flow = 1e-3
	if c := reaudit(t, s, sc, r).Check(solver.AuditFlow); c.Failed != 1 || c.Worst != "S2" {
		t.Errorf("flow through what is out of service: %+v", c)
	}
}
