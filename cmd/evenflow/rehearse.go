package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// newRehearse is the verb that runs the closed loop without a page.
func newRehearse() *cobra.Command {
	var f plantFlags
	var rounds int
	var asJSON bool
	cmd := &cobra.Command{
		Use:         "rehearse [NETWORK]",
		Annotations: attended,
		Short:       "The closed loop without a page, as fast as it goes, judged by the hidden truth",
		Long: `Rehearse starts a virtual plant with hidden deviations, reads it over Modbus, and
carries out one recommendation after the other: through the desk, under a standing
approval that is valid for this plant only, register by register, read back and
confirmed. A round is one recommendation carried out completely under the envelope
initial-balance, then a settling wait; measured x is the mean of 10 polls.

Afterwards the truth is revealed: which stations could be brought to their flow at all
(feasible), which of them are, how much head there is over the least possible one, and
whether the half-closed valves were named. In band means x from 0.95 to 1.05.`,
		Example: `  evenflow rehearse                              200 stations, two rounds
  evenflow rehearse --stations 1000 --seed 7 --json
  evenflow rehearse network.json --fault dead-plc:S-017 --fault meter-zero:S-042@2`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.network = args[0]
			}
			if rounds < 1 || rounds > 20 {
				return badInput(fmt.Errorf("--rounds %d: give 1 to 20", rounds))
			}
			return runRehearse(cmd, &f, rounds, asJSON)
		},
	}
	f.register(cmd)
	cmd.Flags().IntVar(&rounds, "rounds", 2, "`N` rounds, 1 to 20")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; progress goes to standard error")
	return cmd
}

func runRehearse(cmd *cobra.Command, f *plantFlags, rounds int, asJSON bool) error {
	started := time.Now()
	o, err := f.options(cmd)
	if err != nil {
		return err
	}
	progress := cmd.OutOrStdout()
	if asJSON {
		progress = cmd.ErrOrStderr()
	}
	fmt.Fprintf(progress, "%s: %s, hidden deviations seed %d\n", o.Network.Name, plural(len(o.Network.Stations), "station"), f.seed)
	r, err := newRehearsal(cmd.Context(), o)
	if err != nil {
		return err
	}
	defer r.Close()
	rep, err := r.run(rounds, func(one roundReport) { printRound(progress, one) })
	if err != nil {
		return err
	}
	rep.Network, rep.Seed, rep.TookMs = o.Network.Name, f.seed, float64(time.Since(started).Milliseconds())
	if asJSON {
		return printJSON(cmd.OutOrStdout(), rep)
	}
	printTruth(progress, rep)
	return nil
}

// printRound prints a round as a line, and who was held or named below it.
func printRound(w io.Writer, one roundReport) {
	what := fmt.Sprintf("round %d", one.Round)
	if one.Round == 0 {
		what = "as found"
	}
	fmt.Fprintf(w, "%-9s x %.2f–%.2f  RMS %.1f %% measured, %.1f %% true  in band %d of %d feasible  head %.3f of optimum  pumps %.0f kW",
		what, one.XMin, one.XMax, 100*one.XRMS, 100*one.XRMSTrue, one.InBand, one.Feasible, one.HeadOverOptimum, one.PumpPower)
	if one.Round > 0 {
		fmt.Fprintf(w, "  writes %d, confirmed %d, failed %d  computed in %.0f ms", one.Writes, one.Confirmed, one.Failed, one.RecommendMs)
	}
	fmt.Fprintln(w)
	for _, h := range one.Held {
		fmt.Fprintf(w, "          held   %s: %s\n", h.Station, h.Text)
	}
	for _, n := range one.Named {
		loss := ""
		if n.LossKPa != 0 { // a meter loses nothing
			loss = fmt.Sprintf(" %.0f kPa,", n.LossKPa)
		}
		fmt.Fprintf(w, "          named  %s (%s):%s score %.1f\n", n.Element, n.Kind, loss, n.Score)
	}
}

func printTruth(w io.Writer, rep *rehearsalReport) {
	for _, h := range rep.Truth.HalfClosed {
		where := "at the station"
		if h.Main {
			where = fmt.Sprintf("on a main that feeds %s", plural(h.Feeds, "station"))
		}
		fmt.Fprintf(w, "the truth: %s was half closed, %.0f kPa at design flow %s\n", h.Element, h.LossKPa, where)
	}
	for _, f := range rep.Truth.Faults {
		fmt.Fprintf(w, "the truth: fault %s\n", f)
	}
	last := rep.Rounds[len(rep.Rounds)-1]
	if last.FeasibleOutsideBand > 0 {
		fmt.Fprintf(w, "outside 0.95–1.05 though feasible: %v\n", last.OutsideBand)
	}
	fmt.Fprintf(w, "done in %.1f s\n", rep.TookMs/1e3)
}
