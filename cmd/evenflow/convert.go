package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/models/unit"
	"evenflow/solver/design"
)

const convertHelp = `Convert reads a network (native, EPANET's INP, pandapipes' JSON, or a reference case
dh-case/1, packed with gzip or not; which one it is shows in the file) and writes it
in the native format, or as INP where OUT ends in .inp. What the other format cannot
say is listed; --json lists it whole. An INP file is taken as it stands at time 0.

With --stations it also designs what a reference network lacks to be run and
balanced; each value it sets is marked "assumed" in the file:

  design flow       the given flow, or q/(cp dT) with dT from --delta-t
  heated area       the load that flow carries at dT, over 45 W/m2
  control valve     Kvs the next R5 step above the design flow at 50 kPa, equal
                    percentage, rangeability 50, leakage 0.05 %, open 80 %
  fixed resistance  30 kPa at design flow
  exchanger         5 K between primary and secondary return
  diameters         with --resize: the smallest DN (EN 253) below that Pa/m
  pump              a curve through (design flow, 1.2 x the need of the critical
                    station: its pipes, its fixed resistance, its valve at 90 %)
  pressure hold     moved to the source's return
  coordinates       return junctions take their partner's`

// newConvert turns other formats into the native one and designs what a
// reference network lacks.
func newConvert() *cobra.Command {
	var stations, asJSON bool
	var o design.Options
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Convert between network formats; design what a network lacks",
		Long:  convertHelp,
		Example: `  evenflow convert city.inp city.json
  evenflow convert town.json town.inp
  evenflow convert cases/dh/dh_tree_10.json tree.json
  evenflow convert --stations --resize 100 cases/dh/schutterwald_mdot_bidir.json town.json`,
		Args: wantArgs("IN", "OUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !stations && (cmd.Flags().Changed("resize") || cmd.Flags().Changed("delta-t")) {
				return badInput(fmt.Errorf("--resize and --delta-t belong to --stations"))
			}
			if o.Gradient < 0 || o.TemperatureDrop <= 0 {
				return badInput(fmt.Errorf("--resize must not be below 0 and --delta-t must be above 0"))
			}
			if err := notOver(args[0], args[1]); err != nil {
				return err
			}
			in, err := readInput(args[0])
			if err != nil {
				return badInput(err)
			}
			in.printWarned(cmd.ErrOrStderr())
			report := convertReport{From: in.format, Out: args[1], Stations: []models.ID{}, Lost: append([]lostView{}, in.lost...)}
			if stations {
				var note design.Note
				if in.net, note, err = design.Stations(cmd.Context(), in.net, o); err != nil {
					return badInput(fmt.Errorf("%s cannot be given stations:\n%w", args[0], err))
				}
				report.designed(note)
			}
			if err := report.write(args[1], in, stations); err != nil {
				return err
			}
			report.counts(in.net)
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			report.print(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().BoolVar(&stations, "stations", false, "design stations, valves and the pump")
	cmd.Flags().Float64Var(&o.Gradient, "resize", 0, "with --stations: select the diameters anew for at most this many Pa/m; 0 keeps them")
	cmd.Flags().Float64Var(&o.TemperatureDrop, "delta-t", 30, "with --stations: primary temperature drop, K")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeNetwork writes a file whole or not at all.
func writeNetwork(path string, n *models.Network) error {
	return writeWhole(path, func(w io.Writer) error { return netfile.Write(w, n) })
}

// write writes the network in the format that the name's end asks for.
func (r *convertReport) write(path string, in *incoming, designed bool) error {
	if !strings.EqualFold(filepath.Ext(path), ".inp") {
		return writeNetwork(path, in.net)
	}
	lost, err := writeEPANET(path, in, designed)
	if in.water != nil && !designed {
		r.Lost = []lostView{} // the file itself was written again, whole
	}
	r.Lost = append(r.Lost, lost...)
	return err
}

// convertReport is what `convert --json` prints.
type convertReport struct {
	From     string         `json:"from"`
	Out      string         `json:"out"`
	Elements map[string]int `json:"elements"`
	Designed *designView    `json:"designed,omitempty"`
	Stations []models.ID    `json:"idle_stations"`
	Lost     []lostView     `json:"not_carried"`
}

type designView struct {
	Stations       int     `json:"stations"`
	ResizedPipes   int     `json:"resized_pipes"`
	DesignFlow     float64 `json:"design_flow_kg_per_s"`
	Critical       string  `json:"critical_station"`
	CriticalNeedPa float64 `json:"critical_need_pa"`
	PumpHeadPa     float64 `json:"pump_head_pa"`
}

func (r *convertReport) designed(n design.Note) {
	r.Designed = &designView{n.Stations, n.Resized, n.DesignFlow, string(n.Critical), n.CriticalNeed, n.PumpHead}
	r.Stations = append(r.Stations, n.Idle...)
}

func (r *convertReport) counts(n *models.Network) {
	r.Elements = map[string]int{
		"junctions": len(n.Junctions), "pipes": len(n.Pipes), "valves": len(n.Valves),
		"pumps": len(n.Pumps), "sources": len(n.Sources), "stations": len(n.Stations),
	}
}

func (r *convertReport) print(w io.Writer) {
	printLost(w, r.Lost, false)
	if d := r.Designed; d != nil {
		fmt.Fprintf(w, "%s designed for %.2f t/h; %s resized\n", plural(d.Stations, "station"), unit.TonnesPerHour(d.DesignFlow), plural(d.ResizedPipes, "pipe"))
		fmt.Fprintf(w, "critical station %s needs %.1f kPa; the pump gives %.1f kPa at design flow\n", d.Critical, d.CriticalNeedPa/1e3, d.PumpHeadPa/1e3)
		if len(r.Stations) > 0 {
			fmt.Fprintf(w, "out of service, since they ask for nothing: %s\n", ids(r.Stations))
		}
	}
	fmt.Fprintf(w, "%s written from %s: %s\n", r.Out, r.From, r.inventory())
}

// inventory counts the elements, those of which there are none left out
// unless every network has them.
func (r *convertReport) inventory() string {
	var parts []string
	for _, k := range []string{"junction", "pipe", "valve", "pump", "source", "station"} {
		n := r.Elements[k+"s"]
		if n > 0 || k != "valve" && k != "pump" {
			parts = append(parts, plural(n, k))
		}
	}
	return strings.Join(parts, ", ")
}
