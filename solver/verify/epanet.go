package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"evenflow/models"
	"evenflow/models/epanet"
	"evenflow/solver"
)

// The limits of a water network, as its description states them: the larger
// of these and ten times what the reference itself was converged to.
const (
	limitHead       = 1e-4 // m
	limitVolumeFlow = 1e-3 // L/s, or 1e-5 of the flow
)

// waterResult is a reference result of EPANET.
type waterResult struct {
	Source  string `json:"source"`
	Variant string `json:"variant"`
	Nodes   struct {
		ID   []string `json:"id"`
		Type []string `json:"type"`
	} `json:"nodes"`
	Links struct {
		ID []string `json:"id"`
	} `json:"links"`
	Periods []waterPeriod `json:"periods"`
}

// waterPeriod is one of its moments: heads in m, flows in L/s.
type waterPeriod struct {
	HeadError  float64   `json:"max_head_error_m"`
	FlowChange float64   `json:"max_flow_change_lps"`
	Head       []float64 `json:"head"`
	Demand     []float64 `json:"demand"`
	Flow       []float64 `json:"flow"`
	Status     []string  `json:"status"` // of the links, "" or missing where the reference does not tell
}

// waterNetwork verifies one reference result of EPANET: the file it names is read,
// solved with EPANET's own constants, and compared at time 0.
func waterNetwork(ctx context.Context, path, name string) ([]Line, error) {
	data, err := unpacked(path)
	if err != nil {
		return nil, err
	}
	var ref waterResult
	if json.Unmarshal(data, &ref) != nil || ref.Source == "" || filepath.Base(filepath.Dir(filepath.Dir(path))) != "epanet" {
		return nil, nil
	}
	if why := ref.wrong(); why != nil {
		return []Line{failed(name, why)}, nil
	}
	if ref.Variant == "eps" {
		return []Line{{Case: name, Outcome: NotCovered, Reason: "hourly periods over a day: Evenflow has no calculation over time yet"}}, nil
	}
	inp, err := waterInput(filepath.Dir(filepath.Dir(path)), &ref)
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	file, err := epanet.ReadFile(inp)
	if err != nil {
		return []Line{failed(name, err)}, nil
	}
	return []Line{waterCase(ctx, name, file, &ref)}, nil
}

// wrong returns what makes the reference unusable.
func (r *waterResult) wrong() error {
	if len(r.Periods) == 0 {
		return errors.New("the reference holds no period")
	}
	p, nodes := &r.Periods[0], len(r.Nodes.ID)
	if len(r.Nodes.Type) != nodes || len(p.Head) != nodes || len(p.Demand) != nodes || len(p.Flow) != len(r.Links.ID) {
		return errors.New("the reference does not hold a value for every node and link")
	}
	return nil
}

// waterInput finds the file that a reference names.
func waterInput(root string, ref *waterResult) (string, error) {
	stem := strings.TrimSuffix(ref.Source, ".inp")
	places := []string{filepath.Join("inp", stem+".inp"), filepath.Join("gen", stem+".inp")}
	if ref.Variant == "dw" {
		places = []string{filepath.Join("inp_dw", stem+".dw.inp")}
	}
	for _, p := range places {
		if _, err := os.Stat(filepath.Join(root, p)); err == nil {
			return filepath.Join(root, p), nil
		}
	}
	return "", fmt.Errorf("the network %s of the reference is not there: looked for %s", ref.Source, strings.Join(places, ", "))
}

// waterCase solves a file and compares.
func waterCase(ctx context.Context, name string, file *epanet.File, ref *waterResult) Line {
	if why := beyond(file.Network(epanet.Assumptions{Rounded: true})); why != "" {
		return Line{Case: name, Outcome: NotCovered, Reason: why}
	}
	c, r, err := solveWater(ctx, file)
	if err != nil {
		return failed(name, err)
	}
	w := &waterComparison{file: file, c: c, r: r, ref: ref, t: newTally(), index: c.Network.Index(),
		litres: 1e3 / (c.Density * file.Options.Flow.Rounding())}
	if err := w.nodes(); err != nil {
		return failed(name, err)
	}
	if err := w.links(); err != nil {
		return failed(name, err)
	}
	line := w.t.line(name)
	if w.islands > 0 {
		line.Note = fmt.Sprintf("not compared, without a path to a fixed head: %d", w.islands)
	}
	return line
}

// mostActs is how often controls by pressure may act before they are said to
// contradict each other.
const mostActs = 50

// solveWater solves a file with EPANET's constants, again whenever a control
// by the pressure at a junction has acted.
func solveWater(ctx context.Context, file *epanet.File) (*epanet.Conversion, *solver.Result, error) {
	a := epanet.Assumptions{Rounded: true}
	for range mostActs {
		c := file.Network(a)
		s, err := solver.New(c.Network, waterOptions(file, c))
		if err != nil {
			return nil, nil, err
		}
		r, err := s.Solve(ctx, models.Scenario{}, nil)
		if err != nil {
			return nil, nil, err
		}
		index := c.Network.Index()
		acting := c.Act(func(id models.ID) (float64, bool) {
			at, ok := index.At(models.KindJunction, id)
			return r.Junctions[at].Pressure, ok && r.Junctions[at].PressureKnown
		})
		if len(acting) == 0 {
			return c, r, nil
		}
		a.Acted = append(a.Acted, acting...)
	}
	return nil, nil, errors.New("the controls by pressure contradict each other: they act without end")
}

// beyond names what the network cannot say of the file though it matters, ""
// if there is nothing.
func beyond(c *epanet.Conversion) string {
	for _, l := range c.NotCarried {
		if l.Matters && l.Loss != epanet.LossPressureControl {
			return l.Error()
		}
	}
	return ""
}

// waterOptions are EPANET's assumptions as options of the solver.
func waterOptions(file *epanet.File, c *epanet.Conversion) solver.Options {
	constant := func(v float64) solver.Table { return solver.Table{T: []float64{293.15}, Value: []float64{v}} }
	return solver.Options{
		Friction: solver.SwameeJainTransition, Temperatures: solver.Isothermal, Gravity: c.Gravity,
		Fluid: &solver.Fluid{Density: constant(c.Density), Viscosity: constant(file.Options.Viscosity * c.Density), HeatCapacity: constant(4182)},
	}
}

// waterComparison compares one result with its reference.
type waterComparison struct {
	file    *epanet.File
	c       *epanet.Conversion
	r       *solver.Result
	ref     *waterResult
	t       *tally
	index   models.Index
	island  map[models.ID]bool
	islands int
	litres  float64 // per second, of EPANET's, per kg/s
}

func (w *waterComparison) nodes() error {
	w.island = map[models.ID]bool{}
	for _, i := range w.r.Islands {
		for _, id := range i.Junctions {
			w.island[id] = true
		}
	}
	p := &w.ref.Periods[0]
	limit := max(limitHead, 10*p.HeadError)
	n := w.c.Network
	for i, id := range w.ref.Nodes.ID {
		at, ok := w.index.At(models.KindJunction, models.ID(id)) // nodes keep their ids
		if !ok {
			return fmt.Errorf("the reference has a node %q, which the file does not have", id)
		}
		if w.island[models.ID(id)] || !w.r.Junctions[at].PressureKnown {
			w.islands++
			continue
		}
		head := n.Junctions[at].Elevation.Value + w.r.Junctions[at].Pressure/(w.c.Density*w.c.Gravity)
		w.t.add(Deviation{"head", models.ID(id), head - p.Head[i], limit, "m"})
		if w.ref.Nodes.Type[i] == "JUNCTION" { // elsewhere the demand is what the links bring
			w.flow("demand", models.ID(id), w.r.Junctions[at].Drawn*w.litres, p.Demand[i])
		}
	}
	return nil
}

// flow compares a volume flow in L/s.
func (w *waterComparison) flow(what string, id models.ID, got, want float64) {
	limit := max(limitVolumeFlow, 1e-5*math.Abs(want), 10*w.ref.Periods[0].FlowChange)
	w.t.add(Deviation{what, id, got - want, limit, "L/s"})
}

func (w *waterComparison) links() error {
	f := w.file
	places := make(map[string]epanet.Place, len(w.ref.Links.ID))
	for i := range f.Pipes {
		places[f.Pipes[i].ID] = w.c.Pipes[i]
	}
	for i := range f.Pumps {
		places[f.Pumps[i].ID] = w.c.Pumps[i]
	}
	for i := range f.Valves {
		places[f.Valves[i].ID] = w.c.Valves[i]
	}
	p := &w.ref.Periods[0]
	for i, id := range w.ref.Links.ID {
		place, ok := places[id]
		if !ok {
			return fmt.Errorf("the reference has a link %q, which the file does not have", id)
		}
		ref, _ := w.index.Lookup(place.ID)
		b := w.c.Network.Branch(ref)
		if w.island[b.From] || w.island[b.To] {
			continue
		}
		flow := branchOf(&w.r.State, ref).Flow * w.litres
		if place.Reversed {
			flow = -flow
		}
		w.flow("flow", place.ID, flow, p.Flow[i])
		if i < len(p.Status) {
			w.stand(place.ID, p.Status[i])
		}
	}
	return nil
}

// statuses are EPANET's words for how a valve stands that holds something; XFCV
// and XPRESSURE are open and short of what they should hold.
var statuses = map[string]models.ControlStand{"ACTIVE": models.Holding, "OPEN": models.WideOpen, "XFCV": models.WideOpen, "XPRESSURE": models.WideOpen,
	"CLOSED": models.Shut, "TEMPCLOSED": models.Shut}

// stand compares how a valve that holds something stands.
func (w *waterComparison) stand(id models.ID, status string) {
	want, told := statuses[status]
	for i := range w.r.Controls {
		if c := &w.r.Controls[i]; told && c.Element == id {
			w.t.add(Deviation{"stand", id, float64(btoi(c.Stand != want)), 0.5, "wrong"})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
