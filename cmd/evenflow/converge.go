package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/solver/converge"
	"evenflow/solver/town"
)

// convergeFlags are the flags of converge.
type convergeFlags struct {
	options converge.Options
	keep    string
	rows    int
	asJSON  bool
}

// newConverge solves generated towns by the thousand.
func newConverge() *cobra.Command {
	var f convergeFlags
	cmd := &cobra.Command{
		Use:   "converge",
		Short: "Solve generated towns by the thousand: each converges, or the reason is named",
		Long: `Converge generates towns (10 to 5,000 stations; meshed, hilly, several plants, peak
plants, booster pumps, self-acting controls), lays a day over each (valves closed at
random, pipes out of service, given flows and heat, no load at all, plants and pumps
switched, summer), and solves it cold, and warm after one valve was moved: flows and
pressures alone, and with temperatures. Every answer is audited from its own numbers.

A case either has a steady state, or names the physical reason why it can have none;
anything else is listed as failed, and the exit code is 1. A table counts the linear
solves, all of one calculation together. The same seed and number give the same case.`,
		Example: `  evenflow converge --towns 10000
  evenflow converge --first 127 --towns 1 --keep out
  evenflow converge --towns 500 --largest 300 --json`,
		Args: wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	cmd.Flags().IntVar(&f.options.Count, "towns", 1000, "how many towns")
	cmd.Flags().IntVar(&f.options.First, "first", 0, "number of the first")
	cmd.Flags().Int64Var(&f.options.Seed, "seed", 1, "`SEED` of the set")
	cmd.Flags().IntVar(&f.options.Largest, "largest", town.MostOfOnePlant, "stations of the largest town")
	cmd.Flags().IntVar(&f.options.Workers, "workers", 0, "towns solved at the same time; 0: one per processor")
	cmd.Flags().StringVar(&f.keep, "keep", "", "write network and scenarios of every failed case, and of a single one, to `DIR`")
	cmd.Flags().IntVar(&f.rows, "rows", 20, "failed cases listed; 0: all")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func (f *convergeFlags) run(cmd *cobra.Command) error {
	o := f.options
	if o.Count < 1 || o.First < 0 || o.Workers < 0 || o.Largest < town.MinStations || o.Largest > town.MostOfOnePlant {
		return badInput(fmt.Errorf("--towns must be 1 or more, --first and --workers not below 0, --largest %d to %d", town.MinStations, town.MostOfOnePlant))
	}
	begin := time.Now()
	done, failed, said := 0, 0, begin
	o.Progress = func(out *converge.Outcome) {
		done++
		if out.Failed() {
			failed++
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			fmt.Fprintf(cmd.ErrOrStderr(), "%s of %s, %d failed\n", humanize.Comma(int64(done)), plural(o.Count, "town"), failed)
		}
	}
	outcomes := converge.Run(cmd.Context(), o)
	stopped := interrupted(cmd.Context(), "%d of %s solved", len(outcomes), plural(o.Count, "town"))
	r := converge.Sum(outcomes)
	if err := f.keepCases(cmd.Context(), outcomes); err != nil && stopped == nil {
		return err
	}
	out := cmd.OutOrStdout()
	if f.asJSON {
		if err := printJSON(out, newConvergeView(r, o.Seed, time.Since(begin))); err != nil {
			return err
		}
	} else {
		printConvergence(out, r, f.rows)
		fmt.Fprintf(out, "%s, %s junctions together, in %s\n", plural(r.Towns, "town"), humanize.Comma(int64(r.Nodes)), time.Since(begin).Round(time.Second))
	}
	if len(r.Failed) > 0 && stopped == nil {
		return &silentError{exitFailed}
	}
	return stopped
}

// keepCases writes the cases that somebody will want to look at.
func (f *convergeFlags) keepCases(ctx context.Context, outcomes []converge.Outcome) error {
	if f.keep == "" {
		return nil
	}
	if err := os.MkdirAll(f.keep, 0o755); err != nil {
		return err
	}
	for i := range outcomes {
		if !outcomes[i].Failed() && len(outcomes) > 1 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := converge.Draw(f.options.Seed, outcomes[i].Index, f.options.Largest)
		if err != nil {
			continue // that is the failure, and it is listed
		}
		name := filepath.Join(f.keep, fmt.Sprintf("case-%d", c.Index))
		if err := writeNetwork(name+".json", c.Net); err != nil {
			return err
		}
		for suffix, sc := range map[string]models.Scenario{"-cold.json": c.Day, "-warm.json": c.Moved} {
			if err := writeWhole(name+suffix, func(w io.Writer) error { return netfile.WriteScenario(w, sc, c.Net) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func printConvergence(w io.Writer, r *converge.Report, rows int) {
	t := rightAligned(w)
	fmt.Fprintln(t, "\tsolved\treason named\tfailed\tsolves: median\t99 %\tmost\tover the goal\t")
	for _, x := range []struct {
		name string
		t    *converge.Tally
		goal int
	}{
		{"hydraulics, cold", &r.Hydraulic.Cold, converge.MostCold}, {"hydraulics, warm", &r.Hydraulic.Warm, converge.MostWarm},
		{"with temperatures, cold", &r.Coupled.Cold, converge.MostCold}, {"with temperatures, warm", &r.Coupled.Warm, converge.MostWarm},
	} {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d (%.2f %%) > %d\t\n", x.name, x.t.Solved, x.t.Named, x.t.Failed,
			x.t.Quantile(0.5), x.t.Quantile(0.99), x.t.Most, x.t.Over, 100*float64(x.t.Over)/float64(max(x.t.Solved, 1)), x.goal)
	}
	t.Flush()
	fmt.Fprintln(w, "\nCases by their linear solves:")
	printHistograms(w, r)
	printWorst(w, "hydraulics, cold", &r.Hydraulic.Cold, func(o *converge.Outcome) int { return o.Hydraulic.Cold.Solves })
	printWorst(w, "hydraulics, warm", &r.Hydraulic.Warm, func(o *converge.Outcome) int { return o.Hydraulic.Warm.Solves })
	printWorst(w, "with temperatures, cold", &r.Coupled.Cold, func(o *converge.Outcome) int { return o.Coupled.Cold.Solves })
	printWorst(w, "with temperatures, warm", &r.Coupled.Warm, func(o *converge.Outcome) int { return o.Coupled.Warm.Solves })
	for _, c := range r.Hydraulic.Cold.Reasons {
		fmt.Fprintf(w, "reason named %d times: %s\n", c.Times, c.What)
	}
	for _, o := range r.Failed[:limited(len(r.Failed), rows)] {
		fmt.Fprintf(w, "\nFAILED: %s\n  %s\n", caseText(o), strings.ReplaceAll(o.Why(), "\n", "\n  "))
	}
	more(w, len(r.Failed), limited(len(r.Failed), rows))
	fmt.Fprintln(w)
}

// printHistograms prints how many cases needed how many solves.
func printHistograms(w io.Writer, r *converge.Report) {
	const columns = 20
	t := rightAligned(w)
	for i := range columns + 1 {
		if i == columns {
			fmt.Fprintf(t, "\t%d+", columns)
		} else {
			fmt.Fprintf(t, "\t%d", i)
		}
	}
	fmt.Fprintln(t, "\t")
	for _, x := range []struct {
		name string
		h    []int
	}{
		{"hydraulics, cold", r.Hydraulic.Cold.Histogram}, {"hydraulics, warm", r.Hydraulic.Warm.Histogram},
		{"with temperatures, cold", r.Coupled.Cold.Histogram}, {"with temperatures, warm", r.Coupled.Warm.Histogram},
	} {
		fmt.Fprint(t, x.name)
		for i := range columns + 1 {
			n := 0
			for k := i; k < len(x.h) && (k == i || i == columns); k++ {
				n += x.h[k]
			}
			fmt.Fprintf(t, "\t%d", n)
		}
		fmt.Fprintln(t, "\t")
	}
	t.Flush()
}

// printWorst names the slowest cases.
func printWorst(w io.Writer, name string, t *converge.Tally, solves func(*converge.Outcome) int) {
	fmt.Fprintf(w, "\nmost solves, %s:\n", name)
	for _, o := range t.Worst {
		fmt.Fprintf(w, "%5d  %s\n", solves(o), caseText(o))
	}
}

// caseText says what a case is.
func caseText(o *converge.Outcome) string {
	k := o.Town
	parts := []string{fmt.Sprintf("%d stations", k.Stations)}
	for _, x := range []struct {
		n    int
		text string
	}{{k.Plants, "plant"}, {k.Peaks, "peak plant"}, {k.Boosters, "booster"}} {
		if x.n > 0 {
			parts = append(parts, plural(x.n, x.text))
		}
	}
	if k.Meshes > 0 {
		parts = append(parts, fmt.Sprintf("meshes x %g", k.Meshes))
	}
	if k.Relief > 0 {
		parts = append(parts, fmt.Sprintf("relief %g m", k.Relief))
	}
	if k.Controlled > 0 {
		parts = append(parts, fmt.Sprintf("%g %% controlled", 100*k.Controlled))
	}
	return strings.Join(append([]string{fmt.Sprintf("case %d: %s", o.Index, strings.Join(parts, ", "))}, o.What...), "; ")
}
