package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/examples"
)

// street is a closed circuit of three stations with everything that may go
// wrong: a base and a peak source that are short, a booster beyond its curve, a
// station that asks for more than passes its valve, one whose exchanger passes
// no more, a set point out of reach, and a check valve the wrong way round
// before a third.
func street() *models.Network {
	pipe := func(id, from, to models.ID, side models.Side) models.Pipe {
		return models.Pipe{Branch: models.Branch{ID: id, From: from, To: to}, Side: side, Length: 400, InnerDiameter: 0.2, Roughness: 1e-4, PressureClass: 6e5}
	}
	n := &models.Network{Climate: models.Climate{DesignOutdoor: 268.15, DesignIndoor: 291.15}}
	for _, id := range []models.ID{"0", "1", "2", "3"} {
		z := models.Some(5)
		n.Junctions = append(n.Junctions, models.Junction{ID: "S" + id, Side: models.SideSupply, Elevation: z}, models.Junction{ID: "R" + id, Side: models.SideReturn, Elevation: z})
	}
	n.Junctions[1].FixedPressure = models.Some(0.4e5)
	n.Junctions = append(n.Junctions, models.Junction{ID: "X", Side: models.SideSupply, Elevation: models.Some(5)}, models.Junction{ID: "Y", Side: models.SideReturn, Elevation: models.Some(5)})
	n.Pipes = []models.Pipe{pipe("PS1", "S0", "S1", models.SideSupply), pipe("PR1", "R1", "R0", models.SideReturn),
		pipe("PS2", "S1", "X", models.SideSupply), pipe("PR2", "Y", "R1", models.SideReturn), pipe("PS3", "S3", "S2", models.SideSupply), pipe("PR3", "R3", "R2", models.SideReturn)}
	n.Pipes[4].CheckValve = true
	n.Pumps = []models.Pump{{Branch: models.Branch{ID: "U", From: "X", To: "S2"}, Speed: 1, Control: models.ControlRemote, Differential: 9e5, Remote: []models.ID{"ST2"}, Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 8}, {Flow: 0.001, Head: 7.9}, {Flow: 0.002, Head: 7.6}}}}}
	n.Valves = []models.Valve{{Branch: models.Branch{ID: "V", From: "R2", To: "Y"}, Side: models.SideReturn, Opening: 1, InnerDiameter: 0.2}}
	for i, heat := range []float64{5e6, 9e6, 1e6} {
		id := []models.ID{"1", "2", "3"}[i]
		n.Stations = append(n.Stations, models.Station{Branch: models.Branch{ID: "ST" + id, From: "S" + id, To: "R" + id}, HeatedArea: 40000, HeatIndex: 45,
			Design: models.StationDesign{PrimarySupply: 393.15, PrimaryReturn: 333.15, SecondarySupply: 333.15, SecondaryReturn: 318.15},
			Valve:  models.ControlValve{Kvs: 63, Rangeability: 50}, Opening: 1, FixedResistance: 300,
			Demand: models.Demand{Heat: models.Some(heat), ReturnTemperature: models.Some(333.15)}})
	}
	n.Stations[0].Demand.ReturnTemperature, n.Stations[0].Valve.Kvs, n.Stations[0].FixedResistance = models.Optional{}, 250, 50
	for i, id := range []models.ID{"BASE", "PEAK"} {
		n.Sources = append(n.Sources, models.Source{Branch: models.Branch{ID: id, From: "R0", To: "S0"}, SupplyTemperature: 383.15, Control: models.ControlDifferential,
			Differential: 3.5e5, Merit: i + 1, Capacity: models.Some(2e6)})
	}
	return n
}

// Every failure is an answer with element, value, limit and margin, in text and
// in JSON.
func TestSolveAnswersAboutFailure(t *testing.T) {
	path := save(t, street())
	code, out, errs := command(t, "solve", "--json", path)
	if code != exitIslands {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	broken := map[string]string{}
	for _, m := range r.Margins {
		if m.Margin < 0 {
			broken[m.Limit] = m.Element
			if m.Unit == "" || m.Value == m.Bound {
				t.Errorf("%+v", m)
			}
		}
	}
	for limit, element := range map[models.LimitKind]string{models.LimitHeat: "ST2", models.LimitExchanger: "ST1", models.LimitCapacity: "PEAK", models.LimitHeldPressure: "U",
		models.LimitPumpCurve: "U", models.LimitStaticBoiling: "", models.LimitSubAtmosphere: ""} {
		if got, ok := broken[string(limit)]; !ok || element != "" && got != element {
			t.Errorf("%s: broken at %q, want %q", limit, got, element)
		}
	}
	if len(r.Islands) != 1 || !r.Islands[0].Unfed || !slices.Equal(r.Islands[0].OneWay, []models.ID{"PS3"}) || !slices.Equal(r.Islands[0].Stations, []models.ID{"ST3"}) {
		t.Errorf("%+v", r.Islands)
	}
	by := map[string]string{}
	for _, x := range r.Stations {
		by[x.ID] = x.ShortBy
	}
	if by["ST2"] != "valve" && by["ST2"] != "differential" || by["ST1"] != "exchanger" || by["ST3"] != "cut_off" {
		t.Errorf("short by %v", by)
	}
	if len(r.Sources) != 2 || r.Sources[0].Stage != "at_limit" || r.Sources[1].Stage != "regulating" || len(r.Pumps) != 1 || r.Pumps[0].Speed <= 0 || len(r.Controls) != 1 || r.Controls[0].Kept {
		t.Errorf("%+v, %+v, %+v", r.Sources, r.Pumps, r.Controls)
	}
	_, out, _ = command(t, "solve", path)
	for _, want := range []string{"Short of heat (3)", "the exchanger passes no more", "cut off", "NOT KEPT", "within the source's capacity", "within the pump curve", "set point held",
		"heat as asked for", "at limit", "Held by valves and pumps", "PS3 let water out only", "Pumps"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not printed:\n%s", want, out)
		}
	}
}

// Where supply and return stand under one pressure is told.
func TestSolveShowsTheZeroPoint(t *testing.T) {
	n := street()
	n.Pipes[4].CheckValve, n.Pumps[0].Control = false, models.ControlSpeed
	n.Sources = n.Sources[:1]
	n.Sources[0].Capacity, n.Sources[0].Differential = models.Optional{}, 2e3
	for i := range n.Pipes {
		n.Pipes[i].Partner = []models.ID{"PR1", "PS1", "PR2", "PS2", "PR3", "PS3"}[i]
	}
	code, out, errs := command(t, "solve", "--json", save(t, n))
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK {
		t.Fatal(code, errs, err)
	}
	if len(r.Zero) == 0 || r.Zero[0].Branch != "PS1" || r.Zero[0].Position <= 0 || r.Zero[0].Position >= 400 {
		t.Errorf("%+v", r.Zero)
	}
	if _, out, _ = command(t, "solve", save(t, n)); !strings.Contains(out, "零压差点") {
		t.Error(out)
	}
	if _, out, _ = command(t, "solve", save(t, examples.FiveUserLadder())); strings.Contains(out, "零压差点") {
		t.Error(out)
	}
}

// What a network engineer looks for stands in the tables: pressures where there
// are no stations, valves, what is held and how, nothing that was filled in
// without a word, and no opening that has no part in the flow.
func TestSolveTables(t *testing.T) {
	water := filepath.Join(t.TempDir(), "water.inp")
	if err := os.WriteFile(water, []byte("[JUNCTIONS]\n东 10 5\n[RESERVOIRS]\nR 50\n[PIPES]\nP R 东 1000 300 120 0 Open\n[OPTIONS]\nUNITS LPS\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := command(t, "solve", water); code != exitOK || !strings.Contains(out, "Junctions, lowest pressure first (2)") || !strings.Contains(out, "18.00") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	n := examples.FiveUserLadder()
	n.Pipes[0].HeatLoss, n.Pipes[0].Insulation, n.Pipes[0].Roughness, n.Pipes[0].Resistance = models.Optional{}, models.Insulation{}, 0, models.Optional{}
	n.Pipes[0].Length, n.Pipes[0].InnerDiameter = 100, 0.2
	code, out, errs := command(t, "solve", save(t, n))
	if code != exitOK || !strings.Contains(errs, "taken as hydraulically smooth") || strings.Contains(out, "stage") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	held := street()
	held.Valves[0].Control, held.Valves[0].Flow = models.LimitFlow, 100
	_, out, _ = command(t, "solve", save(t, held))
	for _, want := range []string{"Valves, largest drop first (1)", "Held by valves and pumps (2)", "  kept      V  ", "  NOT KEPT  U  "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not printed:\n%s", want, out)
		}
	}
	var r solveReport
	if _, out, _ = command(t, "solve", "--json", save(t, held)); json.Unmarshal([]byte(out), &r) != nil {
		t.Fatal(out)
	}
	for _, s := range r.Stations { // their demand says what passes, whatever opening is filed
		if s.Opening != nil && *s.Opening != 1 {
			t.Errorf("%+v", s)
		}
	}
}

// A station whose flow is given shows the opening that it needs, in brackets, or
// why there is none.
func TestSolveShowsTheOpeningNeeded(t *testing.T) {
	flow := func(kg string) string {
		path := filepath.Join(t.TempDir(), "flow.json")
		text := `{"format": "evenflow-scenario/1", "changes": [{"element": "ST1", "attribute": "flow_kg_per_s", "op": "set", "value": ` + kg + `}]}`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for kg, want := range map[string]string{"12": "(73.1)", "32": "no opening: the flow needs more than the open valve passes: 1 station (ST1)", "0": "no opening: nothing passes: 1 station (ST1)"} {
		code, out, errs := command(t, "solve", formats+"/town.json", "--scenario", flow(kg))
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("%s kg/s: exit code %d, %s%s", kg, code, errs, out)
		}
	}
	// Solved with that opening, the flow is that which was given.
	var r solveReport
	_, out, _ := command(t, "solve", formats+"/town.json", "--json", "--scenario", flow("12"))
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Stations[0].Needed == nil || r.Stations[0].Opening != nil {
		t.Fatalf("%v: %+v", err, r.Stations)
	}
	path := filepath.Join(t.TempDir(), "opening.json")
	text := fmt.Sprintf(`{"format": "evenflow-scenario/1", "changes": [{"element": "ST1", "attribute": "opening", "op": "set", "value": %v}]}`, *r.Stations[0].Needed)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var back solveReport
	_, out, _ = command(t, "solve", formats+"/town.json", "--json", "--scenario", path)
	if err := json.Unmarshal([]byte(out), &back); err != nil || math.Abs(back.Stations[0].Flow-12) > 1e-3 {
		t.Errorf("%v: %+v", err, back.Stations)
	}
}
