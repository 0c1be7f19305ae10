package solver_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

// A Run through a long row of days must find what a fresh calculation of each
// finds, whatever stood in an island, held something or was driven by pressure
// the day before.
func TestRunThroughARowOfDays(t *testing.T) {
	for seed := range int64(4) {
		net, err := town.Generate(town.Options{Seed: seed, Stations: 60, Plants: 2, Peaks: 1, Boosters: 1, Controlled: 0.3 * float64(seed)})
		if err != nil {
			t.Fatal(err)
		}
		throughDays(t, fmt.Sprint("town ", seed), net, solver.Options{Temperatures: solver.Isothermal}, 150)
		throughDays(t, fmt.Sprint("town with heat ", seed), net, solver.Options{Temperatures: solver.Sequential}, 30)
	}
	for seed := range uint64(6) {
		throughDays(t, fmt.Sprint("water ", seed), waterStreets(seed), cold, 150)
	}
}

func throughDays(t *testing.T, name string, net *models.Network, o solver.Options, days int) {
	t.Helper()
	throughDaysOf(t, name, net, o, days, oneChange)
}

// nextDay changes a few things more, or begins again.
func nextDay(rng *rand.Rand, net *models.Network, sc models.Scenario, change func(*rand.Rand, *models.Network) models.Change) models.Scenario {
	if rng.IntN(4) == 0 {
		sc = models.Scenario{}
	}
	for range 1 + rng.IntN(3) {
		sc = sc.With(change(rng, net))
	}
	return sc
}

func throughDaysOf(t *testing.T, name string, net *models.Network, o solver.Options, days int, change func(*rand.Rand, *models.Network) models.Change) {
	t.Helper()
	s := compile(t, net, o)
	run := s.NewRun()
	rng := rand.New(rand.NewPCG(9, uint64(len(net.Pipes))))
	var sc models.Scenario
	solved := 0
	for day := range days {
		sc = nextDay(rng, net, sc, change)
		_, err := run.Solve(context.Background(), sc)
		want, wrong := s.Solve(context.Background(), sc, nil)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%s, day %d, %v: %v, afresh %v", name, day, sc.Changes, err, wrong)
		}
		if err != nil {
			continue
		}
		solved++
		got := run.Result()
		if a, err := s.Audit(sc, got); err != nil || !a.OK() {
			t.Fatalf("%s, day %d, %v: audit %v %+v", name, day, sc.Changes, err, a.Checks)
		}
		for i := range net.Pipes {
			if d := got.Pipes[i].Flow - want.Pipes[i].Flow; math.Abs(d) > 0.01 {
				t.Fatalf("%s, day %d, %v: %s has %.4f kg/s, afresh %.4f", name, day, sc.Changes, net.Pipes[i].ID, got.Pipes[i].Flow, want.Pipes[i].Flow)
			}
		}
		for i := range net.Junctions {
			a, b := &got.Junctions[i], &want.Junctions[i]
			if a.PressureKnown != b.PressureKnown || math.Abs(a.Pressure-b.Pressure) > 100 {
				t.Fatalf("%s, day %d, %v: %s has %.1f Pa, afresh %.1f", name, day, sc.Changes, net.Junctions[i].ID, a.Pressure, b.Pressure)
			}
		}
	}
	if solved < days/2 {
		t.Errorf("%s: %d of %d days solved", name, solved, days)
	}
}

// oneChange changes something that a network has.
func oneChange(rng *rand.Rand, net *models.Network) models.Change {
	for {
		switch rng.IntN(8) {
		case 0:
			return set(net.Pipes[rng.IntN(len(net.Pipes))].ID, models.AttrInService, float64(rng.IntN(2)))
		case 1:
			return models.Change{Element: net.Pipes[rng.IntN(len(net.Pipes))].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: math.Exp(rng.NormFloat64())}
		case 2, 3:
			if j := &net.Junctions[rng.IntN(len(net.Junctions))]; !j.FixedPressure.Known {
				return set(j.ID, models.AttrDraw, []float64{0, 0.5, 2, -0.7}[rng.IntN(4)])
			}
		case 4:
			if j := &net.Junctions[rng.IntN(len(net.Junctions))]; j.FixedPressure.Known {
				return set(j.ID, models.AttrFixedPressure, j.FixedPressure.Value*(0.9+0.2*rng.Float64()))
			}
		case 5:
			if len(net.Valves) > 0 {
				return set(net.Valves[rng.IntN(len(net.Valves))].ID, models.AttrOpening, float64(rng.IntN(2)))
			}
		case 6:
			if len(net.Stations) > 0 {
				return set(net.Stations[rng.IntN(len(net.Stations))].ID, models.AttrOpening, rng.Float64())
			}
		case 7:
			if len(net.Pumps) > 0 {
				return set(net.Pumps[rng.IntN(len(net.Pumps))].ID, models.AttrInService, float64(rng.IntN(2)))
			}
		}
	}
}

// waterStreets is a grid of streets between two reservoirs, with check valves,
// pressure reducers, emitters, leaks, and every second one with draws that the
// pressure drives.
func waterStreets(seed uint64) *models.Network {
	rng := rand.New(rand.NewPCG(seed, 3))
	net := &models.Network{Open: true}
	const side = 6
	id := func(x, y int) models.ID { return models.ID(fmt.Sprintf("J%d%d", x, y)) }
	pipe := func(from, to models.ID) {
		p := models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprint("P", len(net.Pipes))), From: from, To: to},
			Length: 50 + 400*rng.Float64(), InnerDiameter: 0.05 + 0.25*rng.Float64(), Roughness: 1e-4, CheckValve: rng.IntN(15) == 0}
		if rng.IntN(20) == 0 {
			p.Leak = models.Leak{Fixed: 1e-4}
		}
		net.Pipes = append(net.Pipes, p)
	}
	for x := range side {
		for y := range side {
			j := models.Junction{ID: id(x, y)}
			if rng.IntN(3) == 0 {
				j.Draw = rng.Float64()
			}
			if rng.IntN(12) == 0 {
				j.Emitter = models.Emitter{Coefficient: 1e-3}
			}
			net.Junctions = append(net.Junctions, j)
			if x > 0 && rng.IntN(6) > 0 {
				pipe(id(x-1, y), id(x, y))
			}
			if y > 0 {
				pipe(id(x, y-1), id(x, y))
			}
		}
	}
	net.Junctions = append(net.Junctions, models.Junction{ID: "R1", FixedPressure: models.Some(5 * bar)}, models.Junction{ID: "R2", FixedPressure: models.Some(4 * bar)})
	pipe("R1", id(0, 0))
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: "PRV", From: "R2", To: id(side-1, side-1)},
		Control: models.ReducePressure, Pressure: 3 * bar, Opening: 1, InnerDiameter: 0.2})
	if seed%2 == 1 {
		net.PressureDriven = models.PressureDriven{Minimum: 0, Required: 3 * bar, Exponent: 0.5}
	}
	return net
}

// A flow limiter that stood in an island, where nothing flowed, holds its flow
// again on the next day.
func TestLimiterComesBackFromAnIsland(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 3, Stations: 60, Plants: 2, Peaks: 1, Boosters: 1, Controlled: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, net, solver.Options{Temperatures: solver.Isothermal})
	run := s.NewRun()
	days := []models.Scenario{
		{Changes: []models.Change{set("JS-2-0017", models.AttrDraw, 2), set("JC-S-2-011", models.AttrDraw, 0.5)}},
		{Changes: []models.Change{set("JS-2-0017", models.AttrDraw, 2), set("JC-S-2-011", models.AttrDraw, 0.5), set("PS-2-0012", models.AttrInService, 0)}},
		{Changes: []models.Change{set("PR-1-2-38", models.AttrInService, 0)}},
	}
	for i, sc := range days {
		if _, err := run.Solve(t.Context(), sc); err != nil {
			t.Fatalf("day %d: %v", i, err)
		}
		if cut := len(run.Result().Islands) > 0; cut != (i == 1) {
			t.Fatalf("day %d: an island is %v", i, cut)
		}
	}
	want := solve(t, s, nil, days[2].Changes...)
	for i := range net.Stations {
		if d := run.Result().Stations[i].Flow - want.Stations[i].Flow; math.Abs(d) > 1e-3 {
			t.Errorf("%s: %.4f kg/s off", net.Stations[i].ID, d)
		}
	}
}
