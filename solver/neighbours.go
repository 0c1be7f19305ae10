package solver

import (
	"context"

	"evenflow/models"
)

// neighbours solves scenarios of one network that all start from one result.
type neighbours struct {
	s        *Solver
	from     *Result // that its state is laid out for
	run      *Run    // nil: what starts from there needs more than numbers renewed
	away     []models.Ref
	flow     []float64 // by link, where the iteration starts
	pressure []float64 // by node
}

// Nearby returns a function that gives what Solve gives to its tolerances, for
// one goroutine that solves one scenario after the other from the same result:
// it keeps the state laid out, and renews the numbers of what a scenario
// changes. What it returns depends on scenario and start alone, to the last bit,
// and not on what it was asked before.
func (s *Solver) Nearby() SolveFunc {
	n := &neighbours{s: s}
	return n.solve
}

func (n *neighbours) solve(ctx context.Context, sc models.Scenario, from *Result) (*Result, error) {
	if from != n.from && from != nil {
		n.begin(from)
	}
	if from == nil || n.run == nil {
		return n.s.Solve(ctx, sc, from)
	}
	r, st := n.run, n.run.st
	if err := r.lay.lay(n.s, sc); err != nil {
		return nil, err
	}
	r.changed = append(append(r.changed[:0], n.away...), r.lay.touched...)
	if !st.likeBefore(&r.lay.elements, r.changed) {
		return n.s.Solve(ctx, sc, from)
	}
	st.renew(sc, r.lay.elements, r.changed)
	n.away = append(n.away[:0], r.lay.touched...)
	st.putBack(n.flow, n.pressure)
	why, err := st.bounded(ctx, true)
	if err != nil {
		return nil, err
	}
	if why != "" || st.backflow() != "" {
		return n.s.Solve(ctx, sc, from)
	}
	return st.result(), nil
}

// begin lays out the network as filed with the flows and pressures of a result.
// Temperatures, and whatever takes a stand of its own, carry more from scenario
// to scenario than flows and pressures.
func (n *neighbours) begin(from *Result) {
	n.from, n.run, n.away = from, nil, n.away[:0]
	if n.s.opts.Temperatures != Isothermal || !n.s.fits(from) {
		return
	}
	r := n.s.NewRun()
	r.st = n.s.newState(models.Scenario{}, r.lay.elements)
	st := r.st
	if st.prepare(from) != nil || !st.warmStart(from) || len(st.regs.list)+len(st.taps)+len(st.blocked)+len(st.bounds.ladders) > 0 {
		return
	}
	for k := range st.asked {
		if st.asked[k].asks {
			return
		}
	}
	st.refresh()
	n.run = r
	n.flow, n.pressure = resize(n.flow, len(st.links)), resize(n.pressure, len(st.pressure))
	for k := range st.links {
		n.flow[k] = st.links[k].m
	}
	copy(n.pressure, st.pressure)
}

// putBack gives the state flows and pressures other than those where its last
// calculation ended. Pressures that are held stay.
func (st *state) putBack(flow, pressure []float64) {
	n := &st.core
	for k := range st.links {
		st.links[k].m = flow[k]
	}
	for v, p := range pressure {
		if !st.fixed[v] {
			st.pressure[v] = p
		}
	}
	if n.stale {
		return // what is gathered comes from there
	}
	clear(n.dq)
	n.swept = false
	for i := range n.flows {
		s := &n.steps[n.chains[i].First]
		if n.flows[i].q = flow[s.Link]; s.Back {
			n.flows[i].q = -flow[s.Link]
		}
	}
	for c, v := range n.node {
		n.spots[c] = spot{p: st.pressure[v]}
	}
}
