package explain_test

import (
	"context"
	"fmt"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
	"evenflow/solver/explain"
)

// The hand calculation of one element: every number with its unit and source,
// and the formula by which it follows from those above it.
func ExampleOf() {
	net := examples.FiveUserLadder()
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := s.Solve(context.Background(), models.Scenario{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sheet, err := explain.Of(net, models.Scenario{}, r, "PS1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range sheet.Lines {
		if l.Symbol == "m" || l.Symbol == "dp" {
			fmt.Printf("%s = %.5g %s, %s: %q\n", l.Symbol, l.Value, l.Unit, l.Source, l.Formula)
		}
	}
	// Output:
	// m = 138.89 kg/s, solution: ""
	// dp = 30000 Pa, calculated: "S*m*ABS(m)"
}
