package solver

import (
	"bytes"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// A regulator is a valve that throttles, or a pump that turns, just as much as
// its set point needs. Which of them hold, which stand wide open (run at their
// highest speed) and which have shut (run at their lowest) is an active set,
// found by trying: every set tried at convergence is remembered, so that none
// is tried twice.

// stand is how a regulator stands.
type stand uint8

const (
	wideOpen stand = iota // a one-way valve with its own loss
	holding               // its flow is what keeps the set point
	shut                  // nothing passes
	lowest                // of pumps: as little lift as they can give
)

// sensing is what a regulator senses. Throttling, or turning slower, lowers
// the excess of each over the set point.
type sensing uint8

const (
	pressureHigh sensing = iota // pressure at high, too high
	pressureLow                 // pressure at high, too low
	differential                // pressure at high less that at low, too high
	ownFlow                     // own flow, too much
)

type regulator struct {
	link      int32
	senses    sensing
	set       float64    // Pa, or kg/s
	high, low int32      // nodes sensed, -1: none
	watched   [][2]int32 // pairs of nodes, of which the least differential counts
	drive     *drive     // of a pump; nil: a valve
	plain     bool       // a station's flow limiter: its flow is simply given
	stand     stand
	turns     int  // of stand on the way to the solution
	balked    int  // how often it would have needed an absurd flow
	spared    int  // in how many steps it was left to hold while it was the only way
	sparedIn  int  // the last of these steps
	stuck     bool // cannot be controlled in this set
	frozen    bool // stands open, since it found no stand
	idle      bool // controlled nothing already, and stood open for it
	relents   bool // stands open, since what is given behind it needs more than it lets pass
	blocked   bool // a pump that stood shut, and did not keep the set point so
}

type regulators struct {
	list       []regulator
	before     []regulator // list of a scenario before, see renewRegulators
	drives     []drive     // memory of the list
	watched    [][2]int32
	tried      []byte // sets of stands, one after the other
	now, after []byte // sets
	ask        []int32
	trace      []models.Turn // of the sets tried
	cycled     bool
	again      bool // those that controlled nothing were asked once more
	careful    bool // sets are tried at convergence only
	turned     int  // sets tried
	border     border
}

// phase is how far the iteration has come when the regulators may turn.
type phase uint8

const (
	onTheWay  phase = iota // each may turn a few times
	nearby                 // all that ask may, but no set is tried twice
	converged              // likewise; what contradicts itself now is undecided
)

// mostTurns is how often one regulator may change its stand on the way;
// nearTurn is the energy residual, Pa, below which the stands asked for are
// likely those of the solution.
const (
	mostTurns = 4
	nearTurn  = 1e4
)

// mostTries bounds the sets tried.
const mostTries = 100

// How far the value must be from the set point before a regulator changes its
// stand: Pa and kg/s.
const (
	pressureBand = 0.5
	flowBand     = 1e-6
)

// regulates reports whether the valve holds something by throttling.
func (v *valve) regulates() bool {
	switch v.holds {
	case models.ReducePressure, models.SustainPressure, models.LimitFlow, models.HoldDifferential:
		return true
	}
	return false
}

// beginRegulators lists the regulators in service. Valves stand wide open to
// begin with: what each of them has to do shows in the network without them.
func (st *state) beginRegulators() {
	r := &st.regs
	r.list, r.tried, r.trace = r.list[:0], r.tried[:0], nil
	r.drives, r.watched = slices.Grow(r.drives[:0], len(st.el.pumps)+len(st.el.sources)+1), r.watched[:0] // one more that is looked at
	r.cycled, r.again, r.careful, r.turned = false, false, false, 0
	for i := range st.el.valves {
		if st.el.valves[i].regulates() {
			st.regulate(st.regulatorOf(i))
		}
	}
	st.beginDrives()
	for i := range st.el.stations {
		if y := &st.el.stations[i]; y.limits() {
			phi, _ := law.RelativeKv(&y.control, y.opening)
			st.regulate(regulator{link: st.p.linkOf[models.KindStation][i], senses: ownFlow, set: phi * y.flowLimit.Value, high: -1, low: -1, plain: true})
		}
	}
}

// regulatorOf returns valve i, which regulates, as a regulator.
func (st *state) regulatorOf(i int) regulator {
	v, k := &st.el.valves[i], st.p.linkOf[models.KindValve][i]
	l := &st.links[k]
	x := regulator{link: k, high: -1, low: -1}
	switch v.holds {
	case models.ReducePressure:
		x.set, x.high = v.pressure, l.to
	case models.SustainPressure:
		x.senses, x.set, x.high = pressureLow, v.pressure, l.from
	case models.LimitFlow:
		x.senses, x.set = ownFlow, v.flow
	case models.HoldDifferential:
		y := &st.s.net.Valves[i]
		x.senses, x.set, x.high, x.low = differential, v.differential, st.nodeOf(y.HighSensor), st.nodeOf(y.LowSensor)
	}
	return x
}

// regulate takes a regulator that is in service, and neither in an island nor
// sensing one, into the list.
func (st *state) regulate(x regulator) {
	cut := func(v int32) bool { return v >= 0 && st.cut[v] }
	if l := &st.links[x.link]; l.mode == off || cut(l.from) || cut(l.to) || cut(x.high) || cut(x.low) {
		return
	}
	begin := holding
	if x.drive == nil && !x.plain {
		begin = wideOpen
	}
	st.place(&x, begin)
	st.regs.list = append(st.regs.list, x)
}

// nodeOf returns the node of a junction that the validated network has.
func (st *state) nodeOf(id models.ID) int32 {
	at, _ := st.p.index.At(models.KindJunction, id)
	return st.p.node[at]
}

// place puts a regulator into a stand.
func (st *state) place(x *regulator, to stand) {
	l := &st.links[x.link]
	x.blocked = x.blocked || x.stand == shut && x.drive != nil && to != shut
	x.stand, l.mode, l.shut, l.low = to, free, to == shut, to == lowest
	st.alone[x.link].dm, st.before.left = 0, true
	switch {
	case to == holding && x.senses == ownFlow:
		l.m = x.set
	case to == shut, l.m < 0 && !st.twoWay(x.link):
		l.m = 0
	}
	if to == holding {
		l.mode = held
	}
	st.refreshLink(int(x.link))
}

// excess returns by how much the value sensed is beyond the set point, on the
// side where throttling helps: Pa, or kg/s of a flow limiter.
func (st *state) excess(x *regulator) float64 {
	switch x.senses {
	case ownFlow:
		return st.links[x.link].m - x.set
	case pressureLow:
		return x.set - st.pressure[x.high]
	case differential:
		return st.pressure[x.high] - st.pressure[x.low] - x.set
	}
	return st.pressure[x.high] - x.set
}

// band is how far from its set point a regulator may be before it changes its
// stand.
func (x *regulator) band() float64 {
	if x.senses == ownFlow {
		return flowBand
	}
	return pressureBand
}

// wants returns the stand that the present state asks of a regulator.
func (st *state) wants(x *regulator) stand {
	if x.frozen {
		return x.stand
	}
	l := &st.links[x.link]
	across := st.pressure[l.from] - st.pressure[l.to] + l.lift
	switch x.stand {
	case holding:
		if l.m < -flowBand {
			return x.closed()
		}
		if x.drive != nil {
			return st.runs(x, l.m, -across)
		}
		if open, _ := st.law[x.link].Drop(l.m); across < open-pressureBand {
			return wideOpen
		}
	case wideOpen:
		passes := l.m > flowBand || l.m >= -flowBand && across > -pressureBand && st.report.EnergyResidual < pressureBand // still water is held as well
		if (passes || x.drive != nil) && st.excess(x) > x.band() && !x.stuck {
			return holding
		}
	case shut:
		if st.excess(x) >= -x.band() {
			return shut
		}
		if x.drive != nil {
			return lowest
		}
		if across > pressureBand {
			return x.open()
		}
	case lowest:
		if e := st.excess(x); e < -x.band() {
			return x.open()
		} else if e > x.band() && x.drive.blocks && !x.blocked {
			return shut
		}
	}
	return x.stand
}

// closed is the stand of a regulator that throttles, or turns, as little as it
// can.
func (x *regulator) closed() stand {
	if x.drive != nil {
		return lowest
	}
	return shut
}

// open is the stand of a regulator that is asked for more than it gives.
func (x *regulator) open() stand {
	if x.stuck {
		return wideOpen
	}
	return holding
}

// turn lets the regulators change their stand and reports whether any did. Once
// sets are tried, all those that ask turn, one only where the set was tried
// before, and none once all is tried.
func (st *state) turn(when phase) bool {
	r := &st.regs
	if len(r.list) == 0 || r.cycled || when == nearby && r.careful {
		return false
	}
	if r.turned <= mostTries && st.reseat(when == converged) {
		r.turned++
		st.evaluate()
		return true
	}
	r.ask = r.ask[:0]
	again := when == converged && !r.again
	r.again = r.again || again
	for i := range r.list {
		x := &r.list[i]
		if again { // what controlled nothing on the way there may do so now
			x.stuck, x.spared = x.relents, 0
		}
		if (when != onTheWay || x.turns < mostTurns) && st.wants(x) != x.stand {
			r.ask = append(r.ask, int32(i))
		}
	}
	if len(r.ask) == 0 || when != onTheWay && !st.choose(when) {
		return false
	}
	for _, i := range r.ask {
		x := &r.list[i]
		to := st.wants(x)
		if x.turns++; when != onTheWay {
			r.trace = append(r.trace, models.Turn{Step: st.report.Iterations, Element: st.s.idOf(st.p.links[x.link]), From: modelStand[x.stand], To: modelStand[to]})
		}
		st.place(x, to)
	}
	st.evaluate()
	return true
}

// choose leaves those that ask and lead to a set not tried yet, and remembers
// the present one. It reports whether there are any; at convergence there is
// none once more, since sets that were left on the way may have been left in
// error, and then the regulators are undecided.
func (st *state) choose(when phase) bool {
	r := &st.regs
	if r.turned++; r.turned <= mostTries && r.untried(st) {
		return true
	}
	if when == nearby {
		return false
	}
	if !r.careful && r.turned <= mostTries {
		r.careful, r.tried = true, r.tried[:0]
		return r.untried(st)
	}
	r.cycled = true
	return false
}

// untried leaves in ask those of the regulators that may turn without coming
// back to a set that was tried: all, or one alone, or none.
func (r *regulators) untried(st *state) bool {
	r.now = r.now[:0]
	for i := range r.list {
		r.now = append(r.now, byte(r.list[i].stand))
	}
	if !r.wasTried(r.now) {
		r.tried = append(r.tried, r.now...)
	}
	r.after = append(r.after[:0], r.now...)
	for _, i := range r.ask {
		r.after[i] = byte(st.wants(&r.list[i]))
	}
	if !r.wasTried(r.after) {
		r.tried = append(r.tried, r.after...)
		return true
	}
	for _, i := range r.ask {
		copy(r.after, r.now)
		r.after[i] = byte(st.wants(&r.list[i]))
		if !r.wasTried(r.after) {
			r.tried = append(r.tried, r.after...)
			r.ask = append(r.ask[:0], i)
			return true
		}
	}
	return false
}

// wasTried reports whether a set is among those tried.
func (r *regulators) wasTried(set []byte) bool {
	for at := 0; at < len(r.tried); at += len(set) {
		if bytes.Equal(r.tried[at:at+len(set)], set) {
			return true
		}
	}
	return false
}

// renewRegulators lists the regulators anew, each standing as it stood.
func (st *state) renewRegulators() {
	before := st.regs.list
	st.regs.list, st.regs.before = st.regs.before, before
	st.beginRegulators()
	at := 0 // both lists are in one order
	for i := range st.regs.list {
		x := &st.regs.list[i]
		j := at + slices.IndexFunc(before[at:], func(y regulator) bool { return y.link == x.link })
		if j < at {
			continue
		}
		at = j + 1
		st.place(x, before[j].stand)
		x.stuck, x.relents, x.frozen = before[j].stuck, before[j].relents, before[j].frozen
	}
}

// warmRegulators puts the regulators as they stood in another result; one that
// has none there begins as in a cold start.
func (st *state) warmRegulators(from []models.ControlState) {
	at := 0 // both lists are in one order
	for i := range st.regs.list {
		x := &st.regs.list[i]
		id := st.s.idOf(st.p.links[x.link])
		j := at + slices.IndexFunc(from[at:], func(y models.ControlState) bool { return y.Element == id })
		if j < at {
			st.place(x, x.stand)
			continue
		}
		at = j + 1
		st.place(x, standOf(&from[j]))
		x.stuck = x.stand == wideOpen && !from[j].Kept // it was found to control nothing
	}
}

// evaluateRegulators writes the distance from the set point into the residual
// of each held link (a flow in Pa per g/s) and returns the largest.
func (st *state) evaluateRegulators() (worst float64, at int32) {
	at = -1
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if x.stand != holding {
			continue
		}
		l, y := &st.links[x.link], &st.alone[x.link]
		y.e = st.excess(x)
		if x.senses == ownFlow {
			y.e *= 1e3
		}
		if a := math.Abs(y.e); worse(a, worst) {
			worst, at = a, x.link
		}
		if x.plain {
			y.w = 0
			continue
		}
		across := math.Abs(st.pressure[l.from] - st.pressure[l.to] + l.lift)
		y.w = math.Max(math.Abs(l.m), 0.1) / math.Min(math.Max(across, 1e4), 1e7)
	}
	return worst, at
}

// undecided reports whether any regulator found no stand.
func (r *regulators) undecided() bool {
	return r.cycled || slices.ContainsFunc(r.list, func(x regulator) bool { return x.frozen })
}

// modelStand are the stands as a result tells them.
var modelStand = [...]models.ControlStand{wideOpen: models.WideOpen, holding: models.Holding, shut: models.Shut, lowest: models.Lowest}

// standOf is the stand that a result tells of. What is shut by the water alone
// is ready to let it pass.
func standOf(c *models.ControlState) stand {
	if c.Backflow {
		return wideOpen
	}
	return stand(slices.Index(modelStand[:], c.Stand))
}

// heldBack reports whether a valve that is open to its end lets nothing pass,
// because the water would flow back.
func (st *state) heldBack(x *regulator) bool {
	l := &st.links[x.link]
	return x.stand == wideOpen && x.drive == nil && st.law[x.link].OneWay && l.m <= flowBand &&
		st.pressure[l.from]-st.pressure[l.to]+l.lift < -pressureBand
}

// controls tells how each regulator stands.
func (st *state) controls() []models.ControlState {
	var out []models.ControlState
	for i := range st.regs.list {
		x := &st.regs.list[i]
		c := models.ControlState{Element: st.s.idOf(st.p.links[x.link]), Setpoint: x.set, OfFlow: x.senses == ownFlow, Stand: modelStand[x.stand]}
		beyond := st.excess(x)
		if c.Value = x.set + beyond; x.senses == pressureLow {
			c.Value = x.set - beyond
		}
		c.Kept = x.stand == holding || beyond <= x.band()
		if x.drive != nil {
			c.Kept = math.Abs(beyond) <= 2*x.band()
		}
		c.Backflow = st.heldBack(x)
		if c.Backflow || x.senses == pressureLow && x.drive == nil && x.stand == wideOpen && !c.Kept && math.Abs(st.links[x.link].m) <= flowBand {
			c.Stand = models.Shut // what it would sustain is short, and nothing passes
		}
		c.Undecided = x.frozen || st.regs.cycled && st.wants(x) != x.stand
		out = append(out, c)
	}
	return out
}

// settled reports whether no regulator asks for another stand, or all sets
// were tried.
func (st *state) settled() bool {
	if st.regs.cycled {
		return true
	}
	for i := range st.regs.list {
		if x := &st.regs.list[i]; st.wants(x) != x.stand || st.critical(x) >= 0 {
			return false
		}
	}
	return true
}
