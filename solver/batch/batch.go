// Package batch solves many scenarios of one network at once: what-ifs, N-1,
// the hours of a season. One immutable solver is shared by all workers, every
// scenario has its own state, and which result a scenario starts from is
// fixed by its index, so that the answers are the same to the last bit with
// any number of workers.
package batch

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"evenflow/models"
	"evenflow/solver"
)

// Options say how a batch runs. The zero value starts every scenario from the
// first one's result, with one worker per processor.
type Options struct {
	// Workers that solve at the same time; 0: one per processor.
	Workers int
	// From is the result of a similar scenario from which the batch starts
	// warm; nil: scenario 0 is solved cold and alone, and its result serves.
	From *solver.Result
	// Chain is how many consecutive scenarios form a chain in which each
	// starts from the one before it; the first of a chain starts from From. 0
	// and 1: all start from From. Chains suit scenarios that change little by
	// little, such as the hours of a day. One chain is solved by one worker.
	Chain int
	// Progress, where given, is called after each scenario with the number
	// done, from one goroutine at a time, the number growing by one.
	Progress func(done, total int)
	// Take, where given, receives each outcome instead of the list that Solve
	// returns, which then keeps errors only: thousands of results need not
	// stay in memory. It is called by several workers at once, for different
	// indexes and in no particular order.
	Take func(index int, r *solver.Result, err error)
}

// Outcome is what became of one scenario. After a *solver.ConvergenceError
// Result is the last iterate.
type Outcome struct {
	Result *solver.Result
	Err    error // nil, or an *Error
}

// Error says which scenario of a batch failed, and why. It unwraps to the
// solver's error, or to the context's for those that were not begun.
type Error struct {
	Index    int
	Scenario string // its name
	Err      error
}

// Error names the scenario by number and name.
func (e *Error) Error() string {
	if e.Scenario == "" {
		return fmt.Sprintf("scenario %d: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("scenario %d (%s): %v", e.Index, e.Scenario, e.Err)
}

// Unwrap returns the scenario's own error.
func (e *Error) Unwrap() error { return e.Err }

// Solve solves all scenarios. worker returns what one worker solves with, which
// keeps its memory from scenario to scenario ((*solver.Solver).Nearby does). The
// outcomes stand in the order of the scenarios. A scenario that fails takes no
// other with it: those that would start from it start from the last one of its
// chain that succeeded, or cold where there is none. When ctx ends, the scenarios
// not begun carry its error.
func Solve(ctx context.Context, worker func() solver.SolveFunc, scenarios []models.Scenario, o Options) []Outcome {
	b := &batch{ctx: ctx, worker: worker, scenarios: scenarios, o: o, out: make([]Outcome, len(scenarios)), from: o.From}
	if len(scenarios) == 0 {
		return b.out
	}
	first := 0
	if b.from == nil {
		b.from = b.one(worker(), 0, nil)
		first = 1
	}
	b.run(first)
	return b.out
}

// Failed returns the errors of the outcomes in their order.
func Failed(out []Outcome) []error {
	var errs []error
	for i := range out {
		if out[i].Err != nil {
			errs = append(errs, out[i].Err)
		}
	}
	return errs
}

type batch struct {
	ctx       context.Context
	worker    func() solver.SolveFunc
	scenarios []models.Scenario
	o         Options
	out       []Outcome
	from      *solver.Result
	mu        sync.Mutex
	done      int
}

// run shares the chains from scenario first on among the workers.
func (b *batch) run(first int) {
	chain := max(b.o.Chain, 1)
	chains := (len(b.scenarios) - first + chain - 1) / chain
	workers := b.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, chains) {
		group.Go(func() {
			solve := b.worker()
			for {
				c := int(next.Add(1)) - 1
				if c >= chains {
					return
				}
				from := b.from
				for i := first + c*chain; i < min(first+(c+1)*chain, len(b.scenarios)); i++ {
					if r := b.one(solve, i, from); r != nil {
						from = r
					}
				}
			}
		})
	}
	group.Wait()
}

// one solves a scenario and hands its outcome on. It returns the result, nil
// where none may serve as a start.
func (b *batch) one(solve solver.SolveFunc, i int, from *solver.Result) *solver.Result {
	var r *solver.Result
	err := b.ctx.Err()
	if err == nil {
		r, err = solve(b.ctx, b.scenarios[i], from)
	}
	if err != nil {
		err = &Error{i, b.scenarios[i].Name, err}
	}
	if b.o.Take != nil {
		b.o.Take(i, r, err)
		b.out[i] = Outcome{Err: err}
	} else {
		b.out[i] = Outcome{r, err}
	}
	if b.o.Progress != nil {
		b.mu.Lock()
		b.done++
		b.o.Progress(b.done, len(b.scenarios))
		b.mu.Unlock()
	}
	if err != nil {
		return nil
	}
	return r
}
