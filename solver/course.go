package solver

import (
	"math"

	"evenflow/models"
)

// stillFlow is the flow in kg/s below which a link carries no heat, fullFlow that
// from which on all of it does.
const (
	stillFlow = 1e-6
	fullFlow  = 2e-6
)

// carried returns how much of a flow of m (kg/s, or less than nothing) carries
// heat. It grows from nothing at stillFlow: the column behind it turns from cold
// to hot by kilopascals for the tenth of a gram, and would else jump by more than
// what residuals may be.
func carried(m float64) float64 {
	switch m = math.Abs(m); {
	case m >= fullFlow:
		return m
	case m > stillFlow:
		return (m - stillFlow) * (fullFlow / (fullFlow - stillFlow))
	}
	return 0
}

// course is the order in which water passes the network: nodes upstream before
// nodes downstream, each with the links that leave it. It holds as long as no
// flow turns, stops or begins.
type course struct {
	way   []int8    // by link: 1 from its beginning to its end, -1 the other way, 0 not at all
	stops []stop    // nodes that water reaches, and one more where the last ends
	links []passage // those that leave stops[i] are links[stops[i].first:stops[i+1].first]
	// Water runs in a circle between stops[loop:tail], before and after it
	// does not.
	loop, tail int
	flow       []float64 // by passage, what carries heat, kg/s
	still      []int32   // links whose water stands
	springs    []int32   // sources that set the temperature of what they give
	feeds      []int32   // nodes where water may enter from outside

	sets    []bool    // by link: it gives its own temperature
	plain   []passage // by link: what does not depend on the way its water takes
	plainly bool      // that is known
	mix     []mixture // by stop
	place   []int32   // by node: its stop, -1: its water stands
	passed  []int32   // by link: its passage, -1: its water stands
	ready   []int32   // nodes that wait for nothing
	waiting []int32   // by node: links upstream not yet in order; then by stop: all links upstream
	ahead   []int32   // by node: links downstream
	cycle   cycle     // of the stops between loop and tail
	left    []int32   // nodes that wait for one another, or follow those
	end     []int32   // of them those that only follow, the last first
}

type stop struct {
	node  int32
	first int32
	alone bool // one link leads there, and nothing else
}

// inflows returns how many links lead to a stop.
func (c *course) inflows(i int32) int32 { return c.waiting[i] }

// passage is a link on the way of the water, with what the temperatures need to
// know of it.
type passage struct {
	loss    float64 // of a pipe, U L, W/K
	ambient float64 // K
	share   float64 // of the partner's excess over it that the pipe feels
	partner int32   // link, -1: none
	beside  int32   // passage of the partner, -1: none
	link    int32
	to      int32 // stop
	at      int32 // of its kind
	kind    passageKind
	alone   bool // of stop to
	// yields tells of a link whose flow is no given one: it can grow when more
	// passes on.
	yields bool
}

type passageKind uint8

const (
	passesOn passageKind = iota // with the temperature it has
	isPipe                      // with heat loss
	isStation
	isSource // gives its own temperature, whatever comes
)

// mixture is what flows into a stop.
type mixture struct {
	heat float64 // W of enthalpy; where a link leads there alone, its temperature, K
	mass float64 // kg/s
	all  float64 // dT/dln m of each inflow times its mass when all flows grow, K kg/s
	// Of the inflows that can change: the mass, and with it dT/dln m when the
	// flow on one way grows, and the temperature.
	yields, sense, warm float64
}

// ends returns the node a link's water comes from, the one it goes to, and how
// much of it carries heat, kg/s.
func (l *link) ends() (up, down int32, m float64) {
	if l.mode != off {
		m = carried(l.m)
	}
	if l.m < 0 {
		return l.to, l.from, m
	}
	return l.from, l.to, m
}

// direction returns the way of a link's water.
func (l *link) direction() int8 {
	switch {
	case l.mode == off || l.from == l.to:
		return 0
	case l.m > stillFlow:
		return 1
	case l.m < -stillFlow:
		return -1
	}
	return 0
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

// init makes room, and lists where water may enter; what was charted before no
// longer holds.
func (c *course) init(st *state) {
	n, nl := len(st.p.node), len(st.links)
	if c.way == nil {
		counts := make([]int32, 3*n)
		c.place, c.waiting, c.ahead = counts[:n:n], counts[n:2*n:2*n], counts[2*n:]
		c.way, c.sets = make([]int8, nl), make([]bool, nl)
		c.stops, c.links, c.mix = make([]stop, 0, n+1), make([]passage, 0, nl), make([]mixture, n)
		c.still, c.ready = make([]int32, 0, nl), make([]int32, 0, n)
		c.flow, c.passed, c.plain = make([]float64, nl), make([]int32, nl), make([]passage, nl)
	}
	c.forget()
	c.feeds = c.feeds[:0]
	for v := range st.fixed {
		if st.fixed[v] || st.draw[v] < 0 {
			c.feeds = append(c.feeds, int32(v))
		}
	}
}

// forget makes the next temperatures chart the course anew, from what branches
// are now.
func (c *course) forget() { c.stops, c.plainly = c.stops[:0], false }

// holds reports whether all water still goes the way it went.
func (c *course) holds(links []link) bool {
	if len(c.stops) == 0 {
		return false
	}
	way := c.way[:len(links)]
	for k := range links {
		if links[k].direction() != way[k] {
			return false
		}
	}
	return true
}

// take takes the flows, and leaves in dm by how much each has grown.
func (c *course) take(links []link, dm []float64) {
	for i := range c.links {
		k := c.links[i].link
		m := carried(links[k].m)
		dm[i] = m - c.flow[i]
		c.flow[i] = m
	}
}

// chart puts the network in the order of the flow. What is known of passages whose
// water goes the way it went is carried over.
func (st *state) chart() {
	c := &st.course
	if !c.plainly {
		for k := range c.plain {
			c.plain[k] = st.plainPassage(k)
		}
		c.plainly = true
	}
	known := len(c.stops) > 0
	clear(c.waiting)
	clear(c.ahead)
	c.stops, c.links, c.still, c.springs, c.ready = c.stops[:0], c.links[:0], c.still[:0], c.springs[:0], c.ready[:0]
	for k := range st.links {
		l := &st.links[k]
		way := l.direction()
		if !known || way != c.way[k] {
			c.way[k], c.passed[k] = way, -1
		}
		if way == 0 {
			c.still = append(c.still, int32(k))
			continue
		}
		up, down, _ := l.ends()
		c.ahead[up]++
		c.sets[k] = false
		if _, sets := st.delivers(k); sets {
			c.sets[k] = true
			c.springs = append(c.springs, int32(k))
			c.ahead[down]++ // reached at least
		} else {
			c.waiting[down]++
		}
	}
	for v := range c.place {
		switch {
		case c.waiting[v] == 0 && c.ahead[v] == 0:
			c.place[v] = -1
			st.temp[v] = st.p.still[v]
		case c.waiting[v] == 0:
			c.ready = append(c.ready, int32(v))
		}
	}
	for len(c.ready) > 0 { // the last first: along a street, not round the town
		v := c.ready[len(c.ready)-1]
		c.ready = c.ready[:len(c.ready)-1]
		st.takeIn(v)
	}
	st.chartLoops()
	n := len(c.stops)
	c.stops = append(c.stops, stop{first: int32(len(c.links))})
	st.ripple.turn()
	for i := range c.links {
		p := &c.links[i]
		k, to := p.link, c.place[p.to]
		*p = c.plain[k]
		st.aim(p, to)
		st.ripple.carry(i, c.passed[k])
		c.passed[k], c.flow[i] = int32(i), carried(st.links[k].m)
	}
	st.findAlone(n)
}

// takeIn makes a node the next stop, with the links that leave it, and notes
// which nodes then wait for nothing else.
func (st *state) takeIn(v int32) {
	c := &st.course
	c.place[v] = int32(len(c.stops))
	c.stops = append(c.stops, stop{node: v, first: int32(len(c.links))})
	from, to := st.p.from, st.p.to
	for _, k := range st.p.touching.Of(v) {
		if way := c.way[k]; way == 0 || (way > 0) != (from[k] == v) {
			continue
		}
		down := from[k] + to[k] - v
		n := len(c.links)
		c.links = c.links[:n+1] // the rest of it later, all at once
		c.links[n].link, c.links[n].to = k, down
		if c.sets[k] {
			continue
		}
		if c.waiting[down]--; c.waiting[down] == 0 {
			c.ready = append(c.ready, down)
		}
	}
}

// passage returns link k on its way to node down.
func (st *state) passage(k int, down int32) passage {
	p := st.course.plain[k]
	st.aim(&p, down)
	return p
}

// aim puts a passage on its way to node, or stop, down.
func (st *state) aim(p *passage, down int32) {
	p.to = down
	switch p.kind {
	case isStation:
		if !(st.links[p.link].m > 0) {
			p.kind = passesOn
		}
	case isSource:
		if _, sets := st.delivers(int(p.link)); !sets {
			p.kind = passesOn
		}
	}
}

// plainPassage returns link k with its water going the way it is meant to go.
func (st *state) plainPassage(k int) passage {
	at := st.p.links[k]
	p := passage{link: int32(k), at: at.at, partner: -1}
	p.yields = st.links[k].mode != given && (st.core.chainOf[k] >= 0 || st.el.special(at))
	switch at.kind {
	case models.KindPipe:
		x := &st.el.pipes[at.at]
		p.loss, p.ambient = x.u1*x.lossFactor*x.length, x.ambient
		if p.loss != 0 {
			p.kind = isPipe
		}
		if x.partner >= 0 && x.u2 > 0 {
			p.partner, p.share = st.p.linkOf[models.KindPipe][x.partner], x.u2/x.u1
		}
	case models.KindStation:
		p.kind = isStation
	case models.KindSource:
		p.kind = isSource
	}
	return p
}

// chartLoops takes in what is left: nodes that wait for one another, and then,
// found from the far end, what only follows them.
func (st *state) chartLoops() {
	c := &st.course
	c.loop, c.tail = len(c.stops), len(c.stops)
	c.cycle.known = false
	left, end := c.left[:0], c.end[:0]
	for v := range c.waiting {
		if c.waiting[v] > 0 {
			left = append(left, int32(v))
		}
	}
	c.left = left
	if len(left) == 0 {
		return
	}
	ahead := c.ahead
	for _, v := range left {
		ahead[v] = 0
	}
	upstream := func(v int32, do func(u int32)) {
		for _, k := range st.p.touching.Of(v) {
			l := &st.links[k]
			if c.way[k] == 0 || (c.way[k] > 0) != (l.to == v) {
				continue
			}
			if u := l.from + l.to - v; c.waiting[u] > 0 && st.passage(int(k), v).kind != isSource {
				do(u)
			}
		}
	}
	for _, v := range left {
		upstream(v, func(u int32) { ahead[u]++ })
	}
	for _, v := range left {
		if ahead[v] == 0 {
			end = append(end, v)
		}
	}
	for i := 0; i < len(end); i++ {
		upstream(end[i], func(u int32) {
			if ahead[u]--; ahead[u] == 0 {
				end = append(end, u)
			}
		})
	}
	c.end = end
	c.tail += len(left) - len(end)
	for _, v := range left {
		c.waiting[v] = math.MaxInt32 // none is taken in a second time
	}
	for _, v := range left {
		if ahead[v] > 0 {
			st.takeIn(v)
		}
	}
	for i := range end {
		st.takeIn(end[len(end)-1-i])
	}
}

// findAlone marks the stops that one link leads to, and nothing else.
func (st *state) findAlone(n int) {
	c := &st.course
	inflows := c.waiting // by stop from now on
	clear(inflows)
	for i := range c.links {
		inflows[c.links[i].to]++
	}
	for i := range c.stops[:n] {
		c.stops[i].alone = inflows[i] == 1
	}
	for _, v := range c.feeds {
		if i := c.place[v]; i >= 0 {
			c.stops[i].alone = false
		}
	}
	for i := range c.links {
		p := &c.links[i]
		p.alone, p.beside = c.stops[p.to].alone, -1
		if p.partner >= 0 {
			p.beside = c.passed[p.partner]
		}
	}
}
