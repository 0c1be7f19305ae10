package netfile

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"evenflow/models"
)

// waterworks has every element of an open water network once.
func waterworks() *models.Network {
	branch := func(id, from, to models.ID) models.Branch { return models.Branch{ID: id, From: from, To: to} }
	points := []models.CurvePoint{{Flow: 0, Head: 0}, {Flow: 0.125, Head: 4}}
	return &models.Network{Name: "水网", Open: true,
		PressureDriven: models.PressureDriven{Required: 2e5, Exponent: 0.5},
		Junctions: []models.Junction{
			{ID: "R", FixedPressure: models.Some(4e5)},
			{ID: "A", Draw: 1, Emitter: models.Emitter{Coefficient: 0.001, NoBackflow: true}},
			{ID: "B", Draw: 2},
		},
		Pipes: []models.Pipe{{Branch: branch("P", "R", "A"), Length: 100, InnerDiameter: 0.2, HazenWilliams: models.Some(130), CheckValve: true}},
		Valves: []models.Valve{
			{Branch: branch("V1", "A", "B"), InnerDiameter: 0.1, Opening: 1, Control: models.ReducePressure, Pressure: 3e5},
			{Branch: branch("V2", "A", "B"), InnerDiameter: 0.1, Opening: 1, Control: models.LimitFlow, Flow: 0.5},
			{Branch: branch("V3", "A", "B"), InnerDiameter: 0.1, Opening: 1, Control: models.HoldDifferential, Differential: 1e5, HighSensor: "A", LowSensor: "B"},
			{Branch: branch("V4", "A", "B"), Opening: 1, Control: models.HeadLossCurve, Losses: points},
		},
		Pumps: []models.Pump{
			{Branch: branch("U1", "R", "A"), Speed: 1, Power: models.Some(5000)},
			{Branch: branch("U3", "R", "A"), Speed: 1, Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0.125, Head: 30}}},
				Control: models.ControlOutletPressure, Pressure: 5e5},
			{Branch: branch("U2", "R", "A"), Speed: 1, Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0.125, Head: 30}}, Form: models.PowerForm}},
		},
	}
}

// What a water network has is written and read back unchanged.
func TestWaterNetwork(t *testing.T) {
	net := waterworks()
	if bad := net.Validate(); len(bad) > 0 {
		t.Fatal(bad)
	}
	var file bytes.Buffer
	if err := Write(&file, net); err != nil {
		t.Fatal(err)
	}
	back, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, net) {
		t.Errorf("read back\n%+v\nwritten\n%+v", back, net)
	}
}

// What cannot be is refused with its element and key.
func TestWaterNetworkRefused(t *testing.T) {
	for want, spoil := range map[string]func(n *models.Network){
		"pressure_driven.required_pa":        func(n *models.Network) { n.PressureDriven.Required = 0 },
		"junction A: emitter.coefficient":    func(n *models.Network) { n.Junctions[1].Emitter.Coefficient = -1 },
		"pipe P: hazen_williams":             func(n *models.Network) { n.Pipes[0].HazenWilliams = models.Some(0) },
		"valve V3: high_sensor: a diff":      func(n *models.Network) { n.Valves[2].LowSensor = "" },
		`high_sensor: junction "X" does not`: func(n *models.Network) { n.Valves[2].HighSensor = "X" },
		"valve V4: losses: point 2":          func(n *models.Network) { n.Valves[3].Losses[1].Flow = 0 },
		"valve V2: flow_kg_per_s":            func(n *models.Network) { n.Valves[1].Flow = -1 },
		"valve V1: control: is unknown":      func(n *models.Network) { n.Valves[0].Control = 99 },
		"pump U1: power_w":                   func(n *models.Network) { n.Pumps[0].Power.Value = 0 },
		"pump U3: control: is unknown":       func(n *models.Network) { n.Pumps[1].Control = 99 },
		"pump U3: remote: names no station":  func(n *models.Network) { n.Pumps[1].Control = models.ControlRemote },
		`remote: station "Z" does not`:       func(n *models.Network) { n.Pumps[1].Remote = []models.ID{"Z"} },
		"pump U2: curve.form": func(n *models.Network) {
			n.Pumps[2].Curve.Points = append(n.Pumps[2].Curve.Points, models.CurvePoint{Flow: 1})
		},
	} {
		net := waterworks()
		spoil(net)
		if bad := net.Validate().Refused(); bad == nil || !strings.Contains(bad.Error(), want) {
			t.Errorf("want %q, got %v", want, bad)
		}
	}
}
