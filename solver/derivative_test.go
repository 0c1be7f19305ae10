package solver

import (
	"math"
	"testing"

	"evenflow/solver/internal/water"
)

// How water cools along a pipe, and how that follows the temperature with which it
// enters and its flow, against differences.
func TestCooledAlongDerivatives(t *testing.T) {
	var f water.Fluid
	for _, m := range []float64{0.002, 0.01, 0.1, 2, 50} {
		for _, tin := range []float64{275, 300, 350, 400} {
			const d = 1e-3
			at := func(m, tin float64) (o outflow) { cooledAlong(&f, 90, m, tin, 278, tin, &o); return o }
			o := at(m, tin)
			check := func(name string, got, a, b, over float64) {
				t.Helper()
				if want := (a - b) / over; math.Abs(got-want) > 2e-3*(math.Abs(want)+0.01) {
					t.Errorf("%s at %g kg/s, %g K: %g, not %g", name, m, tin, got, want)
				}
			}
			up, down := at(m, tin+d*50), at(m, tin-d*50)
			check("outlet by inlet", o.byInlet, up.t, down.t, d*100)
			check("mean by inlet", o.meanByInlet, up.mean, down.mean, d*100)
			up, down = at(m*(1+d), tin), at(m*(1-d), tin)
			check("outlet by flow", o.byFlow, up.t, down.t, 2*d)
			check("mean by flow", o.meanByFlow, up.mean, down.mean, 2*d)
		}
	}
}

// How the residual of a pipe and of a valve follows the temperature of the water,
// against differences, whichever way it flows: hotter water is lighter, so that
// it weighs less and loses more in a valve, and thinner, so that it loses less by
// friction.
func TestByTemperature(t *testing.T) {
	st := &state{s: &Solver{}, p: &plan{}}
	valve := base{term: term{k: 4e9}, fixed: 300, height: 50, kind: otherLaw}
	for _, m := range []float64{0.3, -0.3} {
		at := func(k float64) (e float64) {
			st.water = []linkWater{standing(k, k)}
			var u tempered
			st.temperBranch(&u, &valve, 0)
			return u.k*m*math.Abs(m) + u.lin*m - u.lift
		}
		const k, d = 350.0, 0.05
		want := (at(k+d) - at(k-d)) / (2 * d)
		st.water = []linkWater{standing(k, k)}
		var u tempered
		st.temperBranch(&u, &valve, 0)
		if _, _, got := st.follows(&u, &valve, m); math.Abs(got-want) > 1e-4*math.Abs(want) {
			t.Errorf("valve at %g kg/s: %g Pa/K, not %g", m, got, want)
		}
	}
}

// A station whose water does not expand: at 4 degC, and with one density.
func TestStationMeanWithoutExpansion(t *testing.T) {
	one := water.NewTable([]float64{293}, []float64{998})
	for _, f := range []water.Fluid{{}, {Rho: &one}} {
		st := &state{s: &Solver{fluid: f}}
		for _, tin := range []float64{272, 277.13, 280, 400} {
			for _, drop := range []float64{0, 1e-3, 6.3} {
				out := outflow{t: tin - drop, byInlet: 1, byFlow: 2}
				st.stationMean(tin, &out)
				for _, x := range []float64{out.mean, out.meanByInlet, out.meanByFlow} {
					if !(math.Abs(x) < 1000) {
						t.Errorf("from %g by %g K: %+v", tin, drop, out)
					}
				}
			}
		}
	}
}
