package verify

import "math"

// Short names for the hand calculations.
func sqrt(x float64) float64   { return math.Sqrt(x) }
func square(x float64) float64 { return x * x }
func log10(x float64) float64  { return math.Log10(x) }
func pow(x, e float64) float64 { return math.Pow(x, e) }
