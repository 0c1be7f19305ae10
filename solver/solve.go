package solver

import (
	"context"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// Solve computes the steady state of the network under a scenario. from, the
// result of a similar scenario of the same network or nil, is where the
// iteration starts; it is only read. Solve is safe for concurrent use.
//
// A part cut off by closed valves is an answer: Result.Islands. A scenario
// that cannot be laid over the network gives an *InputError; equations that
// are not met give a *ConvergenceError together with the last iterate.
func (s *Solver) Solve(ctx context.Context, sc models.Scenario, from *Result) (*Result, error) {
	r, _ := s.idle.Get().(*Run)
	if r == nil {
		r = s.NewRun()
	}
	defer s.idle.Put(r)
	if err := r.lay.lay(s, sc); err != nil {
		return nil, err
	}
	why, err := r.solve(ctx, sc, from)
	if err != nil {
		return nil, err
	}
	out := r.st.result()
	if why != "" {
		return out, &ConvergenceError{Reason: why, Report: out.Report}
	}
	return out, nil
}

// run solves the state, from a neighbour or nil. It returns why there is no
// solution, or "".
func (st *state) run(ctx context.Context, from *Result) (why string, err error) {
	if from != nil && !st.s.fits(from) {
		from = nil
	}
	if err := st.prepare(from); err != nil {
		return "", err
	}
	warm := from != nil && st.warmStart(from)
	return st.bounded(ctx, warm)
}

// mostBackflow is what may pass a check valve, a pump or a shut regulator the
// wrong way, kg/s: against 100 MPa, which no water has.
const mostBackflow = 0.01

// backflow says where water that is drawn, or given by a plant whatever the
// pressure, could only come or go through what lets none pass that way, or "".
func (st *state) backflow() string {
	for _, x := range st.core.knots { // nothing else passes one way only
		k := x.link
		l, b := &st.links[k], &st.law[k]
		if l.mode == free && (l.m < -mostBackflow && (b.OneWay || b.Pumps()) || l.shut && b.Lin == law.Shut && math.Abs(l.m) > mostBackflow) {
			why := fmt.Sprintf("what is drawn behind %s can be fed by nothing: water does not pass it that way", st.s.idOf(st.p.links[k]))
			if most, flow := st.mostGiven(); flow > 0 {
				why += fmt.Sprintf("; or the %.4g kg/s that %s is set to give can go nowhere", flow, most)
			}
			return why
		}
	}
	return ""
}

// mostGiven returns the source that is set to give the largest flow, kg/s.
func (st *state) mostGiven() (id models.ID, flow float64) {
	for _, k := range st.p.linkOf[models.KindSource] {
		if l := &st.links[k]; l.mode == given && l.m > flow {
			id, flow = st.s.idOf(st.p.links[k]), l.m
		}
	}
	return id, flow
}

// forget puts the temperatures and the regulators back to the start.
func (st *state) forget() {
	st.beginRegulators()
	if st.s.opts.Temperatures == Isothermal {
		return
	}
	st.lawful = st.lawful && st.s.opts.Temperatures != Coupled
	st.ripple.forget()
	copy(st.temp, st.p.start)
	for k := range st.links {
		l := &st.links[k]
		st.water[k] = standing(st.temp[l.from], st.temp[l.to])
	}
}

// whyNot says why the hydraulics ended.
func (st *state) whyNot(limit int) string {
	out := false
	for _, x := range [2]*float64{&st.report.EnergyResidual, &st.report.MassResidual} {
		if !(*x <= math.MaxFloat64) {
			*x, out = math.MaxFloat64, true // a report holds numbers
		}
	}
	if out && st.report.Iterations > 0 {
		return "a number ran out of range"
	}
	if why := st.starved(); why != "" {
		return why
	}
	if st.report.Iterations >= limit {
		return "the iteration limit is reached"
	}
	return "the iteration stopped"
}

// fits reports whether a result is one of a network of this size.
func (s *Solver) fits(r *Result) bool {
	n := s.net
	return len(r.Junctions) == len(n.Junctions) && len(r.Pipes) == len(n.Pipes) && len(r.Valves) == len(n.Valves) &&
		len(r.Pumps) == len(n.Pumps) && len(r.Sources) == len(n.Sources) && len(r.Stations) == len(n.Stations)
}

// warmStart takes flows, pressures and temperatures from another result. It
// reports whether that fits the network.
func (st *state) warmStart(from *Result) bool {
	if !st.s.fits(from) {
		return false
	}
	for j, v := range st.p.node {
		x := &from.Junctions[j]
		if x.TempKnown && st.s.opts.Temperatures == Coupled {
			st.temp[v] = x.Temperature
		}
		if x.PressureKnown && !st.fixed[v] {
			st.pressure[v] = x.Pressure
		}
	}
	for k := range st.links {
		b := from.branch(st.p.links[k])
		l := &st.links[k]
		if l.mode == free || l.mode == held {
			l.m = b.Flow
		}
		if b.TempIn > 0 && b.TempOut > 0 {
			st.water[k] = standing(b.TempIn, b.TempOut)
			if at := st.p.links[k]; at.kind == models.KindPipe && len(from.mean) == len(st.el.pipes) {
				st.water[k].mean = from.mean[at.at]
			}
		}
	}
	for i := range st.drawn {
		st.drawn[i].Guess(from.Stations[i].Heat)
	}
	st.warmTaps(from)
	st.warmRegulators(from.Controls)
	return true
}

// branch returns the state of a branch in the result.
func (r *Result) branch(at place) *models.BranchState {
	switch at.kind {
	case models.KindPipe:
		return &r.Pipes[at.at]
	case models.KindValve:
		return &r.Valves[at.at]
	case models.KindPump:
		return &r.Pumps[at.at].BranchState
	case models.KindSource:
		return &r.Sources[at.at].BranchState
	}
	return &r.Stations[at.at].BranchState
}
