package models

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// town is a source, a pipe each way, and a station.
func town() *Network {
	return &Network{
		Name:    "test",
		Climate: Climate{DesignOutdoor: 268.15, DesignIndoor: 291.15},
		Junctions: []Junction{
			{ID: "S0", Side: SideSupply}, {ID: "S1", Side: SideSupply},
			{ID: "R0", Side: SideReturn, FixedPressure: Some(3e5)}, {ID: "R1", Side: SideReturn},
		},
		Pipes: []Pipe{
			{Branch: Branch{ID: "PS", From: "S0", To: "S1"}, Side: SideSupply, Partner: "PR", Length: 100, InnerDiameter: 0.2, Roughness: 5e-4, HeatLoss: Some(0.4), Ambient: Some(278.15)},
			{Branch: Branch{ID: "PR", From: "R1", To: "R0"}, Side: SideReturn, Partner: "PS", Length: 100, InnerDiameter: 0.2, Roughness: 5e-4, HeatLoss: Some(0.4), Ambient: Some(278.15)},
		},
		Valves: []Valve{{Branch: Branch{ID: "V", From: "S0", To: "S1"}, Side: SideSupply, Zeta: 2, InnerDiameter: 0.2, Opening: 1, Sectioning: true}},
		Pumps:  []Pump{{Branch: Branch{ID: "B", From: "R1", To: "R0"}, Speed: 1, Curve: PumpCurve{Points: []CurvePoint{{0, 20}, {0.1, 10}}}}},
		Sources: []Source{{Branch: Branch{ID: "HS", From: "R0", To: "S0"}, SupplyTemperature: 383.15, Speed: 1,
			Curve: PumpCurve{Points: []CurvePoint{{0, 50}, {0.1, 40}}}}},
		Stations: []Station{{Branch: Branch{ID: "ST", From: "S1", To: "R1"}, HeatedArea: 5e4, HeatIndex: 45, Opening: 0.5, FixedResistance: 100,
			Design: StationDesign{PrimarySupply: 383.15, PrimaryReturn: 323.15, SecondarySupply: 333.15, SecondaryReturn: 318.15},
			Valve:  ControlValve{Kvs: 63, Rangeability: 50, Leakage: 0.0005}}},
	}
}

func TestAGoodTownHasNoProblems(t *testing.T) {
	if ps := town().Validate(); len(ps) != 0 {
		t.Fatal(ps)
	}
}

// Each row spoils the town in one way; the problem must name the element and
// say what is wrong.
func TestValidateRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(*Network)
		element ID
		says    string
	}{
		{"unknown junction", func(n *Network) { n.Pipes[0].To = "S9" }, "PS", `junction "S9" does not exist`},
		{"end is no junction", func(n *Network) { n.Pipes[0].To = "ST" }, "PS", "is a station, not a junction"},
		{"no end", func(n *Network) { n.Stations[0].From = "" }, "ST", "names no junction"},
		{"self loop", func(n *Network) { n.Pipes[0].To = "S0" }, "PS", "both ends"},
		{"control character in an id", func(n *Network) { n.Valves[0].ID = "V\x1b[2J" }, "V\x1b[2J", "valve V\ufffd[2J: id: has 5 bytes or holds control characters"},
		{"Kvs of no valve", func(n *Network) { n.Stations[0].Valve.Kvs = 1e-300 }, "ST", "no valve is that small"},
		{"duplicate over kinds", func(n *Network) { n.Valves[0].ID = "S0" }, "S0", "used twice, first by a junction"},
		{"no id", func(n *Network) { n.Pipes[1].ID = "" }, "", "has no id"},
		{"zero diameter", func(n *Network) { n.Pipes[0].InnerDiameter = 0 }, "PS", "inner_diameter_m: is 0"},
		{"negative length", func(n *Network) { n.Pipes[0].Length = -3 }, "PS", "must not be below 0"},
		{"length is no number", func(n *Network) { n.Pipes[0].Length = math.NaN() }, "PS", "not a finite number"},
		{"endless pressure", func(n *Network) { n.Junctions[2].FixedPressure = Some(math.Inf(1)) }, "R0", "not a finite number"},
		{"roughness in metres", func(n *Network) { n.Pipes[0].Roughness = 0.03 }, "PS", "more than a tenth"},
		{"two holds", func(n *Network) { n.Junctions[0].FixedPressure = Some(1e6) }, "R0", "2 pressure holds in one closed component"},
		{"no hold", func(n *Network) { n.Junctions[2].FixedPressure = Optional{} }, "", "no pressure hold at all"},
		{"part without hold", func(n *Network) {
			n.Junctions = append(n.Junctions, Junction{ID: "a"}, Junction{ID: "b"})
			n.Stations = append(n.Stations, Station{Branch: Branch{ID: "far", From: "a", To: "b"}, FixedResistance: 1})
		}, "a", "connected to no pressure hold (among them far)"},
		{"opening", func(n *Network) { n.Stations[0].Opening = 1.2 }, "ST", "opening: is 1.2"},
		{"valve opening", func(n *Network) { n.Valves[0].Opening = -0.1 }, "V", "opening"},
		{"half-open sectioning valve", func(n *Network) { n.Valves[0].Opening = 0.5 }, "V", "a sectioning valve stands at 0.5"},
		{"valve without size", func(n *Network) { n.Valves[0].InnerDiameter = 0 }, "V", "give kvs_m3_per_h"},
		{"pump curve rises", func(n *Network) { n.Pumps[0].Curve.Points[1].Head = 30 }, "B", "the head rises at point 2"},
		{"pump flow falls", func(n *Network) { n.Pumps[0].Curve.Points[1].Flow = 0 }, "B", "does not ascend"},
		{"no curve", func(n *Network) { n.Sources[0].Curve = PumpCurve{} }, "HS", "no curve"},
		{"two curves", func(n *Network) { n.Pumps[0].Curve.Polynomial = []float64{1} }, "B", "both points and a polynomial"},
		{"area", func(n *Network) { n.Stations[0].HeatedArea = 0 }, "ST", "heated_area_m2: is 0"},
		{"index", func(n *Network) { n.Stations[0].HeatIndex = -1 }, "ST", "heat_index_w_per_m2"},
		{"design exchanged", func(n *Network) {
			d := &n.Stations[0].Design
			d.PrimarySupply, d.PrimaryReturn = d.PrimaryReturn, d.PrimarySupply
		}, "ST", "the primary return is not colder"},
		{"secondary exchanged", func(n *Network) { n.Stations[0].Design.SecondarySupply = 300 }, "ST", "the secondary return is not colder"},
		{"secondary hotter", func(n *Network) { n.Stations[0].Design.SecondaryReturn = 330 }, "ST", "not colder than the primary"},
		{"no design temperatures", func(n *Network) { n.Stations[0].Design = StationDesign{} }, "ST", "design.primary_supply_c: is missing"},
		{"celsius for kelvin", func(n *Network) { n.Sources[0].SupplyTemperature = 110 }, "HS", "liquid water"},
		{"no rangeability", func(n *Network) { n.Stations[0].Valve.Rangeability = 0 }, "ST", "valve.rangeability"},
		{"table falls", func(n *Network) {
			n.Stations[0].Valve.Characteristic = TableCharacteristic
			n.Stations[0].Valve.Table = [][2]float64{{0, 0}, {0.5, 0.6}, {1, 0.4}}
		}, "ST", "row 3 does not ascend"},
		{"station upside down", func(n *Network) { n.Stations[0].From, n.Stations[0].To = "R1", "S1" }, "ST", "on the return side"},
		{"source upside down", func(n *Network) { n.Sources[0].From, n.Sources[0].To = "S0", "R0" }, "HS", "on the supply side"},
		{"pipe crosses", func(n *Network) { n.Pipes[0].To = "R1" }, "PS", "a pipe stays on its side"},
		{"partner of the same side", func(n *Network) { n.Pipes[0].Side = SideReturn }, "PR", "is on the same side"},
		{"partner unknown", func(n *Network) { n.Pipes[0].Partner = "PX" }, "PS", `pipe "PX" does not exist`},
		{"weather exchanged", func(n *Network) { n.Climate = Climate{DesignOutdoor: 291.15, DesignIndoor: 288.15} }, "", "not colder outdoors"},
		{"casing", func(n *Network) {
			n.Pipes[0].Insulation = Insulation{CasingDiameter: 0.1, Conductivity: 0.03, Depth: 1}
		}, "PS", "is not above the pipe's own"},
		{"demand twice", func(n *Network) {
			n.Stations[0].Demand = Demand{Flow: Some(1), Heat: Some(1), TemperatureDrop: Some(1)}
		}, "ST", "does not determine the flow just once"},
		{"demand without flow", func(n *Network) { n.Stations[0].Demand = Demand{ReturnTemperature: Some(320)} }, "ST", "does not determine the flow"},
		{"heat fed in with no flow", func(n *Network) { n.Stations[0].Demand = Demand{Heat: Some(-1e6)} }, "ST", "nothing says with how much water"},
		{"nothing passes", func(n *Network) {
			n.Stations[0] = Station{Branch: n.Stations[0].Branch}
		}, "ST", "nothing says how much passes"},
		{"one coordinate", func(n *Network) { n.Junctions[0].X = Some(1) }, "S0", "only one of the two coordinates"},
		{"year", func(n *Network) { n.Pipes[0].Year = 98 }, "PS", "year"},
		{"speeds", func(n *Network) { n.Sources[0].MinSpeed, n.Sources[0].MaxSpeed = 0.9, 0.8 }, "HS", "min_speed"},
		{"empty", func(n *Network) { *n = Network{} }, "", "no junctions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := town()
			c.spoil(n)
			ps := n.Validate()
			if ps.Refused() == nil {
				t.Fatal("accepted")
			}
			found := false
			for _, p := range ps {
				found = found || strings.Contains(p.Error(), c.says) && p.Element == c.element
				if p.Remedy == "" {
					t.Errorf("no remedy: %v", p)
				}
			}
			if !found {
				t.Errorf("problems:\n%v\nwant one of %s that says %q", ps, c.element, c.says)
			}
		})
	}
}

// What a calculation would fill in without a word is said once, with how many
// lack it; heights that only some places have are refused.
func TestMissing(t *testing.T) {
	n := town()
	for i := range n.Pipes {
		p := &n.Pipes[i]
		p.Roughness, p.Ambient = 0, Optional{}
		if i > 0 {
			p.HeatLoss = Optional{}
		}
	}
	ps := n.Validate()
	if ps.Refused() != nil || len(ps) != 3 {
		t.Fatal(ps)
	}
	for i, want := range []string{"pipe PS: roughness_mm: is 0 or missing, as at 1 other pipe: taken as hydraulically smooth",
		"pipe PR: heat_loss_w_per_m_k: is missing, and so is insulation: taken as losing no heat",
		"pipe PS: ambient_c: is missing, and so is ground.temperature_c: 10 degC is taken"} {
		if !strings.HasPrefix(ps[i].Error(), want) {
			t.Errorf("%v, want %q", ps[i], want)
		}
	}
	for i := range n.Junctions {
		if n.Junctions[i].ID != "R1" {
			n.Junctions[i].Elevation = Some(5)
		}
	}
	if err := n.Validate().Refused(); err == nil || !strings.Contains(err.Error(), "junction R1: elevation_m: is missing, while others have it") {
		t.Errorf("%v", err)
	}
}

// A valve that only ever stands open or closed needs no word on how it travels.
func TestTravel(t *testing.T) {
	for _, c := range []struct {
		valve Valve
		needs bool
	}{
		{Valve{Sectioning: true, Opening: 1}, false},
		{Valve{Control: ReducePressure, Pressure: 5e5, Opening: 1}, false},
		{Valve{Control: ReducePressure, Pressure: 5e5, Opening: 0.5}, true},
		{Valve{Opening: 1}, true},
	} {
		n := town()
		c.valve.Branch, c.valve.Side, c.valve.Kvs = n.Valves[0].Branch, SideSupply, 60
		n.Valves[0] = c.valve
		if err := n.Validate().Refused(); (err != nil) != c.needs || err != nil && !strings.Contains(err.Error(), "rangeability") {
			t.Errorf("%+v: %v", c.valve, err)
		}
	}
}

// What is worth saying but no reason to refuse.
func TestWarnings(t *testing.T) {
	n := town()
	n.Junctions = append(n.Junctions, Junction{ID: "alone"}, Junction{ID: "x"}, Junction{ID: "y"})
	n.Pipes = append(n.Pipes, Pipe{Branch: Branch{ID: "stray", From: "x", To: "y"}, Length: 1, InnerDiameter: 0.1, Roughness: 5e-4, HeatLoss: Some(0)})
	ps := n.Validate()
	if ps.Refused() != nil || len(ps) != 2 || ps[0].Element != "alone" || ps[1].Element != "x" {
		t.Errorf("problems %v, want warnings for alone and x", ps)
	}
}

// A tight valve or a planned pipe cuts two holds apart; a closed circuit is
// judged as it stands.
func TestHoldsOnBothSidesOfAClosedValve(t *testing.T) {
	n := town()
	other := town()
	rename := func(id ID) ID { return "2" + id }
	for _, j := range other.Junctions {
		j.ID = rename(j.ID)
		n.Junctions = append(n.Junctions, j)
	}
	p := other.Pipes[0]
	p.ID, p.From, p.To, p.Partner = "2PS", "2S0", "2S1", ""
	q := other.Pipes[1]
	q.ID, q.From, q.To, q.Partner = "2PR", "2R1", "2R0", ""
	n.Pipes = append(n.Pipes, p, q)
	s := other.Stations[0]
	s.ID, s.From, s.To = "2ST", "2S1", "2R1"
	n.Stations = append(n.Stations, s)
	h := other.Sources[0]
	h.ID, h.From, h.To = "2HS", "2R0", "2S0"
	n.Sources = append(n.Sources, h)
	n.Valves = append(n.Valves, Valve{Branch: Branch{ID: "tie", From: "S1", To: "2S1"}, Side: SideSupply, InnerDiameter: 0.2, Sectioning: true})
	if ps := n.Validate(); ps.Refused() != nil {
		t.Errorf("two towns with a closed tie: %v", ps)
	}
	n.Valves[1].Opening = 1
	if ps := n.Validate(); ps.Refused() == nil {
		t.Error("two holds joined by an open tie were accepted")
	}
}

func TestProblemsNameElements(t *testing.T) {
	n := town()
	n.Pipes[0].Length, n.Stations[0].Opening = -1, 7
	err := n.Validate().Refused()
	ids := ErrorElements(errors.Join(errors.New("outer"), err))
	if len(ids) != 2 || ids[0] != "PS" || ids[1] != "ST" {
		t.Errorf("elements %v, want PS and ST", ids)
	}
}

func TestCheckScenario(t *testing.T) {
	n := town()
	for _, c := range []struct {
		change Change
		says   string // "": accepted
	}{
		{Change{"ST", AttrOpening, Set, 0.4}, ""},
		{Change{"PS", AttrResistance, Scale, 1.2}, ""},
		{Change{"HS", AttrSupplyTemperature, Shift, -5}, ""},
		{Change{"R0", AttrFixedPressure, Set, 2e5}, ""},
		{Change{"XX", AttrOpening, Set, 0.4}, "does not have"},
		{Change{"PS", AttrOpening, Set, 0.4}, "a pipe has no such attribute"},
		{Change{"ST", AttrOpening, Set, 1.4}, "must not be above 1"},
		{Change{"PS", AttrResistance, Set, 2}, "set is not permitted"},
		{Change{"ST", AttrInService, Set, 0.5}, "neither 0 nor 1"},
		{Change{"ST", AttrInService, Set, 7}, "neither 0 nor 1"}, // told once, though it is beyond the limits too
		{Change{"HS", AttrRunning, Set, 2.5}, "whole number"},
		{Change{"HS", AttrRunning, Set, 1000.5}, "must not be above 100"},
		{Change{"HS", AttrRunning, Set, math.NaN()}, "finite"},
		{Change{"S0", AttrFixedPressure, Set, 1e12}, "holds no pressure"},
		{Change{"ST", AttrFlow, Scale, -1}, "factor -1"},
		{Change{"ST", AttrFlow, Shift, math.NaN()}, "finite"},
		{Change{"S0", AttrFixedPressure, Set, 2e5}, "holds no pressure"},
		{Change{"S0", AttrFixedPressure, Scale, 1.1}, "holds no pressure"},
		{Change{"S0", AttrFixedPressure, Shift, 1e4}, "holds no pressure"},
		{Change{"V", AttrOpening, Set, 0.5}, "open or closed"},
		{Change{"V", AttrKvs, Set, 50}, "by zeta"},
		{Change{"V", AttrPressure, Set, 5e5}, "the valve holds no pressure"},
		{Change{"V", AttrDifferential, Scale, 2}, "holds no differential"},
		{Change{"V", AttrFlow, Set, 5}, "limits no flow"},
		{Change{"V", AttrZeta, Scale, 2}, ""},
		{Change{"B", AttrDifferential, Set, 5e4}, "does not hold it"},
		{Change{"B", AttrFlow, Set, 5}, "does not hold it"},
		{Change{"HS", AttrPressure, Set, 5e5}, "does not hold it"},
		{Change{"HS", AttrFlow, Set, 5}, ""}, // becomes its control
		{Change{"PS", AttrZeta, Set, 5}, ""},
	} {
		ps := n.CheckScenario(Scenario{Changes: []Change{c.change}})
		if c.says == "" && len(ps) > 0 || c.says != "" && (len(ps) != 1 || !strings.Contains(ps.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", c.change, ps, c.says)
		}
	}
	ps := n.CheckScenario(Scenario{Changes: []Change{{"XX", AttrOpening, Set, 0.4}, {"YY", AttrSpeed, Set, 1}, {"XX", AttrKvs, Scale, 2}, {"ST", AttrKvs, Set, -1}}})
	if len(ps) != 3 || ps[0].Element != "XX" || ps[1].Element != "YY" || ps[2].Element != "ST" {
		t.Errorf("an element that is not there, named by two changes: %v", ps)
	}
	if ps := n.CheckScenario(Scenario{Outdoor: Some(-9)}); len(ps) != 1 {
		t.Errorf("outdoor temperature in degC taken for K: %v", ps)
	}
}
