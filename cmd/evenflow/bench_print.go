package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
)

// benchReport is what `bench --json` prints.
type benchReport struct {
	OS       string         `json:"os"`
	Arch     string         `json:"arch"`
	CPUs     int            `json:"cpus"`
	Go       string         `json:"go"`
	Networks []benchNetwork `json:"networks"`
}

// benchNetwork is one network's part.
type benchNetwork struct {
	Name          string      `json:"name"`
	Seed          int64       `json:"seed,omitempty"`
	Asked         int         `json:"town_nodes,omitempty"`
	Junctions     int         `json:"junctions"`
	Branches      int         `json:"branches"`
	Stations      int         `json:"stations"`
	Check         series      `json:"check"`
	Setup         series      `json:"setup"`
	CompiledBytes uint64      `json:"compiled_bytes"`
	Modes         []benchMode `json:"modes"`
}

// benchMode is what was measured with one way of treating temperatures.
type benchMode struct {
	Temperatures  string  `json:"mode"`
	Cold          series  `json:"cold"`
	ColdTwo       series  `json:"cold_two_cores"`
	Valve         series  `json:"one_valve_moved"`
	Nothing       series  `json:"nothing_changed"`
	Load          series  `json:"load_down_5_percent"`
	Document      series  `json:"result_document"`
	Whole         series  `json:"cold_of_its_own"` // memory, solve and document
	WhatIfs       float64 `json:"what_ifs_per_s"`
	WhatIfsTwo    float64 `json:"what_ifs_per_s_two_cores"`
	WhatIfsFailed int     `json:"what_ifs_failed,omitempty"`
	NsPerNode     float64 `json:"ns_per_node_and_solve"`
	Failed        string  `json:"failed,omitempty"`
}

func (n *benchNetwork) failed() bool {
	for i := range n.Modes {
		if n.Modes[i].Failed != "" || n.Modes[i].WhatIfsFailed > 0 {
			return true
		}
	}
	return false
}

// print writes one network's table.
func (n *benchNetwork) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s junctions, %s branches", n.Name, humanize.Comma(int64(n.Junctions)), humanize.Comma(int64(n.Branches)))
	if n.Stations > 0 {
		fmt.Fprintf(w, ", %s stations", humanize.Comma(int64(n.Stations)))
	}
	if n.Asked > 0 {
		fmt.Fprintf(w, ", seed %d", n.Seed)
	}
	fmt.Fprintln(w)
	t := rightAligned(w)
	fmt.Fprint(t, "\tmedian ms\tleast ms\truns\tsolves\texchanges\tallocations\tMB\t\n")
	row := func(what string, s series) {
		if s.Runs == 0 {
			return
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%.1f\t\n", what, shortMs(s.MedianMs), shortMs(s.LeastMs), s.Runs, counts(s.Solves), counts(s.Exchanges), s.Allocs, float64(s.Bytes)/1e6)
	}
	row("check", n.Check)
	row("set-up", n.Setup)
	for i := range n.Modes {
		m := &n.Modes[i]
		fmt.Fprintf(t, "%s\t\t\t\t\t\t\t\t\n", m.Temperatures)
		row("cold", m.Cold)
		row("cold, two cores", m.ColdTwo)
		row("one valve moved", m.Valve)
		row("nothing changed", m.Nothing)
		row("load down 5 %", m.Load)
		row("result document", m.Document)
		row("cold, all of it", m.Whole)
	}
	t.Flush()
	n.printRates(w)
}

// printRates writes what is said in sentences.
func (n *benchNetwork) printRates(w io.Writer) {
	for i := range n.Modes {
		m := &n.Modes[i]
		if m.Failed != "" {
			fmt.Fprintf(w, "  %s: FAILED: %s\n", m.Temperatures, m.Failed)
			continue
		}
		fmt.Fprintf(w, "  %s: %.1f ns per node and solve; what-ifs a second: %s on one core, %s on two (x %.2f; goal: 1.9); cold on two cores x %.2f (goal for 100,000 junctions: 1.5)\n",
			m.Temperatures, m.NsPerNode, rate(m.WhatIfs), rate(m.WhatIfsTwo), m.WhatIfsTwo/m.WhatIfs, m.Cold.LeastMs/m.ColdTwo.LeastMs)
		if m.WhatIfsFailed > 0 {
			fmt.Fprintf(w, "  %s: FAILED: %s\n", m.Temperatures, plural(m.WhatIfsFailed, "what-if"))
		}
		if h := &n.Modes[0]; i > 0 && h.Failed == "" {
			fmt.Fprintf(w, "  %s: a cold calculation takes as long as %.1f of the hydraulics\n", m.Temperatures, m.Cold.LeastMs/h.Cold.LeastMs)
		}
	}
	fmt.Fprintf(w, "  compiled, it keeps %.1f MB\n", float64(n.CompiledBytes)/1e6)
}

// printGrowth compares the cost per node and solve of the towns.
func (r *benchReport) printGrowth(w io.Writer) {
	var parts []string
	var first, last *benchNetwork
	for i := range r.Networks {
		n := &r.Networks[i]
		if n.Asked == 0 || n.Modes[0].Failed != "" {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s at %s", fmt.Sprintf("%.0f ns", n.Modes[0].NsPerNode), humanize.Comma(int64(n.Asked))))
		if first == nil && n.Asked >= 10000 {
			first = n
		}
		last = n
	}
	if len(parts) < 2 {
		return
	}
	fmt.Fprintf(w, "\nhydraulics, cost per node and solve: %s", strings.Join(parts, ", "))
	if first != nil && last != first {
		fmt.Fprintf(w, "; x %.2f from %s to %s (goal: 2 at most)", last.Modes[0].NsPerNode/first.Modes[0].NsPerNode, humanize.Comma(int64(first.Asked)), humanize.Comma(int64(last.Asked)))
	}
	fmt.Fprintln(w)
}

// shortMs prints milliseconds to three digits.
func shortMs(ms float64) string {
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f", ms)
	}
	return fmt.Sprintf("%.3f", ms)
}

// counts prints a number of which 0 means that nothing was counted.
func counts(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func rate(v float64) string {
	if v >= 100 {
		return humanize.Comma(int64(v))
	}
	return fmt.Sprintf("%.1f", v)
}
