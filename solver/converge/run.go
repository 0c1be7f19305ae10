package converge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

// What is asked of a calculation: linear solves, all of one calculation.
const (
	MostCold = 15
	MostWarm = 4
)

// Options say how many towns are solved.
type Options struct {
	Seed    int64
	First   int // number of the first case
	Count   int
	Largest int // stations of the largest town; 0: 5,000
	Workers int // that solve at the same time; 0: one per processor
	// Progress, where given, is called after each case, from one goroutine at
	// a time, in no particular order.
	Progress func(o *Outcome)
}

// Outcome is what became of a case.
type Outcome struct {
	Index              int
	Town               town.Options
	What               []string
	Nodes              int
	Failure            string // of the generator: no town, no network, no scenario
	Hydraulic, Coupled Pair
}

// Pair is a case solved with one way of treating temperatures.
type Pair struct{ Cold, Warm Solved }

// Solved is one calculation. Neither Failure nor Reason: a steady state that
// stands up to the audit.
type Solved struct {
	Solves    int
	Exchanges int    // of flows and temperatures
	Failure   string // why there is no answer, or what is wrong with it
	Reason    string // the physical reason why there can be none
	Skipped   bool   // a warm one without a steady state to begin from
}

// Run solves the cases; the outcomes stand in their order. When ctx ends it
// returns at once with those that are finished: a town that is being generated
// or audited cannot be stopped, so its worker comes to its end behind the
// caller's back.
func Run(ctx context.Context, o Options) []Outcome {
	if o.Largest == 0 {
		o.Largest = town.MostOfOnePlant
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	done := make(chan Outcome)
	for range min(o.Workers, o.Count) {
		go func() {
			for i := int(next.Add(1)) - 1; i < o.Count; i = int(next.Add(1)) - 1 {
				one := One(ctx, o.Seed, o.First+i, o.Largest)
				if ctx.Err() != nil {
					return // it may have been cut short
				}
				select {
				case done <- one:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	out := make([]Outcome, 0, o.Count)
	for ctx.Err() == nil && len(out) < o.Count {
		select {
		case one := <-done:
			out = append(out, one)
			if o.Progress != nil {
				o.Progress(&out[len(out)-1])
			}
		case <-ctx.Done():
		}
	}
	slices.SortFunc(out, func(a, b Outcome) int { return a.Index - b.Index })
	return out
}

// One solves one case.
func One(ctx context.Context, seed int64, index, largest int) Outcome {
	out := Outcome{Index: index}
	c, err := Draw(seed, index, largest)
	if err != nil {
		out.Failure = err.Error()
		return out
	}
	out.Town, out.What, out.Nodes = c.Town, c.What, len(c.Net.Junctions)
	if err := c.Net.CheckScenario(c.Moved).Refused(); err != nil {
		out.Failure = err.Error()
		return out
	}
	for _, mode := range []struct {
		t  solver.Temperatures
		to *Pair
	}{{solver.Isothermal, &out.Hydraulic}, {solver.Coupled, &out.Coupled}} {
		s, err := solver.New(c.Net, solver.Options{Temperatures: mode.t})
		if err != nil {
			out.Failure = err.Error()
			return out
		}
		run := s.NewRun()
		mode.to.Cold = solve(ctx, s, run, c.Day)
		if mode.to.Cold.Failure == "" && mode.to.Cold.Reason == "" {
			mode.to.Warm = solve(ctx, s, run, c.Moved)
		} else {
			mode.to.Warm.Skipped = true
		}
	}
	return out
}

// solve calculates one scenario, audits the answer, or judges the reason.
func solve(ctx context.Context, s *solver.Solver, run *solver.Run, sc models.Scenario) (out Solved) {
	defer func() { // a panic is an answer, too: the worst
		if p := recover(); p != nil {
			out.Failure = fmt.Sprintf("panic: %v", p)
		}
	}()
	r, err := run.Solve(ctx, sc)
	out.Solves, out.Exchanges = r.Iterations, r.HeatIterations
	var stopped *solver.ConvergenceError
	var input *solver.InputError
	switch {
	case errors.As(err, &stopped) && physical(stopped.Reason):
		out.Reason = stopped.Reason
		return out
	case errors.As(err, &input): // the scenario is sound by itself: what it asks for cannot be together
		out.Reason = input.Problems[0].Reason
		return out
	case err != nil:
		out.Failure = err.Error()
		return out
	}
	a, err := s.Audit(sc, run.Result())
	if err != nil {
		out.Failure = "audit: " + err.Error()
		return out
	}
	for i := range a.Checks {
		if c := &a.Checks[i]; c.Failed > 0 {
			out.Failure = fmt.Sprintf("audit: %s at %s is off by %.3g %s", c.Name, c.Worst, math.Abs(c.Value), c.Unit)
			return out
		}
	}
	return out
}

// physical reports whether a reason says what in the plant forbids a steady
// state. Any other is the solver's own defeat.
func physical(reason string) bool {
	return strings.Contains(reason, "can be fed by nothing") || strings.Contains(reason, "passes no source")
}
