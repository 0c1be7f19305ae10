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
	return 2 * x.UA / (x.firstFilm(m1) + x.secondFilm(m2))
}

// firstFilm and secondFilm return the film resistances of both sides, 1 at design.
func (x *Exchanger) firstFilm(m1 float64) float64 {
	return math.Exp(uaExponent * math.Log(x.M1/m1))
}

func (x *Exchanger) secondFilm(m2 float64) float64 {
	if m2 == x.M2 {
		return 1
	}
	return math.Pow(x.M2/m2, uaExponent)
}

// PerKelvin returns the heat in W that passes per kelvin of difference
// between the two inlets: effectiveness times Cmin. cp1, cp2 in J/(kg K).
func (x *Exchanger) PerKelvin(m1, m2, cp1, cp2 float64) float64 {
	per, _ := x.Transfer(m1, m2, cp1, cp2)
	return per
}

// Transfer returns PerKelvin and dln per/dln m1, by how much of a relative
// change of the primary flow it follows.
func (x *Exchanger) Transfer(m1, m2, cp1, cp2 float64) (per, byFlow float64) {
	if !(m1*cp1 > 0 && m2*cp2 > 0) {
		return 0, 0
	}
	per, byFlow, _ = passes(2*x.UA, x.firstFilm(m1), x.secondFilm(m2), m1*cp1, m2*cp2)
	return per, byFlow
}

// passes is Transfer between capacity flows c1 and c2 (W/K) with the film
// resistances of both sides. With a = 1/c1, b = 1/c2 the effectiveness of a
// counterflow exchanger reads
//
//	per = X/(1 + min(a, b) X),  X = UA r,  r = (1 - exp(-z))/z,  z = UA |a - b|
//
// which has no special case for balanced streams. byCapacity is dln per/dln c1
// where the films stay.
func passes(ua, film, secondary, c1, c2 float64) (per, byFlow, byCapacity float64) {
	ua /= film + secondary
	duA := uaExponent * film / (film + secondary) // dln UA/dln m1
	hi, lo := 1/c1, 1/c2
	dhi, dlo := -hi, 0.0 // by dln m1
	if hi < lo {
		hi, lo = lo, hi
		dhi, dlo = 0, -lo
	}
	z := ua * (hi - lo)
	r, slope := 0.0, 0.0 // of ln r over z
	if z < 1e-3 {
		r = 1 - z*(0.5-z*(1.0/6-z/24))
		slope = -0.5 + z/12
	} else {
		e := math.Exp(-z)
		r = (1 - e) / z
		slope = (e/r - 1) / z
	}
	part := ua * r
	per = part / (1 + lo*part)
	all := 1 / (1 + lo*part)
	byCapacity = (slope*ua*(dhi-dlo) - dlo*part) * all
	return per, duA*(1+slope*z)*all + byCapacity, byCapacity
}

// PrimaryFlow returns the primary flow in kg/s that passes heat q (W) from
// primary water entering at t1s to secondary water entering at t2r (K). ok is
// false, and the flow most, where even that much does not pass it. guess is
// where to begin; 0: at the design flow.
func (x *Exchanger) PrimaryFlow(q, t1s, t2r, m2, cp1, cp2, most, guess float64) (m1 float64, ok bool) {
	if q <= 0 {
		return 0, true
	}
	d := t1s - t2r
	if d <= 0 {
		return most, false
	}
	lo, hi := 0.0, math.Inf(1)
	m := guess
	if !(m > 0) {
		m = x.M1
	}
	m = math.Min(m, most)
	for range 100 { // Newton's method on the logarithms, within the bracket
		per, byFlow := x.Transfer(m, m2, cp1, cp2)
		if per <= 0 {
			return most, false
		}
		miss := math.Log(q / (per * d))
		if miss > 0 {
			if m == most {
				return most, miss < 1e-12
			}
			lo = m
		} else {
			hi = m
		}
		step := miss / byFlow
		if math.Abs(step) <= 1e-7 { // the next error is the square of that
			return math.Min(m*(1+step), most), true
		}
		next := m * math.Exp(math.Min(math.Max(step, -3), 3))
		if next >= most && hi > most {
			next = most
		} else if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		m = next
	}
	return m, true
}
