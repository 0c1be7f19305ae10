package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"evenflow/models"
	"evenflow/models/dhcase"
	"evenflow/models/epanet"
	"evenflow/models/netfile"
	"evenflow/models/pandapipes"
	"evenflow/solver"
)

// The formats that are read, as reports name them.
const (
	formatEPANET     = "EPANET INP"
	formatPandapipes = "pandapipes JSON"
)

// incoming is a network as a file of any format held it.
type incoming struct {
	net     *models.Network
	format  string
	water   *waterworks    // of an INP file
	options solver.Options // what the format assumes: its water and friction law
	lost    []lostView     // what could not be carried over
	warned  models.Problems
}

// waterworks is an INP file with the network it became.
type waterworks struct {
	file       *epanet.File
	conversion *epanet.Conversion
	acted      []int // controls by the pressure at a junction, in order
}

// mostActs is how often such controls may act before they are said to
// contradict each other.
const mostActs = 50

// act lets the controls act that wait for a pressure, and reports whether one
// changed the network.
func (w *waterworks) act(n *models.Network, r *solver.Result) (bool, error) {
	index := n.Index()
	acting := w.conversion.Act(func(id models.ID) (float64, bool) {
		at, ok := index.At(models.KindJunction, id)
		return r.Junctions[at].Pressure, ok && r.Junctions[at].PressureKnown
	})
	if len(acting) == 0 {
		return false, nil
	}
	if w.acted = append(w.acted, acting...); len(w.acted) > mostActs {
		k := w.file.Controls[acting[0]]
		return false, fmt.Errorf("the controls by pressure contradict each other: that of link %q by node %q on line %d acts without end", k.Link, k.Node, k.Line)
	}
	w.conversion = w.file.Network(epanet.Assumptions{Acted: w.acted})
	return true, nil
}

// readInput reads a network of any format; which one it is shows in the file.
func readInput(path string) (*incoming, error) {
	in, ps, err := checkInput(path)
	if err != nil {
		return nil, err
	}
	if err := ps.Refused(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	in.warned = ps
	return in, nil
}

// checkInput is readInput with every problem, warnings included; of a file
// that is refused there is no more than that. The error is of the file itself.
func checkInput(path string) (*incoming, models.Problems, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := netfile.Unpack(f)
	var ps models.Problems
	switch {
	case errors.As(err, &ps):
		return nil, ps, nil
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	in, ps := decodeInput(data)
	return in, ps, nil
}

// decodeInput reads a network of any format from its text.
func decodeInput(data []byte) (*incoming, models.Problems) {
	switch {
	case epanet.Looks(data):
		return decodeEPANET(data)
	case pandapipes.Looks(data):
		return decodePandapipes(data)
	case dhcase.Looks(data):
		c, err := dhcase.Decode(data)
		if err != nil {
			return nil, problemsOf(err)
		}
		return &incoming{net: c.Network, format: dhcase.Schema}, nil
	}
	n, ps := netfile.Decode(data)
	if n == nil {
		return nil, ps
	}
	return &incoming{net: n, format: netfile.Format}, ps
}

// problemsOf turns a refusal into problems.
func problemsOf(err error) models.Problems {
	var ps models.Problems
	if errors.As(err, &ps) {
		return ps
	}
	p := models.Problem{Reason: err.Error(), Remedy: "such a case cannot become a network"}
	if ids := models.ErrorElements(err); len(ids) > 0 {
		p.Element = ids[0]
	}
	return models.Problems{p}
}

// readAny is readInput for those who need only the network and its format.
func readAny(path string) (*models.Network, string, error) {
	in, err := readInput(path)
	if err != nil {
		return nil, "", err
	}
	return in.net, in.format, nil
}

// coldWaterTemperature is that of a water network without temperatures, K.
const coldWaterTemperature = 293.15

// coldWater are the options of a calculation without temperatures: constant
// water, with the file's density and kinematic viscosity.
func coldWater(density, kinematic float64) solver.Options {
	constant := func(v float64) solver.Table {
		return solver.Table{T: []float64{coldWaterTemperature}, Value: []float64{v}}
	}
	return solver.Options{Friction: solver.SwameeJainTransition, Temperatures: solver.Isothermal,
		Fluid: &solver.Fluid{Density: constant(density), Viscosity: constant(kinematic * density), HeatCapacity: constant(4182)}}
}

// atOneTemperature fills in the temperatures that an isothermal calculation
// does not compute.
func atOneTemperature(r *solver.Result) {
	for _, list := range [][]models.BranchState{r.Pipes, r.Valves} {
		for i := range list {
			list[i].TempIn, list[i].TempOut = coldWaterTemperature, coldWaterTemperature
		}
	}
	for i := range r.Pumps {
		r.Pumps[i].TempIn, r.Pumps[i].TempOut = coldWaterTemperature, coldWaterTemperature
	}
}

// decodeEPANET reads an INP file. It is solved with its own water and friction
// law, and with exact units and gravity.
func decodeEPANET(data []byte) (*incoming, models.Problems) {
	f, ps := epanet.Decode(data)
	if f == nil {
		return nil, ps
	}
	c := f.Network(epanet.Assumptions{})
	if ps = append(ps, c.Network.Validate()...); ps.Refused() != nil {
		return nil, ps
	}
	return &incoming{net: c.Network, format: formatEPANET, water: &waterworks{file: f, conversion: c}, lost: viewLost(c.NotCarried),
		options: coldWater(c.Density, f.Options.Viscosity)}, ps
}

// isWater reports whether a fluid's tables are those of water: within 0.5 % in
// density and 5 % in viscosity, as far as it has any.
func isWater(f pandapipes.Fluid) bool {
	for _, T := range []float64{283.15, 313.15, 353.15} {
		if t := f.Density; len(t.T) > 0 && math.Abs(t.At(T)/solver.WaterDensity(T)-1) > 0.005 {
			return false
		}
		if t := f.Viscosity; len(t.T) > 0 && math.Abs(t.At(T)/solver.WaterViscosity(T)-1) > 0.05 {
			return false
		}
	}
	return true
}

// decodePandapipes reads a pandapipes file. Water is our own; another fluid is
// the file's, also one that only calls itself water. So is the friction model that
// the file asks for.
func decodePandapipes(data []byte) (*incoming, models.Problems) {
	c, ps := pandapipes.Decode(data)
	if c == nil {
		return nil, ps
	}
	in := &incoming{net: c.Network, format: formatPandapipes}
	for _, l := range c.NotCarried {
		in.lost = append(in.lost, lostView{What: l.Table, Element: string(l.Element), Reason: l.Reason, Matters: l.Matters})
	}
	if fl := c.Fluid; fl.Name != "" && (fl.Name != "water" || !isWater(fl)) {
		table := func(t pandapipes.Table) solver.Table { return solver.Table{T: t.T, Value: t.Value} }
		in.options.Fluid = &solver.Fluid{Density: table(fl.Density), Viscosity: table(fl.Viscosity), HeatCapacity: table(fl.HeatCapacity)}
	}
	in.friction(c.Friction)
	return in, ps
}

// lostFriction is what solve obeys of a file's friction model, and a network file
// does not say.
const lostFriction = "friction model"

// friction takes the friction model that a pandapipes file names.
func (in *incoming) friction(model string) {
	lose := func(what, reason string) {
		in.lost = append(in.lost, lostView{What: what, Reason: reason, Matters: true})
	}
	switch model {
	case "colebrook":
		return
	case "nikuradse":
		in.options.Friction = solver.NikuradseSum
	case "swamee-jain":
		in.options.Friction = solver.SwameeJain
	case "":
		lose("friction", "the file names no friction model: ours is Colebrook with a laminar branch, pandapipes takes nikuradse")
		return
	default:
		lose("friction", fmt.Sprintf("the file asks for the friction model %q: ours is Colebrook with a laminar branch", models.Clip(model)))
		return
	}
	lose(lostFriction, fmt.Sprintf("the file asks for the friction model %q, which a network file cannot: it is solved with Colebrook and a laminar branch", model))
}

// printWarned prints what a file leaves to be filled in, or is odd, without
// being refused.
func (in *incoming) printWarned(w io.Writer) {
	const most = 10
	for i, p := range in.warned {
		if i == most {
			fmt.Fprintf(w, "… %s; `evenflow check` lists all\n", plural(len(in.warned)-most, "more warning"))
			return
		}
		fmt.Fprintf(w, "warning: %s\n", p.Error())
	}
}

// bothCores lets a calculation of a city use two processors; towns need one.
const bothCores = 2
