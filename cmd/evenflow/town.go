package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/solver/town"
)

const townHelp = `Town writes a generated town as a network file (native, or EPANET's INP where OUT ends
in .inp): streets and heights, DN by Pa/m, stations of 2,000 to 200,000 m2, pumps with
curves, sectioning valves. The same flags give the same file.

It stands as a season begins: near stations take far too much, far ones too little.
Where no place suits, fewer peak plants and booster pumps are built than asked for; the
last line counts what was. From 5,001 stations on it has a plant for about 1,500.`

// newTown writes a generated network.
func newTown() *cobra.Command {
	var o town.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "town OUT",
		Short: "Write a generated town as a network file",
		Long:  townHelp,
		Example: `  evenflow town town.json
  evenflow town city.json --stations 2000 --plants 2 --peaks 2 --boosters 3
  evenflow town hilly.inp --stations 300 --relief 120 --meshes 4`,
		Args: wantArgs("OUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := town.Generate(o)
			if err != nil {
				return badInput(err)
			}
			report := convertReport{From: "a generated town", Out: args[0], Stations: []models.ID{}, Lost: []lostView{}}
			if err := report.write(args[0], &incoming{net: n, format: netfile.Format}, false); err != nil {
				return err
			}
			report.counts(n)
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			report.print(cmd.OutOrStdout())
			return nil
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Stations, "stations", 200, fmt.Sprintf("`N` stations, %d to %d", town.MinStations, town.MaxStations))
	flags.Int64Var(&o.Seed, "seed", 1, "`SEED` of the town")
	flags.IntVar(&o.Plants, "plants", 0, "plants, each with a district of its own; 0: as many as the stations need")
	flags.IntVar(&o.Peaks, "peaks", 0, "peak plants besides, in each district")
	flags.IntVar(&o.Boosters, "boosters", 0, "booster pumps in the supply mains of each district")
	flags.Float64Var(&o.Meshes, "meshes", 1, "rings, times the usual one for 50 stations")
	flags.Float64Var(&o.Relief, "relief", 0, "height of the highest place above the lowest, m; 0: 25 to 60")
	flags.Float64Var(&o.Controlled, "controlled", 0, "share of stations with a self-acting control, 0 to 1")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
