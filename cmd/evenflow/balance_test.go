package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// What balance writes, solve reproduces: the same x for every station.
func TestBalanceAndSolveAgree(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 5, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	network, scenario := save(t, n), filepath.Join(t.TempDir(), "balanced.json")
	code, out, errs := command(t, "balance", network, "--outdoor", "-2", "--out", scenario, "--json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var plan balanceReport
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.InBand != 30 || plan.Before >= 20 || len(plan.Shortfall) != 0 || plan.Index == "" {
		t.Errorf("%d in band from %d, shortfalls %v, index %q", plan.InBand, plan.Before, plan.Shortfall, plan.Index)
	}
	if code, out, errs = command(t, "solve", network, "--outdoor", "-2", "--scenario", scenario, "--json"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var solved solveReport
	if err := json.Unmarshal([]byte(out), &solved); err != nil {
		t.Fatal(err)
	}
	for i, s := range solved.Stations {
		if x := plan.Stations[i]; x.X == nil || s.X == nil || math.Abs(*x.X-*s.X) > 2e-3 || math.Abs(*s.X-1) > 0.03 {
			t.Errorf("%s: x %v planned, %v solved", s.ID, or(x.X, 1, 4), or(s.X, 1, 4))
		}
	}
}

// A pump that is too weak is said in words, with what would cure it.
func TestBalanceNamesWhoComesShort(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 5, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	n.Sources[0].MaxSpeed, n.Sources[0].Speed = 0.6, 0.5
	code, out, errs := command(t, "balance", save(t, n), "--rows", "5")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"at their limit", "a shortage is shared", "Not as required", "kPa more head", "--rows 0 shows all"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
}

// What is cut off is listed with what cuts it, as solve does.
func TestBalanceListsIslands(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 5, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	n.Junctions = append(n.Junctions, models.Junction{ID: "S-x", Side: models.SideSupply, Elevation: models.Some(0)})
	n.Valves = append(n.Valves, models.Valve{Branch: models.Branch{ID: "V-x", From: n.Stations[3].From, To: "S-x"}, Side: models.SideSupply, InnerDiameter: 0.1, Sectioning: true})
	cut := n.Stations[3].ID
	n.Stations[3].From = "S-x"
	file := save(t, n)
	code, out, errs := command(t, "balance", file)
	want := "Cut off: 1 junction (S-x) and 1 station (" + string(cut) + "), cut by V-x"
	if code != exitIslands || !strings.Contains(out, want) {
		t.Errorf("exit code %d, want %d and %q:\n%s%s", code, exitIslands, want, out, errs)
	}
	code, out, _ = command(t, "balance", "--json", file)
	var r balanceReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitIslands || len(r.Islands) != 1 || r.Islands[0].CutBy[0] != "V-x" || r.Islands[0].Stations[0] != cut {
		t.Errorf("exit code %d, %v, islands %+v", code, err, r.Islands)
	}
}

// Pumps at rest divide nothing: to start them is somebody else's decision.
func TestBalanceRefusesPumpsAtRest(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 5, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	n.Sources[0].Speed = 0
	if code, _, errs := command(t, "balance", save(t, n)); code != exitUsage || !strings.Contains(errs, "pump speed") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestBalanceRefusesASourceThatHoldsAFlow(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 5, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	n.Sources[0].Control, n.Sources[0].Flow = models.ControlFlow, 300
	if code, _, errs := command(t, "balance", save(t, n)); code != exitUsage || !strings.Contains(errs, "pump speed") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
