package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/models/netfile"
)

var update = flag.Bool("update", false, "write the golden files anew")

const formats = "../../testdata/formats"

// golden compares with a file under testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s\nwant\n%s", name, got, want)
	}
}

// spoilt writes the town with replacements and returns the file.
func spoilt(t *testing.T, old, replacement string) string {
	t.Helper()
	data, err := os.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%q is not in the town", old)
	}
	path := filepath.Join(t.TempDir(), "network.json")
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, replacement, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// save writes a network to a file of its own.
func save(t *testing.T, n *models.Network) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "network.json")
	if err := writeNetwork(path, n); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckSaysWhatIsThere(t *testing.T) {
	code, out, errs := command(t, "check", formats+"/town.json")
	if code != exitOK || errs != "" {
		t.Errorf("exit code %d, %s", code, errs)
	}
	golden(t, "check-town.txt", out)
}

// The bad inputs that must be refused with element, place, reason and remedy.
func TestBadNetworksAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"unknown junction", `"from": "S1", "to": "R1"`, `"from": "S9", "to": "R1"`, []string{"line 21", "station ST1", "from", `junction "S9" does not exist`, "add the junction"}},
		{"zero diameter", `"inner_diameter_m": 0.2101, "outer`, `"inner_diameter_m": 0, "outer`, []string{"line 14", "pipe PS1", "inner_diameter_m", "must be above 0", "give the inner diameter"}},
		{"duplicate id", `{"id": "R1"`, `{"id": "HS"`, []string{"line 18", "source HS", "used twice", "rename"}},
		{"unknown field", `"zeta": 1.5`, `"zetta": 1.5`, []string{"line 14", "pipe PS1", "zetta", "did you mean zeta"}},
		{"two holds", `"draw_kg_per_s": 0.05`, `"fixed_pressure_pa": 200000`, []string{"line 11", "junction R1", "2 pressure holds in one closed component: R0, R1", "keep one"}},
		{"no hold", `, "fixed_pressure_pa": 300000`, ``, []string{"no pressure hold at all", "give fixed_pressure_pa"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := spoilt(t, c.old, c.new)
			for _, verb := range [][]string{{"check", path}, {"solve", path}, {"convert", path, filepath.Join(t.TempDir(), "out.json")}, {"bench", path}} {
				code, out, errs := command(t, verb...)
				if code != exitUsage {
					t.Errorf("%s: exit code %d, want 2", verb[0], code)
				}
				for _, want := range c.want {
					if !strings.Contains(out+errs, want) {
						t.Errorf("%s does not say %q:\n%s%s", verb[0], want, out, errs)
					}
				}
			}
		})
	}
}

func TestTruncatedFile(t *testing.T) {
	data, err := os.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "half.json")
	if err := os.WriteFile(path, data[:len(data)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.json")
	code, _, errs := command(t, "convert", path, out)
	if code != exitUsage || !strings.Contains(errs, "cut off") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written all the same")
	}
}

func TestCheckJSON(t *testing.T) {
	code, out, _ := command(t, "check", "--json", spoilt(t, `"zeta": 1.5`, `"zetta": 1.5`))
	var r checkReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitUsage || r.OK || len(r.Problems) != 1 || r.Problems[0].Line != 14 || r.Problems[0].Element != "PS1" {
		t.Errorf("exit code %d, %v, %+v", code, err, r)
	}
}

// The ladder's flows and differentials are known in closed form.
func TestSolveLadder(t *testing.T) {
	code, out, errs := command(t, "solve", "--json", save(t, examples.FiveUserLadder()))
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Stations) != 5 || len(r.Pipes) != 10 || len(r.Junctions) != 12 {
		t.Fatalf("%d stations, %d pipes, %d junctions", len(r.Stations), len(r.Pipes), len(r.Junctions))
	}
	for k, s := range r.Stations {
		if math.Abs(s.Flow*3.6-100) > 1e-4 || math.Abs(s.DifferentialPa-(400e3-60e3*float64(k+1))) > 1 {
			t.Errorf("%s: %.6f t/h at %.3f Pa", s.ID, s.Flow*3.6, s.DifferentialPa)
		}
	}
	code, out, _ = command(t, "solve", "--rows", "2", save(t, examples.FiveUserLadder()))
	for _, want := range []string{"Sources", "Stations, worst first (5)", "… 3 more", "Pipes, steepest first (10)", "residuals"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d; the table does not say %q:\n%s", code, want, out)
		}
	}
}

func TestSolveWithScenarioAndTables(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tables")
	code, out, errs := command(t, "solve", formats+"/town.json", "--scenario", formats+"/town-scenario.json", "--outdoor", "-2", "--supply", "105", "--csv", dir, "--json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	s := r.Stations[0]
	if r.OutdoorC == nil || *r.OutdoorC != -2 || s.Opening == nil || *s.Opening != 0.475 || s.X == nil || s.SupplyC > 105 || s.SupplyC < 100 {
		t.Errorf("outdoor %v, station %+v", r.OutdoorC, s)
	}
	for _, name := range []string{"stations.csv", "pipes.csv", "junctions.csv", "margins.csv", "sources.csv"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.HasPrefix(data, []byte("\ufeff")) || bytes.Count(data, []byte("\n")) < 2 {
			t.Errorf("%s: %v, %d bytes", name, err, len(data))
		}
	}
}

func TestBadScenario(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.json")
	text := `{"format": "evenflow-scenario/1", "changes": [
 {"element": "ST1", "attribute": "opening", "op": "set", "value": 1.5},
 {"element": "ST7", "attribute": "opening", "op": "set", "value": 0.5}]}`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, "solve", formats+"/town.json", "--scenario", path)
	for _, want := range []string{"2 problems", "line 2: station ST1", "line 3: ST7"} {
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("exit code %d, error does not say %q:\n%s", code, want, errs)
		}
	}
	if code, _, errs = command(t, "solve", formats+"/town.json", "--supply", "500"); code != exitUsage || !strings.Contains(errs, "HS") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// cutLadder is the five-user ladder with users 3 to 5 behind closed valves.
func cutLadder() *models.Network {
	n := examples.FiveUserLadder()
	n.Valves = []models.Valve{
		{Branch: models.Branch{ID: "V-s", From: "S2", To: "S3"}, Side: models.SideSupply, Zeta: 1, InnerDiameter: 0.3, Sectioning: true},
		{Branch: models.Branch{ID: "V-r", From: "R3", To: "R2"}, Side: models.SideReturn, Zeta: 1, InnerDiameter: 0.3, Sectioning: true},
	}
	for i := range n.Pipes {
		if n.Pipes[i].ID == "PS3" || n.Pipes[i].ID == "PR3" {
			n.Pipes[i].OutOfService = true
		}
	}
	return n
}

// A closed valve that cuts a part off is an answer: the rest is solved, the
// island named with its valve, exit code 3.
func TestIslands(t *testing.T) {
	n := cutLadder()
	code, out, errs := command(t, "solve", save(t, n))
	if code != exitIslands || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"Cut off", "U3, U4, U5", "V-s", " 0.000  cut off\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "-0.00") {
		t.Errorf("a flow of 0 has a sign:\n%s", out)
	}
	code, out, _ = command(t, "solve", "--json", save(t, n))
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitIslands || len(r.Islands) == 0 || r.Stations[0].Flow < 20 {
		t.Errorf("exit code %d, %v, islands %+v", code, err, r.Islands)
	}
}

const consumers = `{"schema": "dh-case/1", "id": "two", "title": "Two consumers",
 "options": {"mode": "bidirectional", "friction_model": "colebrook", "ambient_temperature_k": 283.15, "gravity_m_per_s2": 9.81},
 "fluid": {"density_kg_per_m3": {"kind": "constant", "value": 980}, "viscosity_pa_s": {"kind": "constant", "value": 0.0005}, "heat_capacity_j_per_kg_k": {"kind": "constant", "value": 4190}},
 "nodes": [{"id": 0, "height_m": 0, "t_init_k": 350, "x": 0, "y": 0}, {"id": 1, "height_m": 1, "t_init_k": 350, "x": 100, "y": 0}, {"id": 2, "height_m": 2, "t_init_k": 350, "x": 200, "y": 0},
  {"id": 3, "height_m": 0, "t_init_k": 320}, {"id": 4, "height_m": 1, "t_init_k": 320}, {"id": 5, "height_m": 2, "t_init_k": 320}],
 "pipes": [
  {"id": 0, "from": 0, "to": 1, "length_m": 300, "inner_diameter_m": 0.8, "outer_diameter_m": 0.8, "roughness_mm": 0.1, "u_w_per_m2k": 0.5, "t_ambient_k": 278, "sections": 1},
  {"id": 1, "from": 1, "to": 2, "length_m": 800, "inner_diameter_m": 0.8, "outer_diameter_m": 0.8, "roughness_mm": 0.1, "u_w_per_m2k": 0.5, "t_ambient_k": 278, "sections": 1},
  {"id": 2, "from": 4, "to": 3, "length_m": 300, "inner_diameter_m": 0.8, "outer_diameter_m": 0.8, "roughness_mm": 0.1, "u_w_per_m2k": 0.5, "t_ambient_k": 278, "sections": 1},
  {"id": 3, "from": 5, "to": 4, "length_m": 800, "inner_diameter_m": 0.8, "outer_diameter_m": 0.8, "roughness_mm": 0.1, "u_w_per_m2k": 0.5, "t_ambient_k": 278, "sections": 1}],
 "circ_pumps_pressure": [{"id": 0, "from": 3, "to": 0, "p_flow_bar": 6, "p_lift_bar": 2, "t_flow_k": 363.15}],
 "heat_consumers": [{"id": 0, "from": 1, "to": 4, "qext_w": 500000, "mdot_kg_per_s": 4}, {"id": 1, "from": 2, "to": 5, "qext_w": 300000, "mdot_kg_per_s": 2}],
 "results": {"nodes": [], "pipes": []}}`

// convert --stations makes a network that runs: it checks, solves, is out of
// balance, and says what it assumed.
func TestConvertStations(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "case.json"), filepath.Join(dir, "town.json")
	if err := os.WriteFile(in, []byte(consumers), 0o666); err != nil {
		t.Fatal(err)
	}
	code, text, errs := command(t, "convert", "--stations", "--resize", "100", "--delta-t", "35", in, out)
	if code != exitOK || !strings.Contains(text, "2 stations designed for 21.60 t/h; 4 pipes resized") || !strings.Contains(text, "critical station hc1") {
		t.Fatalf("exit code %d: %s%s", code, text, errs)
	}
	n, err := netfile.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	s := n.Stations[0]
	if s.DesignFlow != models.Some(4) || s.Opening != 0.8 || len(s.Assumed) == 0 || n.Junctions[4].X != models.Some(100) || n.Pipes[0].DN != 80 && n.Pipes[0].DN != 100 {
		t.Errorf("station %+v, junction %+v, DN%d", s, n.Junctions[4], n.Pipes[0].DN)
	}
	if code, text, errs = command(t, "solve", out); code != exitOK {
		t.Errorf("the designed town does not solve: exit code %d\n%s%s", code, text, errs)
	}
	if code, _, errs = command(t, "convert", "--resize", "100", in, out); code != exitUsage || !strings.Contains(errs, "belong to --stations") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if code, _, errs = command(t, "convert", "--stations", "--delta-t", "90", in, out); code != exitUsage || !strings.Contains(errs, "smaller temperature drop") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// What is read from a canonical file is written byte for byte.
func TestConvertNativeIsIdentity(t *testing.T) {
	out := filepath.Join(t.TempDir(), "copy.json")
	if code, _, errs := command(t, "convert", formats+"/town.json", out); code != exitOK {
		t.Fatal(errs)
	}
	a, _ := os.ReadFile(formats + "/town.json")
	b, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the copy differs (%v):\n%s", err, b)
	}
}

func TestVerifyVerb(t *testing.T) {
	dir := t.TempDir()
	write := func(heat string) {
		text := "link,S,published,own\n2,8.41e-06,1264.15," + heat + "\n"
		if err := os.WriteFile(filepath.Join(dir, "bmstu_leak_network.csv"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("1264.15442")
	code, out, errs := command(t, "verify", dir)
	if code != exitOK || !strings.HasSuffix(out, "1 passed, 0 failed, 0 known differences, 0 not covered\n") {
		t.Errorf("exit code %d:\n%s%s", code, out, errs)
	}
	write("1264.2")
	if code, out, _ = command(t, "verify", dir); code != exitFailed || !strings.Contains(out, "FAILED") || !strings.HasSuffix(out, "0 passed, 1 failed, 0 known differences, 0 not covered\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	var r struct {
		Failed int
		Cases  []struct{ Case, Outcome string }
	}
	code, out, _ = command(t, "verify", "--json", dir)
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitFailed || r.Failed != 1 || r.Cases[0].Outcome != "failed" {
		t.Errorf("exit code %d, %v, %+v", code, err, r)
	}
	if code, _, errs = command(t, "verify", filepath.Join(dir, "none")); code != exitUsage || errs == "" {
		t.Errorf("exit code %d for a folder that does not exist: %s", code, errs)
	}
}

func TestBench(t *testing.T) {
	code, out, errs := command(t, "bench", formats+"/town.json", "--nodes", "100,300", "--json", "--runs", "2")
	var r benchReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK || len(r.Networks) != 3 {
		t.Fatalf("exit code %d, %v, %+v %s", code, err, r, errs)
	}
	if n := r.Networks[0]; n.Junctions != 4 || n.Branches != 4 || n.Asked != 0 {
		t.Errorf("%+v", n)
	}
	for _, n := range r.Networks {
		if n.Asked > 0 && (n.Junctions < n.Asked*8/10 || n.Junctions > n.Asked*12/10) {
			t.Errorf("a town of %d junctions has %d", n.Asked, n.Junctions)
		}
		if len(n.Modes) != 2 || n.Setup.LeastMs <= 0 || n.Setup.Runs != 2 || n.CompiledBytes == 0 {
			t.Fatalf("%+v", n)
		}
		for _, m := range n.Modes {
			for _, s := range []series{m.Cold, m.ColdTwo, m.Valve, m.Load} {
				if s.LeastMs <= 0 || s.MedianMs < s.LeastMs || s.Solves == 0 || s.Runs != 2 {
					t.Errorf("%s, %s: %+v", n.Name, m.Temperatures, s)
				}
			}
			if (m.Cold.Exchanges > 0) != (m.Temperatures != "hydraulics") || m.WhatIfs <= 0 || m.WhatIfsTwo <= 0 || m.NsPerNode <= 0 || m.Failed != "" || m.WhatIfsFailed != 0 {
				t.Errorf("%s: %+v", n.Name, m)
			}
		}
	}
	code, out, errs = command(t, "bench", "--nodes", "100,10000", "--runs", "1")
	if code != exitOK || !strings.Contains(out, "one valve moved") || !strings.Contains(out, "cost per node and solve") || !strings.Contains(errs, "town of 10,000") {
		t.Errorf("exit code %d: %s\n%s", code, out, errs)
	}
	for _, args := range [][]string{{"bench", "--runs", "-1"}, {"bench", "nowhere.json"}, {"bench", "--nodes", "10"}, {"bench", "--nodes", "10000000"}} {
		if code, _, errs = command(t, args...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

func TestRootAndUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitOK, "Available Commands"},
		{[]string{"help", "exit-codes"}, exitOK, "cut off from every pressure hold"},
		{[]string{"help"}, exitOK, "Available Commands"},
		{[]string{"help", "points", "check"}, exitOK, "point list"},
		{[]string{"help", "nonsense"}, exitUsage, `no help on "nonsense"`},
		{[]string{"help", "points", "chek"}, exitUsage, `no help on "points chek"`},
		{[]string{"version"}, exitOK, "evenflow "},
		{[]string{"version", "--json"}, exitOK, `"go": "go1.`},
		{[]string{"completion", "bash"}, exitOK, "bash completion"},
		{[]string{"solve", "--help"}, exitOK, "--scenario"},
		{[]string{"frobnicate"}, exitUsage, "unknown command"},
		{[]string{"sovle"}, exitUsage, "did you mean solve?"},
		{[]string{"solve"}, exitUsage, "NETWORK is missing"},
		{[]string{"check", "a", "b"}, exitUsage, `"b" is one argument too many`},
		{[]string{"solve", "--nonsense", "x"}, exitUsage, "unknown flag: --nonsense"},
		{[]string{"solve", "--outdoor", "cold", "x"}, exitUsage, "outdoor"},
		{[]string{"check", "nowhere.json"}, exitUsage, "nowhere.json"},
	} {
		code, out, errs := command(t, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}
