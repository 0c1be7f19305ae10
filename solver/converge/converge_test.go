package converge

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"evenflow/solver/town"
)

// A sample: a hundred towns of up to 300 stations, and a few of any size. Every
// town has a steady state that stands up to the audit, or names the physical
// reason. Flows and pressures from nothing take no more linear solves than the
// goal; of the other calculations no more may be beyond it than are today, about.
func TestSample(t *testing.T) {
	out := Run(t.Context(), Options{Seed: 1, Count: 100, Largest: 300})
	out = append(out, Run(t.Context(), Options{Seed: 2, Count: 12})...)
	r := Sum(out)
	for _, o := range r.Failed {
		t.Errorf("case %d, %+v, %v: %s", o.Index, o.Town, o.What, o.Why())
	}
	for _, x := range []struct {
		name  string
		tally *Tally
		most  int // cases beyond the goal
	}{
		{"hydraulics, cold", &r.Hydraulic.Cold, 0}, {"hydraulics, warm", &r.Hydraulic.Warm, 8},
		{"with temperatures, cold", &r.Coupled.Cold, 3}, {"with temperatures, warm", &r.Coupled.Warm, 22},
	} {
		y := x.tally
		t.Logf("%s: %d solved, %d named; linear solves: median %d, 99 %% %d, most %d, case %d; over the goal %d",
			x.name, y.Solved, y.Named, y.Quantile(0.5), y.Quantile(0.99), y.Most, y.Worst[0].Index, y.Over)
		if y.Over > x.most {
			t.Errorf("%s: %d cases take more linear solves than the goal, not %d; %d the worst", x.name, y.Over, x.most, y.Most)
		}
		if y.Solved+y.Named+y.Failed > len(out) || y.Solved < 90 || len(y.Worst) != worstShown {
			t.Errorf("%s: %+v", x.name, y)
		}
	}
	if r.Towns != len(out) || r.Nodes < 100*4*town.MinStations {
		t.Errorf("%d towns, %d junctions", r.Towns, r.Nodes)
	}
	seen := map[string]bool{}
	for i := range out {
		for _, what := range out[i].What {
			seen[what] = true
		}
	}
	if len(seen) < 12 {
		t.Errorf("only %d kinds of day: %v", len(seen), seen)
	}
}

// When the context ends, those that are finished come back in their order, and
// none that was cut short.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	o := Options{Seed: 1, First: 3, Count: 100, Largest: 20, Workers: 2}
	finished := 0
	o.Progress = func(*Outcome) {
		if finished++; finished == 5 {
			stop()
		}
	}
	out := Run(ctx, o)
	if len(out) != 5 || !slices.IsSortedFunc(out, func(a, b Outcome) int { return a.Index - b.Index }) {
		t.Fatalf("%d outcomes: %+v", len(out), out)
	}
	for i := range out {
		if out[i].Index < 3 || out[i].Failed() || out[i].Nodes == 0 {
			t.Errorf("%+v", out[i])
		}
	}
}

// Cases that found something out: a controller whose sensor is cut off, a
// booster that circulates what no source reaches, still water that a pump is let
// at, a controller in a part without a pressure hold, stations short of heat without temperatures.
func TestCasesThatFoundSomething(t *testing.T) {
	for _, c := range []struct {
		seed int64
		at   int
	}{{1, 217}, {1, 434}, {2, 555}, {2, 45}, {2, 681}, {1, 127}, {1, 161}} {
		o := One(t.Context(), c.seed, c.at, 300)
		if why := o.Why(); why != "" {
			t.Errorf("seed %d, case %d: %s", c.seed, c.at, why)
		}
	}
}

// Cases that went to and fro for hundreds of steps.
func TestCasesThatDidNotEnd(t *testing.T) {
	for _, c := range []struct {
		what string
		seed int64
		at   int
	}{
		// A one-way valve stands on a column of cold water that drives it open; what
		// then flows is hot and closes it.
		{"cold column", 1, 5058}, {"cold column", 1, 6712}, {"cold column", 1, 3857}, {"cold column", 7, 1293},
		// A flow limiter begins to hold in a step that is then shortened.
		{"shortened behind a limiter", 7, 542},
		// A station asks for no flow where its own small flow comes cold, and for a
		// small one where three times as much comes hot.
		{"cold by its own small flow", 1, 1148}, {"cold by its own small flow", 1, 6121}, {"cold by its own small flow", 31, 845},
		// A milligram a second decides whether a column is filled with hot water or cold.
		{"creeping", 1, 1237}, {"creeping", 7, 1759}, {"creeping", 31, 872}, {"creeping", 31, 1107},
		// Within pascals of the solution the largest residual grows at every second step.
		{"growing near the end", 7, 1286},
		// A step that goes on lets a pump begin that stood against the water.
		{"beginning beyond the step", 1, 801},
		// Pipes feel their partners' temperatures of the sweep before where water turns.
		{"behind the partner", 1, 1433},
		// Two passages with water that creeps are bent, each on its own line, to and fro.
		{"bent to and fro", 1, 3307}, {"bent to and fro", 99, 2947},
		// A pipe beside a hot one begins to carry water, and is warmed only then.
		{"still beside a hot pipe", 1, 1302}, {"still beside a hot pipe", 99, 1200},
		// A station behind a limiter that leaks is cooled down to ice, or gives nothing.
		{"short behind a limiter", 1, 6705},
		// What stations draw turns the water that creeps between them, and that what
		// others ask for.
		{"asked for to and fro", 1, 1845}, {"asked for to and fro", 1, 4060},
		// Columns in a ring without load turn one another for ever, unless steps go downhill.
		{"turning one another", 1, 1851}, {"turning one another", 1, 1155}, {"turning one another", 1, 623},
		// Stations that stand wide open get water colder than their rooms.
		{"wide open in the cold", 456, 769}, {"wide open in the cold", 1, 9661},
		// A valve is shut by the water each time that it is to hold once more.
		{"shut by the water", 7, 1123},
		// A plant is to give a flow that a station's limiter, its only feed, does not pass.
		{"a plant behind a limiter", 99, 697},
	} {
		o := One(t.Context(), c.seed, c.at, 300)
		if why := o.Why(); why != "" {
			t.Errorf("%s: seed %d, case %d: %s", c.what, c.seed, c.at, why)
		}
	}
}

// A valve that was moved takes few solves where water is drawn on the way to its
// station, and where it makes regulators turn.
func TestMovedTakesFewSolves(t *testing.T) {
	for _, c := range []struct{ at, most int }{{192, 4}, {250, 3}, {307, 4}, {385, 4}} {
		o := One(t.Context(), 1, c.at, 300)
		if x := o.Coupled.Warm; o.Failed() || x.Solves > c.most {
			t.Errorf("case %d: %s, %d solves", c.at, o.Why(), x.Solves)
		}
	}
}

// A seed and a number give one case, alone or among others, and its scenarios
// can be laid over its network.
func TestCasesAreTheirNumbers(t *testing.T) {
	for i := range 40 {
		a, err := Draw(7, i, 120)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Draw(7, i, 120)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("case %d is drawn otherwise the second time (%v)", i, err)
		}
		if err := a.Net.CheckScenario(a.Moved).Refused(); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
		if n := len(a.Net.Stations); n < town.MinStations || n > 120 {
			t.Errorf("case %d has %d stations", i, n)
		}
	}
	all := Run(t.Context(), Options{Seed: 7, Count: 6, Largest: 60, Workers: 2})
	some := Run(t.Context(), Options{Seed: 7, First: 3, Count: 3, Largest: 60, Workers: 1})
	if !reflect.DeepEqual(all[3:], some) {
		t.Error("a case has another outcome among others")
	}
}

// What is counted: cases by their solves, those over the goal, the worst
// first, reasons without their numbers; a warm calculation without a beginning
// is none.
func TestSum(t *testing.T) {
	out := []Outcome{
		{Index: 0, Nodes: 10, Hydraulic: Pair{Solved{Solves: 6}, Solved{Solves: 3}}},
		{Index: 1, Nodes: 10, Hydraulic: Pair{Solved{Solves: 16}, Solved{Solves: 5}}},
		{Index: 2, Nodes: 10, Hydraulic: Pair{Solved{Solves: 4, Reason: "7 kg/s behind V-1 come from nowhere"}, Solved{Skipped: true}}},
		{Index: 3, Nodes: 10, Hydraulic: Pair{Solved{Solves: 200, Failure: "endless"}, Solved{Skipped: true}}},
		{Index: 4, Failure: "no town"},
	}
	r := Sum(out)
	cold, warm := &r.Hydraulic.Cold, &r.Hydraulic.Warm
	if r.Towns != 5 || r.Nodes != 40 || len(r.Failed) != 2 || r.Failed[0].Why() != "hydraulics, cold: endless" || r.Failed[1].Why() != "no town" {
		t.Errorf("%+v", r)
	}
	if cold.Solved != 2 || cold.Named != 1 || cold.Failed != 2 || cold.Over != 1 || cold.Most != 16 || cold.Histogram[6] != 1 || cold.Histogram[16] != 1 ||
		cold.Worst[0].Index != 1 || cold.Quantile(0.5) != 6 || cold.Quantile(1) != 16 {
		t.Errorf("%+v", cold)
	}
	if !slices.Equal(cold.Reasons, []Count{{"… kg/s behind … come from nowhere", 1}}) {
		t.Errorf("%v", cold.Reasons)
	}
	if warm.Solved != 2 || warm.Named != 0 || warm.Over != 1 || warm.Most != 5 {
		t.Errorf("%+v", warm)
	}
}

// Ended early, the cases not begun are missing.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	out := Run(ctx, Options{Seed: 1, Count: 1000, Largest: 20, Workers: 1, Progress: func(*Outcome) {
		if done++; done == 3 {
			cancel()
		}
	}})
	if len(out) < 3 || len(out) > 6 {
		t.Errorf("%d outcomes", len(out))
	}
	for i := range out[:3] {
		if out[i].Failed() && !strings.Contains(out[i].Why(), "canceled") {
			t.Errorf("%+v", out[i])
		}
	}
}
