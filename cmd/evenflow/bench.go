package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/town"
)

const benchHelp = `Bench measures how long the solver takes: for generated towns of about 1,000, 10,000,
50,000 and 100,000 junctions, or for the network files named (any format; each with
the friction law and the water that its format assumes).

  check            of a network that is in memory, with the index of its elements: a part
                   of the reading
  set-up           compiling a checked network
  cold             solving it from nothing
  one valve moved  solving it again from that result after one valve was turned to 80 %
                   (each time another one; where there is none, one pipe's loss x 1.5)
  nothing changed  solving it again from that result
  load down 5 %    the same, with every demand, or every station's Kvs, at 95 %
  what-ifs         as many scenarios of one moved valve as a second holds, as a batch

Each is done with flows and pressures alone, and with temperatures coupled to them
where the network has any. A solve is one linear system; all of one calculation are
counted. A calculation ends when flows, pressures and temperatures are at hand; the
result document is made from them in its own time, and "all of it" is a calculation
that begins without memory of its own and ends with the document, as every what-if of
the batches does.

One core, and the collector of garbage kept out, the bytes counted instead; "two cores"
is the same with two. Median and least of the runs are printed: the least says what the
program needs, the median what the machine gave.`

// benchFlags are the flags of bench.
type benchFlags struct {
	nodes  []int
	large  bool
	seed   int64
	runs   int
	peer   string
	asJSON bool
}

// largeTown is the size that --large adds, junctions.
const largeTown = 1000000

// newBench measures how long networks take to compile and to solve.
func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [FILE...]",
		Short: "Measure how long networks take to solve",
		Long:  benchHelp,
		Example: `  evenflow bench
  evenflow bench --nodes 10000 --large
  evenflow bench network.json city.inp --json`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if f.peer != "" {
				return f.against(cmd, files)
			}
			return f.run(cmd, files)
		},
	}
	cmd.Flags().IntSliceVar(&f.nodes, "nodes", []int{1000, 10000, 50000, 100000}, "junctions of the generated towns, about")
	cmd.Flags().BoolVar(&f.large, "large", false, fmt.Sprintf("a town of %s junctions besides, flows and pressures alone", humanize.Comma(largeTown)))
	cmd.Flags().Int64Var(&f.seed, "seed", 1, "`SEED` of the towns")
	cmd.Flags().IntVar(&f.runs, "runs", 0, "how often each is measured; 0: as often as fits into a second, 3 times at least")
	cmd.Flags().StringVar(&f.peer, "peer", "", "run `PROGRAM` beside, which solves the same INP files in turns (see make bench-peers)")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func (f *benchFlags) run(cmd *cobra.Command, files []string) error {
	jobs, err := f.jobs(cmd, files)
	if err != nil {
		return badInput(err)
	}
	b := &bench{runs: f.runs, progress: cmd.ErrOrStderr()}
	report := benchReport{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	out, failed := cmd.OutOrStdout(), false
	var stopped error
	for i, j := range jobs {
		n, err := b.network(cmd.Context(), j)
		if cmd.Context().Err() != nil {
			stopped = interrupted(cmd.Context(), "%d of %s measured", i, plural(len(jobs), "network"))
			break
		}
		if err != nil {
			return err
		}
		report.Networks = append(report.Networks, n)
		failed = failed || n.failed()
		if !f.asJSON {
			if i > 0 {
				fmt.Fprintln(out)
			}
			n.print(out)
		}
	}
	if f.asJSON {
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		report.printGrowth(out)
	}
	if failed && stopped == nil {
		return &silentError{exitFailed}
	}
	return stopped
}

// benchJob is one network to measure.
type benchJob struct {
	name    string
	read    func() (*models.Network, solver.Options, error)
	seed    int64
	nodes   int // asked for; 0: a file
	briefly bool
}

// jobs lists what the command line asks for. A file that cannot be read is
// said at once, before anything is measured.
func (f *benchFlags) jobs(cmd *cobra.Command, files []string) ([]benchJob, error) {
	if f.runs < 0 {
		return nil, fmt.Errorf("--runs must not be below 0")
	}
	var jobs []benchJob
	for _, path := range files {
		in, err := readInput(path)
		if err != nil {
			return nil, err
		}
		printLost(cmd.ErrOrStderr(), in.lost, true)
		jobs = append(jobs, benchJob{name: path, read: func() (*models.Network, solver.Options, error) { return in.net, in.options, nil }})
	}
	nodes := f.nodes
	if len(files) > 0 && !cmd.Flags().Changed("nodes") {
		nodes = nil
	}
	if f.large {
		nodes = append(nodes, largeTown)
	}
	for _, n := range nodes {
		o := town.Options{Seed: f.seed, Stations: stationsFor(n)}
		if o.Stations < town.MinStations || o.Stations > town.MaxStations {
			return nil, fmt.Errorf("--nodes: a town of %d junctions has %d stations; it may have %d to %d", n, o.Stations, town.MinStations, town.MaxStations)
		}
		jobs = append(jobs, benchJob{
			name: fmt.Sprintf("town of %s", humanize.Comma(int64(n))), seed: f.seed, nodes: n, briefly: n >= largeTown,
			read: func() (*models.Network, solver.Options, error) {
				net, err := town.Generate(o)
				return net, solver.Options{}, err
			},
		})
	}
	return jobs, nil
}

// stationsFor is how many stations a town of so many junctions has, about: a
// station brings 4.6 junctions on both sides, a little more in small towns.
func stationsFor(nodes int) int { return int(float64(nodes) / 4.6) }

// bench measures.
type bench struct {
	runs     int // of each; 0: by time
	progress io.Writer
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

// network measures one network in all its modes.
func (b *bench) network(ctx context.Context, j benchJob) (benchNetwork, error) {
	b.say("%s", j.name)
	n, o, err := j.read()
	if err != nil {
		return benchNetwork{}, badInput(err)
	}
	out := benchNetwork{Name: j.name, Seed: j.seed, Asked: j.nodes, Junctions: len(n.Junctions), Branches: n.Size() - len(n.Junctions), Stations: len(n.Stations)}
	modes := []solver.Temperatures{solver.Isothermal, solver.Coupled}
	if j.briefly || o.Temperatures == solver.Isothermal {
		modes = modes[:1]
	}
	if _, err := solver.New(n, o); err != nil { // says what is wrong with it
		return out, badInput(err)
	}
	var checked *models.Checked
	if out.Check, err = b.check(n, &checked); err != nil {
		return out, err
	}
	for i, t := range modes {
		o.Temperatures = t
		m := benchMode{Temperatures: benchModeName(t)}
		s, setup, memory, err := b.setup(checked, o)
		if err != nil {
			return out, badInput(err)
		}
		if i == 0 {
			out.Setup, out.CompiledBytes = setup, memory
		}
		o.Cores = bothCores
		both, err := solver.Compile(checked, o)
		if err != nil {
			return out, badInput(err)
		}
		o.Cores = 0
		if err := b.mode(ctx, s, both, &m); err != nil {
			return out, err
		}
		out.Modes = append(out.Modes, m)
	}
	return out, nil
}

func benchModeName(t solver.Temperatures) string {
	if t == solver.Isothermal {
		return "hydraulics"
	}
	return "with temperatures"
}
