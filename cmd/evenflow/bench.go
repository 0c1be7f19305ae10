package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/solver"
)

// newBench measures how long one network takes to compile and to solve.
func newBench() *cobra.Command {
	var file string
	var asJSON bool
	var repeats int
	cmd := &cobra.Command{
		Use:   "bench --file FILE",
		Short: "Measure how long a network takes to solve",
		Long: `Bench compiles a network (setup), solves it from nothing (cold), and solves it again
from that result after every source was turned down by 1 % (warm). Each is done
several times; the median counts.`,
		Example: `  evenflow bench --file network.json
  evenflow bench --file cases/dh/dh_200.json --json`,
		Args: wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return badInput(fmt.Errorf("--file is missing: name a network file"))
			}
			if repeats < 1 {
				return badInput(fmt.Errorf("--repeats must be 1 or more"))
			}
			n, _, err := readAny(file)
			if err != nil {
				return badInput(err)
			}
			report, err := bench(cmd.Context(), n, repeats)
			if err != nil {
				return err
			}
			report.File = file
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d junctions, %d branches\nsetup %.3f ms, cold %.3f ms (%s), warm %.3f ms (%s)\n",
				file, report.Junctions, report.Branches, report.Setup, report.Cold, plural(report.ColdSteps, "step"), report.Warm, plural(report.WarmSteps, "step"))
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "network `FILE`, native or dh-case/1")
	cmd.Flags().IntVar(&repeats, "repeats", 9, "how often each is measured")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// benchReport is what `bench --json` prints; times in milliseconds.
type benchReport struct {
	File      string  `json:"file"`
	Junctions int     `json:"junctions"`
	Branches  int     `json:"branches"`
	Setup     float64 `json:"setup_ms"`
	Cold      float64 `json:"cold_ms"`
	Warm      float64 `json:"warm_ms"`
	ColdSteps int     `json:"cold_steps"`
	WarmSteps int     `json:"warm_steps"`
}

// bench takes the median of each.
func bench(ctx context.Context, n *models.Network, repeats int) (*benchReport, error) {
	out := &benchReport{Junctions: len(n.Junctions), Branches: n.Size() - len(n.Junctions)}
	var setup, cold, warm []time.Duration
	turned := turnedDown(n)
	for range repeats {
		begin := time.Now()
		s, err := solver.New(n, solver.Options{})
		if err != nil {
			return nil, badInput(err)
		}
		setup = append(setup, time.Since(begin))
		begin = time.Now()
		r, err := s.Solve(ctx, models.Scenario{}, nil)
		if err != nil {
			return nil, err
		}
		cold = append(cold, time.Since(begin))
		out.ColdSteps = r.Report.Iterations
		begin = time.Now()
		if r, err = s.Solve(ctx, turned, r); err != nil {
			return nil, err
		}
		warm = append(warm, time.Since(begin))
		out.WarmSteps = r.Report.Iterations
	}
	out.Setup, out.Cold, out.Warm = median(setup), median(cold), median(warm)
	return out, nil
}

// turnedDown is the scenario of the warm solve.
func turnedDown(n *models.Network) models.Scenario {
	var sc models.Scenario
	for i := range n.Sources {
		c := models.Change{Element: n.Sources[i].ID, Attribute: models.AttrSpeed, Op: models.Scale, Value: 0.99}
		switch n.Sources[i].Control {
		case models.ControlDifferential:
			c.Attribute = models.AttrDifferential
		case models.ControlFlow:
			c.Attribute = models.AttrFlow
		}
		sc.Changes = append(sc.Changes, c)
	}
	return sc
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Nanoseconds()) / 1e6
}
