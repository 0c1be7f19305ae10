package plc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
)

func TestPollReadsEverythingInOneRequest(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	b.poll()
	for q, want := range map[models.Quantity]float64{
		models.Identity: 101, models.Remote: 1, models.SupplyPressure: 600000, models.MassFlow: 20 / 3.6, models.OpeningSetpoint: 0.4, models.OpeningFeedback: 0.4,
	} {
		r := b.reading("S", q)
		if r.Quality != models.QualityGood || r.Value < want-1e-6 || r.Value > want+1e-6 {
			t.Errorf("%s: %+v, want %v good", q, r, want)
		}
		if !r.Source.Equal(b.clock.Now()) {
			t.Errorf("%s: source time %v, polled at %v", q, r.Source, b.clock.Now())
		}
	}
	if got := f.asked(); len(got) != 1 || got[0].address != 0 || got[0].n != 22 {
		t.Errorf("asked %+v, want one request of 22 registers", got)
	}
	s := b.Status("S")
	if len(s) != 1 || !s[0].Answering || !s[0].Proven || s[0].Trouble != "" {
		t.Errorf("status %+v", s)
	}
	raw, err := b.Raw(t.Context(), "S")
	if err != nil || len(raw) != 9 || !slices.Equal(raw[6].Words, []uint16{0x41A0, 0}) {
		t.Errorf("raw %+v %v", raw, err)
	}
	if b.Status("nobody") != nil {
		t.Error("an element without points has a status")
	}
}

func TestDeadPLCIsLostAndLeftAlone(t *testing.T) {
	dead, alive := newFake(t), newFake(t)
	dead.prime(1, 101)
	alive.prime(1, 102)
	points := append(stationAt("dead", dead.address(), 1, 101), stationAt("alive", alive.address(), 1, 102)...)
	b := newBench(t, points, nil)
	b.poll()
	dead.close()
	for i := range 40 {
		alive.set(1, regBeat, uint16(i+2))
		b.poll()
		if r := b.reading("dead", models.MassFlow); r.Quality != models.QualityLost || !strings.Contains(r.Reason, dead.address()) {
			t.Fatalf("dead: %+v", r)
		}
		if r := b.reading("alive", models.MassFlow); r.Quality != models.QualityGood {
			t.Fatalf("alive: %+v", r)
		}
	}
	s := b.Status("dead")[0]
	if s.Answering || s.Failures < 5 || s.Failures > 9 {
		t.Errorf("asked %d times in 40 polls, want 5 to 9: %+v", s.Failures, s)
	}
	if !s.Heard.Equal(start.Add(5 * time.Second)) {
		t.Errorf("heard %v", s.Heard)
	}
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	was := 0
	for fails := 1; fails < 60; fails++ {
		skip := backoff(fails, 32, "10.0.0.1:502", 1)
		if skip > 32 || skip < 0 || fails > 7 && skip < 24 || fails == 1 && skip != 0 {
			t.Errorf("after %d failures %d polls", fails, skip)
		}
		was = max(was, skip)
	}
	if was < 24 {
		t.Errorf("never more than %d", was)
	}
	if backoff(5, 0, "a", 1) != 0 {
		t.Error("without a limit to skip it is asked every time")
	}
}

func TestPLCComesBack(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), func(o *Options) { o.Timeout = 100 * time.Millisecond; o.MaxSkip = 1 })
	f.behave(func(net.Conn, request) bool { return true })
	b.poll()
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityLost || !strings.Contains(r.Reason, "no answer within 100ms") {
		t.Fatalf("%+v", r)
	}
	f.behave(nil)
	b.poll()
	b.poll()
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("%+v", r)
	}
}

func TestWrongIdentityMakesAllBad(t *testing.T) {
	f := newFake(t)
	f.prime(1, 102)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	b.poll()
	for _, q := range []models.Quantity{models.Identity, models.MassFlow, models.OpeningFeedback} {
		if r := b.reading("S", q); r.Quality != models.QualityBad || !strings.Contains(r.Reason, "identity 102 instead of 101") {
			t.Errorf("%s: %+v", q, r)
		}
	}
	if s := b.Status("S")[0]; s.Proven || s.Trouble == "" {
		t.Errorf("status %+v", s)
	}
}

func TestFrozenHeartbeatMakesAllBad(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	bad := 0
	for i := range 6 {
		b.poll()
		if r := b.reading("S", models.MassFlow); r.Quality == models.QualityBad {
			bad++
			if !strings.Contains(r.Reason, "stands still at 1") {
				t.Errorf("reason %q", r.Reason)
			}
			if i < 4 {
				t.Errorf("bad after %d polls", i+1)
			}
		}
	}
	if bad != 2 {
		t.Errorf("bad in %d of 6 polls, want the last 2", bad)
	}
	f.set(1, regBeat, 2)
	b.poll()
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("it beats again, yet %+v", r)
	}
	// Many polls within one period condemn nobody.
	for range 10 {
		if err := b.PollAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("polls in quick succession: %+v", r)
	}
}

func TestMissingRegistersAreFoundOnce(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	f.lack(func(a int) bool { return a > 4 && a < 10 || a == 14 || a > 21 })
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	b.poll()
	for _, q := range []models.Quantity{models.Identity, models.SupplyPressure, models.MassFlow, models.OpeningFeedback} {
		if r := b.reading("S", q); r.Quality != models.QualityGood {
			t.Errorf("%s: %+v", q, r)
		}
	}
	f.asked()
	b.poll()
	for _, r := range f.asked() {
		for a := r.address; a < r.address+r.n; a++ {
			if f.missing(a) {
				t.Errorf("asked for register %d again", a)
			}
		}
	}
	// A point that is missing itself is bad and says so.
	f.lack(func(a int) bool { return a == regPressure })
	b.poll()
	b.poll()
	if r := b.reading("S", models.SupplyPressure); r.Quality != models.QualityBad || !strings.Contains(r.Reason, "no such register") || !strings.Contains(r.Reason, "40011") {
		t.Errorf("%+v", r)
	}
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("its neighbour: %+v", r)
	}
}

func TestBlocksKeepLimitsAndDiffer(t *testing.T) {
	var points []pointlist.Point
	for unit := byte(1); unit <= 5; unit++ {
		points = append(points, stationAt(models.ID(fmt.Sprint("S", unit)), "127.0.0.1:502", unit, float64(unit))...)
	}
	for i := range points {
		points[i].MaxRead = 16
	}
	b := newBench(t, points, nil)
	seen := map[shape]bool{}
	for _, d := range b.endpoints[0].devices {
		if len(d.blocks) != 2 {
			t.Errorf("unit %d: %d blocks, want 2", d.id.UnitID, len(d.blocks))
		}
		for _, bl := range d.blocks {
			if bl.ask().n > 16 {
				t.Errorf("%+v asks for more than 16", bl.ask())
			}
			if seen[bl.ask().shape()] && bl.ask().n < 14 {
				t.Errorf("two blocks ask for %d registers", bl.ask().n)
			}
			seen[bl.ask().shape()] = true
			for _, p := range bl.points {
				if !bl.need.within(spanOf(&p.point)) {
					t.Errorf("%s is cut", p.point.ID())
				}
			}
		}
	}
}

func TestStragglerDoesNotHoldTheOthers(t *testing.T) {
	slow, quick := newFake(t), newFake(t)
	slow.prime(1, 101)
	quick.prime(1, 102)
	gate := make(chan struct{})
	slow.behave(once(reads, func(nc net.Conn, r request) {
		<-gate
		nc.Write(slow.answer(r))
	}))
	points := append(stationAt("slow", slow.address(), 1, 101), stationAt("quick", quick.address(), 1, 102)...)
	b := newBench(t, points, func(o *Options) { o.PollTimeout = 50 * time.Millisecond; o.Timeout = time.Minute })
	b.poll()
	if _, ok := b.got[models.PointID{Element: "slow", Quantity: models.MassFlow}]; ok {
		t.Fatal("the slow one was waited for")
	}
	if r := b.reading("quick", models.MassFlow); r.Quality != models.QualityGood {
		t.Fatalf("quick: %+v", r)
	}
	asked := b.clock.Now()
	close(gate)
	for e := b.elements["slow"][0]; ; {
		e.mu.Lock()
		done := !e.polling
		e.mu.Unlock()
		if done {
			break
		}
	}
	b.Gateway.deliver()
	if r := b.reading("slow", models.MassFlow); r.Quality != models.QualityGood || !r.Source.Equal(asked) {
		t.Errorf("its answer came later and was lost: %+v", r)
	}
}

// H8: a serial gateway hands a slave's late answer to the next request. The
// values are told apart by their quantity.
func TestGatewayMixesAnswersUp(t *testing.T) {
	f := newFake(t, 1, 2)
	f.prime(1, 101)
	f.prime(2, 102)
	f.set(2, regPressure, 9999)
	b := newBench(t, append(stationAt("one", f.address(), 1, 101), stationAt("two", f.address(), 2, 102)...), nil)
	b.poll()
	var late []byte // data of the answer that came too late
	f.behave(func(nc net.Conn, r request) bool {
		if late != nil {
			nc.Write(r.reply(3, late...))
			late = nil
			return true
		}
		if r.unit == 2 && r.n > 1 {
			late = f.answer(r)[8:]
			nc.Write(r.reply(0x83, 0x0B))
			return true
		}
		return false
	})
	for range 12 {
		b.poll()
		r := b.reading("one", models.SupplyPressure)
		if r.Quality == models.QualityGood && r.Value != 600000 {
			t.Fatalf("the neighbour's pressure was believed: %+v", r)
		}
	}
	if s := b.Status("two")[0]; s.Answering || !strings.Contains(s.Trouble, "behind the gateway") {
		t.Errorf("status of the silent one: %+v", s)
	}
}

func TestForeignWriteIsNoticed(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	w := NewWriter(b.Gateway, AllowSetpoints(&pointlist.List{Points: stationAt("S", f.address(), 1, 101)}))
	set := models.PointID{Element: "S", Quantity: models.OpeningSetpoint}
	b.poll()
	b.poll()
	if err := w.Write(t.Context(), models.Setpoint{Point: set, Value: 0.5}); err != nil {
		t.Fatal(err)
	}
	f.set(1, regBeat, 2)
	b.poll()
	if len(b.alien) > 0 {
		t.Fatalf("our own write was called foreign: %+v", b.alien)
	}
	f.set(1, regSetpoint, 20)
	f.set(1, regRemote, 0)
	b.poll()
	b.poll()
	if len(b.alien) != 1 {
		t.Fatalf("%d events, want 1: %+v", len(b.alien), b.alien)
	}
	got := b.alien[0]
	if got.Point != set || got.Was != 0.5 || got.Is != 0.02 || !got.Local || got.Fallback || got.Seen.Sub(got.Since) != 5*time.Second {
		t.Errorf("%+v", got)
	}
}

// TestReturnFromFallbackIsExplained: a PLC that leaves its own curve sets the
// register to where its valve stands, and says in the same poll that it is in
// remote; nobody else wrote.
func TestReturnFromFallbackIsExplained(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	f.set(1, regFallback, 1)
	b.poll()
	f.set(1, regFallback, 0)
	f.set(1, regSetpoint, 20)
	b.poll()
	if len(b.alien) != 1 || !b.alien[0].Fallback {
		t.Fatalf("want one change explained by the fallback: %+v", b.alien)
	}
	f.set(1, regSetpoint, 30)
	b.poll()
	if len(b.alien) != 2 || b.alien[1].Fallback || b.alien[1].Local {
		t.Errorf("a change long after the fallback is nobody's but a foreigner's: %+v", b.alien)
	}
}

func TestCloseDoesNotWaitForPLCs(t *testing.T) {
	f := newFake(t)
	arrived := make(chan struct{})
	f.behave(once(reads, func(net.Conn, request) { close(arrived) }))
	b := newBench(t, stationAt("S", f.address(), 1, 101), func(o *Options) { o.Timeout = time.Hour; o.PollTimeout = time.Hour })
	done := make(chan error)
	go func() { done <- b.PollAll(t.Context()) }()
	<-arrived
	b.Close()
	if err := <-done; err != nil {
		t.Errorf("the poll under way: %v", err)
	}
	if err := b.PollAll(t.Context()); err == nil {
		t.Error("a closed gateway polls")
	}
	b.Close() // twice is fine
}

func TestRunPollsUntilItsEnd(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	ctx, cancel := context.WithCancel(t.Context())
	polls := 0
	g, err := NewGateway(&pointlist.List{Points: stationAt("S", f.address(), 1, 101)}, Options{
		Clock: clock.NewScaled(start, 1000), Allow: loopback(),
		Sink: func([]models.Reading) {
			if polls++; polls == 3 {
				cancel()
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Run(ctx); err != context.Canceled {
		t.Errorf("Run ended with %v", err)
	}
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	if err := b.Run(t.Context()); err == nil {
		t.Error("a stepped clock ran by itself")
	}
}

func TestEndpointsMustBeNamed(t *testing.T) {
	parse := func(s ...string) []Endpoints {
		var out []Endpoints
		for _, x := range s {
			e, err := ParseEndpoints(x)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, e)
		}
		return out
	}
	for _, c := range []struct {
		allow    []Endpoints
		endpoint string
		ok       bool
	}{
		{nil, "10.0.0.1:502", false},
		{parse("10.0.0.0/8:502"), "10.200.3.4:502", true},
		{parse("10.0.0.0/8:502"), "10.200.3.4:503", false},
		{parse("10.0.0.0/8:500-510"), "10.200.3.4:503", true},
		{parse("10.0.0.0/8:502"), "11.0.0.1:502", false},
		{parse("0.0.0.0/0:1-65535"), "127.0.0.1:502", false},
		{parse("127.0.0.1/32:5020"), "127.0.0.1:5020", true},
		{parse("127.0.0.0/8:5020"), "127.1.2.3:5020", true},
		{parse("0.0.0.0/0:1-65535"), "169.254.169.254:80", false},
		{parse("0.0.0.0/0:1-65535"), "224.0.0.1:502", false},
		{parse("0.0.0.0/0:1-65535"), "0.0.0.0:502", false},
		{parse("[::/0]:1-65535"), "[::1]:502", false},
		{parse("[::1/128]:502"), "[::1]:502", true},
		{parse("[fd00::/8]:502"), "[fd00::7]:502", true},
	} {
		g, err := NewGateway(&pointlist.List{Points: stationAt("S", c.endpoint, 1, 1)}, Options{Allow: c.allow})
		if (err == nil) != c.ok {
			t.Errorf("%v %s: %v", c.allow, c.endpoint, err)
		}
		if err == nil {
			g.Close()
		} else if !strings.Contains(err.Error(), "S") {
			t.Errorf("the refusal names no element: %v", err)
		}
	}
	for _, bad := range []string{"", "10.0.0.1", "10.0.0.0/8", "10.0.0.0/8:0", "10.0.0.0/8:9-2", "10.0.0.0/33:502", "x/8:502"} {
		if _, err := ParseEndpoints(bad); err == nil {
			t.Errorf("%q was read as endpoints", bad)
		}
	}
}

// A name is looked up once, and what it points to must be named as well.
func TestHostNamesAreVettedWhenDialled(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	_, port, _ := net.SplitHostPort(f.address())
	for _, c := range []struct {
		allow []Endpoints
		want  models.Quality
	}{{loopback(), models.QualityGood}, {nil, models.QualityLost}} {
		b := newBench(t, stationAt("S", "localhost:"+port, 1, 101), func(o *Options) { o.Allow = c.allow })
		b.poll()
		if r := b.reading("S", models.MassFlow); r.Quality != c.want {
			t.Errorf("allowed %v: %+v, want %s", c.allow, r, c.want)
		}
	}
}

// After a doubtful exchange the first request is one that no poll makes: a
// late answer to a poll cannot pass for it.
func TestFirstReadAfterAPauseIsAProbe(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), func(o *Options) { o.Timeout = 100 * time.Millisecond; o.Settle = time.Millisecond })
	b.poll()
	f.behave(func(net.Conn, request) bool { return true })
	b.poll()
	f.behave(nil)
	f.asked()
	b.poll()
	got := f.asked()
	if len(got) != 2 || got[0].n == 22 || got[0].address > regIdentity || got[1].n != 22 {
		t.Errorf("asked %+v, want a probe with the identity and then the block of 22", got)
	}
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("%+v", r)
	}
	b.poll()
	if got := f.asked(); len(got) != 1 {
		t.Errorf("a poll later: %+v, want no probe", got)
	}
}

// A connection that the PLC drops on the next request costs no poll.
func TestPLCThatDropsTheConnectionIsAskedAgain(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	b := newBench(t, stationAt("S", f.address(), 1, 101), nil)
	b.poll()
	f.behave(once(reads, func(nc net.Conn, _ request) { nc.Close() }))
	b.poll()
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("%+v", r)
	}
	// A new connection that is dropped at once is no such case.
	f.cut()
	f.behave(func(nc net.Conn, _ request) bool { nc.Close(); return true })
	b.poll()
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityLost || !strings.Contains(r.Reason, "closed the connection") {
		t.Errorf("%+v", r)
	}
}

// What a block was stretched by is given up where the PLC lacks it, once.
func TestStretchIsGivenUpOnce(t *testing.T) {
	f := newFake(t, 2)
	f.prime(1, 101)
	f.prime(2, 102)
	f.lack(func(a int) bool { return a > regFeedback })
	b := newBench(t, append(stationAt("one", f.address(), 1, 101), stationAt("two", f.address(), 2, 102)...), nil)
	var sizes []int
	for range 2 {
		b.poll()
		for _, r := range f.asked() {
			sizes = append(sizes, r.n)
		}
	}
	if !slices.Equal(sizes, []int{22, 23, 22, 22, 22}) {
		t.Errorf("asked for %v registers, want 22, 23, 22 and then 22, 22", sizes)
	}
	if r := b.reading("two", models.OpeningFeedback); r.Quality != models.QualityGood {
		t.Errorf("%+v", r)
	}
}

// An endpoint that takes no connection is dialled once a poll, however many
// PLCs stand behind it.
func TestDeadEndpointIsDialledOnce(t *testing.T) {
	var points []pointlist.Point
	for u := byte(1); u <= 8; u++ {
		points = append(points, stationAt(models.ID(rune('A'+u)), "127.0.0.1:1", u, float64(u))...)
	}
	b := newBench(t, points, func(o *Options) { o.MaxSkip = -1 })
	dials := 0
	b.endpoints[0].conn.dial = func(context.Context) (net.Conn, error) {
		dials++
		return nil, fmt.Errorf("cable cut")
	}
	b.poll()
	b.poll()
	if dials != 2 {
		t.Errorf("%d dials in two polls", dials)
	}
	for u := byte(1); u <= 8; u++ {
		if r := b.reading(models.ID(rune('A'+u)), models.MassFlow); r.Quality != models.QualityLost || !strings.Contains(r.Reason, "cable cut") {
			t.Errorf("unit %d: %+v", u, r)
		}
	}
}

// On a clock that runs by itself a silent PLC does not make the readings of
// the others old.
func TestSilentPLCDoesNotHoldARunningClock(t *testing.T) {
	dead, alive := newFake(t), newFake(t)
	dead.prime(1, 101)
	alive.prime(1, 102)
	dead.behave(func(net.Conn, request) bool { return true })
	points := append(stationAt("dead", dead.address(), 1, 101), stationAt("alive", alive.address(), 1, 102)...)
	b := newBench(t, points, func(o *Options) {
		o.Clock = clock.NewScaled(start, 60)
		o.Timeout, o.PollTimeout = time.Hour, time.Hour
	})
	for range 5 {
		if err := b.PollAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r := b.reading("alive", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("%+v", r)
	}
	if n := len(alive.asked()); n != 5 {
		t.Errorf("the living one was asked %d times in 5 polls", n)
	}
}

// A PLC that did not answer its last poll is not waited for: while it is asked
// again its points stay lost, as of now, and nobody writes to it.
func TestSilentPLCIsNotWaitedForTwice(t *testing.T) {
	f := newFake(t)
	f.prime(1, 101)
	points := stationAt("S", f.address(), 1, 101)
	b := newBench(t, points, func(o *Options) { o.Timeout = 100 * time.Millisecond; o.PollTimeout = time.Hour })
	w := NewWriter(b.Gateway, AllowSetpoints(&pointlist.List{Points: points}))
	f.behave(func(net.Conn, request) bool { return true })
	b.poll()
	b.endpoints[0].conn.timeout = time.Hour // from now on every exchange hangs
	for range 3 {
		b.poll()
		if r := b.reading("S", models.MassFlow); r.Quality != models.QualityLost || !r.Source.Equal(b.clock.Now()) {
			t.Fatalf("%+v at %v", r, b.clock.Now())
		}
	}
	if err := w.Heartbeat(t.Context(), "S", 1); !errors.Is(err, ErrNotSent) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("heartbeat: %v", err)
	}
	if _, err := w.ReadBack(t.Context(), opening); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("read back: %v", err)
	}
}
