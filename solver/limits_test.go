package solver_test

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/internal/water"
)

// Every limit that a network passes is told with its element, the value, the
// bound and what is between them: numbers of a closed form.
func TestLimitsInNumbers(t *testing.T) {
	told := func(name string, r *solver.Result, limit models.LimitKind, id models.ID, value, bound, tolerance float64) {
		t.Helper()
		v := margin(t, r, limit)
		if v.Element != id || math.Abs(v.Value-value) > tolerance || math.Abs(v.Bound-bound) > 1e-9*math.Abs(bound) || math.Abs(math.Abs(v.Margin)-math.Abs(value-bound)) > tolerance {
			t.Errorf("%s: %+v, want %s of %s at %g, bound %g", name, v, limit, id, value, bound)
		}
		if v.Margin >= 0 {
			t.Errorf("%s: %+v is within the limit", name, v)
		}
	}
	// 10 kg/s are drawn through pipes that cost 1 bar each, from 5 bar.
	r := solve(t, compile(t, chain(10, models.Valve{Control: models.LimitFlow, Flow: 4}), cold), nil)
	told("a limiter before a draw", r, models.LimitHeldFlow, "V", 10, 4, 1e-6)
	r = solve(t, compile(t, chain(10, models.Valve{Control: models.SustainPressure, Pressure: 4.5 * bar}), cold), nil)
	told("a sustainer before a draw", r, models.LimitHeldPressure, "V", 4*bar, 4.5*bar, 1)
	r = solve(t, compile(t, between(1*bar, models.Valve{Control: models.SustainPressure, Pressure: 6 * bar}), cold), nil)
	told("more than there is", r, models.LimitHeldPressure, "V", 5*bar, 6*bar, 1)
	net := chain(10, models.Valve{})
	net.Junctions[0].FixedPressure = models.Some(1.5 * bar)
	net.Pipes[0].PressureClass = 1 * bar
	r = solve(t, compile(t, net, cold), nil)
	told("suction", r, models.LimitSubAtmosphere, "C", -0.5*bar, 0, 1e3)
	told("a weak pipe", r, models.LimitPressureClass, "P1", 1.5*bar, 1*bar, 1)

	// The loop: a source at 110 degC that holds 200 kPa over a return at a hold.
	net = loop()
	s := compile(t, net, solver.Options{})
	var hold models.ID
	for i := range net.Junctions {
		if net.Junctions[i].FixedPressure.Known {
			hold = net.Junctions[i].ID
		}
	}
	r = solve(t, s, nil, set(hold, models.AttrFixedPressure, 2e4))
	told("a low hold", r, models.LimitSubAtmosphere, hold, 2e4, 5e4, 1e-6)
	r = solve(t, s, nil, set("SRC", models.AttrDifferential, 1e3), set(hold, models.AttrFixedPressure, 3e4))
	x := r.Stations[0]
	onTheWay := 500 * x.Flow * x.Flow // Pa in the pipe to the station
	boils := water.SaturationPressure(net.Sources[0].SupplyTemperature) - water.Atmosphere
	told("hardly any pressure on the supply", r, models.LimitBoiling, net.Stations[0].From, 3e4+1e3-onTheWay-boils, solver.BoilingMargin, 1)
}

// Where more heat is lost than keeps the water liquid, the place is told, and
// the answer is one of water of 0 degC there: it stands up to the audit. The
// fits of density and viscosity, carried on below 0 degC, gave negative densities and were 71 kPa
// off.
func TestFreezing(t *testing.T) {
	net := circuit(4)
	for i := range net.Pipes {
		p := &net.Pipes[i]
		p.HeatLoss, p.Ambient, p.Partner = models.Some(200), models.Some(0), ""
	}
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	v := margin(t, r, models.LimitFreezing)
	at, _ := net.Index().At(models.KindJunction, v.Element)
	if v.Bound != water.Zero || v.Margin >= 0 || v.Value != r.Junctions[at].Temperature {
		t.Errorf("%+v", v)
	}
	for i := range r.Pipes {
		if d := r.Pipes[i].Density; !(d > 900 && d < 1002) {
			t.Errorf("%s: %g kg/m3", net.Pipes[i].ID, d)
		}
	}
	if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
		t.Errorf("audit %+v, %v", a, err)
	}
	for _, w := range solve(t, compile(t, circuit(4), solver.Options{}), nil).Report.Margins {
		if w.Limit == models.LimitFreezing {
			t.Errorf("a warm street: %+v", w)
		}
	}
}
