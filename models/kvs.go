package models

import "math"

// r5 is one decade of the preferred numbers in which control valves are made
// (ISO 3, series R5).
var r5 = [...]float64{1, 1.6, 2.5, 4, 6.3}

// NextKvs returns the smallest catalogue Kvs (R5 steps: … 1, 1.6, 2.5, 4, 6.3,
// 10 …) that is not below need, m3/h. It returns 0 for a need that is not a
// positive finite number.
func NextKvs(need float64) float64 {
	if !(need > 0) || math.IsInf(need, 0) {
		return 0
	}
	for decade := math.Floor(math.Log10(need)); ; decade++ {
		for _, step := range r5 {
			kvs := step * math.Pow(10, decade)
			if decade < 0 {
				kvs = step / math.Pow(10, -decade) // the nearest float to 0.16, not one beside it
			}
			if kvs >= need*(1-1e-9) {
				return kvs
			}
		}
	}
}
