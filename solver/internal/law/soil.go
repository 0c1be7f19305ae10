package law

import (
	"math"

	"evenflow/models"
)

// BuriedPipe returns the heat-loss coefficients in W/(m K) of a pre-insulated
// pipe in the ground (EN 13941, two equal pipes side by side):
//
//	q_s = U1 (ts - tg) - U2 (tr - tg)
//
// outer is the outer diameter of the carrier pipe, ground the conductivity of
// the soil; with ground 0 the casing is at ground temperature. paired says
// whether there is a partner pipe at the spacing given.
func BuriedPipe(in models.Insulation, outer, ground float64, paired bool) (u1, u2 float64) {
	if in.CasingDiameter <= outer || in.Conductivity <= 0 || outer <= 0 {
		return 0, 0
	}
	ri := math.Log(in.CasingDiameter/outer) / (2 * math.Pi * in.Conductivity)
	if ground <= 0 {
		return 1 / ri, 0
	}
	z := in.Depth + 0.0685*ground
	rs := math.Log(math.Max(4*z/in.CasingDiameter, 1)) / (2 * math.Pi * ground)
	if !paired || in.Spacing <= 0 {
		return 1 / (rs + ri), 0
	}
	x := 2 * z / in.Spacing
	rh := math.Log(1+x*x) / (4 * math.Pi * ground)
	r := rs + ri
	return r / (r*r - rh*rh), rh / (r*r - rh*rh)
}
