package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/models/netfile"
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
