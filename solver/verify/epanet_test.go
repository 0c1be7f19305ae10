package verify

import (
	"fmt"
	"strings"
	"testing"
)

// laminarFile is one narrow pipe: at this flow it is laminar, and its loss is
// h = 128 nu L Q / (pi g d^4) with g = 32.2 ft/s2 and nu = 1.1e-5 ft2/s.
const laminarFile = `[JUNCTIONS]
A 2 0.005
[RESERVOIRS]
R 10
[PIPES]
A R A 100 20 0.1
[OPTIONS]
UNITS LPS
HEADLOSS D-W
`

// laminarLoss redoes it in feet and ft3/s, with EPANET's 28.317 L to the foot.
func laminarLoss() float64 {
	const foot = 0.3048
	q, l, d := 0.005/28.317, 100/foot, 0.02/foot
	return 128 * 1.1e-5 * l * q / (3.141592653589793 * 32.2 * pow(d, 4)) * foot
}

func waterReference(head, demand, flow float64) string {
	return fmt.Sprintf(`{"source": "one.inp", "variant": "tight", "nodes": {"id": ["A", "R"], "type": ["JUNCTION", "RESERVOIR"]}, "links": {"id": ["A"]},
 "periods": [{"max_head_error_m": 1e-9, "max_flow_change_lps": 1e-9, "head": [%.12g, 10], "demand": [%.12g, %.12g], "flow": [%.12g]}]}`, head, demand, -demand, flow)
}

func TestWaterNetwork(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "epanet/inp/one.inp", laminarFile)
	head := 10 - laminarLoss()
	verify := func(ref string) Line {
		t.Helper()
		put(t, dir, "epanet/ref/one.json", ref)
		return verifyDir(t, dir).Lines[0]
	}
	if l := verify(waterReference(head, 0.005, 0.005)); l.Outcome != Passed || len(l.Deviations) != 3 || l.Deviations[0].Value > 1e-6 {
		t.Fatalf("%+v", l)
	}
	for what, ref := range map[string]string{
		"head":                     waterReference(head+2e-4, 0.005, 0.005),
		"demand":                   waterReference(head, 0.0075, 0.005),
		"flow":                     waterReference(head, 0.005, -0.005),
		"value for every":          strings.Replace(waterReference(head, 0.005, 0.005), `"flow": [0.005]`, `"flow": []`, 1),
		`node "B"`:                 strings.Replace(waterReference(head, 0.005, 0.005), `["A", "R"]`, `["B", "R"]`, 1),
		"no period":                `{"source": "one.inp"}`,
		"looked for inp/none.inp,": strings.Replace(waterReference(head, 0.005, 0.005), "one.inp", "none.inp", 1),
	} {
		if l := verify(ref); l.Outcome != Failed || !strings.Contains(l.Reason, what) {
			t.Errorf("%s: %+v", what, l)
		}
	}
}

// TestWaterNetworkBeyond: what the network cannot say is named.
func TestWaterNetworkBeyond(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "epanet/inp/one.inp", laminarFile+"[PIPES]\nP R A 5 20 0.1 CLOSED\n[LEAKAGE]\nP 5 0.1\n")
	put(t, dir, "epanet/ref/one.json", waterReference(9, 0.005, 0.005))
	if l := verifyDir(t, dir).Lines[0]; l.Outcome != NotCovered || !strings.Contains(l.Reason, "leak") {
		t.Errorf("%+v", l)
	}
}

// TestWaterNetworkIslands: nodes without a way to a fixed head are counted.
func TestWaterNetworkIslands(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "epanet/inp/one.inp", laminarFile+"[JUNCTIONS]\nB 0\n[PIPES]\nP A B 5 20 0.1 CLOSED\n")
	ref := waterReference(10-laminarLoss(), 0.005, 0.005)
	for old, with := range map[string]string{`["A", "R"]`: `["A", "R", "B"]`, `"RESERVOIR"`: `"RESERVOIR", "JUNCTION"`, `["A"]`: `["A", "P"]`, "10],": "10, -99],", "-0.005]": "-0.005, 0]", `"flow": [0.005]`: `"flow": [0.005, 0]`} {
		ref = strings.Replace(ref, old, with, 1)
	}
	put(t, dir, "epanet/ref/one.json", ref)
	if l := verifyDir(t, dir).Lines[0]; l.Outcome != Passed || !strings.Contains(l.Note, "fixed head: 1") {
		t.Errorf("%+v", l)
	}
}

// TestWaterNetworkActs: a control by pressure acts within the calculation.
func TestWaterNetworkActs(t *testing.T) {
	dir := t.TempDir()
	// A second, open pipe beside the first is shut as soon as the pressure at A
	// is known to be above 7 m.
	put(t, dir, "epanet/inp/one.inp", laminarFile+"[PIPES]\nB R A 100 20 0.1\n[CONTROLS]\nLINK B CLOSED IF NODE A ABOVE 7\n")
	ref := waterReference(10-laminarLoss(), 0.005, 0.005)
	ref = strings.Replace(strings.Replace(ref, `["A"]`, `["A", "B"]`, 1), `"flow": [0.005]`, `"flow": [0.005, 0]`, 1)
	put(t, dir, "epanet/ref/one.json", ref)
	if l := verifyDir(t, dir).Lines[0]; l.Outcome != Passed {
		t.Errorf("%+v", l)
	}
	put(t, dir, "epanet/inp/one.inp", laminarFile+"[CONTROLS]\nLINK A CLOSED IF NODE A ABOVE 7\nLINK A OPEN IF NODE A ABOVE 6\n")
	put(t, dir, "epanet/ref/one.json", waterReference(10-laminarLoss(), 0.005, 0.005))
	if l := verifyDir(t, dir).Lines[0]; l.Outcome != Failed || !strings.Contains(l.Reason, "without end") {
		t.Errorf("%+v", l)
	}
}
