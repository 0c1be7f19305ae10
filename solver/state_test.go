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
	st.beginFlows()
	st.coldStart()
	n := testing.AllocsPerRun(5, func() {
		st.newtonStep()
		st.exchange()
		st.prescribeFlows()
		st.heed()
	})
	if n != 0 {
		t.Errorf("%v allocations in one iteration", n)
	}
}
