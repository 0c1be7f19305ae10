package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// mode says what the hydraulics know of a link.
type mode uint8

const (
	off   mode = iota // not in the circuit: no flow, no conductance
	free              // flow follows from its law
	given             // flow is prescribed, the pressure difference follows
	held              // flow is what keeps a regulator's set point
)

// link is one branch within the Newton iteration.
type link struct {
	m        float64 // mass flow, kg/s, from -> to
	lift     float64 // gravity and air column between the ends, Pa
	from, to int32
	mode     mode
	shut     bool // a regulator that lets nothing pass
	low      bool // pumps at their lowest
}

// tangent is the linearised law of a link that stands alone in Newton's method.
type tangent struct {
	w  float64 // conductance 1/(d drop/d m), (kg/s)/Pa
	e  float64 // energy residual drop - (p_from - p_to + lift), Pa
	dm float64 // step of the flow
}

// state is one calculation: everything that is written while solving.
type state struct {
	s      *Solver
	p      *plan
	el     elements
	out    float64 // outdoor temperature, K
	supply float64 // highest temperature a source in service delivers, K

	links []link
	alone []tangent // by link, of knots and regulators
	asked []shape   // by link: as the scenario has it
	flags []bool    // scratch of circuitNow
	law   []law.Branch
	water []linkWater

	pressure  []float64 // by node, Pa
	temp      []float64 // K
	draw      []float64 // kg/s
	imbalance []float64 // outflow - inflow + draw, kg/s
	fixed     []bool
	pinned    []bool // reference of a part without pressure hold
	known     []bool // pressure level defined
	cut       []bool // cut off from every source
	thermal   thermal
	core      numbers
	halves    halves
	mate      *mate   // works at the second half, nil: nobody
	given     []int32 // links whose flow is prescribed
	course    course
	before    point
	ripple    ripple
	foresight foresight
	began     int  // steps taken before this iteration
	blind     bool // temperatures are not foreseen
	downhill  bool // steps are, from far away too, and lessen the squares of the residuals

	short   []float64    // by station: W asked for but not deliverable
	drawn   []law.Steady // by station: its secondary circuit
	demands demands
	taps    []tap
	leak    []models.Leak // memory of leaks
	cores   []*core       // of circuits before
	regs    regulators
	bounds  bounds
	islands []Island
	blocked []int32 // one-way links that can pass nothing, see blockOneWay
	lawful  bool    // the laws are those of the scenario and of temperatures that do not change
	report  Report
	worstE  int32
	worstM  int32
}

// newState returns the state of a scenario before anything is computed.
func (s *Solver) newState(sc models.Scenario, el elements) *state {
	st := s.bareState()
	n := len(s.plan.node)
	st.law, st.water = make([]law.Branch, len(st.links)), make([]linkWater, len(st.links))
	st.temp, st.imbalance = make([]float64, n), make([]float64, n)
	st.drawn = make([]law.Steady, len(el.stations))
	st.begin(sc, el)
	return st
}

// bareState returns a state with what the circuit is found by.
func (s *Solver) bareState() *state {
	n, nl := len(s.plan.node), len(s.plan.links)
	return &state{s: s, p: s.plan, links: make([]link, nl), alone: make([]tangent, nl), asked: make([]shape, nl),
		pressure: make([]float64, n), draw: make([]float64, n),
		fixed: make([]bool, n), pinned: make([]bool, n), known: make([]bool, n), cut: make([]bool, n),
		short: make([]float64, len(s.plan.linkOf[models.KindStation]))}
}

// begin puts the state to a scenario before anything is computed, whatever it
// was used for before.
func (st *state) begin(sc models.Scenario, el elements) {
	p := st.p
	st.beginCircuit(el)
	st.report, st.worstE, st.worstM = Report{}, -1, -1
	clear(st.imbalance)
	clear(st.drawn)
	copy(st.temp, p.start)
	for k := range st.water {
		st.water[k] = standing(st.temp[p.from[k]], st.temp[p.to[k]])
	}
	st.weather(sc)
	st.lawful = false
	st.thermal.init(st)
	st.course.init(st)
}

// beginCircuit puts that part of the state to a scenario by which the circuit
// is found.
func (st *state) beginCircuit(el elements) {
	p := st.p
	st.el = el
	st.islands, st.blocked, st.taps = nil, st.blocked[:0], st.taps[:0]
	for _, flags := range [][]bool{st.fixed, st.pinned, st.known, st.cut} {
		clear(flags)
	}
	clear(st.pressure)
	clear(st.short)
	st.bounds.reset(st)
	for j, v := range p.node {
		st.draw[v] = el.draws[j]
		if h := el.holds[j]; h.fixed {
			st.fixed[v] = true
			st.pressure[v] = h.pressure
		}
	}
	clear(st.alone)
	for k := range st.links {
		st.asked[k] = st.shapeOf(p.links[k])
		st.links[k] = link{from: p.from[k], to: p.to[k], mode: st.asked[k].mode}
	}
}

// weather notes what the scenario says of the air and of the water delivered.
func (st *state) weather(sc models.Scenario) {
	was := st.out
	st.out, st.supply = sc.Outdoor.Or(st.s.net.Climate.DesignOutdoor), 0
	if st.out != was {
		st.ripple.forget()
	}
	for i := range st.el.sources {
		if st.el.sources[i].on {
			st.supply = max(st.supply, st.el.sources[i].temperature)
		}
	}
	if st.supply == 0 {
		st.supply, _ = st.s.sideTemperatures()
	}
}

// modeOf returns the mode of a branch as the scenario has it.
func (st *state) modeOf(b place) mode {
	when := func(on bool) mode {
		if on {
			return free
		}
		return off
	}
	switch b.kind {
	case models.KindPipe:
		return when(st.el.pipes[b.at].on)
	case models.KindValve:
		v := &st.el.valves[b.at]
		return when(v.on && v.relative() > 0)
	case models.KindPump:
		x := &st.el.pumps[b.at]
		return when(x.on && (x.bypass || !x.stands()))
	case models.KindSource:
		x := &st.el.sources[b.at]
		switch {
		case !x.on, x.idle, x.control == models.ControlSpeed && x.speed == 0:
			return off
		case x.control == models.ControlFlow:
			return given
		}
		return free
	}
	x := &st.el.stations[b.at]
	switch {
	case !x.on:
		return off
	case x.flowGiven():
		return given
	}
	phi, _ := law.RelativeKv(&x.control, x.opening)
	return when(x.control.Kvs == 0 || phi > 0)
}

// relative returns Kv/Kvs of the valve, or the like factor on the free area
// of one that is given by its loss coefficient; 0: tight.
func (v *valve) relative() float64 {
	if v.sectioning {
		return math.Ceil(min(max(v.opening, 0), 1))
	}
	if v.opening == 0 && v.control.Kvs == 0 {
		return 0
	}
	if v.opening >= 1 && v.control.Characteristic != models.TableCharacteristic {
		return 1
	}
	phi, _ := law.RelativeKv(&v.control, v.opening)
	return phi
}

// refresh computes the laws and the gravity heads at the present
// temperatures.
func (st *state) refresh() {
	if st.lawful {
		return
	}
	st.lawful, st.core.stale = true, true
	for k := range st.links {
		if st.links[k].mode != off {
			st.refreshLink(k)
		}
	}
}

func (st *state) refreshLink(k int) {
	if st.law == nil { // only the circuit is looked for
		return
	}
	l, b := &st.links[k], &st.law[k]
	g := st.s.opts.Gravity
	rho, mu := st.condition(k)
	l.lift = rho*g*st.p.height[k] + st.p.air[k]
	if l.mode == given {
		return
	}
	switch at := st.p.links[k]; at.kind {
	case models.KindPipe:
		st.el.pipes[at.at].law(b, st.s, rho, mu)
	case models.KindValve:
		if l.shut {
			*b = law.Branch{Lin: law.Shut}
			return
		}
		st.el.valves[at.at].law(b, rho, g)
	case models.KindPump:
		x := &st.el.pumps[at.at]
		speed := x.speed
		switch {
		case l.shut:
			*b = law.Branch{Lin: law.Shut}
			return
		case l.low, x.idle:
			speed = 0
		}
		*b = st.pumpLaw(&x.curve, speed, rho)
		b.Bypass = x.bypass
	case models.KindSource:
		x := &st.el.sources[at.at]
		*b = st.sourceLaw(x, l.low, rho)
		if x.control == models.ControlDifferential {
			l.lift = 0 // held between the ends, whatever the heights
		}
	case models.KindStation:
		x := &st.el.stations[at.at]
		if st.bounds.limited[at.at] {
			most := b.Most
			*b = st.openLaw(at.at, rho)
			b.Most = most
			return
		}
		opening := x.opening
		if x.limits() {
			opening = 1
		}
		*b = law.Branch{K: x.fixed + x.valveResistance(opening, rho), Lin: law.Droop}
	}
}

// law writes the valve's law, of one that holds something that with which it
// stands wide open.
func (v *valve) law(b *law.Branch, rho, g float64) {
	if v.losses != nil {
		*b = law.Branch{Kind: law.Losses, A: rho * g, B: 1 / rho, Curve: v.losses}
		return
	}
	phi := v.relative()
	*b = law.Branch{K: v.added, Lin: law.Droop, OneWay: v.passesOneWay()}
	if v.control.Kvs > 0 {
		b.K += law.KvResistance(v.control.Kvs*phi, rho)
	} else if v.diameter > 0 {
		b.K += v.zeta * velocityHead(v.diameter, rho) / (phi * phi)
	}
	if v.holds == models.BreakPressure {
		b.Kind, b.A = law.Constant, v.differential
	}
}

func (st *state) pumpLaw(c *law.Curve, speed, rho float64) law.Branch {
	if r := st.s.opts.PumpDensity; r > 0 {
		rho = r
	}
	if speed == 0 { // stands, with its bypass open, or is turned by the water
		return law.Branch{Kind: law.Lift}
	}
	return c.Branch(speed, rho, rho, st.s.opts.Gravity)
}

// sourceLaw is that of a source's pumps, which one that holds its differential
// has no need of.
func (st *state) sourceLaw(x *source, low bool, rho float64) law.Branch {
	speed := x.speed
	switch {
	case x.control == models.ControlDifferential:
		return law.Branch{Kind: law.Lift, A: x.lift}
	case x.driven() && low:
		speed = x.low
	case x.driven():
		speed = x.high
	}
	return st.pumpLaw(&x.curve, speed, rho)
}

// valveResistance returns the quadratic coefficient of the station's control
// valve at an opening, 0 where it has none.
func (x *station) valveResistance(opening, rho float64) float64 {
	if x.control.Kvs <= 0 {
		return 0
	}
	phi, _ := law.RelativeKv(&x.control, opening)
	return law.KvResistance(x.control.Kvs*phi, rho)
}

// velocityHead returns 8/(pi^2 rho d^4), the pressure in Pa that one unit of
// zeta costs at 1 kg/s in diameter d (m).
func velocityHead(d, rho float64) float64 {
	d2 := d * d
	return 8 / (math.Pi * math.Pi * rho * d2 * d2)
}

// leastResistance is the resistance, Pa/(kg/s)2, below which a pipe is as good as
// without any: 0.001 Pa at 1 t/s.
const leastResistance = 1e-9

// law writes the pipe's law for water of density rho (kg/m3) and viscosity mu
// (Pa s).
func (p *pipe) law(b *law.Branch, s *Solver, rho, mu float64) {
	if p.quadratic {
		*b = law.Branch{K: p.resistance * p.factor, OneWay: p.oneWay}
		if b.K < leastResistance || p.oneWay {
			b.Lin = law.Droop
		}
		return
	}
	var table *law.Table
	if p.table >= 0 {
		table = &s.plan.tables[p.table]
	}
	head := velocityHead(p.diameter, rho) * p.factor
	if p.length == 0 { // two places that are one, but for what is lost there
		*b = law.Branch{K: head * p.zeta, OneWay: p.oneWay}
		if b.K < leastResistance {
			b.Lin = law.Droop
		}
		return
	}
	if p.hazen > 0 {
		loss := hazenConstant * p.length / (math.Pow(p.hazen*rho, hazenExponent) * math.Pow(p.diameter, hazenDiameter))
		*b = law.Branch{Kind: law.Power, C: rho * s.opts.Gravity * loss * p.factor, N: hazenExponent, K: head * p.zeta, OneWay: p.oneWay, Table: table}
		return
	}
	*b = law.Branch{Kind: law.Pipe, Friction: s.friction(), C: head * p.length / p.diameter, K: head * p.zeta,
		Re: 4 / (math.Pi * p.diameter * mu), Rel: p.roughness / p.diameter, L4: p.l4, D4: p.d4, OneWay: p.oneWay, Table: table}
}
