package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// The checks of an audit.
const (
	AuditMass     = "mass"     // kg/s: what flows into a junction flows out of it
	AuditEnergy   = "energy"   // Pa: the law of every branch against the pressures at its ends and the drop reported
	AuditLoops    = "loops"    // Pa: drops, lifts and heights round every loop
	AuditPressure = "pressure" // Pa: pressures held against their set points
	AuditFlow     = "flow"     // kg/s: flows given or limited against their set points, none in what is shut
	AuditMixing   = "mixing"   // W: enthalpy at every junction
	AuditHeat     = "heat"     // W: heat law of every pipe, station and source, and the heat reported
	AuditBalance  = "balance"  // W: sources = stations + losses + water drawn
	AuditPower    = "power"    // W: pump power from flow, lift and efficiency
)

// AuditCheck is one kind of equation, checked wherever it holds.
type AuditCheck struct {
	Name   string
	Unit   string
	Value  float64   // what is missing where it is worst
	Limit  float64   // what may be missing there
	Worst  models.ID // where; "" for the network as a whole, or where nothing was checked
	Places int       // checked; 0: does not apply
	Failed int       // of them beyond their limit
}

// HeatBalance is the heat of the whole network, W.
type HeatBalance struct {
	Sources    float64 // given to the water
	Stations   float64 // taken from it
	Losses     float64 // of pipes
	Water      float64 // carried off by water drawn, less what water fed in brings
	Difference float64 // Sources - Stations - Losses - Water
}

// Audit is the re-check of a result from its own numbers.
type Audit struct {
	Checks  []AuditCheck
	Loops   int // independent loops
	Balance HeatBalance
	MakeUp  float64 // kg/s fed in at the pressure holds
}

// OK reports whether every check is within its limits.
func (a *Audit) OK() bool {
	for i := range a.Checks {
		if a.Checks[i].Failed > 0 {
			return false
		}
	}
	return true
}

// Check returns a check by name, nil if there is none.
func (a *Audit) Check(name string) *AuditCheck {
	for i := range a.Checks {
		if a.Checks[i].Name == name {
			return &a.Checks[i]
		}
	}
	return nil
}

// The limits beside those of Options: temperatures repeat within 1e-5 K, and
// what follows from that is no error of the result.
const (
	auditEnergy = 0.1  // Pa per branch, 0.01 mm of water
	auditLoop   = 1.0  // Pa round a loop
	auditKelvin = 1e-4 // K, with the flow that carries it
	auditWatt   = 1.0  // W
	auditShare  = 1e-6 // of flow, power and total heat
)

// Audit re-checks a result of Solve under the scenario that it was made for:
// with flows, pressures and temperatures as they stand in the result, the laws
// of the elements computed anew. Nothing is iterated. A scenario that cannot
// be laid over the network gives an *InputError.
func (s *Solver) Audit(sc models.Scenario, r *Result) (*Audit, error) {
	el, err := s.apply(sc)
	if err != nil {
		return nil, err
	}
	st := s.newState(sc, el)
	if err := st.connect(); err != nil {
		return nil, err
	}
	st.openTaps()
	if s.fits(r) {
		st.beginBounds(r)
	}
	st.beginRegulators()
	if err := st.take(r); err != nil {
		return nil, err
	}
	a := &auditor{st: st, r: r, out: &Audit{}}
	a.mass()
	a.energy()
	a.loops()
	a.setPoints()
	if s.opts.Temperatures != Isothermal {
		a.mixing()
		a.heat()
		a.balance()
	}
	a.power()
	return a.out, nil
}

// take puts the numbers of a result where the laws read theirs.
func (st *state) take(r *Result) error {
	if !st.warmStart(r) || len(r.Controls) < len(st.regs.list) {
		return refuse(models.KindNetwork, "", "", "the result is not one of this network and scenario", "audit a result with the network and the scenario that it was computed from")
	}
	for i := range st.regs.list {
		st.place(&st.regs.list[i], standOf(&r.Controls[i]))
	}
	for j, v := range st.p.node {
		st.pressure[v] = r.Junctions[j].Pressure
		if r.Junctions[j].TempKnown {
			st.temp[v] = r.Junctions[j].Temperature
		}
	}
	for k := range st.links {
		b := r.branch(st.p.links[k])
		st.links[k].m = b.Flow
		if r.Junctions[0].TempKnown {
			st.water[k].t1, st.water[k].t2 = b.TempIn, b.TempOut
		}
	}
	st.reseat(true)
	st.refresh()
	return nil
}

type auditor struct {
	st     *state
	r      *Result
	out    *Audit
	makeUp []float64 // by node, kg/s fed in at a pressure hold
	level  []float64 // by node, Pa above the first node of its part
	part   []int32   // by node, the first node of its part
}

// check begins a check; what it returns enters what is missing at a place.
func (a *auditor) check(name, unit string) func(id models.ID, missing, limit float64) {
	a.out.Checks = append(a.out.Checks, AuditCheck{Name: name, Unit: unit})
	c := &a.out.Checks[len(a.out.Checks)-1]
	return func(id models.ID, missing, limit float64) {
		missing = math.Abs(missing)
		if c.Places++; !(missing <= limit) { // a number that is none fails
			c.Failed++
		}
		if c.Places == 1 || !math.IsNaN(c.Value) && !(missing/limit <= c.Value/c.Limit) {
			c.Value, c.Limit, c.Worst = missing, limit, id
		}
	}
}

func (a *auditor) id(k int) models.ID { return a.st.s.idOf(a.st.p.links[k]) }

func (a *auditor) junctionID(v int32) models.ID {
	return a.st.s.net.Junctions[a.st.p.junction[v]].ID
}

// mass adds up what flows at every junction; at a pressure hold the rest is
// what is fed in there.
func (a *auditor) mass() {
	st := a.st
	enter := a.check(AuditMass, "kg/s")
	out, through := make([]float64, len(st.pressure)), make([]float64, len(st.pressure))
	for k := range st.links {
		l := &st.links[k]
		m := a.r.branch(st.p.links[k]).Flow
		out[l.from] += m
		out[l.to] -= m
		through[l.from] += math.Abs(m)
		through[l.to] += math.Abs(m)
	}
	a.makeUp = make([]float64, len(out))
	for j, v := range st.p.node {
		drawn := a.r.Junctions[j].Drawn
		if !st.known[v] {
			drawn = st.draw[v]
		}
		if out[v] += drawn; st.fixed[v] {
			a.makeUp[v] = out[v]
			a.out.MakeUp += out[v]
			continue
		}
		enter(st.s.net.Junctions[j].ID, out[v], 2*st.s.opts.MassTolerance+1e-12*through[v])
	}
}

// drop returns p(from) - p(to), gravity and air column taken out, as the
// result reports it for a branch.
func (a *auditor) drop(k int) float64 {
	st := a.st
	at := st.p.links[k]
	if at.kind != models.KindSource {
		return a.r.branch(at).PressureDrop
	}
	x := &a.r.Sources[at.at]
	if st.el.sources[at.at].control == models.ControlDifferential && st.links[k].mode != given {
		return -x.Lift - x.Density*st.s.opts.Gravity*st.p.height[k] - st.p.air[k]
	}
	return -x.Lift
}

// energy compares, for every branch in operation, the drop by its law, the
// drop reported, and that between the pressures at its ends.
func (a *auditor) energy() {
	st := a.st
	enter := a.check(AuditEnergy, "Pa")
	limit := auditEnergy + st.s.opts.EnergyTolerance
	for k := range st.links {
		l := &st.links[k]
		known := st.known[l.from] && st.known[l.to]
		if l.mode == off || (l.mode != free && !known) {
			continue
		}
		reported := a.drop(k)
		missing := 0.0
		if l.mode == free {
			by, _ := st.law[k].Drop(l.m)
			missing = by - reported
		}
		if known {
			ends := st.pressure[l.from] - st.pressure[l.to] + l.lift
			missing = larger(missing, ends-reported)
		}
		enter(a.id(k), missing, limit)
	}
	drawn := make([]float64, len(st.pressure))
	for j, v := range st.p.node {
		drawn[v] = a.r.Junctions[j].Drawn - st.draw[v]
	}
	for first, last := 0, 0; first < len(st.taps); first = last {
		for last = first; last < len(st.taps) && st.taps[last].node == st.taps[first].node; last++ {
		}
		a.share(st.taps[first:last], drawn[st.taps[first].node])
		for i := first; i < last; i++ {
			t := &st.taps[i]
			enter(a.junctionID(t.node), t.evaluate(st.pressure[t.node]), limit)
		}
	}
}

// share divides what is drawn at a junction over what lets it out: to each what
// its law lets pass, and the rest to the widest, which knows its flow best.
func (a *auditor) share(taps []tap, drawn float64) {
	widest := 0
	if len(taps) > 1 {
		for i := range taps {
			taps[i].m = a.taken(&taps[i])
			taps[i].evaluate(a.st.pressure[taps[i].node])
			if taps[i].w > taps[widest].w {
				widest = i
			}
		}
	}
	for i := range taps {
		if i != widest {
			drawn -= taps[i].m
		}
	}
	taps[widest].m = drawn
}

// taken is what a draw takes at the pressure before it, kg/s: by its power, beyond
// what it asks for and against its direction by the steep law there, and near rest, where the power gives
// way to a polynomial, by Newton's method.
func (a *auditor) taken(t *tap) float64 {
	p := a.st.pressure[t.node] - t.base
	if p <= 0 {
		return p / law.Shut
	}
	if full, _ := t.law.Drop(t.most); p > full {
		return t.most + (p-full)/law.Shut
	}
	m := math.Pow(p/t.law.C, 1/t.law.N)
	for range 30 {
		drop, slope := t.law.Drop(m)
		step := (p - drop) / slope
		if m += step; math.Abs(step) <= 1e-15*m {
			break
		}
	}
	return m
}

// larger returns the one of greater magnitude; what is not a number wins.
func larger(a, b float64) float64 {
	if math.Abs(a) >= math.Abs(b) || math.IsNaN(a) {
		return a
	}
	return b
}

// loops lays a spanning tree over the branches in operation, gives every
// junction the head that drops and heights along the tree leave it, and closes
// each loop with the branch that is not in the tree. The pressures of the
// result have no part in it. Where it knows none, differentials are those of the
// tree.
func (a *auditor) loops() {
	st := a.st
	enter := a.check(AuditLoops, "Pa")
	counts := func(k int) bool {
		l := &st.links[k]
		return l.mode == free || l.mode != off && st.known[l.from] && st.known[l.to]
	}
	across := func(k int) float64 { return a.drop(k) - st.links[k].lift }
	level, part := make([]float64, len(st.pressure)), make([]int32, len(st.pressure))
	a.level, a.part = level, part
	reached, inTree := make([]bool, len(level)), make([]bool, len(st.links))
	var queue []int32
	for root := range level {
		if reached[root] {
			continue
		}
		reached[root], part[root] = true, int32(root)
		queue = append(queue[:0], int32(root))
		for at := 0; at < len(queue); at++ {
			v := queue[at]
			for _, k := range st.p.touching.Of(v) {
				l := &st.links[k]
				other := l.from + l.to - v
				if reached[other] || !counts(int(k)) {
					continue
				}
				d := across(int(k))
				if l.from == v {
					d = -d
				}
				level[other] = level[v] + d
				reached[other], inTree[k], part[other] = true, true, part[v]
				queue = append(queue, other)
			}
		}
	}
	for k := range st.links {
		if l := &st.links[k]; counts(k) && !inTree[k] {
			enter(a.id(k), level[l.from]-level[l.to]-across(k), auditLoop)
			a.out.Loops++
		}
	}
}

// setPoints compares what is held with what it should be.
func (a *auditor) setPoints() {
	st := a.st
	enter := a.check(AuditPressure, "Pa")
	limit := auditEnergy + st.s.opts.EnergyTolerance
	for j, v := range st.p.node {
		if st.fixed[v] {
			enter(st.s.net.Junctions[j].ID, a.r.Junctions[j].Pressure-st.el.holds[j].pressure, limit)
		}
	}
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if x.senses == ownFlow || x.stand != holding {
			continue
		}
		if st.known[x.high] && (x.low < 0 || st.known[x.low]) {
			enter(a.id(int(x.link)), st.excess(x), limit)
		} else if x.low >= 0 && a.part[x.high] == a.part[x.low] {
			enter(a.id(int(x.link)), a.level[x.high]-a.level[x.low]-x.set, limit+auditLoop)
		}
	}
	enter = a.check(AuditFlow, "kg/s")
	for i := range st.regs.list {
		if x := &st.regs.list[i]; x.senses == ownFlow && x.stand == holding {
			enter(a.id(int(x.link)), st.excess(x), 1e-6)
		}
	}
	for k := range st.links {
		switch l := &st.links[k]; l.mode {
		case off:
			enter(a.id(k), l.m, st.s.opts.MassTolerance)
		case given:
			if at := st.p.links[k]; at.kind == models.KindStation && a.r.Stations[at.at].ShortBy == models.ShortTooHot && st.el.stations[at.at].feeds() {
				enter(a.id(k), l.m, st.s.opts.MassTolerance) // the water would have come too hot
				continue
			}
			// Half a temperature tolerance more or less asks for so much more flow.
			enter(a.id(k), l.m-st.prescribed(k), 1e-8+10*auditShare*math.Abs(l.m))
		}
	}
}

// power recomputes what the pumps draw, and the speed at which they do.
func (a *auditor) power() {
	st := a.st
	enter := a.check(AuditPower, "W")
	for i := range a.r.Pumps {
		x, y := &st.el.pumps[i], &a.r.Pumps[i]
		k := st.p.linkOf[models.KindPump][i]
		if l := &st.links[k]; l.mode == off || l.shut || l.low || x.stands() {
			continue
		}
		enter(a.id(int(k)), a.powerMissing(&x.curve, y.Flow, y.Lift, st.lifted(k, y.Density), y.Speed, y.Power, x.curve.Efficiency), a.powerLimit(y.Power))
	}
	for i := range a.r.Sources {
		x, y := &st.el.sources[i], &a.r.Sources[i]
		k := st.p.linkOf[models.KindSource][i]
		if st.links[k].mode == off {
			continue
		}
		c, efficiency := (*law.Curve)(nil), usualEfficiency
		if x.hasCurve {
			c, efficiency = &x.curve, x.curve.Efficiency
		}
		enter(a.id(int(k)), a.powerMissing(c, y.Flow, y.Lift, st.lifted(k, y.Density), y.Speed, y.Power, efficiency), a.powerLimit(y.Power))
	}
}

// powerMissing is what the power reported lacks, or what the lift at the speed
// reported would add to it, whichever is more.
func (a *auditor) powerMissing(c *law.Curve, flow, lift, density, speed, power, efficiency float64) float64 {
	rho := a.st.volumeDensity(density)
	q, want := flow/rho, 0.0
	if q > 0 && lift > 0 {
		want = q * lift / efficiency
	}
	missing := power - want
	if c != nil && c.Work == 0 && speed > 0 && want > 0 {
		by := speedLift(c, q, speed, rho*a.st.s.opts.Gravity) - law.Droop*flow // by so much every law yields
		missing = larger(missing, q/efficiency*(by-lift))
	}
	return missing
}

// powerLimit is what may be missing of a power, W.
func (a *auditor) powerLimit(power float64) float64 { return 0.01 + 10*auditShare*power }

// speedLift is a pump curve's lift in Pa at flow q (m3/s) and relative speed.
func speedLift(c *law.Curve, q, speed, pascal float64) float64 {
	return c.Head(q, speed) * pascal
}
