package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

// thermal is the working memory of the temperature solve.
type thermal struct {
	slopes  []float64 // by chain, Pa/(kg/s): what the temperature adds to its slope
	missed  []float64 // by chain, Pa: the residual before the step
	heeded  []float64 // by chain, Pa/(kg/s): what of the slopes is in the conductances
	inlet   []float64 // by station: dT/dln m of what arrives when all flows grow alike, K
	change  float64   // K, of the temperatures when last computed
	lag     float64   // K: what pipes felt of the temperatures of their partners was off by so much
	hasPair bool      // pipes heat one another
	// What is missing in the heat of a node of water that runs in a circle, W, the
	// most, and the node.
	missing   float64
	missingAt int32
}

func (t *thermal) init(st *state) {
	t.inlet = resize(t.inlet, len(st.el.stations))
	clear(t.inlet)
	t.hasPair, t.change = false, 0
	for i := range st.el.pipes {
		t.hasPair = t.hasPair || (st.el.pipes[i].partner >= 0 && st.el.pipes[i].u2 > 0)
	}
}

// temperatures solves all temperatures at the present flows, in the order of
// the flow: every node is the enthalpy mixture of what flows in, every link
// gives its outlet temperature from its inlet. Where water runs in a circle
// without passing a source (recirculation), the rest is solved at once as a
// sparse system. It returns the largest change of a temperature, K.
func (st *state) temperatures() (change float64) {
	c := &st.course
	if c.holds(st.links) {
		st.foretell()
	} else {
		st.chart()
	}
	st.foresight.told = false
	st.thermal.lag, st.thermal.missing = 0, 0
	st.inflow()
	for i := range c.stops[:c.loop] {
		change = max(change, st.settle(i))
	}
	if c.loop < c.tail {
		change = max(change, st.solveCycles())
	}
	for i := c.tail; i < len(c.stops)-1; i++ {
		change = max(change, st.settle(i))
	}
	return max(change, st.stillLinks())
}

// inflow empties the mixtures and adds what is known beforehand: sources,
// feeds, water entering at a fixed pressure.
func (st *state) inflow() {
	c, f := &st.course, &st.s.fluid
	clear(c.mix)
	for _, k := range c.springs {
		_, down, m := st.links[k].ends()
		out, _ := st.delivers(int(k))
		i := c.place[down]
		c.mix[i].mass += m
		if c.stops[i].alone {
			c.mix[i].heat = out
		} else {
			c.mix[i].heat += m * f.Enthalpy(out)
		}
	}
	for _, v := range c.feeds {
		i := c.place[v]
		fed := st.fed(v)
		if i < 0 || fed <= stillFlow {
			continue
		}
		x := &c.mix[i]
		if t := st.s.net.Junctions[st.p.junction[v]].FixedTemp; t.Known {
			x.heat += fed * f.Enthalpy(t.Value)
			x.mass += fed
		} else if c.inflows(i) == 0 {
			x.heat += fed * f.Enthalpy(st.p.start[v])
			x.mass += fed
		}
	}
}

// fed returns the water that enters a node from outside, kg/s.
func (st *state) fed(v int32) float64 {
	if st.fixed[v] {
		return st.imbalance[v] // make-up
	}
	return -st.draw[v]
}

// settle mixes a stop whose inflows are all known and sends its water on.
func (st *state) settle(i int) (change float64) {
	c := &st.course
	x := &c.mix[i]
	v := c.stops[i].node
	was := st.temp[v]
	now := was
	switch {
	case x.mass == 0:
		now = st.p.still[v]
	case c.stops[i].alone:
		now = x.heat
	default:
		now = st.s.fluid.Temperature(x.heat/x.mass, was)
	}
	st.temp[v] = now
	change = math.Abs(now - was)
	if d := st.sendOn(i, now, x.growth(now)); d > change {
		change = d
	}
	return change
}

// growth is how the temperature of a stop follows the flow.
type growth struct {
	perFlow float64 // dT/dm, K per kg/s, when more passes on one way
	all     float64 // dT/dln m, K, when all flows upstream grow alike
}

// growth returns that of a mixture of temperature now. What passes more comes
// with those inflows that can change, each by its share: the mixture then
// takes on more of their temperature.
func (x *mixture) growth(now float64) (g growth) {
	if x.mass > 0 {
		g.all = x.all / x.mass
	}
	if x.yields > 0 {
		g.perFlow = ((x.warm+x.sense)/x.yields - now) / x.mass
	}
	return g
}

// sendOn passes the water of a stop at temperature now on through the links
// that leave it, and returns the largest change of an outlet temperature.
func (st *state) sendOn(i int, now float64, g growth) (change float64) {
	c, f := &st.course, &st.s.fluid
	var out outflow
	for j := c.stops[i].first; j < c.stops[i+1].first; j++ {
		p := &c.links[j]
		m := c.flow[j]
		entering := g.perFlow * m
		w, gain, basis := &st.water[p.link], &st.ripple.gains[j], &st.ripple.bases[j]
		if st.ripple.wary || !st.along(p, basis, gain, m, now, &out) {
			st.through(p, m, now, w.t2, &out)
			gain.of(m, &out)
			basis.of(st, p, m, now, &out)
		}
		gain.tame = 1
		if d := math.Abs(out.t - w.t2); d > change {
			change = d
		}
		if p.partner >= 0 && p.kind == isPipe {
			st.thermal.lag = max(st.thermal.lag, math.Abs(out.mean-w.mean))
		}
		w.t1, w.t2, w.mean, w.along = now, out.t, out.mean, out.meanByInlet*entering+out.meanByFlow
		if p.kind == isSource {
			continue
		}
		to := &c.mix[p.to]
		to.mass += m
		to.all += m * (out.byInlet*g.all + out.byFlow)
		if p.yields {
			to.sense += m * (out.byInlet*entering + out.byFlow)
			to.warm += m * out.t
			to.yields += m
		}
		if p.alone {
			to.heat = out.t
		} else {
			gain.capacity, gain.enthalpy = m*f.HeatCapacity(out.t), f.Enthalpy(out.t)
			to.heat += m * gain.enthalpy
		}
		if p.kind == isStation {
			st.thermal.inlet[p.at] = g.all
		}
	}
	return change
}

// through returns the water that leaves a link when m kg/s enter it at tin;
// guess is its temperature, roughly.
func (st *state) through(p *passage, m, tin, guess float64, out *outflow) {
	switch p.kind {
	case isPipe:
		ambient := p.ambient
		if p.partner >= 0 {
			ambient += p.share * (st.water[p.partner].mean - p.ambient)
		}
		cooledAlong(&st.s.fluid, p.loss, m, tin, ambient, guess, out)
	case isStation:
		switch drawn := &st.drawn[p.at]; {
		case st.isOpen(p.at):
			*out = st.limitedOutlet(p.at, m, tin)
		case drawn.Known():
			steadyOutlet(&st.s.fluid, m, tin, st.out, guess, drawn, out)
		default:
			*out = st.el.stations[p.at].outlet(&st.s.fluid, m, tin, st.out, guess, drawn)
		}
		st.short[p.at] = out.short
		st.stationMean(tin, out)
	case isSource:
		t, _ := st.delivers(int(p.link))
		*out = outflow{t: t, mean: (tin + t) / 2}
	default:
		out.t, out.byInlet, out.byFlow = tin, 1, 0
		out.mean, out.meanByInlet, out.meanByFlow = tin, 1, 0
	}
}

// stationMean sets the mean temperature of a station's water. Its density counts at
// both ends: how the mean follows is weighed by how each does.
func (st *state) stationMean(tin float64, out *outflow) {
	f := &st.s.fluid
	out.mean = (tin + out.t) / 2
	in, back := 0.5, 0.5
	if x := f.Expansion(out.mean); math.Abs(x) > leastExpansion {
		in, back = f.Expansion(tin)*0.5/x, f.Expansion(out.t)*0.5/x
	}
	out.meanByInlet, out.meanByFlow = in+back*out.byInlet, back*out.byFlow
}

// leastExpansion is the change of density with temperature, kg/(m3 K), below
// which it does not count: at 4 degC, or where a calculation brings one density.
const leastExpansion = 0.01

// cooledAlong returns the water that leaves a pipe of loss U L (W/K) when m
// kg/s enter at tin (K). With the ambient temperature T_a, x = U L/(m cp) and
// E = exp(-x)
//
//	T_out  = T_a + (T_in - T_a) E
//	T_mean = T_a + (T_in - T_a) F,  F = (1 - E)/x
//	dE/dln m = x E,  dF/dln m = F - E
//
// and so by the heat capacity, which follows the temperatures.
//
// The partner pipe in the same trench shifts the ambient temperature:
// U1 (T - Tg) - U2 (T' - Tg).
func cooledAlong(f *water.Fluid, loss, m, tin, ambient, guess float64, o *outflow) {
	over := tin - ambient
	out, x, part := guess, 0.0, 0.0
	for range 20 {
		x = loss / (m * f.MeanHeatCapacity(tin, out))
		part = shareLeft(x)
		next := ambient + over*(1-x*part)
		d := math.Abs(next - out)
		out = next
		if d*math.Abs(over)*x < 1e-3 { // the heat capacity moves by at most 1e-3 per K, its mean by half: the next d is below 1e-6
			break
		}
	}
	e := 1 - x*part
	o.t, o.byFlow = out, over*x*e
	o.mean, o.meanByFlow = ambient+over*part, over*(part-e)
	c := f.Warming(out) * m * x / loss * (1 + e) / 2 // d ln c/dt_in
	o.byInlet, o.meanByInlet = e+o.byFlow*c, part+o.meanByFlow*c
	if math.Abs(o.meanByFlow) > worthCapacity {
		o.cooledFar(f, tin, ambient, x, part)
	}
}

// worthCapacity is the change of the mean temperature with the logarithm of the
// flow, K, from which it counts that the heat capacity follows, too.
const worthCapacity = 0.5

// cooledFar is cooledAlong for water that cools so far that its heat capacity,
// the mean c between its ends, follows the temperatures:
//
//	dx = x (-dln m - dln c),  dc/dT_in = (c(T_in) - c)/(T_in - T_out), and so at the outlet.
func (o *outflow) cooledFar(f *water.Fluid, tin, ambient, x, part float64) {
	e, over, c := 1-x*part, tin-ambient, f.MeanHeatCapacity(tin, o.t)
	per := over * x / ((tin - o.t) * c)
	in, back := per*(f.HeatCapacity(tin)-c), per*(c-f.HeatCapacity(o.t))
	y := 1 / (1 - e*back)
	o.byInlet, o.byFlow = e*(1+in)*y, over*x*e*y
	k := (part - e) / x
	o.meanByInlet, o.meanByFlow = part+k*(in+back*o.byInlet), k*(over*x+back*o.byFlow)
}

// shareLeft returns (1 - exp(-x))/x, for small x by the quotient of Pade, which
// agrees to 1e-13.
func shareLeft(x float64) float64 {
	if x > 0.08 {
		return (1 - math.Exp(-x)) / x
	}
	q := x * x
	return (120 + 2*q) / (120 + 12*q + x*(60+q))
}

// stillLinks gives standing water its temperature.
func (st *state) stillLinks() (change float64) {
	for _, k := range st.course.still {
		l := &st.links[k]
		a, b := st.temp[l.from], st.temp[l.to]
		mean := (a + b) / 2
		if at := st.p.links[k]; at.kind == models.KindPipe {
			a, b = st.stillPipe(k)
			mean = b
			st.thermal.lag = max(st.thermal.lag, math.Abs(mean-st.water[k].mean))
		}
		w := &st.water[k]
		change = max(change, max(math.Abs(a-w.t1), math.Abs(b-w.t2)))
		*w = linkWater{t1: a, t2: b, mean: mean}
	}
	return change
}

// stillPipe returns the end temperatures of a pipe whose water stands: that of
// its surroundings, to which a partner with flow gives its heat. It is that to which
// water comes that creeps ever more slowly. Where the options give one temperature to all that has no
// flow, the end at a junction with flow keeps the junction's.
func (st *state) stillPipe(k int32) (t1, t2 float64) {
	l, p, x := &st.links[k], &st.course.plain[k], st.s.opts.NoFlowTemperature
	if x <= 0 {
		t := p.ambient
		if p.partner >= 0 && st.course.passed[p.partner] >= 0 {
			t += p.share * (st.water[p.partner].mean - t)
		}
		return t, t
	}
	for _, v := range [2]int32{l.from, l.to} {
		if j := st.course.place[v]; j >= 0 && st.course.mix[j].mass > 0 {
			return st.temp[v], x
		}
	}
	return x, x
}

// heatImbalance hands on by how much the enthalpy that flows into each stop
// differs from that of the same water at the stop's temperature, W.
func (st *state) heatImbalance(enter func(v int32, w float64)) {
	c, f := &st.course, &st.s.fluid
	if len(c.stops) == 0 {
		return
	}
	st.inflow()
	for i := range c.links {
		p := &c.links[i]
		m, x, v := carried(st.links[p.link].m), &c.mix[p.to], c.stops[p.to].node
		switch {
		case p.alone:
			enter(v, math.Abs(m*(f.Enthalpy(st.water[p.link].t2)-f.Enthalpy(st.temp[v]))))
		case p.kind != isSource:
			x.heat += m * f.Enthalpy(st.water[p.link].t2)
			x.mass += m
		}
	}
	for i := range c.stops[:len(c.stops)-1] {
		if x, v := &c.mix[i], c.stops[i].node; x.mass > 0 && !c.stops[i].alone {
			enter(v, math.Abs(x.heat-x.mass*f.Enthalpy(st.temp[v])))
		}
	}
}
