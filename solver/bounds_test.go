package solver_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// loop is a source at 110 degC and one station between pipes of 500
// Pa/(kg/s)2, without heights and heat losses: in it 950 kPa are
// (1000 + fixed + valve) m^2.
func loop() *models.Network {
	net := circuit(1)
	for i := range net.Pipes {
		net.Pipes[i].Resistance, net.Pipes[i].HeatLoss = models.Some(500), models.Some(0)
	}
	for i := range net.Junctions {
		net.Junctions[i].Elevation = models.Optional{}
	}
	return net
}

// through is the flow that dp drives through the loop with its valve open,
// with the density of 85 degC: mean of supply and a return of 60.
func through(r *solver.Result, dp float64) float64 {
	return math.Sqrt(dp / (1000 + 2000 + 1.296e9/(r.Stations[0].Density*25*25)))
}

func margin(t *testing.T, r *solver.Result, limit models.LimitKind) models.Violation {
	t.Helper()
	i := slices.IndexFunc(r.Report.Margins, func(v models.Violation) bool { return v.Limit == limit })
	if i < 0 {
		t.Fatalf("limit %s is not told: %+v", limit, r.Report.Margins)
	}
	return r.Report.Margins[i]
}

// A station that asks for heat gets what passes its open valve, and no more;
// what is missing is told with the reason.
func TestHeatWantedBeyondTheDifferential(t *testing.T) {
	net := loop()
	net.Stations[0].Demand = models.Demand{Heat: models.Some(1.8e6), ReturnTemperature: models.Some(333.15)}
	s := compile(t, net, solver.Options{})
	const dp = 4e4
	r := solve(t, s, nil, set("SRC", models.AttrDifferential, dp))
	x := r.Stations[0]
	near(t, "flow", x.Flow, through(r, dp), 1e-6)
	near(t, "heat", x.Heat, x.Flow*(210010), x.Flow*300) // 4200 J/(kg K) over 50 K
	near(t, "short", x.ShortOfHeat, 1.8e6-x.Heat, 1)
	if x.ShortBy != models.ShortDifferential {
		t.Errorf("short by %d", x.ShortBy)
	}
	if v := margin(t, r, models.LimitHeat); v.Element != "S1" || v.Bound != 1.8e6 || math.Abs(v.Margin+x.ShortOfHeat) > 1e-6 {
		t.Errorf("%+v", v)
	}
	if a, err := s.Audit(models.Scenario{Changes: []models.Change{set("SRC", models.AttrDifferential, dp)}}, r); err != nil || !a.OK() {
		t.Errorf("audit %+v, %v", a, err)
	}
	// The same once more takes no step; more lift, and the station has what it
	// asks for.
	again := solve(t, s, r, set("SRC", models.AttrDifferential, dp))
	if again.Report.Iterations > 1 || again.Stations[0].ShortBy != x.ShortBy {
		t.Errorf("once more: %d steps, %+v", again.Report.Iterations, again.Stations[0])
	}
	r = solve(t, s, r, set("SRC", models.AttrDifferential, 4e5))
	near(t, "heat", r.Stations[0].Heat, 1.8e6, 20)
	if x := r.Stations[0]; x.ShortBy != models.NoShortage || x.ShortOfHeat != 0 || margin(t, r, models.LimitHeat).Margin != 0 {
		t.Errorf("%+v", x)
	}
	// More than the design, with a differential that the design needs: the
	// valve is what is too small.
	r = solve(t, s, r, set("SRC", models.AttrDifferential, 4e5), set("S1", models.AttrHeat, 4e6))
	if x := r.Stations[0]; x.ShortBy != models.ShortValve || math.Abs(x.Flow-through(r, 4e5)) > 1e-6 {
		t.Errorf("%+v", x)
	}
}

// Heat alone: with less than it needs, the exchanger's return is colder, and
// what passes is what the exchanger gives to the secondary circuit at that
// flow: q = Cmin eff (t1s - t2r).
func TestShortExchangerFlow(t *testing.T) {
	net := loop()
	net.Stations[0].Demand = models.Demand{Heat: models.Some(9e5)}
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil, set("SRC", models.AttrDifferential, 2e4))
	x := r.Stations[0]
	near(t, "flow", x.Flow, through(r, 2e4), 1e-6)
	if x.ShortBy != models.ShortDifferential || x.ShortOfHeat < 1e4 {
		t.Fatalf("%+v", x)
	}
	near(t, "heat and what is short", x.Heat+x.ShortOfHeat, 9e5, 1)
	near(t, "heat", x.Heat, byHand(net, x.Flow, x.TempIn, x.TempOut, x.Heat), 30)
}

// Who asks for more never gets less: beyond what its exchanger passes at any
// flow a station stands wide open, and is not left without water.
func TestMoreAskedForIsNotLess(t *testing.T) {
	net := loop()
	net.Stations[0].Demand = models.Demand{Heat: models.Some(0)}
	s := compile(t, net, solver.Options{})
	last := 0.0
	for _, q := range []float64{5e5, 1e6, 2e6, 4e6, 8e6, 1.6e7, 3.2e7, 1e8} {
		r := solve(t, s, nil, set("S1", models.AttrHeat, q))
		x := r.Stations[0]
		if x.Heat < last-20 || x.Flow <= 0 || math.Abs(x.Heat+x.ShortOfHeat-q) > 60 || x.ShortOfHeat > 0 && x.ShortBy == models.ShortTooCold {
			t.Errorf("%g W asked for: %g W by %g kg/s, short of %g by %d; %g W before", q, x.Heat, x.Flow, x.ShortOfHeat, x.ShortBy, last)
		}
		last = x.Heat
	}
}

// byHand is the heat that the station's exchanger passes at a primary flow,
// from its design, with rooms at their design temperature and heat q given off.
func byHand(net *models.Network, m1, tin, tout, q float64) float64 {
	d := &net.Stations[0].Design
	design := net.Stations[0].DesignHeat()
	hot, cold := d.PrimarySupply-d.SecondarySupply, d.PrimaryReturn-d.SecondaryReturn
	ua := design / ((hot - cold) / math.Log(hot/cold))
	cp := func(a, b float64) float64 { return solver.HeatFlow(1, a, b) / (a - b) }
	mean := (d.SecondarySupply + d.SecondaryReturn) / 2
	cp2 := cp(mean+0.5, mean-0.5)
	m2 := design / (cp2 * (d.SecondarySupply - d.SecondaryReturn))
	m10 := design / solver.HeatFlow(1, d.PrimarySupply, d.PrimaryReturn)
	ua *= 2 / (math.Pow(m10/m1, 0.7) + 1)
	c1, c2 := m1*cp(tin, tout), m2*cp2
	least, ratio := math.Min(c1, c2), math.Min(c1, c2)/math.Max(c1, c2)
	e := math.Exp(-ua / least * (1 - ratio))
	eff := (1 - e) / (1 - ratio*e)
	phi := q / design
	back := net.Climate.DesignIndoor + (mean-net.Climate.DesignIndoor)*math.Pow(phi, 1/1.3) - phi*(d.SecondarySupply-d.SecondaryReturn)/2
	return eff * least * (tin - back)
}

// Without temperatures a station that is short is told as such, too, and the
// audit finds its valve open.
func TestShortWithoutTemperatures(t *testing.T) {
	net := loop()
	net.Stations[0].Demand = models.Demand{Heat: models.Some(1.8e6), ReturnTemperature: models.Some(333.15)}
	s := compile(t, net, cold)
	r := audited(t, "short", s, models.Scenario{Changes: []models.Change{set("SRC", models.AttrDifferential, 4e4)}})
	x := r.Stations[0]
	near(t, "flow", x.Flow, through(r, 4e4), 1e-6)
	near(t, "short", x.ShortOfHeat, 1.8e6-x.Flow*4200*50, 1)
	if x.ShortBy != models.ShortDifferential || !x.WideOpen {
		t.Errorf("%+v", x)
	}
	r = audited(t, "enough", s, models.Scenario{Changes: []models.Change{set("SRC", models.AttrDifferential, 4e5)}})
	if x := r.Stations[0]; x.ShortBy != models.NoShortage || x.WideOpen {
		t.Errorf("%+v", x)
	}
}

// Every reason for which heat is short is told as such, and none is an error.
func TestReasonsOfAShortage(t *testing.T) {
	heat, ret := set("S1", models.AttrHeat, 9e5), set("S1", models.AttrReturnTemperature, 333.15)
	for name, c := range map[string]struct {
		changes []models.Change
		by      models.Shortage
		limit   models.LimitKind
	}{
		"enough":                  {[]models.Change{heat, ret}, models.NoShortage, models.LimitHeat},
		"zero load":               {[]models.Change{set("S1", models.AttrHeat, 0), ret}, models.NoShortage, ""},
		"below the return":        {[]models.Change{heat, ret, set("SRC", models.AttrSupplyTemperature, 330)}, models.ShortTooCold, models.LimitHeat},
		"hardly above the return": {[]models.Change{heat, ret, set("SRC", models.AttrSupplyTemperature, 333.5)}, models.ShortTooCold, models.LimitHeat},
		"below the secondary":     {[]models.Change{heat, set("SRC", models.AttrSupplyTemperature, 300)}, models.ShortTooCold, models.LimitHeat},
		"exchanger":               {[]models.Change{heat, set("SRC", models.AttrSupplyTemperature, 330), set("SRC", models.AttrDifferential, 1e6)}, models.ShortExchanger, models.LimitExchanger},
		"beyond its exchanger":    {[]models.Change{set("S1", models.AttrHeat, 3e7), set("SRC", models.AttrDifferential, 1e6)}, models.ShortExchanger, models.LimitExchanger},
		"differential":            {[]models.Change{heat, ret, set("SRC", models.AttrDifferential, 1e3)}, models.ShortDifferential, models.LimitHeat},
		"no differential":         {[]models.Change{heat, ret, set("SRC", models.AttrDifferential, 0)}, models.ShortDifferential, models.LimitHeat},
		"flow given":              {[]models.Change{heat, set("S1", models.AttrFlow, 1)}, models.ShortFlow, models.LimitHeat},
		"cut off":                 {[]models.Change{heat, ret, set("PS1", models.AttrInService, 0)}, models.ShortCutOff, models.LimitHeat},
		"no source":               {[]models.Change{heat, ret, set("SRC", models.AttrInService, 0)}, models.ShortCutOff, models.LimitHeat},
	} {
		net := loop()
		net.Stations[0].Valve.Kvs = 100
		r, err := compile(t, net, solver.Options{}).Solve(context.Background(), models.Scenario{Changes: c.changes}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		audit(t, net, r)
		x := r.Stations[0]
		if x.ShortBy != c.by || (x.ShortOfHeat > 0) != (c.by != models.NoShortage) || math.Abs(x.Heat+x.ShortOfHeat-c.changes[0].Value) > 60 {
			t.Errorf("%s: short by %d, %g W of %g, has %g", name, x.ShortBy, x.ShortOfHeat, c.changes[0].Value, x.Heat)
		}
		if c.limit != "" {
			if v := margin(t, r, c.limit); v.Element != "S1" || v.Margin != -x.ShortOfHeat {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
}

// Given flows without a valve are taken whatever the pressures, and a negative
// differential is told.
func TestGivenFlowAgainstTheDifferential(t *testing.T) {
	net := loop()
	net.Stations[0].Valve, net.Stations[0].FixedResistance = models.ControlValve{}, 0
	net.Stations[0].HeatedArea, net.Stations[0].HeatIndex, net.Stations[0].Design = 0, 0, models.StationDesign{}
	net.Stations[0].Demand = models.Demand{Flow: models.Some(20), TemperatureDrop: models.Some(30)}
	r := solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "flow", r.Stations[0].Flow, 20, 0)
	near(t, "differential", r.Stations[0].Differential, 2.5e5-1000*400, 1)
	if v := margin(t, r, models.LimitDifferential); v.Margin > -1e5 {
		t.Errorf("%+v", v)
	}
}

// Many stations that ask for more than there is share it, none is served
// beyond its wish, and the answer does not depend on where the iteration began.
func TestManyShortStations(t *testing.T) {
	net := circuit(12)
	for i := range net.Stations {
		net.Stations[i].Demand = models.Demand{Heat: models.Some(9e5), ReturnTemperature: models.Some(333.15)}
	}
	s := compile(t, net, solver.Options{})
	rich := solve(t, s, nil, set("SRC", models.AttrDifferential, 9e5))
	cold := solve(t, s, nil)
	warm := solve(t, s, rich)
	full, short := 0, 0
	for i := range cold.Stations {
		x, y := &cold.Stations[i], &warm.Stations[i]
		near(t, "flow from elsewhere", y.Flow, x.Flow, 1e-5)
		near(t, "heat", x.Heat+x.ShortOfHeat, 9e5, 10)
		if x.ShortBy == models.NoShortage {
			full++
		} else if short++; x.ShortBy != models.ShortDifferential && x.ShortBy != models.ShortValve {
			t.Errorf("station %d is short by %d", i+1, x.ShortBy)
		}
	}
	if full == 0 || short == 0 {
		t.Errorf("%d have what they ask for, %d are short", full, short)
	}
	if cold.Report.Iterations > 30 || warm.Report.Iterations > 30 {
		t.Errorf("%d steps cold, %d warm", cold.Report.Iterations, warm.Report.Iterations)
	}
	t.Logf("%d full, %d short, %d steps cold, %d from rich", full, short, cold.Report.Iterations, warm.Report.Iterations)
}

// Which stations come to the end of their valve does not depend on how often
// they did in scenarios before.
func TestSidesDoNotWearOut(t *testing.T) {
	net := generate(t, 2, 60)
	for i := range net.Stations {
		x := &net.Stations[i]
		x.Demand = models.Demand{Heat: models.Some(x.DesignHeat()), ReturnTemperature: models.Some(x.Design.PrimaryReturn)}
	}
	s := compile(t, net, solver.Options{Temperatures: solver.Isothermal})
	run := s.NewRun()
	turns := []models.Change{set(net.Sources[0].ID, models.AttrSpeed, 0.5), set(net.Stations[0].ID, models.AttrHeat, 1e5), set(net.Sources[0].ID, models.AttrSpeed, 0.6)}
	changed := false
	for n := range 5 * len(turns) {
		sc := models.Scenario{Changes: turns[n%len(turns) : n%len(turns)+1]}
		if _, err := run.Solve(t.Context(), sc); err != nil {
			t.Fatal(err)
		}
		cold, err := s.Solve(t.Context(), sc, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := run.Result()
		// Fifty of the sixty come short at once: each is found so once.
		if cold.Report.Iterations > 15 || got.Report.Iterations > 15 {
			t.Errorf("turn %d: %d solves, from nothing %d", n, got.Report.Iterations, cold.Report.Iterations)
		}
		for _, of := range []*solver.Result{cold, got} {
			audit, err := s.Audit(sc, of)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range audit.Checks {
				if c.Failed > 0 {
					t.Errorf("turn %d: %+v", n, c)
				}
			}
		}
		for i := range cold.Stations {
			if got.Stations[i].WideOpen != cold.Stations[i].WideOpen {
				t.Errorf("turn %d: %s is open to its end: %v, from nothing %v", n, net.Stations[i].ID, got.Stations[i].WideOpen, cold.Stations[i].WideOpen)
			}
			changed = changed || !cold.Stations[i].WideOpen
		}
		if len(got.Controls) > 0 {
			t.Errorf("turn %d: undecided %+v", n, got.Controls)
		}
	}
	if !changed {
		t.Error("no station has enough in any turn")
	}
}

// A station that asks for heat through a pressure-independent valve gets what its
// exchanger passes at no more than the valve's limit, however it stood before.
func TestHeatWantedBehindALimiter(t *testing.T) {
	net := loop()
	x := &net.Stations[0]
	x.Valve.Characteristic = models.Linear
	for _, limit := range []float64{5, 2.5, 0.5, 0.05} {
		x.FlowLimit = models.Some(limit)
		s := compile(t, net, solver.Options{})
		sc := []models.Change{set("S1", models.AttrHeat, 9e5), set("S1", models.AttrOpening, 0.3)}
		r := solve(t, s, nil, sc...)
		y := r.Stations[0]
		near(t, "heat and what is short", y.Heat+y.ShortOfHeat, 9e5, 1)
		near(t, "heat", y.Heat, byHand(net, y.Flow, y.TempIn, y.TempOut, y.Heat), 30)
		if a, err := s.Audit(models.Scenario{Changes: sc}, r); err != nil || !a.OK() {
			t.Errorf("audit %+v, %v", a, err)
		}
		if limit == 5 {
			near(t, "heat", y.Heat, 9e5, 1)
			continue
		}
		near(t, "flow", y.Flow, limit, 1e-9)
		if y.ShortBy != models.ShortValve || y.TempOut < 291.15 {
			t.Errorf("limit %g: %+v", limit, y)
		}
	}
}

// A station whose valve is wide open for want of heat does not shut it because its
// water comes colder than the rooms: it wants all the more.
func TestWideOpenStaysOpenInTheCold(t *testing.T) {
	net := loop()
	net.Stations[0].Demand = models.Demand{Heat: models.Some(9e5)}
	s := compile(t, net, solver.Options{})
	const dp = 2e4
	r := solve(t, s, nil, set("SRC", models.AttrDifferential, dp))
	if !r.Stations[0].WideOpen {
		t.Fatalf("%+v", r.Stations[0])
	}
	sc := []models.Change{set("SRC", models.AttrDifferential, dp), set("SRC", models.AttrSupplyTemperature, 285)}
	r = solve(t, s, r, sc...)
	x := r.Stations[0]
	near(t, "flow", x.Flow, through(r, dp), 1e-6)
	if !x.WideOpen || x.ShortBy != models.ShortTooCold || x.Heat > 1 || len(r.Controls) > 0 {
		t.Errorf("%+v, %+v", x, r.Controls)
	}
	if a, err := s.Audit(models.Scenario{Changes: sc}, r); err != nil || !a.OK() {
		t.Errorf("audit %+v, %v", a, err)
	}
}
