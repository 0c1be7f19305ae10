package solver_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

// A change of what an element has is what a file with the changed value says:
// every attribute of every kind that has a field, at several elements.
func TestScenarioIsWhatTheFileWouldSay(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 5, Stations: 40, Plants: 2, Peaks: 1, Boosters: 1, Controlled: 0.6})
	if err != nil {
		t.Fatal(err)
	}
	for i := range net.Stations {
		if i%7 == 3 {
			net.Stations[i].DesignFlow = models.Some(10)
		}
	}
	s := compile(t, net, solver.Options{})
	index := net.Index()
	tried := map[models.Attribute]int{}
	for _, row := range models.Attributes() {
		if row.Attribute == models.AttrResistance || row.Attribute == models.AttrHeatLoss {
			continue // factors on what is computed: no field
		}
		n := 0
		for ref, id := range net.Elements() {
			if ref.Kind != row.Kind || n == 3 {
				continue
			}
			sc := models.Scenario{}.With(changed(net, ref, id, row))
			if ref.Kind == models.KindStation && net.Stations[ref.At].FlowLimit.Known && net.Overlay(sc).Stations[ref.At].Demand.Given() ||
				len(net.CheckScenarioAt(index, sc)) > 0 {
				continue
			}
			filed := net.Overlay(sc)
			if filed.Validate().Refused() != nil {
				continue
			}
			n++
			tried[row.Attribute]++
			same(t, fmt.Sprint(sc.Changes), net, solve(t, s, nil, sc.Changes...), solve(t, compile(t, filed, solver.Options{}), nil))
		}
	}
	if len(tried) < 14 {
		t.Errorf("only %v were tried", tried)
	}
}

// changed is a change of an element's attribute by a tenth.
func changed(net *models.Network, ref models.Ref, id models.ID, row models.AttributeInfo) models.Change {
	switch row.Attribute {
	case models.AttrInService:
		return set(id, row.Attribute, 0)
	case models.AttrRunning:
		return set(id, row.Attribute, 2)
	case models.AttrDraw:
		return set(id, row.Attribute, 0.3)
	case models.AttrHeat:
		return set(id, row.Attribute, 4e5)
	case models.AttrReturnTemperature:
		return set(id, row.Attribute, 320)
	case models.AttrSupplyTemperature, models.AttrDifferential:
		if ref.Kind == models.KindSource && row.Attribute == models.AttrDifferential {
			return set(id, row.Attribute, 1.2*net.Sources[ref.At].Differential)
		}
		return models.Change{Element: id, Attribute: row.Attribute, Op: models.Scale, Value: 0.98}
	case models.AttrFlow:
		return set(id, row.Attribute, 4)
	}
	return models.Change{Element: id, Attribute: row.Attribute, Op: models.Scale, Value: 0.9}
}

func same(t *testing.T, name string, net *models.Network, a, b *solver.Result) {
	t.Helper()
	for i := range net.Stations {
		x, y := &a.Stations[i], &b.Stations[i]
		if math.Abs(x.Flow-y.Flow) > 1e-5 || math.Abs(x.Heat-y.Heat) > 5 || math.Abs(x.Indoor-y.Indoor) > 1e-4 {
			t.Fatalf("%s: %s has %.6f kg/s, %.1f W, rooms of %.4f K; by the file %.6f, %.1f, %.4f", name, net.Stations[i].ID, x.Flow, x.Heat, x.Indoor, y.Flow, y.Heat, y.Indoor)
		}
	}
	for i := range net.Pipes {
		if d := a.Pipes[i].Flow - b.Pipes[i].Flow; math.Abs(d) > 1e-4 {
			t.Fatalf("%s: %s has %.6f kg/s more than by the file", name, net.Pipes[i].ID, d)
		}
	}
	if len(a.Report.Margins) != len(b.Report.Margins) {
		t.Fatalf("%s: %d limits, by the file %d", name, len(a.Report.Margins), len(b.Report.Margins))
	}
	for i, v := range a.Report.Margins {
		if w := b.Report.Margins[i]; v.Limit != w.Limit || math.Abs(v.Margin-w.Margin) > 1e-3*math.Abs(w.Bound) {
			t.Errorf("%s: %+v, by the file %+v", name, v, w)
		}
	}
}

// A scenario that takes a pipe's last resistance leaves two places that are one;
// factors that leave no number to reckon with are refused with their element.
func TestPipeWithoutResistanceByScenario(t *testing.T) {
	net := circuit(2)
	net.Pipes[2].Length = 0
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil, set(net.Pipes[2].ID, models.AttrZeta, 0))
	near(t, "drop of nothing", r.Pipes[2].PressureDrop, 0, 1e-2)
	near(t, "flow", r.Pipes[2].Flow, r.Stations[1].Flow, 1e-9)
	for _, factor := range []float64{0, 1e-200} {
		_, err := s.Solve(t.Context(), models.Scenario{}.With(models.Change{Element: net.Pipes[0].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: factor}), nil)
		if ids := models.ErrorElements(err); len(ids) != 1 || ids[0] != net.Pipes[0].ID {
			t.Errorf("factor %g: %v", factor, err)
		}
	}
}

// A sectioning valve is not half open, however a scenario leads there.
func TestHalfOpenSectioningValve(t *testing.T) {
	net := circuit(2)
	valve(net, "V", "JS1", "PS2")
	net.Valves[0].Sectioning = true
	s := compile(t, net, solver.Options{})
	for _, c := range []models.Change{set("V", models.AttrOpening, 0.5), {Element: "V", Attribute: models.AttrOpening, Op: models.Scale, Value: 0.5}, {Element: "V", Attribute: models.AttrOpening, Op: models.Shift, Value: -0.3}} {
		_, err := s.Solve(t.Context(), models.Scenario{}.With(c), nil)
		if err == nil || !strings.Contains(err.Error(), "open or closed") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
