package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// usualEfficiency, wire to water, is assumed where no curve gives one.
const usualEfficiency = 0.75

// power returns what pumps draw that lift m (kg/s) of density rho by lift (Pa)
// with an efficiency wire to water, W.
func (st *state) power(m, lift, rho, efficiency float64) float64 {
	return math.Max(m, 0) / st.volumeDensity(rho) * math.Max(lift, 0) / efficiency
}

// speedFor returns the relative speed at which the curve lifts m (kg/s) of
// density rho by lift (Pa), 0 where there is none.
func (st *state) speedFor(c *law.Curve, m, lift, rho float64) float64 {
	rho = st.volumeDensity(rho)
	n, _ := c.SpeedFor(math.Max(m, 0)/rho, lift/(rho*st.s.opts.Gravity))
	return n
}

// lifted returns the density of the water that link k lifts: that of its result, or,
// where temperatures follow once flows and pressures are found, that with which
// those were.
func (st *state) lifted(k int32, found float64) float64 {
	if st.s.opts.Temperatures == Sequential {
		found, _ = st.condition(int(k))
	}
	return found
}

// pumpResult fills what a pump does.
func (st *state) pumpResult(i int, r *models.PumpState) {
	k := st.p.linkOf[models.KindPump][i]
	l, x := &st.links[k], &st.el.pumps[i]
	if l.mode == off {
		return
	}
	r.Lift = -r.PressureDrop
	if x.stands() || l.shut || l.low {
		return
	}
	rho := st.lifted(k, r.Density)
	r.Power = st.power(l.m, r.Lift, rho, x.curve.Efficiency)
	switch {
	case st.s.net.Pumps[i].Control == models.ControlSpeed, x.curve.Work > 0:
		r.Speed = x.speed
	default:
		r.Speed = st.speedFor(&x.curve, l.m, r.Lift, rho)
	}
}
