package solver

import (
	"context"

	"evenflow/models"
)

// Run is the memory of calculations that follow one another on one network:
// each starts from where the last one ended, and only what a scenario changes
// is computed anew. It belongs to one goroutine; a network may have any number
// of Runs. Flows and pressures alone are those of [Solver.Solve]; where buoyancy, or
// an order of merit, lets a network have two steady states, a Run finds the one near
// where it was.
type Run struct {
	s     *Solver
	lay   overlay
	st    *state
	known bool // the state is laid out for the scenario before
	sound bool // and is its solution

	changed []models.Ref
}

// NewRun returns a Run on the network.
func (s *Solver) NewRun() *Run {
	return &Run{s: s, lay: overlay{elements: s.plan.base}}
}

// Forget makes the next Solve a cold one.
func (r *Run) Forget() { r.sound = false }

// Solve computes the steady state under a scenario, as [Solver.Solve] does,
// from where the last one ended; the first time cold. What it found is in
// Result. It returns the errors of Solver.Solve.
func (r *Run) Solve(ctx context.Context, sc models.Scenario) (Report, error) {
	sound := r.sound
	r.sound = false
	r.changed = append(r.changed[:0], r.lay.touched...)
	if err := r.lay.lay(r.s, sc); err != nil {
		r.known = false // it has not heard what the refused scenario took back
		return Report{}, err
	}
	r.changed = append(r.changed, r.lay.touched...)
	if st := r.st; r.known && st.likeBefore(&r.lay.elements, r.changed) {
		st.renew(sc, r.lay.elements, r.changed)
		if !sound {
			st.forget()
		}
		why, err := st.bounded(ctx, sound)
		if err != nil {
			return Report{}, err
		}
		if why == "" && st.backflow() == "" {
			r.sound = true
			return st.report, nil
		}
		sound = false // what it ended at is no neighbour
	}
	var from *Result
	if sound {
		from = r.st.result()
	}
	why, err := r.solve(ctx, sc, from)
	if err != nil {
		return Report{}, err
	}
	if why != "" {
		r.st.nameWorst()
		return r.st.report, &ConvergenceError{Reason: why, Report: r.st.report}
	}
	r.sound = true
	return r.st.report, nil
}

// Result returns what the last Solve found, or after a *ConvergenceError its
// last iterate.
func (r *Run) Result() *Result { return r.st.result() }

// solve solves the scenario that is laid over the elements, whatever the state
// was used for before, from a result or nil. It returns why there is no
// solution, or "".
func (r *Run) solve(ctx context.Context, sc models.Scenario, from *Result) (why string, err error) {
	if r.st == nil {
		r.st = r.s.newState(sc, r.lay.elements)
	}
	r.known = false
	why, err = r.attempt(ctx, sc, from, 0)
	if err == nil && why != "" && from != nil { // what limits and regulators did there led astray
		why, err = r.attempt(ctx, sc, nil, r.st.report.Iterations)
	}
	r.known = err == nil && why == ""
	return why, err
}

// attempt is solve from a result, or cold, after steps that were taken in vain.
func (r *Run) attempt(ctx context.Context, sc models.Scenario, from *Result, steps int) (why string, err error) {
	st := r.st
	st.begin(sc, r.lay.elements)
	st.report.Iterations = steps
	if why, err = st.run(ctx, from); err != nil || why != "" {
		return why, err
	}
	return st.backflow(), nil
}

// shape is what the topology of a calculation depends on in one branch.
type shape struct {
	mode    mode
	special bool
	holds   uint8 // what its valve or pumps hold
	asks    bool  // a station that may ask for more than its valve lets pass
}

func (st *state) shapeOf(b place) shape {
	x := shape{mode: st.modeOf(b), special: st.el.special(b)}
	switch b.kind {
	case models.KindValve:
		x.holds = uint8(st.el.valves[b.at].holds)
	case models.KindSource:
		x.holds = uint8(st.el.sources[b.at].control)
	case models.KindStation:
		y := &st.el.stations[b.at]
		x.asks = !y.demand.Flow.Known && y.demand.Heat.Value > 0 && y.control.Kvs > 0
	}
	return x
}

// likeBefore reports whether a scenario that changes some elements leaves the
// state's circuit as it is, so that its numbers only are to be renewed.
func (st *state) likeBefore(el *elements, changed []models.Ref) bool {
	before := st.el
	st.el = *el
	defer func() { st.el = before }()
	for _, ref := range changed {
		if ref.Kind == models.KindJunction {
			v := st.p.node[ref.At]
			if st.s.net.PressureDriven.Exponent > 0 || el.draws[ref.At] != st.draw[v] && !st.known[v] {
				return false // what is driven by pressure is no draw of the state's
			}
			continue
		}
		k := st.p.linkOf[ref.Kind][ref.At]
		l := &st.links[k]
		if st.asked[k] != st.shapeOf(st.p.links[k]) || l.mode == given && !(st.known[l.from] && st.known[l.to]) {
			return false
		}
	}
	return len(st.blocked) == 0
}

// renew puts the numbers of a scenario into the state of another one with the
// same circuit. Flows and pressures stay.
func (st *state) renew(sc models.Scenario, el elements, changed []models.Ref) {
	st.el = el
	st.weather(sc)
	st.report = Report{}
	clear(st.short)
	for _, ref := range changed {
		if ref.Kind == models.KindPipe {
			st.course.forget() // it holds what pipes lose
		}
		if ref.Kind == models.KindStation {
			st.drawn[ref.At].Renew()
			st.forgetPassage(st.p.linkOf[ref.Kind][ref.At])
		}
		if ref.Kind != models.KindJunction {
			k := st.p.linkOf[ref.Kind][ref.At]
			st.asked[k] = st.shapeOf(st.p.links[k])
			st.renewLink(int(k))
			continue
		}
		v := st.p.node[ref.At]
		if h := el.holds[ref.At]; h.fixed {
			st.pressure[v] = h.pressure
			st.core.spots[st.core.at[v]].p, st.core.swept = h.pressure, false
		}
		if d := el.draws[ref.At]; d != st.draw[v] {
			st.draw[v], st.core.stale = d, true
			st.course.init(st)
		}
	}
	if len(st.regs.list) > 0 {
		st.renewRegulators()
	}
}

// renewLink computes the law of a changed branch, and of its chain.
func (st *state) renewLink(k int) {
	l := &st.links[k]
	if l.mode == off {
		return
	}
	st.refreshLink(k)
	n := &st.core
	i := n.chainOf[k]
	if l.mode == given {
		n.stale = true
	}
	switch {
	case n.stale:
	case i >= 0:
		if !st.lawful { // nor are its neighbours' laws
			at := &n.chains[i]
			for _, s := range n.steps[at.First:at.Last] {
				st.refreshLink(int(s.Link))
			}
		}
		st.gatherAgain(int(i))
	case i < -1:
		st.gatherTwig(int(-2 - i))
	}
}

// gatherAgain sums up the laws along one chain anew, its terms where they were.
// The draws within it are as before.
func (st *state) gatherAgain(i int) {
	n := &st.core
	x, end := &n.laws[i], n.chains[i].B
	first, room, mark, draw := x.first, x.last-x.first, len(n.terms), n.draw[end]
	st.gatherChain(i)
	n.draw[end] = draw
	if x.last-x.first > room {
		n.stale = true // more of them than there is room for
		return
	}
	x.last += first - x.first
	x.first = first
	copy(n.terms[first:x.last], n.terms[mark:])
	n.terms = n.terms[:mark]
	if n.swept {
		st.reweigh(i)
	}
}
