package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/solver"
	"evenflow/solver/balance"
	"evenflow/solver/heating"
)

// newBalance finds openings and pump speed for a network on file.
func newBalance() *cobra.Command {
	var flags situationFlags
	var out string
	var asJSON bool
	var rows int
	cmd := &cobra.Command{
		Use:   "balance NETWORK",
		Short: "Find the valve openings and the pump speed that give every station its share",
		Long: `Balance finds the valve openings and the pump speed that give every station what it
requires in this weather (x = 1), with the least pumping: the valve of the index
station ends at 90 % of its travel. Who cannot be served is named, with the reason and
what would cure it.

--out writes the settings as a scenario; solve --scenario on it gives the same flows.
Valves begin where the network and --scenario have them.`,
		Example: `  evenflow balance network.json
  evenflow balance network.json --outdoor -9 --out balanced.json
  evenflow solve network.json --scenario balanced.json`,
		Args: wantArgs("NETWORK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notOver(args[0], out); err != nil {
				return err
			}
			s, err := flags.read(cmd, args[0])
			if err != nil {
				return err
			}
			plan, err := s.balance(cmd.Context())
			if err != nil {
				return err
			}
			if out != "" {
				if err := writeScenario(out, plan.Scenario, s.net); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "scenario written to %s\n", out)
			}
			report := newBalanceReport(s.net, plan)
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), report); err != nil {
					return err
				}
			} else {
				report.print(cmd.OutOrStdout(), rows)
			}
			if len(plan.Predicted.Islands) > 0 {
				return &silentError{exitIslands}
			}
			return nil
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "write the settings to `SCENARIO` (evenflow-scenario/1)")
	cmd.Flags().IntVar(&rows, "rows", 20, "rows per table; 0: all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// balance finds the settings. What a station requires depends on the
// temperature that reaches it, and that on the flows: a second turn with the
// temperatures of the first one's result settles it.
func (s *situation) balance(ctx context.Context) (*balance.Plan, error) {
	sv, now, err := s.solve(ctx)
	if err != nil {
		return nil, err
	}
	as := s.net.Overlay(s.scenario)
	in := balance.Input{Network: s.net, Solve: sv.Solve, Base: s.scenario, From: now}
	var plan *balance.Plan
	for range 2 {
		in.Stations = wishes(as, s.scenario.Outdoor.Or(s.net.Climate.DesignOutdoor), now)
		if plan, err = balance.Find(ctx, in); err != nil {
			if errors.Is(err, balance.ErrNoPressure) {
				return nil, badInput(err)
			}
			return nil, err
		}
		now = plan.Predicted
	}
	plan.Scenario.Name = "balanced"
	return plan, nil
}

// wishes is what every station requires at the temperatures of r. A station
// without an area, or one that is cut off, keeps its valve.
func wishes(as *models.Network, outdoor float64, r *solver.Result) []balance.Station {
	list := make([]balance.Station, len(as.Stations))
	for i := range as.Stations {
		st := &as.Stations[i]
		list[i] = balance.Station{Opening: math.Min(math.Max(st.Opening, 0), 1), Held: true}
		if st.HeatedArea == 0 || r.Stations[i].Cut {
			continue
		}
		if need, err := heating.Required(as, st, outdoor, r.Stations[i].TempIn); err == nil {
			list[i].Required, list[i].Held = need.Flow, false
		}
	}
	return list
}

// writeScenario writes a scenario file.
func writeScenario(path string, sc models.Scenario, n *models.Network) error {
	return writeWhole(path, func(w io.Writer) error { return netfile.WriteScenario(w, sc, n) })
}
