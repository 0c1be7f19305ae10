package solver_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// A Run that goes from scenario to scenario must end where a fresh calculation
// of each scenario does: whatever was changed before has been taken back.
func TestRunForgetsTheScenarioBefore(t *testing.T) {
	for _, temperatures := range []solver.Temperatures{solver.Isothermal, solver.Sequential, solver.Coupled} {
		net := generate(t, 5, 40)
		s := compile(t, net, solver.Options{Temperatures: temperatures})
		run := s.NewRun()
		rng := rand.New(rand.NewPCG(uint64(temperatures), 1))
		for round := range 25 {
			sc := anyScenario(rng, net)
			if rng.IntN(6) == 0 {
				run.Forget()
			}
			_, err := run.Solve(context.Background(), sc)
			want, wrong := s.Solve(context.Background(), sc, nil)
			if (err == nil) != (wrong == nil) {
				t.Fatalf("round %d: %v, afresh %v", round, err, wrong)
			}
			if err != nil {
				continue
			}
			got := run.Result()
			audit(t, net, got)
			for i := range net.Stations {
				a, b := &got.Stations[i], &want.Stations[i]
				if math.Abs(a.Flow-b.Flow) > 1e-4*math.Abs(b.Flow)+1e-5 || math.Abs(a.Differential-b.Differential) > 5 {
					t.Fatalf("round %d, %v: %s has %.6f kg/s, %.1f Pa, afresh %.6f kg/s, %.1f Pa", round, sc.Changes, net.Stations[i].ID, a.Flow, a.Differential, b.Flow, b.Differential)
				}
			}
		}
	}
}

// A scenario that is refused leaves nothing of the one before.
func TestRunAfterARefusedScenario(t *testing.T) {
	net := generate(t, 5, 40)
	run := compile(t, net, solver.Options{Temperatures: solver.Isothermal}).NewRun()
	solve := func(c ...models.Change) error {
		_, err := run.Solve(context.Background(), models.Scenario{Changes: c})
		return err
	}
	id := net.Stations[3].ID
	if err := solve(); err != nil {
		t.Fatal(err)
	}
	want := run.Result().Stations[3].Flow
	if err := solve(set(id, models.AttrOpening, 0.3)); err != nil || run.Result().Stations[3].Flow > 0.9*want {
		t.Fatalf("%v, %g of %g kg/s", err, run.Result().Stations[3].Flow, want)
	}
	if err := solve(set(id, models.AttrOpening, 3)); err == nil {
		t.Fatal("an opening of 3")
	}
	if err := solve(); err != nil {
		t.Fatal(err)
	}
	near(t, "flow", run.Result().Stations[3].Flow, want, 1e-6)
}

// anyScenario changes a few elements at random: openings, shut valves, given
// flows, supply, roughness.
func anyScenario(rng *rand.Rand, net *models.Network) (sc models.Scenario) {
	for range rng.IntN(4) {
		i := rng.IntN(len(net.Stations))
		id := net.Stations[i].ID
		switch rng.IntN(4) {
		case 0:
			sc.Changes = append(sc.Changes, set(id, models.AttrOpening, 0))
		case 1:
			sc.Changes = append(sc.Changes, set(id, models.AttrFlow, 3*rng.Float64()))
		default:
			sc.Changes = append(sc.Changes, set(id, models.AttrOpening, 0.2+0.8*rng.Float64()))
		}
	}
	switch rng.IntN(4) {
	case 0:
		sc.Changes = append(sc.Changes, set(net.Pipes[rng.IntN(len(net.Pipes))].ID, models.AttrRoughness, 1e-3*rng.Float64()))
	case 1:
		sc.Changes = append(sc.Changes, set(net.Sources[0].ID, models.AttrSpeed, 0.7+0.3*rng.Float64()))
	case 2:
		sc.Changes = append(sc.Changes, set(net.Sources[0].ID, models.AttrSupplyTemperature, 350+20*rng.Float64()))
	}
	return sc
}

// A calculation that ends before its equations are met names where they are
// worst.
func TestTheWorstIsNamed(t *testing.T) {
	net := generate(t, 3, 20)
	s := compile(t, net, solver.Options{MaxIterations: 2})
	for name, solve := range map[string]func() error{
		"Solver": func() error { _, err := s.Solve(t.Context(), models.Scenario{}, nil); return err },
		"Run":    func() error { _, err := s.NewRun().Solve(t.Context(), models.Scenario{}); return err },
	} {
		var stopped *solver.ConvergenceError
		if err := solve(); !errors.As(err, &stopped) || stopped.Report.EnergyWorst == "" {
			t.Errorf("%s, two steps: %v", name, err)
		}
	}
}
