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

// EPANET lets water back through an open FCV (59.782 L/s here); an FCV of a
// network lets none back, which its conversion says.
func TestFlowBackThroughALimiter(t *testing.T) {
	file, err := epanet.Read(strings.NewReader(standsFile("FCV", 40, 55, 0)))
	if err != nil {
		t.Fatal(err)
	}
	conv, r, err := solveWater(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Controls[0]; c.Stand != models.Shut || !c.Backflow || math.Abs(r.Valves[0].Flow) > 1e-3 {
		t.Errorf("%+v, %g kg/s", c, r.Valves[0].Flow)
	}
	said := false
	for _, l := range conv.NotCarried {
		said = said || l.Loss == epanet.LossControl && l.Element == "V"
	}
	if !said {
		t.Errorf("not said: %v", conv.NotCarried)
	}
}
