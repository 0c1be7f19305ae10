package town

import (
	"math"
	"reflect"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// A city is whole: as many stations as asked for, a plant a district, one
// pressure hold, ids used once (all by the network's own check), the same
// again for the same options.
func TestCityIsWhole(t *testing.T) {
	for o, plants := range map[Options]int{{Seed: 4, Stations: MostOfOnePlant + 1}: 4, {Seed: 2, Stations: 40, Plants: 3}: 3, {Seed: 3, Stations: 300, Plants: 5}: 5} {
		wholeCity(t, o, plants)
	}
	for _, o := range []Options{{Stations: 40, Plants: 5}, {Stations: 40, Plants: -1}, {Stations: 20000, Plants: 3}} {
		if n, err := Generate(o); err == nil || n != nil {
			t.Errorf("%+v: no refusal", o)
		}
	}
}

func wholeCity(t *testing.T, o Options, plants int) {
	t.Helper()
	n, err := Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Validate().Refused(); err != nil {
		t.Error(err)
	}
	if len(n.Stations) != o.Stations || len(n.Sources) != plants {
		t.Errorf("%d stations, %d sources", len(n.Stations), len(n.Sources))
	}
	names := map[string]bool{}
	for _, s := range n.Stations {
		if names[s.Name] {
			t.Errorf("two stations are called %s", s.Name)
		}
		names[s.Name] = true
	}
	again, err := Generate(o)
	if err != nil || !reflect.DeepEqual(n, again) {
		t.Error("the same options gave two cities", err)
	}
}

// The five pressure rules hold in a city as in a town; with the balanced
// openings every station has its design flow although ties and trunk mains
// are open, and every plant carries its district.
func TestCityKeepsTheRules(t *testing.T) {
	o := Options{Seed: 1, Stations: MostOfOnePlant + 500}
	c, err := designCity(o)
	if err != nil {
		t.Fatal(err)
	}
	net := c.network()
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	balanced := models.Scenario{Name: "balanced"}
	full := models.Scenario{Name: "full speed"}
	at := 0
	for k, p := range c.districts {
		for i := range p.stations {
			balanced.Changes = append(balanced.Changes, models.Change{Element: net.Stations[at].ID, Attribute: models.AttrOpening, Value: p.stations[i].balanced})
			at++
		}
		balanced.Changes = append(balanced.Changes, models.Change{Element: net.Sources[k].ID, Attribute: models.AttrSpeed, Value: p.speedFor(p.needed, p.flow+p.export)})
		full.Changes = append(full.Changes, models.Change{Element: net.Sources[k].ID, Attribute: models.AttrSpeed, Value: 1})
	}
	for _, sc := range []models.Scenario{{Name: "start"}, balanced, full} {
		r, err := s.Solve(t.Context(), sc, nil)
		if err != nil {
			t.Fatal(sc.Name, err)
		}
		keepsRules(t, o, sc.Name, r)
		if sc.Name != "balanced" {
			continue
		}
		at, worst, sum := 0, 0.0, 0.0
		for k, p := range c.districts {
			for i := range p.stations {
				worst = math.Max(worst, math.Abs(r.Stations[at].Flow/p.stations[i].design-1))
				at++
			}
			sum += math.Abs(r.Sources[k].Flow/(p.flow+p.export)-1) / float64(len(c.districts))
		}
		if worst > 0.06 || sum > 0.03 {
			t.Errorf("a station is %.1f %% off its design flow, the plants %.1f %%", 100*worst, 100*sum)
		}
	}
	open := 0
	for i := range c.links {
		if c.links[i].e.tie && c.links[i].open {
			open++
		}
	}
	if open < 2 || open == len(c.links) {
		t.Errorf("%d of %d links are open ties", open, len(c.links))
	}
}
