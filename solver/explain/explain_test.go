package explain_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
	"evenflow/solver/explain"
	"evenflow/solver/town"
)

// evaluate is the engineer's spreadsheet: it knows arithmetic, the functions
// that Formula allows, and the numbers as they are printed. It shares nothing
// with the code that computed them.
func evaluate(formula string, values map[string]float64) (float64, error) {
	e, err := parser.ParseExpr(formula)
	if err != nil {
		return 0, err
	}
	return number(e, values)
}

func number(e ast.Expr, values map[string]float64) (float64, error) {
	switch x := e.(type) {
	case *ast.BasicLit:
		return strconv.ParseFloat(x.Value, 64)
	case *ast.Ident:
		v, ok := values[x.Name]
		if !ok {
			return 0, fmt.Errorf("%s is not on the sheet above", x.Name)
		}
		return v, nil
	case *ast.ParenExpr:
		return number(x.X, values)
	case *ast.UnaryExpr:
		v, err := number(x.X, values)
		if x.Op != token.SUB {
			return 0, fmt.Errorf("operator %s", x.Op)
		}
		return -v, err
	case *ast.BinaryExpr:
		a, err := number(x.X, values)
		if err != nil {
			return 0, err
		}
		b, err := number(x.Y, values)
		if err != nil {
			return 0, err
		}
		switch x.Op {
		case token.ADD:
			return a + b, nil
		case token.SUB:
			return a - b, nil
		case token.MUL:
			return a * b, nil
		case token.QUO:
			return a / b, nil
		case token.LSS:
			return truth(a < b), nil
		case token.LEQ:
			return truth(a <= b), nil
		}
		return 0, fmt.Errorf("operator %s", x.Op)
	case *ast.CallExpr:
		return call(x, values)
	}
	return 0, fmt.Errorf("%T is nothing a spreadsheet knows", e)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func call(x *ast.CallExpr, values map[string]float64) (float64, error) {
	var a []float64
	for _, arg := range x.Args {
		v, err := number(arg, values)
		if err != nil {
			return 0, err
		}
		a = append(a, v)
	}
	one := map[string]func(float64) float64{"ABS": math.Abs, "EXP": math.Exp, "LN": math.Log, "LOG10": math.Log10, "SQRT": math.Sqrt}
	two := map[string]func(a, b float64) float64{"POWER": math.Pow, "MIN": math.Min, "MAX": math.Max}
	name := x.Fun.(*ast.Ident).Name
	switch {
	case name == "PI" && len(a) == 0:
		return math.Pi, nil
	case name == "IF" && len(a) == 3:
		if a[0] != 0 {
			return a[1], nil
		}
		return a[2], nil
	case one[name] != nil && len(a) == 1:
		return one[name](a[0]), nil
	case two[name] != nil && len(a) == 2:
		return two[name](a[0], a[1]), nil
	}
	return 0, fmt.Errorf("%s of %d arguments", name, len(a))
}

// difference is one of two numbers of the sheet that is a factor.
var difference = regexp.MustCompile(`\*\((\w+)-(\w+)\)`)

// redo recomputes every number of a sheet that has a formula, from the numbers
// as printed, to six digits.
func redo(t *testing.T, sheet *explain.Sheet) {
	t.Helper()
	values := map[string]float64{}
	for _, l := range sheet.Lines {
		if _, twice := values[l.Symbol]; twice && l.Symbol != "g" {
			t.Errorf("%s: %s stands twice on the sheet", sheet.Element, l.Symbol)
		}
		if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) || l.Zh == "" || l.En == "" || l.Unit == "" {
			t.Errorf("%s: incomplete line %+v", sheet.Element, l)
		}
		printed, err := strconv.ParseFloat(explain.Digits(l.Value), 64)
		if err != nil {
			t.Fatal(err)
		}
		if l.Source == explain.Iterated {
			values[l.Symbol] = printed
		}
		if l.Formula != "" {
			got, err := evaluate(l.Formula, values)
			limit := 1e-6 * math.Abs(l.Value)
			if a, b, ok := strings.Cut(l.Formula, "-"); ok && values[a] != 0 && values[b] != 0 {
				limit += 1e-9 * (math.Abs(values[a]) + math.Abs(values[b])) // what remains of two large numbers
			}
			for _, m := range difference.FindAllStringSubmatch(l.Formula, -1) { // likewise, as a factor
				a, b := values[m[1]], values[m[2]]
				if limit += 1e-6 * truth(a == b); a != b { // printed alike: a millionth of a watt or a pascal
					limit += math.Abs(l.Value/(a-b)) * 1e-9 * (math.Abs(a) + math.Abs(b))
				}
			}
			if err != nil || !(math.Abs(got-l.Value) <= limit+1e-9) {
				t.Errorf("%s: %s = %s gives %.9g, printed %s (%v)", sheet.Element, l.Symbol, l.Formula, got, explain.Digits(l.Value), err)
			}
		}
		values[l.Symbol] = printed
	}
}

// agree holds the hand calculation against the solved network.
func agree(t *testing.T, s *explain.Sheet) {
	t.Helper()
	pairs := [][3]any{{"dp", "dp_net", 0.05}, {"Q", "Q_net", 1.0}, {"Q_hx", "Q_net", 5.0}, {"Q_h", "Q_net", 1.0}, {"t_out_hand", "t_out", 1e-3}, {"dp_lift", "dp_net", 0.5}}
	for _, p := range pairs {
		a, ok := s.Value(p[0].(string))
		b, there := s.Value(p[1].(string))
		if ok && there && !(math.Abs(a-b) <= p[2].(float64)+1e-6*math.Abs(b)) && !(p[0] == "Q" && s.Kind != models.KindStation) {
			t.Errorf("%s %s: %s = %.9g by hand, %s = %.9g in the network", s.Kind, s.Element, p[0], a, p[1], b)
		}
	}
}

func solved(t *testing.T, net *models.Network, sc models.Scenario) *solver.Result {
	t.Helper()
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve(t.Context(), sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every element of every kind, in several situations, can be redone by hand
// and agrees with the solved network.
func TestEverySheetCanBeRedone(t *testing.T) {
	city, err := town.Generate(town.Options{Seed: 11, Stations: 40})
	if err != nil {
		t.Fatal(err)
	}
	change := func(id models.ID, a models.Attribute, op models.Op, v float64) models.Change {
		return models.Change{Element: id, Attribute: a, Op: op, Value: v}
	}
	mild := models.Scenario{Outdoor: models.Some(277)}.With(change(city.Pipes[3].ID, models.AttrResistance, models.Scale, 1.5),
		change(city.Pipes[3].ID, models.AttrHeatLoss, models.Scale, 2), change(city.Valves[0].ID, models.AttrResistance, models.Shift, 30),
		change(city.Stations[0].ID, models.AttrOpening, models.Set, 0.03), change(city.Stations[1].ID, models.AttrOpening, models.Set, 0),
		change(city.Stations[2].ID, models.AttrFlow, models.Set, 0.02), change(city.Stations[3].ID, models.AttrHeat, models.Set, 8e5))
	for name, c := range map[string]struct {
		net *models.Network
		sc  models.Scenario
	}{
		"city": {city, models.Scenario{}}, "mild": {city, mild}, "summer": {city, models.Scenario{Outdoor: models.Some(295)}},
		"ladder": {examples.FiveUserLadder(), models.Scenario{}}, "leak": {examples.BMSTULeak(), models.Scenario{}}, "village": {examples.DestestCE0(), models.Scenario{}},
	} {
		r := solved(t, c.net, c.sc)
		for _, b := range c.net.Branches() {
			sheet, err := explain.Of(c.net, c.sc, r, b.ID)
			if err != nil {
				t.Fatal(name, err)
			}
			redo(t, sheet)
			agree(t, sheet)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Valves of every kind, in an open network: throttling, wide open and shut
// against water that would flow back.
func TestEveryValve(t *testing.T) {
	at := func(id, from, to string) models.Branch {
		return models.Branch{ID: models.ID(id), From: models.ID(from), To: models.ID(to)}
	}
	curve := []models.CurvePoint{{}, {Flow: 0.002, Head: 1}, {Flow: 0.05, Head: 10}}
	for _, draw := range []float64{0.5, 4} {
		net := &models.Network{Open: true,
			Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(6e5), FixedTemp: models.Some(333)}, {ID: "T", FixedPressure: models.Some(4e5), FixedTemp: models.Some(333)},
				{ID: "A"}, {ID: "B", Draw: draw}, {ID: "C"}, {ID: "D", Draw: draw}},
			Pipes: []models.Pipe{{Branch: at("P", "R", "A"), Length: 100, InnerDiameter: 0.1, Roughness: 1e-4}, {Branch: at("N", "T", "A"), Length: 100, InnerDiameter: 0.1, Roughness: 1e-4, CheckValve: true},
				{Branch: at("Q", "D", "T"), Length: 100, InnerDiameter: 0.1, Roughness: 1e-4}},
			Valves: []models.Valve{
				{Branch: at("reduce", "A", "B"), InnerDiameter: 0.1, Opening: 1, Control: models.ReducePressure, Pressure: 3e5},
				{Branch: at("reduce shut", "A", "D"), InnerDiameter: 0.1, Opening: 1, Control: models.ReducePressure, Pressure: 1e5},
				{Branch: at("back", "T", "R"), InnerDiameter: 0.1, Opening: 1, Zeta: 1, CheckValve: true},
				{Branch: at("regulator behind", "T", "R"), InnerDiameter: 0.1, Opening: 1, Control: models.ReducePressure, Pressure: 9e5},
				{Branch: at("sustain", "A", "C"), InnerDiameter: 0.1, Opening: 1, Zeta: 5, Control: models.SustainPressure, Pressure: 1e5},
				{Branch: at("limit", "A", "C"), InnerDiameter: 0.1, Opening: 1, Zeta: 5, Control: models.LimitFlow, Flow: 1},
				{Branch: at("break", "C", "D"), InnerDiameter: 0.1, Opening: 1, Zeta: 5, Control: models.BreakPressure, Differential: 2e4},
				{Branch: at("loss", "C", "D"), Opening: 1, Control: models.HeadLossCurve, Losses: curve},
				{Branch: at("loss back", "D", "C"), Opening: 1, Control: models.HeadLossCurve, Losses: curve},
			},
		}
		r := solved(t, net, models.Scenario{})
		for _, b := range net.Branches() {
			sheet, err := explain.Of(net, models.Scenario{}, r, b.ID)
			if err != nil {
				t.Fatal(err)
			}
			redo(t, sheet)
			agree(t, sheet)
			if dp, ok := sheet.Value("dp"); !ok || math.Abs(dp) < 1e-6 && b.ID != "reduce shut" {
				t.Errorf("%s: dp %g", b.ID, dp)
			}
		}
	}
}

// All regimes of friction and both other laws of a pipe, booster pumps.
func TestRegimesAndPumps(t *testing.T) {
	for _, draw := range []float64{0.0002, 0.02, 0.045, 0.06, 2, 20} {
		net := &models.Network{Open: true,
			Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(5e5), FixedTemp: models.Some(333), Elevation: models.Some(12)}, {ID: "A", Elevation: models.Some(3)}, {ID: "B", Elevation: models.Some(3)}, {ID: "C", Elevation: models.Some(2)}, {ID: "D", Elevation: models.Some(2)}, {ID: "E", Elevation: models.Some(2)}, {ID: "F", Draw: draw, Elevation: models.Some(2)}},
			Pipes: []models.Pipe{
				{Branch: models.Branch{ID: "P", From: "R", To: "A"}, Length: 100, InnerDiameter: 0.04, Roughness: 1e-4, Zeta: 2, HeatLoss: models.Some(0.4)},
				{Branch: models.Branch{ID: "H", From: "C", To: "B"}, Length: 100, InnerDiameter: 0.1, HazenWilliams: models.Some(120), Zeta: 1},
			},
			Pumps: []models.Pump{
				{Branch: models.Branch{ID: "U", From: "A", To: "B"}, Speed: 0.9, Running: models.Some(2), Curve: models.PumpCurve{Points: []models.CurvePoint{{Head: 40}, {Flow: 0.01, Head: 36}, {Flow: 0.02, Head: 24}}, Efficiency: 0.6}},
				{Branch: models.Branch{ID: "V", From: "C", To: "D"}, Speed: 1, Curve: models.PumpCurve{Form: models.PowerForm, Points: []models.CurvePoint{{Head: 40}, {Flow: 0.01, Head: 36}, {Flow: 0.02, Head: 24}}}},
				{Branch: models.Branch{ID: "W", From: "D", To: "E"}, Speed: 1, Control: models.ControlDifferential, Differential: 1.2e5, Running: models.Some(3), Curve: models.PumpCurve{Polynomial: []float64{40, 0, -4e4}}},
				{Branch: models.Branch{ID: "X", From: "E", To: "F"}, Bypass: true, Curve: models.PumpCurve{Polynomial: []float64{40}}},
			},
		}
		r := solved(t, net, models.Scenario{})
		for _, id := range []models.ID{"P", "H", "U", "V", "W", "X"} {
			sheet, err := explain.Of(net, models.Scenario{}, r, id)
			if err != nil {
				t.Fatal(err)
			}
			redo(t, sheet)
			agree(t, sheet)
			if _, ok := sheet.Value("dp"); !ok && (id == "U" || id == "W") || id == "X" && len(sheet.NotesEn) == 0 {
				t.Errorf("%s: no lift by hand, and no reason: %+v", id, sheet)
			}
		}
	}
}

// A number says where it comes from, and a wrong formula would be found.
func TestSourcesOfNumbers(t *testing.T) {
	net := examples.DestestCE0()
	p := &net.Pipes[2]
	p.Assumed = []string{"roughness_mm"}
	sc := models.Scenario{}.With(models.Change{Element: p.ID, Attribute: models.AttrZeta, Value: 7})
	r := solved(t, net, sc)
	sheet, err := explain.Of(net, sc, r, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]explain.Source{"k": explain.Assumed, "zeta": explain.Scenario, "d": explain.File, "m": explain.Solution, "Re": explain.Calculated, "R_max": explain.Standard}
	for _, l := range sheet.Lines {
		if s, ok := want[l.Symbol]; ok && l.Source != s {
			t.Errorf("%s comes from %s, want %s", l.Symbol, l.Source, s)
		}
		delete(want, l.Symbol)
	}
	if len(want) > 0 {
		t.Errorf("not on the sheet: %v", want)
	}
	if _, err := explain.Of(net, sc, r, "nobody"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("unknown element: %v", err)
	}
	var input *solver.InputError
	if _, err := explain.Of(net, sc, r, net.Junctions[0].ID); !errors.As(err, &input) {
		t.Errorf("junction: %v", err)
	}
	if _, err := evaluate("POWER(k,2)*mystery", map[string]float64{"k": 2}); err == nil {
		t.Error("a symbol that is not on the sheet is taken")
	}
}

// Valves that hold something, in every stand, and those with a drop of their
// own: what is on the sheet is what the network has.
func TestValvesThatHold(t *testing.T) {
	const bar = 1e5
	for name, c := range map[string]struct {
		valve  models.Valve
		beyond float64 // pressure of the reservoir behind it, Pa
		note   string  // what the sheet says of how it stands
	}{
		"reduces":                       {models.Valve{Control: models.ReducePressure, Pressure: 2 * bar}, 1 * bar, "Holds"},
		"has not to reduce":             {models.Valve{Control: models.ReducePressure, Pressure: 6 * bar}, 1 * bar, "nothing to throttle"},
		"shut by its sensor":            {models.Valve{Control: models.ReducePressure, Pressure: 3 * bar}, 4 * bar, "others keep its sensor above"},
		"sustains":                      {models.Valve{Control: models.SustainPressure, Pressure: 4.5 * bar}, 1 * bar, "Holds"},
		"cannot sustain":                {models.Valve{Control: models.SustainPressure, Pressure: 6 * bar}, 1 * bar, "pressure before it is short"},
		"shut by the water":             {models.Valve{Control: models.ReducePressure, Pressure: 9 * bar}, 7 * bar, "flow backwards"},
		"limits":                        {models.Valve{Control: models.LimitFlow, Flow: 5}, 1 * bar, "Holds"},
		"a check valve":                 {models.Valve{CheckValve: true}, 1 * bar, "check valve"},
		"against the water":             {models.Valve{CheckValve: true}, 7 * bar, "flow backwards"},
		"breaks":                        {models.Valve{Control: models.BreakPressure, Differential: bar}, 1 * bar, ""},
		"breaks less than its own loss": {models.Valve{Control: models.BreakPressure, Differential: 100}, 1 * bar, ""},
		"raises what flows back":        {models.Valve{Control: models.BreakPressure, Differential: bar}, 4.1 * bar, "raised by the set drop"},
		"throttles what flows back":     {models.Valve{Control: models.BreakPressure, Differential: 100}, 7 * bar, ""},
		"between the two":               {models.Valve{Control: models.BreakPressure, Differential: 0.1 * bar, ControlValve: models.ControlValve{Kvs: 80, Rangeability: 50}}, 6 * bar, "turns from raising"},
		"by a table":                    {models.Valve{Control: models.HeadLossCurve, Losses: []models.CurvePoint{{}, {Flow: 0.01, Head: 5}, {Flow: 0.02, Head: 16}}}, 1 * bar, "interpolated"},
		"differential":                  {models.Valve{Control: models.HoldDifferential, Differential: 0.5 * bar, HighSensor: "B", LowSensor: "E", ControlValve: models.ControlValve{Kvs: 200, Rangeability: 50}}, 1 * bar, "Holds"},
	} {
		c.valve.Branch = models.Branch{ID: "V", From: "A", To: "B"}
		c.valve.Opening, c.valve.InnerDiameter, c.valve.Zeta = 1, 0.2, 4
		net := &models.Network{Open: true,
			Junctions: []models.Junction{{ID: "R", FixedPressure: models.Some(5 * bar)}, {ID: "A"}, {ID: "B"}, {ID: "E", FixedPressure: models.Some(c.beyond)}},
			Pipes: []models.Pipe{{Branch: models.Branch{ID: "P", From: "R", To: "A"}, Resistance: models.Some(1000)},
				{Branch: models.Branch{ID: "Q", From: "B", To: "E"}, Resistance: models.Some(1000)}},
			Valves: []models.Valve{c.valve}}
		sheet, err := explain.Of(net, models.Scenario{}, solved(t, net, models.Scenario{}), "V")
		if err != nil {
			t.Fatal(name, err)
		}
		redo(t, sheet)
		agree(t, sheet)
		if (c.note == "") != (len(sheet.NotesEn) == 0) || !strings.Contains(strings.Join(sheet.NotesEn, " "), c.note) {
			t.Errorf("%s: notes %q", name, sheet.NotesEn)
		}
		reads := c.valve.Control != models.ManualOpening && c.valve.Control != models.BreakPressure && c.valve.Control != models.HeadLossCurve
		if by := formulaOf(sheet, "value"); (by != "") != reads {
			t.Errorf("%s: what its sensors read is by %q", name, by)
		}
		if t.Failed() {
			t.Fatalf("%s: %+v", name, sheet.Lines)
		}
	}
}
