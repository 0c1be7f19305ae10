package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/models/dhcase"
	"evenflow/solver"
)

// Limits of the conformance cases, as their description states them.
const (
	limitPressure    = 1.0  // Pa (1e-5 bar)
	limitFlow        = 1e-5 // kg/s, or as a share of the flow
	limitTemperature = 0.02 // K: the reference mixes with weights of its own
)

// dhCase verifies one file of schema dh-case/1; other JSON is passed over.
func dhCase(ctx context.Context, path, name string) ([]Line, error) {
	data, err := unpacked(path)
	if err != nil {
		return nil, err
	}
	var head struct {
		Schema    string          `json:"schema"`
		Transient json.RawMessage `json:"transient"`
	}
	if json.Unmarshal(data, &head) != nil || head.Schema != dhcase.Schema {
		return nil, nil
	}
	if head.Transient != nil {
		return []Line{{Case: name, Outcome: NotCovered, Reason: "a temperature step: Evenflow has no transient calculation yet"}}, nil
	}
	c, err := dhcase.ReadFile(path)
	var beyond *dhcase.NotCovered
	if errors.As(err, &beyond) {
		return []Line{{Case: name, Outcome: NotCovered, Reason: beyond.Error()}}, nil
	}
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	r, err := solveCase(ctx, c, c.Network, optionsOf(c))
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	t := newTally()
	compare(t, c, r, true)
	if err := references(ctx, t, c, r); err != nil {
		return []Line{failed(name, err)}, nil
	}
	line := t.line(name)
	line.Defaults, line.Note = withDefaults(ctx, c)
	return []Line{line}, nil
}

// withDefaults solves the case as the product would and tells the difference.
func withDefaults(ctx context.Context, c *dhcase.Case) ([]Deviation, string) {
	own, err := solveCase(ctx, c, c.Network, solver.Options{})
	if err != nil {
		return nil, "with our own defaults: " + err.Error()
	}
	t := newTally()
	compare(t, c, own, false)
	return t.list(), ""
}

// optionsOf turns a case's assumptions into the solver's options.
func optionsOf(c *dhcase.Case) solver.Options {
	a := &c.Assumptions
	table := func(t dhcase.Table) solver.Table { return solver.Table{T: t.T, Value: t.Value} }
	o := solver.Options{
		Fluid:   &solver.Fluid{Density: table(a.Density), Viscosity: table(a.Viscosity), HeatCapacity: table(a.HeatCapacity)},
		Gravity: a.Gravity, AirColumn: true,
		StartTemperature: a.Start, PumpDensity: a.PumpDensity, NoFlowTemperature: a.Ambient,
	}
	switch a.Friction {
	case "colebrook":
		o.Friction = solver.ColebrookAlways
	case "swamee-jain":
		o.Friction = solver.SwameeJain
	case "nikuradse":
		o.Friction = solver.NikuradseSum
	}
	switch a.Mode {
	case dhcase.Hydraulics:
		o.Temperatures = solver.Isothermal
	case dhcase.Sequential:
		o.Temperatures = solver.Sequential
	}
	return o
}

// solveCase solves a case's network. Around the solver it iterates what the
// six kinds of element do not say themselves: the density of an exchanger
// whose loss is a zeta, and the throttling that keeps a junction's pressure.
func solveCase(ctx context.Context, c *dhcase.Case, n *models.Network, o solver.Options) (*solver.Result, error) {
	s, err := solver.New(n, o)
	if err != nil {
		return nil, err
	}
	index := n.Index()
	coupled := o.Temperatures == solver.Coupled && len(c.Exchangers) > 0
	density := func(T float64) float64 {
		if o.Fluid != nil {
			return c.Assumptions.Density.At(T)
		}
		return solver.WaterDensity(T)
	}
	resistance := make([]float64, len(c.Exchangers))
	flow := make([]float64, len(c.Controls))
	var r *solver.Result
	for range 60 {
		var sc models.Scenario
		for i, x := range c.Exchangers {
			if resistance[i] > 0 {
				sc.Changes = append(sc.Changes, models.Change{Element: x.Station, Attribute: models.AttrFixedResistance, Value: resistance[i]})
			}
		}
		for i, x := range c.Controls {
			sc.Changes = append(sc.Changes, models.Change{Element: x.Station, Attribute: models.AttrFlow, Value: flow[i]})
		}
		if r, err = s.Solve(ctx, sc, r); err != nil {
			return nil, err
		}
		change := 0.0
		for i, x := range c.Exchangers {
			at, _ := index.At(models.KindStation, x.Station)
			st := r.Stations[at]
			next := x.Resistance((density(st.TempIn) + density(st.TempOut)) / 2)
			if coupled {
				change = max(change, math.Abs(next/max(resistance[i], 1e-9)-1))
				resistance[i] = next
			}
		}
		for i, x := range c.Controls {
			fed := fedAt(n, index, r, x.Junction)
			flow[i] += fed
			change = max(change, math.Abs(fed))
		}
		if change < 1e-10 {
			return r, nil
		}
	}
	return nil, errors.New("the outer iteration over pressure controls and exchangers did not settle")
}

// fedAt returns what a pressure hold feeds in at its junction, kg/s.
func fedAt(n *models.Network, ix models.Index, r *solver.Result, junction models.ID) float64 {
	at, _ := ix.At(models.KindJunction, junction)
	fed := n.Junctions[at].Draw
	for ref, b := range n.Branches() {
		m := branchOf(&r.State, ref).Flow
		if b.From == junction {
			fed += m
		}
		if b.To == junction {
			fed -= m
		}
	}
	return fed
}

// branchOf returns the state of any branch.
func branchOf(s *models.State, ref models.Ref) *models.BranchState {
	switch ref.Kind {
	case models.KindPipe:
		return &s.Pipes[ref.At]
	case models.KindValve:
		return &s.Valves[ref.At]
	case models.KindPump:
		return &s.Pumps[ref.At].BranchState
	case models.KindSource:
		return &s.Sources[ref.At].BranchState
	}
	return &s.Stations[ref.At].BranchState
}

// compare notes the deviations from the case's own results, with their limits
// or, for the product's defaults, without.
func compare(t *tally, c *dhcase.Case, r *solver.Result, limits bool) {
	limit := func(v float64) float64 {
		if limits {
			return v
		}
		return 0
	}
	index := c.Network.Index()
	for _, x := range c.Expected.Junctions {
		at, ok := index.At(models.KindJunction, x.ID)
		if !ok {
			continue
		}
		j := r.Junctions[at]
		if x.Pressure.Known {
			t.add(Deviation{"p", x.ID, j.Pressure - x.Pressure.Value, limit(limitPressure), "Pa"})
		}
		if x.Temperature.Known {
			t.add(Deviation{"T", x.ID, j.Temperature - x.Temperature.Value, limit(limitTemperature), "K"})
		}
	}
	for _, x := range c.Expected.Branches {
		ref, ok := index.Lookup(x.ID)
		if !ok {
			continue
		}
		b := branchOf(&r.State, ref)
		t.add(Deviation{"m", x.ID, b.Flow - x.Flow, limit(limitFlow * math.Max(1, math.Abs(x.Flow))), "kg/s"})
		if x.TempOut.Known && math.Abs(x.Flow) > 1e-9 {
			t.add(Deviation{"T", x.ID, b.TempOut - x.TempOut.Value, limit(limitTemperature), "K"})
		}
	}
}

// references compares with the values of other programs that come with a case.
func references(ctx context.Context, t *tally, c *dhcase.Case, r *solver.Result) error {
	for _, ref := range c.References {
		switch ref.Program {
		case "STANET":
			compareWater(t, c, r, ref, 0.05e5, 0.01)
		case "OpenModelica":
			if c.Assumptions.Mode != dhcase.Hydraulics {
				if err := sections(ctx, t, c, ref); err != nil {
					return err
				}
				continue
			}
			if limit := openModelicaWater(c.ID); limit > 0 {
				compareWater(t, c, r, ref, limit, 0)
			}
		default:
			return fmt.Errorf("values of the unknown program %q", ref.Program)
		}
	}
	return nil
}

// openModelicaWater returns the pressure limit in Pa for a water case, 0 where
// the two models differ by construction and are not to be compared.
func openModelicaWater(id string) float64 {
	for _, family := range []string{"om_water_versatility_", "om_water_tcross_valves_", "om_water_meshed_pumps_", "om_water_strand_2pumps_"} {
		if len(id) > len(family) && id[:len(family)] == family {
			return 0
		}
	}
	if slices.Contains([]string{"om_water_meshed_heights_pc", "om_water_meshed_heights_sj"}, id) {
		return 0.05e5
	}
	return 2e-3 * 1e5
}

// compareWater compares pressures and, with a limit above 0, velocities.
func compareWater(t *tally, c *dhcase.Case, r *solver.Result, ref dhcase.Reference, pressure, velocity float64) {
	index := c.Network.Index()
	for _, x := range ref.Junctions {
		if at, ok := index.At(models.KindJunction, x.ID); ok && x.Pressure.Known {
			t.add(Deviation{"p against " + ref.Program, x.ID, r.Junctions[at].Pressure - x.Pressure.Value, pressure, "Pa"})
		}
	}
	for _, x := range ref.Pipes {
		p := c.Pipes[x.Pipe]
		at, ok := index.At(models.KindPipe, p.Parts[0])
		if !ok || !x.Velocity.Known || velocity <= 0 {
			continue
		}
		d := c.Network.Pipes[at].InnerDiameter
		v := r.Pipes[at].Flow / (r.Pipes[at].Density * math.Pi / 4 * d * d)
		t.add(Deviation{"v against " + ref.Program, p.ID, math.Abs(v) - math.Abs(x.Velocity.Value), velocity, "m/s"})
	}
}
