package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"evenflow/scada/clock"
)

// Config is the file that `serve --config` reads and `plant --write` leaves
// (evenflow.yaml). Paths are relative to the file. An unknown key is refused.
type Config struct {
	Listen    string   `yaml:"listen"`                     // address of the page, host:port
	Origins   []string `yaml:"origins,omitempty"`          // further addresses the page may be opened under, e.g. https://heat.example
	Data      string   `yaml:"data"`                       // folder of the database, created if absent
	Network   string   `yaml:"network"`                    // evenflow-network/1
	Points    string   `yaml:"points"`                     // point list, CSV
	Scan      string   `yaml:"scan,omitempty"`             // poll period, e.g. 5s; default 5s
	Endpoints []string `yaml:"endpoints"`                  // PLCs that may be spoken to, CIDR:port or CIDR:first-last
	Simulated bool     `yaml:"simulated,omitempty"`        // the plant is a virtual one: the page says so
	Speed     float64  `yaml:"speed,omitempty"`            // of a simulated plant's clock; default 1
	Epoch     string   `yaml:"epoch,omitempty"`            // when that clock showed the time of day, RFC 3339; default: the start of the service
	TwoPerson int      `yaml:"two_person_items,omitempty"` // from so many settings on an order takes two persons; 0: only what is critical
	TLSCert   string   `yaml:"tls_cert,omitempty"`
	TLSKey    string   `yaml:"tls_key,omitempty"`
}

// readConfig reads and checks a configuration; every problem is reported at
// once.
func readConfig(path string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var c Config
	if err := yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("configuration %s: %s", path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	dir := filepath.Dir(path)
	for _, p := range []*string{&c.Data, &c.Network, &c.Points, &c.TLSCert, &c.TLSKey} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("configuration %s:\n%w", path, err)
	}
	return &c, nil
}

// check returns every problem of the configuration, joined.
func (c *Config) check() error {
	var errs []error
	need := func(key, value string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("%s: missing; give a value", key))
		}
	}
	need("listen", c.Listen)
	need("data", c.Data)
	need("network", c.Network)
	need("points", c.Points)
	if _, err := c.scan(); err != nil {
		errs = append(errs, err)
	}
	if len(c.Endpoints) == 0 {
		errs = append(errs, errors.New("endpoints: missing; list the PLCs that may be spoken to, e.g. 10.20.0.0/16:502"))
	}
	for _, e := range c.Endpoints {
		if _, _, _, err := parseEndpointRange(e); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Speed != 0 && c.Speed != 1 && !c.Simulated {
		errs = append(errs, errors.New("speed: only a simulated plant's clock may run faster; remove it or set simulated: true"))
	}
	if c.Epoch != "" && !c.Simulated {
		errs = append(errs, errors.New("epoch: only a simulated plant has one; remove it or set simulated: true"))
	}
	if c.TwoPerson < 0 {
		errs = append(errs, errors.New("two_person_items: must be 0 or more"))
	}
	if c.Speed < 0 {
		errs = append(errs, errors.New("speed: must be above 0"))
	} else if _, err := c.clock(time.Now()); err != nil {
		errs = append(errs, err)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls_cert, tls_key: give both or none"))
	}
	if c.Listen != "" && c.TLSCert == "" {
		host, _, err := net.SplitHostPort(c.Listen)
		if err != nil {
			errs = append(errs, fmt.Errorf("listen: %v; write host:port, e.g. 127.0.0.1:8080", err))
		} else if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			errs = append(errs, fmt.Errorf("listen: %s is reachable from outside without TLS; give tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy that does TLS", c.Listen))
		}
	}
	return errors.Join(errs...)
}

// scan returns the poll period.
func (c *Config) scan() (time.Duration, error) {
	if c.Scan == "" {
		return 5 * time.Second, nil
	}
	d, err := time.ParseDuration(c.Scan)
	if err != nil || d < time.Second || d > 5*time.Minute {
		return 0, fmt.Errorf("scan: %q is no period from 1s to 5m", c.Scan)
	}
	return d, nil
}

// clock returns the plant's clock. A simulated plant's clock goes on while the
// service is down, as a real one does.
func (c *Config) clock(now time.Time) (clock.Clock, error) {
	if c.Epoch == "" && (c.Speed == 0 || c.Speed == 1) {
		return clock.Real{}, nil
	}
	epoch, speed := now, c.speed()
	if c.Epoch != "" {
		var err error
		if epoch, err = time.Parse(time.RFC3339Nano, c.Epoch); err != nil || epoch.After(now) {
			return nil, fmt.Errorf("epoch: %q is no RFC 3339 time in the past; write it as 2026-01-18T06:00:00Z", c.Epoch)
		}
	}
	return clock.NewScaled(epoch.Add(time.Duration(float64(now.Sub(epoch))*speed)), speed), nil
}

// speed returns how fast the plant's clock runs.
func (c *Config) speed() float64 {
	if c.Speed == 0 {
		return 1
	}
	return c.Speed
}

// parseEndpointRange reads "CIDR:port" or "CIDR:first-last".
func parseEndpointRange(s string) (netip.Prefix, uint16, uint16, error) {
	bad := fmt.Errorf("endpoints: %q; write CIDR:port or CIDR:first-last, e.g. 10.20.0.0/16:502", s)
	i := strings.LastIndex(s, ":")
	if i < 0 {
		return netip.Prefix{}, 0, 0, bad
	}
	prefix, err := netip.ParsePrefix(strings.Trim(s[:i], "[]"))
	if err != nil {
		return netip.Prefix{}, 0, 0, bad
	}
	first, last, ranged := strings.Cut(s[i+1:], "-")
	lo, err := strconv.ParseUint(first, 10, 16)
	if err != nil || lo == 0 {
		return netip.Prefix{}, 0, 0, bad
	}
	hi := lo
	if ranged {
		if hi, err = strconv.ParseUint(last, 10, 16); err != nil || hi < lo {
			return netip.Prefix{}, 0, 0, bad
		}
	}
	return prefix, uint16(lo), uint16(hi), nil
}
