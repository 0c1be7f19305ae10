package main

import (
	"fmt"
	"io"
	"math"

	"evenflow/solver"
)

// auditView is what `solve --audit --json` adds.
type auditView struct {
	OK      bool             `json:"ok"`
	Loops   int              `json:"loops"`
	MakeUp  *float64         `json:"make_up_kg_per_s"`
	Balance balanceHeatView  `json:"heat_balance"`
	Checks  []auditCheckView `json:"checks"`
	audit   *solver.Audit
}

type balanceHeatView struct {
	SourcesW    *float64 `json:"sources_w"`
	StationsW   *float64 `json:"stations_w"`
	LossesW     *float64 `json:"losses_w"`
	WaterW      *float64 `json:"water_drawn_w"`
	DifferenceW *float64 `json:"difference_w"`
}

type auditCheckView struct {
	Check  string   `json:"check"`
	OK     bool     `json:"ok"`
	Value  *float64 `json:"value"` // null: not a number
	Limit  float64  `json:"limit"`
	Unit   string   `json:"unit"`
	Worst  string   `json:"worst,omitempty"`
	Places int      `json:"places"`
	Failed int      `json:"failed"`
}

func newAuditView(a *solver.Audit) *auditView {
	b := a.Balance
	v := &auditView{OK: a.OK(), Loops: a.Loops, MakeUp: numeric(a.MakeUp), Checks: []auditCheckView{}, audit: a,
		Balance: balanceHeatView{numeric(b.Sources), numeric(b.Stations), numeric(b.Losses), numeric(b.Water), numeric(b.Difference)}}
	for i := range a.Checks {
		c := &a.Checks[i]
		v.Checks = append(v.Checks, auditCheckView{Check: c.Name, OK: c.Failed == 0, Value: numeric(c.Value), Limit: c.Limit, Unit: c.Unit,
			Worst: string(c.Worst), Places: c.Places, Failed: c.Failed})
	}
	return v
}

// numeric returns nil for what is not a number: JSON has none of these.
func numeric(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// verdict ends the program with the code that the report asks for: a check
// that fails comes before islands.
func (r *solveReport) verdict() error {
	switch {
	case r.Audit != nil && !r.Audit.OK:
		return &silentError{exitFailed}
	case len(r.Islands) > 0:
		return &silentError{exitIslands}
	}
	return nil
}

// auditWords says what a check compares.
var auditWords = map[string]string{
	solver.AuditMass:     "mass at every junction",
	solver.AuditEnergy:   "energy along every branch, by its law",
	solver.AuditLoops:    "head round every loop",
	solver.AuditPressure: "pressures held",
	solver.AuditFlow:     "flows given, limited, shut off",
	solver.AuditMixing:   "heat at every junction",
	solver.AuditHeat:     "heat of every branch, by its law",
	solver.AuditBalance:  "sources = stations + losses + water",
	solver.AuditPower:    "power of the pumps",
}

// print writes the checks with their worst element and its limit.
func (v *auditView) print(w io.Writer) {
	fmt.Fprintln(w, "\nAudit: the result re-checked from its own numbers")
	t := leftAligned(w)
	for _, c := range v.Checks {
		verdict, value := "holds", "no number"
		if !c.OK {
			verdict = "FAILS"
		}
		if c.Value != nil {
			value = fmt.Sprintf("%.1e %s", *c.Value, c.Unit)
		}
		if c.Places == 0 {
			fmt.Fprintf(t, "  -\t%s\tnothing of the kind here\t\t\n", auditWords[c.Check])
			continue
		}
		where := fmt.Sprintf("%d checked", c.Places)
		if c.Failed > 0 {
			where = fmt.Sprintf("%d of %d fail", c.Failed, c.Places)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s%s\tlimit %.1e\t%s\n", verdict, auditWords[c.Check], value, at(c.Worst), c.Limit, where)
	}
	t.Flush()
	b := v.audit.Balance
	fmt.Fprintf(w, "  %s; heat: sources %.3f MW = stations %.3f + losses %.3f + water %.3f, difference %.1e W; make-up %.3f t/h\n",
		plural(v.Loops, "loop"), b.Sources/1e6, b.Stations/1e6, b.Losses/1e6, b.Water/1e6, b.Difference, v.audit.MakeUp*3.6)
}
