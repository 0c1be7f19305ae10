package law

import "math"

// Exchanger is a counterflow plate heat exchanger of a station.
type Exchanger struct {
	UA     float64 // W/K at the design flows
	M1, M2 float64 // kg/s, design flows of the primary and the secondary side
}

// uaExponent is how the film coefficients of a plate exchanger follow the flow.
const uaExponent = 0.7

// Effectiveness returns the effectiveness of a counterflow exchanger with NTU
// transfer units and the ratio cr = Cmin/Cmax.
func Effectiveness(ntu, cr float64) float64 {
	if ntu <= 0 {
		return 0
	}
	x := ntu * (1 - cr)
	if x < 1e-9 { // balanced streams
		return ntu / (1 + ntu)
	}
	e := -math.Expm1(-x)
	return e / (e + (1-cr)*math.Exp(-x))
}

// SizeExchanger returns the exchanger that gives heat q (W) between the
// primary t1s -> t1r and the secondary t2r -> t2s (K) with the flows m1, m2.
// ok is false where the temperatures cross.
func SizeExchanger(q, t1s, t1r, t2s, t2r, m1, m2 float64) (x Exchanger, ok bool) {
	hot, cold := t1s-t2s, t1r-t2r
	if !(q > 0 && hot > 0 && cold > 0 && m1 > 0 && m2 > 0) {
		return Exchanger{}, false
	}
	lmtd := hot
	if d := hot/cold - 1; math.Abs(d) > 1e-9 {
		lmtd = (hot - cold) / math.Log(hot/cold)
	}
	return Exchanger{UA: q / lmtd, M1: m1, M2: m2}, true
}

// Conductance returns UA in W/K at the flows m1, m2: the film resistances of
// both sides, equal at design, each follow their flow to the power -0.7.
func (x *Exchanger) Conductance(m1, m2 float64) float64 {
	if m1 <= 0 || m2 <= 0 {
		return 0
	}
	secondary := 1.0
	if m2 != x.M2 {
		secondary = math.Pow(x.M2/m2, uaExponent)
	}
	return 2 * x.UA / (math.Exp(uaExponent*math.Log(x.M1/m1)) + secondary)
}

// PerKelvin returns the heat in W that passes per kelvin of difference
// between the two inlets: effectiveness times Cmin. cp1, cp2 in J/(kg K).
func (x *Exchanger) PerKelvin(m1, m2, cp1, cp2 float64) float64 {
	c1, c2 := m1*cp1, m2*cp2
	if c1 <= 0 || c2 <= 0 {
		return 0
	}
	least, most := math.Min(c1, c2), math.Max(c1, c2)
	return least * Effectiveness(x.Conductance(m1, m2)/least, least/most)
}

// PrimaryFlow returns the primary flow in kg/s that passes heat q (W) from
// primary water entering at t1s to secondary water entering at t2r (K). ok is
// false, and the flow most, where even that much does not pass it.
func (x *Exchanger) PrimaryFlow(q, t1s, t2r, m2, cp1, cp2, most float64) (m1 float64, ok bool) {
	if q <= 0 {
		return 0, true
	}
	d := t1s - t2r
	if d <= 0 || x.PerKelvin(most, m2, cp1, cp2)*d < q {
		return most, false
	}
	return root(0, most, func(m float64) float64 { return x.PerKelvin(m, m2, cp1, cp2)*d - q }), true
}

// root returns the zero of an increasing f in [lo, hi] by the ITP-like mix of
// secant and bisection; f(lo) <= 0 <= f(hi).
func root(lo, hi float64, f func(float64) float64) float64 {
	flo, fhi := f(lo), f(hi)
	if fhi == 0 {
		return hi
	}
	for i := range 200 {
		if hi-lo <= 1e-14*math.Max(math.Abs(lo), math.Abs(hi)) || flo == fhi {
			break
		}
		x := lo + (hi-lo)*flo/(flo-fhi)
		if i%3 == 2 || !(x > lo && x < hi) {
			x = (lo + hi) / 2
		}
		fx := f(x)
		switch {
		case fx == 0:
			return x
		case fx < 0:
			lo, flo = x, fx
		default:
			hi, fhi = x, fx
		}
	}
	return (lo + hi) / 2
}
