package verify

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/epanet"
)

// standsFile is a reservoir at 50 m, a pipe to A, the valve V to B, a pipe to C,
// and, where beyond is no NaN, a pipe to a second reservoir of that head.
func standsFile(kind string, setting, beyond, draw float64) string {
	reservoir, pipe := "", ""
	if !math.IsNaN(beyond) {
		reservoir, pipe = fmt.Sprintf("R2 %g\n", beyond), "P3 C R2 100 200 0.1\n"
	}
	return fmt.Sprintf("[JUNCTIONS]\nA 0\nB 0\nC 0 %g\n[RESERVOIRS]\nR 50\n%s[PIPES]\nP1 R A 100 200 0.1\nP2 B C 100 200 0.1\n%s"+
		"[VALVES]\nV A B 200 %s %g 0\n[OPTIONS]\nUnits LPS\nHeadloss D-W\nPressure METERS\n[END]\n", draw, reservoir, pipe, kind, setting)
}

// Every stand of every valve that holds something, beside EPANET's: status, flow
// and head behind the valve are typed from a run of EPANET 2.3 (epanet-js 0.9.0)
// on these files with Accuracy 1e-7 and HeadError 1e-4.
func TestStandsBesideEPANET(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		kind          string
		setting       float64
		beyond, draw  float64
		status        string
		flow, headAtB float64 // L/s, m
	}{
		{"PRV", 10, none, 0, "ACTIVE", 0, 10}, // still water is held as well
		{"PRV", 30, none, 20, "ACTIVE", 20, 30},
		{"PRV", 10, 0, 20, "ACTIVE", 114.570, 10},
		{"PRV", 30, 20, 0, "ACTIVE", 105.035, 30},
		{"PRV", 10, 20, 20, "CLOSED", 0, 19.795}, // others hold more
		{"PRV", 30, 50, 0, "CLOSED", 0, 50},
		{"PRV", 10, 55, 0, "CLOSED", 0, 55},
		{"PRV", 60, none, 0, "OPEN", 0, 50},
		{"PRV", 60, 40, 0, "OPEN", 85.366, 46.667},
		{"PRV", 60, 55, 0, "CLOSED", 0, 55}, // below the set point, and the water would flow back
		{"PRV", 60, 80, 20, "CLOSED", 0, 79.795},
		{"PSV", 10, none, 0, "OPEN", 0, 50},
		{"PSV", 30, 0, 0, "OPEN", 193.705, 33.333},
		{"PSV", 30, 55, 0, "CLOSED", 0, 55},
		{"PSV", 10, 80, 20, "CLOSED", 0, 79.795},
		{"PSV", 60, none, 0, "CLOSED", 0, 50}, // nothing raises the pressure before it
		{"PSV", 60, 20, 20, "CLOSED", 0, 19.795},
		{"PSV", 60, 50, 0, "CLOSED", 0, 50},
		{"PSV", 60, 80, 0, "CLOSED", 0, 80},
		{"FCV", 5, 0, 0, "ACTIVE", 5, 0.032},
		{"FCV", 40, 40, 20, "ACTIVE", 40, 40.973},
		{"FCV", 5, none, 0, "XFCV", 0, 50},
		{"FCV", 400, 20, 20, "XFCV", 155.866, 39.143},
		{"FCV", 40, 49.9, 0, "XFCV", 7.514, 49.967},
	} {
		name := fmt.Sprintf("%s %g, %g beyond, %g drawn", c.kind, c.setting, c.beyond, c.draw)
		file, err := epanet.Read(strings.NewReader(standsFile(c.kind, c.setting, c.beyond, c.draw)))
		if err != nil {
			t.Fatal(name, err)
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil || len(r.Controls) != 1 {
			t.Fatal(name, err, r.Controls)
		}
		if got := r.Controls[0].Stand; got != statuses[c.status] {
			t.Errorf("%s: stand %d, EPANET has %s", name, got, c.status)
		}
		flow := r.Valves[0].Flow / conv.Density * 1e3 / file.Options.Flow.Rounding()
		head := r.Junctions[1].Pressure / (conv.Density * conv.Gravity)
		if math.Abs(flow-c.flow) > 6e-4 || math.Abs(head-c.headAtB) > 6e-4 {
			t.Errorf("%s: %.4f L/s and %.4f m, EPANET has %g and %g", name, flow, head, c.flow, c.headAtB)
		}
	}
}

// EPANET lets water back through an open FCV (59.7815 L/s here, from the same run
// of it), and so does the limiter that stands for it.
func TestFlowBackThroughALimiter(t *testing.T) {
	file, err := epanet.Read(strings.NewReader(standsFile("FCV", 40, 55, 0)))
	if err != nil {
		t.Fatal(err)
	}
	conv, r, err := solveWater(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	flow := r.Valves[0].Flow / conv.Density * 1e3 / file.Options.Flow.Rounding()
	if c := r.Controls[0]; c.Stand != models.WideOpen || c.Backflow || math.Abs(flow+59.7815) > 6e-4 || len(conv.NotCarried) != 0 {
		t.Errorf("%+v, %g L/s, not carried %v", c, flow, conv.NotCarried)
	}
	back, lost := epanet.FromNetwork(conv.Network, epanet.Assumptions{}, 0)
	if v := back.Valves[0]; v.Kind != epanet.FCV || len(lost) != 0 {
		t.Errorf("written as %v, lost %v", v.Kind, lost)
	}
	conv.Network.Valves[0].TwoWay = false
	if _, lost := epanet.FromNetwork(conv.Network, epanet.Assumptions{}, 0); len(lost) != 1 || lost[0].Element != "V" {
		t.Errorf("of a limiter that lets nothing back: %v", lost)
	}
}

// A PBV beside EPANET's (typed from the same run of it): it drops its set point
// whatever the flow, also where the water flows against its direction, which it
// then raises by as much; with a minor loss above the set point it is a valve of
// that loss.
func TestBreakersBesideEPANET(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		setting, minor, beyond, draw float64
		flow, headAtA, headAtB       float64 // L/s, m
	}{
		{10, 0, none, 20, 20, 49.7948, 39.7948},
		{10, 0, none, 0, 0, 50, 40},
		{10, 0, 0, 0, 172.9926, 36.6667, 26.6667},
		{10, 0, 40, 0, 0, 50, 40},
		{10, 0, 45, 0, -59.7815, 51.6667, 41.6667}, // raised by 10 m, against 45 m beyond
		{10, 0, 45, 20, -52.3974, 51.2912, 41.2912},
		{10, 0, 55, 20, -97.9551, 54.3615, 44.3615},
		{10, 0, 80, 0, -172.9926, 63.3333, 53.3333},
		{60, 0, 0, 0, -85.3665, 53.3333, -6.6667},
		{0, 0, 20, 20, 155.8660, 39.1430, 39.1430},
		{10, 100, 0, 0, 87.4924, 46.5027, 6.9947},
		{1, 100, 80, 0, -67.6768, 52.1204, 75.7591},
		{10, 100, 80, 0, -67.6768, 52.1204, 75.7591},
	} {
		name := fmt.Sprintf("PBV %g, minor loss %g, %g beyond, %g drawn", c.setting, c.minor, c.beyond, c.draw)
		text := strings.Replace(standsFile("PBV", c.setting, c.beyond, c.draw), fmt.Sprintf("PBV %g 0\n", c.setting), fmt.Sprintf("PBV %g %g\n", c.setting, c.minor), 1)
		file, err := epanet.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil {
			t.Error(name, err)
			continue
		}
		flow := r.Valves[0].Flow / conv.Density * 1e3 / file.Options.Flow.Rounding()
		a, b := r.Junctions[0].Pressure/(conv.Density*conv.Gravity), r.Junctions[1].Pressure/(conv.Density*conv.Gravity)
		if math.Abs(flow-c.flow) > 6e-4 || math.Abs(a-c.headAtA) > 6e-4 || math.Abs(b-c.headAtB) > 6e-4 {
			t.Errorf("%s: %.4f L/s, %.4f and %.4f m, EPANET has %g, %g and %g", name, flow, a, b, c.flow, c.headAtA, c.headAtB)
		}
	} // Between raising and throttling EPANET has no answer that stays the same; here
	// the flow is the one at which the two meet, whatever the heads beyond.
	for _, beyond := range []float64{46, 50, 54, 58, 62} {
		text := strings.Replace(standsFile("PBV", 10, beyond, 0), "PBV 10 0\n", "PBV 10 100\n", 1)
		file, err := epanet.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil {
			t.Errorf("%g m beyond: %v", beyond, err)
			continue
		}
		flow := r.Valves[0].Flow / conv.Density * 1e3 / file.Options.Flow.Rounding()
		if meet := -math.Sqrt(10*2*9.81/100) * math.Pi / 4 * 40; math.Abs(flow/meet-1) > 2e-3 { // 0.2 m across, L/s
			t.Errorf("%g m beyond: %.4f L/s, they meet at %.4f", beyond, flow, meet)
		}
	}
}

// A flow limiter and something that holds a pressure which both stand before what
// is drawn: with the limiter at its limit the other controls nothing. It shuts,
// and the limiter passes what is drawn. Flows of the valves, L/s, from the same
// EPANET.
func TestLimitersBesideOthersAsInEPANET(t *testing.T) {
	for name, flows := range map[string]map[models.ID]float64{
		"limiter_reducer":           {"V11": 0, "V13": 0, "V16": -2.121, "V17": 8, "V21": 0},
		"limiter_reducer_breakers":  {"V11": 1, "V18": -16.1239, "V19": 0, "V20": 4.5832},
		"limiter_sustainer":         {"V3": 9.3827, "V4": 18.0689, "V6": -47.7011, "V8": 0, "V14": 2.5265, "V16": 0},
		"limiter_reducer_sustainer": {"V3": 0, "V7": 3.3717, "V10": 17.5848, "V11": 1, "V17": 5.7075, "V20": 0, "V22": 0, "V30": 0},
	} {
		file, err := epanet.ReadFile("testdata/stands/" + name + ".inp")
		if err != nil {
			t.Fatal(err)
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil {
			t.Error(name, err)
			continue
		}
		for i := range r.Valves {
			id := conv.Network.Valves[i].ID
			got := r.Valves[i].Flow / conv.Density * 1e3 / file.Options.Flow.Rounding()
			if want, ok := flows[id]; !ok || math.Abs(got-want) > 2e-3 {
				t.Errorf("%s: %.4f L/s through %s, EPANET has %g", name, got, id, want)
			}
		}
		for _, c := range r.Controls {
			if c.Undecided {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}
