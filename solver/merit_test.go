package solver_test

import (
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// plants are sources side by side that hold 200 kPa each, numbered in the order
// of merit given, and one station of 1000 Pa/(kg/s)2: 200 kPa drive
// sqrt(200) = 14.14 kg/s through it.
func plants(merit []int, most []float64) *models.Network {
	net := &models.Network{
		Junctions: []models.Junction{{ID: "JS", Side: models.SideSupply}, {ID: "JR", Side: models.SideReturn, FixedPressure: models.Some(3e5)}},
		Stations: []models.Station{{Branch: models.Branch{ID: "S1", From: "JS", To: "JR"}, FixedResistance: 1000,
			Design: models.StationDesign{PrimarySupply: 393.15, PrimaryReturn: 333.15, SecondarySupply: 333.15, SecondaryReturn: 318.15}}},
	}
	for i, m := range merit {
		x := models.Source{Branch: models.Branch{ID: models.ID(rune('A' + i)), From: "JR", To: "JS"}, SupplyTemperature: 383.15, Control: models.ControlDifferential, Differential: 2e5, Merit: m}
		if most[i] > 0 {
			x.MaxFlow = models.Some(most[i])
		}
		net.Sources = append(net.Sources, x)
	}
	return net
}

func stages(r *solver.Result) (s []models.Stage) {
	for i := range r.Sources {
		s = append(s, r.Sources[i].Stage)
	}
	return s
}

const all14 = 14.142135623730951 // sqrt(200)

// The source of the first merit takes the load up to its highest flow, the
// next what is left, the others wait; which is which does not depend on the
// order in the file.
func TestOrderOfMerit(t *testing.T) {
	limit, regulates, waits := models.AtLimit, models.Regulating, models.Waiting
	for name, c := range map[string]struct {
		merit []int
		most  []float64
		flow  []float64
		stage []models.Stage
	}{
		"one is enough":    {[]int{1, 2}, []float64{20, 20}, []float64{all14, 0}, []models.Stage{regulates, waits}},
		"peak":             {[]int{1, 2}, []float64{10, 20}, []float64{10, all14 - 10}, []models.Stage{limit, regulates}},
		"other way round":  {[]int{2, 1}, []float64{20, 10}, []float64{all14 - 10, 10}, []models.Stage{regulates, limit}},
		"three":            {[]int{3, 1, 2}, []float64{0, 6, 5}, []float64{all14 - 11, 6, 5}, []models.Stage{regulates, limit, limit}},
		"the third waits":  {[]int{3, 1, 2}, []float64{0, 6, 50}, []float64{0, 6, all14 - 6}, []models.Stage{waits, limit, regulates}},
		"short of flow":    {[]int{1, 2}, []float64{10, 3}, []float64{10, all14 - 10}, []models.Stage{limit, regulates}},
		"nothing known":    {[]int{1, 2}, []float64{0, 0}, []float64{all14, 0}, []models.Stage{regulates, waits}},
		"all of one merit": {[]int{1, 1}, []float64{10, 0}, []float64{10, all14 - 10}, []models.Stage{limit, regulates}},
	} {
		net := plants(c.merit, c.most)
		s := compile(t, net, solver.Options{})
		r := solve(t, s, nil)
		for i, want := range c.flow {
			near(t, name+": flow of "+string(net.Sources[i].ID), r.Sources[i].Flow, want, 1e-6)
		}
		if !slices.Equal(stages(r), c.stage) {
			t.Errorf("%s: stages %v", name, stages(r))
		}
		near(t, name+": differential", r.Stations[0].Differential, 2e5, 0.1)
		if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
			t.Errorf("%s: audit %+v, %v", name, a, err)
		}
		if again := solve(t, s, r); again.Report.Iterations > 1 || !slices.Equal(stages(again), c.stage) {
			t.Errorf("%s: once more %d steps, stages %v", name, again.Report.Iterations, stages(again))
		}
		if name == "short of flow" {
			if v := margin(t, r, models.LimitSourceFlow); v.Element != "B" || math.Abs(v.Margin-(3+10-all14)) > 1e-6 {
				t.Errorf("%+v", v)
			}
		}
	}
}

// Up and down with the load, from the neighbour's stages: what starts from full
// load ends where what starts from nothing does.
func TestMeritFollowsTheLoad(t *testing.T) {
	net := plants([]int{1, 2, 3}, []float64{10, 3, 0})
	s := compile(t, net, solver.Options{})
	var last *solver.Result
	for _, k := range []float64{1000, 800, 1900, 3000, 1000, 2100, 500, 2100} {
		m := math.Sqrt(2e5 / k)
		last = solve(t, s, last, set("S1", models.AttrFixedResistance, k))
		want := []float64{math.Min(m, 10), math.Min(math.Max(m-10, 0), 3), math.Max(m-13, 0)}
		for i := range want {
			near(t, "flow", last.Sources[i].Flow, want[i], 1e-5)
		}
	}
	// The first out of service: the next ones take over.
	r := solve(t, s, last, set("A", models.AttrInService, 0), set("S1", models.AttrFixedResistance, 1000))
	near(t, "the second", r.Sources[1].Flow, 3, 1e-9)
	near(t, "the third", r.Sources[2].Flow, all14-3, 1e-5)
}

// The next in the order may hold more or less than the one before it: it gives
// what its own set point needs, or nothing, and nobody goes up and down.
func TestMeritOfUnequalSetPoints(t *testing.T) {
	s := compile(t, plants([]int{1, 2}, []float64{10, 0}), solver.Options{})
	var last *solver.Result
	for _, c := range []struct{ holds, resistance, first, second float64 }{
		{2.2e5, 1000, 10, math.Sqrt(220) - 10},
		{1.8e5, 1000, 10, math.Sqrt(180) - 10},
		{0.9e5, 1000, 10, 0},
		{2.2e5, 2500, math.Sqrt(80), 0},
		{2.2e5, 1000, 10, math.Sqrt(220) - 10},
	} {
		scenario := []models.Change{set("B", models.AttrDifferential, c.holds), set("S1", models.AttrFixedResistance, c.resistance)}
		for _, from := range []*solver.Result{nil, last} {
			last = solve(t, s, from, scenario...)
			near(t, "flow of the first", last.Sources[0].Flow, c.first, 1e-5)
			near(t, "flow of the second", last.Sources[1].Flow, c.second, 1e-5)
		}
	}
}

// A capacity in watts bounds the flow by the rise from return to supply; what
// is beyond all of them is told.
func TestCapacity(t *testing.T) {
	net := plants([]int{1, 2}, []float64{0, 0})
	net.Sources[0].Capacity, net.Sources[1].Capacity = models.Some(1.5e6), models.Some(2e6)
	net.Stations[0].Demand = models.Demand{Flow: models.Some(14), ReturnTemperature: models.Some(333.15)}
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	all := solver.HeatFlow(14, 383.15, 333.15)
	near(t, "base load", r.Sources[0].Heat, 1.5e6, 2)
	near(t, "peak", r.Sources[1].Heat, all-1.5e6, 20)
	if v := margin(t, r, models.LimitCapacity); v.Element != "A" || v.Margin != 0 { // at it, not beyond it by the last digit
		t.Errorf("%+v", v)
	}
	r = solve(t, s, r, set("S1", models.AttrFlow, 20))
	all = solver.HeatFlow(20, 383.15, 333.15)
	near(t, "peak", r.Sources[1].Heat, all-1.5e6, 20)
	if v := margin(t, r, models.LimitCapacity); v.Element != "B" || math.Abs(v.Margin-(3.5e6-all)) > 30 {
		t.Errorf("%+v", v)
	}
}

// A peak source far out: what it gives turns the flow in the pipes between, and
// where the two waters meet they mix by their enthalpies.
func TestPeakSourceTurnsTheFlow(t *testing.T) {
	net := circuit(6)
	for i := range net.Pipes {
		net.Pipes[i].HeatLoss = models.Some(0)
	}
	base := &net.Sources[0]
	base.Merit, base.Differential = 1, 3e5
	peak := *base
	peak.ID, peak.From, peak.To, peak.Merit, peak.SupplyTemperature, peak.Differential = "PEAK", "JR6", "JS6", 2, 368.15, 2.2e5
	net.Sources = append(net.Sources, peak)
	s := compile(t, net, solver.Options{})
	alone := solve(t, s, nil)
	if st := stages(alone); !slices.Equal(st, []models.Stage{models.Regulating, models.Waiting}) || alone.Sources[1].Flow != 0 {
		t.Fatalf("nothing bounds the base: stages %v", st)
	}
	net.Sources[0].MaxFlow = models.Some(0.4 * alone.Sources[0].Flow)
	s = compile(t, net, solver.Options{})
	r := solve(t, s, alone)
	near(t, "base", r.Sources[0].Flow, 0.4*alone.Sources[0].Flow, 1e-9)
	near(t, "differential at the peak", r.Stations[5].Differential, 2.2e5, 1)
	if last := r.Pipes[10].Flow; alone.Pipes[10].Flow <= 0 || last >= 0 {
		t.Errorf("PS6 has %g without and %g with the peak source", alone.Pipes[10].Flow, last)
	}
	// The station where both waters meet.
	for i := 1; i < 6; i++ {
		in, back := &r.Pipes[2*i-2], &r.Pipes[2*i]
		if in.Flow > 0 && back.Flow < 0 {
			h := (solver.HeatFlow(in.Flow, in.TempOut, 300) + solver.HeatFlow(-back.Flow, back.TempOut, 300)) / (in.Flow - back.Flow)
			near(t, "mixture", solver.HeatFlow(1, r.Stations[i-1].TempIn, 300), h, 1)
			if x := r.Stations[i-1].TempIn; x <= 368.15 || x >= 383.15 {
				t.Errorf("mixed to %g", x)
			}
			return
		}
	}
	t.Error("the waters meet nowhere")
}

// Sources of every control in one circuit, one of them at the hold: each does
// what it is told.
func TestSourcesOfEveryControl(t *testing.T) {
	net := circuit(6)
	more := func(id models.ID, at int, c models.SourceControl, change func(*models.Source)) {
		x := net.Sources[0]
		x.ID, x.From, x.To, x.Control = id, net.Junctions[2*at+1].ID, net.Junctions[2*at].ID, c
		change(&x)
		net.Sources = append(net.Sources, x)
	}
	more("FLOW", 2, models.ControlFlow, func(x *models.Source) { x.Flow = 4 })
	more("HEAD", 4, models.ControlSpeed, func(x *models.Source) { x.Speed = 0.85 })
	more("DIFF", 6, models.ControlDifferential, func(x *models.Source) { x.Differential = 2.6e5 })
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	near(t, "hold", r.Junctions[1].Pressure, 3e5, 0)
	near(t, "flow", r.Sources[1].Flow, 4, 0)
	near(t, "differential", r.Junctions[12].Pressure-r.Junctions[13].Pressure, 2.6e5, 0.01)
	q := r.Sources[2].Flow / r.Sources[2].Density
	head := r.Sources[2].Lift / (r.Sources[2].Density * 9.80665)
	near(t, "head at a speed", r.Sources[2].Speed, 0.85, 1e-9)
	if q < 0 || head < 20 || head > 40*0.85*0.85 {
		t.Errorf("%g m at %g m3/s", head, q)
	}
	if r.Sources[3].Flow <= 0 {
		t.Errorf("it gives %g kg/s", r.Sources[3].Flow)
	}
	if r.Report.Iterations > 15 {
		t.Errorf("%d steps", r.Report.Iterations)
	}
	// Where the others hold more than it asks for, it gives nothing.
	r = solve(t, s, r, set("DIFF", models.AttrDifferential, 1.9e5))
	near(t, "not needed", r.Sources[3].Flow, 0, 1e-4)
	if d := r.Junctions[12].Pressure - r.Junctions[13].Pressure; d < 1.9e5 {
		t.Errorf("others hold %g", d)
	}
	// Two that hold the same differential at one place share nothing that a
	// law would decide: an answer all the same.
	net = circuit(4)
	x := net.Sources[0]
	x.ID = "TWIN"
	net.Sources = append(net.Sources, x)
	r = solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "twins", r.Junctions[0].Pressure-r.Junctions[1].Pressure, 2.5e5, 0.01)
}

// A source at its limit gives that whatever it holds otherwise, and its pumps turn
// as fast as that takes; the audit holds.
func TestAtTheLimitUnderEveryControl(t *testing.T) {
	for name, hold := range map[string]func(*models.Source){
		"speed":        func(x *models.Source) { x.Control, x.Speed = models.ControlSpeed, 1 },
		"differential": func(x *models.Source) { x.Control, x.Differential = models.ControlDifferential, 2e5 },
		"remote": func(x *models.Source) {
			x.Control, x.Differential, x.Remote = models.ControlRemote, 2e5, []models.ID{"S1"}
		},
		"outlet": func(x *models.Source) { x.Control, x.Pressure = models.ControlOutletPressure, 5e5 },
	} {
		net := plants([]int{1, 2}, []float64{10, 0})
		for i := range 2 { // the plants stand above the station, their supply lower than their return
			net.Junctions[i].Elevation = models.Some(0)
			up := net.Junctions[i]
			up.ID, up.FixedPressure, up.Elevation = up.ID+"0", models.Optional{}, models.Some(float64(20+5*i))
			net.Junctions = append(net.Junctions, up)
		}
		net.Pipes = []models.Pipe{{Branch: models.Branch{ID: "PS", From: "JS0", To: "JS"}, Side: models.SideSupply, Resistance: models.Some(10)},
			{Branch: models.Branch{ID: "PR", From: "JR", To: "JR0"}, Side: models.SideReturn, Resistance: models.Some(10)}}
		for i := range net.Sources {
			x := &net.Sources[i]
			x.From, x.To, x.MinSpeed = "JR0", "JS0", 0.01
			x.Curve = models.PumpCurve{Points: []models.CurvePoint{{Head: 40}, {Flow: 0.02, Head: 36}, {Flow: 0.04, Head: 24}}}
			hold(x)
		}
		s := compile(t, net, solver.Options{})
		r := solve(t, s, nil)
		x := r.Sources[0]
		near(t, name+": flow at its limit", x.Flow, 10, 1e-9)
		if x.Stage != models.AtLimit || r.Sources[1].Stage != models.Regulating || r.Sources[1].Flow < 1 {
			t.Errorf("%s: %+v", name, r.Sources)
		}
		near(t, name+": lift", x.Lift, r.Junctions[2].Pressure-r.Junctions[3].Pressure-x.Density*9.80665*5, 0.1)
		if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
			t.Errorf("%s: audit %+v, %v", name, a, err)
		}
	}
}
