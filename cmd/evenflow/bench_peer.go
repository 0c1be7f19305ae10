package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/epanet"
	"evenflow/solver"
	"evenflow/solver/town"
)

// peer is another program that solves the same files, run beside us. It takes
// one JSON request a line and answers with one line.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startPeer(ctx context.Context, command string) (*peer, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("--peer: name a program")
	}
	p := &peer{cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *peer) stop() error {
	p.in.Close()
	return p.cmd.Wait()
}

// answer is what the peer says; each request fills a part of it.
type answer struct {
	Error       string    `json:"error"`
	Ms          []float64 `json:"ms"`
	IDs         []string  `json:"ids"`
	Heads       []float64 `json:"heads"`
	Links       int       `json:"links"`
	Version     int       `json:"version"`
	TrialsLimit float64   `json:"trials_limit"`
	Trials      float64   `json:"trials"`
	HeadError   float64   `json:"head_error_m"`
	FlowChange  float64   `json:"flow_change_lps"`
}

// ask puts one request.
func (p *peer) ask(request map[string]any) (*answer, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return nil, fmt.Errorf("the peer does not listen: %w", err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the peer went away: %w", err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, fmt.Errorf("the peer answers %.60q: %w", line, err)
	}
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	return &a, nil
}

// peerLimit is an accuracy that the peer is asked for.
type peerLimit struct {
	Accuracy float64 `json:"accuracy"`
	Head     float64 `json:"head_m"`
	Flow     float64 `json:"flow_lps"`
}

// peerLimits are tried from the tightest on: not every network lets the peer
// come so far.
var peerLimits = []peerLimit{{1e-8, 1e-6, 1e-6}, {1e-7, 1e-4, 1e-4}, {1e-6, 1e-3, 1e-3}, {1e-5, 0, 0}}

// duel measures one file on both sides in turns.
type duel struct {
	b       *bench
	p       *peer
	ctx     context.Context
	n       *models.Network
	checked *models.Checked
	o       solver.Options
	head    float64 // Pa per m
	links   []string
	valves  bool // the links are throttling valves
	moves   []models.Scenario
	base    *solver.Result
	limit   *peerLimit
	outcome peerRow
}

// begin reads the file on both sides.
func (d *duel) begin(path string) error {
	in, err := readInput(path)
	if err != nil {
		return badInput(err)
	}
	if in.water == nil {
		return badInput(fmt.Errorf("%s: a peer reads INP files only", path))
	}
	// With the peer's own rounded units and gravity both solve one problem.
	c := in.water.file.Network(epanet.Assumptions{Rounded: true})
	d.n, d.o, d.head = c.Network, coldWater(c.Density, in.water.file.Options.Viscosity), c.Density*c.Gravity
	d.o.Gravity = c.Gravity
	d.turns(in.water.file, c)
	d.outcome = peerRow{File: filepath.Base(path), Nodes: len(d.n.Junctions), Links: d.n.Size() - len(d.n.Junctions)}
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	a, err := d.p.ask(map[string]any{"do": "open", "file": path})
	if err != nil {
		return err
	}
	d.outcome.Version = a.Version
	return d.findLimit(a.TrialsLimit)
}

// turns chooses the links whose loss is made half as large again: throttling
// valves, pipes where there is none.
func (d *duel) turns(f *epanet.File, c *epanet.Conversion) {
	var names []string
	var changes []models.Change
	for i := range f.Valves {
		if v := &f.Valves[i]; v.Kind == epanet.TCV && v.Status == epanet.Active && v.Setting > 0 && v.Curve == "" {
			names = append(names, v.ID)
			changes = append(changes, models.Change{Element: c.Valves[i].ID, Attribute: models.AttrZeta, Op: models.Scale, Value: 1.5})
		}
	}
	d.valves = len(names) > 0
	for i := range f.Pipes {
		if p := &f.Pipes[i]; !d.valves && p.Status != epanet.Closed {
			names = append(names, p.ID)
			changes = append(changes, models.Change{Element: c.Pipes[i].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: 1.5})
		}
	}
	for i := range min(len(names), mostMoves) {
		at := i * len(names) / min(len(names), mostMoves)
		d.links = append(d.links, names[at])
		d.moves = append(d.moves, models.Scenario{Changes: []models.Change{changes[at]}})
	}
}

// findLimit finds the tightest accuracy that the peer reaches within its
// number of trials.
func (d *duel) findLimit(trials float64) error {
	if _, err := d.p.ask(map[string]any{"do": "setup", "runs": 1}); err != nil {
		return err
	}
	for i := range peerLimits {
		d.limit = &peerLimits[i]
		if err := d.tolerance(d.limit); err != nil {
			return err
		}
		a, err := d.p.ask(map[string]any{"do": "cold", "runs": 1})
		if err != nil {
			return err
		}
		if a.Trials < trials {
			d.outcome.TightHead, d.outcome.TightFlow = a.HeadError, a.FlowChange
			break
		}
	}
	return d.tolerance(nil)
}

// tolerance asks the peer for an accuracy; nil: that of the file.
func (d *duel) tolerance(limit *peerLimit) error {
	_, err := d.p.ask(map[string]any{"do": "tolerance", "tight": limit})
	return err
}

// rounds is how often both sides take turns.
const rounds = 5

// fight takes turns, so that both meet the same load of the machine.
func (d *duel) fight() error {
	s, err := d.check()
	if err != nil {
		return err
	}
	if d.base, err = s.Solve(d.ctx, models.Scenario{}, nil); err != nil {
		return err
	}
	if err := d.agreement(); err != nil {
		return err
	}
	out := &d.outcome
	run := s.NewRun()
	solve := func(sc models.Scenario) (counted, error) {
		r, err := run.Solve(d.ctx, sc)
		return counted{solves: r.Iterations}, err
	}
	forget := func() error { run.Forget(); return nil }
	filed := func() error { _, err := run.Solve(d.ctx, models.Scenario{}); return err }
	alike, err := d.alike()
	if err != nil {
		return err
	}
	var first [6]int // runs of a block, by what they took at first
	for range rounds {
		for i, part := range []struct {
			to      *pairing
			request map[string]any
			prepare func() error
			ours    func(i int) (counted, error)
		}{
			{&out.Setup, map[string]any{"do": "setup"}, collect, func(int) (_ counted, err error) { _, err = solver.Compile(d.checked, d.o); return counted{}, err }},
			{&out.Same, map[string]any{"do": "cold"}, func() error { alike.Forget(); return nil }, func(int) (counted, error) {
				r, err := alike.Solve(d.ctx, models.Scenario{})
				return counted{solves: r.Iterations}, err
			}},
			{&out.Cold, map[string]any{"do": "cold"}, forget, func(int) (counted, error) { return solve(models.Scenario{}) }},
			{&out.Tight, map[string]any{"do": "cold"}, nil, nil},
			{&out.Nothing, map[string]any{"do": "nothing"}, filed, func(int) (counted, error) { return solve(models.Scenario{}) }},
			{&out.Moved, map[string]any{"do": "moved", "links": d.links, "valves": d.valves}, filed, func(i int) (counted, error) { return solve(d.moves[i%len(d.moves)]) }},
		} {
			if part.to == &out.Moved && len(d.links) == 0 {
				continue // nothing but valves of other kinds
			}
			first[i] = max(first[i], 2)
			if err := d.turn(part.to, part.request, part.prepare, part.ours, first[i]); err != nil {
				return err
			}
			first[i] = min(max(int(100/part.to.Peer.LeastMs), 2), 40)
		}
	}
	out.Tight.Ours = out.Cold.Ours
	return nil
}

// check measures what belongs to the reading of a file, which the peer does
// when it opens one, and compiles.
func (d *duel) check() (*solver.Solver, error) {
	s, err := solver.New(d.n, d.o) // says what is wrong with it
	if err != nil {
		return nil, err
	}
	d.outcome.Check, err = d.b.check(d.n, &d.checked)
	return s, err
}

// alike returns a Run that ends when the worst head error is no greater than
// what the peer leaves with the accuracy of the file; the balances of the nodes
// are met to rounding on both sides.
func (d *duel) alike() (*solver.Run, error) {
	a, err := d.p.ask(map[string]any{"do": "cold", "runs": 1})
	if err != nil {
		return nil, err
	}
	out, o := &d.outcome, d.o
	out.HeadError, out.FlowChange = a.HeadError, a.FlowChange
	o.EnergyTolerance = math.Max(a.HeadError, leastHeadError) * d.head
	s, err := solver.Compile(d.checked, o)
	if err != nil {
		return nil, err
	}
	run := s.NewRun()
	_, err = run.Solve(d.ctx, models.Scenario{})
	r := run.Result().Report
	out.SameHead, out.SameMass = r.EnergyResidual/d.head, r.MassResidual
	return run, err
}

// leastHeadError is the head error, m, below which nothing is asked for: where
// the peer leaves less, there is nothing but rounding.
const leastHeadError = 1e-9

// turn lets the peer do something so many times, and then us; without us it
// is to be as accurate as it can.
func (d *duel) turn(to *pairing, request map[string]any, prepare func() error, ours func(int) (counted, error), runs int) error {
	request["runs"] = runs
	if ours == nil {
		if err := d.tolerance(d.limit); err != nil {
			return err
		}
	}
	a, err := d.p.ask(request)
	if err != nil {
		return err
	}
	to.Peer.add(a.Ms, counted{solves: int(a.Trials)})
	if ours == nil {
		return d.tolerance(nil)
	}
	b := *d.b
	b.runs = runs
	s, err := b.measure(1, prepare, ours)
	to.Ours.add(s.all, counted{solves: s.Solves})
	return err
}

// agreement compares the heads at the peer's tightest accuracy.
func (d *duel) agreement() error {
	out := &d.outcome
	out.OurHead, out.OurMass = d.base.Report.EnergyResidual/d.head, d.base.Report.MassResidual
	if err := d.tolerance(d.limit); err != nil {
		return err
	}
	if _, err := d.p.ask(map[string]any{"do": "cold", "runs": 1}); err != nil {
		return err
	}
	a, err := d.p.ask(map[string]any{"do": "heads"})
	if err != nil {
		return err
	}
	cut := map[models.ID]bool{}
	for _, is := range d.base.Islands {
		for _, id := range is.Junctions {
			cut[id] = true
		}
	}
	ids, err := d.p.ask(map[string]any{"do": "ids"})
	if err != nil {
		return err
	}
	index := d.n.Index()
	for i, id := range ids.IDs {
		at, ok := index.At(models.KindJunction, models.ID(id))
		if !ok || cut[models.ID(id)] || !d.base.Junctions[at].PressureKnown {
			continue
		}
		head := d.n.Junctions[at].Elevation.Value + d.base.Junctions[at].Pressure/d.head
		out.Apart = math.Max(out.Apart, math.Abs(head-a.Heads[i]))
	}
	return d.tolerance(nil)
}

// against runs the comparison over files and generated towns.
func (f *benchFlags) against(cmd *cobra.Command, files []string) error {
	dir, err := os.MkdirTemp("", "evenflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	context.AfterFunc(cmd.Context(), func() { os.RemoveAll(dir) }) // the program may end in the middle of a town
	if cmd.Flags().Changed("nodes") {
		for _, n := range f.nodes {
			more, err := writeTowns(cmd.Context(), dir, n, f.seed)
			if err != nil {
				return badInput(err)
			}
			files = append(files, more...)
		}
	}
	p, err := startPeer(cmd.Context(), f.peer)
	if err != nil {
		return badInput(err)
	}
	report := peerReport{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version(), Peer: f.peer, Rows: []peerRow{}}
	b := &bench{progress: cmd.ErrOrStderr()}
	for _, path := range files {
		b.say("%s", filepath.Base(path))
		d := &duel{b: b, p: p, ctx: cmd.Context()}
		if err := d.begin(path); err == nil {
			err = d.fight()
			if err != nil {
				d.outcome.Failed = err.Error()
			}
		} else {
			d.outcome.File, d.outcome.Failed = filepath.Base(path), err.Error()
		}
		if cmd.Context().Err() != nil { // the peer is stopped too
			break
		}
		report.Rows = append(report.Rows, d.outcome)
		if _, err := p.ask(map[string]any{"do": "close"}); err != nil {
			b.say("%s: %v", filepath.Base(path), err)
		}
	}
	stopped := interrupted(cmd.Context(), "%d of %s compared", len(report.Rows), plural(len(files), "file"))
	if err := p.stop(); err != nil && stopped == nil {
		return err
	}
	report.judge()
	if f.asJSON {
		return errors.Join(printJSON(cmd.OutOrStdout(), report), stopped)
	}
	report.print(cmd.OutOrStdout())
	return stopped
}

// writeTowns writes a generated town as INP files of the two kinds: every
// station a throttling valve, and every station a pair of given flows.
func writeTowns(ctx context.Context, dir string, nodes int, seed int64) ([]string, error) {
	n, err := town.Generate(town.Options{Seed: seed, Stations: stationsFor(nodes)})
	if err != nil {
		return nil, err
	}
	s, err := solver.New(n, solver.Options{Temperatures: solver.Isothermal})
	if err != nil {
		return nil, err
	}
	r, err := s.Solve(ctx, models.Scenario{}, nil)
	if err != nil {
		return nil, err
	}
	given := *n
	given.Stations = append([]models.Station(nil), n.Stations...)
	for i := range given.Stations {
		given.Stations[i].Demand.Flow = models.Some(r.Stations[i].Flow)
	}
	size := strings.ReplaceAll(strings.TrimSuffix(humanize.SIWithDigits(float64(nodes), 0, ""), " "), " ", "")
	var files []string
	for _, kind := range []struct {
		name string
		net  *models.Network
	}{{"bridge", n}, {"demand", &given}} {
		path := filepath.Join(dir, fmt.Sprintf("town_%s_%s.inp", kind.name, size))
		if _, err := writeEPANET(path, &incoming{net: kind.net}, false); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}
