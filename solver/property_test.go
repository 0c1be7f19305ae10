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

func generate(t testing.TB, seed int64, stations int) *models.Network {
	t.Helper()
	n, err := town.Generate(town.Options{Seed: seed, Stations: stations})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// How a network is drawn must not matter: pipes turned round, elements in
// another order, other names.
func TestIndependentOfDrawing(t *testing.T) {
	for seed := int64(1); seed <= 6; seed++ {
		net := generate(t, seed, 20+int(seed)*15)
		want := solve(t, compile(t, net, solver.Options{}), nil)

		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		drawn := *net
		drawn.Pipes = append([]models.Pipe(nil), net.Pipes...)
		drawn.Stations = append([]models.Station(nil), net.Stations...)
		drawn.Junctions = append([]models.Junction(nil), net.Junctions...)
		sign := make([]float64, len(drawn.Pipes))
		for i := range drawn.Pipes {
			sign[i] = 1
			if rng.IntN(2) == 0 {
				drawn.Pipes[i].From, drawn.Pipes[i].To = drawn.Pipes[i].To, drawn.Pipes[i].From
				sign[i] = -1
			}
		}
		pipes := shuffle(rng, drawn.Pipes)
		stations := shuffle(rng, drawn.Stations)
		shuffle(rng, drawn.Junctions)
		got := solve(t, compile(t, &drawn, solver.Options{}), nil)
		for i, from := range pipes {
			a, b := got.Pipes[i].Flow, sign[from]*want.Pipes[from].Flow
			if math.Abs(a-b) > 1e-4*(1+math.Abs(b)) {
				t.Errorf("seed %d: pipe %s carries %g, drawn otherwise %g", seed, drawn.Pipes[i].ID, b, a)
			}
		}
		for i, from := range stations {
			near(t, "station flow", got.Stations[i].Flow, want.Stations[from].Flow, 1e-5)
			near(t, "station temperature", got.Stations[i].TempOut, want.Stations[from].TempOut, 1e-3)
		}
		if d := got.Report.Iterations - want.Report.Iterations; d > 2 || d < -2 {
			t.Errorf("seed %d: %d steps, drawn otherwise %d", seed, want.Report.Iterations, got.Report.Iterations)
		}
	}
}

// shuffle reorders x and returns where each element came from.
func shuffle[T any](rng *rand.Rand, x []T) []int {
	from := make([]int, len(x))
	for i := range from {
		from[i] = i
	}
	rng.Shuffle(len(x), func(i, j int) {
		x[i], x[j] = x[j], x[i]
		from[i], from[j] = from[j], from[i]
	})
	return from
}

// Whatever is closed, opened, choked or asked for: an answer or a reason.
func TestAnyScenarioHasAnAnswer(t *testing.T) {
	for seed := int64(1); seed <= 4; seed++ {
		net := generate(t, seed, 40)
		s := compile(t, net, solver.Options{})
		base := solve(t, s, nil)
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		for round := range 25 {
			var sc models.Scenario
			for i := range net.Stations {
				id := net.Stations[i].ID
				switch rng.IntN(5) {
				case 0:
					sc = sc.With(set(id, models.AttrOpening, rng.Float64()))
				case 1:
					sc = sc.With(set(id, models.AttrOpening, 0))
				case 2:
					sc = sc.With(set(id, models.AttrFlow, 5*rng.Float64()))
				case 3:
					sc = sc.With(set(id, models.AttrHeat, net.Stations[i].DesignHeat()*rng.Float64()))
				}
			}
			for i := range net.Valves {
				if rng.IntN(4) == 0 {
					sc = sc.With(set(net.Valves[i].ID, models.AttrOpening, 0))
				}
			}
			for i := range net.Pipes {
				if rng.IntN(20) == 0 {
					sc = sc.With(models.Change{Element: net.Pipes[i].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: math.Exp(3 * rng.NormFloat64())})
				}
				if rng.IntN(60) == 0 {
					sc = sc.With(set(net.Pipes[i].ID, models.AttrInService, 0))
				}
			}
			sc.Outdoor = models.Some(258.15 + 30*rng.Float64())
			from := base
			if round%2 == 0 {
				from = nil
			}
			r, err := s.Solve(context.Background(), sc, from)
			if err != nil {
				t.Errorf("seed %d, round %d: %v", seed, round, err)
				continue
			}
			audit(t, net, r)
		}
	}
}

// The days on which everybody closes, or nobody wants anything, or one wants
// all there is.
func TestExtremeDays(t *testing.T) {
	all := func(net *models.Network, a models.Attribute, v float64) (changes []models.Change) {
		for i := range net.Stations {
			changes = append(changes, set(net.Stations[i].ID, a, v))
		}
		return changes
	}
	for _, n := range []int{10, 200} {
		net := generate(t, 3, n)
		s := compile(t, net, solver.Options{})
		base := solve(t, s, nil)
		for _, from := range []*solver.Result{nil, base} {
			for _, c := range [][]models.Change{
				all(net, models.AttrOpening, 0), all(net, models.AttrOpening, 1), all(net, models.AttrFlow, 0),
				all(net, models.AttrHeat, 0), all(net, models.AttrInService, 0), all(net, models.AttrOpening, 1e-3),
				{set(net.Sources[0].ID, models.AttrSpeed, 0)}, {set(net.Sources[0].ID, models.AttrSupplyTemperature, 293.15)},
				{set(net.Sources[0].ID, models.AttrInService, 0)}, {set(net.Sources[0].ID, models.AttrDifferential, 0)},
			} {
				r, err := s.Solve(context.Background(), models.Scenario{Changes: c}, from)
				if err != nil {
					t.Errorf("%d stations, warm %v, %s %g: %v", n, from != nil, c[0].Attribute, c[0].Value, err)
					continue
				}
				audit(t, net, r)
				if r.Report.Iterations > 160 {
					t.Errorf("%d stations, %s %s: %d steps", n, c[0].Attribute, fmt.Sprint(c[0].Value), r.Report.Iterations)
				}
			}
		}
	}
}
