package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/scada/plant"
	"evenflow/solver/town"
)

// plantFlags are the flags that demo, plant and rehearse share: which network,
// and how the virtual plant differs from it.
type plantFlags struct {
	stations   int
	seed       int64
	network    string
	deviations plant.Deviations
	faults     []string
}

func (f *plantFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.stations, "stations", 200, fmt.Sprintf("`N` stations of a generated town, %d to %d", town.MinStations, town.MostOfOnePlant))
	flags.Int64Var(&f.seed, "seed", 1, "`SEED` of the town and of the plant's hidden deviations")
	flags.StringVar(&f.network, "network", "", "network `FILE` (evenflow-network/1) instead of a generated town")
	flags.Float64Var(&f.deviations.Pipes, "pipes", 0.2, "hidden deviation of each pipe's resistance: 0.2 is a factor of 0.8 to 1.2")
	flags.Float64Var(&f.deviations.Kvs, "kvs", 0.1, "hidden deviation of each station valve's Kvs")
	flags.Float64Var(&f.deviations.Fixed, "fixed", 0.2, "hidden deviation of each station's fixed resistance")
	flags.Float64Var(&f.deviations.Noise, "noise", 0.01, "noise of the flow meters, relative (pressures and temperatures in proportion)")
	flags.IntVar(&f.deviations.HalfClosed, "half-closed", 1, "valves left half closed: 60–135 kPa at a station, 40–90 kPa on a main")
	flags.StringArrayVar(&f.faults, "fault", nil, "a fault, `KIND:STATION[@ROUND]`, may be repeated; KIND is one of "+strings.Join(plant.FaultKinds(), ", "))
	_ = cmd.MarkFlagFilename("network", "json")
	_ = cmd.RegisterFlagCompletionFunc("fault", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, k := range plant.FaultKinds() {
			words = append(words, k+":")
		}
		return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

// options returns what the flags ask for; clock, address and log are the
// caller's. Whatever is wrong with them is bad input.
func (f *plantFlags) options(cmd *cobra.Command) (plant.Options, error) {
	net, err := f.net(cmd)
	if err != nil {
		return plant.Options{}, err
	}
	o := plant.Options{Network: net, Seed: f.seed, Deviations: f.deviations}
	for _, text := range f.faults {
		fault, err := plant.ParseFault(text)
		if err != nil {
			return plant.Options{}, badInput(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	return o, nil
}

// net reads the network file or generates the town.
func (f *plantFlags) net(cmd *cobra.Command) (*models.Network, error) {
	if f.network == "" {
		if f.stations > town.MostOfOnePlant {
			return nil, badInput(fmt.Errorf("--stations: the virtual plant has room for %d", town.MostOfOnePlant))
		}
		n, err := town.Generate(town.Options{Seed: f.seed, Stations: f.stations})
		return n, badInput(err)
	}
	if cmd.Flags().Changed("stations") {
		return nil, badInput(fmt.Errorf("--network and --stations: give one of the two"))
	}
	n, err := readNetwork(f.network)
	if err != nil {
		return nil, err
	}
	if len(n.Stations) == 0 || len(n.Sources) == 0 {
		return nil, badInput(fmt.Errorf("%s: a plant needs a source and stations; `evenflow convert --stations` designs what a reference network lacks", f.network))
	}
	return n, nil
}
