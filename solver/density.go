package solver

import "evenflow/solver/internal/water"

// WaterDensity returns the density of water in kg/m3 at T (K) and 1.6 MPa
// (IAPWS-IF97 fit), for turning a volume meter's reading into mass.
func WaterDensity(T float64) float64 { return water.Density(T) }
