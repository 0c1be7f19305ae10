package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"evenflow/models"
	"evenflow/models/epanet"
	"evenflow/solver"
)

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
	if in.water != nil && !designed {
		return nil, writeWhole(path, func(w io.Writer) error { return epanet.Write(w, in.water.file) })
	}
	f, lost := epanetFile(in.net)
	return lost, writeWhole(path, func(w io.Writer) error { return epanet.Write(w, f) })
}

// epanetFile makes an INP file of a network.
func epanetFile(n *models.Network) (*epanet.File, []lostView) {
	density, viscosity := 1000.0, 0.0
	if T := meanTemperature(n); T > 0 {
		density = solver.WaterDensity(T)
		viscosity = solver.WaterViscosity(T) / density
	}
	f, list := epanet.FromNetwork(n, epanet.Assumptions{Density: density}, viscosity)
	return f, viewLost(list)
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
// pressure at a junction, and the friction model.
func solved(lost []lostView) []lostView {
	return slices.DeleteFunc(slices.Clone(lost), func(l lostView) bool {
		return l.What == epanet.LossPressureControl.String() || l.What == lostFriction
	})
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
