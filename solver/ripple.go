package solver

import "math"

// ripple is how the temperatures would follow a step of the flows: the
// temperatures' way through the network once more, in its derivatives.
type ripple struct {
	gains []gain   // by passage
	bases []basis  // by passage
	old   struct { // in the order before
		gains []gain
		bases []basis
	}
	byT  []float64 // by link: of its energy residual with the temperature of its water, Pa/K
	dm   []float64 // by passage: step of the flow along it, kg/s
	dt   []float64 // by passage: step of the temperature that counts in it, K
	sums []rippled // by stop

	known bool      // the gains are those of the last temperatures
	ready bool      // the gains are those of the present state
	wary  bool      // chains that are not stable by themselves keep to their own way, passages to their laws
	steps []float64 // by chain, kg/s, then by knot
	dp    []float64 // by node of the core, Pa
	u     []float64 // by regulator that holds, kg/s
}

// gain is how the water in a passage follows: the temperature with which it
// leaves, and the mean on the way, by those with which it enters and by the
// flow.
type gain struct {
	byInlet, byFlow         float64 // K/K, K per kg/s
	meanByInlet, meanByFlow float64
	capacity, enthalpy      float64 // of the flow that leaves, W/K, and J/kg, where it mixes with others
	tame                    float64 // what is left of those by the flow, see tame
}

// basis is where a passage was computed by its law: flow (kg/s), temperatures (K)
// with which its water entered and left and that along it, and what the partner's
// added to that of the surroundings. Without flow there is none.
type basis struct{ m, tin, beside, t, mean float64 }

// A passage is taken along its derivatives up to farAlong of its flow from its
// basis, and while what these leave out is less than felt, K: squares, and the
// heat capacity, which grows by less than 1e-3 of itself per kelvin.
const (
	farAlong = 0.05
	felt     = 2e-7
)

// forget makes the next temperatures compute all passages by their laws.
func (x *ripple) forget() {
	for j := range x.bases {
		x.bases[j].m = 0
	}
}

// turn makes room for what passages have in another order.
func (x *ripple) turn() {
	x.gains, x.old.gains = x.old.gains, x.gains
	x.bases, x.old.bases = x.old.bases, x.bases
}

// carry hands passage j what was known of it when it was number was; -1: nothing.
func (x *ripple) carry(j int, was int32) {
	if was < 0 {
		x.bases[j].m = 0
		return
	}
	x.gains[j], x.bases[j] = x.old.gains[was], x.old.bases[was]
}

// forgetPassage is forget for that of a link.
func (st *state) forgetPassage(k int32) {
	if len(st.course.stops) > 0 && st.course.passed[k] >= 0 {
		st.ripple.bases[st.course.passed[k]].m = 0
	}
}

// along returns the water that leaves a passage by what is known of it close by,
// and whether that is near enough: by the squares of what has changed,
//
//	d2t/dln m2 <~ 2 dt/dln m in a pipe, t_in - t in a station.
func (st *state) along(p *passage, b *basis, g *gain, m, tin float64, out *outflow) bool {
	dm, dt := m-b.m, tin-b.tin
	part := math.Abs(dm) / b.m
	if !(part < farAlong) {
		return false
	}
	if p.kind == isStation {
		if part*((b.tin-b.t)*part+math.Abs(dt))+0.01*dt*dt > felt || st.bounds.limited[p.at] {
			return false
		}
		out.t = b.t + g.byInlet*dt + g.byFlow*dm
		out.mean = (tin + out.t) / 2
	} else {
		lost, beside := 1-g.byInlet, 0.0
		if p.partner >= 0 {
			beside = p.share*st.water[p.partner].mean - b.beside
		}
		warmer, slower := lost*(math.Abs(dt)+math.Abs(beside)), max(math.Abs(g.byFlow), math.Abs(g.meanByFlow))*math.Abs(dm)
		if part*(2*slower+warmer)+1e-3*(math.Abs(b.tin-b.t)*(slower+warmer+math.Abs(beside))+lost*dt*dt) > felt {
			return false
		}
		out.t = b.t + g.byInlet*dt + g.byFlow*dm + lost*beside
		out.mean = b.mean + g.meanByInlet*dt + g.meanByFlow*dm + (1-g.meanByInlet)*beside
	}
	out.byInlet, out.byFlow, out.meanByInlet, out.meanByFlow = g.byInlet, g.byFlow*m, g.meanByInlet, g.meanByFlow*m
	return true
}

// of makes a passage just computed the basis, where its law has no corner near.
func (b *basis) of(st *state, p *passage, m, tin float64, out *outflow) {
	b.m = 0
	switch p.kind {
	case isPipe:
		if b.m = m; p.partner >= 0 {
			b.beside = p.share * st.water[p.partner].mean
		}
	case isStation:
		if st.drawn[p.at].Known() && !st.bounds.limited[p.at] && tin-out.t > 1 && out.t > coldest+1 {
			b.m = m
		}
	}
	b.tin, b.t, b.mean = tin, out.t, out.mean
}

// rippled is what a step adds to a stop.
type rippled struct {
	heat float64 // W; of one that stands alone, K
	mass float64 // kg/s
	most float64 // kg/s, of what flows in before or after the step
}

// initRipple makes room for a core.
func (st *state) initRipple() {
	x, n, nl := &st.ripple, &st.core, len(st.links)
	x.ready, x.known = false, false
	if st.s.opts.Temperatures == Isothermal {
		return
	}
	st.thermal.heeded = resize(st.thermal.heeded, len(n.chains))
	st.foresight.init(len(n.chains)+len(n.knots), nl)
	x.old.gains, x.old.bases = resize(x.old.gains, nl), resize(x.old.bases, nl)
	x.gains, x.bases, x.byT, x.dm, x.dt = resize(x.gains, nl), resize(x.bases, nl), resize(x.byT, nl), resize(x.dm, nl), resize(x.dt, nl)
	x.sums = resize(x.sums, len(st.p.node))
	x.steps, x.dp = resize(x.steps, len(n.chains)+len(n.knots)), resize(x.dp, len(n.node))
	clear(x.byT)
	clear(x.dm)
	clear(x.dt)
}

// of notes how m kg/s follow.
func (g *gain) of(m float64, out *outflow) {
	per := 1 / m
	g.byInlet, g.byFlow, g.meanByInlet, g.meanByFlow = out.byInlet, out.byFlow*per, out.meanByInlet, out.meanByFlow*per
}

// spread lays the steps of chains and knots over the passages.
func (x *ripple) spread(n *numbers, c *course, b *border, list []regulator) {
	clear(x.dm)
	for i := range n.chains {
		dq := x.steps[i]
		for _, s := range n.steps[n.chains[i].First:n.chains[i].Last] {
			if j := c.passed[s.Link]; j >= 0 {
				x.dm[j] = dq * s.Sign() * float64(c.way[s.Link])
			}
		}
	}
	for i := range n.knots {
		k := n.knots[i].link
		if j := c.passed[k]; j >= 0 {
			x.dm[j] = x.steps[len(n.chains)+i] * float64(c.way[k])
		}
	}
	for i, r := range b.rows {
		k := list[r].link
		if j := c.passed[k]; j >= 0 {
			x.dm[j] += x.u[i] * float64(c.way[k])
		}
	}
}

// mostForetold is what foretell believes at once, K.
const mostForetold = 10

// foretell takes the flows, and moves the mean temperatures of pipes that heat
// one another to where they will be, about: what is upstream feels those that
// are further on.
func (st *state) foretell() {
	x := &st.ripple
	st.course.take(st.links, x.dm)
	if !st.thermal.hasPair {
		return
	}
	dt := st.foresight.dt[0]
	if !st.foresight.told {
		st.follow()
		dt = x.dt
	}
	for j := range st.course.links {
		if p := &st.course.links[j]; p.kind == isPipe && p.partner >= 0 {
			st.water[p.link].mean += min(max(dt[j], -mostForetold), mostForetold)
		}
	}
}

// follow leaves in dt how the temperatures would move with the flows in dm. Where
// pipes heat one another, those further on feel those before them: what they feel
// the other way round changes no step by much.
func (st *state) follow() {
	c, x, f := &st.course, &st.ripple, &st.s.fluid
	clear(x.dt)
	clear(x.sums)
	last := len(c.stops) - 1
	for i := range last {
		if i == c.loop && c.loop < c.tail {
			st.followCycle()
		}
		s := &x.sums[i]
		d := s.heat
		if !c.stops[i].alone && (i < c.loop || i >= c.tail) {
			d = 0
			if mix := &c.mix[i]; mix.mass > 0 {
				t := st.temp[c.stops[i].node]
				d = (s.heat - f.Enthalpy(t)*s.mass) / (max(mix.mass, s.most) * f.HeatCapacity(t))
			}
		}
		for j := c.stops[i].first; j < c.stops[i+1].first; j++ {
			st.followOn(j, d, i >= c.loop && i < c.tail)
		}
	}
}

// tame makes of the derivatives by the flow what is left of them over a step of
// about the size of the present one: temperatures follow the logarithm of a flow,
// and a mixture that of all that flows in.
func (st *state) tame() {
	c, x := &st.course, &st.ripple
	x.spread(&st.core, c, &st.regs.border, st.regs.list)
	for i := range x.sums {
		x.sums[i].most = 0
	}
	for j := range c.links {
		p, g := &c.links[j], &x.gains[j]
		dm, m := x.dm[j], c.flow[j]
		g.tame = 1 / (1 + math.Abs(dm)/m)
		x.sums[p.to].most += m + dm
	}
}

// followOn passes a step of temperature, d K, on through passage j.
func (st *state) followOn(j int32, d float64, within bool) {
	c, x := &st.course, &st.ripple
	p, g := &c.links[j], &x.gains[j]
	dm := x.dm[j]
	to := &x.sums[p.to]
	if p.kind == isSource {
		x.dt[j] = d
		to.mass += dm
		to.heat += dm * g.enthalpy
		return
	}
	beside := 0.0
	if p.beside >= 0 {
		beside = p.share * x.dt[p.beside]
	}
	more := g.tame * dm
	x.dt[j] = g.meanByInlet*d + g.meanByFlow*more + (1-g.meanByInlet)*beside
	if within && int(p.to) < c.tail {
		return
	}
	out := g.byInlet*d + g.byFlow*more + (1-g.byInlet)*beside
	if p.alone {
		to.heat = out
		return
	}
	to.heat += g.capacity*out + dm*g.enthalpy
	to.mass += dm
}

// followCycle is follow where the water runs in a circle: it leaves the steps of
// temperature in the sums of these stops.
func (st *state) followCycle() {
	c, x, f := &st.course, &st.ripple, &st.s.fluid
	y := &c.cycle
	for i := c.loop; i < c.tail; i++ {
		for j := c.stops[i].first; j < c.stops[i+1].first; j++ {
			p, g := &c.links[j], &x.gains[j]
			if p.kind == isSource || int(p.to) >= c.tail {
				continue
			}
			dm := x.dm[j]
			m := c.flow[j]
			t := st.water[p.link].t2
			to := &x.sums[p.to]
			to.heat += m*f.HeatCapacity(t)*g.byFlow*g.tame*dm + dm*f.Enthalpy(t)
			to.mass += dm
		}
	}
	for i := c.loop; i < c.tail; i++ {
		y.rhs[y.pattern.Pivot[i-c.loop]] = x.sums[i].heat - f.Enthalpy(st.temp[c.stops[i].node])*x.sums[i].mass
	}
	y.pattern.SolveLU(&y.lu, y.rhs)
	for i := c.loop; i < c.tail; i++ {
		x.sums[i].heat = y.rhs[y.pattern.Pivot[i-c.loop]]
	}
}

// respond returns in more what the temperatures that follow the steps add to
// the residuals, beyond what the conductances already know.
func (st *state) respond(more []float64) {
	n, c, x := &st.core, &st.course, &st.ripple
	x.spread(n, c, &st.regs.border, st.regs.list)
	st.follow()
	for i := range n.chains {
		sum := -st.thermal.heeded[i] * x.steps[i]
		for _, s := range n.steps[n.chains[i].First:n.chains[i].Last] {
			if j := c.passed[s.Link]; j >= 0 {
				sum += s.Sign() * x.byT[s.Link] * x.dt[j]
			}
		}
		more[i] = sum
	}
	for i := range n.knots {
		k := n.knots[i].link
		more[len(n.chains)+i] = 0
		if j := c.passed[k]; j >= 0 && st.links[k].mode == free {
			more[len(n.chains)+i] = x.byT[k] * x.dt[j]
		}
	}
}

// stepsAt puts into steps those of chains and knots for the steps of pressure
// in dp and residuals e.
func (x *ripple) stepsAt(st *state, e []float64) {
	n := &st.core
	for i := range n.edges {
		y := &n.edges[i]
		x.steps[i] = y.W * (x.dp[y.A] - x.dp[y.B] - e[i])
	}
	for i := range n.knots {
		y := &n.knots[i]
		d := 0.0
		switch l := &st.alone[y.link]; st.links[y.link].mode {
		case free:
			d = l.w * (x.dp[y.a] - x.dp[y.b] - e[len(n.edges)+i])
		case held:
			d = l.w * (x.dp[y.a] - x.dp[y.b])
		}
		x.steps[len(n.edges)+i] = d
	}
}
