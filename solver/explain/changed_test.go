package explain_test

import (
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver/explain"
)

// sheetOf solves a network under a scenario and explains one element, which can
// be redone.
func sheetOf(t *testing.T, net *models.Network, sc models.Scenario, id models.ID) *explain.Sheet {
	t.Helper()
	s, err := explain.Of(net, sc, solved(t, net, sc), id)
	if err != nil {
		t.Fatal(err)
	}
	redo(t, s)
	return s
}

// A station whose heated area the scenario changes: what its exchanger passes is
// the heat of the solution still.
func TestStationOfAnotherSize(t *testing.T) {
	net, _ := street(t)
	for _, factor := range []float64{0.6, 1, 1.5} {
		sc := models.Scenario{}.With(models.Change{Element: net.Stations[2].ID, Attribute: models.AttrHeatedArea, Op: models.Scale, Value: factor})
		s := sheetOf(t, net, sc, net.Stations[2].ID)
		if by, is := mustValue(t, s, "Q_hx"), mustValue(t, s, "Q_net"); math.Abs(by-is) > 1e-6*is {
			t.Errorf("factor %g: the exchanger passes %.1f W, the station has %.1f", factor, by, is)
		}
	}
}

// A pressure-independent valve that is asked for a flow opens for it.
func TestLimiterThatIsAsked(t *testing.T) {
	net, _ := street(t)
	x := &net.Stations[1]
	x.FlowLimit, x.Valve.Characteristic = models.Some(20), models.Linear
	s := sheetOf(t, net, models.Scenario{}.With(models.Change{Element: x.ID, Attribute: models.AttrFlow, Op: models.Set, Value: 5}), x.ID)
	if m, h := mustValue(t, s, "m"), mustValue(t, s, "h"); m != 5 || math.Abs(x.Valve.Leakage+(1-x.Valve.Leakage)*h-0.25) > 1e-9 {
		t.Errorf("%g kg/s at opening %g", m, h)
	}
}

// A differential that a scenario sets is held where it was held, at a station.
func TestSetPointOfARemoteDifferential(t *testing.T) {
	net, x := street(t)
	x.Control, x.Differential, x.MinSpeed, x.Remote = models.ControlRemote, 8e4, 0.05, []models.ID{net.Stations[5].ID}
	s := sheetOf(t, net, models.Scenario{}.With(models.Change{Element: x.ID, Attribute: models.AttrDifferential, Op: models.Set, Value: 9e4}), x.ID)
	if set, is := mustValue(t, s, "set"), mustValue(t, s, "value"); set != 9e4 || math.Abs(is-9e4) > 1 {
		t.Errorf("set %g, value %g", set, is)
	}
}

// A pump that stands says whether water passes it; a station without a valve has
// no drop over one; a table is read at full opening too.
func TestSheetsSayWhatIs(t *testing.T) {
	net := &models.Network{Open: true,
		Junctions: []models.Junction{{ID: "A", FixedPressure: models.Some(5e5)}, {ID: "C", Draw: 10}},
		Pumps: []models.Pump{{Branch: models.Branch{ID: "B", From: "A", To: "C"}, Speed: 1, Control: models.ControlOutletPressure, Pressure: 3e5,
			Curve: models.PumpCurve{Points: []models.CurvePoint{{Head: 5}}}}}}
	s := sheetOf(t, net, models.Scenario{}, "B")
	if notes := strings.Join(s.NotesEn, " "); mustValue(t, s, "m") < 1 || !strings.Contains(notes, "water passes through it") || strings.Contains(notes, "lets nothing pass") {
		t.Errorf("%v", s.NotesEn)
	}
	net, _ = street(t)
	x := &net.Stations[3]
	x.Valve, x.Opening, x.FixedResistance = models.ControlValve{}, 0, 2000
	s = sheetOf(t, net, models.Scenario{}, x.ID)
	if _, has := s.Value("dp_v"); has || math.Abs(mustValue(t, s, "dp_diff")) > 0.01 {
		t.Errorf("%+v", s.Lines)
	}
	x = &net.Stations[4]
	x.Valve.Characteristic, x.Valve.Table, x.Opening = models.TableCharacteristic, [][2]float64{{0, 0}, {1, 0.8}}, 1
	if s = sheetOf(t, net, models.Scenario{}, x.ID); mustValue(t, s, "phi") != 0.8 || math.Abs(mustValue(t, s, "dp_diff")) > 0.01 {
		t.Errorf("%+v", s.Lines)
	}
}

// Water that stands beside a hot pipe has the temperature to which that warms it.
func TestStandingWaterBesideAHotPipe(t *testing.T) {
	net, src := street(t)
	at, _ := net.Index().At(models.KindJunction, src.To)
	end := net.Junctions[at]
	end.ID = "end"
	dead := net.Pipes[0]
	for i := range net.Pipes {
		if net.Pipes[i].Side == models.SideReturn {
			dead.Partner = net.Pipes[i].ID
		}
	}
	dead.ID, dead.Side, dead.From, dead.To = "dead", models.SideSupply, src.To, "end"
	net.Junctions, net.Pipes = append(net.Junctions, end), append(net.Pipes, dead)
	r := solved(t, net, models.Scenario{})
	s := sheetOf(t, net, models.Scenario{}, "dead")
	if by, is := mustValue(t, s, "t_m"), r.Pipes[len(net.Pipes)-1].TempOut-273.15; math.Abs(by-is) > 1e-3 || by < net.Ground.Temperature-273.15+1 {
		t.Errorf("%.4f degC, in the solved network %.4f", by, is)
	}
}

// A source at its limit, and one that waits: what they give, at which speed, and why.
func TestSourcesInTheirOrder(t *testing.T) {
	net, src := street(t)
	r := solved(t, net, models.Scenario{})
	second := *src
	third := *src
	second.ID, third.ID = "second", "third"
	src.Merit, second.Merit, third.Merit = 1, 2, 3
	src.Capacity = models.Some(0.6 * r.Sources[0].Heat)
	second.Capacity, third.Capacity = models.Optional{}, models.Optional{}
	net.Sources = append(net.Sources, second, third)
	s := sheetOf(t, net, models.Scenario{}, net.Sources[0].ID)
	if m, most := mustValue(t, s, "m"), mustValue(t, s, "m_cap"); math.Abs(m-most) > 1e-6*m {
		t.Errorf("%g kg/s, its capacity %g", m, most)
	}
	if by, is := mustValue(t, s, "dp"), mustValue(t, s, "dp_net"); math.Abs(by-is) > 1 || mustValue(t, s, "n") == net.Sources[0].Speed {
		t.Errorf("lift %g at speed %g, in the solved network %g", by, mustValue(t, s, "n"), is)
	}
	if s = sheetOf(t, net, models.Scenario{}, "third"); !strings.Contains(strings.Join(s.NotesEn, " "), "it waits") {
		t.Error(s.NotesEn)
	}
}
