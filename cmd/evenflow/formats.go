package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

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

// lostView is one thing that a network could not take from a file, or a file
// from a network.
type lostView struct {
	What    string `json:"what"`
	Kind    string `json:"kind,omitempty"`
	Element string `json:"element,omitempty"`
	Line    int    `json:"line,omitempty"`
	Reason  string `json:"reason"`
	// Matters: results differ from those of the other format for it.
	Matters bool `json:"matters"`
}

// readInput reads a network of any format; which one it is shows in the file.
func readInput(path string) (*incoming, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := netfile.Unpack(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if epanet.Looks(data) {
		return readEPANET(path, data)
	}
	if pandapipes.Looks(data) {
		return readPandapipes(path, data)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if json.Unmarshal(data, &head) == nil && head.Schema != "" {
		c, err := dhcase.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return &incoming{net: c.Network, format: dhcase.Schema}, nil
	}
	n, ps := netfile.Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return &incoming{net: n, format: netfile.Format}, nil
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
	for _, list := range [][]models.BranchState{r.Pipes, r.Valves, r.Pumps} {
		for i := range list {
			list[i].TempIn, list[i].TempOut = coldWaterTemperature, coldWaterTemperature
		}
	}
}

// readEPANET reads an INP file. It is solved with its own water and friction
// law, and with exact units and gravity.
func readEPANET(path string, data []byte) (*incoming, error) {
	f, ps := epanet.Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	c := f.Network(epanet.Assumptions{})
	if err := c.Network.Validate().Refused(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return &incoming{net: c.Network, format: formatEPANET, water: &waterworks{file: f, conversion: c}, lost: viewLost(c.NotCarried),
		options: coldWater(c.Density, f.Options.Viscosity)}, nil
}

// readPandapipes reads a pandapipes file. Water is our own; another fluid is
// the file's.
func readPandapipes(path string, data []byte) (*incoming, error) {
	c, ps := pandapipes.Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	in := &incoming{net: c.Network, format: formatPandapipes}
	for _, l := range c.NotCarried {
		in.lost = append(in.lost, lostView{What: l.Table, Element: string(l.Element), Reason: l.Reason, Matters: l.Matters})
	}
	if fl := c.Fluid; fl.Name != "" && fl.Name != "water" {
		table := func(t pandapipes.Table) solver.Table { return solver.Table{T: t.T, Value: t.Value} }
		in.options.Fluid = &solver.Fluid{Density: table(fl.Density), Viscosity: table(fl.Viscosity), HeatCapacity: table(fl.HeatCapacity)}
	}
	if c.Friction != "" && c.Friction != "colebrook" {
		in.lost = append(in.lost, lostView{What: "friction", Reason: fmt.Sprintf("the file asks for the friction model %q: ours is Colebrook with a laminar branch", c.Friction), Matters: true})
	}
	return in, nil
}

func viewLost(list []epanet.NotCarried) []lostView {
	var out []lostView
	for _, l := range list {
		v := lostView{What: l.Loss.String(), Element: string(l.Element), Line: l.Line, Reason: l.Reason, Matters: l.Matters}
		if l.Kind != models.KindNetwork {
			v.Kind = l.Kind.String()
		}
		out = append(out, v)
	}
	return out
}

// writeEPANET writes a network as an INP file, and returns what the file
// cannot say. The water of a network with sources is that of the mean of
// supply and design return.
func writeEPANET(path string, in *incoming, designed bool) ([]lostView, error) {
	var f *epanet.File
	var lost []lostView
	if in.water != nil && !designed {
		f = in.water.file
	} else {
		density, viscosity := 1000.0, 0.0
		if T := meanTemperature(in.net); T > 0 {
			density = solver.WaterDensity(T)
			viscosity = 2.414e-5 * math.Pow(10, 247.8/(T-140)) / density // Vogel's formula, within 2.5 %
		}
		var list []epanet.NotCarried
		f, list = epanet.FromNetwork(in.net, epanet.Assumptions{Density: density}, viscosity)
		lost = viewLost(list)
	}
	return lost, writeWhole(path, func(w io.Writer) error { return epanet.Write(w, f) })
}

// meanTemperature returns the mean of the sources' supply and the stations'
// design return, 0 where there is no heat.
func meanTemperature(n *models.Network) float64 {
	supply, back := 0.0, 0.0
	for i := range n.Sources {
		supply = max(supply, n.Sources[i].SupplyTemperature)
	}
	count := 0.0
	for i := range n.Stations {
		if t := n.Stations[i].Design.PrimaryReturn; t > 0 {
			back, count = back+t, count+1
		}
	}
	if count == 0 {
		return supply
	}
	return (supply + back/count) / 2
}

// solved leaves out what a network cannot say but solve obeys: controls by the
// pressure at a junction.
func solved(lost []lostView) []lostView {
	return slices.DeleteFunc(slices.Clone(lost), func(l lostView) bool { return l.What == epanet.LossPressureControl.String() })
}

// printLost prints what was not carried over: each thing that matters, the
// others by an example of each kind, or only their number.
func printLost(w io.Writer, lost []lostView, brief bool) {
	count := map[string]int{}
	var order []string
	first := map[string]lostView{}
	for _, l := range lost {
		if l.Matters {
			fmt.Fprintf(w, "not carried over, and it matters: %s\n", l.text())
			continue
		}
		if count[l.What]++; count[l.What] == 1 {
			order = append(order, l.What)
			first[l.What] = l
		}
	}
	if brief {
		if len(order) > 0 {
			fmt.Fprintf(w, "not carried over, without effect on this result: %s; --json lists all\n", strings.Join(order, ", "))
		}
		return
	}
	for _, what := range order {
		fmt.Fprintf(w, "not carried over: %s", first[what].text())
		if n := count[what]; n > 1 {
			fmt.Fprintf(w, "; and %s (--json lists all)", plural(n-1, "more such thing"))
		}
		fmt.Fprintln(w)
	}
}

func (l lostView) text() string {
	s := l.Reason
	if l.Element != "" {
		s = strings.TrimSpace(l.Kind+" "+l.Element) + ": " + s
	}
	if l.Line > 0 {
		s = fmt.Sprintf("line %d: %s", l.Line, s)
	}
	return s
}
