package design

import (
	"context"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// street is a closed circuit of n consumers in a row, every pipe far too
// large, return junctions without coordinates.
func street(n int) *models.Network {
	net := &models.Network{Name: "street"}
	add := func(id models.ID, side models.Side, x float64) {
		j := models.Junction{ID: id, Side: side, Elevation: models.Some(5)}
		if side == models.SideSupply {
			j.X, j.Y = models.Some(x), models.Some(0)
		}
		net.Junctions = append(net.Junctions, j)
	}
	name := func(kind string, k int) models.ID { return models.ID(kind + string(rune('0'+k))) }
	add("S0", models.SideSupply, 0)
	add("R0", models.SideReturn, 0)
	net.Junctions[0].FixedPressure = models.Some(7e5)
	for k := 1; k <= n; k++ {
		add(name("S", k), models.SideSupply, float64(100*k))
		add(name("R", k), models.SideReturn, 0)
		pipe := models.Pipe{Side: models.SideSupply, Length: 100 + float64(k), InnerDiameter: 0.8, OuterDiameter: models.Some(0.8), Roughness: 5e-5, HeatLoss: models.Some(1), Ambient: models.Some(278.15)}
		pipe.Branch = models.Branch{ID: name("PS", k), From: name("S", k-1), To: name("S", k)}
		net.Pipes = append(net.Pipes, pipe)
		pipe.Branch = models.Branch{ID: name("PR", k), From: name("R", k), To: name("R", k-1)}
		pipe.Side = models.SideReturn
		net.Pipes = append(net.Pipes, pipe)
		net.Stations = append(net.Stations, models.Station{Branch: models.Branch{ID: name("C", k), From: name("S", k), To: name("R", k)},
			Demand: models.Demand{Heat: models.Some(4e5), TemperatureDrop: models.Some(20)}})
	}
	net.Sources = []models.Source{{Branch: models.Branch{ID: "HS", From: "R0", To: "S0"}, SupplyTemperature: 368.15, Control: models.ControlDifferential, Differential: 3e5}}
	return net
}

func TestStreetBecomesATown(t *testing.T) {
	reference := street(6)
	n, note, err := Stations(context.Background(), reference, Options{Gradient: 100, TemperatureDrop: 40})
	if err != nil {
		t.Fatal(err)
	}
	if reference.Pipes[0].InnerDiameter != 0.8 || reference.Stations[0].Valve.Kvs != 0 {
		t.Error("the reference itself was changed")
	}
	if note.Stations != 6 || note.Resized != 12 || note.Critical != "C6" {
		t.Errorf("note %+v; want 6 stations, 12 pipes, C6 critical", note)
	}
	s := n.Stations[0]
	flow := s.DesignFlow.Value
	if want := 4e5 / (4205 * 40); math.Abs(flow/want-1) > 0.01 {
		t.Errorf("design flow %g kg/s, want about %g", flow, want)
	}
	if math.Abs(s.HeatedArea-4e5/45) > 1 || s.HeatIndex != 45 || s.Opening != 0.8 || s.Demand.Given() {
		t.Errorf("station %+v", s)
	}
	if drop := s.FixedResistance * flow * flow; math.Abs(drop-30e3) > 1e-6 {
		t.Errorf("fixed drop %g Pa, want 30 kPa", drop)
	}
	if s.Design.PrimaryReturn-s.Design.SecondaryReturn != 5 {
		t.Errorf("approach %g K, want 5", s.Design.PrimaryReturn-s.Design.SecondaryReturn)
	}
	need := flow / 975 * 3600 / math.Sqrt(0.5/0.975)
	if s.Valve.Kvs < need*0.99 || s.Valve.Kvs > need*1.61 {
		t.Errorf("Kvs %g for a need of %g", s.Valve.Kvs, need)
	}
	if hold := n.Junctions[1]; hold.ID != "R0" || hold.FixedPressure != models.Some(4e5) || n.Junctions[0].FixedPressure.Known {
		t.Errorf("hold %+v; want the reference's 4 bar at the source's return", hold)
	}
	for i := range n.Junctions {
		if j := &n.Junctions[i]; !j.X.Known || j.X.Value != 100*float64(j.ID[1]-'0') {
			t.Errorf("junction %s at %+v", j.ID, j.X)
		}
	}
	if n.Pipes[2].Partner != "PR2" || n.Pipes[3].Partner != "PS2" {
		t.Errorf("partners %s and %s", n.Pipes[2].Partner, n.Pipes[3].Partner)
	}
	if p := n.Pipes[0]; math.Abs(p.HeatLoss.Value-p.OuterDiameter.Value/0.8) > 1e-12 {
		t.Errorf("heat loss %g at outer diameter %g: the loss per surface should stay", p.HeatLoss.Value, p.OuterDiameter.Value)
	}
	for _, key := range []string{"valve", "opening", "heated_area_m2", "fixed_resistance_pa_per_kg2_s2"} {
		if !strings.Contains(strings.Join(s.Assumed, " "), key) {
			t.Errorf("%s is not marked assumed", key)
		}
	}
}

// At design flow no resized pipe costs more than asked, and the next smaller
// step would.
func TestGradient(t *testing.T) {
	n, _, err := Stations(context.Background(), street(6), Options{Gradient: 80})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.Stations {
		n.Stations[i].Demand.Flow = n.Stations[i].DesignFlow
	}
	s, err := solver.New(n, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve(context.Background(), models.Scenario{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range n.Pipes {
		if g := math.Abs(r.Pipes[i].PressureDrop) / p.Length; g > 80*1.02 || g < 80/8.0 {
			t.Errorf("%s DN%d: %.1f Pa/m", p.ID, p.DN, g)
		}
	}
}

// The designed town is out of balance at first and can be balanced: what the
// pump gives at design flow exceeds what the critical station needs.
func TestTownIsOutOfBalanceAtFirst(t *testing.T) {
	n, note, err := Stations(context.Background(), street(9), Options{Gradient: 100})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(note.PumpHead/note.CriticalNeed-1.2) > 1e-9 {
		t.Errorf("head %g for a need of %g", note.PumpHead, note.CriticalNeed)
	}
	s, err := solver.New(n, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve(context.Background(), models.Scenario{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	least, most := math.Inf(1), 0.0
	for i := range n.Stations {
		need, err := heating.Required(n, &n.Stations[i], n.Climate.DesignOutdoor, r.Stations[i].TempIn)
		if err != nil {
			t.Fatal(err)
		}
		x := r.Stations[i].Flow / need.Flow
		least, most = math.Min(least, x), math.Max(most, x)
	}
	if most/least < 1.2 {
		t.Errorf("x from %.2f to %.2f: nothing to balance", least, most)
	}
	if got, want := r.Sources[0].Lift, note.PumpHead; math.Abs(got/want-1) > 0.25 {
		t.Errorf("the pump lifts %.0f Pa, designed for %.0f at design flow", got, want)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*models.Network)
		o     Options
		says  string
	}{
		{"open", func(n *models.Network) { n.Open = true }, Options{}, "open"},
		{"two sources", func(n *models.Network) { n.Sources = append(n.Sources, n.Sources[0]) }, Options{}, "2 sources"},
		{"no stations", func(n *models.Network) { n.Stations = nil }, Options{}, "no stations"},
		{"nothing given", func(n *models.Network) { n.Stations[1].Demand = models.Demand{} }, Options{}, "C2: demand: neither flow nor heat"},
		{"nothing asked", func(n *models.Network) {
			for i := range n.Stations {
				n.Stations[i].Demand.Heat = models.Some(0)
			}
		}, Options{}, "no station asks for anything"},
		{"drop too large", func(n *models.Network) {}, Options{TemperatureDrop: 80}, "choose a smaller temperature drop"},
	} {
		n := street(3)
		c.spoil(n)
		if _, _, err := Stations(context.Background(), n, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
}

func TestIdleStationsGoOutOfService(t *testing.T) {
	ref := street(3)
	ref.Stations[1].Demand.Heat = models.Some(0)
	n, note, err := Stations(context.Background(), ref, Options{Gradient: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(note.Idle) != 1 || note.Idle[0] != "C2" || !n.Stations[1].OutOfService {
		t.Errorf("idle %v", note.Idle)
	}
}
