package verify

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"evenflow/models"
	"evenflow/models/examples"
	"evenflow/solver"
)

// The tools whose results make the band of CE_0; the two others of the
// exercise are visible outliers.
var destestTools = [...]string{
	"Modelica_Buildings_AAU_Alessandro", "Modelica_Buildings_AAU_JL", "Modelica_Buildings_AAU_Martin", "TRNSYS_TUD_2022",
}

// destestCE0 verifies the common exercise CE_0 against the independent
// calculation pipe by pipe (0.5 % for flow, pressure drop, loss and heat, 0.02
// K for temperatures) and against the band of four published tools.
func destestCE0(ctx context.Context, path, name string) ([]Line, error) {
	_, rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	n := examples.DestestCE0()
	constant := func(v float64) solver.Table { return solver.Table{T: []float64{323.15}, Value: []float64{v}} }
	s, err := solver.New(n, solver.Options{Fluid: &solver.Fluid{Density: constant(988), Viscosity: constant(5.434e-4), HeatCapacity: constant(4180)}})
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	r, err := s.Solve(ctx, models.Scenario{}, nil)
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	d := &destest{n: n, r: r, index: n.Index()}
	t := newTally()
	for _, row := range rows {
		if len(row) < 14 {
			continue
		}
		if err := d.pipe(t, row); err != nil {
			return []Line{failed(name, err)}, nil
		}
	}
	if err := d.band(t, filepath.Join(filepath.Dir(path), "results")); err != nil {
		return []Line{failed(name, err)}, nil
	}
	line := t.line(name)
	line.Note = "CE_0, flow and loss in shares"
	return []Line{line}, nil
}

type destest struct {
	n     *models.Network
	r     *solver.Result
	index models.Index
}

func (d *destest) branch(id models.ID) *models.BranchState {
	ref, err := d.index.Find(id)
	if err != nil {
		return &models.BranchState{Flow: math.NaN()}
	}
	return branchOf(&d.r.State, ref)
}

func (d *destest) celsius(junction models.ID) float64 {
	at, ok := d.index.At(models.KindJunction, junction)
	if !ok {
		return math.NaN()
	}
	return d.r.Junctions[at].Temperature - 273.15
}

// pipe compares one row: from, to, length, diameter, flow, velocity, Re, dp,
// U, supply temperatures at both ends, return temperature, losses.
func (d *destest) pipe(t *tally, row []string) error {
	name := row[0] + "-" + row[1]
	supply, ret := d.branch(models.ID("supply "+name)), d.branch(models.ID("return "+name))
	if math.IsNaN(supply.Flow) || math.IsNaN(ret.Flow) {
		return fmt.Errorf("the reference lists pipe %s, which CE_0 does not have", name)
	}
	share := func(what string, got, want float64) {
		t.add(Deviation{what, models.ID(name), got/want - 1, 0.005, ""})
	}
	share("flow", supply.Flow, parse(row[4]))
	share("flow", ret.Flow, parse(row[4]))
	share("dp", supply.PressureDrop, parse(row[7]))
	share("dp", ret.PressureDrop, parse(row[7]))
	share("loss", supply.HeatLoss, parse(row[12]))
	share("loss", ret.HeatLoss, parse(row[13]))
	t.add(Deviation{"T", models.ID(row[0]), d.celsius(models.ID(row[0])) - parse(row[9]), 0.02, "K"})
	t.add(Deviation{"T", models.ID(row[1]), d.celsius(models.ID(row[1])) - parse(row[10]), 0.02, "K"})
	t.add(Deviation{"T", models.ID("R" + row[1]), d.celsius(models.ID("R"+row[1])) - parse(row[11]), 0.02, "K"})
	return nil
}

// band demands every quantity inside the least and the largest value of the
// published tools. The deviation is how far it lies outside, in widths of the
// band.
func (d *destest) band(t *tally, folder string) error {
	type row struct {
		what   string
		column int
		value  float64
	}
	pressure := func(from, to models.ID) float64 {
		a, _ := d.index.At(models.KindJunction, from)
		b, _ := d.index.At(models.KindJunction, to)
		return d.r.Junctions[a].Pressure - d.r.Junctions[b].Pressure
	}
	quantities := []row{
		{"flow i", 1, d.r.Sources[0].Flow * 3600}, {"dp supply i-e", 2, pressure("i", "e")}, {"dp return i-h", 4, pressure("Rh", "Ri")},
		{"T supply h", 6, d.celsius("h")}, {"T supply g", 7, d.celsius("g")}, {"T supply f", 8, d.celsius("f")}, {"T supply e", 9, d.celsius("e")},
		{"T supply SimpleDistrict_1", 10, d.celsius("SimpleDistrict_1")}, {"T return i", 11, d.celsius("Ri")},
		{"loss supply i-h", 17, d.branch("supply i-h").HeatLoss}, {"source heat", 18, d.r.Sources[0].Heat},
	}
	var tools [][]string
	for _, tool := range destestTools {
		_, rows, err := readTable(filepath.Join(folder, tool+"_Network_0.csv"))
		if err != nil {
			return err
		}
		tools = append(tools, rows[len(rows)-1])
	}
	for _, q := range quantities {
		low, high := math.Inf(1), math.Inf(-1)
		for _, tool := range tools {
			if q.column >= len(tool) {
				return fmt.Errorf("a published result of CE_0 has no column %d", q.column+1)
			}
			v := parse(tool[q.column])
			low, high = math.Min(low, v), math.Max(high, v)
		}
		outside := math.Max(math.Max(low-q.value, q.value-high), 0)
		t.add(Deviation{"outside the tools' band", models.ID(q.what), outside / (high - low), 1e-9, ""})
	}
	return nil
}
