package solver

import (
	"context"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// Two processors at one calculation find the same as one, to the bit.
func TestTwoProcessorsFindTheSame(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 3, Stations: 9000})
	if err != nil {
		t.Fatal(err)
	}
	checked, _ := net.Check()
	var found [2]*Result
	for i := range found {
		s, err := Compile(checked, Options{Temperatures: Isothermal, Cores: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		run := s.NewRun()
		for _, opening := range []float64{0.8, 0.3} { // cold, then from there
			sc := models.Scenario{Changes: []models.Change{{Element: net.Stations[7].ID, Attribute: models.AttrOpening, Op: models.Set, Value: opening}}}
			if _, err := run.Solve(context.Background(), sc); err != nil {
				t.Fatal(err)
			}
		}
		if _, both := run.st.core.pattern.Halves(); both == 0 {
			t.Fatal("the core is not divided")
		}
		found[i] = run.Result()
	}
	if found[0].Report.Iterations == 0 || found[0].Report.EnergyResidual != found[1].Report.EnergyResidual {
		t.Errorf("residuals %g and %g Pa", found[0].Report.EnergyResidual, found[1].Report.EnergyResidual)
	}
	if !slices.Equal(found[0].Junctions, found[1].Junctions) || !slices.Equal(found[0].Pipes, found[1].Pipes) {
		t.Error("two processors find something else than one")
	}
}
