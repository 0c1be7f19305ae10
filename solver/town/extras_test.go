package town

import (
	"math"
	"reflect"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// equipped are towns with everything that a town may have.
var equipped = []Options{
	{Seed: 3, Stations: 29, Boosters: 1, Meshes: 3},
	{Seed: 4, Stations: 36, Peaks: 1, Boosters: 1, Relief: 15},
	{Seed: 8, Stations: 84, Peaks: 2, Boosters: 2, Meshes: 3},
	{Seed: 14, Stations: 216, Peaks: 2, Boosters: 1, Meshes: 2, Relief: 45},
	{Seed: 10, Stations: 120, Plants: 2, Peaks: 1, Meshes: 2},
	{Seed: 16, Stations: 276, Peaks: 1, Boosters: 2},
}

// What the generator's own hydraulics say of a town with peak plants, booster
// pumps and more rings is what the solver says: every station gets the flow
// its valve was set for, every peak plant gives its share, whatever its pumps
// hold; the pressure rules hold.
func TestEquippedTowns(t *testing.T) {
	pumps, peaks := 0, 0
	for _, o := range equipped {
		net, err := Generate(o)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		s, err := solver.New(net, solver.Options{})
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		r, err := s.Solve(t.Context(), models.Scenario{}, nil)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		keepsRules(t, o, "start", r)
		pumps += len(net.Pumps)
		if o.Plants > 1 {
			continue
		}
		p, err := design(o)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i, st := range p.stations {
			worst = math.Max(worst, math.Abs(r.Stations[i].Flow/(st.wanted*st.design)-1))
		}
		if worst > 0.06 {
			t.Errorf("%+v: a station is %.1f %% off what its valve was set for", o, 100*worst)
		}
		share := p.startFlow() / p.flow
		for i, k := range p.peaks {
			peaks++
			if x := r.Sources[1+i].Flow / (k.flow * share); x < 0.8 || x > 1.2 {
				t.Errorf("%+v: %s gives %.2f of its share", o, net.Sources[1+i].ID, x)
			}
		}
	}
	if pumps < 3 || peaks < 5 {
		t.Errorf("only %d booster pumps and %d peak plants were built", pumps, peaks)
	}
}

// Of the stations the share asked for is controlled by itself, by all three
// kinds of control; no limiter passes more than its limit, no differential
// controller leaves more than it holds, no reducing valve more pressure.
func TestControlledTown(t *testing.T) {
	net, err := Generate(Options{Seed: 6, Stations: 150, Controlled: 0.4})
	if err != nil {
		t.Fatal(err)
	}
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve(t.Context(), models.Scenario{Changes: []models.Change{{Element: net.Sources[0].ID, Attribute: models.AttrSpeed, Value: 1}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	index := net.Index()
	pressure := func(id models.ID) float64 {
		at, ok := index.At(models.KindJunction, id)
		if !ok {
			t.Fatal(id)
		}
		return r.Junctions[at].Pressure
	}
	count := map[models.ValveControl]int{}
	for i, v := range net.Valves {
		count[v.Control]++
		switch v.Control {
		case models.LimitFlow:
			if r.Valves[i].Flow > v.Flow*(1+1e-6) {
				t.Errorf("%s passes %g kg/s of %g", v.ID, r.Valves[i].Flow, v.Flow)
			}
		case models.HoldDifferential:
			if dp := pressure(v.HighSensor) - pressure(v.LowSensor); dp > v.Differential+1 {
				t.Errorf("%s leaves %g Pa of %g", v.ID, dp, v.Differential)
			}
		case models.ReducePressure:
			if at := pressure(v.To); at > v.Pressure+1 {
				t.Errorf("%s leaves %g Pa of %g", v.ID, at, v.Pressure)
			}
		}
	}
	limited := 0
	for i := range net.Stations {
		if l := net.Stations[i].FlowLimit; l.Known {
			limited++
			if r.Stations[i].Flow > l.Value*(1+1e-6) {
				t.Errorf("%s passes %g kg/s of %g", net.Stations[i].ID, r.Stations[i].Flow, l.Value)
			}
		}
	}
	all := count[models.LimitFlow] + count[models.HoldDifferential] + limited
	if all < 45 || all > 75 || count[models.LimitFlow] < 10 || count[models.HoldDifferential] < 10 || limited < 10 || count[models.ReducePressure] == 0 {
		t.Errorf("controls: %v, %d limited stations", count, limited)
	}
}

// What is asked for and cannot be is refused; what is not asked for changes
// nothing.
func TestEquipmentIsOptional(t *testing.T) {
	for _, o := range []Options{{Stations: 50, Peaks: -1}, {Stations: 50, Boosters: -1}, {Stations: 50, Controlled: 1.1}, {Stations: 50, Relief: 400}, {Stations: 50, Meshes: -1}} {
		if n, err := Generate(o); err == nil || n != nil {
			t.Errorf("%+v: no refusal", o)
		}
	}
	bare, controlled := generate(t, 9, 60), Options{Seed: 9, Stations: 60, Controlled: 1}
	n, err := Generate(controlled)
	if err != nil {
		t.Fatal(err)
	}
	for i := range bare.Pipes {
		if !reflect.DeepEqual(n.Pipes[i], bare.Pipes[i]) {
			t.Fatalf("pipe %s became another", bare.Pipes[i].ID)
		}
	}
}
