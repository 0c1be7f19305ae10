package solver_test

import (
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// A Run that goes from scenario to scenario takes no memory but what the first
// ones took, whatever holds, limits or is short in the network: regulators that
// change their stand, stations that come to the end of their valve, sources
// that are called upon.
func TestRunDoesNotAllocate(t *testing.T) {
	town := func(change func(net *models.Network)) *models.Network {
		net := generate(t, 2, 60)
		change(net)
		return net
	}
	remote := func(net *models.Network) {
		x := &net.Sources[0]
		x.Control, x.Differential, x.MinSpeed = models.ControlRemote, 9e4, 0.05
		for i := 1; i < len(net.Stations); i += 7 {
			x.Remote = append(x.Remote, net.Stations[i].ID)
		}
	}
	limited := func(net *models.Network) {
		for i := 0; i < len(net.Stations); i += 3 {
			net.Stations[i].FlowLimit = models.Some(2)
		}
	}
	asking := func(net *models.Network) {
		for i := range net.Stations {
			x := &net.Stations[i]
			x.Demand = models.Demand{Heat: models.Some(x.DesignHeat()), ReturnTemperature: models.Some(x.Design.PrimaryReturn)}
		}
	}
	first := func(net *models.Network) models.ID { return net.Stations[0].ID }
	for name, c := range map[string]struct {
		net *models.Network
		set func(net *models.Network) []models.Change // turn by turn
	}{
		"openings": {town(func(*models.Network) {}), func(net *models.Network) []models.Change {
			return []models.Change{set(first(net), models.AttrOpening, 0.3), set(first(net), models.AttrOpening, 0.9), set(net.Sources[0].ID, models.AttrSpeed, 0.9)}
		}},
		"limiters": {town(limited), func(net *models.Network) []models.Change {
			return []models.Change{set(first(net), models.AttrOpening, 0.3), set(first(net), models.AttrOpening, 0.9), set(net.Sources[0].ID, models.AttrSpeed, 0.3)}
		}},
		"a remote differential": {town(remote), func(net *models.Network) []models.Change {
			return []models.Change{set(first(net), models.AttrOpening, 0.3), set(net.Stations[8].ID, models.AttrOpening, 1), set(net.Sources[0].ID, models.AttrDifferential, 4e4)}
		}},
		"a controller in the street": {town(controllerOfStation2), func(net *models.Network) []models.Change {
			return []models.Change{set(net.Stations[2].ID, models.AttrOpening, 0.2), set(net.Stations[2].ID, models.AttrOpening, 1), set(net.Sources[0].ID, models.AttrSpeed, 0.5)}
		}},
		"all of them": {town(func(net *models.Network) { remote(net); limited(net); controllerOfStation2(net) }), func(net *models.Network) []models.Change {
			return []models.Change{set(net.Stations[2].ID, models.AttrOpening, 0.2), set(net.Stations[8].ID, models.AttrOpening, 1), set(net.Sources[0].ID, models.AttrDifferential, 4e4)}
		}},
		"short of differential": {town(asking), func(net *models.Network) []models.Change {
			return []models.Change{set(net.Sources[0].ID, models.AttrSpeed, 0.5), set(first(net), models.AttrHeat, 1e5), set(net.Sources[0].ID, models.AttrSpeed, 0.6)}
		}},
		// At their highest speed the pumps hold less than they should, and what one
		// station asks for decides which others come to the end of their valve.
		"short, at pumps that cannot keep up": {town(func(net *models.Network) { asking(net); remote(net); net.Sources[0].MaxSpeed = 0.6 }), func(net *models.Network) []models.Change {
			return []models.Change{set(first(net), models.AttrHeat, 1e4), set(net.Stations[8].ID, models.AttrHeat, 1e7), set(net.Sources[0].ID, models.AttrDifferential, 2e4)}
		}},
		"an order of merit": {plants([]int{1, 2, 3}, []float64{6, 5, 0}), func(net *models.Network) []models.Change {
			return []models.Change{set("A", models.AttrDifferential, 1.9e5), set("C", models.AttrDifferential, 2.1e5), set("C", models.AttrDifferential, 1e4)}
		}},
	} {
		for _, temperatures := range []solver.Temperatures{solver.Isothermal, solver.Coupled} {
			run := compile(t, c.net, solver.Options{Temperatures: temperatures}).NewRun()
			changes, turn := c.set(c.net), 0
			next := func() {
				one := changes[turn%len(changes):]
				if _, err := run.Solve(t.Context(), models.Scenario{Changes: one[:1]}); err != nil {
					t.Fatal(name, err)
				}
				turn++
			}
			for range 3 * len(changes) {
				next()
			}
			if n := testing.AllocsPerRun(3*len(changes), next); n != 0 {
				t.Errorf("%s, temperatures %v: %v allocations a scenario", name, temperatures, n)
			}
		}
	}
}

// controllerOfStation2 puts a differential controller into a station's return.
func controllerOfStation2(net *models.Network) {
	s := &net.Stations[2]
	at, _ := net.Index().At(models.KindJunction, s.To)
	end := net.Junctions[at]
	end.ID = "before the controller"
	end.FixedPressure = models.Optional{}
	net.Junctions = append(net.Junctions, end)
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: "controller", From: end.ID, To: s.To}, Side: models.SideReturn, Opening: 1, InnerDiameter: 0.1,
		Control: models.HoldDifferential, Differential: 2e4, HighSensor: s.From, LowSensor: end.ID})
	s.To = end.ID
}
