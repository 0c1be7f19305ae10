package explain

import (
	"regexp"

	"evenflow/solver/internal/water"
)

// The fits to IAPWS-IF97 region 1 at 1.6 MPa as spreadsheet expressions in t,
// degC; the mean heat capacity is the enthalpy difference of the fit over that
// of temperature, without its cancellation.
const (
	densityOf   = "1001.05416+8.27055385E-4*t-5.939301564E-3*POWER(t,2)+2.221623167E-5*POWER(t,3)-4.921793676E-8*POWER(t,4)"
	viscosityOf = "EXP(-6.336582706-3.312127453E-2*t+2.656345088E-4*POWER(t,2)-1.822132457E-6*POWER(t,3)+7.88143798E-9*POWER(t,4)-1.474247099E-11*POWER(t,5))"
	capacityOf  = "4200.288925-1.39345959*t+2.256920227E-2*POWER(t,2)-1.060559551E-4*POWER(t,3)+3.274413807E-7*POWER(t,4)"
	meanOf      = "4200.288925-1.39345959/2*(a+b)+2.256920227E-2/3*(POWER(a,2)+a*b+POWER(b,2))" +
		"-1.060559551E-4/4*(POWER(a,3)+POWER(a,2)*b+a*POWER(b,2)+POWER(b,3))" +
		"+3.274413807E-7/5*(POWER(a,4)+POWER(a,3)*b+POWER(a,2)*POWER(b,2)+a*POWER(b,3)+POWER(b,4))"
)

// of puts symbols in the place of the single letters of an expression.
func of(expression string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		expression = regexp.MustCompile(`\b`+pairs[i]+`\b`).ReplaceAllString(expression, pairs[i+1])
	}
	return expression
}

// density enters the density of water at a temperature line (K).
func (w *writer) density(symbol, t string, k float64) float64 {
	return w.calc(symbol, "水的密度 (IF97 拟合)", "density of the water (IF97 fit)", water.Density(k), "kg/m3", of(densityOf, "t", liquid(t, k)))
}

// liquid is the temperature that the fits of density and viscosity take: what
// would be ice counts as water of 0 degC.
func liquid(t string, k float64) string {
	if k < water.Zero {
		return "MAX(" + t + ",0)"
	}
	return t
}

// meanCapacity enters the mean heat capacity between two temperature lines.
func (w *writer) meanCapacity(symbol, a, b string, ka, kb float64) float64 {
	return w.calc(symbol, "平均定压比热", "mean heat capacity", water.MeanHeatCapacity(ka, kb), "J/(kg K)", of(meanOf, "a", a, "b", b))
}
