package solver_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// circuit draws a street: a source at 0, stations 1..n along two parallel
// pipes of one trench. The pressure hold is at the source's return.
//
//	JS0 - JS1 - .. - JSn     PS1 .. PSn
//	SRC   S1         Sn
//	JR0 - JR1 - .. - JRn     PR1 .. PRn
func circuit(n int) *models.Network {
	id := func(word string, i int) models.ID { return models.ID(fmt.Sprint(word, i)) }
	net := &models.Network{
		Name:    "街",
		Climate: models.Climate{DesignOutdoor: 268.15, DesignIndoor: 291.15},
		Ground:  models.Ground{Temperature: 278.15, Conductivity: 1.6},
	}
	for i := range n + 1 {
		z := models.Some(float64(3 * i))
		net.Junctions = append(net.Junctions,
			models.Junction{ID: id("JS", i), Side: models.SideSupply, Elevation: z},
			models.Junction{ID: id("JR", i), Side: models.SideReturn, Elevation: z})
		if i == 0 {
			continue
		}
		for _, side := range []models.Side{models.SideSupply, models.SideReturn} {
			a, p := "S", "R"
			if side == models.SideReturn {
				a, p = p, a
			}
			net.Pipes = append(net.Pipes, models.Pipe{
				Branch: models.Branch{ID: id("P"+a, i), From: id("J"+a, i-1), To: id("J"+a, i)},
				Side:   side, Partner: id("P"+p, i), Length: 200, InnerDiameter: 0.15, OuterDiameter: models.Some(0.159), Roughness: 2e-4, Zeta: 1,
				Insulation: models.Insulation{CasingDiameter: 0.25, Conductivity: 0.027, Depth: 0.9, Spacing: 0.4}, PressureClass: 1.6e6, DN: 150,
			})
		}
		net.Stations = append(net.Stations, models.Station{
			Branch:     models.Branch{ID: id("S", i), From: id("JS", i), To: id("JR", i)},
			HeatedArea: 20000, HeatIndex: 45,
			Design:  models.StationDesign{PrimarySupply: 393.15, PrimaryReturn: 333.15, SecondarySupply: 333.15, SecondaryReturn: 318.15},
			Valve:   models.ControlValve{Kvs: 25, Rangeability: 50, Leakage: 0},
			Opening: 0.8, FixedResistance: 2000,
		})
	}
	net.Junctions[1].FixedPressure = models.Some(3e5)
	net.Sources = []models.Source{{
		Branch:            models.Branch{ID: "SRC", From: "JR0", To: "JS0"},
		SupplyTemperature: 383.15, Control: models.ControlDifferential, Differential: 2.5e5,
		Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 40}, {Flow: 0.02, Head: 36}, {Flow: 0.04, Head: 24}}},
		Speed: 0.9,
	}}
	return net
}

// compile is New for networks that must be accepted.
func compile(t testing.TB, net *models.Network, o solver.Options) *solver.Solver {
	t.Helper()
	s, err := solver.New(net, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// solve is Solve for scenarios that must converge; it audits the result.
func solve(t testing.TB, s *solver.Solver, from *solver.Result, changes ...models.Change) *solver.Result {
	t.Helper()
	r, err := s.Solve(context.Background(), models.Scenario{Changes: changes}, from)
	if err != nil {
		t.Fatal(err)
	}
	audit(t, s.Network(), r)
	return r
}

func set(id models.ID, a models.Attribute, v float64) models.Change {
	return models.Change{Element: id, Attribute: a, Value: v}
}

// audit checks a result from its own numbers: mass at every junction, the
// report's residuals, nothing that is no number.
func audit(t testing.TB, net *models.Network, r *solver.Result) {
	t.Helper()
	rep := r.Report
	if !rep.Converged || rep.MassResidual > 1e-9 || rep.EnergyResidual > 1e-3 {
		t.Errorf("report: %+v", rep)
	}
	if rep.HeatResidual > 2 {
		t.Errorf("heat residual %g W at %s", rep.HeatResidual, rep.HeatWorst)
	}
	at := map[models.ID]int{}
	for j := range net.Junctions {
		at[net.Junctions[j].ID] = j
		x := r.Junctions[j]
		finite(t, net.Junctions[j].ID, x.Pressure, x.Temperature)
	}
	balance := make([]float64, len(net.Junctions))
	for j := range net.Junctions {
		balance[j] = r.Junctions[j].Drawn
	}
	flow := func(b *models.Branch, s *models.BranchState) {
		balance[at[b.From]] += s.Flow
		balance[at[b.To]] -= s.Flow
		finite(t, b.ID, s.Flow, s.PressureDrop, s.TempIn, s.TempOut, s.HeatLoss, s.Density)
	}
	for i := range net.Pipes {
		flow(&net.Pipes[i].Branch, &r.Pipes[i])
	}
	for i := range net.Valves {
		flow(&net.Valves[i].Branch, &r.Valves[i])
	}
	for i := range net.Pumps {
		flow(&net.Pumps[i].Branch, &r.Pumps[i].BranchState)
		finite(t, net.Pumps[i].ID, r.Pumps[i].Lift, r.Pumps[i].Power, r.Pumps[i].Speed)
	}
	for i := range net.Sources {
		flow(&net.Sources[i].Branch, &r.Sources[i].BranchState)
		finite(t, net.Sources[i].ID, r.Sources[i].Lift, r.Sources[i].Heat, r.Sources[i].Power, r.Sources[i].Speed)
	}
	for i := range net.Stations {
		x := &r.Stations[i]
		flow(&net.Stations[i].Branch, &x.BranchState)
		finite(t, net.Stations[i].ID, x.Differential, x.ValveDrop, x.Heat, x.SecondarySupply, x.SecondaryReturn, x.Indoor, x.ShortOfHeat)
	}
	for j, b := range balance {
		if math.Abs(b) > 1e-8 && !net.Junctions[j].FixedPressure.Known && !r.Junctions[j].Cut {
			t.Errorf("junction %s: %g kg/s vanish", net.Junctions[j].ID, b)
		}
	}
}

func finite(t testing.TB, id models.ID, values ...float64) {
	t.Helper()
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%s: value %d is %v", id, i, v)
		}
	}
}

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.10g, want %.10g within %g", what, got, want, tolerance)
	}
}
