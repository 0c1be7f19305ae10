package explain_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/dhcase"
	"evenflow/models/examples"
	"evenflow/models/pandapipes"
	"evenflow/solver"
	"evenflow/solver/explain"
	"evenflow/solver/town"
)

// formulaOf returns the formula of a symbol, "" where the sheet has none.
func formulaOf(s *explain.Sheet, symbol string) string {
	for _, l := range s.Lines {
		if l.Symbol == symbol {
			return l.Formula
		}
	}
	return ""
}

// street is a generated town, and its only source.
func street(t *testing.T) (*models.Network, *models.Source) {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: 3, Stations: 12})
	if err != nil {
		t.Fatal(err)
	}
	return net, &net.Sources[0]
}

// Pumps that hold something, in every stand: set point, sensors, speed, lift
// and what follows are on the sheet, and can be redone.
func TestPumpsThatHold(t *testing.T) {
	net, x := street(t)
	x.Control, x.Differential = models.ControlRemote, 1e5
	x.Curve = models.PumpCurve{Points: []models.CurvePoint{{Head: 80}, {Flow: 0.05, Head: 70}, {Flow: 0.1, Head: 50}}}
	for i := range net.Stations {
		x.Remote = append(x.Remote, net.Stations[i].ID)
	}
	flow := solved(t, net, models.Scenario{}).Sources[0].Flow / 950
	x.Curve = models.PumpCurve{Points: []models.CurvePoint{{Head: 80}, {Flow: flow, Head: 70}, {Flow: 2 * flow, Head: 50}}}
	for name, c := range map[string]struct {
		change func()
		note   string
		held   bool
	}{
		"remote":      {func() {}, "Holds", true},
		"too much":    {func() { x.Differential = 3e6 }, "at its highest speed", false},
		"slowly":      {func() { x.Differential = 1e3; x.MinSpeed = 0.9 }, "as slowly as it can", false},
		"at its exit": {func() { x.Control, x.Pressure = models.ControlOutletPressure, 7e5 }, "Holds", true},
	} {
		save := *x
		c.change()
		sheet, err := explain.Of(net, models.Scenario{}, solved(t, net, models.Scenario{}), x.ID)
		if err != nil {
			t.Fatal(name, err)
		}
		redo(t, sheet)
		agree(t, sheet)
		off, ok := sheet.Value("off")
		if !ok || !strings.Contains(strings.Join(sheet.NotesEn, " "), c.note) || (math.Abs(off) < 5) != c.held || formulaOf(sheet, "value") == "" {
			t.Errorf("%s: off by %g, %q", name, off, sheet.NotesEn)
		}
		if dp, _ := sheet.Value("dp"); math.Abs(dp-mustValue(t, sheet, "dp_net")) > 0.5+1e-4*dp && name != "slowly" {
			t.Errorf("%s: the curve lifts %g Pa at its speed, the network has %g", name, dp, mustValue(t, sheet, "dp_net"))
		}
		*x = save
	}
}

func mustValue(t *testing.T, s *explain.Sheet, symbol string) float64 {
	t.Helper()
	v, ok := s.Value(symbol)
	if !ok {
		t.Errorf("%s: no %s on the sheet", s.Element, symbol)
	}
	return v
}

// A pressure-independent valve at its limit, and one that the differential is
// too short for.
func TestStationsThatLimit(t *testing.T) {
	net, _ := street(t)
	free := solved(t, net, models.Scenario{})
	for i := range net.Stations {
		net.Stations[i].Opening, net.Stations[i].FlowLimit = 0.8, models.Some(free.Stations[i].Flow)
	}
	net.Stations[1].FlowLimit = models.Some(1000)
	r := solved(t, net, models.Scenario{})
	for i, note := range []string{"Holds", "differential is short"} {
		sheet, err := explain.Of(net, models.Scenario{}, r, net.Stations[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		redo(t, sheet)
		agree(t, sheet)
		if off := mustValue(t, sheet, "off"); (math.Abs(off) < 1e-5) != (i == 0) || !strings.Contains(strings.Join(sheet.NotesEn, " "), note) {
			t.Errorf("station %d: off by %g kg/s, %q", i, off, sheet.NotesEn)
		}
	}
}

// Every element of a network read from pandapipes can be redone by hand too, and
// of the reference cases that pandapipes solved, where they are at hand.
func TestPandapipesSheets(t *testing.T) {
	town, err := pandapipes.Read(strings.NewReader(examples.PandapipesTown))
	if err != nil {
		t.Fatal(err)
	}
	nets := map[string]*models.Network{"town": town.Network}
	root := os.Getenv("CASES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "cases")
	}
	names, _ := filepath.Glob(filepath.Join(root, "dh", "*.json"))
	for _, name := range names {
		c, err := dhcase.ReadFile(name)
		if err != nil {
			t.Fatal(name, err)
		}
		nets[name] = c.Network
	}
	redone := 0
	for name, net := range nets {
		s, err := solver.New(net, solver.Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		r, err := s.Solve(t.Context(), models.Scenario{}, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		every := 1 + (len(net.Pipes)+len(net.Stations))/100 // about a hundred elements of a large network
		for at, b := range net.Branches() {
			if at.At%every != 0 {
				continue
			}
			sheet, err := explain.Of(net, models.Scenario{}, r, b.ID)
			if err != nil {
				t.Fatal(name, err)
			}
			redo(t, sheet)
			agree(t, sheet)
			redone++
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	t.Logf("%d elements of %d networks redone", redone, len(nets))
	if redone < 4 {
		t.Errorf("%d elements redone", redone)
	}
}

// What the pipes of a junction leak there is what it draws.
func TestLeakOfAPipe(t *testing.T) {
	net := &models.Network{Open: true, Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(5e5)}, {ID: "A"}, {ID: "B"}},
		Pipes: []models.Pipe{
			{Branch: models.Branch{ID: "P", From: "R", To: "A"}, Resistance: models.Some(500), Leak: models.Leak{Fixed: 0.002}},
			{Branch: models.Branch{ID: "Q", From: "B", To: "A"}, Resistance: models.Some(900), Leak: models.Leak{Fixed: 0.001, Growing: 1e-8}}}}
	r := solved(t, net, models.Scenario{})
	leaks := map[models.ID]float64{}
	for _, p := range net.Pipes {
		sheet, err := explain.Of(net, models.Scenario{}, r, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		redo(t, sheet)
		agree(t, sheet)
		leaks[p.From] += mustValue(t, sheet, "m_1")
		leaks[p.To] += mustValue(t, sheet, "m_2")
	}
	for i, j := range net.Junctions {
		if got := r.Junctions[i].Drawn; math.Abs(got-leaks[j.ID]) > 1e-6 || !j.FixedPressure.Known && got < 1 {
			t.Errorf("%s: %g kg/s leak by hand, %g in the network", j.ID, leaks[j.ID], got)
		}
	}
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
		t.Errorf("audit: %+v, %v", a, err)
	}
}

// Valves that hold nothing say why: behind nothing that feeds, in a part cut
// off, with a sensor in such a part.
func TestRegulatorsWithoutWork(t *testing.T) {
	branch := func(id, from, to models.ID) models.Branch { return models.Branch{ID: id, From: from, To: to} }
	pipe := func(id, from, to models.ID) models.Pipe {
		return models.Pipe{Branch: branch(id, from, to), Resistance: models.Some(500)}
	}
	valve := models.Valve{Opening: 1, InnerDiameter: 0.1, Zeta: 2, Control: models.ReducePressure, Pressure: 2e5}
	from, cut, blind := valve, valve, valve
	from.Branch, cut.Branch, blind.Branch = branch("from nothing", "N", "A"), branch("cut", "N", "M"), branch("blind", "A", "B")
	blind.Control, blind.Differential, blind.HighSensor, blind.LowSensor = models.HoldDifferential, 1e4, "B", "N"
	net := &models.Network{Open: true,
		Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(5e5)}, {ID: "A"}, {ID: "B", Draw: 2}, {ID: "N"}, {ID: "M"}},
		Pipes:     []models.Pipe{pipe("P", "R", "A"), pipe("Q", "N", "M")},
		Valves:    []models.Valve{from, cut, blind}}
	r := solved(t, net, models.Scenario{})
	for id, note := range map[models.ID]string{"from nothing": "nothing feeds", "cut": "is cut off", "blind": "its sensors are in a part"} {
		sheet, err := explain.Of(net, models.Scenario{}, r, id)
		if err != nil {
			t.Fatal(err)
		}
		redo(t, sheet)
		agree(t, sheet)
		if !strings.Contains(strings.Join(sheet.NotesEn, " "), note) {
			t.Errorf("%s: %q", id, sheet.NotesEn)
		}
	}
}
