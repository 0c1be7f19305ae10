package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/scada/pointlist"
)

// newPoints groups what is done with point lists.
func newPoints() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "points",
		Short: "Work on point lists",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPointsCheck())
	return cmd
}

// newPointsCheck reports all problems of a point list at once.
func newPointsCheck() *cobra.Command {
	var asJSON bool
	var network string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Report every problem of a point list at once",
		Long: `Check reads a point list as a spreadsheet saves it (CSV in UTF-8, UTF-16 or GB18030, with
commas, semicolons or tabs) and prints every bad row with its line, element and remedy:
cells that are not understood, values that overlap in a register, setpoints without
identity, remote switch or feedback. With --network it also refuses rows for elements
that the network does not have and warns of stations that nobody reads.

Addresses are given in the column pdu_address, counted from 0, or in the column
reference, counted from 1 (40001 is PDU address 0); where both are filled they must agree.`,
		Example: `  evenflow points check points.csv
  evenflow points check points.csv --network network.json`,
		Args: wantArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var net *models.Network
			if network != "" {
				var err error
				if net, err = netfile.ReadFile(network); err != nil {
					return badInput(err)
				}
			}
			list, problems := pointlist.Load(args[0], net)
			report := newPointsReport(args[0], list, problems)
			return verdict(cmd.OutOrStdout(), report, report.OK, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&network, "network", "", "network file that the points belong to")
	return cmd
}

// pointsReport is what `points check --json` prints.
type pointsReport struct {
	File     string        `json:"file"`
	OK       bool          `json:"ok"`
	Points   int           `json:"points"`
	Elements int           `json:"elements"`
	PLCs     int           `json:"plcs"`
	Writable int           `json:"writable"`
	Problems []problemView `json:"problems"`
}

func newPointsReport(path string, list *pointlist.List, problems models.Problems) *pointsReport {
	r := &pointsReport{File: path, OK: problems.Refused() == nil, Points: len(list.Points), Elements: len(list.Elements()), Problems: newCheckReport(path, nil, problems).Problems}
	plcs := map[pointlist.Device]bool{}
	for i := range list.Points {
		plcs[list.Points[i].Device()] = true
		if list.Points[i].Writable {
			r.Writable++
		}
	}
	r.PLCs = len(plcs)
	return r
}

func (r *pointsReport) print(w io.Writer) {
	warnings := 0
	for _, p := range r.Problems {
		if p.Warning {
			warnings++
			fmt.Fprint(w, "warning: ")
		}
		fmt.Fprintln(w, p.text)
	}
	if !r.OK {
		fmt.Fprintf(w, "%s: refused, %s\n", r.File, plural(len(r.Problems)-warnings, "problem"))
		return
	}
	fmt.Fprintf(w, "%s: ok: %s of %s at %s, %d writable", r.File, plural(r.Points, "point"), plural(r.Elements, "element"), plural(r.PLCs, "PLC"), r.Writable)
	if warnings > 0 {
		fmt.Fprintf(w, ", %s", plural(warnings, "warning"))
	}
	fmt.Fprintln(w)
}
