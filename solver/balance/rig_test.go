package balance_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/balance"
	"evenflow/solver/estimate"
	"evenflow/solver/internal/water"
	"evenflow/solver/town"
)

// rig is a town with hidden deviations, its meters and its actuators: the
// closed loop without a control room.
type rig struct {
	net      *models.Network
	solver   *solver.Solver
	rng      *rand.Rand
	truth    models.Scenario
	required []float64
	opening  []float64 // true
	told     []float64
	speed    float64
	last     *solver.Result
	broken   []models.ID // half-closed elements
	rounds   []estimate.Round
	distort  func(round int, i int, r *estimate.StationReading)
	stuck    map[int]bool
}

const polls = 10

// hidden says what a rig hides: uniform deviations, and half-closed elements.
type hidden struct {
	pipes, kvs, fixed float64
	stations, mains   int // half-closed
}

// usual is the closed loop's demand: one half-closed element, a station's in
// even draws, a main in odd ones.
func usual(seed int64) hidden {
	h := hidden{pipes: 0.2, kvs: 0.1, fixed: 0.2, stations: 1}
	if rand.New(rand.NewPCG(uint64(seed), 5)).IntN(2) == 1 {
		h.stations, h.mains = 0, 1
	}
	return h
}

func newRig(t testing.TB, seed int64, stations int) *rig {
	t.Helper()
	return newRigWith(t, seed, stations, usual(seed))
}

func newRigWith(t testing.TB, seed int64, stations int, h hidden) *rig {
	t.Helper()
	net, err := town.Generate(town.Options{Seed: seed, Stations: stations})
	if err != nil {
		t.Fatal(err)
	}
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{net: net, solver: s, rng: rand.New(rand.NewPCG(uint64(seed), 99)), stuck: map[int]bool{}}
	for i := range net.Stations {
		st := &net.Stations[i]
		d := st.Design
		r.required = append(r.required, st.DesignHeat()/(water.MeanHeatCapacity(d.PrimarySupply, d.PrimaryReturn)*(d.PrimarySupply-d.PrimaryReturn)))
		r.opening = append(r.opening, st.Opening)
		r.told = append(r.told, st.Opening)
	}
	r.speed = net.Sources[0].Speed
	r.hide(t, h)
	return r
}

// within draws uniformly from lo to hi.
func (r *rig) within(lo, hi float64) float64 { return lo + (hi-lo)*r.rng.Float64() }

// hide draws the deviations.
func (r *rig) hide(t testing.TB, h hidden) {
	t.Helper()
	scale := func(id models.ID, a models.Attribute, f float64) {
		r.truth.Changes = append(r.truth.Changes, models.Change{Element: id, Attribute: a, Op: models.Scale, Value: f})
	}
	for i := range r.net.Pipes {
		scale(r.net.Pipes[i].ID, models.AttrResistance, r.within(1-h.pipes, 1+h.pipes))
	}
	for i := range r.net.Stations {
		scale(r.net.Stations[i].ID, models.AttrKvs, r.within(1-h.kvs, 1+h.kvs))
		scale(r.net.Stations[i].ID, models.AttrFixedResistance, r.within(1-h.fixed, 1+h.fixed))
	}
	for range h.stations {
		i := r.rng.IntN(len(r.net.Stations))
		st, m := &r.net.Stations[i], r.required[i]
		r.broken = append(r.broken, st.ID)
		scale(st.ID, models.AttrFixedResistance, 1+r.within(60e3, 135e3)/(m*m*st.FixedResistance))
	}
	if h.mains == 0 {
		return
	}
	var flows []models.Change
	mean := 0.0
	for i := range r.net.Stations {
		flows = append(flows, models.Change{Element: r.net.Stations[i].ID, Attribute: models.AttrFlow, Value: r.required[i]})
		mean += r.required[i] / float64(len(r.required))
	}
	design, err := r.solver.Solve(context.Background(), models.Scenario{Changes: flows}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for drawn := 0; drawn < h.mains; {
		k := r.rng.IntN(len(r.net.Pipes))
		p := &design.Pipes[k]
		if p.Cut || p.Flow < 3*mean || math.Abs(p.PressureDrop) < 100 {
			continue
		}
		drawn++
		r.broken = append(r.broken, r.net.Pipes[k].ID)
		scale(r.net.Pipes[k].ID, models.AttrResistance, 1+r.within(40e3, 90e3)/math.Abs(p.PressureDrop))
	}
}

// advance computes the plant as it truly stands.
func (r *rig) advance(t testing.TB) {
	t.Helper()
	sc := r.truth.With(models.Change{Element: r.net.Sources[0].ID, Attribute: models.AttrSpeed, Value: r.speed})
	for i := range r.net.Stations {
		sc.Changes = append(sc.Changes, models.Change{Element: r.net.Stations[i].ID, Attribute: models.AttrOpening, Value: r.opening[i]})
	}
	res, err := r.solver.Solve(context.Background(), sc, r.last)
	if err != nil {
		t.Fatal(err)
	}
	r.last = res
}

// read polls every meter ten times and appends the round.
func (r *rig) read() {
	value := func(v, sigma float64) estimate.Value {
		return estimate.Value{Value: v + sigma/math.Sqrt(polls)*r.rng.NormFloat64(), Sigma: sigma / math.Sqrt(polls), Quality: models.QualityGood}
	}
	place := map[models.ID]int{}
	for i := range r.net.Junctions {
		place[r.net.Junctions[i].ID] = i
	}
	pressure := func(j models.ID) estimate.Value { return value(r.last.Junctions[place[j]].Pressure, 1.6e3) }
	var round estimate.Round
	for i := range r.net.Sources {
		s := &r.net.Sources[i]
		round.Sources = append(round.Sources, estimate.SourceReading{
			SupplyPressure: pressure(s.To), ReturnPressure: pressure(s.From),
			Speed: estimate.Value{Value: r.speed, Quality: models.QualityGood},
		})
	}
	for i := range r.net.Stations {
		s := &r.net.Stations[i]
		x := estimate.StationReading{
			Measured: true, Flow: value(r.last.Stations[i].Flow, 0.01*r.last.Stations[i].Flow),
			SupplyPressure: pressure(s.From), ReturnPressure: pressure(s.To),
			Opening:  estimate.Value{Value: math.Round(1000*r.opening[i]) / 1000, Quality: models.QualityGood},
			Setpoint: estimate.Value{Value: r.told[i], Quality: models.QualityGood},
		}
		if r.distort != nil {
			r.distort(len(r.rounds), i, &x)
		}
		round.Stations = append(round.Stations, x)
	}
	r.rounds = append(r.rounds, round)
}

// calibrate asks estimate what the rounds say.
func (r *rig) calibrate(t testing.TB) *estimate.Result {
	t.Helper()
	c, err := estimate.Calibrate(context.Background(), estimate.Input{Network: r.net, Solve: r.solver.Solve, Rounds: r.rounds})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recommend asks balance for settings, as the advisor does.
func (r *rig) recommend(t testing.TB, c *estimate.Result) *balance.Plan {
	t.Helper()
	in := balance.Input{Network: r.net, Solve: r.solver.Solve, Base: models.Scenario{Changes: c.Changes}, Speed: models.Some(r.speed), From: c.Model}
	for i := range r.net.Stations {
		in.Stations = append(in.Stations, balance.Station{
			Required: r.required[i], Opening: c.Stations[i].Opening.Or(r.opening[i]),
			Held: c.Stations[i].Held, Unconfirmed: c.Stations[i].Unconfirmed,
		})
	}
	p, err := balance.Find(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// carryOut moves the actuators: they stop anywhere within half a percent of
// travel around the order.
func (r *rig) carryOut(p *balance.Plan) {
	place := map[models.ID]int{}
	for i := range r.net.Stations {
		place[r.net.Stations[i].ID] = i
	}
	for _, m := range p.Moves {
		if m.Point.Quantity == models.SpeedSetpoint {
			r.speed = m.To
			continue
		}
		i := place[m.Point.Element]
		r.told[i] = m.To
		if !r.stuck[i] {
			r.opening[i] = math.Max(0, math.Min(1, m.To+r.within(-0.005, 0.005)))
		}
	}
}

// figures of one run.
type figures struct {
	min, max              float64
	measured, true1       float64 // RMS(x-1) after the last round
	after1                float64 // true RMS after round 1
	outside, feasible     int
	head                  float64 // over the true optimum
	named                 bool
	condemned             int
	suspects              []estimate.Suspect
	moves                 [2]int
	suspectsFalse, solves int
}

// run plays some rounds and judges the result by the hidden truth.
func (r *rig) run(t testing.TB, rounds int) figures {
	t.Helper()
	var f figures
	r.advance(t)
	for k := range rounds {
		r.read()
		c := r.calibrate(t)
		f.condemned = max(f.condemned, len(c.Held))
		p := r.recommend(t, c)
		r.carryOut(p)
		r.advance(t)
		f.moves[min(k, 1)] = len(p.Moves)
		f.solves = c.Solves + p.Solves
		if k == 0 {
			f.after1 = r.rms(nil)
		}
	}
	r.read()
	r.judge(t, &f)
	return f
}

// rms is RMS(x-1) over the feasible stations, by the true flows.
func (r *rig) rms(feasible []bool) float64 {
	sum, n := 0.0, 0
	for i, m := range r.required {
		if feasible != nil && !feasible[i] {
			continue
		}
		x := r.last.Stations[i].Flow / m
		sum += (x - 1) * (x - 1)
		n++
	}
	return math.Sqrt(sum / float64(n))
}

func (r *rig) judge(t testing.TB, f *figures) {
	t.Helper()
	c := r.calibrate(t)
	var st []balance.Station
	for i := range r.required {
		st = append(st, balance.Station{Required: r.required[i], Opening: r.opening[i], Held: c.Stations[i].Held})
	}
	truth := r.truth.With(models.Change{Element: r.net.Sources[0].ID, Attribute: models.AttrSpeed, Value: r.speed})
	best, err := balance.Optimum(context.Background(), r.net, r.solver.Solve, truth, st, balance.Limits{}, r.last)
	if err != nil {
		t.Fatal(err)
	}
	f.min, f.max = math.Inf(1), 0
	sum := 0.0
	last := &r.rounds[len(r.rounds)-1]
	for i, m := range r.required {
		x := r.last.Stations[i].Flow / m
		f.min, f.max = math.Min(f.min, x), math.Max(f.max, x)
		xm := last.Stations[i].Flow.Value / m
		if !best.Feasible[i] {
			continue
		}
		f.feasible++
		sum += (xm - 1) * (xm - 1)
		if x < 0.95 || x > 1.05 || xm < 0.95 || xm > 1.05 {
			f.outside++
		}
	}
	f.measured = math.Sqrt(sum / float64(f.feasible))
	f.true1 = r.rms(best.Feasible)
	f.head = r.last.Sources[0].Lift / best.Head
	f.condemned = max(f.condemned, len(c.Held))
	f.suspects = c.Suspects
	for _, s := range c.Suspects {
		hit := false
		for _, b := range r.broken {
			hit = hit || s.Names(b)
		}
		if hit {
			f.named = true
		} else {
			f.suspectsFalse++
		}
	}
}
