package solver_test

import (
	"context"
	"errors"
	"fmt"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
)

// Compile a network once, then solve scenarios of it.
func Example() {
	s, err := solver.New(examples.FiveUserLadder(), solver.Options{})
	if err != nil {
		fmt.Println(err) // lists every problem of the network
		return
	}
	normal, err := s.Solve(context.Background(), models.Scenario{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	more := models.Scenario{}.With(models.Change{Element: "HS", Attribute: models.AttrDifferential, Op: models.Scale, Value: 1.21})
	raised, err := s.Solve(context.Background(), more, normal) // from where the other one ended
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range normal.Stations {
		fmt.Printf("user %d: %.1f t/h, then %.1f t/h\n", i+1, normal.Stations[i].Flow*3.6, raised.Stations[i].Flow*3.6)
	}
	// Output:
	// user 1: 100.0 t/h, then 110.0 t/h
	// user 2: 100.0 t/h, then 110.0 t/h
	// user 3: 100.0 t/h, then 110.0 t/h
	// user 4: 100.0 t/h, then 110.0 t/h
	// user 5: 100.0 t/h, then 110.0 t/h
}

// One scenario after the other, as a slider asks for them: a run starts from
// where the last one ended and computes anew what has changed.
func ExampleRun() {
	s, err := solver.New(examples.FiveUserLadder(), solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	run := s.NewRun()
	for _, kpa := range []float64{400, 100, 25} {
		sc := models.Scenario{Changes: []models.Change{{Element: "HS", Attribute: models.AttrDifferential, Value: kpa * 1e3}}}
		if _, err := run.Solve(context.Background(), sc); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%3.0f kPa: %.0f t/h\n", kpa, run.Result().Sources[0].Flow*3.6)
	}
	// Output:
	// 400 kPa: 500 t/h
	// 100 kPa: 250 t/h
	//  25 kPa: 125 t/h
}

// What is cut off is an answer, with what cuts it; what a network cannot be
// asked is an error, with the element.
func ExampleSolver_Solve() {
	s, err := solver.New(examples.FiveUserLadder(), solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	shut := models.Scenario{Changes: []models.Change{{Element: "PS4", Attribute: models.AttrInService, Value: 0}, {Element: "PR4", Attribute: models.AttrInService, Value: 0}}}
	r, err := s.Solve(context.Background(), shut, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, is := range r.Islands {
		fmt.Println(is.Junctions, is.Stations, "cut by", is.Valves)
	}
	_, err = s.Solve(context.Background(), models.Scenario{Changes: []models.Change{{Element: "HS", Attribute: models.AttrDifferential, Value: -1}}}, nil)
	var input *solver.InputError
	fmt.Println(errors.As(err, &input), models.ErrorElements(err))
	// Output:
	// [S4 S5] [U4 U5] cut by [PS4]
	// [R4 R5] [U4 U5] cut by [PR4]
	// true [HS]
}

// Limits are data: element, value, bound and what is to spare, the tightest
// place of each.
func ExampleReport_margins() {
	net := examples.FiveUserLadder()
	s, err := solver.New(net, solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := s.Solve(context.Background(), models.Scenario{Changes: []models.Change{{Element: "R0", Attribute: models.AttrFixedPressure, Value: 20e3}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range r.Report.Margins {
		if v.Margin < 0 {
			fmt.Printf("%s at %s: %.0f of %.0f kPa\n", v.Limit, v.Element, v.Value/1e3, v.Bound/1e3)
		}
	}
	// Output:
	// boiling at R0: -22 of 40 kPa
	// sub_atmospheric at R0: 20 of 50 kPa
}

// The result re-checked from its own numbers.
func ExampleSolver_Audit() {
	s, err := solver.New(examples.FiveUserLadder(), solver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := s.Solve(context.Background(), models.Scenario{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := s.Audit(models.Scenario{}, r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.OK(), a.Loops, "loops")
	// Output:
	// true 5 loops
}
