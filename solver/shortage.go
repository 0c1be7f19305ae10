package solver

import (
	"math"

	"evenflow/models"
)

// leastShort is the share of what a station asks for below which it is not
// short of anything.
const leastShort = 1e-6

// shortage says by what a station is short of heat.
func (st *state) shortage(i int, r *models.StationState) {
	x := &st.el.stations[i]
	k := st.p.linkOf[models.KindStation][i]
	l := &st.links[k]
	want := x.demand.Heat.Value
	if !x.demand.Heat.Known || want == 0 || !x.on {
		return
	}
	if want < 0 {
		st.notTaken(i, r)
		return
	}
	switch {
	case !r.WideOpen:
	case l.m <= stillFlow:
		r.ShortOfHeat = want
	case st.s.opts.Temperatures == Isothermal:
		r.ShortOfHeat = st.limitedOutlet(int32(i), l.m, st.propertyInlet(int(k))).short
	}
	if r.ShortOfHeat <= leastShort*want {
		r.ShortOfHeat = 0
		return
	}
	tin := st.temp[l.from]
	switch {
	case st.cut[l.from] || st.cut[l.to] || l.mode == off && x.flowGiven():
		r.ShortBy = models.ShortCutOff
	case x.tooCold(tin):
		r.ShortBy = models.ShortTooCold
	case r.WideOpen:
		r.ShortBy = models.ShortDifferential
		if m := x.designFlow; m > 0 && r.Differential >= x.needs(m, r.Density) {
			r.ShortBy = models.ShortValve
		}
	case x.demand.Flow.Known || !x.flowGiven():
		r.ShortBy = models.ShortFlow
	case x.flowLimit.Known && l.m >= x.flowLimit.Value*(1-flowTolerance):
		r.ShortBy = models.ShortValve
	default:
		r.ShortBy = models.ShortExchanger
	}
}

// notTaken says how much of the heat that a station feeds in, W, the water does
// not take, and why.
func (st *state) notTaken(i int, r *models.StationState) {
	want := st.el.stations[i].demand.Heat.Value
	if missing := r.Heat - want; st.s.opts.Temperatures != Isothermal && missing > -leastShort*want {
		r.ShortOfHeat, r.ShortBy = missing, models.ShortTooHot
		if r.Cut || st.links[st.p.linkOf[models.KindStation][i]].mode == off {
			r.ShortBy = models.ShortCutOff
		}
	}
}

// needs returns the differential that flow m takes with the valve wide open,
// Pa.
func (x *station) needs(m, rho float64) float64 {
	return (x.fixed + x.valveResistance(1, rho)) * m * m
}

// tooCold reports whether water of tin (K) is too cold for what the station
// asks for, whatever its flow. Heat beyond what the exchanger is designed for
// would ask for a secondary return that no water in the network reaches: that
// is not the water's fault.
func (x *station) tooCold(tin float64) bool {
	d := &x.demand
	switch {
	case d.ReturnTemperature.Known:
		return tin-d.ReturnTemperature.Value < leastDrop
	case d.TemperatureDrop.Known:
		return tin-d.TemperatureDrop.Value <= coldest
	case d.Flow.Known || !x.secondary.Valid():
		return false
	}
	_, back := x.secondary.Temperatures(math.Min(d.Heat.Value, x.secondary.Heat), x.secondary.Indoor)
	return tin <= back
}

// heatLimits: every station gets, or gives, the heat that it asks for, sources give no
// more than they have, and what holds a set point holds it.
func (s *Solver) heatLimits(st *state, r *Result, keep func(models.Violation)) {
	for i := range st.el.stations {
		y := &r.Stations[i]
		want := st.el.stations[i].demand.Heat
		if !want.Known || want.Value == 0 || !st.el.stations[i].on || s.opts.Temperatures == Isothermal {
			continue
		}
		limit := models.LimitHeat
		if y.ShortBy == models.ShortExchanger {
			limit = models.LimitExchanger
		}
		asked := math.Abs(want.Value) // what is fed in, too
		keep(atLeast(s.net.Stations[i].ID, limit, asked-y.ShortOfHeat, asked))
	}
	for i := range st.el.sources {
		x, y := &s.net.Sources[i], &r.Sources[i]
		if !st.el.sources[i].on {
			continue
		}
		if x.Capacity.Known && s.opts.Temperatures != Isothermal {
			keep(atMost(x.ID, models.LimitCapacity, y.Heat, x.Capacity.Value))
		}
		if x.MaxFlow.Known {
			keep(atMost(x.ID, models.LimitSourceFlow, y.Flow, x.MaxFlow.Value))
		}
	}
	for _, c := range r.Controls {
		if c.Kept && !c.Undecided {
			continue
		}
		limit := models.LimitHeldPressure
		if c.OfFlow {
			limit = models.LimitHeldFlow
		}
		keep(models.Violation{Element: c.Element, Limit: limit, Value: c.Value, Bound: c.Setpoint, Margin: -math.Abs(c.Value - c.Setpoint)})
	}
}
