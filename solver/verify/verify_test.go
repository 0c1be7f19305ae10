package verify

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// put writes a file below dir.
func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func verifyDir(t *testing.T, dir string) *Report {
	t.Helper()
	r, err := Run(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ladder writes the five-user ladder by series and parallel resistances.
func ladder(t *testing.T, dir string, spoil float64) {
	mains := [5]float64{0.24, 0.375, 2.0 / 3, 1.5, 6}
	users := [5]float64{34, 28, 22, 16, 10}
	put(t, dir, "five_user_ladder.json", `{"segment_pair_resistance_Pa_per_tph2": [0.24, 0.375, 0.6666666666666666, 1.5, 6], "user_resistance_Pa_per_tph2": [34, 28, 22, 16, 10]}`)
	table := "case,G\n"
	row := func(name string, users [5]float64, closed int) {
		flow, drop, total := ladderFlows(mains, users, closed)
		table += fmt.Sprintf("%s,%.9f", name, total*spoil)
		for k := range 5 {
			table += fmt.Sprintf(",%.9f", flow[k])
		}
		table += ",1,1,1,1,1"
		for k := range 5 {
			table += fmt.Sprintf(",%.9f", drop[k])
		}
		table += "\n"
	}
	row("design", users, 0)
	row("close user 3", users, 3)
	row("close user 1", users, 1)
	row("close user 5", users, 5)
	row("users at equal minimum resistance", [5]float64{10, 10, 10, 10, 10}, 0)
	put(t, dir, "five_user_ladder.csv", table)
}

// ladderFlows solves a ladder in closed form: resistances of parallel
// branches add as 1/sqrt(S).
func ladderFlows(mains, users [5]float64, closed int) (flow, drop [5]float64, total float64) {
	conductance := func(s float64) float64 { return 1 / sqrt(s) }
	var behind [6]float64 // conductance of everything from segment k on
	for k := 4; k >= 0; k-- {
		c := behind[k+1]
		if k+1 != closed {
			c += conductance(users[k])
		}
		if c > 0 {
			behind[k] = conductance(mains[k] + 1/(c*c))
		}
	}
	p := 400e3
	for k := range 5 {
		through := behind[k] * sqrt(p)
		if k == 0 {
			total = through
		}
		p -= mains[k] * through * through
		drop[k] = p
		if k+1 != closed {
			flow[k] = conductance(users[k]) * sqrt(p)
		}
	}
	return flow, drop, total
}

func TestLadderPassesAndFails(t *testing.T) {
	dir := t.TempDir()
	ladder(t, dir, 1)
	if r := verifyDir(t, dir); r.Passed != 1 || r.Failed != 0 {
		t.Fatalf("%+v", r.Lines)
	}
	ladder(t, dir, 1.00001)
	r := verifyDir(t, dir)
	if r.Failed != 1 || !strings.Contains(r.Lines[0].Reason, "flow") {
		t.Errorf("a total flow that is wrong by 1e-5 was not noticed: %+v", r.Lines)
	}
}

const bmstu = `link,S_m_per_m3h2,published_Qref_m3h,own_solution_m3h
2,8.41e-06,1264.15,1264.15442
3,8.41e-06,759.27,759.26972
4,8.41e-06,376.78,376.77593
5,8.41e-06,-1164.15,-1164.15442
8,0.00055,404.88,404.88471
`

func TestBMSTU(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "textbook/bmstu_leak_network.csv", bmstu)
	if r := verifyDir(t, dir); r.Passed != 1 {
		t.Errorf("%+v", r.Lines)
	}
	put(t, dir, "textbook/bmstu_leak_network.csv", strings.Replace(bmstu, "404.88471", "404.88482", 1))
	if r := verifyDir(t, dir); r.Failed != 1 || !strings.Contains(r.Lines[0].Reason, "L8") {
		t.Errorf("%+v", r.Lines)
	}
}

// pipeCase is one pipe of constant water: 3 kg/s through 100 m of 0.1 m at
// k = 0.2 mm. The expected drop is computed by hand in handDrop.
func pipeCase(pressure string) string {
	return `{"schema": "dh-case/1", "id": "pipe", "title": "pipe",
 "options": {"mode": "hydraulics", "friction_model": "swamee-jain", "ambient_temperature_k": 283.15, "gravity_m_per_s2": 9.81},
 "fluid": {"density_kg_per_m3": {"kind": "constant", "value": 1000}, "viscosity_pa_s": {"kind": "constant", "value": 0.001}, "heat_capacity_j_per_kg_k": {"kind": "constant", "value": 4180}},
 "nodes": [{"id": 0, "height_m": 0, "t_init_k": 293.15}, {"id": 1, "height_m": 0, "t_init_k": 293.15}],
 "pipes": [{"id": 0, "from": 0, "to": 1, "length_m": 100, "inner_diameter_m": 0.1, "outer_diameter_m": 0.1, "roughness_mm": 0.2, "zeta": 0, "u_w_per_m2k": 0, "t_ambient_k": 283.15, "sections": 1}],
 "pressure_sources": [{"id": 0, "node": 0, "fixes": "pt", "p_bar": 5, "t_k": 293.15}],
 "sinks": [{"id": 0, "node": 1, "mdot_kg_per_s": 3}],
 "results": {"program": "by hand", "converged": true, "nodes": [{"id": 0, "p_bar": 5}, {"id": 1, "p_bar": ` + pressure + `}], "pipes": [{"id": 0, "mdot_kg_per_s": 3}]},
 "references": [{"program": "STANET", "nodes": [{"id": 1, "p_bar": 4.98}], "pipes": [{"id": 0, "v_m_per_s": 0.382}]}]}`
}

func handDrop() float64 { // bar
	const re, rel, area = 4 * 3 / (3.141592653589793 * 0.1 * 0.001), 0.002, 3.141592653589793 / 4 * 0.01
	l := 0.25 / square(log10(rel/3.7+5.74/pow(re, 0.9)))
	return l * 100 / 0.1 * 9 / (2 * 1000 * area * area) / 1e5
}

func TestDHCase(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "dh/pipe.json", pipeCase(fmt.Sprintf("%.12f", 5-handDrop())))
	r := verifyDir(t, dir)
	if r.Passed != 1 || r.Lines[0].Case != "dh/pipe" || len(r.Lines[0].Defaults) == 0 {
		t.Fatalf("%+v", r.Lines)
	}
	put(t, dir, "dh/pipe.json", pipeCase(fmt.Sprintf("%.12f", 5-handDrop()+2e-5)))
	if r := verifyDir(t, dir); r.Failed != 1 || !strings.Contains(r.Lines[0].Reason, "p 2 Pa of 1 at n1") {
		t.Errorf("2 Pa beside the reference: %+v", r.Lines)
	}
	put(t, dir, "dh/pipe.json", strings.Replace(pipeCase("4.98"), `"to": 1`, `"to": 7`, 1))
	if r := verifyDir(t, dir); r.Failed != 1 || !strings.Contains(r.Lines[0].Reason, "node 7 does not exist") {
		t.Errorf("a spoilt case: %+v", r.Lines)
	}
}

func TestWhatIsNotCoveredIsListed(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "epanet/ref/net1.json", `{"source": "net1.inp", "variant": "eps", "periods": [{}]}`)
	put(t, dir, "measured/PipeData.mos", "x")
	put(t, dir, "destest/results/IBPSA_Network_1.csv", "x")
	put(t, dir, "dh-transient/step.json", `{"schema": "dh-case/1", "transient": {"dt_s": 60}}`)
	put(t, dir, "notes/other.json", `{"a": 1}`)
	put(t, dir, "README.md", "text")
	r := verifyDir(t, dir)
	if r.NotCovered != 4 || len(r.Lines) != 4 {
		t.Errorf("%+v", r.Lines)
	}
	var out bytes.Buffer
	r.Summary(&out)
	text := out.String()
	if !strings.HasSuffix(text, "0 passed, 0 failed, 0 known differences, 4 not covered\n") {
		t.Errorf("last line of\n%s", text)
	}
	for _, want := range []string{"not covered: epanet/ref/net1: ", "step: a temperature step", "PipeData: a measured"} {
		if !strings.Contains(text, want) {
			t.Errorf("summary does not say %q:\n%s", want, text)
		}
	}
}

func TestNothingToVerify(t *testing.T) {
	dir := t.TempDir()
	if _, err := Run(context.Background(), dir, nil); err == nil {
		t.Error("an empty folder was verified")
	}
	if _, err := Run(context.Background(), filepath.Join(dir, "none"), nil); err == nil {
		t.Error("a folder that does not exist was verified")
	}
}

func TestPhysicsTables(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "water_if97.csv", "p,t,rho,mu,cp\n1.6,70,978.5,0.000404,4185\n0.3,70,1,1,1\n")
	put(t, dir, "colebrook_reference.csv", "re,rel,lambda\n4000,0,3.990701405563490e-02\n")
	put(t, dir, "saturation.csv", "t,p\n100,101418\n20,1\n")
	r := verifyDir(t, dir)
	if len(r.Lines) != 3 || r.Lines[0].Outcome != Passed || r.Lines[1].Outcome != Passed {
		t.Errorf("%+v", r.Lines)
	}
	put(t, dir, "saturation.csv", "t,p\n100,102000\n")
	if r := verifyDir(t, dir); r.Failed != 1 {
		t.Errorf("a saturation pressure that is 0.6 %% wrong was not noticed: %+v", r.Lines)
	}
}
