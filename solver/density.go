package solver

import "evenflow/solver/internal/water"

// WaterDensity returns the density of water in kg/m3 at T (K) and 1.6 MPa
// (IAPWS-IF97 fit), for turning a volume meter's reading into mass.
func WaterDensity(T float64) float64 { return water.Density(T) }

// WaterViscosity returns the dynamic viscosity of hot water in Pa s at T (K)
// and 1.6 MPa (IAPWS-IF97 fit).
func WaterViscosity(T float64) float64 { return water.Viscosity(T) }

// BoilingMargin is kept between the pressure of hot water and its saturation
// pressure, Pa (rule 1 of docs/physics: 30 to 50 kPa).
const BoilingMargin = 40e3

// BoilingPressure returns the gauge pressure in Pa that water of T (K) must
// stand under so as not to boil, BoilingMargin included.
func BoilingPressure(T float64) float64 {
	return water.SaturationPressure(T) - 101325 + BoilingMargin
}

// HeatFlow returns the heat in W that flow (kg/s) carries between two
// temperatures in K: m cp_mean (from - to).
func HeatFlow(flow, from, to float64) float64 {
	return flow * water.MeanHeatCapacity(from, to) * (from - to)
}
