package water

import "math"

// Table is a piecewise linear property over temperature, extrapolated
// linearly beyond its ends. A table of one row is a constant.
type Table struct {
	T, Value []float64
	integral []float64 // of the property, from T[0] to T[i]
}

// NewTable returns the table of the rows given, T ascending, and prepares its
// integral.
func NewTable(t, value []float64) Table {
	tab := Table{T: t, Value: value, integral: make([]float64, len(t))}
	for i := 1; i < len(t); i++ {
		tab.integral[i] = tab.integral[i-1] + (t[i]-t[i-1])*(value[i]+value[i-1])/2
	}
	return tab
}

// segment returns the row at whose right T lies, 0..len-2.
func (tab *Table) segment(T float64) int {
	lo, hi := 0, len(tab.T)-1
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if tab.T[mid] <= T {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// At returns the property at T.
func (tab *Table) At(T float64) float64 {
	if len(tab.T) == 1 {
		return tab.Value[0]
	}
	i := tab.segment(T)
	return tab.Value[i] + (T-tab.T[i])*(tab.Value[i+1]-tab.Value[i])/(tab.T[i+1]-tab.T[i])
}

// Integral returns the integral of the property from the first row to T.
func (tab *Table) Integral(T float64) float64 {
	if len(tab.T) == 1 {
		return tab.Value[0] * (T - tab.T[0])
	}
	i := tab.segment(T)
	return tab.integral[i] + (T-tab.T[i])*(tab.Value[i]+tab.At(T))/2
}

// Fluid is the water of one calculation: IF97 fits, or a table in place of
// any of them. The zero Fluid is IF97.
type Fluid struct {
	Rho, Mu, Cp *Table
}

// Density returns kg/m3 at T (K).
func (f *Fluid) Density(T float64) float64 {
	if f.Rho != nil {
		return f.Rho.At(T)
	}
	return Density(T)
}

// Viscosity returns Pa s at T (K).
func (f *Fluid) Viscosity(T float64) float64 {
	if f.Mu != nil {
		return f.Mu.At(T)
	}
	return Viscosity(T)
}

// Friction returns the density, kg/m3, and its slope, kg/(m3 K), the viscosity,
// Pa s, and the slope of its logarithm, 1/K, at T (K). The viscosity is that of
// the table by the kelvin, its error at most 2e-8 of it.
func (f *Fluid) Friction(T float64) (rho, expansion, mu, thinning float64) {
	t := T - Zero
	if i := int(t); f.Rho == nil && f.Mu == nil && t > 0 && i < len(thickness) {
		x, d := &thickness[i], t-float64(i)
		mu = x.a + d*(x.b+d*(x.c+d*x.e))
		thinning = (x.b + d*(2*x.c+d*3*x.e)) / mu
		return rho0 + t*(rho1+t*(rho2+t*(rho3+t*rho4))), rho1 + t*(2*rho2+t*(3*rho3+t*4*rho4)), mu, thinning
	}
	return f.Density(T), f.Expansion(T), f.Viscosity(T), f.Thinning(T)
}

// HeatCapacity returns J/(kg K) at T (K).
func (f *Fluid) HeatCapacity(T float64) float64 {
	if f.Cp != nil {
		return f.Cp.At(T)
	}
	return HeatCapacity(T)
}

// Warming returns the slope of the heat capacity, J/(kg K2), at T (K).
func (f *Fluid) Warming(T float64) float64 {
	if f.Cp != nil {
		return f.Cp.At(T+slopeStep) - f.Cp.At(T-slopeStep)
	}
	t := T - Zero
	return cp1 + t*(2*cp2+t*(3*cp3+t*4*cp4))
}

// MeanHeatCapacity returns the heat capacity between two temperatures: by
// enthalpy for IF97, the mean of the end points for a table (as reference
// cases have it).
func (f *Fluid) MeanHeatCapacity(T1, T2 float64) float64 {
	if f.Cp != nil {
		return (f.Cp.At(T1) + f.Cp.At(T2)) / 2
	}
	return MeanHeatCapacity(T1, T2)
}

// Enthalpy returns J/kg above an arbitrary fixed temperature.
func (f *Fluid) Enthalpy(T float64) float64 {
	if f.Cp != nil {
		return f.Cp.Integral(T)
	}
	return Enthalpy(T)
}

// Temperature inverts Enthalpy, starting at guess (K).
func (f *Fluid) Temperature(h, guess float64) float64 {
	enough := 1e-3 // K: the next step is 1e-4 of the square of this
	if f.Cp != nil {
		enough = 1e-9 // a table has corners
	}
	T := guess
	for range 20 {
		d := (h - f.Enthalpy(T)) / f.HeatCapacity(T)
		T += d
		if math.Abs(d) < enough {
			break
		}
	}
	return T
}

// Expansion returns the slope of the density, kg/(m3 K), at T (K).
func (f *Fluid) Expansion(T float64) float64 {
	if f.Rho != nil {
		return f.Rho.At(T+slopeStep) - f.Rho.At(T-slopeStep)
	}
	t := T - Zero
	if t < 0 {
		return 0
	}
	return rho1 + t*(2*rho2+t*(3*rho3+t*4*rho4))
}

// Thinning returns the slope of the logarithm of the viscosity, 1/K, at T (K).
func (f *Fluid) Thinning(T float64) float64 {
	if f.Mu != nil {
		return (f.Mu.At(T+slopeStep) - f.Mu.At(T-slopeStep)) / f.Mu.At(T)
	}
	t := T - Zero
	if t < 0 {
		return 0
	}
	return mu1 + t*(2*mu2+t*(3*mu3+t*(4*mu4+t*5*mu5)))
}

// slopeStep is half the distance, K, over which the slope of a table counts.
const slopeStep = 0.5
