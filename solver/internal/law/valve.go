package law

import (
	"math"

	"evenflow/models"
)

// blend is the opening below which the equal-percentage characteristic gives
// way to a cubic that ends at the leakage.
const blend = 0.05

// KvResistance returns the quadratic coefficient in Pa/(kg/s)^2 of a valve
// with flow coefficient kv (m3/h at 1 bar) for water of density rho.
func KvResistance(kv, rho float64) float64 { return 1.296e9 / (rho * kv * kv) }

// RelativeKv returns Kv/Kvs of a valve at an opening 0..1 and its derivative
// by the opening. At opening 0 it is the leakage.
//
// Equal percentage: R^(h-1) above 5 % travel, below that the cubic that meets
// it with equal slope and ends at the leakage. Linear: leak + (1-leak) h.
// Table: piecewise linear, never below the leakage.
func RelativeKv(v *models.ControlValve, opening float64) (phi, slope float64) {
	h := math.Min(math.Max(opening, 0), 1)
	switch v.Characteristic {
	case models.Linear:
		return v.Leakage + (1-v.Leakage)*h, 1 - v.Leakage
	case models.TableCharacteristic:
		phi, slope = interpolate(v.Table, h)
		if phi < v.Leakage {
			return v.Leakage, 0
		}
		return phi, slope
	}
	r := v.Rangeability
	if r <= 1 {
		r = 50
	}
	lnR := math.Log(r)
	if h >= blend {
		if phi = math.Exp(lnR * (h - 1)); phi <= v.Leakage {
			return v.Leakage, 0
		}
		return phi, lnR * phi
	}
	end := math.Exp(lnR * (blend - 1))
	if end <= v.Leakage {
		return v.Leakage, 0
	}
	// Hermite cubic from (0, leak) with the chord's slope to (blend, end)
	// with the exponential's slope: monotone for every R.
	rise, s := end-v.Leakage, h/blend
	d0, d1 := rise, lnR*end*blend
	c2, c3 := 3*rise-2*d0-d1, -2*rise+d0+d1
	return v.Leakage + s*(d0+s*(c2+s*c3)), (d0 + s*(2*c2+3*s*c3)) / blend
}

// interpolate reads a table of (opening, Kv/Kvs), held constant beyond its
// ends.
func interpolate(table [][2]float64, h float64) (phi, slope float64) {
	if len(table) == 0 {
		return h, 1
	}
	if h <= table[0][0] {
		return table[0][1], 0
	}
	for i := 1; i < len(table); i++ {
		a, b := table[i-1], table[i]
		if h <= b[0] {
			slope = (b[1] - a[1]) / (b[0] - a[0])
			return a[1] + slope*(h-a[0]), slope
		}
	}
	return table[len(table)-1][1], 0
}

// OpeningFor returns the least opening at which Kv/Kvs reaches phi, and
// whether the valve reaches it at all.
func OpeningFor(v *models.ControlValve, phi float64) (opening float64, ok bool) {
	if p, _ := RelativeKv(v, 0); phi <= p {
		return 0, true
	}
	if p, _ := RelativeKv(v, 1); phi > p {
		return 1, false
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		mid := (lo + hi) / 2
		p, _ := RelativeKv(v, mid)
		if p < phi {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi, true
}
