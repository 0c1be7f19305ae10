package town

import (
	"math"
	"reflect"
	"testing"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

func generate(t *testing.T, seed int64, stations int) *models.Network {
	t.Helper()
	n, err := Generate(Options{Seed: seed, Stations: stations})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSameOptionsSameTown(t *testing.T) {
	a, b := generate(t, 7, 120), generate(t, 7, 120)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same options gave two towns")
	}
	if reflect.DeepEqual(a, generate(t, 8, 120)) {
		t.Error("another seed gave the same town")
	}
}

func TestSizesOutsideTheRangeAreRefused(t *testing.T) {
	for _, n := range []int{-1, 0, 9, MaxStations + 1} {
		if net, err := Generate(Options{Seed: 1, Stations: n}); err == nil || net != nil {
			t.Errorf("%d stations: no refusal", n)
		}
	}
}

// Every id once, every end of a branch an existing junction of the right side,
// one pressure hold, every station reached on both sides.
func TestTownIsWhole(t *testing.T) {
	for _, size := range []int{10, 50, 200, 1000} {
		n := generate(t, 3, size)
		if len(n.Stations) != size || len(n.Sources) != 1 {
			t.Fatalf("%d stations and %d sources for %d", len(n.Stations), len(n.Sources), size)
		}
		seen := map[models.ID]bool{}
		for _, id := range n.Elements() {
			if seen[id] {
				t.Errorf("%s stands twice", id)
			}
			seen[id] = true
		}
		side := map[models.ID]models.Side{}
		holds := 0
		for _, j := range n.Junctions {
			side[j.ID] = j.Side
			if j.FixedPressure.Known {
				holds++
			}
			if !j.Elevation.Known || j.Elevation.Value < 0 || j.Elevation.Value > 60 {
				t.Errorf("%s lies at %v m", j.ID, j.Elevation)
			}
		}
		if holds != 1 {
			t.Errorf("%d pressure holds", holds)
		}
		for _, p := range n.Pipes {
			if side[p.From] != p.Side || side[p.To] != p.Side {
				t.Errorf("pipe %s joins %s and %s", p.ID, p.From, p.To)
			}
		}
		for _, s := range n.Stations {
			if side[s.From] != models.SideSupply || side[s.To] != models.SideReturn {
				t.Errorf("station %s stands between %s and %s", s.ID, s.From, s.To)
			}
		}
		for _, v := range n.Valves {
			if side[v.From] != v.Side || side[v.To] != v.Side {
				t.Errorf("valve %s joins %s and %s", v.ID, v.From, v.To)
			}
		}
	}
}

// A station's figures lie where a design institute would put them.
func TestStationsAreSized(t *testing.T) {
	n := generate(t, 11, 300)
	name := map[string]bool{}
	for _, s := range n.Stations {
		flow := s.DesignHeat() / (water.MeanHeatCapacity(s.Design.PrimarySupply, s.Design.PrimaryReturn) * 60)
		fixed := s.FixedResistance * flow * flow
		right := kvFor(flow, 945, 5e4)
		switch {
		case s.HeatedArea < 2e4 || s.HeatedArea > 20e4:
			t.Errorf("%s: %g m2", s.ID, s.HeatedArea)
		case s.HeatIndex < 40 || s.HeatIndex > 50:
			t.Errorf("%s: %g W/m2", s.ID, s.HeatIndex)
		case math.Abs(s.Design.PrimarySupply-s.Design.PrimaryReturn-60) > 1e-9:
			t.Errorf("%s: primary %g/%g K", s.ID, s.Design.PrimarySupply, s.Design.PrimaryReturn)
		case s.Design.PrimaryReturn-s.Design.SecondaryReturn < 4.9 || s.Design.PrimarySupply <= s.Design.SecondarySupply:
			t.Errorf("%s: no exchanger does %+v", s.ID, s.Design)
		case fixed < 4.9e4 || fixed > 8.1e4:
			t.Errorf("%s: fixed resistance takes %g Pa", s.ID, fixed)
		case s.Valve.Kvs/right < 1.35 || s.Valve.Kvs/right > 3.3:
			t.Errorf("%s: Kvs %g is %.2f times what it should be", s.ID, s.Valve.Kvs, s.Valve.Kvs/right)
		case s.Valve.Rangeability < 30 || s.Valve.Rangeability > 50:
			t.Errorf("%s: rangeability %g", s.ID, s.Valve.Rangeability)
		case s.Opening <= 0 || s.Opening > 1 || math.Abs(s.Opening*1000-math.Round(s.Opening*1000)) > 1e-6:
			t.Errorf("%s: opening %g", s.ID, s.Opening)
		case s.Name == "" || s.NameEn == "" || name[s.Name]:
			t.Errorf("%s: name %q, %q", s.ID, s.Name, s.NameEn)
		}
		name[s.Name] = true
	}
}

// At design flow no main passes 70 Pa/m, most lie above 25 (diameters come in
// steps), no service line passes 150 Pa/m or 3.5 m/s.
func TestPipesAreSized(t *testing.T) {
	for _, size := range []int{60, 200, 900} {
		p, err := design(Options{Seed: 5, Stations: size})
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.solve(p.designFlows())
		if err != nil {
			t.Fatal(err)
		}
		var length, within float64
		for i := range p.edges {
			e := &p.edges[i]
			if e.tie {
				continue
			}
			pm, v := p.friction(math.Abs(r.flow[i])/float64(e.lines), sizes[e.size].Inner())
			limit := 70.0
			if e.service {
				limit = serviceLimit
			}
			if pm > limit+0.01 || v > fastest {
				t.Errorf("%d stations, edge %d: %.0f Pa/m, %.2f m/s", size, i, pm, v)
			}
			if !e.service && e.feeds >= 3 {
				length += e.length
				if pm >= 25 {
					within += e.length
				}
			}
		}
		if within < 0.75*length {
			t.Errorf("%d stations: only %.0f %% of the mains above 25 Pa/m", size, 100*within/length)
		}
	}
}

// The sum around each open ring is nil: supply and return losses agree
// whichever way a place is reached.
func TestRingsClose(t *testing.T) {
	p, err := design(Options{Seed: 2, Stations: 400})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.loops) == 0 {
		t.Fatal("a town of 400 stations without an open ring")
	}
	r, err := p.solve(p.designFlows())
	if err != nil {
		t.Fatal(err)
	}
	for _, tie := range p.loops {
		sum := 0.0
		for _, s := range p.ring(tie) {
			dp, _ := p.loss(&p.edges[s.edge], r.flow[s.edge])
			sum += s.sign * dp
		}
		if math.Abs(sum) > 0.02 {
			t.Errorf("ring of tie %d: %.3f Pa left over", tie, sum)
		}
	}
}

// The season begins with near stations over 1.6, far ones under 0.7, pumps at
// about 0.7 of the needed head, and a pump that can do more than is needed.
func TestStartIsOutOfBalance(t *testing.T) {
	for _, seed := range []int64{1, 2, 3, 4, 5} {
		p, err := design(Options{Seed: seed, Stations: 200})
		if err != nil {
			t.Fatal(err)
		}
		least, most := math.Inf(1), 0.0
		for _, s := range p.stations {
			least, most = math.Min(least, s.wanted), math.Max(most, s.wanted)
		}
		if least > 0.66 || least < 0.45 || most < 1.68 || most > 2.3 {
			t.Errorf("seed %d: flow ratios from %.2f to %.2f", seed, least, most)
		}
		if h := p.start / p.needed; h < 0.65 || h > 0.8 {
			t.Errorf("seed %d: starts at %.2f of the needed head", seed, h)
		}
		if spare := p.limit / p.needed; spare < 1.1 || spare > 1.36 {
			t.Errorf("seed %d: the pump can do %.2f of the needed head", seed, spare)
		}
	}
}
