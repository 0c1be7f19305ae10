package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/scada/clock"
	"evenflow/scada/plant"
	"evenflow/scada/pointlist"
)

// newPlant is the verb that runs a virtual plant as a process of its own.
func newPlant() *cobra.Command {
	var (
		flags  plantFlags
		listen string
		speed  float64
		write  string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:         "plant",
		Annotations: attended,
		Short:       "Run a virtual plant: PLCs of source and stations over Modbus TCP",
		Long: `Run a virtual plant until it is stopped: a Modbus TCP server for the heat
source's PLC and one for every station, each on a port of its own, with the
network's physics behind them. The plant differs from its drawings by hidden,
seeded deviations that only this process knows.

--write DIR leaves what a service needs to look after it: network.json (as
drawn, not as it is), points.csv and evenflow.yaml, which

  evenflow serve --config DIR/evenflow.yaml

runs as is. Files of these names in DIR are replaced. With free ports (the
default) they change at every start; --listen HOST:PORT puts the source on
PORT and the stations on the ports after it.`,
		Example: `  evenflow plant --write /tmp/town
  evenflow plant --stations 50 --seed 3 --listen 127.0.0.1:15020
  evenflow plant --fault stuck-valve:S-017 --fault meter-zero:S-120`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(speed > 0) || speed > 3600 {
				return badInput(fmt.Errorf("--speed %g: give a factor above 0, up to 3600", speed))
			}
			o, err := flags.options(cmd)
			if err != nil {
				return err
			}
			for _, f := range o.Faults {
				if f.Round > 1 {
					return badInput(fmt.Errorf("--fault %s: only `evenflow rehearse` counts rounds; leave @%d out", f, f.Round))
				}
			}
			o.Listen = listen
			epoch := time.Now()
			o.Clock = clock.NewScaled(epoch, speed)
			o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			return runPlant(cmd, o, pace{speed, epoch}, write, asJSON)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1", "`HOST[:PORT]` of the PLCs; without a port: free ports")
	cmd.Flags().Float64Var(&speed, "speed", 60, "plant time over wall time")
	cmd.Flags().StringVar(&write, "write", "", "leave network.json, points.csv and evenflow.yaml in `DIR`, created if absent")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print where the plant listens as JSON")
	_ = cmd.MarkFlagDirname("write")
	return cmd
}

// pace is how a virtual plant's clock runs: epoch is when it showed the time
// of day.
type pace struct {
	speed float64
	epoch time.Time
}

func runPlant(cmd *cobra.Command, o plant.Options, pace pace, write string, asJSON bool) error {
	p, err := plant.New(o)
	if err != nil {
		return badInput(err)
	}
	for i := range o.Faults { // rounds are not counted here: the first is now
		if o.Faults[i].Round == 1 {
			p.BeginRound(1)
		}
	}
	if err := p.Start(cmd.Context()); err != nil {
		return err
	}
	defer p.Close()
	points := p.Points()
	if write != "" {
		if err := writePlant(write, o.Network, points, pace); err != nil {
			return err
		}
	}
	if err := printPlant(cmd.OutOrStdout(), o, points, pace.speed, write, asJSON); err != nil {
		return err
	}
	if err := p.Run(cmd.Context()); err != nil && cmd.Context().Err() == nil {
		return err
	}
	return nil
}

// plantJSON is what plant --json prints at start.
type plantJSON struct {
	Network  string   `json:"network"`
	Sources  int      `json:"sources"`
	Stations int      `json:"stations"`
	Points   int      `json:"points"`
	First    string   `json:"first_endpoint"`
	Last     string   `json:"last_endpoint"`
	Speed    float64  `json:"speed"`
	Faults   []string `json:"faults"`
	Config   string   `json:"config,omitempty"`
}

func printPlant(w io.Writer, o plant.Options, points *pointlist.List, speed float64, write string, asJSON bool) error {
	d := plantJSON{
		Network: o.Network.Name, Sources: len(o.Network.Sources), Stations: len(o.Network.Stations),
		Points: len(points.Points), Speed: speed, Faults: []string{},
	}
	if n := len(points.Points); n > 0 {
		d.First, d.Last = points.Points[0].Endpoint, points.Points[n-1].Endpoint
	}
	for _, f := range o.Faults {
		d.Faults = append(d.Faults, f.String())
	}
	if write != "" {
		d.Config = filepath.Join(write, configFile)
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(d)
	}
	fmt.Fprintf(w, "%s (%s): %s, %s, %s points\n", d.Network, o.Network.NameEn, plural(d.Sources, "source"), plural(d.Stations, "station"), humanize.Comma(int64(d.Points)))
	fmt.Fprintf(w, "PLCs listen on %s … %s, clock ×%g\n", d.First, d.Last, speed)
	for _, f := range d.Faults {
		fmt.Fprintf(w, "fault: %s\n", f)
	}
	if d.Config != "" {
		fmt.Fprintf(w, "written: %s, %s, %s\nnow run: evenflow serve --config %s\n", filepath.Join(write, networkFile), filepath.Join(write, pointsFile), d.Config, d.Config)
	}
	_, err := fmt.Fprintln(w, "stop with Ctrl-C")
	return err
}

// The files that plant --write leaves.
const (
	networkFile = "network.json"
	pointsFile  = "points.csv"
	configFile  = "evenflow.yaml"
)

// writePlant leaves what serve needs to look after the plant.
func writePlant(dir string, net *models.Network, points *pointlist.List, pace pace) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return badInput(fmt.Errorf("--write: %w", err))
	}
	var network, sheet bytes.Buffer
	if err := netfile.Write(&network, net); err != nil {
		return err
	}
	if err := points.Write(&sheet); err != nil {
		return err
	}
	endpoints, err := endpointRanges(points.Endpoints())
	if err != nil {
		return err
	}
	config, err := yaml.Marshal(Config{
		Listen: "127.0.0.1:8080", Data: "data", Network: networkFile, Points: pointsFile,
		Endpoints: endpoints, Simulated: true, Speed: pace.speed, Epoch: pace.epoch.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return err
	}
	// The configuration last: whoever waits for it finds the rest.
	for _, f := range []struct {
		name    string
		content []byte
	}{{networkFile, network.Bytes()}, {pointsFile, sheet.Bytes()}, {configFile, config}} {
		if err := writeWhole(filepath.Join(dir, f.name), func(w io.Writer) error {
			_, err := w.Write(f.content)
			return err
		}); err != nil {
			return fmt.Errorf("--write: %w", err)
		}
	}
	return nil
}

// endpointRanges turns a plant's endpoints into the allow-list of the
// configuration: one row a host, from its lowest port to its highest.
func endpointRanges(endpoints []string) ([]string, error) {
	type span struct{ lo, hi uint16 }
	spans := map[netip.Addr]*span{}
	var hosts []netip.Addr
	for _, e := range endpoints {
		at, err := netip.ParseAddrPort(e)
		if err != nil {
			return nil, err
		}
		s := spans[at.Addr()]
		if s == nil {
			s = &span{at.Port(), at.Port()}
			spans[at.Addr()] = s
			hosts = append(hosts, at.Addr())
		}
		s.lo, s.hi = min(s.lo, at.Port()), max(s.hi, at.Port())
	}
	var rows []string
	for _, h := range hosts {
		rows = append(rows, fmt.Sprintf("%s:%d-%d", netip.PrefixFrom(h, h.BitLen()), spans[h].lo, spans[h].hi))
	}
	return rows, nil
}
