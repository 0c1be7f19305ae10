package solver

import (
	"fmt"

	"evenflow/models"
)

// InputError refuses a network or a scenario before anything is computed.
// Every problem names its element, the reason and a remedy.
type InputError struct{ Problems models.Problems }

// Error lists the problems, one a line.
func (e *InputError) Error() string { return e.Problems.Error() }

// Unwrap gives the problems to errors.As and models.ErrorElements, and makes
// an unknown element match models.ErrNotFound.
func (e *InputError) Unwrap() []error { return e.Problems.Unwrap() }

// refuse returns the input error of one problem.
func refuse(kind models.Kind, id models.ID, field, reason, remedy string) *InputError {
	return &InputError{models.Problems{{Kind: kind, Element: id, Field: field, Reason: reason, Remedy: remedy}}}
}

// ConvergenceError says that the iteration ended before the equations were
// met. The last iterate is returned beside it; its Report names the worst
// elements.
type ConvergenceError struct {
	Reason string
	Report Report
}

// Error names the reason and the worst elements.
func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("no steady state after %d steps: %s; worst: energy %.3g Pa at %s, mass %.3g kg/s at %s",
		e.Report.Iterations, e.Reason, e.Report.EnergyResidual, orNone(e.Report.EnergyWorst), e.Report.MassResidual, orNone(e.Report.MassWorst))
}

// Elements returns the worst elements.
func (e *ConvergenceError) Elements() []models.ID {
	var ids []models.ID
	for _, id := range []models.ID{e.Report.EnergyWorst, e.Report.MassWorst} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func orNone(id models.ID) string {
	if id == "" {
		return "nowhere"
	}
	return string(id)
}
