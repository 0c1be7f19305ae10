package plc

import (
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

var opening = models.PointID{Element: "S", Quantity: models.OpeningSetpoint}

// armed is a bench with a writer for one station.
func armed(t *testing.T, points func(address string) []pointlist.Point, limit func(*Limit)) (*fake, *bench, *Writer) {
	t.Helper()
	f := newFake(t)
	f.prime(1, 101)
	list := stationAt("S", f.address(), 1, 101)
	if points != nil {
		list = points(f.address())
	}
	b := newBench(t, list, func(o *Options) { o.Timeout = 150 * time.Millisecond })
	allow := AllowSetpoints(&pointlist.List{Points: list})
	if limit != nil {
		l := allow[opening]
		limit(&l)
		allow[opening] = l
	}
	return f, b, NewWriter(b.Gateway, allow)
}

func TestWriteAndReadBack(t *testing.T) {
	f, b, w := armed(t, nil, nil)
	b.poll()
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.625}); err != nil {
		t.Fatal(err)
	}
	if got := f.get(1, regSetpoint); got != 625 {
		t.Errorf("the register holds %d, want 625", got)
	}
	if got := f.written(); len(got) != 1 || got[0].f != 6 {
		t.Errorf("sent %+v, want one FC6", got)
	}
	f.asked()
	r, err := w.ReadBack(t.Context(), opening)
	if err != nil || r.Value != 0.625 || r.Quality != models.QualityGood || !r.Source.Equal(b.clock.Now()) {
		t.Errorf("read back %+v, %v", r, err)
	}
	// Another request than any poll, with the identity in it.
	for _, q := range f.asked() {
		if q.n == 22 || q.n == 1 || q.address != 0 {
			t.Errorf("read back by %d registers from %d", q.n, q.address)
		}
	}
	f.set(1, regIdentity, 7)
	if r, err := w.ReadBack(t.Context(), opening); err != nil || r.Quality != models.QualityBad {
		t.Errorf("read back from another PLC: %+v %v", r, err)
	}
	if _, err := w.ReadBack(t.Context(), models.PointID{Element: "X", Quantity: models.Remote}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("an unknown point: %v", err)
	}
}

func TestWriteOf32BitsIsOneRequest(t *testing.T) {
	f, b, w := armed(t, func(address string) []pointlist.Point {
		points := stationAt("S", address, 1, 101)
		points[7].Type, points[7].Order, points[7].Scale, points[7].Address = pointlist.F32, pointlist.CDAB, 1, 30
		return points
	}, nil)
	b.poll()
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5}); err != nil {
		t.Fatal(err)
	}
	got := f.written()
	if len(got) != 1 || got[0].f != 16 || f.get(1, 30) != 0 || f.get(1, 31) != 0x4248 {
		t.Errorf("sent %+v; registers %x %x", got, f.get(1, 30), f.get(1, 31))
	}
}

func TestWriteIsRefused(t *testing.T) {
	drop := func(q models.Quantity) func(string) []pointlist.Point {
		return func(address string) []pointlist.Point {
			var out []pointlist.Point
			for _, p := range stationAt("S", address, 1, 101) {
				if p.Quantity != q {
					out = append(out, p)
				}
			}
			return out
		}
	}
	for _, c := range []struct {
		name   string
		points func(string) []pointlist.Point
		limit  func(*Limit)
		change func(f *fake)
		sp     models.Setpoint
		say    string
	}{
		{name: "unknown point", sp: models.Setpoint{Point: models.PointID{Element: "X", Quantity: models.OpeningSetpoint}}, say: "not among the points"},
		{name: "a measurement", sp: models.Setpoint{Point: models.PointID{Element: "S", Quantity: models.MassFlow}, Value: 1}, say: "not among the points"},
		{name: "the heartbeat", sp: models.Setpoint{Point: models.PointID{Element: "S", Quantity: models.SCADAHeartbeat}, Value: 1}, say: "not among the points"},
		{name: "too large", sp: models.Setpoint{Point: opening, Value: 1.01}, say: "outside 0 to 1"},
		{name: "beyond the limit", limit: func(l *Limit) { l.Max = 0.6 }, sp: models.Setpoint{Point: opening, Value: 0.61}, say: "outside 0 to 0.6"},
		{name: "step", limit: func(l *Limit) { l.Step = 0.1 }, sp: models.Setpoint{Point: opening, Value: 0.52}, say: "more than the step"},
		{name: "another PLC", change: func(f *fake) { f.set(1, regIdentity, 102) }, say: "identity 102 instead of 101"},
		{name: "local", change: func(f *fake) { f.set(1, regRemote, 0) }, say: "stands in local"},
		{name: "fallback", change: func(f *fake) { f.set(1, regFallback, 1) }, say: "its own curve"},
		{name: "no identity in the list", points: drop(models.Identity), say: "nothing proves"},
		{name: "no remote in the list", points: drop(models.Remote), say: "remote/local switch"},
		{name: "remote unreadable", points: func(address string) []pointlist.Point {
			points := stationAt("S", address, 1, 101)
			points[3].Address = 60
			return points
		}, change: func(f *fake) { f.lack(func(a int) bool { return a >= 60 }) }, say: "remote/local is not known"},
		{name: "not writable", points: func(address string) []pointlist.Point {
			points := stationAt("S", address, 1, 101)
			points[7].Writable = false
			return points
		}, limit: func(l *Limit) { l.Max = 1 }, say: "writable holding register"},
	} {
		f, b, w := armed(t, c.points, c.limit)
		b.poll()
		if c.change != nil {
			c.change(f)
		}
		if c.sp.Point == (models.PointID{}) {
			c.sp = models.Setpoint{Point: opening, Value: 0.5}
		}
		err := w.Write(t.Context(), c.sp)
		we, ok := errors.AsType[*WriteError](err)
		if !ok || !we.Refused() || we.NotSent() || we.Uncertain() || !strings.Contains(err.Error(), c.say) || we.Point != c.sp.Point {
			t.Errorf("%s: %v, want refused, %q", c.name, err, c.say)
		}
		if got := f.written(); len(got) > 0 {
			t.Errorf("%s: sent %+v", c.name, got)
		}
	}
}

func TestWriteToFrozenPLCIsRefused(t *testing.T) {
	f, b, w := armed(t, nil, nil)
	for range 6 {
		b.poll()
	}
	err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5})
	if we, ok := errors.AsType[*WriteError](err); !ok || !we.Refused() || !strings.Contains(err.Error(), "heartbeat") || len(f.written()) > 0 {
		t.Errorf("%v", err)
	}
}

func TestWriteInterval(t *testing.T) {
	_, b, w := armed(t, nil, func(l *Limit) { l.Interval = time.Minute })
	write := func(v float64) error {
		return w.Write(t.Context(), models.Setpoint{Point: opening, Value: v})
	}
	if err := write(0.5); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(59 * time.Second)
	if err := write(0.6); !errors.Is(err, ErrRefused) {
		t.Errorf("within the minute: %v", err)
	}
	b.clock.Advance(time.Second)
	if err := write(0.6); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestWriteToLostPLCIsNotSent(t *testing.T) {
	f, b, w := armed(t, nil, nil)
	b.poll()
	f.close()
	err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5})
	if we, ok := errors.AsType[*WriteError](err); !ok || !we.NotSent() {
		t.Errorf("before a poll has noticed: %v", err)
	}
	b.poll()
	err = w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5})
	if we, ok := errors.AsType[*WriteError](err); !ok || !we.NotSent() || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("after: %v", err)
	}
}

// A write whose answer is lost is uncertain, is not sent again, and reading
// back tells what stands.
func TestUncertainWriteIsReadBack(t *testing.T) {
	for _, arrives := range []bool{true, false} {
		f, b, w := armed(t, nil, nil)
		b.poll()
		f.behave(once(func(r request) bool { return r.f == 6 }, func(_ net.Conn, r request) {
			if arrives {
				f.answer(r)
			}
		}))
		err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5})
		if we, ok := errors.AsType[*WriteError](err); !ok || !we.Uncertain() || we.NotSent() || we.Refused() {
			t.Fatalf("want uncertain, got %v", err)
		}
		r, err := w.ReadBack(t.Context(), opening)
		want := 0.4
		if arrives {
			want = 0.5
		}
		if err != nil || r.Value != want || r.Quality != models.QualityGood {
			t.Errorf("arrived %v: read back %+v %v", arrives, r, err)
		}
		f.set(1, regBeat, 2)
		b.poll()
		if len(b.alien) > 0 {
			t.Errorf("our own write was called foreign: %+v", b.alien)
		}
		if n := len(f.written()); n != 1 {
			t.Errorf("%d writes sent", n)
		}
	}
}

// H11: behind a serial gateway the echo of an earlier write confirms a later
// one, since an echo of FC16 has no value. Reading back does not believe it.
func TestEchoOfAnotherWriteIsNotBelieved(t *testing.T) {
	f, b, w := armed(t, func(address string) []pointlist.Point {
		points := stationAt("S", address, 1, 101)
		points[7].Type, points[7].Scale, points[7].Address = pointlist.U32, 0.1, 30
		return points
	}, nil)
	b.poll()
	var mu sync.Mutex
	nth := 0
	f.behave(func(nc net.Conn, r request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.f != 16 {
			return false
		}
		if nth++; nth == 1 {
			f.answer(r)                       // it arrives in the end,
			nc.Write(r.reply(r.f|0x80, 0x0B)) // but the gateway has given up
			return true
		}
		nc.Write(r.reply(16, r.raw[8:12]...)) // lost on the bus; the first one's echo answers it
		return true
	})
	err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.55})
	if !errors.Is(err, ErrUncertain) {
		t.Fatalf("the first: %v", err)
	}
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.60}); err != nil {
		t.Fatalf("the second: %v", err)
	}
	r, err := w.ReadBack(t.Context(), opening)
	if err != nil || r.Value != 0.55 {
		t.Errorf("read back %+v %v, the register holds 0.55", r, err)
	}
}

// H6: writes to PLCs behind one gateway at the same time reach their own.
func TestWritesReachTheirOwnUnit(t *testing.T) {
	units := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	f := newFake(t, units...)
	var points []pointlist.Point
	for _, u := range units {
		f.prime(u, 100+uint16(u))
		points = append(points, stationAt(models.ID(rune('A'+u)), f.address(), u, float64(100+int(u)))...)
	}
	b := newBench(t, points, nil)
	b.poll()
	w := NewWriter(b.Gateway, AllowSetpoints(&pointlist.List{Points: points}))
	var wg sync.WaitGroup
	for round := range 5 {
		for _, u := range units {
			wg.Go(func() {
				id := models.PointID{Element: models.ID(rune('A' + u)), Quantity: models.OpeningSetpoint}
				if err := w.Write(t.Context(), models.Setpoint{Point: id, Value: float64(int(u)*100+round) / 1000}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for _, r := range f.written() {
		if v := binary.BigEndian.Uint16(r.raw[10:]); v/100 != uint16(r.unit) {
			t.Errorf("%d went to unit %d", v, r.unit)
		}
	}
	if n := len(f.written()); n != 40 {
		t.Errorf("%d writes, want 40", n)
	}
}

func TestHeartbeatAndRelease(t *testing.T) {
	f, b, w := armed(t, nil, nil)
	b.poll()
	f.set(1, regRemote, 0) // local is no reason to fall silent
	f.set(1, regFallback, 1)
	if err := w.Heartbeat(t.Context(), "S", 77); err != nil || f.get(1, regOurs) != 77 {
		t.Errorf("heartbeat: %v, register %d", err, f.get(1, regOurs))
	}
	if err := w.Heartbeat(t.Context(), "S", 0); !errors.Is(err, ErrRefused) {
		t.Errorf("a heartbeat of 0: %v", err)
	}
	if err := w.Release(t.Context(), "S"); err != nil || f.get(1, regOurs) != 0 {
		t.Errorf("release: %v, register %d", err, f.get(1, regOurs))
	}
	f.set(1, regIdentity, 9)
	if err := w.Heartbeat(t.Context(), "S", 78); !errors.Is(err, ErrRefused) || f.get(1, regOurs) != 0 {
		t.Errorf("to another PLC: %v, register %d", err, f.get(1, regOurs))
	}
	if err := w.Heartbeat(t.Context(), "X", 1); !errors.Is(err, ErrRefused) {
		t.Errorf("to nobody: %v", err)
	}
}

// The gateway alone cannot write: nothing it does sends a writing function.
func TestGatewayNeverWrites(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	for range 20 {
		b.poll()
		f.cut()
		b.Raw(t.Context(), "S")
	}
	if got := f.written(); len(got) > 0 {
		t.Errorf("sent %+v", got)
	}
}

// Reading back never asks what a poll asks, even where identity and setpoint
// span exactly a poll block.
func TestReadBackDiffersFromThePoll(t *testing.T) {
	f, b, w := armed(t, func(address string) []pointlist.Point { return stationAt("S", address, 1, 101)[:8] }, nil)
	b.poll()
	polled := f.asked()
	if len(polled) != 1 || polled[0].n != 21 {
		t.Fatalf("polled %+v", polled)
	}
	if r, err := w.ReadBack(t.Context(), opening); err != nil || r.Value != 0.4 {
		t.Fatalf("%+v %v", r, err)
	}
	if got := f.asked(); len(got) != 1 || got[0].n == 21 || got[0].n == 1 {
		t.Errorf("read back by %+v", got)
	}
}

// Looking before a write is no poll: it does not make a heartbeat frozen.
func TestLookingIsNoPoll(t *testing.T) {
	f, b, w := armed(t, nil, func(l *Limit) { l.Step = 0.01 })
	b.poll()
	for range 6 {
		b.clock.Advance(4 * time.Second)
		err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.9})
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "step") {
			t.Errorf("%v", err)
		}
	}
	if n := len(f.written()); n > 0 {
		t.Errorf("%d writes", n)
	}
}

// What somebody else wrote since the last poll is noticed although our own
// write covers it.
func TestForeignWriteUnderOurOwn(t *testing.T) {
	f, b, w := armed(t, nil, nil)
	b.poll()
	f.set(1, regSetpoint, 100)
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5}); err != nil {
		t.Fatal(err)
	}
	b.poll()
	if len(b.alien) != 1 || b.alien[0].Is != 0.1 || b.alien[0].Was != 0.4 {
		t.Errorf("%+v", b.alien)
	}
}

// The identity of a neighbour behind the same PLC proves nothing for an
// element that has none.
func TestIdentityOfANeighbourProvesNothing(t *testing.T) {
	f, b, w := armed(t, func(address string) []pointlist.Point {
		other := stationAt("N", address, 1, 101)[0]
		return append(stationAt("S", address, 1, 101)[1:], other)
	}, nil)
	b.poll()
	err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.5})
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "nothing proves") || len(f.written()) > 0 {
		t.Errorf("%v", err)
	}
}
