package solver_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

// A Run through days of everything that a scenario may change, and with temperatures: on
// level ground, where buoyancy leaves no choice between two steady states.
func TestRunThroughDaysOfEverything(t *testing.T) {
	for seed := range int64(3) {
		throughDaysOf(t, fmt.Sprint("flat town ", seed), flatTown(t, seed, 0.45*float64(seed)), solver.Options{}, 40, anyChange)
	}
}

func flatTown(t *testing.T, seed int64, controlled float64) *models.Network {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: seed, Stations: 40, Plants: 2, Peaks: 1, Boosters: 1, Controlled: controlled})
	if err != nil {
		t.Fatal(err)
	}
	for i := range net.Junctions {
		net.Junctions[i].Elevation = models.Some(10)
	}
	return net
}

// Where the sources of the day before lead to no answer, a Run finds the one that a
// calculation from nothing finds.
func TestRunIsNotLedAstrayByItsSources(t *testing.T) {
	net := flatTown(t, 1, 0.45)
	for i := range net.Sources {
		if x := &net.Sources[i]; x.Control != models.ControlFlow {
			x.Merit, x.Capacity = 1+i, models.Some(3e7)
		}
	}
	s := compile(t, net, solver.Options{})
	run := s.NewRun()
	rng := rand.New(rand.NewPCG(9, uint64(len(net.Pipes))))
	var sc models.Scenario
	for day := range 40 {
		sc = nextDay(rng, net, sc, anyChange)
		_, err := run.Solve(t.Context(), sc)
		_, wrong := s.Solve(t.Context(), sc, nil)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("day %d: %v, afresh %v", day, err, wrong)
		}
	}
}

// anyChange changes any attribute that an element of the network has a use for.
func anyChange(rng *rand.Rand, net *models.Network) models.Change {
	rows := models.Attributes()
	for {
		row := rows[rng.IntN(len(rows))]
		var ids []models.ID
		for ref, id := range net.Elements() {
			if ref.Kind == row.Kind {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		c := models.Change{Element: ids[rng.IntN(len(ids))], Attribute: row.Attribute, Op: models.Scale, Value: math.Exp(0.3 * rng.NormFloat64())}
		if v, ok := plainly(rng, row); ok {
			c.Op, c.Value = models.Set, v
		} else if !row.Permits(models.Scale) {
			c.Op, c.Value = models.Shift, 50*rng.Float64()
		}
		if len(net.CheckScenario(models.Scenario{}.With(c))) == 0 {
			return c
		}
	}
}

// plainly returns a value of an attribute that is set, not scaled.
func plainly(rng *rand.Rand, row models.AttributeInfo) (v float64, ok bool) {
	u := rng.Float64()
	switch row.Attribute {
	case models.AttrInService:
		return float64(rng.IntN(2)), true
	case models.AttrRunning:
		return float64(1 + rng.IntN(2)), true
	case models.AttrOpening:
		if row.Kind == models.KindValve {
			return float64(rng.IntN(2)), true
		}
		return u, true
	case models.AttrDraw:
		return math.Floor(3*u) / 2, true
	case models.AttrHeat:
		return 3e6 * u, true
	case models.AttrFlow:
		return 20 * u, true
	case models.AttrReturnTemperature:
		return 310 + 30*u, true
	case models.AttrSupplyTemperature:
		return 340 + 50*u, true
	case models.AttrSpeed:
		return 0.5 + 0.4*u, true
	case models.AttrDifferential:
		return 1e5 + 1.5e5*u, row.Kind == models.KindSource
	}
	return 0, false
}
