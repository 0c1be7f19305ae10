package law

import "math"

// Kind says which form a branch's law has.
type Kind uint8

// The forms of a branch's pressure drop over its mass flow.
const (
	Quadratic Kind = iota // K m|m| + Lin m
	Pipe                  // (C lambda(Re) + K) m|m|
	Lift                  // -(A + B m + D m^2), a pump
)

// Droop is the least slope of a law, Pa/(kg/s): elements without resistance
// and pumps that hold a differential yield by that much. It keeps every
// conductance finite, and 1000 kg/s move it by a tenth of a pascal.
const Droop = 1e-4

// smallFlow is where a pure quadratic gives way to a polynomial with a finite
// slope at zero, kg/s.
const smallFlow = 1e-4

// reverseSlope holds back flow against a pump's direction, Pa/(kg/s): its
// non-return valve.
const reverseSlope = 1e7

// Branch is the pressure-drop law of one branch at one state of its water:
// drop over mass flow, positive from its beginning to its end. Every law is
// continuous and has a slope above zero everywhere.
type Branch struct {
	Kind     Kind
	Friction Friction
	C        float64 // L/(2 rho A^2 d), Pa per (kg/s)^2 and unit of lambda
	K        float64 // quadratic coefficient, Pa/(kg/s)^2
	Re       float64 // Reynolds number per kg/s
	Rel      float64 // relative roughness k/d
	L4, D4   float64 // lambda and its slope at Re 4000, for the transition
	Lin      float64 // Pa/(kg/s)
	A, B, D  float64 // pump: Pa, Pa/(kg/s), Pa/(kg/s)^2
}

// PrepareTransition computes what the pipe's law needs once per roughness.
func (b *Branch) PrepareTransition() {
	switch b.Friction {
	case Colebrook:
		b.L4, b.D4 = ColebrookLambda(TurbulentRe, b.Rel)
	case NikuradseSum:
		b.L4 = NikuradseRough(b.Rel)
	}
}

// Drop returns the pressure drop in Pa at mass flow m (kg/s), signed like m,
// and its derivative in Pa/(kg/s), which is above zero.
func (b *Branch) Drop(m float64) (drop, slope float64) {
	switch b.Kind {
	case Pipe:
		return b.pipeDrop(m)
	case Lift:
		return b.liftDrop(m)
	}
	drop, slope = quadratic(b.K, m)
	return drop + b.Lin*m, slope + b.Lin
}

// Secant returns drop/flow at flow m: the slope of the line with which a cold
// start begins.
func (b *Branch) Secant(m float64) float64 {
	if b.Kind == Lift {
		return math.Max((b.A-(b.A+b.B*m+b.D*m*m))/m, Droop)
	}
	d, _ := b.Drop(m)
	return math.Max(d/m, Droop)
}

// quadratic is k m|m| with, below smallFlow, the odd cubic that meets it with
// equal slope.
func quadratic(k, m float64) (drop, slope float64) {
	a := math.Abs(m)
	if a >= smallFlow {
		return k * m * a, 2 * k * a
	}
	q := m / smallFlow
	return k * smallFlow * m * (0.5 + 0.5*q*q), k * smallFlow * (0.5 + 1.5*q*q)
}

func (b *Branch) pipeDrop(m float64) (drop, slope float64) {
	a := math.Abs(m)
	re := b.Re * a
	var lambda, dRe float64
	switch b.Friction {
	case Colebrook:
		switch {
		case re <= LaminarRe:
			lin := 64 * b.C / b.Re
			return lin*m + b.K*m*a, lin + 2*b.K*a
		case re < TurbulentRe:
			lambda, dRe = transition(re, b.L4, b.D4)
		default:
			lambda, dRe = ColebrookLambda(re, b.Rel)
		}
	case NikuradseSum:
		lin, k := 64*b.C/b.Re, b.C*b.L4+b.K
		return lin*m + k*m*a, lin + 2*k*a
	case ColebrookAlways:
		if re < leastColebrookRe {
			return b.linearBelow(m, leastColebrookRe)
		}
		lambda, dRe = colebrookAny(re, b.Rel)
	case SwameeJain:
		if re < leastSwameeJainRe {
			return b.linearBelow(m, leastSwameeJainRe)
		}
		lambda, dRe = swameeJain(re, b.Rel)
	}
	r := b.C*lambda + b.K
	return r * m * a, a * (2*r + b.C*dRe*re)
}

// linearBelow is the straight line from zero to the friction at Reynolds
// number re.
func (b *Branch) linearBelow(m, re float64) (drop, slope float64) {
	lambda, _ := b.Friction.Lambda(re, b.Rel)
	lin := b.C * lambda * re / b.Re
	a := math.Abs(m)
	return lin*m + b.K*m*a, lin + 2*b.K*a
}

// liftDrop is minus the pump's lift. Where the curve rises with the flow the
// reported slope is the least one; backwards the non-return valve shuts.
func (b *Branch) liftDrop(m float64) (drop, slope float64) {
	if m < 0 {
		return -b.A + reverseSlope*m, reverseSlope
	}
	return -(b.A + m*(b.B+m*b.D)) + Droop*m, math.Max(-(b.B+2*b.D*m)+Droop, Droop)
}
