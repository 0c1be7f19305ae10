package water

import (
	"math"
	"testing"
)

// Values of IAPWS-IF97 at 1.6 MPa; tolerances are those of the fits.
func TestAgainstIF97(t *testing.T) {
	for _, c := range []struct{ t, rho, mu, cp float64 }{
		{80, 972.5, 354.5e-6, 4192},
		{95, 962.6, 297.5e-6, 4207},
		{110, 951.7, 255.0e-6, 4227},
		{130, 935.5, 213.3e-6, 4261},
		{150, 917.6, 182.9e-6, 4307},
	} {
		T := c.t + Zero
		near(t, "rho", Density(T), c.rho, 2e-4)
		near(t, "mu", Viscosity(T), c.mu, 2e-3)
		near(t, "cp", HeatCapacity(T), c.cp, 6e-4)
	}
	near(t, "psat", SaturationPressure(130+Zero), 270.3e3, 4e-4)
}

func near(t *testing.T, what string, got, want, rel float64) {
	t.Helper()
	if math.Abs(got-want) > rel*math.Abs(want) {
		t.Errorf("%s = %v, want %v within %g", what, got, want, rel)
	}
}

func TestEnthalpyIsTheIntegral(t *testing.T) {
	tab := NewTable([]float64{280, 300, 340}, []float64{4200, 4180, 4190})
	for _, f := range []Fluid{{}, {Cp: &tab}} {
		for T := 270.0; T < 420; T += 7.3 {
			d := 1e-3
			near(t, "dh/dT", (f.Enthalpy(T+d)-f.Enthalpy(T-d))/(2*d), f.HeatCapacity(T), 1e-6)
			near(t, "T(h)", f.Temperature(f.Enthalpy(T), 333), T, 1e-12)
		}
	}
	near(t, "mean", MeanHeatCapacity(400, 320), (Enthalpy(400)-Enthalpy(320))/80, 1e-12)
	near(t, "mean at one temperature", MeanHeatCapacity(350, 350), HeatCapacity(350), 1e-12)
}

func TestTableExtrapolates(t *testing.T) {
	tab := NewTable([]float64{280, 300}, []float64{10, 20})
	near(t, "below", tab.At(270), 5, 1e-12)
	near(t, "above", tab.At(310), 25, 1e-12)
	one := NewTable([]float64{293}, []float64{7})
	near(t, "constant", one.At(500), 7, 0)
	near(t, "integral of a constant", one.Integral(303), 70, 1e-12)
}

// What friction asks for at once is what the formulas give one by one, whatever
// fluid it is.
func TestFrictionIsByTheFormulas(t *testing.T) {
	tab := NewTable([]float64{280, 340}, []float64{1e-3, 5e-4})
	for _, f := range []Fluid{{}, {Mu: &tab}, {Rho: &tab}} {
		for T := 270.0; T < 500; T += 0.37 {
			rho, expansion, mu, thinning := f.Friction(T)
			near(t, "rho", rho, f.Density(T), 1e-14)
			near(t, "its slope", expansion, f.Expansion(T), 1e-14)
			near(t, "mu", mu, f.Viscosity(T), 2e-8)
			near(t, "its slope", thinning, f.Thinning(T), 1e-5)
		}
	}
}
