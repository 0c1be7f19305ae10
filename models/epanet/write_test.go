package epanet

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"evenflow/models"
)

// TestWriteRoundTrip: what is written is read back as it was.
func TestWriteRoundTrip(t *testing.T) {
	for _, units := range []string{"LPS", "GPM", "CMH", "MGD"} {
		f := decode(t, strings.Replace(small, "Units LPS", "Units "+units, 1)+"")
		f.Pipes[0].Leak = &Leak{5, 0.1}
		var first, second bytes.Buffer
		if err := Write(&first, f); err != nil {
			t.Fatal(err)
		}
		again, ps := Decode(first.Bytes())
		if again == nil {
			t.Fatalf("%v\n%s", ps, first.String())
		}
		if err := Write(&second, again); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() {
			t.Errorf("%s: written twice, it differs:\n%s", units, differ(first.String(), second.String()))
		}
		a, b := f.Start(), again.Start()
		if !reflect.DeepEqual(a.Pipes, b.Pipes) || !reflect.DeepEqual(a.Speeds, b.Speeds) || len(again.Kept) != len(f.Kept) || len(again.Pipes[0].Vertices) != 2 || again.Junctions[1].Demands[0].Category != "households" {
			t.Errorf("%s: %+v\n%+v", units, a, b)
		}
		for i := range a.Demands {
			if math.Abs(a.Demands[i]-b.Demands[i]) > 1e-11*math.Abs(a.Demands[i]) {
				t.Errorf("%s: demand of %s %g, was %g", units, f.Junctions[i].ID, b.Demands[i], a.Demands[i])
			}
		}
		if v, w := f.Valves[0].Setting, again.Valves[0].Setting; math.Abs(v/w-1) > 1e-11 {
			t.Errorf("%s: PRV %g, was %g", units, w, v)
		}
	}
}

func differ(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return x[i] + "\n" + strings.Join(y[min(i, len(y)):min(i+1, len(y))], "")
		}
	}
	return "longer"
}

// town is a closed circuit: a source, a pair of pipes, one station with a
// valve and one with a given flow.
func town() *models.Network {
	branch := func(id, from, to models.ID) models.Branch { return models.Branch{ID: id, From: from, To: to} }
	pipe := func(id, from, to models.ID) models.Pipe {
		return models.Pipe{Branch: branch(id, from, to), Length: 100, InnerDiameter: 0.1, Roughness: 5e-4, Zeta: 1.5}
	}
	return &models.Network{
		NameEn:    "Town; of two",
		Junctions: []models.Junction{{ID: "S0"}, {ID: "S1", Elevation: models.Some(5)}, {ID: "R1", Elevation: models.Some(5), Draw: 0.1}, {ID: "R0", FixedPressure: models.Some(3e5), Elevation: models.Some(1)}, {ID: "a junction with a long name indeed"}},
		Pipes:     []models.Pipe{pipe("PS", "S0", "S1"), pipe("PR", "R1", "R0"), {Branch: branch("PX", "S1", "a junction with a long name indeed"), Resistance: models.Some(7), InnerDiameter: 0.1}},
		Sources:   []models.Source{{Branch: branch("HS", "R0", "S0"), SupplyTemperature: 383.15, Speed: 0.9, Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 50}, {Flow: 0.01, Head: 45}, {Flow: 0.02, Head: 30}}}}},
		Stations: []models.Station{
			{Branch: branch("ST", "S1", "R1"), Valve: models.ControlValve{Kvs: 10, Characteristic: models.Linear}, Opening: 0.5, FixedResistance: 1000},
			{Branch: branch("SF", "S1", "R1"), Demand: models.Demand{Flow: models.Some(2)}},
			{Branch: branch("SH", "S1", "R1"), Demand: models.Demand{Heat: models.Some(1e5), TemperatureDrop: models.Some(30)}},
		},
	}
}

func TestFromNetwork(t *testing.T) {
	f, lost := FromNetwork(town(), Assumptions{Density: 950}, 3e-7)
	var out bytes.Buffer
	if err := Write(&out, f); err != nil {
		t.Fatal(err)
	}
	f, ps := Decode(out.Bytes())
	if f == nil {
		t.Fatalf("%v\n%s", ps, out.String())
	}
	if f.Title[0] != "Town of two" {
		t.Errorf("title %q", f.Title)
	}
	if v := f.Options.Viscosity; math.Abs(v/3e-7-1) > 1e-10 {
		t.Errorf("viscosity %g", v)
	}
	if h := f.Reservoirs[0].Head; math.Abs(h-(1+3e5/(950*9.80665))) > 1e-9 {
		t.Errorf("head of the hold %g", h)
	}
	// 10 m3/h at half its Kvs: dp = 1 bar (950/1000) (Q/5)^2, plus 1000 m^2.
	v := f.Valves[0]
	if v.ID != "ST" || v.Kind != TCV || v.Status != Active {
		t.Fatalf("%+v", v)
	}
	m := 3.0
	q := m / 950
	drop := 1e5*0.95*math.Pow(q*3600/5, 2) + 1000*m*m
	u := q / (math.Pi / 4 * v.Diameter * v.Diameter)
	if got := v.Setting * 950 * u * u / 2; math.Abs(got/drop-1) > 1e-9 {
		t.Errorf("the station loses %g Pa, want %g", got, drop)
	}
	if a, b := f.Junctions[1].Demands[0].Base*950, f.Junctions[2].Demands[0].Base*950; math.Abs(a-2) > 1e-9 || math.Abs(b+1.9) > 1e-9 {
		t.Errorf("the station with a given flow draws %g and feeds %g kg/s", a, -b)
	}
	// 7 Pa/(kg/s)^2 in a pipe that is too short to lose anything by its wall.
	if p := f.Pipes[2]; p.Length != noLength || math.Abs(p.MinorLoss/(2*950*math.Pow(math.Pi/4*0.01, 2)*7)-1) > 1e-9 {
		t.Errorf("%+v", p)
	}
	p := f.Pumps[0]
	if p.Speed != 0.9 || p.From != "R0" {
		t.Errorf("pump %+v", p)
	}
	// The parabola through the three points, at a flow between them.
	c := f.Curves[0]
	at := func(q float64) float64 {
		for i := 1; i < len(c.X); i++ {
			if q <= c.X[i] {
				return c.Y[i-1] + (c.Y[i]-c.Y[i-1])*(q-c.X[i-1])/(c.X[i]-c.X[i-1])
			}
		}
		return math.NaN()
	}
	if want := 50 - 5*1.5*1.5; math.Abs(at(15)-want) > 0.02 {
		t.Errorf("the pump gives %g m, want %g", at(15), want)
	}
	kinds := map[Loss]int{}
	for _, l := range lost {
		kinds[l.Loss]++
	}
	if kinds[LossRenamed] != 1 || kinds[LossTemperature] != 2 || kinds[LossLaw] != 1 {
		t.Errorf("lost: %v", lost)
	}
}

// TestFromNetworkControls: what finds its own stand is said, or becomes what
// EPANET has for it.
func TestFromNetworkControls(t *testing.T) {
	n := town()
	n.Stations[0].FlowLimit = models.Some(8)
	n.Sources[0].Control = models.ControlRemote
	n.Valves = []models.Valve{{Branch: models.Branch{ID: "DP", From: "S0", To: "S1"}, InnerDiameter: 0.1, Opening: 1, Control: models.HoldDifferential, Differential: 5e4}}
	n.Pumps = []models.Pump{{Branch: models.Branch{ID: "PU", From: "S0", To: "S1"}, Speed: 1, Control: models.ControlFlow, Flow: 1, Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0.01, Head: 20}}, Form: models.PowerForm}}}
	f, lost := FromNetwork(n, Assumptions{}, 0)
	said := map[models.ID]bool{}
	for _, l := range lost {
		if l.Loss == LossControl && l.Matters {
			said[l.Element] = true
		}
	}
	if !said["HS"] || !said["DP"] || !said["PU"] || said["ST"] {
		t.Errorf("%v", lost)
	}
	v := f.Valves[len(f.Valves)-1]
	if v.ID != "ST" || v.Kind != FCV || math.Abs(v.Setting-8*0.5/1000) > 1e-15 || !(v.MinorLoss > 0) {
		t.Errorf("%+v", v)
	}
	n.Sources[0].Control, n.Sources[0].Differential = models.ControlDifferential, 2e5
	n.Sources = append(n.Sources, models.Source{Branch: models.Branch{ID: "H2", From: "R1", To: "S1"}, Control: models.ControlFlow, Flow: 3})
	f, _ = FromNetwork(n, Assumptions{Gravity: 10}, 0)
	if c := f.Curves[len(f.Curves)-1]; c.Y[0] != 20 || c.Y[1] >= 20 || c.Y[1] < 19.99 {
		t.Errorf("a constant differential became %v", c)
	}
	if d := f.Junctions[1].Demands[0].Base; math.Abs(d-(2.0-3)/1000) > 1e-15 {
		t.Errorf("fed in at S1: %g", -d)
	}
}

// TestThereAndBack: a water network survives the way through a file.
func TestThereAndBack(t *testing.T) {
	before := decode(t, small).Network(Assumptions{})
	f, _ := FromNetwork(before.Network, Assumptions{Density: before.Density, Gravity: before.Gravity}, 0)
	var out bytes.Buffer
	if err := Write(&out, f); err != nil {
		t.Fatal(err)
	}
	after := decode(t, out.String()).Network(Assumptions{}).Network
	n := before.Network
	if len(n.Junctions) != len(after.Junctions) || len(n.Pipes) != len(after.Pipes) || len(n.Valves) != len(after.Valves) || len(n.Pumps) != len(after.Pumps) {
		t.Fatalf("numbers of elements:\n%+v\n%+v", n, after)
	}
	for i := range n.Pipes {
		a, b := n.Pipes[i], after.Pipes[i]
		if a.CheckValve != b.CheckValve || a.OutOfService != b.OutOfService || math.Abs(a.Roughness-b.Roughness) > 1e-15 {
			t.Errorf("pipe %+v\nwas  %+v", b, a)
		}
	}
	for i := range n.Valves {
		a, b := n.Valves[i], after.Valves[i]
		close := func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*math.Abs(x) }
		if a.Control != b.Control || a.Opening != b.Opening || !close(a.Pressure, b.Pressure) || !close(a.Flow, b.Flow) || !close(a.Differential, b.Differential) || !close(a.Zeta, b.Zeta) || len(a.Losses) != len(b.Losses) {
			t.Errorf("valve %+v\nwas   %+v", b, a)
		}
	}
	if a, b := n.PressureDriven, after.PressureDriven; math.Abs(a.Required/b.Required-1) > 1e-9 || a.Exponent != b.Exponent {
		t.Errorf("%+v, was %+v", b, a)
	}
	for i := range n.Pumps {
		if a, b := n.Pumps[i], after.Pumps[i]; math.Abs(a.Speed-b.Speed) > 1e-12 || a.Curve.Form != b.Curve.Form || len(a.Curve.Points) != len(b.Curve.Points) {
			t.Errorf("pump %+v\nwas  %+v", b, a)
		}
	}
}
