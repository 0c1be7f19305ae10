package dispatch

import (
	"context"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"evenflow/models"
)

// TestMadOptimiser: an advisor gone mad, in auto, moves at most a tenth of
// the stations within ten minutes, staggered, within step and rate, whatever
// it proposes and however often.
func TestMadOptimiser(t *testing.T) {
	ctx := context.Background()
	const stations = 120
	r := newRig(t, stations, nil).arm()
	until := r.wall.Add(24 * time.Hour)
	wantCode(t, r.SetMode(ctx, li, Scope{}, Auto, until, "test"), TwoPersons)
	r.must(r.SetMode(ctx, zhao, Scope{}, Auto, until, "test"))
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		values := map[int]float64{}
		for range 40 {
			k := rnd.IntN(stations)
			values[k] = r.bank.register[opening(k)] + (rnd.Float64()-0.5)*0.3
		}
		_, err := r.Propose(ctx, advisor, r.proposal(values)) // most are refused whole
		_ = err
		for k, v := range values {
			if math.Abs(v-r.bank.register[opening(k)]) > 0.1 {
				delete(values, k)
			}
		}
		if _, err := r.Propose(ctx, advisor, r.proposal(values)); err != nil {
			wantCode(t, err, HeldByOther)
		}
		for range 6 {
			r.step(5 * time.Second)
		}
	}
	if len(r.bank.log) < 20 {
		t.Fatalf("only %d writes in 50 minutes: the test proves nothing", len(r.bank.log))
	}
	for i := range r.bank.log {
		touched, sum := map[models.ID]bool{}, map[models.ID]float64{}
		last := map[models.PointID]float64{}
		for j := range r.bank.log {
			sp := r.bank.log[j]
			old, ok := last[sp.Point]
			if !ok {
				old = 0.5
			}
			last[sp.Point] = sp.Value
			if since := r.bank.at[i].Sub(r.bank.at[j]); j <= i && since < 10*time.Minute {
				touched[sp.Point.Element] = true
				if sum[sp.Point.Element] += math.Abs(sp.Value - old); sum[sp.Point.Element] > 0.15+1e-9 {
					t.Fatalf("%s moved by %.3f within ten minutes", sp.Point, sum[sp.Point.Element])
				}
			}
		}
		if len(touched) > stations/10 {
			t.Fatalf("%d stations within ten minutes", len(touched))
		}
		if i > 0 && r.bank.at[i].Sub(r.bank.at[i-1]) < 2*time.Second {
			t.Fatalf("writes %d and %d less than 2 s apart", i-1, i)
		}
	}
}

// TestStopsAtThreeFailures: an order stops at its third failure, keeps what
// was done and says what was not.
func TestStopsAtThreeFailures(t *testing.T) {
	ctx := context.Background()
	for _, f := range []fault{dead, lostWrite, refusing, liar} {
		r := newRig(t, 100, nil).arm()
		r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, time.Hour, "season begins"))
		var tried atomic.Int64
		r.bank.before = func(models.Setpoint) { tried.Add(1) }
		for k := 5; k < 100; k++ {
			r.bank.faults[opening(k).Element] = f
		}
		o := r.approve(r.propose(all(100, 0.7)))
		for range 100 {
			r.step(15 * time.Second)
		}
		o = r.now(o)
		c := o.Counts()
		// A PLC that only says yes is found out by reading back: the batch
		// it is in may be out by then, the next one never is.
		most := map[bool]int64{false: 8, true: 20}[f == liar]
		if c.InForce != 5 || o.StopCode != WhyFailures || tried.Load() > most || o.Finished.IsZero() {
			t.Errorf("%s: %+v, stopped %q, %d writes tried", f, c, o.Stopped, tried.Load())
		}
		failed := 0
		for _, it := range o.Items {
			if it.Fault {
				failed++
			}
		}
		if failed != 3 && f != liar {
			t.Errorf("%s: %d failures", f, failed)
		}
	}
}

// TestLiarsGoAhead: the first few of a batch are read back before the rest
// goes out.
func TestLiarsGoAhead(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 100, nil).arm()
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, time.Hour, "season begins"))
	var tried atomic.Int64
	r.bank.before = func(models.Setpoint) { tried.Add(1) }
	for k := range 100 {
		r.bank.faults[opening(k).Element] = liar
	}
	o := r.approve(r.propose(all(100, 0.7)))
	for range 10 {
		r.step(15 * time.Second)
	}
	if tried.Load() != 3 || r.now(o).StopCode != WhyFailures {
		t.Errorf("%d writes tried, %q", tried.Load(), r.now(o).Stopped)
	}
}

// TestNoEffectCounts: stuck valves found by their feedback stop an order, too,
// before its next batch.
func TestNoEffectCounts(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 50, nil).arm()
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, time.Hour, "season begins"))
	for k := 2; k < 6; k++ {
		r.bank.faults[opening(k).Element] = stuck
	}
	o := r.approve(r.propose(all(50, 0.7)))
	for range 100 {
		r.step(10 * time.Second)
	}
	c := r.now(o).Counts()
	if c.Sent != 10 || r.now(o).StopCode != WhyFailures {
		t.Errorf("%+v %q: the second batch went out on top of four stuck valves", c, r.now(o).Stopped)
	}
}

// TestInitialBalance: the first round goes in batches of a fifth of the
// stations, ten minutes of the plant clock apart, in the order proposed.
func TestInitialBalance(t *testing.T) {
	ctx := context.Background()
	// A stepped clock needs no wall time: the order would be late by the wall.
	r := newRig(t, 50, func(d *Deps) { d.Parallel = 1; d.Validity = 3 * time.Hour }).arm()
	_, err := r.Propose(ctx, advisor, r.proposal(all(50, 0.9)))
	wantCode(t, err, OutOfLimits)
	wantCode(t, r.OpenEnvelope(ctx, li, InitialBalance, time.Hour, "x"), Forbidden)
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, 2*time.Hour, "season begins"))
	p := r.proposal(all(50, 0.9))
	p.Group = "round 1"
	p.Items = append(p.Items, ProposedItem{Setpoint: models.Setpoint{Point: pump, Value: 0.9}})
	p.Items[0], p.Items[49] = p.Items[49], p.Items[0]
	o, err := r.Propose(ctx, advisor, p)
	r.must(err)
	r.approve(o)
	r.step(time.Second)
	if len(r.bank.log) != 3 {
		t.Fatalf("%d writes before the first were read back, want 3", len(r.bank.log))
	}
	r.step(3 * time.Second)
	if len(r.bank.log) != 10 || r.bank.log[0].Point != opening(49) {
		t.Fatalf("first turn: %d writes, %v first", len(r.bank.log), r.bank.log[0].Point)
	}
	for range 65 {
		r.step(time.Minute)
	}
	o = r.now(o)
	if c := o.Counts(); c.InForce != 51 || o.Batches != 6 {
		t.Fatalf("%+v in %d batches: %v", c, o.Batches, r.Waits(o.ID))
	}
	for i := range r.bank.at {
		if gap := r.bank.at[i].Sub(r.bank.at[i-i%10]); gap > 2*time.Minute {
			t.Errorf("write %d comes %v after its batch began", i, gap)
		}
		if i >= 10 && i%10 == 0 && r.bank.at[i].Sub(r.bank.at[i-10]) < 10*time.Minute {
			t.Errorf("batch %d begins %v after the one before", i/10, r.bank.at[i].Sub(r.bank.at[i-10]))
		}
	}
	p = r.proposal(map[int]float64{7: 0.8})
	p.Group = "round 1"
	again, err := r.Propose(ctx, advisor, p)
	r.must(err)
	r.approve(again)
	r.step(time.Second)
	if it := r.item(again, 0); it.Code != WhyOnce {
		t.Errorf("a second move in one round: %s %s", it.Stage, it.Note)
	}
}

// TestEnvelopeEnds: what was approved under an envelope that has ended goes
// on under the normal limits, and larger steps do not go at all.
func TestEnvelopeEnds(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 50, func(d *Deps) { d.Validity = 3 * time.Hour }).arm()
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, 5*time.Minute, "season begins"))
	o := r.approve(r.propose(all(50, 0.9)))
	r.step(time.Second)
	if _, open := r.Envelope(); open == nil || open.By.Name != "zhao" {
		t.Errorf("open: %+v", open)
	}
	r.step(3 * time.Second)
	for range 5 {
		r.step(10 * time.Minute)
	}
	c := r.now(o).Counts()
	if env, open := r.Envelope(); open != nil || env.Name != Normal || c.InForce != 10 || c.Failed != 40 {
		t.Errorf("open %v, %+v", open, c)
	}
	if it := r.item(o, 20); it.Code != WhyEnvelope {
		t.Errorf("%s %s", it.Code, it.Note)
	}
}

// TestFlowBrake: in the normal envelope at most a twentieth of the flow.
func TestFlowBrake(t *testing.T) {
	r := newRig(t, 60, nil).arm()
	o := r.approve(r.propose(all(20, 0.55)))
	for range 100 {
		r.step(5 * time.Second)
	}
	if n := len(r.bank.log); n != 3 {
		t.Errorf("%d of 60 equal stations within ten minutes; a twentieth of the flow is 3", n)
	}
	waits := r.Waits(o.ID)
	if len(waits) != 17 || waits[10].Code != WhyFlowBrake {
		t.Errorf("%d wait, %+v", len(waits), waits[10])
	}
	for range 150 {
		r.step(5 * time.Second)
	}
	if n := len(r.bank.log); n < 5 || n > 6 {
		t.Errorf("after 20 minutes %d, want 6 or a little less", n)
	}
}

// TestDayBudget: a valve wears; its moves of a day are counted, also over a
// restart.
func TestDayBudget(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	last := Stage(0)
	for i := range 49 {
		v := 0.5 + 0.05*float64((i+1)%2)
		o, err := r.Manual(ctx, li, models.Setpoint{Point: opening(1), Value: v}, "again", "")
		r.must(err)
		r.approve(o)
		r.step(5 * time.Second)
		r.step(11 * time.Minute)
		r.step(5 * time.Second)
		if i == 30 {
			r.restart()
		}
		if last = r.item(o, 0).Stage; i < 48 && last != InForce {
			t.Fatalf("move %d: %s %s", i, last, r.item(o, 0).Note)
		}
	}
	if last != NotDone {
		t.Errorf("move 49 of a day: %s", last)
	}
}

// TestClockJumps: validity is a matter of the wall clock, rates of the plant
// clock, whichever way the other one jumps.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		r := newRig(t, 10, nil).arm()
		o := r.propose(map[int]float64{1: 0.55})
		r.bank.clock.Advance(jump) // the plant clock alone
		r.step(time.Second)
		if s := r.now(o).Stage(); s != Proposed {
			t.Errorf("plant clock %v: the proposal is %s", jump, s)
		}
		r.approve(o)
		r.step(time.Second)
		r.step(5 * time.Second)
		if s := r.item(o, 0).Stage; s != InForce {
			t.Errorf("plant clock %v: %s", jump, s)
		}
		r.bank.clock.Advance(jump)
		b := r.approve(r.propose(map[int]float64{1: 0.5}))
		r.step(20 * time.Second)
		r.step(20 * time.Second)
		want := map[bool]Stage{true: InForce, false: Approved}[jump > 0]
		if s := r.item(b, 0).Stage; s != want {
			t.Errorf("plant clock %v: second move after 45 s is %s, want %s", jump, s, want)
		}
		c := r.propose(map[int]float64{2: 0.55})
		r.wall = r.wall.Add(jump) // the wall clock alone
		r.step(time.Second)
		if s := r.now(c).Stage(); (s == Expired) != (jump > 0) {
			t.Errorf("wall clock %v: the proposal is %s", jump, s)
		}
	}
}

// TestHeartbeats: every 10 s of the plant clock, with patience for a PLC that
// does not answer, and one row when it is lost and one when it is back.
func TestHeartbeats(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 3, nil).arm()
	r.bank.faults["S-001"] = dead
	for range 60 {
		r.step(time.Second)
	}
	if n := r.bank.beats["S-002"]; n != 6 {
		t.Errorf("%d beats in a minute", n)
	}
	r.bank.faults["S-001"] = fine
	for range 60 {
		r.step(time.Second)
	}
	if n := r.bank.beats["S-001"]; n < 3 {
		t.Errorf("%d beats after it came back", n)
	}
	rows, err := r.journal.After(ctx, 0, 1000)
	r.must(err)
	var seen []string
	for _, e := range rows {
		if e.Element == "S-001" {
			seen = append(seen, e.Action)
		}
	}
	if len(seen) != 2 || seen[0] != "heartbeat.lost" || seen[1] != "heartbeat.back" {
		t.Errorf("rows %v", seen)
	}
}
