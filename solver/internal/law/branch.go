package law

import "math"

// Kind says which form a branch's law has.
type Kind uint8

// The forms of a branch's pressure drop over its mass flow.
const (
	Quadratic Kind = iota // K m|m| + Lin m
	Pipe                  // (C lambda(Re) + K) m|m|
	Power                 // C m|m|^(N-1) + K m|m|, Hazen-Williams
	Losses                // A Curve(B |m|), odd
	Constant              // A + Droop m, or K m|m| where that is more on either side
	Lift                  // -(A + B m + D m^2), a pump
	LiftPower             // -(A - D m^N), a pump
	LiftCurve             // -A Curve(B m), a pump
	LiftWork              // -A/m, a pump of constant power
)

// Droop is the least slope of a law, Pa/(kg/s): elements without resistance
// and pumps that hold a differential yield by that much. It keeps every
// conductance finite, and 1000 kg/s move it by a tenth of a pascal.
const Droop = 1e-4

// SmallFlow is where a pure quadratic gives way to a polynomial with a finite
// slope at zero, kg/s.
const SmallFlow = 1e-4

// reverseSlope holds back flow against the direction of a pump or a check
// valve, Pa/(kg/s): 1 MPa the wrong way passes 0.1 g/s.
const reverseSlope = 1e10

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
	A, B, D  float64 // pump: Pa, Pa/(kg/s), Pa/(kg/s)^2; see the kinds
	N        float64 // exponent
	Most     float64 // kg/s: a valve throttles what would be more; 0: none does
	Curve    *Line
	Table    *Table // of the friction or the power, nil: by the formula
	OneWay   bool   // water passes from beginning to end only
	Bypass   bool   // of a pump: past it where it would brake
}

// Pumps reports whether the branch lifts water; it then passes one way only.
func (b *Branch) Pumps() bool { return b.Kind >= Lift }

// PrepareTransition computes what the pipe's law needs once per roughness.
func (b *Branch) PrepareTransition() {
	switch b.Friction {
	case Colebrook, SwameeJainTransition, Altshul:
		b.L4, b.D4 = b.Friction.turbulent(TurbulentRe, b.Rel)
	case NikuradseSum:
		b.L4 = NikuradseRough(b.Rel)
	case Shifrinson:
		b.L4 = shifrinson(b.Rel)
	}
}

// Drop returns the pressure drop in Pa at mass flow m (kg/s), signed like m,
// and its derivative in Pa/(kg/s), which is above zero.
//
// Against the direction of a pump or a check valve it is steep: see
// reverseSlope.
func (b *Branch) Drop(m float64) (drop, slope float64) {
	if m < 0 && (b.OneWay || b.Kind >= Lift) {
		drop, _ = b.forward(0)
		return drop + reverseSlope*m, reverseSlope
	}
	return b.forward(m)
}

// Shut is the slope of what lets nothing pass: against the direction of a pump
// or a check valve, or through a regulator that has closed.
const Shut = reverseSlope

func (b *Branch) forward(m float64) (drop, slope float64) {
	switch b.Kind {
	case Pipe:
		return b.pipeDrop(m)
	case Quadratic:
		drop, slope = Square(b.K, m)
		return drop + b.Lin*m, slope + b.Lin
	case Power:
		return b.powerDrop(m)
	case Losses:
		drop, slope = b.Curve.At(b.B * math.Abs(m))
		return math.Copysign(b.A*drop, m) + Droop*m, b.A*b.B*slope + Droop
	case Constant:
		return b.breakDrop(m)
	}
	if drop, slope = b.liftDrop(m); b.Bypass && drop > Droop*m {
		return Droop * m, Droop
	}
	return drop, slope
}

// turnOver is the share of the flow over which a pressure breaker goes from
// raising the water that flows back to throttling it.
const turnOver = 1e-3

// turn returns the flow below which a pressure breaker throttles what flows back.
func (b *Branch) turn() float64 {
	if b.K == 0 {
		return math.Inf(-1)
	}
	return -math.Sqrt(b.A / b.K)
}

// breakDrop is the drop of a pressure breaker: A whatever the flow, also of water
// that flows back, which it then raises, as EPANET's PBV does; its own loss K m|m|
// takes the place of A where that is more.
func (b *Branch) breakDrop(m float64) (drop, slope float64) {
	drop, slope = Square(b.K, m)
	if math.Abs(drop) <= b.A {
		return b.A + Droop*m, Droop
	}
	if begin := b.turn(); m < 0 && m > begin*(1+turnOver) {
		end := begin * (1 + turnOver)
		slope = (b.A + b.K*end*end) / (begin - end)
		drop = b.A + slope*(m-begin)
	}
	return drop + Droop*m, slope + Droop
}

// Throttles reports whether at flow m the valve is at work that lets no more than Most
// pass. What is then missing in the drop is the valve's.
func (b *Branch) Throttles(m float64) bool { return b.Most > 0 && m >= b.Most*(1-1e-12) }

// Corner returns where a step from one flow to another must end first: a straight
// line from before that place says nothing about what lies behind it.
func (b *Branch) Corner(from, to float64) (at float64, ok bool) {
	if b.Most > 0 && to > b.Most {
		return b.Most, true
	}
	if b.OneWay || b.Pumps() {
		return 0, from > 0 && to < 0
	}
	if b.Kind != Constant || b.A == 0 || from >= 0 && to >= 0 {
		return 0, false
	}
	begin := b.turn()
	end := begin * (1 + turnOver)
	return (begin + end) / 2, from >= begin && to < end || from <= end && to > begin
}

// Secant returns (drop - drop at rest)/flow at flow m > 0: the slope of the
// line with which a cold start begins.
func (b *Branch) Secant(m float64) float64 {
	d, slope := b.forward(m)
	if b.Kind == LiftWork {
		return math.Max(slope, Droop)
	}
	rest, _ := b.forward(0)
	return math.Max((d-rest)/m, Droop)
}

// ByDensity returns the derivative of a pump's drop by the logarithm of the
// density of its water, Pa: heads and volumes stay, the flow is a mass.
func (b *Branch) ByDensity(m float64) float64 {
	drop, slope := b.Drop(m)
	return drop - m*slope
}

// Steep returns the slope that absorbs a residual of a Pa in one step from
// rest, where the slope of a power law at rest could not; 0 for other laws, and
// for powers below 1, which are steepest at rest.
func (b *Branch) Steep(a float64) float64 {
	if b.Kind == Power && b.N > 1 && b.C > 0 && a > 0 {
		return a / math.Pow(a/b.C, 1/b.N)
	}
	return 0
}

// Quadratic returns k and lin of a law that is k m|m| + lin m in every regime.
func (b *Branch) Quadratic() (k, lin float64, ok bool) {
	switch {
	case b.Kind == Quadratic:
		return b.K, b.Lin, true
	case b.Kind == Pipe && b.Friction == NikuradseSum:
		return b.C*b.L4 + b.K, 64 * b.C / b.Re, true
	case b.Kind == Pipe && b.Friction == Shifrinson:
		return b.C*b.L4 + b.K, 0, true
	}
	return 0, 0, false
}

// Square is k m|m| and its slope, with, below SmallFlow, the odd cubic that meets it with
// equal slope.
func Square(k, m float64) (drop, slope float64) {
	a := math.Abs(m)
	if a >= SmallFlow {
		return k * m * a, 2 * k * a
	}
	q := m / SmallFlow
	return k * SmallFlow * m * (0.5 + 0.5*q*q), k * SmallFlow * (0.5 + 1.5*q*q)
}

func (b *Branch) pipeDrop(m float64) (drop, slope float64) {
	if b.Table != nil {
		return b.tableDrop(m)
	}
	a := math.Abs(m)
	re := b.Re * a
	var lambda, dRe float64
	switch b.Friction {
	case Colebrook, SwameeJainTransition, Altshul:
		switch {
		case re <= LaminarRe:
			lin := 64 * b.C / b.Re
			drop, slope = Square(b.K, m)
			return drop + lin*m, slope + lin
		case re < TurbulentRe:
			lambda, dRe = transition(re, b.L4, b.D4)
		default:
			lambda, dRe = b.Friction.turbulent(re, b.Rel)
		}
	case Shifrinson, NikuradseSum:
		k, lin, _ := b.Quadratic()
		drop, slope = Square(k, m)
		return drop + lin*m, slope + lin
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

// tableDrop is the drop of a law that is tabulated.
func (b *Branch) tableDrop(m float64) (drop, slope float64) {
	r, ws := b.Tabled()
	f, g := b.Table.Value(math.Abs(m) * ws)
	drop, slope = Square(b.K, m)
	return drop + math.Copysign(r*f, m), slope + r*ws*g
}

// linearBelow is the straight line from zero to the friction at Reynolds
// number re.
func (b *Branch) linearBelow(m, re float64) (drop, slope float64) {
	lambda, _ := b.Friction.Lambda(re, b.Rel)
	lin := b.C * lambda * re / b.Re
	a := math.Abs(m)
	return lin*m + b.K*m*a, lin + 2*b.K*a
}

// smallPower is where a power law gives way to a polynomial with a finite
// slope at zero, kg/s.
const smallPower = 1e-5

// powerDrop is C m|m|^(N-1) + K m|m| with, below smallPower, the odd cubic
// that meets the power with equal slope.
func (b *Branch) powerDrop(m float64) (drop, slope float64) {
	if b.Table != nil {
		return b.tableDrop(m)
	}
	a := math.Abs(m)
	if a < smallPower {
		c := b.C * math.Pow(smallPower, b.N-1)
		q := m / smallPower
		u, v := (3-b.N)/2, (b.N-1)/2
		return c*m*(u+v*q*q) + b.K*m*a, c*(u+3*v*q*q) + 2*b.K*a
	}
	c := b.C * math.Pow(a, b.N-1)
	return m * (c + b.K*a), b.N*c + 2*b.K*a
}

// LeastWork is the flow below which a pump of constant power goes over to a
// straight line, as a share of the flow it would have against 1 MPa.
const LeastWork = 0.01

// liftDrop is minus the pump's lift at m >= 0. Where a curve rises with the
// flow the reported slope is the least one.
func (b *Branch) liftDrop(m float64) (drop, slope float64) {
	switch b.Kind {
	case LiftPower:
		if m == 0 {
			return -b.A, Droop
		}
		x := b.D * math.Pow(m, b.N)
		return x - b.A + Droop*m, b.N*x/m + Droop
	case LiftCurve:
		drop, slope = b.Curve.At(b.B * m)
		return -b.A*drop + Droop*m, math.Max(-b.A*b.B*slope, 0) + Droop
	case LiftWork:
		least := LeastWork * b.A / 1e6
		if m < least {
			return -b.A / least * (2 - m/least), b.A / (least * least)
		}
		return -b.A / m, b.A / (m * m)
	}
	return -(b.A + m*(b.B+m*b.D)) + Droop*m, math.Max(-(b.B+2*b.D*m)+Droop, Droop)
}
