package solver_test

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// told demands that a limit is told with its element and its numbers.
func told(t *testing.T, r *solver.Result, element models.ID, limit models.LimitKind, value, bound, within float64) {
	t.Helper()
	v := margin(t, r, limit)
	if v.Element != element || math.Abs(v.Value-value) > within || v.Bound != bound || v.Margin >= 0 {
		t.Errorf("%s: %+v, want %g at %s, beyond %g", limit, v, value, element, bound)
	}
	near(t, string(limit)+", margin", v.Margin, -math.Abs(v.Value-v.Bound), 1e-9)
}

// What a valve or a pump cannot hold is told: how much there is of what, and
// how much there should be.
func TestWhatCannotBeHeld(t *testing.T) {
	for _, c := range []struct {
		valve        models.Valve
		limit        models.LimitKind
		value, bound float64
	}{
		// 10 kg/s are drawn behind it and cost 1 bar before it.
		{models.Valve{Control: models.SustainPressure, Pressure: 4.5 * bar}, models.LimitHeldPressure, 4 * bar, 4.5 * bar},
		{models.Valve{Control: models.LimitFlow, Flow: 4}, models.LimitHeldFlow, 10, 4},
	} {
		r := solve(t, compile(t, chain(10, c.valve), cold), nil)
		told(t, r, "V", c.limit, c.value, c.bound, 1)
	}
	// 2e5 - 200 m^2 of the pump against 1 bar between the reservoirs and 1000
	// m^2 in the pipe: sqrt(1e5/1200) kg/s, whatever is asked for.
	m := math.Sqrt(1e5 / 1200)
	u := models.Pump{Speed: 1, Control: models.ControlFlow, Flow: 20}
	told(t, solve(t, compile(t, lifting(1*bar, 2*bar, u), cold), nil), "U", models.LimitHeldFlow, m, 20, 1e-4)
	u = models.Pump{Speed: 1, Control: models.ControlOutletPressure, Pressure: 6 * bar}
	told(t, solve(t, compile(t, lifting(1*bar, 2*bar, u), cold), nil), "U", models.LimitHeldPressure, 2*bar+1000*m*m, 6*bar, 1)
}

// Boiling, a return below the atmosphere and a pipe above its class are told
// where they are worst: at the end of the supply, at the hold, behind the pumps.
func TestPressuresOutOfTheirLimits(t *testing.T) {
	s := compile(t, loop(), solver.Options{})
	r := solve(t, s, nil, set("JR0", models.AttrFixedPressure, 0), set("SRC", models.AttrDifferential, 6e4))
	const saturation = 143380 - 101325 // gauge, of water of 110 degC (IF97)
	m := r.Stations[0].Flow
	told(t, r, "JS1", models.LimitBoiling, 6e4-500*m*m-saturation, solver.BoilingMargin, 100)

	r = solve(t, s, nil, set("JR0", models.AttrFixedPressure, 2e4))
	told(t, r, "JR0", models.LimitSubAtmosphere, 2e4, 5e4, 1e-9)

	r = solve(t, s, nil, set("JR0", models.AttrFixedPressure, 15e5))
	told(t, r, "PS1", models.LimitPressureClass, 15e5+2.5e5, 1.6e6, 1)
}

// A leak in a district-heating circuit follows the pressure with the exponent
// of its material, and what it loses comes in at the pressure hold.
func TestLeakByItsExponent(t *testing.T) {
	for _, exponent := range []float64{0.5, 1, 1.18, 1.5} {
		net := loop()
		net.Junctions[2].Emitter = models.Emitter{Coefficient: 2 / math.Pow(4e5, exponent), Exponent: exponent} // JS1: 2 kg/s at 4 bar
		s := compile(t, net, solver.Options{})
		r := solve(t, s, nil)
		x := r.Junctions[2]
		near(t, "leak", x.Drawn, 2*math.Pow(x.Pressure/4e5, exponent), 1e-9)
		// Supply carries what the station takes and the leak, the return the station's.
		m := r.Stations[0].Flow
		near(t, "pressure there", x.Pressure, 3e5+2.5e5-500*(m+x.Drawn)*(m+x.Drawn), 1)
		if a := reaudit(t, s, models.Scenario{}, r); !a.OK() || math.Abs(math.Abs(a.MakeUp)-x.Drawn) > 1e-8 {
			t.Errorf("exponent %g: made up %g of %g kg/s, %+v", exponent, a.MakeUp, x.Drawn, a)
		}
	}
}
