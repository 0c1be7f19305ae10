package solver

import (
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// The Newton loop and the temperature sweep take their memory from the state.
func TestIterationDoesNotAllocate(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 2, Stations: 60})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(net, Options{})
	if err != nil {
		t.Fatal(err)
	}
	st := s.newState(models.Scenario{}, s.plan.base)
	if err := st.connect(); err != nil {
		t.Fatal(err)
	}
	st.takeCore(st.newCore())
	st.refresh()
	st.beginFlows(false)
	st.coldStart()
	n := testing.AllocsPerRun(5, func() {
		st.newtonStep()
		st.heat()
		st.exchange(true, true)
	})
	if n != 0 {
		t.Errorf("%v allocations in one iteration", n)
	}
}

// Nor do the regulators: pumps that watch several stations, a controller of a
// differential, pressure-independent valves.
func TestRegulatorsDoNotAllocate(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 2, Stations: 60})
	if err != nil {
		t.Fatal(err)
	}
	x := &net.Sources[0]
	x.Control, x.Differential, x.MinSpeed = models.ControlRemote, 9e4, 0.05
	for i := range net.Stations {
		if s := &net.Stations[i]; i%3 == 0 {
			s.FlowLimit = models.Some(2)
		} else if i%3 == 1 {
			x.Remote = append(x.Remote, s.ID)
		}
	}
	s := &net.Stations[2] // a controller in its return
	at, _ := net.Index().At(models.KindJunction, s.To)
	end := net.Junctions[at]
	end.ID = "before the controller"
	net.Junctions = append(net.Junctions, end)
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: "controller", From: end.ID, To: s.To}, Side: models.SideReturn, Opening: 1, InnerDiameter: 0.1,
		Control: models.HoldDifferential, Differential: 2e4, HighSensor: s.From, LowSensor: end.ID})
	s.To = end.ID
	st := begunState(t, net)
	for range 6 {
		st.newtonStep()
		st.turn(nearby)
	}
	if n := len(st.regs.border.rows); n < 2 {
		t.Fatalf("%d regulators hold", n)
	}
	n := testing.AllocsPerRun(5, func() {
		st.newtonStep()
		st.turn(onTheWay)
		st.heat()
		st.exchange(true, true)
	})
	if n != 0 {
		t.Errorf("%v allocations in one iteration", n)
	}
}

// townOf returns a generated town.
func townOf(t *testing.T, o town.Options) *models.Network {
	t.Helper()
	net, err := town.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// solvedState returns the state in which a network as filed was solved.
func solvedState(t *testing.T, net *models.Network) *state {
	t.Helper()
	s, err := New(net, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := s.NewRun()
	if _, err := run.Solve(t.Context(), models.Scenario{}); err != nil {
		t.Fatal(err)
	}
	return run.st
}

// begunState returns a state before the first step from a cold start.
func begunState(t *testing.T, net *models.Network) *state {
	t.Helper()
	s, err := New(net, Options{})
	if err != nil {
		t.Fatal(err)
	}
	st := s.newState(models.Scenario{}, s.plan.base)
	if err := st.prepare(nil); err != nil {
		t.Fatal(err)
	}
	st.refresh()
	st.beginFlows(false)
	st.coldStart()
	return st
}
