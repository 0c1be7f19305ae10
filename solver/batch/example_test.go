package batch_test

import (
	"context"
	"fmt"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
	"evenflow/solver/batch"
)

// What happens to the others when one user after the other is shut: all from
// one compiled network, whatever the number of workers.
func ExampleSolve() {
	s, err := solver.New(examples.FiveUserLadder(), solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	scenarios := []models.Scenario{{Name: "all"}}
	for _, id := range []models.ID{"U1", "U5", "U9"} {
		scenarios = append(scenarios, models.Scenario{Name: "without " + string(id), Changes: []models.Change{{Element: id, Attribute: models.AttrInService, Value: 0}}})
	}
	for i, o := range batch.Solve(context.Background(), s.Nearby, scenarios, batch.Options{Workers: 2}) {
		if o.Err != nil { // the other scenarios have their answers all the same
			fmt.Println(scenarios[i].Name, "fails:", models.ErrorElements(o.Err))
			continue
		}
		fmt.Printf("%s: user 3 gets %.1f t/h\n", scenarios[i].Name, o.Result.Stations[2].Flow*3.6)
	}
	// Output:
	// all: user 3 gets 100.0 t/h
	// without U1: user 3 gets 102.8 t/h
	// without U5: user 3 gets 111.2 t/h
	// without U9 fails: [U9]
}
