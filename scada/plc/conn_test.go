package plc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"evenflow/scada/pointlist"
)

// wire returns a connection to a fake whose registers hold 1000 + address.
func wire(t *testing.T, timeout time.Duration) (*fake, *conn) {
	t.Helper()
	f := newFake(t)
	for a := range 300 {
		f.set(1, a, uint16(1000+a))
	}
	c := &conn{timeout: timeout, dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", f.address())
	}}
	t.Cleanup(func() { c.end(); c.closing.Wait() })
	return f, c
}

func at(from, n int) span { return span{pointlist.Holding, from, n} }

// good reads and fails the test unless the true values come.
func good(t *testing.T, c *conn, from, n int) {
	t.Helper()
	got, err := c.read(t.Context(), 1, at(from, n))
	if err != nil {
		t.Fatalf("read %d..: %v", from, err)
	}
	for i, w := range got {
		if int(w) != 1000+from+i {
			t.Fatalf("register %d reads %d, holds %d", from+i, w, 1000+from+i)
		}
	}
}

func reads(r request) bool { return !writes(r.f) }

// H1: an answer that comes after the time-out must cost that request only. It
// comes at the worst moment: when the next request on the same connection, if
// there is one, waits for its own.
func TestLateAnswerIsNotBelieved(t *testing.T) {
	f, c := wire(t, 100*time.Millisecond)
	var late []byte
	var first net.Conn
	f.behave(func(nc net.Conn, r request) bool {
		if first == nil {
			first, late = nc, f.answer(r)
			return true
		}
		if nc == first {
			nc.Write(late)
			late = f.answer(r)
			return true
		}
		return false
	})
	if _, err := c.read(t.Context(), 1, at(0, 2)); !errors.Is(err, ErrUncertain) {
		t.Fatalf("want uncertain, got %v", err)
	}
	for i := range 50 {
		good(t, c, i, 2)
	}
}

// H2: a PLC that closed the connection, after a restart or when idle.
func TestClosedWhileIdleIsNoLoss(t *testing.T) {
	f, c := wire(t, 2*time.Second)
	for i := range 50 {
		good(t, c, i, 3)
		f.cut()
		// The peek must see the end of the stream; wait for it to arrive.
		for quiet(c.open) {
			runtime.Gosched()
		}
	}
	if err := c.write(t.Context(), 1, 20, []uint16{7}); err != nil {
		t.Fatalf("a write after an idle close: %v", err)
	}
	if w := f.written(); len(w) != 1 {
		t.Fatalf("%d writes arrived, want 1", len(w))
	}
}

// H3: an answer that stalls in the middle, whose registers look like the
// header of the next one, and whose rest comes when the next request waits.
func TestStalledFrameIsNotReadOn(t *testing.T) {
	f, c := wire(t, 100*time.Millisecond)
	var first net.Conn
	var rest []byte
	f.behave(func(nc net.Conn, r request) bool {
		switch {
		case first == nil:
			first = nc
			trap := binary.BigEndian.AppendUint16(nil, r.transaction+1)
			trap = append(trap, 0, 0, 0, 5, 1, 3, 2, 0x09, 0x29)
			full := r.reply(3, append([]byte{20}, append(trap, make([]byte, 20-len(trap))...)...)...)
			nc.Write(full[:9]) // header, function, byte count
			rest = full[9:]
			return true
		case nc == first:
			nc.Write(rest)
			return true
		}
		return false
	})
	if _, err := c.read(t.Context(), 1, at(0, 10)); !errors.Is(err, ErrUncertain) {
		t.Fatalf("want uncertain, got %v", err)
	}
	good(t, c, 5, 1)
}

// H4, H5 and their like: answers that are not the answer.
func TestAnswersThatDoNotFit(t *testing.T) {
	for name, act := range map[string]func(nc net.Conn, r request){
		"fewer registers": func(nc net.Conn, r request) { nc.Write(r.reply(3, 2, 0, 1)) },
		"no registers":    func(nc net.Conn, r request) { nc.Write(r.reply(3, 0)) },
		"more registers":  func(nc net.Conn, r request) { nc.Write(r.reply(3, words(make([]uint16, 12))...)) },
		"count lies": func(nc net.Conn, r request) {
			a := r.reply(3, words(make([]uint16, 10))...)
			a[8] = 18
			nc.Write(a)
		},
		"other function":                func(nc net.Conn, r request) { nc.Write(r.reply(4, words(make([]uint16, 10))...)) },
		"exception of another function": func(nc net.Conn, r request) { nc.Write(r.reply(0x84, 2)) },
		"exception and more":            func(nc net.Conn, r request) { nc.Write(append(r.reply(0x83, 2), 1, 2, 3)) },
		"exception 0":                   func(nc net.Conn, r request) { nc.Write(r.reply(0x83, 0)) },
		"other transaction": func(nc net.Conn, r request) {
			a := f1(r)
			a[1]++
			nc.Write(a)
		},
		"other unit": func(nc net.Conn, r request) {
			a := f1(r)
			a[6] = 9
			nc.Write(a)
		},
		"other protocol": func(nc net.Conn, r request) {
			a := f1(r)
			a[3] = 1
			nc.Write(a)
		},
		"garbage":         func(nc net.Conn, r request) { nc.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		"closed half-way": func(nc net.Conn, r request) { nc.Write(f1(r)[:11]); nc.Close() },
	} {
		f, c := wire(t, 2*time.Second)
		f.behave(once(reads, act))
		got, err := c.read(t.Context(), 1, at(0, 10))
		if !errors.Is(err, ErrUncertain) || got != nil {
			t.Errorf("%s: %v %v, want uncertain", name, got, err)
		}
		good(t, c, 0, 10)
	}
}

// f1 is a well-formed answer with ten registers of 0.
func f1(r request) []byte { return r.reply(3, words(make([]uint16, 10))...) }

// Bytes nobody asked for, such as the second copy of an answer, must not meet
// the next request.
func TestUnaskedBytesEndTheConnection(t *testing.T) {
	f, c := wire(t, 2*time.Second)
	f.behave(once(reads, func(nc net.Conn, r request) {
		a := f.answer(r)
		nc.Write(append(append([]byte(nil), a...), a...))
	}))
	for i := range 20 {
		good(t, c, i, 2)
	}
}

// An answer in pieces is an answer.
func TestAnswerByteByByte(t *testing.T) {
	f, c := wire(t, 2*time.Second)
	f.behave(once(reads, func(nc net.Conn, r request) {
		for _, b := range f.answer(r) {
			nc.Write([]byte{b})
		}
	}))
	good(t, c, 0, 10)
	if f.dials != 1 {
		t.Errorf("%d connections for it", f.dials)
	}
}

// Whatever goes wrong with a write, it is sent once, and the error says what
// is known.
func TestWriteIsSentOnce(t *testing.T) {
	for _, c1 := range []struct {
		name  string
		words []uint16
		act   func(nc net.Conn, r request)
		want  error
	}{
		{"silence", []uint16{5}, func(net.Conn, request) {}, ErrUncertain},
		{"silence, 32 bits", []uint16{5, 6}, func(net.Conn, request) {}, ErrUncertain},
		{"closed", []uint16{5}, func(nc net.Conn, _ request) { nc.Close() }, ErrUncertain},
		{"echo of another value", []uint16{5}, func(nc net.Conn, r request) {
			a := append([]byte(nil), r.raw...)
			a[11]++
			nc.Write(a)
		}, ErrUncertain},
		{"echo of another address", []uint16{5, 6}, func(nc net.Conn, r request) { nc.Write(r.reply(16, 0, 99, 0, 2)) }, ErrUncertain},
		{"no such register", []uint16{5}, func(nc net.Conn, r request) { nc.Write(r.reply(0x86, 2)) }, ErrRefused},
		{"illegal value", []uint16{5, 6}, func(nc net.Conn, r request) { nc.Write(r.reply(0x90, 3)) }, ErrRefused},
		{"busy", []uint16{5}, func(nc net.Conn, r request) { nc.Write(r.reply(0x86, 6)) }, ErrRefused},
		{"acknowledge", []uint16{5}, func(nc net.Conn, r request) { nc.Write(r.reply(0x86, 5)) }, ErrUncertain},
		{"gateway lost the PLC", []uint16{5}, func(nc net.Conn, r request) { nc.Write(r.reply(0x86, 0x0B)) }, ErrUncertain},
		{"gateway has no path", []uint16{5}, func(nc net.Conn, r request) { nc.Write(r.reply(0x86, 0x0A)) }, ErrUncertain},
	} {
		f, c := wire(t, 150*time.Millisecond)
		f.behave(once(func(r request) bool { return writes(r.f) }, c1.act))
		err := c.write(t.Context(), 1, 20, c1.words)
		for _, class := range []error{ErrNotSent, ErrRefused, ErrUncertain} {
			if errors.Is(err, class) != (class == c1.want) {
				t.Errorf("%s: %v, want class %q", c1.name, err, c1.want)
			}
		}
		good(t, c, 0, 3)
		if w := f.written(); len(w) != 1 {
			t.Errorf("%s: %d writes on the wire", c1.name, len(w))
		}
	}
}

// H7 and H9: what must not leave does not.
func TestWriteNotSent(t *testing.T) {
	f, c := wire(t, 2*time.Second)
	for _, unit := range []byte{0, 248, 250, 254} {
		if err := c.write(t.Context(), unit, 20, []uint16{1}); !errors.Is(err, ErrNotSent) {
			t.Errorf("unit %d: %v, want not sent", unit, err)
		}
	}
	if err := c.write(t.Context(), 1, 20, make([]uint16, 124)); !errors.Is(err, ErrNotSent) {
		t.Errorf("124 registers: %v", err)
	}
	f.close()
	if err := c.write(t.Context(), 1, 20, []uint16{1}); !errors.Is(err, ErrNotSent) || !errors.Is(err, errNoConnection) {
		t.Errorf("nobody there: %v, want not sent", err)
	}
	if w := f.written(); len(w) != 0 {
		t.Errorf("%d writes arrived: %+v", len(w), w)
	}
}

// H10: closing does not wait for an answer.
func TestCancelBreaksOff(t *testing.T) {
	f, c := wire(t, time.Hour)
	arrived := make(chan struct{})
	f.behave(func(net.Conn, request) bool { close(arrived); return true })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := c.read(ctx, 1, at(0, 1)); !errors.Is(err, context.Canceled) && !errors.Is(err, ErrUncertain) {
		t.Errorf("want broken off, got %v", err)
	}
}

// The invariant of this room under random misbehaviour: no value is accepted
// that was not the answer to that request.
func TestChaos(t *testing.T) {
	f, c := wire(t, 60*time.Millisecond)
	mine, rng := rand.New(rand.NewPCG(3, 4)), rand.New(rand.NewPCG(1, 2))
	var last []byte
	var mu sync.Mutex // an old connection may still be served
	f.behave(func(nc net.Conn, r request) bool {
		mu.Lock()
		defer mu.Unlock()
		if rng.IntN(3) > 0 {
			last = f.answer(r)
			return false
		}
		a := f.answer(r)
		switch rng.IntN(8) {
		case 0:
			nc.Write(a[:1+rng.IntN(len(a)-1)]) // dropped half-way
			nc.Close()
		case 1:
			nc.Write(append(slices.Clone(a), a...)) // duplicated
		case 2:
			if last != nil {
				nc.Write(last) // an older answer
			}
			nc.Write(a)
		case 3:
			for i := range a { // in pieces
				nc.Write(a[i : i+1])
			}
		case 4:
			nc.(*net.TCPConn).SetLinger(0) // reset
			nc.Close()
		case 5:
			nc.Write(a[3:]) // out of step
		case 6: // silence
		case 7:
			a = slices.Clone(a)
			a[rng.IntN(8)] ^= 1 << rng.IntN(8) // a flipped bit of header or function
			nc.Write(a)
		}
		return true
	})
	answered := 0
	for range 400 {
		from, n := mine.IntN(200), 1+mine.IntN(20)
		got, err := c.read(t.Context(), 1, at(from, n))
		if err != nil {
			continue
		}
		answered++
		for i, w := range got {
			if int(w) != 1000+from+i {
				t.Fatalf("register %d: %d was believed, it holds %d", from+i, w, 1000+from+i)
			}
		}
	}
	if answered < 200 {
		t.Errorf("only %d of 400 reads answered: good answers are lost", answered)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(byte(3), uint16(10), uint16(2), []byte{0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2})
	f.Add(byte(6), uint16(20), uint16(7), []byte{0, 1, 0, 0, 0, 6, 1, 6, 0, 20, 0, 7})
	f.Add(byte(1), uint16(0), uint16(9), []byte{0, 1, 0, 0, 0, 5, 1, 1, 2, 0, 1})
	f.Add(byte(3), uint16(0), uint16(9), []byte{0, 1, 0, 0, 0, 3, 1, 0x83, 2})
	f.Fuzz(func(t *testing.T, fc byte, address, n uint16, raw []byte) {
		req := []byte{0, 1, 0, 0, 0, 6, 1, fc}
		req = binary.BigEndian.AppendUint16(req, address)
		req = binary.BigEndian.AppendUint16(req, n)
		if len(raw) < headerBytes {
			return
		}
		more, err := checkHeader(req, raw[:headerBytes])
		if err != nil || len(raw) != headerBytes+more {
			return
		}
		if checkBody(req, raw[headerBytes:]) != nil {
			return
		}
		// Accepted: it must be what the request implies, byte for byte.
		pdu, err := unitPackager(1).Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case pdu.FunctionCode == fc|0x80 && fc < 0x80:
			if len(pdu.Data) != 1 || pdu.Data[0] == 0 {
				t.Fatalf("% x passes as an exception", raw)
			}
		case pdu.FunctionCode != fc:
			t.Fatalf("% x passes as an answer to function %d", raw, fc)
		case fc == 3 || fc == 4:
			if len(pdu.Data) != 1+2*int(n) || int(pdu.Data[0]) != 2*int(n) {
				t.Fatalf("% x passes as %d registers", raw, n)
			}
		case fc == 6:
			if fmt.Sprintf("%x", pdu.Data) != fmt.Sprintf("%04x%04x", address, n) {
				t.Fatalf("% x passes as the echo of %d at %d", raw, n, address)
			}
		}
	})
}
