package plc

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/models/unit"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
)

// frame is one request as a PLC sees it.
type request struct {
	raw         []byte
	transaction uint16
	unit, f     byte
	address, n  int // of a read or FC16; FC6: n is the value
}

// fake is a PLC in a test's hand: it answers like a good one unless act says
// otherwise.
type fake struct {
	t        testing.TB
	listener net.Listener
	wait     sync.WaitGroup
	stop     chan struct{}

	mu      sync.Mutex
	regs    map[byte]*[400]uint16 // by unit
	writes  []request
	reads   []request
	dials   int
	conns   map[net.Conn]bool
	act     func(c net.Conn, r request) bool // true: it has dealt with the request
	missing func(address int) bool           // registers the PLC lacks
}

func newFake(t testing.TB, units ...byte) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, listener: l, stop: make(chan struct{}), regs: map[byte]*[400]uint16{}, conns: map[net.Conn]bool{}}
	for _, u := range append(units, 1) {
		f.regs[u] = &[400]uint16{}
	}
	f.wait.Add(1)
	go func() {
		defer f.wait.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.dials++
			f.conns[c] = true
			f.mu.Unlock()
			f.wait.Add(1)
			go func() {
				defer f.wait.Done()
				f.serve(c)
				f.mu.Lock()
				delete(f.conns, c)
				f.mu.Unlock()
				c.Close()
			}()
		}
	}()
	t.Cleanup(f.close)
	return f
}

func (f *fake) close() {
	select {
	case <-f.stop:
		return
	default:
	}
	close(f.stop)
	f.listener.Close()
	f.cut()
	f.wait.Wait()
}

// cut closes all connections, as a PLC does that restarts.
func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		c.Close()
	}
}

func (f *fake) address() string { return f.listener.Addr().String() }

func (f *fake) serve(c net.Conn) {
	for {
		head := make([]byte, 7)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		body := make([]byte, int(binary.BigEndian.Uint16(head[4:]))-1)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		r := request{append(head, body...), binary.BigEndian.Uint16(head), head[6], body[0], int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))}
		f.mu.Lock()
		if writes(r.f) {
			f.writes = append(f.writes, r)
		} else {
			f.reads = append(f.reads, r)
		}
		act := f.act
		f.mu.Unlock()
		if act != nil && act(c, r) {
			continue
		}
		if answer := f.answer(r); answer != nil {
			c.Write(answer)
		}
	}
}

// answer does what a good PLC does; a unit it does not know gets silence.
func (f *fake) answer(r request) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	regs := f.regs[r.unit]
	if regs == nil {
		return nil
	}
	n := r.n
	if r.f == 6 {
		n = 1
	}
	for a := r.address; a < r.address+n; a++ {
		if a >= len(regs) || f.missing != nil && f.missing(a) {
			return r.reply(r.f|0x80, 2)
		}
	}
	switch r.f {
	case 3, 4:
		return r.reply(r.f, words(regs[r.address:r.address+n])...)
	case 6:
		regs[r.address] = uint16(r.n)
		return r.raw
	case 16:
		for i := range n {
			regs[r.address+i] = binary.BigEndian.Uint16(r.raw[13+2*i:])
		}
		return r.reply(16, r.raw[8:12]...)
	}
	return r.reply(r.f|0x80, 1)
}

// words is the data of a read answer: byte count and registers.
func words(w []uint16) []byte {
	out := []byte{byte(2 * len(w))}
	for _, x := range w {
		out = binary.BigEndian.AppendUint16(out, x)
	}
	return out
}

// reply frames an answer to the request.
func (r request) reply(f byte, data ...byte) []byte {
	out := append([]byte(nil), r.raw[:7]...)
	binary.BigEndian.PutUint16(out[4:], uint16(len(data)+2))
	return append(append(out, f), data...)
}

func (f *fake) set(unit byte, address int, w ...uint16) {
	f.mu.Lock()
	defer f.mu.Unlock()
	copy(f.regs[unit][address:], w)
}

func (f *fake) get(unit byte, address int) uint16 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.regs[unit][address]
}

func (f *fake) behave(act func(c net.Conn, r request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.act = act
}

func (f *fake) lack(missing func(int) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.missing = missing
}

// written returns the write requests that arrived.
func (f *fake) written() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request(nil), f.writes...)
}

// asked returns the read requests that arrived and forgets them.
func (f *fake) asked() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.reads
	f.reads = nil
	return out
}

// once lets an act happen to the first request that fits, and never again.
func once(fits func(request) bool, act func(net.Conn, request)) func(net.Conn, request) bool {
	var mu sync.Mutex
	done := false
	return func(c net.Conn, r request) bool {
		mu.Lock()
		if done || !fits(r) {
			mu.Unlock()
			return false
		}
		done = true
		mu.Unlock()
		act(c, r)
		return true
	}
}

// The block of a station PLC in these tests.
const (
	regIdentity, regBeat, regOurs, regRemote, regFallback = 0, 1, 2, 3, 4
	regPressure, regFlow, regSetpoint, regFeedback        = 10, 12, 20, 21
)

// stationAt returns the points of a station behind a fake.
func stationAt(element models.ID, endpoint string, unitID byte, identity float64) []pointlist.Point {
	at := func(q models.Quantity, address uint16, t pointlist.Type, u string, scale float64) pointlist.Point {
		return pointlist.Point{Element: element, Quantity: q, Endpoint: endpoint, UnitID: unitID, Address: address, Type: t, Scale: scale, Unit: unit.Must(u)}
	}
	points := []pointlist.Point{
		at(models.Identity, regIdentity, pointlist.U16, "1", 1), at(models.PLCHeartbeat, regBeat, pointlist.U16, "1", 1),
		at(models.SCADAHeartbeat, regOurs, pointlist.U16, "1", 1), at(models.Remote, regRemote, pointlist.Bool, "1", 1),
		at(models.FallbackActive, regFallback, pointlist.Bool, "1", 1), at(models.SupplyPressure, regPressure, pointlist.U16, "MPa", 0.0001),
		at(models.MassFlow, regFlow, pointlist.F32, "t/h", 1), at(models.OpeningSetpoint, regSetpoint, pointlist.U16, "%", 0.1),
		at(models.OpeningFeedback, regFeedback, pointlist.U16, "%", 0.1),
	}
	points[0].Expect = models.Some(identity)
	points[2].Writable, points[7].Writable = true, true
	points[7].Min, points[7].Max = models.Some(0), models.Some(100)
	return points
}

// prime fills a unit of a fake with a station in good order.
func (f *fake) prime(unit byte, identity uint16) {
	f.set(unit, regIdentity, identity, 1, 0, 1, 0)
	f.set(unit, regPressure, 6000, 0, 0x41A0, 0) // 0.6 MPa, 20 t/h
	f.set(unit, regSetpoint, 400, 400)
}

// bench is a gateway on a stepped clock with everything it handed out.
type bench struct {
	*Gateway
	t     *testing.T
	clock *clock.Stepped
	got   map[models.PointID]models.Reading
	alien []Foreign
}

var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func loopback() []Endpoints {
	return []Endpoints{{netip.MustParsePrefix("127.0.0.0/8"), 1, 65535}}
}

func newBench(t *testing.T, points []pointlist.Point, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewStepped(start), got: map[models.PointID]models.Reading{}}
	opts := Options{Clock: b.clock, Allow: loopback(), Timeout: 2 * time.Second, Settle: -1, PollTimeout: 20 * time.Second,
		Sink: func(rs []models.Reading) {
			for _, r := range rs {
				b.got[r.Point] = r
			}
		},
		Foreign: func(f Foreign) { b.alien = append(b.alien, f) }}
	if change != nil {
		change(&opts)
	}
	g, err := NewGateway(&pointlist.List{Points: points}, opts)
	if err != nil {
		t.Fatal(err)
	}
	b.Gateway = g
	t.Cleanup(g.Close)
	return b
}

// poll steps the clock by a period and polls.
func (b *bench) poll() {
	b.t.Helper()
	b.clock.Advance(5 * time.Second)
	if err := b.PollAll(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) reading(element models.ID, q models.Quantity) models.Reading {
	return b.got[models.PointID{Element: element, Quantity: q}]
}
