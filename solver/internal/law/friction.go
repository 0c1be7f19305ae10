// Package law holds the laws of the single elements, each with its
// derivative: pipe friction, valve and pump curves, heat exchangers,
// radiators, buried pipes. A law knows nothing of networks.
package law

import "math"

// Friction names a friction law.
type Friction uint8

// The friction laws; see [Lambda].
const (
	Colebrook Friction = iota
	ColebrookAlways
	SwameeJain
	NikuradseSum
	SwameeJainTransition
	Altshul
	Shifrinson
)

// Borders of the laminar and the turbulent regime.
const (
	LaminarRe   = 2000.0
	TurbulentRe = 4000.0
)

// Below these Reynolds numbers the laws that know no laminar flow have lost
// all meaning (Swamee-Jain is singular at 7, Colebrook tends to a constant
// pressure drop); the drop then falls linearly to zero.
const (
	leastColebrookRe  = 1.0
	leastSwameeJainRe = 20.0
)

// ColebrookLambda returns the friction factor of
//
//	1/sqrt(l) = -2 log10(e/3.7 + 2.51/(Re sqrt(l)))
//
// and its derivative by Re, exact to machine precision for Re >= 4000, by two
// quartic steps of Clamond, Ind. Eng. Chem. Res. 48 (2009) 3665.
func ColebrookLambda(re, rel float64) (lambda, dRe float64) {
	const k = 0.123968186335417556 // ln(10)/(2*3.7*2.51)
	x1 := rel * re * k
	x2 := math.Log(re) - 0.779397488455682028
	f := x2 - 0.2
	for range 2 {
		s := x1 + f
		e := (math.Log(s) + f - x2) / (1 + s)
		f -= (1 + s + 0.5*e) * e * s / (1 + s + e*(1+e/3))
	}
	const c = 1.151292546497022842 // ln(10)/2
	root := c / f                  // sqrt(lambda)
	lambda = root * root
	// f solves f + ln(x1+f) = x2, so df/dRe = (1/Re)(1 - x1/s)/(1+1/s).
	s := x1 + f
	df := f / (re * (1 + s))
	return lambda, -2 * lambda / f * df
}

// colebrookAny solves Colebrook-White with the constant 3.71 at any Re >= 1
// by Newton's method in x = 1/sqrt(lambda), which converges from above.
func colebrookAny(re, rel float64) (lambda, dRe float64) {
	const k = 2 / math.Ln10
	a, b := rel/3.71, 2.51/re
	x := math.Max(-k*math.Log(a+b*8), 0.5)
	for range 60 {
		y := a + b*x
		d := (x + k*math.Log(y)) / (1 + k*b/y)
		if d >= x { // stay on the side where the logarithm is defined
			d = x / 2
		}
		x -= d
		if math.Abs(d) <= 1e-15*x {
			break
		}
	}
	y := a + b*x
	lambda = 1 / (x * x)
	dx := k * b * x / (re * y) / (1 + k*b/y)
	return lambda, -2 * lambda / x * dx
}

func swameeJain(re, rel float64) (lambda, dRe float64) {
	t := 5.74 / math.Pow(re, 0.9)
	y := rel/3.7 + t
	l := math.Log(y) / math.Ln10
	lambda = 0.25 / (l * l)
	return lambda, -2 * lambda / l * (-0.9 * t / re) / (y * math.Ln10)
}

// altshul is 0.11 (k/d + 68/Re)^0.25, the formula of the handbooks.
func altshul(re, rel float64) (lambda, dRe float64) {
	x := rel + 68/re
	lambda = 0.11 * math.Sqrt(math.Sqrt(x))
	return lambda, -0.25 * lambda / x * 68 / (re * re)
}

// shifrinson is 0.11 (k/d)^0.25, fully rough.
func shifrinson(rel float64) float64 { return 0.11 * math.Sqrt(math.Sqrt(rel)) }

// turbulent returns what a law with a laminar branch has above Re 4000.
func (f Friction) turbulent(re, rel float64) (lambda, dRe float64) {
	switch f {
	case SwameeJainTransition:
		return swameeJain(re, rel)
	case Altshul:
		return altshul(re, rel)
	}
	return ColebrookLambda(re, rel)
}

// NikuradseRough returns the fully rough friction factor, constant 3.71.
func NikuradseRough(rel float64) float64 {
	if rel <= 0 {
		return 0
	}
	l := 2 * math.Log10(rel/3.71)
	return 1 / (l * l)
}

// Lambda returns the Darcy friction factor at Reynolds number re > 0 and
// relative roughness rel = k/d, and its derivative by Re.
//
// Colebrook: 64/Re below 2000, Colebrook-White (3.7) above 4000, between them
// the cubic that joins both with equal slope. ColebrookAlways: Colebrook-White
// (3.71) in every regime. SwameeJain (3.7) in every regime. NikuradseSum:
// 64/Re plus the fully rough value (3.71), in every regime. Altshul and
// SwameeJainTransition have the regimes of Colebrook with their own turbulent
// law; with Swamee-Jain the cubic is Dunlop's, as in EPANET. Shifrinson: fully
// rough in every regime.
func (f Friction) Lambda(re, rel float64) (lambda, dRe float64) {
	switch f {
	case ColebrookAlways:
		return colebrookAny(math.Max(re, leastColebrookRe), rel)
	case SwameeJain:
		return swameeJain(math.Max(re, leastSwameeJainRe), rel)
	case NikuradseSum:
		return 64/re + NikuradseRough(rel), -64 / (re * re)
	case Shifrinson:
		return shifrinson(rel), 0
	}
	switch {
	case re <= LaminarRe:
		return 64 / re, -64 / (re * re)
	case re >= TurbulentRe:
		return f.turbulent(re, rel)
	}
	l4, d4 := f.turbulent(TurbulentRe, rel)
	return transition(re, l4, d4)
}

// transition is the cubic Hermite polynomial in Re between the laminar and
// the turbulent regime; l4, d4 are value and slope at Re 4000.
func transition(re, l4, d4 float64) (lambda, dRe float64) {
	const (
		w  = TurbulentRe - LaminarRe
		l2 = 64 / LaminarRe
		d2 = -64 / (LaminarRe * LaminarRe)
	)
	s := (re - LaminarRe) / w
	c2 := 3*(l4-l2) - w*(2*d2+d4)
	c3 := -2*(l4-l2) + w*(d2+d4)
	return l2 + s*(w*d2+s*(c2+s*c3)), (w*d2 + s*(2*c2+3*s*c3)) / w
}
