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

// Steady is the heat of SteadyFrom without a guess.
func (s *Secondary) Steady(m1, t1s, cp1, outdoor float64) float64 {
	return s.SteadyFrom(m1, t1s, cp1, outdoor, 0).Heat
}

// Drawn is the heat in W that a station draws, and how it follows from the
// primary side.
type Drawn struct {
	Heat    float64 // W
	ByFlow  float64 // dq/dln m1, W
	ByInlet float64 // dq/dt1s, W/K
}

// SteadyFrom returns the heat that passes the station in the steady state
// when primary flow m1 enters at t1s with heat capacity cp1 and it is outdoor
// outside: the one zero of
//
//	q/per - t1s + t2r(q),  t2r = to + (tn-tw') phi + D phi^(1/(1+b)) - d phi,  phi = q/Q
//
// by Newton's method within a bracket, from a guess (0: none).
func (s *Secondary) SteadyFrom(m1, t1s, cp1, outdoor, guess float64) Drawn {
	per, byFlow := s.Exchanger.Transfer(m1, s.Flow, cp1, s.Cp)
	if per <= 0 || t1s <= outdoor {
		return Drawn{}
	}
	n := 1 / (1 + s.Exponent)
	over := (s.Supply+s.Return)/2 - s.Indoor
	linear := 1/per + (s.Indoor-s.Outdoor-(s.Supply-s.Return)/2)/s.Heat
	drive := t1s - outdoor
	lo, hi := 0.0, per*drive
	q := guess
	if !(q > lo && q < hi) {
		q = math.Min(s.Heat, hi/2)
	}
	e := over * math.Exp(n*math.Log(q/s.Heat))
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
		if math.Abs(step) <= 1e-6 { // the next error is the square of that
			break
		}
		if !(q > lo && q < hi) {
			q, step = (lo+hi)/2, 1
		}
		if math.Abs(step) < 0.01 { // (1 + step)^n, to 1e-12
			e *= 1 + n*step*(1+(n-1)/2*step*(1+(n-2)/3*step*(1+(n-3)/4*step*(1+(n-4)/5*step))))
		} else {
			e = over * math.Exp(n*math.Log(q/s.Heat))
		}
	}
	return Drawn{Heat: q, ByFlow: q / per * byFlow / slope, ByInlet: 1 / slope}
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
