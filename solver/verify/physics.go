package verify

import (
	"context"
	"fmt"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// waterProperties verifies density, viscosity and heat capacity at 1.6 MPa
// from 10 degC on: the product calculates with functions of temperature at
// that pressure.
func waterProperties(_ context.Context, path, name string) ([]Line, error) {
	_, rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	t := newTally()
	for _, row := range rows {
		if len(row) < 5 || parse(row[0]) != 1.6 || parse(row[1]) < 10 || parse(row[1]) > 150 {
			continue
		}
		T := water.Zero + parse(row[1])
		at := models.ID(row[1] + " degC")
		t.add(Deviation{"rho", at, water.Density(T)/parse(row[2]) - 1, 1e-4, ""})
		t.add(Deviation{"mu", at, water.Viscosity(T)/parse(row[3]) - 1, 1.2e-3, ""})
		t.add(Deviation{"cp", at, water.HeatCapacity(T)/parse(row[4]) - 1, 4e-4, ""})
	}
	line := t.line(name)
	line.Note = "fits at 1.6 MPa, 10 to 150 degC"
	return []Line{line}, nil
}

// saturation verifies the boiling pressure from 60 to 150 degC.
func saturation(_ context.Context, path, name string) ([]Line, error) {
	_, rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	t := newTally()
	for _, row := range rows {
		if c := parse(row[0]); c >= 60 && c <= 150 {
			t.add(Deviation{"psat", models.ID(row[0] + " degC"), water.SaturationPressure(water.Zero+c)/parse(row[1]) - 1, 4e-4, ""})
		}
	}
	line := t.line(name)
	line.Note = "60 to 150 degC"
	return []Line{line}, nil
}

// colebrook verifies the friction factor to 1e-12.
func colebrook(_ context.Context, path, name string) ([]Line, error) {
	_, rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	t := newTally()
	for _, row := range rows {
		re, rel := parse(row[0]), parse(row[1])
		lambda, _ := law.ColebrookLambda(re, rel)
		t.add(Deviation{"lambda", models.ID(fmt.Sprintf("Re %g, k/d %g", re, rel)), lambda/parse(row[2]) - 1, 1e-12, ""})
	}
	return []Line{t.line(name)}, nil
}
