package solver

import (
	"math"

	"evenflow/models"
)

// stillFlow is the flow in kg/s below which a link carries no heat.
const stillFlow = 1e-6

// thermal is the working memory of the temperature solve.
type thermal struct {
	waiting []int32   // by node: inflows whose temperature is not known yet
	heat    []float64 // by node: enthalpy flowing in, W
	mass    []float64 // by node: kg/s flowing in
	sense   []float64 // by node: dT/dln m of its water, K, times mass while mixing
	along   []float64 // by link: dT/dln m of the mean along it, K
	queue   []int32
	damping []float64 // by link, Pa/(kg/s): slope that buoyancy adds
	decay   []float64 // by pipe: x of T_out = T_a + (T_in - T_a) exp(-x)
	mean    []float64 // by pipe: mean temperature along it, for the partner
	hasPair bool
	cyclic  *cycle // made when the flow runs in a circle
}

func (t *thermal) init(st *state) {
	n, pipes := len(st.p.node), len(st.el.pipes)
	t.waiting, t.queue = resize(t.waiting, n), resize(t.queue, n)[:0]
	t.heat, t.mass, t.sense = resize(t.heat, n), resize(t.mass, n), resize(t.sense, n)
	t.along, t.damping = resize(t.along, len(st.links)), resize(t.damping, len(st.links))
	t.mean, t.decay = resize(t.mean, pipes), resize(t.decay, pipes)
	clear(t.damping)
	clear(t.decay)
	t.hasPair = false
	for i := range st.el.pipes {
		t.hasPair = t.hasPair || (st.el.pipes[i].partner >= 0 && st.el.pipes[i].u2 > 0)
		l := &st.links[st.p.linkOf[models.KindPipe][i]]
		t.mean[i] = (st.temp[l.from] + st.temp[l.to]) / 2
	}
}

// ends returns the node a link's water comes from, the one it goes to, and the
// flow's magnitude, 0 where it carries no heat.
func (l *link) ends() (up, down int32, m float64) {
	m = math.Abs(l.m)
	if m <= stillFlow || l.mode == off {
		m = 0
	}
	if l.m < 0 {
		return l.to, l.from, m
	}
	return l.from, l.to, m
}

// delivers reports whether the link is a source that sets the temperature of
// the water leaving it, and which.
func (st *state) delivers(k int) (temperature float64, ok bool) {
	at := st.p.links[k]
	if at.kind != models.KindSource || st.links[k].m < 0 {
		return 0, false
	}
	return st.el.sources[at.at].temperature, true
}

// temperatures solves all temperatures at the present flows, in the order of
// the flow: every node is the enthalpy mixture of what flows in, every link
// gives its outlet temperature from its inlet. Where water runs in a circle
// without passing a source (recirculation), the rest is solved at once as a
// sparse system. It returns the largest change of a temperature, K.
func (st *state) temperatures() (change float64) {
	t := &st.thermal
	st.inflow()
	t.queue = t.queue[:0]
	for v := range t.waiting {
		if t.waiting[v] == 0 {
			t.queue = append(t.queue, int32(v))
		}
	}
	for at := 0; at < len(t.queue); at++ {
		change = math.Max(change, st.settle(t.queue[at]))
	}
	if len(t.queue) < len(t.waiting) {
		change = math.Max(change, st.solveCycles())
	}
	return math.Max(change, st.stillLinks())
}

// inflow counts what each node waits for and adds what is known beforehand:
// sources, feeds, water entering at a fixed pressure.
func (st *state) inflow() {
	t := &st.thermal
	f := &st.s.fluid
	clear(t.waiting)
	clear(t.heat)
	clear(t.mass)
	clear(t.sense)
	clear(t.along)
	for k := range st.links {
		_, down, m := st.links[k].ends()
		if m == 0 {
			continue
		}
		if out, ok := st.delivers(k); ok {
			t.heat[down] += m * f.Enthalpy(out)
			t.mass[down] += m
			continue
		}
		t.waiting[down]++
	}
	for v := range t.mass {
		fed := 0.0
		if st.fixed[v] {
			fed = st.imbalance[v] // make-up
		} else if st.draw[v] < 0 {
			fed = -st.draw[v]
		}
		if fed <= stillFlow {
			continue
		}
		if x := st.s.net.Junctions[st.p.junction[v]].FixedTemp; x.Known {
			t.heat[v] += fed * f.Enthalpy(x.Value)
			t.mass[v] += fed
		} else if t.mass[v] == 0 && t.waiting[v] == 0 {
			t.heat[v] += fed * f.Enthalpy(st.p.start[v])
			t.mass[v] += fed
		}
	}
}

// settle mixes a node whose inflows are all known and sends its water on.
func (st *state) settle(v int32) (change float64) {
	t := &st.thermal
	now := st.p.still[v]
	if t.mass[v] > 0 {
		now = st.s.fluid.Temperature(t.heat[v]/t.mass[v], st.temp[v])
	}
	change = math.Abs(now - st.temp[v])
	st.temp[v] = now
	sense := 0.0
	if t.mass[v] > 0 {
		sense = t.sense[v] / t.mass[v]
	}
	for _, k := range st.p.touching.Of(v) {
		up, down, m := st.links[k].ends()
		if m == 0 || up != v {
			continue
		}
		out, sets := st.delivers(int(k))
		if !sets {
			out = st.outlet(int(k), m, now)
		}
		change = math.Max(change, math.Abs(out-st.t2[k]))
		st.t1[k], st.t2[k] = now, out
		if sets {
			continue
		}
		t.heat[down] += m * st.s.fluid.Enthalpy(out)
		t.mass[down] += m
		var leaving float64
		leaving, t.along[k] = st.sensitivity(int(k), now, out, sense)
		t.sense[down] += m * leaving
		t.waiting[down]--
		if t.waiting[down] == 0 {
			t.queue = append(t.queue, down)
		}
	}
	return change
}

// outlet returns the temperature at which m kg/s that enters link k at tin
// leaves it.
func (st *state) outlet(k int, m, tin float64) float64 {
	switch at := st.p.links[k]; at.kind {
	case models.KindPipe:
		return st.pipeOutlet(at.at, m, tin, st.t2[k])
	case models.KindStation:
		if st.links[k].m > 0 {
			out, short := st.el.stations[at.at].outlet(&st.s.fluid, m, tin, st.out, &st.drawn[at.at])
			st.short[at.at] = math.Max(short, 0)
			return out
		}
	}
	return tin
}

// pipeOutlet: T_out = T_a + (T_in - T_a) exp(-U L/(m cp)). The partner pipe
// in the same trench shifts the ambient temperature: U1 (T - Tg) - U2 (T' - Tg).
func (st *state) pipeOutlet(i int32, m, tin, guess float64) float64 {
	p := &st.el.pipes[i]
	u := p.u1 * p.lossFactor
	if u*p.length == 0 {
		st.thermal.mean[i], st.thermal.decay[i] = tin, 0
		return tin
	}
	ambient := p.ambient
	if p.partner >= 0 && p.u2 > 0 {
		ambient += p.u2 / p.u1 * (st.thermal.mean[p.partner] - p.ambient)
	}
	f := &st.s.fluid
	out := guess
	x := 0.0
	for range 20 {
		x = u * p.length / (m * f.MeanHeatCapacity(tin, out))
		next := ambient + (tin-ambient)*math.Exp(-x)
		d := math.Abs(next - out)
		out = next
		if d < 1e-6 { // the heat capacity hardly moves: the next d is 1e-4 of this
			break
		}
	}
	st.thermal.mean[i], st.thermal.decay[i] = ambient+(tin-out)/x, x
	return out
}

// stillLinks gives standing water its temperature.
func (st *state) stillLinks() (change float64) {
	for k := range st.links {
		l := &st.links[k]
		if _, _, m := l.ends(); m > 0 {
			continue
		}
		a, b := st.temp[l.from], st.temp[l.to]
		if at := st.p.links[k]; at.kind == models.KindPipe {
			a, b = st.stillPipe(l, at.at)
			st.thermal.mean[at.at] = b
		}
		change = math.Max(change, math.Max(math.Abs(a-st.t1[k]), math.Abs(b-st.t2[k])))
		st.t1[k], st.t2[k] = a, b
	}
	return change
}

// stillPipe returns the end temperatures of a pipe whose water stands: those of
// its surroundings. Where the options give one temperature to all that has no
// flow, the end at a junction with flow keeps the junction's.
func (st *state) stillPipe(l *link, i int32) (t1, t2 float64) {
	x := st.s.opts.NoFlowTemperature
	if x <= 0 {
		return st.el.pipes[i].ambient, st.el.pipes[i].ambient
	}
	for _, v := range [2]int32{l.from, l.to} {
		if st.thermal.mass[v] > 0 {
			return st.temp[v], x
		}
	}
	return x, x
}

// sensitivity returns dT/dln m of the water leaving link k and of its mean, when
// all flows upstream grow alike and it enters with sensitivity sense:
//
//	T_out  = T_a + (T_in - T_a) E,  E = exp(-x),     x = c/m
//	T_mean = T_a + (T_in - T_a) F,  F = (1 - E)/x
//	dE/dln m = x E,  dF/dln m = F - E
func (st *state) sensitivity(k int, tin, tout, sense float64) (leaving, mean float64) {
	at := st.p.links[k]
	switch at.kind {
	case models.KindStation:
		return 0, sense / 2
	case models.KindPipe:
		p := &st.el.pipes[at.at]
		d, x := tin-p.ambient, st.thermal.decay[at.at]
		if d == 0 || x == 0 {
			return sense, sense
		}
		e := (tout - p.ambient) / d
		f := (1 - e) / x
		return e*sense + d*x*e, f*sense + d*(f-e)
	}
	return sense, sense
}

// buoyancy returns by how much the gravity head of link k grows with its flow,
// Pa/(kg/s), through the temperature of its water.
func (st *state) buoyancy(k int) float64 {
	h := st.p.height[k]
	m := st.links[k].m
	if h == 0 || math.Abs(m) <= stillFlow {
		return 0
	}
	const d = 0.5 // K
	mid := (st.prop[k].t1 + st.prop[k].t2) / 2
	f := &st.s.fluid
	slope := (f.Density(mid+d) - f.Density(mid-d)) / (2 * d)
	return st.s.opts.Gravity * h * slope * st.thermal.along[k] / m
}
