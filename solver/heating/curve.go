// Package heating says how much heat and water a station needs in a given
// weather: the heating curve of quality regulation 质调节, the load by
// weather, the required primary flow, and the primary supply temperature a
// heat source should send.
package heating

import (
	"math"

	"evenflow/models"
)

// Phi returns the relative heat load in a weather: (tn - tw)/(tn - tw'), 1 at
// design weather, 0 from indoor temperature on upwards. Outdoor in K.
func Phi(c models.Climate, outdoor float64) float64 {
	span := c.DesignIndoor - c.DesignOutdoor
	if !(span > 0) {
		return 0
	}
	return math.Max(0, (c.DesignIndoor-outdoor)/span)
}

// Curve is the heating curve 供热曲线 of a secondary circuit under quality
// regulation: at design weather it gives Supply and Return.
type Curve struct {
	Climate        models.Climate
	Supply, Return float64 // K, at design weather
	Exponent       float64 // b of Q = K dT^(1+b); 0: 0.3
	RelativeFlow   float64 // circulation over design circulation; 0: 1. Staged regulation uses 0.8, 0.6
}

// At returns supply and return temperature in K at an outdoor temperature:
//
//	t = tn + Dts φ^(1/(1+b)) ± 0.5 Dtj φ/G
//	Dts = 0.5 (tg' + th' - 2 tn), Dtj = tg' - th'
//
// (He and Sun, Heating Engineering, ch. 9.) In summer both are the indoor
// temperature.
func (c Curve) At(outdoor float64) (supply, ret float64) {
	return c.AtLoad(Phi(c.Climate, outdoor))
}

// AtLoad is At for a relative load φ.
func (c Curve) AtLoad(phi float64) (supply, ret float64) {
	b, g := c.Exponent, c.RelativeFlow
	if b == 0 {
		b = 0.3
	}
	if g == 0 {
		g = 1
	}
	phi = math.Max(0, phi)
	tn := c.Climate.DesignIndoor
	mean := tn + 0.5*(c.Supply+c.Return-2*tn)*math.Pow(phi, 1/(1+b))
	half := 0.5 * (c.Supply - c.Return) * phi / g
	return mean + half, mean - half
}

// StationCurve is the heating curve of a station's secondary circuit. ok is
// false where the station has no secondary design temperatures.
func StationCurve(net *models.Network, st *models.Station) (c Curve, ok bool) {
	d := st.Design
	c = Curve{Climate: net.Climate, Supply: d.SecondarySupply, Return: d.SecondaryReturn, Exponent: d.EmitterExponent}
	return c, d.SecondaryReturn > net.Climate.DesignIndoor && d.SecondarySupply > d.SecondaryReturn
}
