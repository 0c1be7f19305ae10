package solver_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

// A pipe cools by T_a + (T - T_a) exp(-U L/(m cp)), and its partner in the
// same trench takes part.
func TestPipeCooling(t *testing.T) {
	net := circuit(1)
	for i := range net.Pipes {
		net.Pipes[i].HeatLoss = models.Some(0.4)
	}
	net.Stations[0].Demand = models.Demand{Flow: models.Some(1), TemperatureDrop: models.Some(50)}
	r := solve(t, compile(t, net, solver.Options{}), nil)
	want := 278.15 + 105*math.Exp(-0.4*200/(1*4232))
	near(t, "outlet", r.Pipes[0].TempOut, want, 1e-2)
	near(t, "loss", r.Pipes[0].HeatLoss, 4230*(383.15-r.Pipes[0].TempOut), 20)

	s := compile(t, net, solver.Options{})
	half := solve(t, s, r, models.Change{Element: "PS1", Attribute: models.AttrHeatLoss, Op: models.Scale, Value: 0.5})
	near(t, "half the loss", half.Pipes[0].HeatLoss/r.Pipes[0].HeatLoss, 0.5, 0.01)

	pair := circuit(1)
	alone := circuit(1)
	for i := range alone.Pipes {
		alone.Pipes[i].Insulation.Spacing = 0
	}
	p := solve(t, compile(t, pair, solver.Options{}), nil)
	a := solve(t, compile(t, alone, solver.Options{}), nil)
	if !(p.Pipes[1].HeatLoss < a.Pipes[1].HeatLoss) {
		t.Errorf("the supply warms the return: %g W, alone %g W", p.Pipes[1].HeatLoss, a.Pipes[1].HeatLoss)
	}
}

// Water that runs in a circle through a booster needs the sparse solve.
func TestRecirculation(t *testing.T) {
	net := circuit(2)
	net.Pumps = []models.Pump{{
		Branch: models.Branch{ID: "BP", From: "JS1", To: "JS2"}, Speed: 1,
		Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 12}, {Flow: 0.02, Head: 10}, {Flow: 0.04, Head: 6}}},
	}}
	r := solve(t, compile(t, net, solver.Options{}), nil)
	if r.Pipes[2].Flow >= 0 {
		t.Fatalf("the booster beside PS2 turns its flow: %g", r.Pipes[2].Flow)
	}
	// Mixing at JS1: what comes from the source and what comes round.
	in, back := r.Pipes[0], r.Pipes[2]
	mixed := (in.Flow*in.TempOut - back.Flow*back.TempOut) / (in.Flow - back.Flow)
	near(t, "mixture", r.Junctions[2].Temperature, mixed, 1e-3)
	near(t, "pump", r.Pumps[0].TempOut, r.Junctions[2].Temperature, 1e-9)
}

// Hot supply rises, cold return falls: without a pump the circuit turns if
// the source lies below.
func TestGravityCirculation(t *testing.T) {
	r := solve(t, compile(t, circuit(3), solver.Options{}), nil, set("SRC", models.AttrDifferential, 0))
	if r.Sources[0].Flow <= 0.1 {
		t.Errorf("natural circulation %g kg/s", r.Sources[0].Flow)
	}
	drop := 0.0
	for _, i := range []int{0, 1} {
		drop += math.Abs(r.Pipes[i].PressureDrop)
	}
	column := 9.80665 * 3 * (r.Pipes[1].Density - r.Pipes[0].Density)
	near(t, "first station's loop", drop+r.Stations[0].PressureDrop, column, 5)
}

func TestMargins(t *testing.T) {
	net := circuit(4)
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: "TIE", From: "JS1", To: "JS3"}, Side: models.SideSupply, Zeta: 1, InnerDiameter: 0.1})
	s := compile(t, net, solver.Options{})
	kinds := func(r *solver.Result) map[models.LimitKind]models.Violation {
		m := map[models.LimitKind]models.Violation{}
		for _, v := range r.Report.Margins {
			if _, twice := m[v.Limit]; twice {
				t.Errorf("%s twice", v.Limit)
			}
			m[v.Limit] = v
		}
		return m
	}
	r := solve(t, s, nil)
	m := kinds(r)
	for _, want := range []models.LimitKind{models.LimitBoiling, models.LimitSubAtmosphere, models.LimitPressureClass, models.LimitDifferential,
		models.LimitStaticBoiling, models.LimitStaticClass, models.LimitStaticEmpty, models.LimitPumpCurve, models.LimitFriction, models.LimitVelocity} {
		if _, ok := m[want]; !ok {
			t.Errorf("limit %s is not checked", want)
		}
	}
	// The highest return junction, 12 m above the hold.
	low := m[models.LimitStaticEmpty]
	near(t, "static pressure", low.Value, 3e5-r.Pipes[1].Density*9.80665*12, 2e3)
	if low.Margin <= 0 || m[models.LimitSubAtmosphere].Element != "JR0" && m[models.LimitSubAtmosphere].Element != "JR4" {
		t.Errorf("margins %+v", r.Report.Margins)
	}
	// A low hold: the static state boils and empties, and it says so first.
	r = solve(t, s, r, set("JR0", models.AttrFixedPressure, 0.9e5))
	m = kinds(r)
	if m[models.LimitStaticBoiling].Margin >= 0 || m[models.LimitStaticEmpty].Margin >= 0 || r.Report.Margins[0].Margin >= 0 {
		t.Errorf("margins %+v", r.Report.Margins)
	}
	r = solve(t, s, r, set("JR0", models.AttrFixedPressure, 15e5))
	if m = kinds(r); m[models.LimitPressureClass].Margin >= 0 {
		t.Errorf("margins %+v", r.Report.Margins)
	}
}

// In a town every stretch begins with a valve on either side, and some lie
// between junctions without a station: the return line of every diagram is
// whole, and lies in the same trench.
func TestProfileOfATown(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 1, Stations: 30})
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	for i := range net.Stations {
		p, err := s.Profile(r, net.Stations[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Points {
			if !x.ReturnKnown || string(x.Return) != "JR"+strings.TrimPrefix(string(x.Supply), "JS") || x.ReturnPressure >= x.SupplyPressure {
				t.Errorf("%s: beside %s at %.0f m lies %q at %.0f Pa", p.Station, x.Supply, x.Distance, x.Return, x.ReturnPressure)
			}
		}
	}
}

func TestProfile(t *testing.T) {
	net := circuit(4)
	valve(net, "VS", "JS2", "PS3")
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	p, err := s.Profile(r, "S4")
	if err != nil {
		t.Fatal(err)
	}
	if p.Source != "SRC" || len(p.Points) != 6 {
		t.Fatalf("%+v", p)
	}
	for i, x := range p.Points {
		want := []models.ID{"JS0", "JS1", "JS2", "JS2v", "JS3", "JS4"}[i]
		if x.Supply != want || !x.ReturnKnown || x.SupplyPressure <= x.ReturnPressure {
			t.Errorf("point %d: %+v", i, x)
		}
		// Behind the valve, which the return does not have, it is where it was.
		beside := []models.ID{"JR0", "JR1", "JR2", "JR2", "JR3", "JR4"}[i]
		if x.Return != beside {
			t.Errorf("%s has return junction %q, want %s", x.Supply, x.Return, beside)
		}
	}
	last := p.Points[5]
	if last.Distance != 800 || last.Pipe != "PS4" || last.ReturnPipe != "PR4" || last.DN != 150 || last.Friction <= 0 || last.ReturnFriction <= 0 || last.Velocity <= 0 {
		t.Errorf("last point %+v", last)
	}
	near(t, "static head", p.StaticHead.Value, 3e5/9806.65, 1e-6)
	cut := solve(t, s, nil, set("VS", models.AttrOpening, 0), set("S4", models.AttrOpening, 0))
	if _, err := s.Profile(cut, "S4"); !slices.Contains(models.ErrorElements(err), "S4") {
		t.Errorf("a station without flow has no profile: %v", err)
	}
	if _, err := s.Profile(r, "PS1"); err == nil {
		t.Error("a pipe has no profile")
	}
}

func TestSequentialAndIsothermal(t *testing.T) {
	net := circuit(3)
	iso := solve(t, compile(t, net, solver.Options{Temperatures: solver.Isothermal}), nil)
	if iso.Junctions[0].TempKnown || iso.Stations[0].Heat != 0 {
		t.Error("no temperatures were asked for")
	}
	seq := solve(t, compile(t, net, solver.Options{Temperatures: solver.Sequential}), nil)
	near(t, "same hydraulics", seq.Stations[1].Flow, iso.Stations[1].Flow, 1e-9)
	if !seq.Junctions[0].TempKnown || seq.Stations[0].Heat <= 0 {
		t.Error("temperatures follow the hydraulics")
	}
	for _, f := range []solver.Friction{solver.ColebrookAlways, solver.SwameeJain, solver.NikuradseSum} {
		r := solve(t, compile(t, net, solver.Options{Friction: f}), nil)
		near(t, "flow by another law", r.Stations[0].Flow/seq.Stations[0].Flow, 1, 0.02)
	}
}

func BenchmarkWarm200(b *testing.B) {
	net := generate(b, 1, 200)
	s := compile(b, net, solver.Options{})
	base := solve(b, s, nil)
	sc := models.Scenario{}.With(set(net.Stations[3].ID, models.AttrOpening, 0.3))
	for b.Loop() {
		if _, err := s.Solve(context.Background(), sc, base); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCold(b *testing.B) {
	for _, n := range []int{200, 2000} {
		net := generate(b, 1, n)
		s := compile(b, net, solver.Options{})
		b.Run(fmt.Sprint(n, " stations"), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Solve(context.Background(), models.Scenario{}, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(net.Junctions)), "nodes")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	net := generate(b, 1, 2000)
	for b.Loop() {
		compile(b, net, solver.Options{})
	}
}

// A place where two pipes meet without length has no friction per metre.
func TestProfileThroughAPipeWithoutLength(t *testing.T) {
	net := circuit(3)
	for i := range net.Pipes {
		if id := net.Pipes[i].ID; id == "PS2" || id == "PR2" {
			net.Pipes[i].Length = 0
		}
	}
	s := compile(t, net, solver.Options{})
	p, err := s.Profile(solve(t, s, nil), "S3")
	if err != nil || len(p.Points) != 4 {
		t.Fatal(p, err)
	}
	for _, x := range p.Points {
		if !(x.Friction < 1e4 && x.ReturnFriction < 1e4) {
			t.Errorf("%+v", x)
		}
	}
	if p.Points[2].Friction != 0 || p.Points[3].Friction <= 0 {
		t.Errorf("%+v", p.Points)
	}
}
