package solver

import (
	"math"

	"evenflow/models"
)

// mostGrowth bounds how much a station's flow may grow or shrink from one
// exchange with the temperatures to the next.
const mostGrowth = 3

// demands iterates the flows of the stations that ask for heat: what they ask
// for depends on the temperature that their own and each other's flow brings.
// It is Newton's method on the logarithm of each flow, as if all flows on the
// way of its water grew alike.
type demands struct {
	links []int32   // links of such stations, also of those with less than they ask for
	dry   []bool    // no flow brings water warm enough, or cold enough to take heat
	limit []float64 // longest step of the logarithm; halved where the step turns round
	last  []float64 // step
	prior []float64 // the one before it
	was   []float64 // flow before the step, kg/s
	turns int       // times that steps were taken, counted anew from each leap
	leaps int       // taken so far
	rho   float64   // ratio of the last two steps
	off   float64   // of the logarithm of a flow when last computed, at most
	waits bool      // until flows and temperatures fit
}

// reset forgets all tries and lists the stations that vary.
func (d *demands) reset(st *state) {
	d.links = d.links[:0]
	for _, k := range st.given {
		if st.links[k].mode == given && st.varies(int(k)) {
			d.links = append(d.links, k)
		}
	}
	for i, limited := range st.bounds.limited {
		if limited {
			d.links = append(d.links, st.p.linkOf[models.KindStation][i])
		}
	}
	n := len(d.links)
	d.dry, d.limit, d.last = resize(d.dry, n), resize(d.limit, n), resize(d.last, n)
	clear(d.dry)
	d.off = 0
	clear(d.last)
	d.prior, d.turns, d.leaps, d.rho = resize(d.prior, n), 0, 0, 0
	clear(d.prior)
	d.was = resize(d.was, n)
	for i := range d.limit {
		d.limit[i] = math.Log(mostGrowth)
	}
}

// varies reports whether a given flow follows from a heat demand.
func (st *state) varies(k int) bool {
	at := st.p.links[k]
	if at.kind != models.KindStation {
		return false
	}
	x := &st.el.stations[at.at]
	return !x.demand.Flow.Known && x.demand.Heat.Value > 0 || x.feeds()
}

// worthAsking is by how much of it a flow must be off that which is asked for for
// the flows to be changed, ten times less than it may be in the end: each change,
// however small, costs a step.
const worthAsking = flowTolerance / 10

// prescribeFlows sets the given flows.
func (st *state) prescribeFlows() {
	d := &st.demands
	d.off = 0
	copy(d.prior, d.last)
	if len(st.given) > 0 {
		for _, k := range st.given {
			if l := &st.links[k]; l.mode == given && !st.varies(int(k)) {
				l.m = st.prescribed(int(k))
			}
		}
	}
	for i, k := range d.links {
		l := &st.links[k]
		f := st.prescribed(int(k))
		d.was[i] = st.askedFor(k)
		x := &st.el.stations[st.p.links[k].at]
		most := x.mostFlow()
		m := d.was[i]
		if l.mode != given && !st.law[k].Throttles(l.m) { // it gets less anyway
			if f == 0 {
				f = most
			}
			if f = math.Min(f, most); f < l.m { // but for now it would be enough
				step := math.Log(f / l.m)
				d.off = math.Max(d.off, -step)
				f = l.m * math.Exp(d.bounded(i, step))
			}
			st.ask(k, f)
			continue
		}
		if x.feeds() { // once the water has come too hot: standing, it would cool and begin again
			if d.dry[i] = d.dry[i] || f == 0; d.dry[i] {
				f = 0
			}
			if f != l.m {
				d.off = math.Max(d.off, min(math.Abs(math.Log(f/l.m)), 1))
			}
			l.m = f
			continue
		}
		switch {
		case d.dry[i] || m == 0:
			if f != m && math.Max(f, m) > leastCarried {
				d.off = math.Max(d.off, 1)
				st.ask(k, f)
			}
		case f == 0 && m >= 0.999*most:
			d.dry[i] = true
			d.off = math.Max(d.off, 1)
			st.ask(k, 0)
		case f == 0: // too cold with this flow: perhaps only because it is small
			d.off = math.Max(d.off, 1)
			st.ask(k, math.Min(m*math.Exp(d.bounded(i, math.Log(mostGrowth))), most))
		default:
			step := math.Log(f / m)
			d.off = math.Max(d.off, math.Abs(step))
			if f < most {
				step /= 1 + x.eagerness(&st.s.fluid, st.temp[l.from], f)*math.Max(st.thermal.inlet[st.p.links[k].at], 0)
			}
			st.ask(k, m*math.Exp(d.bounded(i, step)))
		}
	}
	if d.off >= worthAsking {
		d.leap(st)
		return
	}
	for i, k := range d.links {
		st.ask(k, d.was[i])
	}
}

// Steps that creep, none of them longer than creeping, are leapt over after
// slowTurns of them, where they are alike: their directions by straight, each not
// less than leastCreep of the one before it, not by less than leastPace the same,
// and the same part as that of the one before. A leap changes no flow by more than
// longestLeap. All are logarithms of flows.
const (
	slowTurns   = 6
	straight    = 0.9999
	leastPace   = 1e-3
	creeping    = 1e-3
	leastCreep  = 0.7
	longestLeap = 0.2
	mostLeaps   = 6 // of one calculation
)

// leap goes where steps lead that creep, each rho times the one before it: to the
// sum of them all, 1/(1-rho) of a step, which is behind them where they grow. So
// it is where water creeps between two like stations in a ring: it comes cold to
// the one that it turns to, which asks for more for it, and draws more of it.
func (d *demands) leap(st *state) {
	d.turns++
	var both, old, now, most float64
	for i, s := range d.last {
		both += s * d.prior[i]
		old += d.prior[i] * d.prior[i]
		now += s * s
		most = math.Max(most, math.Abs(s))
	}
	rho := both / old
	settled := math.Abs(rho-d.rho) < 0.1*math.Abs(1-rho)
	d.rho = rho
	if !settled || d.turns < slowTurns || most > creeping || d.leaps == mostLeaps || !(rho > leastCreep) || !(both > straight*math.Sqrt(old*now)) || math.Abs(1-rho) < leastPace {
		return
	}
	f := rho / (1 - rho) // beyond the step that is taken
	f = math.Copysign(math.Min(math.Abs(f), longestLeap/most), f)
	for i, k := range d.links {
		if m := st.askedFor(k); m > 0 {
			st.ask(k, m*math.Exp(f*d.last[i]))
		}
	}
	d.turns = slowTurns - 3
	d.leaps++
}

// bounded keeps the step of station i within its limit.
func (d *demands) bounded(i int, step float64) float64 {
	if step*d.last[i] < 0 {
		d.limit[i] /= 2
	} else {
		d.limit[i] = math.Min(1.5*d.limit[i], math.Log(mostGrowth))
	}
	d.last[i] = step
	return math.Min(math.Max(step, -d.limit[i]), d.limit[i])
}
