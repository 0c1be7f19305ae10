package models_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/internal/defects"
	"evenflow/models/netfile"
)

// kindsOfValidate are the kinds of problem that validation knows.
func kindsOfValidate(t *testing.T) []defects.Kind {
	t.Helper()
	files, err := filepath.Glob("validate*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") && f != "validate_scenario.go" {
			sources = append(sources, f)
		}
	}
	kinds, err := defects.Kinds(sources, nil,
		defects.Call{Name: "refuse", Kind: 1, Field: 3, Reason: 4}, defects.Call{Name: "warn", Kind: 1, Field: 3, Reason: 4, Warns: true},
		defects.Call{Name: "number", Kind: 1, Field: 3}, defects.Call{Name: "over", Kind: 1, Field: 3}, defects.Call{Name: "kelvin", Kind: 1, Field: 3},
		defects.Call{Name: "attribute", Kind: 1, Attribute: 3}, defects.Call{Name: "attributeAt", Kind: 1, Attribute: 4, Prefix: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) < 100 {
		t.Fatalf("%d kinds: has the source moved?", len(kinds))
	}
	return kinds
}

func some(v float64) models.Optional { return models.Some(v) }

// bad names a branch from j0 to j1.
func bad(id string) models.Branch {
	return models.Branch{ID: models.ID(id), From: "j0", To: "j1"}
}

// broken is a network with every kind of defect that can stand beside all the
// others.
func broken() *models.Network {
	n := &models.Network{Name: "x\x07", Climate: models.Climate{DesignIndoor: 18, DesignOutdoor: -5}, Ground: models.Ground{Temperature: 5, Conductivity: 99},
		PressureDriven: models.PressureDriven{Minimum: -1e9, Required: -2e9, Exponent: 9}}
	n.Junctions = []models.Junction{
		{ID: ""}, {ID: "J\x1b[2J"}, {ID: "j0", Side: models.SideSupply, FixedPressure: some(1e12), FixedTemp: some(18)}, {ID: "j0"},
		{ID: "j1", FixedPressure: some(3e5), Elevation: some(1e5), Draw: 1e9, Emitter: models.Emitter{Coefficient: -1, Exponent: 9}, X: some(1e12), Y: some(1e12)},
		{ID: "r0", Side: models.SideReturn, X: some(1)}, {ID: "lonely"},
		{ID: "a0"}, {ID: "a1"}, {ID: "b0"}, {ID: "b1"},
	}
	n.Pipes = []models.Pipe{
		{Branch: models.Branch{ID: "p-ends", To: "nowhere"}, Length: 1, InnerDiameter: 0.1},
		{Branch: models.Branch{ID: "p-kind", From: "p-ends", To: "j1"}, Length: 1, InnerDiameter: 0.1},
		{Branch: models.Branch{ID: "p-loop", From: "j0", To: "j0"}, Length: 1, InnerDiameter: 0.1},
		{Branch: bad("p-side"), Side: models.SideReturn, Length: 1, InnerDiameter: 0.1},
		{Branch: models.Branch{ID: "p-far", From: "b0", To: "b1"}, Length: 1, InnerDiameter: 0.1},
		{Branch: bad("p-long"), Length: 1e9, Roughness: 1, Zeta: -1, Resistance: some(-1), InnerDiameter: 99, HazenWilliams: some(0), OuterDiameter: some(99), HeatLoss: some(-1), Ambient: some(-1),
			PressureClass: -1, Leak: models.Leak{Fixed: -1, Growing: -1}, DN: -1, Year: 98, Partner: "p-long", Insulation: models.Insulation{Conductivity: 9, Depth: -1, Spacing: 0.1, CasingDiameter: 0.2}},
		{Branch: bad("p-zero"), Partner: "p-none", OuterDiameter: some(0.05), Insulation: models.Insulation{Conductivity: 0.03, Spacing: -1}},
		{Branch: bad("p-thin"), Length: 1, InnerDiameter: 0.1, OuterDiameter: some(0.05), Roughness: 0.02, Ambient: some(5), Partner: "p-thin2"},
		{Branch: bad("p-thin2"), Side: models.SideSupply, Length: 1, InnerDiameter: 0.1, Partner: "p-thin3", Ambient: some(900)},
		{Branch: bad("p-thin3"), Side: models.SideSupply, Length: 1, InnerDiameter: 0.1},
	}
	n.Valves = []models.Valve{
		{Branch: bad("v0"), Side: 99, Opening: 7, Zeta: -1, Control: 99, ControlValve: models.ControlValve{Leakage: 0.1}},
		{Branch: bad("v1"), InnerDiameter: 0.1, Opening: 0.5, Sectioning: true, Control: models.ReducePressure, Pressure: 1e12},
		{Branch: bad("v2"), InnerDiameter: 0.1, Control: models.BreakPressure, Differential: -1, TwoWay: true},
		{Branch: bad("v3"), InnerDiameter: 0.1, Control: models.LimitFlow, Flow: -1},
		{Branch: bad("v4"), InnerDiameter: 0.1, Control: models.HoldDifferential, HighSensor: "j0", LowSensor: "j0"},
		{Branch: bad("v5"), InnerDiameter: 0.1, Control: models.HoldDifferential, HighSensor: "j0", LowSensor: "nowhere"},
		{Branch: bad("v6"), Control: models.HeadLossCurve},
		{Branch: bad("v7"), Control: models.HeadLossCurve, Losses: []models.CurvePoint{{Flow: 1, Head: 1}, {Flow: 1, Head: 0}}},
		{Branch: bad("v8"), ControlValve: models.ControlValve{Kvs: -1, Characteristic: 99, Leakage: 9}},
		{Branch: bad("v9"), ControlValve: models.ControlValve{Kvs: 1e-9, Rangeability: 1}},
		{Branch: bad("v10"), ControlValve: models.ControlValve{Kvs: 9, Characteristic: models.Linear, Rangeability: 0.5}},
		{Branch: bad("v11"), ControlValve: models.ControlValve{Kvs: 9, Characteristic: models.TableCharacteristic}},
		{Branch: bad("v12"), ControlValve: models.ControlValve{Kvs: 9, Characteristic: models.TableCharacteristic, Table: [][2]float64{{0, 0}, {2, 1}, {1, 1}}}},
	}
	point := func(q, h float64) models.CurvePoint { return models.CurvePoint{Flow: q, Head: h} }
	n.Pumps = []models.Pump{
		{Branch: bad("u0"), Speed: 9, Control: 99, Running: some(1.5)},
		{Branch: bad("u1"), Power: some(-1), Control: models.ControlDifferential, Differential: -1, Remote: []models.ID{"nobody"}, Running: some(-1)},
		{Branch: bad("u2"), Control: models.ControlFlow, Flow: -1, Curve: models.PumpCurve{Points: []models.CurvePoint{point(-1, 9), point(-1, 5), point(1, 9)}, Polynomial: []float64{math.NaN()}, Efficiency: 9, Form: 9}},
		{Branch: bad("u3"), Control: models.ControlInletPressure, Pressure: 1e12, Curve: models.PumpCurve{Points: []models.CurvePoint{point(0, 9), point(1, 5)}, Form: models.PowerForm}},
		{Branch: bad("u4"), Control: models.ControlRemote, Curve: models.PumpCurve{Points: []models.CurvePoint{point(0, 9), point(0, 5), point(1, 9)}}},
	}
	n.Sources = []models.Source{
		{Branch: models.Branch{ID: "s0", From: "r0", To: "j0"}, Control: 99, MinSpeed: 9, MaxSpeed: 8, NominalFrequency: -1, Capacity: some(-1)},
		{Branch: models.Branch{ID: "s1", From: "r0", To: "j0"}, SupplyTemperature: 353, Speed: 9, Running: some(-1), MaxFlow: some(-1), Merit: -1},
		{Branch: models.Branch{ID: "s2", From: "r0", To: "j0"}, SupplyTemperature: 353, Control: models.ControlDifferential, Differential: -1},
		{Branch: models.Branch{ID: "s3", From: "r0", To: "j0"}, SupplyTemperature: 353, Control: models.ControlFlow, Flow: -1, Running: some(0.5), Merit: 1},
		{Branch: models.Branch{ID: "s4", From: "r0", To: "j0"}, SupplyTemperature: 353, Control: models.ControlRemote, Differential: -1},
	}
	station := func(id string) models.Branch { return models.Branch{ID: models.ID(id), From: "j0", To: "r0"} }
	design := models.StationDesign{PrimarySupply: 383, PrimaryReturn: 323, SecondarySupply: 333, SecondaryReturn: 313}
	cold, mixed, hot := design, design, design
	cold.PrimaryReturn, mixed.SecondaryReturn, hot.SecondarySupply = 390, 340, 390
	n.Stations = []models.Station{
		{Branch: station("t0")},
		{Branch: station("t1"), HeatedArea: -1, HeatIndex: -1, Opening: 9, FixedResistance: -1, FlowLimit: some(-1), DesignFlow: some(-1), Design: models.StationDesign{EmitterExponent: 9}},
		{Branch: station("t2"), FixedResistance: 1, Design: cold}, {Branch: station("t3"), FixedResistance: 1, Design: mixed}, {Branch: station("t4"), FixedResistance: 1, Design: hot},
		{Branch: station("t5"), Demand: models.Demand{Flow: some(-1), Heat: some(1e15), ReturnTemperature: some(40), TemperatureDrop: some(-1)}},
		{Branch: station("t7"), Demand: models.Demand{Heat: some(-1e6)}},
		{Branch: models.Branch{ID: "t6", From: "a0", To: "a1"}, FixedResistance: 1},
	}
	return n
}

// alone are the defects that shut others out, each in a network of its own.
func alone() map[string]*models.Network {
	two := []models.Junction{{ID: "a", FixedPressure: some(0)}, {ID: "b"}}
	pipe := models.Pipe{Branch: models.Branch{ID: "p", From: "a", To: "b"}, Length: 1, InnerDiameter: 0.1, Roughness: 0.02}
	lossy := pipe
	lossy.HeatLoss = some(0.4)
	return map[string]*models.Network{
		"nothing":         {},
		"no hold":         {Junctions: []models.Junction{{ID: "a"}, {ID: "b"}}},
		"weather":         {Junctions: two, Climate: models.Climate{DesignIndoor: 280, DesignOutdoor: 290}},
		"no ground":       {Junctions: two, Pipes: []models.Pipe{lossy}},
		"rough in a main": {Open: true, Junctions: two, Pipes: []models.Pipe{pipe}},
	}
}

// TestEveryDefectAtOnce: what validation knows it lists, all of it at once,
// and a kind of defect without an example here fails.
func TestEveryDefectAtOnce(t *testing.T) {
	missing := defects.Missing(kindsOfValidate(t), broken().Validate())
	for name, n := range alone() {
		rest := defects.Missing(missing, n.Validate())
		if len(rest) == len(missing) {
			t.Errorf("%s shows nothing that the broken network does not show", name)
		}
		missing = rest
	}
	for _, k := range missing {
		t.Errorf("%s: no example of %q: add one to broken(), or to alone() if it shuts others out", k.Place, k.Text)
	}
	if err := defects.Complete(broken().Validate(), ""); err != nil {
		t.Error(err)
	}
}

// inFile makes of the broken network what a file can say: no word that the
// reader does not know, and no value that is no number.
func inFile() *models.Network {
	n := broken()
	n.Valves[0].Side, n.Valves[0].Control, n.Pumps[0].Control, n.Sources[0].Control = 0, 0, 0, 0
	n.Valves[8].Characteristic, n.Pumps[2].Curve.Form, n.Pumps[2].Curve.Polynomial = 0, 0, []float64{1}
	return n
}

// spoil adds to a file what only its reader can see.
var spoil = strings.NewReplacer(
	`"name": "x`, `"nane": 1, "name_en": null, "open": 1, "name": "x`,
	`"pumps": [`, `"pumps": [7,`,
	`"id": "p-far", "from"`, `"id": "p-far", "length_m": 1e999, "year": 1.5, "dn": "", "side": "left", "material": 5, "assumed": [1], "id": "p-far", "ambient_c": -300, "check_valve": 1, "from"`,
	`"id": "p-loop", "from"`, `"id": "p-loop", "side": 1, "insulation": 1, "zeta": "much", "assumed": 1, "from"`,
	`"id": "v12", "from": "j0"`, `"id": "v12"`,
	`"id": "v9", "from"`, `"id": "v9", "table": [[0, 0, 0]], "from"`,
)

// kindsOfReading are the kinds of problem that the reader of files knows.
func kindsOfReading(t *testing.T) []defects.Kind {
	t.Helper()
	kinds, err := defects.Kinds([]string{"netfile/read.go", "netfile/value.go", "netfile/tree.go"}, []string{"write", "appendNumber", "appendObject", "ReadFile"},
		defects.Call{Name: "refuse", Reason: 3}, defects.Call{Name: "Errorf", Reason: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) < 20 {
		t.Fatalf("%d kinds: has the source moved?", len(kinds))
	}
	return kinds
}

// TestEveryDefectOfAFile: a file with every kind of defect at once has them
// all listed, the reader's and validation's together. What ends the reading of
// a file stands in a file of its own.
func TestEveryDefectOfAFile(t *testing.T) {
	plain, err := netfile.Encode(inFile())
	if err != nil {
		t.Fatal(err)
	}
	text := spoil.Replace(string(plain))
	n, ps := netfile.Decode([]byte(text))
	if n != nil {
		t.Fatal("accepted")
	}
	ofValidate := kindsOfValidate(t)
	hidden := defects.Missing(ofValidate, ps)
	for _, k := range defects.Missing(hidden, inFile().Validate()) {
		hidden = slices.DeleteFunc(hidden, func(h defects.Kind) bool { return h.Place == k.Place }) // no file can say it
	}
	for _, k := range hidden {
		t.Errorf("%s: the file hides %q", k.Place, k.Text)
	}
	if err := defects.Complete(ps, text); err != nil {
		t.Error(err)
	}
	missing := defects.Missing(kindsOfReading(t), ps)
	for _, text := range []string{"", "[]", `{"format": 7}`, `{"format": "evenflow-network/1", "pipes": {}}`, "{", "{,}", "{} {}", packed("{}")[:12]} {
		_, err := netfile.Read(strings.NewReader(text))
		var ps models.Problems
		if !errors.As(err, &ps) {
			t.Fatalf("%q: %v", text, err)
		}
		rest := defects.Missing(missing, ps)
		if len(rest) == len(missing) {
			t.Errorf("%q shows nothing new: %v", text, ps)
		}
		missing = rest
	}
	for _, k := range missing {
		if !strings.Contains(k.Text, "values") && !strings.Contains(k.Text, "larger than") { // TestTooMuch in netfile
			t.Errorf("%s: no example of %q", k.Place, k.Text)
		}
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}
