package law

import "math"

// Secondary is the steady secondary circuit of a station: exchanger, constant
// secondary flow, emitters, building. Temperatures in K.
type Secondary struct {
	Exchanger Exchanger
	Heat      float64 // W, design
	Flow      float64 // kg/s, design secondary flow
	Supply    float64 // design secondary supply and return
	Return    float64
	Indoor    float64 // tn
	Outdoor   float64 // tw'
	Exponent  float64 // b of Q = K dT^(1+b)
	Cp        float64 // J/(kg K) of the secondary water
}

// Valid reports whether the circuit is designed at all.
func (s *Secondary) Valid() bool {
	return s.Heat > 0 && s.Flow > 0 && s.Exchanger.UA > 0 && s.Indoor > s.Outdoor &&
		(s.Supply+s.Return)/2 > s.Indoor
}

// Temperatures returns the secondary supply and return temperature at which
// the emitters give heat q (W) to rooms at indoor temperature (quality
// regulation: q = K (mean - indoor)^(1+b) at constant flow).
func (s *Secondary) Temperatures(q, indoor float64) (supply, ret float64) {
	phi := math.Max(q/s.Heat, 0)
	mean := indoor + ((s.Supply+s.Return)/2-s.Indoor)*math.Pow(phi, 1/(1+s.Exponent))
	half := (s.Supply - s.Return) / 2 * phi
	return mean + half, mean - half
}

// IndoorAt returns the indoor temperature at heat q (W) and outdoor temperature.
func (s *Secondary) IndoorAt(q, outdoor float64) float64 {
	return outdoor + q/s.Heat*(s.Indoor-s.Outdoor)
}

// Drawn is the heat in W that a station draws, and how it follows from the
// primary side.
type Drawn struct {
	Heat    float64 // W
	ByFlow  float64 // dq/dln m1, W
	ByInlet float64 // dq/dt1s, W/K
	ByCp    float64 // dq/dln cp1, W
}

// Steady is a Secondary asked again and again for the heat that passes it in the
// steady state: what follows from its design is computed once, and powers by their
// series where little has changed since the time before. The zero Steady is of no
// circuit.
type Steady struct {
	Return                 float64 // K, a temperature of the primary return to take its heat capacity at
	ua, film2, m1, c2      float64 // twice UA, the film resistance of the secondary side, design flow, capacity flow
	exponent, over, linear float64 // 1/(1+b), D, K, and what is linear in the heat, K/W
	heat                   float64 // W, design
	flow, film             float64 // kg/s, and the film resistance of the primary side there
	drawn, excess          float64 // W, and D phi^(1/(1+b)), K; 0: not known
}

// Steady returns the circuit, nothing drawn yet.
func (s *Secondary) Steady() Steady {
	x := Steady{ua: 2 * s.Exchanger.UA, film2: s.Exchanger.secondFilm(s.Flow), m1: s.Exchanger.M1, c2: s.Flow * s.Cp, heat: s.Heat,
		exponent: 1 / (1 + s.Exponent), over: (s.Supply+s.Return)/2 - s.Indoor}
	x.linear = (s.Indoor - s.Outdoor - (s.Supply-s.Return)/2) / s.Heat
	return x
}

// Known reports whether it is the Steady of a circuit.
func (x *Steady) Known() bool { return x.heat > 0 }

// Last is the heat last drawn, W, 0: none yet.
func (x *Steady) Last() float64 { return x.drawn }

// Guess is the heat from which the next Draw begins, W.
func (x *Steady) Guess(heat float64) { x.drawn, x.excess = heat, 0 }

// Renew makes nothing known of the circuit but the heat last drawn.
func (x *Steady) Renew() { *x = Steady{drawn: x.drawn} }

// Draw returns the heat that passes the station in the steady state when primary
// flow m1 enters at t1s with heat capacity cp1 and it is outdoor outside: the one
// zero of
//
//	q/per - t1s + t2r(q),  t2r = to + (tn-tw') phi + D phi^(1/(1+b)) - d phi,  phi = q/Q
//
// by Newton's method within a bracket, from what was drawn before.
func (x *Steady) Draw(m1, t1s, cp1, outdoor float64) Drawn {
	if step := (m1 - x.flow) / x.flow; math.Abs(step) < small {
		x.film *= grown(step, -uaExponent)
	} else {
		x.film = math.Exp(uaExponent * math.Log(x.m1/m1))
	}
	x.flow = m1
	per, byFlow, byCapacity := passes(x.ua, x.film, x.film2, m1*cp1, x.c2)
	if !(per > 0) || t1s <= outdoor {
		x.drawn = 0
		return Drawn{}
	}
	n, linear := x.exponent, 1/per+x.linear
	drive := t1s - outdoor
	lo, hi := 0.0, per*drive
	q, e := x.drawn, x.excess
	if !(q > lo && q < hi) {
		q, e = math.Min(x.heat, hi/2), 0
	}
	if e == 0 {
		e = x.over * math.Exp(n*math.Log(q/x.heat))
	}
	slope := linear
	for range 60 {
		f := linear*q + e - drive
		if f > 0 {
			hi = q
		} else {
			lo = q
		}
		slope = linear + n*e/q
		d := f / slope
		step := -d / q
		q -= d
		near := math.Abs(step) <= 1e-6 // the next error is the square of that
		if !near && !(q > lo && q < hi) {
			q, step = (lo+hi)/2, 1
		}
		if math.Abs(step) < small {
			e *= grown(step, n)
		} else {
			e = x.over * math.Exp(n*math.Log(q/x.heat))
		}
		if near {
			break
		}
	}
	x.drawn, x.excess = q, e
	slope = 1 / slope
	over := q / per * slope
	return Drawn{Heat: q, ByFlow: over * byFlow, ByInlet: slope, ByCp: over * byCapacity}
}

// small is the step up to which grown is exact to 1e-13.
const small = 0.01

// grown returns (1 + step)^n for a small step, by its series.
func grown(step, n float64) float64 {
	return 1 + n*step*(1+(n-1)*(1.0/2)*step*(1+(n-2)*(1.0/3)*step*(1+(n-3)*(1.0/4)*step*(1+(n-4)*(1.0/5)*step))))
}

// AtFlow returns the heat (W), at most most, that primary flow m1 entering at
// t1s with heat capacity cp1 gives to rooms held at the design indoor
// temperature.
func (s *Secondary) AtFlow(m1, t1s, cp1, most float64) float64 {
	per := s.Exchanger.PerKelvin(m1, s.Flow, cp1, s.Cp)
	beyond := func(q float64) float64 {
		_, ret := s.Temperatures(q, s.Indoor)
		return q - per*(t1s-ret)
	}
	switch {
	case beyond(0) >= 0:
		return 0
	case beyond(most) <= 0:
		return most
	}
	return root(0, most, beyond)
}

// ForHeat returns the primary flow (kg/s) that gives heat q (W) to rooms held
// at the design indoor temperature, when primary water enters at t1s with
// heat capacity cp1. ok is false where the exchanger cannot pass it at most
// flow; the flow is then most. guess is where to begin; 0: none.
func (s *Secondary) ForHeat(q, t1s, cp1, most, guess float64) (m1 float64, ok bool) {
	_, ret := s.Temperatures(q, s.Indoor)
	return s.Exchanger.PrimaryFlow(q, t1s, ret, s.Flow, cp1, s.Cp, most, guess)
}
