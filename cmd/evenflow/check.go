package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"evenflow/models"
)

// newCheck reports all problems of a network file at once.
func newCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Report every problem of a network file at once",
		Long: `Check reads a network file strictly (native, EPANET's INP, pandapipes' JSON, dh-case/1;
packed with gzip or not) and prints every problem with its element, line and remedy.
Warnings do not refuse the file. Exit code 2 if something does.`,
		Example: `  evenflow check network.json
  evenflow check --json city.inp`,
		Args: wantArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, ps, err := checkInput(args[0])
			if err != nil {
				return badInput(err)
			}
			var n *models.Network
			if in != nil {
				n = in.net
			}
			report := newCheckReport(args[0], n, ps)
			return verdict(cmd.OutOrStdout(), report, report.OK, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// silentError ends the program with a code; what there is to say is printed.
type silentError struct{ code int }

func (e *silentError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// checkReport is what `check --json` prints.
type checkReport struct {
	File     string         `json:"file"`
	OK       bool           `json:"ok"`
	Name     string         `json:"name,omitempty"`
	Elements map[string]int `json:"elements,omitempty"`
	Problems []problemView  `json:"problems"`
}

type problemView struct {
	Kind    string `json:"kind"`
	Element string `json:"element,omitempty"`
	Field   string `json:"field,omitempty"`
	Line    int    `json:"line,omitempty"`
	Reason  string `json:"reason"`
	Remedy  string `json:"remedy,omitempty"`
	Warning bool   `json:"warning,omitempty"`
	text    string
}

func viewProblems(ps models.Problems) []problemView {
	list := []problemView{}
	for _, p := range ps {
		list = append(list, problemView{p.Kind.String(), string(p.Element), p.Field, p.Line, p.Reason, p.Remedy, p.Warning, p.Error()})
	}
	return list
}

func newCheckReport(path string, n *models.Network, ps models.Problems) *checkReport {
	r := &checkReport{File: path, OK: ps.Refused() == nil, Problems: viewProblems(ps)}
	if n != nil {
		r.Name = n.Name
		r.Elements = map[string]int{
			"junctions": len(n.Junctions), "pipes": len(n.Pipes), "valves": len(n.Valves),
			"pumps": len(n.Pumps), "sources": len(n.Sources), "stations": len(n.Stations),
		}
	}
	return r
}

func (r *checkReport) print(w io.Writer) {
	for _, p := range r.Problems {
		if p.Warning {
			fmt.Fprint(w, "warning: ")
		}
		fmt.Fprintln(w, p.text)
	}
	warnings := 0
	for _, p := range r.Problems {
		if p.Warning {
			warnings++
		}
	}
	also := ""
	if warnings > 0 {
		also = ", " + plural(warnings, "warning")
	}
	if !r.OK {
		fmt.Fprintf(w, "%s: refused, %s%s\n", r.File, plural(len(r.Problems)-warnings, "problem"), also)
		return
	}
	e := r.Elements
	fmt.Fprintf(w, "%s: ok: %s, %s, %s, %s, %s, %s", r.File,
		plural(e["junctions"], "junction"), plural(e["pipes"], "pipe"), plural(e["valves"], "valve"),
		plural(e["pumps"], "pump"), plural(e["sources"], "source"), plural(e["stations"], "station"))
	fmt.Fprintln(w, also)
}
