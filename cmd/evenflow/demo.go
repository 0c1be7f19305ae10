package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"evenflow/scada/auth"
	"evenflow/scada/clock"
	"evenflow/scada/dispatch"
	"evenflow/scada/plant"
	"evenflow/scada/store"
)

// demoScan is the poll period of the demo, plant time: at sixty times the
// wall clock six polls a second.
const demoScan = 10 * time.Second

// newDemo is the verb that shows everything at once.
func newDemo() *cobra.Command {
	var f plantFlags
	var listen, data string
	var speed float64
	cmd := &cobra.Command{
		Use:         "demo",
		Annotations: attended,
		Short:       "The demo city: virtual plant, real Modbus, service and page",
		Long: `Demo starts a virtual plant (one Modbus TCP server a station, and the heat source's),
a service that looks after it, and the control-room page, and signs a dispatcher in on
this machine. The near stations drown in heat while the far ones freeze: approve the
recommendation and watch the registers change and the city come into balance.

Commands reach this process' own plant only. The plant's clock runs --speed times as
fast as yours.`,
		Example: `  evenflow demo
  evenflow demo --stations 1000 --seed 3
  evenflow demo --fault dead-plc:S-017 --fault stuck-valve:S-042
  evenflow demo --network network.json --data ./demo-data`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(speed > 0 && speed <= 600) {
				return badInput(fmt.Errorf("--speed %g: give a number above 0, at most 600", speed))
			}
			if err := onlyLoopback(listen); err != nil {
				return badInput(err)
			}
			o, err := f.options(cmd)
			if err != nil {
				return err
			}
			return runDemo(cmd, o, listen, data, speed)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the page, on this machine only")
	cmd.Flags().Float64Var(&speed, "speed", 60, "`N` plant seconds a second")
	cmd.Flags().StringVar(&data, "data", "", "`DIR` of the database, created if absent (default: a temporary folder, removed at exit)")
	return cmd
}

// onlyLoopback refuses an address that others can reach: the demo signs
// everybody in.
func onlyLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w; write host:port, e.g. 127.0.0.1:8080", listen, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("--listen %s: the demo signs everybody in, so it listens on this machine only; use 127.0.0.1, or serve --config for others", listen)
	}
	return nil
}

func runDemo(cmd *cobra.Command, o plant.Options, listen, data string, speed float64) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := listenOn(listen)
	if err != nil {
		return err
	}
	clk := clock.NewScaled(season, speed)
	o.Clock, o.Log = clk, log
	o.Step = max(time.Second, time.Duration(speed/20*float64(time.Second)))
	p, err := plant.New(o)
	if err != nil {
		return badInput(err)
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	defer p.Close()
	if o.Faults != nil {
		p.BeginRound(1)
	}
	if data != "" {
		if err := os.MkdirAll(data, 0o700); err != nil {
			return badInput(fmt.Errorf("--data: %w", err))
		}
	}
	sys, err := newSystem(systemConfig{Net: o.Network, List: p.Points(), Clock: clk, Speed: speed, Data: data, Allow: loopback(), Scan: demoScan,
		OwnPlant: true, Simulated: true, Log: log, History: store.Options{HistoryEvery: 20 * time.Second, HistoryKeep: 24 * time.Hour}})
	if err != nil {
		return err
	}
	defer sys.Close()
	name := o.Network.Name
	if en := o.Network.NameEn; en != "" && en != name {
		name += " (" + en + ")"
	}
	fmt.Fprintf(out, "%s: %s, %d PLCs on %s\n", name, plural(len(o.Network.Stations), "station"), len(p.Points().Endpoints()), p.Points().Endpoints()[0])
	fmt.Fprintf(out, "database: %s\n", sys.store.Dir())
	if err := sys.gateway.PollAll(ctx); err != nil {
		return err
	}
	if err := ownPlant(ctx, sys, "demo"); err != nil {
		return err
	}
	fmt.Fprintf(out, "page: http://%s   (a dispatcher is signed in; Ctrl+C ends)\n", l.Addr())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ended(p.Run(ctx)) })
	group.Go(func() error {
		return sys.run(ctx, doors{Listener: l, Demo: &auth.Person{Name: "demo", Display: "演示调度员", Role: auth.Role(dispatch.RoleDispatcher), Demo: true}})
	})
	return ended(group.Wait())
}
