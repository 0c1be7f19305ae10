package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/batch"
	"evenflow/solver/town"
)

func compiled(t testing.TB, stations int) *solver.Solver {
	t.Helper()
	return compiledFor(t, stations, solver.Coupled)
}

func compiledFor(t testing.TB, stations int, temperatures solver.Temperatures) *solver.Solver {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: 7, Stations: stations})
	if err != nil {
		t.Fatal(err)
	}
	s, err := solver.New(net, solver.Options{Temperatures: temperatures})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// by lets all workers solve with one function.
func by(solve solver.SolveFunc) func() solver.SolveFunc {
	return func() solver.SolveFunc { return solve }
}

// whatIfs moves one station's valve in each scenario.
func whatIfs(s *solver.Solver, n int) []models.Scenario {
	net := s.Network()
	out := make([]models.Scenario, n)
	for i := range out {
		x := &net.Stations[i%len(net.Stations)]
		out[i] = models.Scenario{Name: fmt.Sprintf("what if %d", i)}.With(
			models.Change{Element: x.ID, Attribute: models.AttrOpening, Value: 0.3 + 0.6*float64(i)/float64(n)})
	}
	return out
}

// However many workers there are and however they are scheduled, every bit of
// every result is the same: of valves moved, and of scenarios of every kind.
func TestSameBitsWithAnyNumberOfWorkers(t *testing.T) {
	for _, temperatures := range []solver.Temperatures{solver.Coupled, solver.Isothermal} {
		s := compiledFor(t, 20, temperatures)
		for _, scenarios := range [][]models.Scenario{whatIfs(s, 16), mixed(s, 60)} {
			for _, chain := range []int{0, 3} {
				var want []batch.Outcome
				for _, workers := range []int{1, 2, 7} {
					got := batch.Solve(t.Context(), s.Nearby, scenarios, batch.Options{Workers: workers, Chain: chain})
					if want == nil {
						want = got
					} else if !reflect.DeepEqual(want, got) {
						t.Errorf("chains of %d: %d workers give other numbers than one", chain, workers)
					}
				}
				for i, o := range want {
					if refused := i > 0 && i%7 == 0 && len(scenarios) == 60; refused != (o.Err != nil) {
						t.Errorf("scenario %d: %v", i, o.Err)
					}
				}
			}
		}
	}
}

// mixed are scenarios of which some change numbers only, some the circuit, and
// some are refused.
func mixed(s *solver.Solver, n int) []models.Scenario {
	net := s.Network()
	out := make([]models.Scenario, n)
	for i := range out {
		id, pipe := net.Stations[i%len(net.Stations)].ID, net.Pipes[i*7%len(net.Pipes)].ID
		c := models.Change{Element: id, Attribute: models.AttrOpening, Value: 0.2 + 0.01*float64(i)}
		switch {
		case i > 0 && i%7 == 0:
			c.Value = 7
		case i%5 == 1:
			c.Value = 0
		case i%5 == 2:
			c.Attribute, c.Value = models.AttrFlow, 1.5
		case i%5 == 3:
			c = models.Change{Element: pipe, Attribute: models.AttrRoughness, Value: 1e-3}
		}
		out[i] = models.Scenario{}.With(c)
	}
	return out
}

// What the workers find is what each scenario has for itself.
func TestAsSolvedAlone(t *testing.T) {
	for _, temperatures := range []solver.Temperatures{solver.Coupled, solver.Isothermal} {
		s := compiledFor(t, 60, temperatures)
		scenarios := mixed(s, 60)
		for i, o := range batch.Solve(t.Context(), s.Nearby, scenarios, batch.Options{}) {
			alone, err := s.Solve(t.Context(), scenarios[i], nil)
			if (err == nil) != (o.Err == nil) {
				t.Errorf("scenario %d: %v, alone %v", i, o.Err, err)
			}
			if err != nil {
				continue
			}
			for j := range alone.Stations {
				if a, b := alone.Stations[j].Flow, o.Result.Stations[j].Flow; math.Abs(a-b) > 1e-5*math.Abs(a)+1e-6 {
					t.Errorf("scenario %d: station %d has %g kg/s, alone %g", i, j, b, a)
				}
			}
			if a, err := s.Audit(scenarios[i], o.Result); err != nil || !a.OK() {
				t.Errorf("scenario %d: %+v, %v", i, a, err)
			}
		}
	}
}

// A worker allocates nothing but the result.
func TestNothingButTheResultIsAllocated(t *testing.T) {
	s := compiledFor(t, 60, solver.Isothermal)
	base, err := s.Solve(t.Context(), models.Scenario{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	run := s.NewRun()
	if _, err := run.Solve(t.Context(), models.Scenario{}); err != nil {
		t.Fatal(err)
	}
	result := testing.AllocsPerRun(20, func() { run.Result() })
	solve, scenarios, i := s.Nearby(), whatIfs(s, 60), 0
	got := testing.AllocsPerRun(100, func() {
		i++
		if _, err := solve(t.Context(), scenarios[i%len(scenarios)], base); err != nil {
			t.Fatal(err)
		}
	})
	if got > result {
		t.Errorf("%g allocations a scenario, %g of them the result", got, result)
	}
}

// Who starts from whom is fixed by the index.
func TestWhoStartsFromWhom(t *testing.T) {
	scenarios := make([]models.Scenario, 8)
	for i := range scenarios {
		scenarios[i].Outdoor = models.Some(float64(i))
	}
	given := &solver.Result{}
	for _, c := range []struct {
		from  *solver.Result
		chain int
		want  []int // index of the start, -1: none, -2: given
	}{
		{nil, 0, []int{-1, 0, 0, 0, 0, 0, 0, 0}},
		{given, 0, []int{-2, -2, -2, -2, -2, -2, -2, -2}},
		{nil, 3, []int{-1, 0, 1, 2, 0, 4, 5, 0}},
		{given, 4, []int{-2, 0, 0, 2, -2, 4, 5, 6}}, // 1 fails: 2 starts from 0
	} {
		results := make([]*solver.Result, len(scenarios))
		for i := range results {
			results[i] = &solver.Result{}
			results[i].Report.Iterations = i
		}
		starts := make([]int, len(scenarios))
		solve := func(_ context.Context, sc models.Scenario, from *solver.Result) (*solver.Result, error) {
			i := int(sc.Outdoor.Value)
			switch from {
			case nil:
				starts[i] = -1
			case given:
				starts[i] = -2
			default:
				starts[i] = from.Report.Iterations
			}
			if i == 1 && c.chain == 4 {
				return results[i], errors.New("no steady state")
			}
			return results[i], nil
		}
		batch.Solve(t.Context(), by(solve), scenarios, batch.Options{From: c.from, Chain: c.chain, Workers: 3})
		if !reflect.DeepEqual(starts, c.want) {
			t.Errorf("chains of %d: starts %v, want %v", c.chain, starts, c.want)
		}
	}
}

func TestOneFailureStopsNoOther(t *testing.T) {
	s := compiled(t, 20)
	scenarios := whatIfs(s, 6)
	scenarios[0].Changes[0].Element = "nobody" // the one all would start from
	scenarios[3].Changes[0].Value = 7          // an opening beyond 1
	var mu sync.Mutex
	taken := map[int]bool{}
	last := 0
	out := batch.Solve(t.Context(), s.Nearby, scenarios, batch.Options{
		Take: func(i int, r *solver.Result, err error) {
			mu.Lock()
			defer mu.Unlock()
			taken[i] = r != nil && err == nil
		},
		Progress: func(done, total int) {
			if done != last+1 || total != 6 {
				t.Errorf("%d of %d after %d", done, total, last)
			}
			last = done
		}})
	for i, o := range out {
		var input *solver.InputError
		var own *batch.Error
		if bad := i == 0 || i == 3; bad != (o.Err != nil) || taken[i] == bad {
			t.Errorf("scenario %d: %v, taken %v", i, o.Err, taken[i])
		} else if bad && (!errors.As(o.Err, &input) || !errors.As(o.Err, &own) || own.Index != i || own.Scenario == "") {
			t.Errorf("scenario %d: %T %v", i, o.Err, o.Err)
		}
		if o.Result != nil {
			t.Errorf("scenario %d is kept although it was taken", i)
		}
	}
	if last != 6 || !errors.Is(out[0].Err, models.ErrNotFound) || len(batch.Failed(out)) != 2 {
		t.Errorf("%d done, %v", last, batch.Failed(out))
	}
}

func TestEndOfContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	solve := func(context.Context, models.Scenario, *solver.Result) (*solver.Result, error) {
		if calls++; calls == 2 {
			cancel()
		}
		return &solver.Result{}, nil
	}
	out := batch.Solve(ctx, by(solve), make([]models.Scenario, 5), batch.Options{Workers: 1})
	for i, o := range out {
		if (i >= 2) != errors.Is(o.Err, context.Canceled) {
			t.Errorf("scenario %d: %v", i, o.Err)
		}
	}
	if calls != 2 || len(batch.Solve(ctx, by(solve), nil, batch.Options{})) != 0 {
		t.Errorf("%d scenarios were begun", calls)
	}
}

// BenchmarkBatch solves 100 what-ifs of a town of 500 stations; compare the
// lines of one and of two workers.
func BenchmarkBatch(b *testing.B) {
	s := compiled(b, 500)
	base, err := s.Solve(b.Context(), models.Scenario{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	scenarios := whatIfs(s, 100)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			for b.Loop() {
				out := batch.Solve(b.Context(), s.Nearby, scenarios, batch.Options{From: base, Workers: workers, Take: func(int, *solver.Result, error) {}})
				if errs := batch.Failed(out); len(errs) > 0 {
					b.Fatal(errs[0])
				}
			}
			b.ReportMetric(float64(len(scenarios)*b.N)/b.Elapsed().Seconds(), "what-ifs/s")
		})
	}
}
