package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

// wire is the cable between the service and its plant: everything the service
// says to a PLC passes here, is written down, and can be held up. The service
// knows the cable's ends only, never the plant's.
type wire struct {
	t    *testing.T
	taps map[models.ID]*tap

	mu     sync.Mutex
	writes []wireWrite                    // setpoints that reached the plant, in their order
	reads  map[models.PointID][]time.Time // when a setpoint's register was read to be passed on
	wrong  []string
	conns  map[net.Conn]struct{}
	over   bool
	wait   sync.WaitGroup
}

// wireWrite is one setpoint written into a register.
type wireWrite struct {
	point models.PointID
	value float64 // SI
	at    time.Time
}

// trap says what a tap does with the next setpoint written through it. Once
// it has snapped nothing passes the tap until it is freed.
type trap uint8

const (
	noTrap      trap = iota
	beforeWrite      // the write is held up before it reaches the PLC
	afterWrite       // the write reaches the PLC, its answer does not come back
	afterAnswer      // the answer comes back; nothing after it passes
	everything       // nothing passes, at once
)

// tap is the cable to one PLC.
type tap struct {
	wire     *wire
	element  models.ID
	target   string
	listener net.Listener
	points   []pointlist.Point // holding registers the service may write

	mu      sync.Mutex
	trap    trap
	snapped chan struct{} // closed when the trap has snapped
	freed   chan struct{} // closed when it is freed; nil: nothing is held
	deliver bool          // what is held goes on to the PLC when freed
}

// newWire puts a cable before every PLC of the plant that dir describes and
// rewrites dir so that the service finds the cable's ends.
func newWire(t *testing.T, dir string) (*wire, *pointlist.List) {
	t.Helper()
	file := filepath.Join(dir, pointsFile)
	list, problems := pointlist.ReadFile(file)
	if err := problems.Refused(); err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, taps: map[models.ID]*tap{}, reads: map[models.PointID][]time.Time{}, conns: map[net.Conn]struct{}{}}
	own := &pointlist.List{Points: append([]pointlist.Point(nil), list.Points...)}
	for i := range own.Points {
		p := &own.Points[i]
		tp := w.taps[p.Element]
		if tp == nil {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			tp = &tap{wire: w, element: p.Element, target: p.Endpoint, listener: l}
			w.taps[p.Element] = tp
			w.wait.Add(1)
			go tp.accept()
		}
		if p.Writable {
			tp.points = append(tp.points, *p)
		}
		p.Endpoint = tp.listener.Addr().String()
	}
	t.Cleanup(w.close)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(own.Write(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	w.configure(filepath.Join(dir, configFile), own)
	return w, list
}

// configure points the service at the cable's ends and at a free port.
func (w *wire) configure(file string, own *pointlist.List) {
	w.t.Helper()
	raw, err := os.ReadFile(file)
	var c Config
	if err = errors.Join(err, yaml.Unmarshal(raw, &c)); err != nil {
		w.t.Fatal(err)
	}
	c.Listen = "127.0.0.1:0"
	c.Endpoints, err = endpointRanges(own.Endpoints())
	if err == nil {
		raw, err = yaml.Marshal(c)
	}
	if err = errors.Join(err, os.WriteFile(file, raw, 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) close() {
	w.mu.Lock()
	w.over = true
	for _, tp := range w.taps {
		tp.listener.Close()
	}
	for c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	for _, tp := range w.taps {
		tp.free(false)
	}
	w.wait.Wait()
}

// keep notes a connection so that close can end it; false: it is over.
func (w *wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		c.Close()
		return false
	}
	w.conns[c] = struct{}{}
	return true
}

func (w *wire) drop(c net.Conn) {
	w.mu.Lock()
	delete(w.conns, c)
	w.mu.Unlock()
	c.Close()
}

func (w *wire) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// set arms a trap; the channel is closed when it has snapped.
func (tp *tap) set(kind trap) <-chan struct{} {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.trap, tp.snapped, tp.freed = kind, make(chan struct{}), make(chan struct{})
	if kind == everything {
		close(tp.snapped)
	}
	return tp.snapped
}

// free lets everything pass again. What is held up goes on to the PLC, or is
// lost with its connection.
func (tp *tap) free(deliver bool) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	if tp.freed != nil {
		tp.deliver = deliver
		close(tp.freed)
	}
	tp.trap, tp.snapped, tp.freed = noTrap, nil, nil
}

// snap closes the trap if it is of this kind and still open.
func (tp *tap) snap(kind trap) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	if tp.trap == kind && kind != noTrap {
		tp.trap = everything
		close(tp.snapped)
	}
}

func (tp *tap) kind() trap {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return tp.trap
}

// pass waits while the tap is held; false: what was held is lost.
func (tp *tap) pass() bool {
	tp.mu.Lock()
	held, freed := tp.trap == everything, tp.freed
	tp.mu.Unlock()
	if !held {
		return true
	}
	<-freed
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return tp.deliver
}

func (tp *tap) accept() {
	defer tp.wire.wait.Done()
	for {
		c, err := tp.listener.Accept()
		if err != nil {
			return
		}
		if !tp.wire.keep(c) {
			return
		}
		tp.wire.wait.Add(1)
		go func() {
			defer tp.wire.wait.Done()
			defer tp.wire.drop(c)
			tp.carry(c)
		}()
	}
}

// carry carries one connection, a request and its answer at a time.
func (tp *tap) carry(c net.Conn) {
	up, err := net.Dial("tcp", tp.target)
	if err != nil || !tp.wire.keep(up) {
		return
	}
	defer tp.wire.drop(up)
	for {
		request, err := wireFrame(c)
		if err != nil {
			return
		}
		p, words := tp.setpoint(request)
		if p != nil {
			tp.snap(beforeWrite)
		}
		if !tp.pass() {
			return
		}
		if _, err := up.Write(request); err != nil {
			return
		}
		answer, err := wireFrame(up)
		if err != nil {
			return
		}
		if p != nil && answer[7] == request[7] {
			v, _, _ := p.Decode(words)
			tp.wire.mu.Lock()
			tp.wire.writes = append(tp.wire.writes, wireWrite{p.ID(), v, time.Now()})
			tp.wire.mu.Unlock()
		}
		if p != nil && tp.kind() == afterWrite {
			tp.snap(afterWrite)
			tp.pass()
			return // the answer is lost, whatever comes after
		}
		tp.read(request, answer)
		if _, err := c.Write(answer); err != nil {
			return
		}
		if p != nil {
			tp.snap(afterAnswer)
		}
	}
}

// setpoint returns the setpoint that a request writes, and its words; nil if
// it writes none. A write of anything but a setpoint or the heartbeat is
// complained about.
func (tp *tap) setpoint(request []byte) (*pointlist.Point, []uint16) {
	var words []uint16
	switch f := request[7]; f {
	case 1, 2, 3, 4:
		return nil, nil
	case 6:
		words = []uint16{binary.BigEndian.Uint16(request[10:])}
	case 16:
		for i := 13; i+1 < len(request); i += 2 {
			words = append(words, binary.BigEndian.Uint16(request[i:]))
		}
	default:
		tp.wire.complain("%s: the service used function code %d", tp.element, f)
		return nil, nil
	}
	at := binary.BigEndian.Uint16(request[8:])
	for i := range tp.points {
		p := &tp.points[i]
		if p.Address == at && p.Words() == len(words) && p.UnitID == request[6] {
			if p.Quantity == models.SCADAHeartbeat {
				return nil, nil
			}
			return p, words
		}
	}
	tp.wire.complain("%s: the service wrote %d registers at %d: no writable point", tp.element, len(words), at)
	return nil, nil
}

// read notes which setpoints an answer tells the service.
func (tp *tap) read(request, answer []byte) {
	if request[7] != 3 || answer[7] != 3 {
		return
	}
	from, n := int(binary.BigEndian.Uint16(request[8:])), int(binary.BigEndian.Uint16(request[10:]))
	now := time.Now()
	for i := range tp.points {
		p := &tp.points[i]
		if a := int(p.Address); p.UnitID == request[6] && from <= a && a+p.Words() <= from+n {
			tp.wire.mu.Lock()
			tp.wire.reads[p.ID()] = append(tp.wire.reads[p.ID()], now)
			tp.wire.mu.Unlock()
		}
	}
}

// wireFrame reads one Modbus TCP frame.
func wireFrame(r io.Reader) ([]byte, error) {
	f := make([]byte, 7, 260)
	if _, err := io.ReadFull(r, f); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(f[4:6]))
	if n < 3 || n > 254 {
		return nil, fmt.Errorf("no Modbus frame: % x", f)
	}
	f = f[:6+n]
	_, err := io.ReadFull(r, f[7:])
	return f, err
}

// readBetween reports whether the service was told a register's content in a
// span of time.
func (w *wire) readBetween(p models.PointID, from, to time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.reads[p] {
		if !at.Before(from) && !at.After(to) {
			return true
		}
	}
	return false
}

// written returns what reached a point's register in a span of time.
func (w *wire) written(p models.PointID, from, to time.Time) []wireWrite {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []wireWrite
	for _, x := range w.writes {
		if x.point == p && !x.at.Before(from) && x.at.Before(to) {
			out = append(out, x)
		}
	}
	return out
}

// registers reads a setpoint straight from the plant, past the cable.
func registers(t *testing.T, p pointlist.Point) float64 {
	t.Helper()
	c, err := net.Dial("tcp", p.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte{0, 1, 0, 0, 0, 6, p.UnitID, 3, byte(p.Address >> 8), byte(p.Address), 0, byte(p.Words())}); err != nil {
		t.Fatal(err)
	}
	answer, err := wireFrame(c)
	if err != nil {
		t.Fatal(err)
	}
	var words []uint16
	for i := 9; i+1 < len(answer); i += 2 {
		words = append(words, binary.BigEndian.Uint16(answer[i:]))
	}
	v, quality, why := p.Decode(words)
	if quality != models.QualityGood {
		t.Fatalf("%s holds % x: %s", p.ID(), words, why)
	}
	return v
}
