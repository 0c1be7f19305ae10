package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/scada/dispatch"
	"evenflow/scada/plc"
	"evenflow/scada/pointlist"
)

// newServe is the verb that looks after a plant.
func newServe() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:         "serve --config FILE",
		Annotations: attended,
		Short:       "The service: polls the PLCs, advises, writes what was approved, serves the page",
		Long: `Serve looks after the plant that the configuration names. A new installation starts in
mode monitor, in which the program holds nothing that could write; a restart resumes
the mode that was journaled, advisory at most. What was on its way when the last
process ended is uncertain until its register has been read; nothing is sent again.

Accounts are made with 'evenflow user add'. The configuration's keys are described in
docs/operations.md; 'evenflow plant --write DIR' leaves a complete example.`,
		Example: `  evenflow plant --write ./try &
  evenflow user add li --role dispatcher --data ./try/data
  evenflow serve --config ./try/evenflow.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return badInput(fmt.Errorf("--config is missing; 'evenflow plant --write DIR' leaves an example"))
			}
			return runServe(cmd, file)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `FILE`")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	return cmd
}

func runServe(cmd *cobra.Command, file string) error {
	c, err := readConfig(file)
	if err != nil {
		return badInput(err)
	}
	cfg, err := serveConfig(c)
	if err != nil {
		return err
	}
	cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	d := doors{Origins: c.Origins}
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return badInput(fmt.Errorf("tls_cert, tls_key: %w", err))
		}
		d.Cert = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}
	}
	if d.Listener, err = listenOn(c.Listen); err != nil {
		return err
	}
	sys, err := newSystem(cfg)
	if err != nil {
		d.Listener.Close()
		return err
	}
	defer sys.Close()
	ctx := cmd.Context()
	if err := sys.gateway.PollAll(ctx); err != nil {
		return err
	}
	if err := sys.desk.Recover(ctx); err != nil {
		return err
	}
	scheme := "http"
	if d.Cert != nil {
		scheme = "https"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s, mode %s\npage: %s://%s\n", cfg.Net.Name, plural(len(cfg.Net.Stations), "station"),
		fmt.Sprintf("%d PLCs", len(cfg.List.Endpoints())), sys.desk.Mode(dispatch.Scope{}), scheme, d.Listener.Addr())
	return sys.run(ctx, d)
}

// serveConfig reads what the configuration names; all problems of the point
// list are reported at once.
func serveConfig(c *Config) (systemConfig, error) {
	cfg := systemConfig{Speed: c.speed(), Data: c.Data, Simulated: c.Simulated, TwoPerson: c.TwoPerson}
	var err error
	if cfg.Clock, err = c.clock(time.Now()); err != nil {
		return cfg, badInput(err)
	}
	if cfg.Net, err = readNetwork(c.Network); err != nil {
		return cfg, err
	}
	var problems models.Problems
	if cfg.List, problems = pointlist.ReadFile(c.Points); problems.Refused() != nil {
		return cfg, badInput(fmt.Errorf("%s:\n%w", c.Points, problems.Refused()))
	}
	if cfg.Scan, err = c.scan(); err != nil {
		return cfg, badInput(err)
	}
	for _, e := range c.Endpoints {
		allow, err := plc.ParseEndpoints(e)
		if err != nil {
			return cfg, badInput(err)
		}
		cfg.Allow = append(cfg.Allow, allow)
	}
	return cfg, nil
}
