package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/models/unit"
	"evenflow/solver"
)

// situation is what the flags of solve and balance say about a calculation:
// the network, and what is laid over it.
type situation struct {
	net      *models.Network
	scenario models.Scenario
	options  solver.Options // what the network's file format assumes
	lost     []lostView     // of the file, not in the network
	water    *waterworks    // of an INP file
	foreign  bool           // the format brings its own water or friction law
}

// situationFlags are the flags that solve shares with balance.
type situationFlags struct {
	scenario        string
	outdoor, supply float64
}

func (f *situationFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.scenario, "scenario", "", "scenario `FILE` (evenflow-scenario/1) laid over the network")
	cmd.Flags().Float64Var(&f.outdoor, "outdoor", 0, "outdoor temperature, degC (default: the scenario's, or design weather)")
	cmd.Flags().Float64Var(&f.supply, "supply", 0, "supply temperature of every source, degC (default: as filed)")
}

// read reads network and scenario and lays the two temperatures over them.
func (f *situationFlags) read(cmd *cobra.Command, network string) (*situation, error) {
	in, err := readInput(network)
	if err != nil {
		return nil, badInput(err)
	}
	in.printWarned(cmd.ErrOrStderr())
	n := in.net
	s := &situation{net: n, options: in.options, lost: solved(in.lost), water: in.water, foreign: in.water != nil || in.options.Fluid != nil}
	if f.scenario != "" {
		if s.scenario, err = netfile.ReadScenarioFile(f.scenario, n); err != nil {
			return nil, badInput(err)
		}
	}
	if cmd.Flags().Changed("outdoor") {
		s.scenario.Outdoor = models.Some(unit.Kelvin(f.outdoor))
	}
	if cmd.Flags().Changed("supply") {
		for i := range n.Sources {
			s.scenario = s.scenario.With(models.Change{Element: n.Sources[i].ID, Attribute: models.AttrSupplyTemperature, Value: unit.Kelvin(f.supply)})
		}
	}
	if err := n.CheckScenario(s.scenario).Refused(); err != nil {
		return nil, badInput(err)
	}
	return s, nil
}

// readNetwork reads a network file; its problems end the program with 2.
func readNetwork(path string) (*models.Network, error) {
	n, err := netfile.ReadFile(path)
	if err != nil {
		return nil, badInput(err)
	}
	return n, nil
}

// solve calculates the situation, of an INP file again as often as its controls
// by pressure act. A refusal of the input ends the program with 2, an iteration
// that did not end with 1.
func (s *situation) solve(ctx context.Context) (*solver.Solver, *solver.Result, error) {
	for {
		sv, r, err := s.once(ctx)
		if err != nil || s.water == nil {
			return sv, r, err
		}
		atOneTemperature(r)
		acted, err := s.water.act(s.net, r)
		if err != nil || !acted {
			return sv, r, err
		}
		s.net = s.water.conversion.Network
	}
}

// once calculates the network as it stands.
func (s *situation) once(ctx context.Context) (*solver.Solver, *solver.Result, error) {
	s.options.Cores = bothCores
	sv, err := solver.New(s.net, s.options)
	if err != nil {
		return nil, nil, badInput(err)
	}
	r, err := sv.Solve(ctx, s.scenario, nil)
	var input *solver.InputError
	if errors.As(err, &input) {
		return nil, nil, badInput(err)
	}
	return sv, r, err
}

// newSolve computes the steady state of a network.
func newSolve() *cobra.Command {
	var flags situationFlags
	var csvDir string
	var asJSON, withAudit bool
	var rows int
	cmd := &cobra.Command{
		Use:   "solve NETWORK",
		Short: "Compute flows, pressures and temperatures of a network",
		Long: `Solve computes the steady state of a network (native, EPANET's INP, pandapipes' JSON,
dh-case/1; which one it is shows in the file) under a scenario: what passes every
station and how that compares with what it needs (x), the drop in every pipe (Pa/m)
and the velocity, the tightest place of every pressure limit, and how well the
equations are met. A part that is cut off is listed with what cuts it (exit code 3).

The tables show the stations worst first and the steepest pipes, of a network without
stations the junctions with the lowest pressure; --rows 0 shows all, --csv writes all
to files. --audit re-checks the result from its own numbers:
mass, energy, head round every loop, heat, pump power; exit code 1 when one fails.`,
		Example: `  evenflow solve network.json
  evenflow solve network.json --outdoor -9 --supply 115
  evenflow solve network.json --scenario balance.json --csv out
  evenflow solve network.json --audit`,
		Args: wantArgs("NETWORK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.read(cmd, args[0])
			if err != nil {
				return err
			}
			printLost(cmd.ErrOrStderr(), s.lost, true)
			sv, r, err := s.solve(cmd.Context())
			if err != nil {
				return err
			}
			report := newSolveReport(s, sv, r)
			if withAudit {
				a, err := sv.Audit(s.scenario, r)
				if err != nil {
					return err
				}
				report.Audit = newAuditView(a)
			}
			if csvDir != "" {
				if err := report.writeCSV(csvDir); err != nil {
					return fmt.Errorf("--csv: %w", err)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "tables written to %s\n", csvDir)
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), report); err != nil {
					return err
				}
			} else {
				report.print(cmd.OutOrStdout(), rows)
			}
			return report.verdict()
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&csvDir, "csv", "", "write a table of each kind of element, of what is held and of the limits to `DIR`, as CSV")
	cmd.Flags().BoolVar(&withAudit, "audit", false, "re-check the result from its own numbers; exit code 1 when a check fails")
	cmd.Flags().IntVar(&rows, "rows", 20, "rows per table; 0: all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
