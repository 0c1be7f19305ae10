package plc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// Endpoints is a range of addresses and ports that may be spoken to.
type Endpoints struct {
	Prefix      netip.Prefix
	First, Last uint16 // ports, inclusive
}

// ParseEndpoints reads "CIDR:port" or "CIDR:first-last", e.g.
// "10.20.0.0/16:502", "[fd00::]/64:502" or "127.0.0.1/32:5020-5300".
func ParseEndpoints(s string) (Endpoints, error) {
	bad := fmt.Errorf("%q is no range of endpoints; write CIDR:port or CIDR:first-last, e.g. 10.20.0.0/16:502", s)
	i := strings.LastIndex(s, ":")
	if i < 0 {
		return Endpoints{}, bad
	}
	prefix, err := netip.ParsePrefix(strings.NewReplacer("[", "", "]", "").Replace(s[:i]))
	if err != nil {
		return Endpoints{}, bad
	}
	first, last, ranged := strings.Cut(s[i+1:], "-")
	if !ranged {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	if errA != nil || errB != nil || a == 0 || a > b {
		return Endpoints{}, bad
	}
	return Endpoints{prefix.Masked(), uint16(a), uint16(b)}, nil
}

// names reports whether the range contains an endpoint. A loopback address
// is contained only in a range that is all loopback, so that 0.0.0.0/0 does
// not open this machine's own services.
func (e Endpoints) names(ap netip.AddrPort) bool {
	a := ap.Addr().Unmap()
	if !e.Prefix.Contains(a) || ap.Port() < e.First || ap.Port() > e.Last {
		return false
	}
	return !a.IsLoopback() || e.Prefix.Addr().IsLoopback() && (a.Is6() || e.Prefix.Bits() >= 8)
}

// mayDial says why an address is not spoken to; nil if it is.
func mayDial(allow []Endpoints, ap netip.AddrPort) error {
	a := ap.Addr().Unmap()
	if a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return fmt.Errorf("%s is no address of a PLC", ap)
	}
	for _, e := range allow {
		if e.names(ap) {
			return nil
		}
	}
	return fmt.Errorf("%s is not among the endpoints that may be spoken to; add it to `endpoints` of the configuration", ap)
}

// dialer opens connections to the allowed endpoints, a bounded number at a
// time. Names are resolved once: a name that later points elsewhere changes
// nothing.
type dialer struct {
	allow []Endpoints
	slots chan struct{}
	mu    sync.Mutex
	known map[string]netip.AddrPort
}

func newDialer(allow []Endpoints, most int) *dialer {
	return &dialer{allow: allow, slots: make(chan struct{}, most), known: map[string]netip.AddrPort{}}
}

// dial connects to "host:port".
func (d *dialer) dial(ctx context.Context, endpoint string) (net.Conn, error) {
	ap, err := d.resolve(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var nd net.Dialer
	nd.KeepAlive = -1 // polling is the keep-alive
	return nd.DialContext(ctx, "tcp", ap.String())
}

// resolve returns the address of an endpoint if it may be spoken to.
func (d *dialer) resolve(ctx context.Context, endpoint string) (netip.AddrPort, error) {
	d.mu.Lock()
	ap, ok := d.known[endpoint]
	d.mu.Unlock()
	if ok {
		return ap, nil
	}
	if ap, err := netip.ParseAddrPort(endpoint); err == nil {
		return d.remember(endpoint, []netip.Addr{ap.Addr()}, ap.Port())
	}
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return d.remember(endpoint, addrs, uint16(n))
}

func (d *dialer) remember(endpoint string, addrs []netip.Addr, port uint16) (netip.AddrPort, error) {
	why := errors.New("no address")
	for _, a := range addrs {
		ap := netip.AddrPortFrom(a.Unmap(), port)
		if why = mayDial(d.allow, ap); why == nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.known[endpoint] = ap
			return ap, nil
		}
	}
	return netip.AddrPort{}, why
}

// vet refuses an endpoint that may not be spoken to. A host name passes: it is
// vetted when it is looked up.
func (d *dialer) vet(endpoint string) error {
	ap, err := netip.ParseAddrPort(endpoint)
	if err != nil {
		return nil
	}
	return mayDial(d.allow, ap)
}
