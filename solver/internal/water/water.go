// Package water gives the properties of liquid water that a hot-water
// network needs: density, viscosity, heat capacity, enthalpy and saturation
// pressure, by fits to IAPWS-IF97 or by the tables of a reference case.
package water

import "math"

// Zero is 0 degC in K.
const Zero = 273.15

// Atmosphere is the standard atmospheric pressure, Pa.
const Atmosphere = 101325

// Fits to IAPWS-IF97 region 1 at 1.6 MPa, 10..150 degC, in t = T - 273.15.
// Largest relative error: density 7.4e-5, heat capacity 3.1e-4, viscosity 1.1e-3.
const (
	rho0, rho1, rho2, rho3, rho4 = 1001.054160, 8.270553850e-4, -5.939301564e-3, 2.221623167e-5, -4.921793676e-8
	cp0, cp1, cp2, cp3, cp4      = 4200.288925, -1.393459590, 2.256920227e-2, -1.060559551e-4, 3.274413807e-7
	mu0, mu1, mu2, mu3, mu4, mu5 = -6.336582706, -3.312127453e-2, 2.656345088e-4, -1.822132457e-6, 7.881437980e-9, -1.474247099e-11
)

// liquid returns t, degC, of which the fits of density and viscosity are taken:
// below 0 there is no water to be dense or thick, and the polynomials run away.
func liquid(T float64) float64 { return max(T-Zero, 0) }

// Density returns the density of water at temperature T (K) in kg/m3; that of
// water of 0 degC where it would be ice.
func Density(T float64) float64 {
	t := liquid(T)
	return rho0 + t*(rho1+t*(rho2+t*(rho3+t*rho4)))
}

// Viscosity returns the dynamic viscosity of water at T (K) in Pa s; that of
// water of 0 degC where it would be ice.
func Viscosity(T float64) float64 {
	t := liquid(T)
	return math.Exp(mu0 + t*(mu1+t*(mu2+t*(mu3+t*(mu4+t*mu5)))))
}

// thickness is Viscosity by the kelvin: cubics that meet it and its slope at both
// ends, so that the error is h^4/384 of the fourth derivative, below 2e-8 of it.
var thickness = func() (table [200]cubic) {
	slope := func(t, mu float64) float64 {
		return mu * (mu1 + t*(2*mu2+t*(3*mu3+t*(4*mu4+t*5*mu5))))
	}
	for i := range table {
		t := float64(i)
		a, b := Viscosity(Zero+t), Viscosity(Zero+t+1)
		p, q := slope(t, a), slope(t+1, b)
		table[i] = cubic{a, p, 3*(b-a) - 2*p - q, p + q - 2*(b-a)}
	}
	return table
}()

// cubic is a + d (b + d (c + d e)) over d K from its beginning.
type cubic struct{ a, b, c, e float64 }

// HeatCapacity returns the isobaric heat capacity of water at T (K) in J/(kg K).
func HeatCapacity(T float64) float64 {
	t := T - Zero
	return cp0 + t*(cp1+t*(cp2+t*(cp3+t*cp4)))
}

// Enthalpy returns the integral of the heat capacity from 0 degC to T (K), J/kg.
func Enthalpy(T float64) float64 {
	t := T - Zero
	return t * (cp0 + t*(cp1/2+t*(cp2/3+t*(cp3/4+t*cp4/5))))
}

// MeanHeatCapacity returns (h(T1)-h(T2))/(T1-T2) in J/(kg K), without the
// cancellation of that quotient: it is exact for T1 = T2 as well.
func MeanHeatCapacity(T1, T2 float64) float64 {
	a, b := T1-Zero, T2-Zero
	s1 := a + b
	s2 := a*s1 + b*b
	s3 := a*s2 + b*b*b
	s4 := a*s3 + b*b*b*b
	return cp0 + cp1/2*s1 + cp2/3*s2 + cp3/4*s3 + cp4/5*s4
}

// SaturationPressure returns the vapour pressure of water at T (K) in Pa
// absolute. Antoine form fitted to IAPWS-IF97, 60..150 degC within 3.7e-4.
func SaturationPressure(T float64) float64 {
	return math.Exp(23.15842127 - 3792.24623505/(T-Zero+226.03426599))
}
