package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

// Water is not cooled below coldest nor heated above hottest by a station,
// whatever heat is asked of it.
const (
	coldest = water.Zero + 0.1
	hottest = water.Zero + 200
)

// leastDrop is the temperature drop in K below which a station asking for
// heat cannot get it by more flow.
const leastDrop = 1.5

// flowGiven reports whether the station's demand determines its flow: flow
// given, heat with a return temperature or a drop, or heat alone where the
// design exchanger gives the return temperature. Heat alone without such an
// exchanger is taken from whatever the opening lets pass.
func (x *station) flowGiven() bool {
	d := &x.demand
	switch {
	case d.Flow.Known:
		return true
	case !d.Heat.Known:
		return false
	}
	return d.ReturnTemperature.Known || d.TemperatureDrop.Known || x.secondary.Valid()
}

// limits reports whether the station's valve is pressure-independent and passes
// what its opening says: where a flow or heat is asked for, it opens for that.
func (x *station) limits() bool { return x.flowLimit.Known && !x.flowGiven() }

// prescribe returns the flow (kg/s) that a station's demand asks for when
// water arrives at tin (K), and the heat (W) that no flow can deliver. guess is
// a flow to begin with, or 0.
func (x *station) prescribe(f *water.Fluid, tin, guess float64) (flow, short float64) {
	d := &x.demand
	if d.Flow.Known {
		return d.Flow.Value, 0
	}
	q := d.Heat.Value
	if q <= 0 && !(q < 0 && d.ReturnTemperature.Known) {
		return 0, 0
	}
	var drop float64
	switch {
	case d.TemperatureDrop.Known:
		drop = d.TemperatureDrop.Value
	case d.ReturnTemperature.Known:
		drop = tin - d.ReturnTemperature.Value
	default:
		cp := f.MeanHeatCapacity(tin, math.Max(x.designReturn, coldest))
		flow, ok := x.secondary.ForHeat(q, tin, cp, x.mostFlow(), guess)
		if ok {
			// The heat capacity belongs to the drop that results.
			cp = f.MeanHeatCapacity(tin, tin-q/(cp*flow))
			flow, ok = x.secondary.ForHeat(q, tin, cp, x.mostFlow(), flow)
		}
		if !ok { // the rooms stay as warm as that much flow makes them
			out := x.atFlow(f, flow, tin).t
			short = q - flow*f.MeanHeatCapacity(tin, out)*(tin-out)
			if short >= q {
				flow = 0
			}
		}
		return flow, short
	}
	if q < 0 { // a station that feeds heat in
		if drop >= 0 {
			return 0, 0
		}
		return q / (f.MeanHeatCapacity(tin, tin-drop) * drop), 0
	}
	if drop <= 0 {
		return 0, q
	}
	flow = q / (f.MeanHeatCapacity(tin, tin-drop) * drop)
	if most := x.mostFlow(); flow > most {
		return most, q * (1 - most/flow)
	}
	return flow, 0
}

// mostFlow returns the flow (kg/s) beyond which more does not bring the heat
// asked for: three times what an exchanger is designed for, or so much that
// the drop to a return temperature would be leastDrop; and what a
// pressure-independent valve passes at most.
func (x *station) mostFlow() float64 {
	most := x.flowLimit.Or(math.Inf(1))
	switch d := &x.demand; {
	case d.TemperatureDrop.Known:
		return most
	case d.ReturnTemperature.Known:
		return math.Min(most, d.Heat.Value/(4200*leastDrop))
	}
	return math.Min(most, 3*math.Max(x.designFlow, x.secondary.Exchanger.M1))
}

// prescribed returns the flow of a link in mode given, kg/s.
func (st *state) prescribed(k int) float64 {
	at := st.p.links[k]
	if at.kind == models.KindSource {
		if st.bounds.stage[at.at] == models.AtLimit {
			return st.mostOf(at.at)
		}
		return st.el.sources[at.at].flow
	}
	flow, short := st.el.stations[at.at].prescribe(&st.s.fluid, st.propertyInlet(k), st.links[k].m)
	if !st.el.stations[at.at].demand.Flow.Known && st.links[k].mode == given { // else what it is short of is found with its outlet
		st.short[at.at] = short
	}
	return flow
}

// propertyInlet is the temperature at which water arrives at a link's
// beginning.
func (st *state) propertyInlet(k int) float64 {
	v := st.links[k].from
	if st.s.opts.Temperatures == Coupled {
		return st.temp[v]
	}
	return st.p.start[v]
}

// feeds reports whether the station feeds heat into water that it gives back at a
// given temperature.
func (x *station) feeds() bool {
	return x.demand.Heat.Value < 0 && !x.demand.Flow.Known && x.demand.ReturnTemperature.Known
}

// firstRise is by how much, K, such a station warms water to begin with that
// would come too hot.
const firstRise = 10

// beginFlows sets the given flows to begin with. A station that wants heat but
// gets none from the water standing before it (standing water has cooled, so
// no flow is an answer that explains itself) begins as if water came at the
// sources' temperature. From a neighbour, warm, flows that are not worth another
// stay.
func (st *state) beginFlows(warm bool) {
	st.demands.reset(st)
	for _, k := range st.demands.links {
		if st.links[k].mode != given {
			m, most := st.prescribed(int(k)), st.el.stations[st.p.links[k].at].mostFlow()
			if m == 0 {
				m = most
			}
			st.ask(k, math.Min(m, most))
		}
	}
	for k := range st.links {
		l := &st.links[k]
		if l.mode != given {
			continue
		}
		f := st.prescribed(k)
		if warm && math.Abs(f-l.m) < worthAsking*l.m && st.varies(k) {
			continue
		}
		l.m = f
		if at := st.p.links[k]; l.m == 0 && at.kind == models.KindStation && !st.bounds.dry[at.at] {
			x := &st.el.stations[at.at]
			if l.m, _ = x.prescribe(&st.s.fluid, st.supply, 0); x.feeds() {
				l.m = -x.demand.Heat.Value / (4200 * firstRise)
			}
		}
	}
}

// secondaryState fills the secondary side of a station's result.
func (x *station) secondaryState(r *models.StationState, outdoor float64) {
	if !x.secondary.Valid() {
		return
	}
	q := math.Max(r.Heat, 0)
	r.HeatModelled = true
	r.Indoor = x.secondary.IndoorAt(q, outdoor)
	r.SecondarySupply, r.SecondaryReturn = x.secondary.Temperatures(q, r.Indoor)
}
