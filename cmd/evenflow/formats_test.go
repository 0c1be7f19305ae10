package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/models/netfile"
	"evenflow/solver"
)

// waterFile is a small EPANET file: a tank, a pump, two pipes that share an
// id with a node, a rule and a pressure that a control waits for.
const waterFile = `[TITLE]
Waterworks
[JUNCTIONS]
1 10 20
2 12 10
[RESERVOIRS]
R 5
[TANKS]
T 40 3 1 9 12
[PIPES]
1 1 2 800 200 0.1
2 2 T 500 200 0.1
[PUMPS]
P R 1 HEAD c
[CURVES]
c 40 45
[CONTROLS]
LINK P CLOSED IF NODE 2 ABOVE 90
[RULES]
RULE 1
IF TANK T LEVEL ABOVE 8
THEN PUMP P STATUS IS CLOSED
[OPTIONS]
UNITS LPS
HEADLOSS D-W
[END]
`

func saveText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSolveINP(t *testing.T) {
	path := saveText(t, "w.inp", waterFile)
	code, out, errs := command(t, "solve", "--json", path)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	flow := map[string]float64{}
	for _, p := range r.Pipes {
		flow[p.ID] = p.Flow
		if math.Abs(p.InC-20) > 1e-9 {
			t.Errorf("pipe %s at %g degC", p.ID, p.InC)
		}
	}
	// Water has 1000 kg/m3: 10 L/s are left at node 2 between the two pipes.
	if d := flow["1_pipe"] - flow["2_pipe"]; math.Abs(d-10) > 1e-6 {
		t.Errorf("flows %v", flow)
	}
	for _, l := range r.Lost {
		if l.Matters {
			t.Errorf("solve obeys what it can: %+v", l)
		}
	}
	if len(r.Lost) != 4 || !strings.Contains(errs, "without effect on this result: tank, id, rules;") {
		t.Errorf("not carried over: %+v\n%s", r.Lost, errs)
	}
	if code, _, errs := command(t, "solve", saveText(t, "bad.inp", "[PIPES]\nP A B\n")); code != exitUsage || !strings.Contains(errs, "line 2: pipe P: [PIPES]: node \"A\" does not exist") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestSolveActs: a control by pressure acts within the calculation; two that
// contradict each other are named.
func TestSolveActs(t *testing.T) {
	flows := func(control string) (float64, int, string) {
		text := strings.Replace(waterFile, "[CONTROLS]\n", "[CONTROLS]\n"+control+"\n", 1)
		code, out, errs := command(t, "solve", "--json", saveText(t, "w.inp", text))
		var r solveReport
		if code == exitOK {
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatal(err)
			}
			return r.Pipes[1].Flow, code, errs
		}
		return 0, code, errs
	}
	if f, code, errs := flows("LINK 2 CLOSED IF NODE 1 ABOVE 20"); code != exitOK || f != 0 {
		t.Errorf("pipe 2 carries %g kg/s, exit code %d: %s", f, code, errs)
	}
	if _, code, errs := flows("LINK 2 CLOSED IF NODE 1 ABOVE 20\nLINK 2 OPEN IF NODE 1 ABOVE 10"); code != exitFailed || !strings.Contains(errs, "acts without end") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestConvertINP goes to the native format and back; both files solve alike.
func TestConvertINP(t *testing.T) {
	dir := t.TempDir()
	native, back, again := filepath.Join(dir, "w.json"), filepath.Join(dir, "back.inp"), filepath.Join(dir, "again.inp")
	path := saveText(t, "w.inp", waterFile)
	code, out, errs := command(t, "convert", path, native)
	if code != exitOK || !strings.Contains(out, "written from EPANET INP: 4 junctions, 2 pipes, 1 pump, 0 sources, 0 stations") || !strings.Contains(out, "it matters: line 18") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	n, err := netfile.ReadFile(native)
	if err != nil || !n.Open || n.Pipes[0].ID != "1_pipe" || math.Abs(n.Junctions[3].FixedPressure.Value-3*1000*9.80665) > 1e-6 {
		t.Fatalf("%v %+v", err, n)
	}
	if code, out, errs := command(t, "convert", native, back); code != exitOK || strings.Contains(out, "not carried") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if code, out, errs := command(t, "convert", "--json", path, again); code != exitOK || !strings.Contains(out, `"not_carried": []`) {
		t.Fatalf("a file that is written again loses nothing; exit code %d: %s%s", code, out, errs)
	}
	if text, _ := os.ReadFile(again); !strings.Contains(string(text), "THEN PUMP P STATUS IS CLOSED") {
		t.Error("the rule is gone")
	}
	flow := func(path string) float64 {
		_, out, _ := command(t, "solve", "--json", path)
		var r solveReport
		if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Pipes) != 2 {
			t.Fatalf("%s: %v", path, err)
		}
		return r.Pipes[1].Flow
	}
	want := flow(path)
	if b, a := flow(back), flow(again); math.Abs(b-want) > 1e-6 || math.Abs(a-want) > 1e-6 {
		t.Errorf("pipe 2 carries %g, %g and %g kg/s", want, b, a)
	}
}

// TestConvertTownToINP: what a district-heating network loses is said.
func TestConvertTownToINP(t *testing.T) {
	out := filepath.Join(t.TempDir(), "town.inp")
	code, text, errs := command(t, "convert", formats+"/town.json", out)
	if code != exitOK || !strings.Contains(text, "temperatures and heat") {
		t.Fatalf("exit code %d: %s%s", code, text, errs)
	}
	if code, text, errs := command(t, "solve", out); code != exitOK || !strings.Contains(text, "PS1") {
		t.Errorf("exit code %d: %s%s", code, text, errs)
	}
}

func TestPandapipes(t *testing.T) {
	path := saveText(t, "pp.json", examples.PandapipesTown)
	code, out, errs := command(t, "solve", "--json", path)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Stations) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	s := r.Stations[0]
	if math.Abs(s.HeatW-1e5) > 1 || math.Abs(s.SupplyC-s.ReturnC-30) > 1e-3 || math.Abs(s.Flow-1e5/4190/30) > 0.01 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(errs, "names no friction model") {
		t.Errorf("not told: %s", errs)
	}
	rough := strings.Replace(examples.PandapipesTown, `"fluid"`, `"user_pf_options": {"friction_model": "nikuradse"}, "fluid"`, 1)
	if in, ps := decodePandapipes([]byte(rough)); in == nil || in.options.Friction != solver.NikuradseSum || len(solved(in.lost)) != len(in.lost)-1 {
		t.Errorf("the file's friction model: %v", ps)
	}
	native := filepath.Join(t.TempDir(), "n.json")
	if code, out, errs := command(t, "convert", path, native); code != exitOK || !strings.Contains(out, "written from pandapipes JSON: 4 junctions, 2 pipes, 1 source, 1 station") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if n, err := netfile.ReadFile(native); err != nil || n.Junctions[0].Side != models.SideSupply {
		t.Errorf("%v", err)
	}
	if code, _, errs := command(t, "solve", saveText(t, "bad.json", strings.Replace(examples.PandapipesTown, "[[3,0,6", "[[9,0,6", 1))); code != exitUsage || !strings.Contains(errs, "junction 9 does not exist") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// A city of 6,000 pipes from pandapipes is read and solved in a moment, and every
// consumer gets its heat; where rows are wrong, all of them are told at once, each
// with the column that it stands in.
func TestPandapipesCity(t *testing.T) {
	path := saveText(t, "city.json", examples.PandapipesCity(60, 50, nil))
	begin := time.Now()
	code, out, errs := command(t, "solve", "--json", "--audit", path)
	if took := time.Since(begin); code != exitOK || took > 20*time.Second {
		t.Fatalf("exit code %d after %s: %s", code, took, errs)
	}
	var r solveReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Stations) != 3000 || len(r.Pipes) != 6120 || r.Solution.Iterations > 15 {
		t.Fatalf("%v: %d stations, %d pipes, %+v", err, len(r.Stations), len(r.Pipes), r.Solution)
	}
	for i := range r.Stations {
		if s := &r.Stations[i]; math.Abs(s.HeatW-5e4) > 1 || math.Abs(s.ReturnC-50) > 1e-3 {
			t.Fatalf("%+v", s)
		}
	}
	bad := examples.PandapipesCity(60, 50, func(row int, cells []any) {
		switch row {
		case 17:
			cells[2] = -1
		case 99:
			cells[0] = 99999
		case 1200:
			cells[4] = "rough"
		case 4321:
			cells[3] = 0
		case 6119:
			cells[4] = 5000
		}
	})
	code, out, errs = command(t, "check", saveText(t, "bad.json", bad))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitUsage {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for i, want := range []string{"pipe p99: from_junction: junction 99999 does not exist", "pipe 1200: k_mm: is rough where a number", "pipe p17: length_m: is -1000, must", "pipe p4321: inner_diameter_m: is 0, must", "pipe p6119: roughness_mm: is 5000 mm, must"} {
		if len(lines) != 6 || !strings.HasPrefix(lines[i], want) {
			t.Errorf("want %q:\n%s", want, out)
		}
	}
}
