package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/batch"
)

// series are the runs of one measurement.
type series struct {
	MedianMs  float64 `json:"median_ms"`
	LeastMs   float64 `json:"least_ms"`
	Runs      int     `json:"runs"`
	Solves    int     `json:"linear_solves,omitempty"` // most of one run
	Exchanges int     `json:"heat_exchanges,omitempty"`
	Allocs    uint64  `json:"allocations"` // least of one run
	Bytes     uint64  `json:"bytes"`
	all       []float64
}

const (
	leastRuns  = 3
	mostRuns   = 200
	enoughTime = time.Second // measured, where the number of runs is not given
	heapToKeep = 128 << 20   // bytes that may be let lie before the next run
)

// counted is what one run reports besides its time.
type counted struct{ solves, exchanges int }

// measure runs a thing again and again, with so many processors, and keeps
// the collector of garbage out of the runs: it works between them. prepare, if
// any, is not measured.
func (b *bench) measure(cores int, prepare func() error, run func(i int) (counted, error)) (series, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var out series
	var before, after runtime.MemStats
	total, lying := time.Duration(0), uint64(heapToKeep)
	for i := 0; ; i++ {
		if lying >= heapToKeep {
			runtime.GC()
			lying = 0
		}
		if prepare != nil {
			if err := prepare(); err != nil {
				return out, err
			}
		}
		runtime.ReadMemStats(&before)
		begin := time.Now()
		c, err := run(i)
		took := time.Since(begin)
		if err != nil {
			return out, err
		}
		runtime.ReadMemStats(&after)
		allocs, bytes := after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		if i == 0 || allocs < out.Allocs {
			out.Allocs, out.Bytes = allocs, bytes
		}
		out.Solves, out.Exchanges = max(out.Solves, c.solves), max(out.Exchanges, c.exchanges)
		out.all = append(out.all, float64(took.Nanoseconds())/1e6)
		total, lying = total+took, lying+bytes
		if n := i + 1; b.runs > 0 && n >= b.runs || b.runs == 0 && n >= leastRuns && (total >= enoughTime || n >= mostRuns) {
			break
		}
	}
	out.add(nil, counted{})
	return out, nil
}

// add takes in further runs.
func (s *series) add(ms []float64, c counted) {
	s.all = append(s.all, ms...)
	sorted := slices.Clone(s.all)
	slices.Sort(sorted)
	s.Runs, s.LeastMs, s.MedianMs = len(sorted), sorted[0], sorted[len(sorted)/2]
	s.Solves, s.Exchanges = max(s.Solves, c.solves), max(s.Exchanges, c.exchanges)
}

// collect collects garbage before a thing that is made of fresh memory: a page
// that the machine has never given costs more than what is written on it, and
// a program that runs on has pages from before.
func collect() error { runtime.GC(); return nil }

// check measures the checking of a network that is in memory.
func (b *bench) check(n *models.Network, to **models.Checked) (series, error) {
	return b.measure(1, func() error { *to = nil; return collect() }, func(int) (counted, error) {
		*to, _ = n.Check()
		return counted{}, nil
	})
}

// setup measures the compiling, and what a compiled network keeps in memory.
func (b *bench) setup(n *models.Checked, o solver.Options) (s *solver.Solver, took series, kept uint64, err error) {
	took, err = b.measure(1, func() error { s = nil; return collect() }, func(int) (_ counted, err error) {
		s, err = solver.Compile(n, o)
		return counted{}, err
	})
	if err != nil {
		return nil, took, 0, err
	}
	s = nil
	before := heap()
	s, err = solver.Compile(n, o)
	if after := heap(); after > before {
		kept = after - before
	}
	return s, took, kept, err
}

// heap returns the bytes that are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one only marked
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// mode measures everything that is solved with one way of treating
// temperatures. A calculation that does not converge is a result: it stands
// in the report, and the rest of the mode is left out.
// both is the same network for two processors.
func (b *bench) mode(ctx context.Context, s, both *solver.Solver, m *benchMode) error {
	n := s.Network()
	run, pair := s.NewRun(), both.NewRun()
	solve := func(sc models.Scenario) (counted, error) {
		r, err := run.Solve(ctx, sc)
		return counted{r.Iterations, r.HeatIterations}, err
	}
	forget := func() error { run.Forget(); return nil }
	filed := func() error { _, err := run.Solve(ctx, models.Scenario{}); return err }
	cold := func(int) (counted, error) { return solve(models.Scenario{}) }
	moves, load := movedValves(n), lighterLoad(n)
	var base *solver.Result
	for _, step := range []struct {
		what    string
		to      *series
		cores   int
		prepare func() error
		run     func(i int) (counted, error)
	}{
		{"cold", &m.Cold, 1, forget, cold},
		{"cold, two cores", &m.ColdTwo, bothCores, func() error { pair.Forget(); return nil }, func(int) (counted, error) {
			r, err := pair.Solve(ctx, models.Scenario{})
			return counted{r.Iterations, r.HeatIterations}, err
		}},
		{"one valve moved", &m.Valve, 1, filed, func(i int) (counted, error) { return solve(moves[i%len(moves)]) }},
		{"nothing changed", &m.Nothing, 1, filed, cold},
		{"load down 5 %", &m.Load, 1, filed, func(int) (counted, error) { return solve(load) }},
		{"result document", &m.Document, 1, nil, func(int) (counted, error) { base = run.Result(); return counted{}, nil }},
		{"all of it", &m.Whole, 1, nil, func(int) (_ counted, err error) {
			if base, err = s.Solve(ctx, models.Scenario{}, nil); err != nil {
				return counted{}, err
			}
			return counted{base.Report.Iterations, base.Report.HeatIterations}, nil
		}},
	} {
		b.say("  %s: %s", m.Temperatures, step.what)
		var err error
		if *step.to, err = b.measure(step.cores, step.prepare, step.run); err != nil {
			var stopped *solver.ConvergenceError
			if errors.As(err, &stopped) {
				m.Failed = step.what + ": " + err.Error()
				return nil
			}
			return err
		}
	}
	m.NsPerNode = m.Cold.LeastMs * 1e6 / float64(len(n.Junctions)) / float64(max(m.Cold.Solves, 1))
	b.say("  %s: what-ifs", m.Temperatures)
	return b.whatIfs(ctx, s, moves, base, m)
}

// whatIfs measures batches of moved valves on one core and on two.
func (b *bench) whatIfs(ctx context.Context, s *solver.Solver, moves []models.Scenario, from *solver.Result, m *benchMode) error {
	count := min(max(int(1000/m.Valve.MedianMs), 4), 2000)
	if b.runs > 0 {
		count = 4 * b.runs
	}
	scenarios := make([]models.Scenario, count)
	for i := range scenarios {
		scenarios[i] = moves[i%len(moves)]
	}
	for i, rate := range []*float64{&m.WhatIfs, &m.WhatIfsTwo} {
		cores := i + 1
		old := runtime.GOMAXPROCS(cores)
		runtime.GC()
		begin := time.Now()
		out := batch.Solve(ctx, s.Nearby, scenarios, batch.Options{Workers: cores, From: from, Take: func(int, *solver.Result, error) {}})
		took := time.Since(begin)
		runtime.GOMAXPROCS(old)
		if err := ctx.Err(); err != nil {
			return err
		}
		m.WhatIfsFailed = len(batch.Failed(out))
		*rate = float64(count) / took.Seconds()
	}
	return nil
}

// mostMoves bounds the scenarios of a moved valve that take turns.
const mostMoves = 64

// movedValves are scenarios in which one valve stands at 80 % of where it
// stood: a station's where there is any, else one in the network, else the
// loss of one pipe is half as large again. They are spread over the network.
func movedValves(n *models.Network) []models.Scenario {
	var all []models.Change
	turn := func(id models.ID) {
		all = append(all, models.Change{Element: id, Attribute: models.AttrOpening, Op: models.Scale, Value: 0.8})
	}
	for i := range n.Stations {
		if s := &n.Stations[i]; s.Valve.Kvs > 0 && !s.Demand.Given() && !s.OutOfService {
			turn(s.ID)
		}
	}
	for i := range n.Valves {
		if v := &n.Valves[i]; len(n.Stations) == 0 && v.Control == models.ManualOpening && !v.Sectioning && v.Opening > 0 && (v.Kvs > 0 || v.Zeta > 0) {
			turn(v.ID)
		}
	}
	useful := len(all)
	for i := range n.Pipes {
		if p := &n.Pipes[i]; useful == 0 && !p.OutOfService {
			all = append(all, models.Change{Element: p.ID, Attribute: models.AttrResistance, Op: models.Scale, Value: 1.5})
		}
	}
	if len(all) == 0 {
		return []models.Scenario{{}}
	}
	count := min(len(all), mostMoves)
	moves := make([]models.Scenario, count)
	for i := range moves {
		moves[i].Changes = []models.Change{all[i*len(all)/count]}
	}
	return moves
}

// lighterLoad is every demand at 95 %; a station whose flow follows from its
// valve has 95 % of its Kvs.
func lighterLoad(n *models.Network) (sc models.Scenario) {
	scale := func(id models.ID, a models.Attribute) {
		sc.Changes = append(sc.Changes, models.Change{Element: id, Attribute: a, Op: models.Scale, Value: 0.95})
	}
	for i := range n.Junctions {
		if j := &n.Junctions[i]; j.Draw != 0 {
			scale(j.ID, models.AttrDraw)
		}
	}
	for i := range n.Stations {
		switch s := &n.Stations[i]; {
		case s.Demand.Flow.Known:
			scale(s.ID, models.AttrFlow)
		case s.Demand.Heat.Known:
			scale(s.ID, models.AttrHeat)
		case s.Valve.Kvs > 0:
			scale(s.ID, models.AttrKvs)
		}
	}
	return sc
}
