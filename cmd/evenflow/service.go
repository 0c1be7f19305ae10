package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"evenflow/scada/api"
	"evenflow/scada/auth"
	"evenflow/scada/journal"
	"evenflow/scada/web"
)

// turnEvery is the live loop's period, plant time.
const turnEvery = 10 * time.Second

// doors say how the service is reached.
type doors struct {
	Listener net.Listener
	Cert     *tls.Config // nil: plain HTTP
	Origins  []string
	Demo     *auth.Person // signed in automatically, loopback only
}

// run opens the doors and keeps the service going until ctx ends: polling,
// the live loop, the desk, the page. It returns when all of them have ended.
func (s *system) run(ctx context.Context, d doors) error {
	gate, err := auth.New(auth.Options{Store: s.store, Journal: s.journal, Log: s.cfg.Log, Secure: d.Cert != nil || allTLS(d.Origins), Origins: d.Origins, Demo: d.Demo})
	if err != nil {
		return badInput(err)
	}
	server := api.New(api.Options{Backend: s.board, Gate: gate, Page: web.Handler(), Build: buildID(), TLS: d.Cert != nil || allTLS(d.Origins), Plant: s.cfg.Clock.Now, Log: s.cfg.Log})
	if err := s.journal.Append(ctx, journal.Entry{Who: "evenflow", Role: "program", Action: "start", Plant: s.cfg.Clock.Now(), Reason: buildID()}); err != nil {
		return err
	}
	s.loop.Look() // whoever comes in at once finds the plant, not an empty town
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ended(s.gateway.Run(ctx)) })
	group.Go(func() error { return ended(s.desk.Run(ctx)) })
	group.Go(func() error { return ended(s.loop.Run(ctx, max(s.cfg.Clock.Wall(turnEvery), 250*time.Millisecond))) })
	group.Go(func() error { return server.Serve(ctx, d.Listener, d.Cert) })
	return group.Wait()
}

// allTLS reports whether the page is opened only under https addresses, by a
// proxy that does TLS.
func allTLS(origins []string) bool {
	for _, o := range origins {
		if !strings.HasPrefix(o, "https://") {
			return false
		}
	}
	return len(origins) > 0
}

// ended is nil for a part that ended because it was told to.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// listenOn opens the page's address.
func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, badInput(fmt.Errorf("--listen %s: %w; is another service running there? give another port", address, err))
	}
	return l, nil
}
