package dispatch

import (
	"context"
	"fmt"
	"testing"
	"time"

	"evenflow/models"
)

// TestKilledAnywhere kills the desk after every change that reaches the disk
// and around every write, and starts another one: every register is written
// at most once, every item ends in a stage that is true of its register, and
// the journal checks.
func TestKilledAnywhere(t *testing.T) {
	kills := map[Stage]int{}
	for _, f := range []fault{fine, lostAnswer, lostWrite, liar} {
		for at := 0; ; at++ {
			killed, stages := killedAt(t, f, at)
			for s := range stages {
				kills[s]++
			}
			if !killed {
				if at < 8 {
					t.Fatalf("%s: only %d places to be killed at", f, at)
				}
				break
			}
		}
	}
	for _, s := range []Stage{Proposed, Approved, Selected, Writing, Written, Uncertain, Confirmed} {
		if kills[s] == 0 {
			t.Errorf("never killed with an item in %s", s)
		}
	}
	t.Logf("kills by stage: %v", kills)
}

// killedAt runs one order and kills the desk at the place numbered at; it
// returns whether there was such a place, and the stages items stood in then.
func killedAt(t *testing.T, f fault, at int) (killed bool, stages map[Stage]bool) {
	t.Helper()
	ctx := context.Background()
	r := newRig(t, 20, func(d *Deps) { d.Parallel = 1 }).arm()
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, time.Hour, "season begins"))
	for k := 1; k < 4; k++ {
		r.bank.faults[opening(k).Element] = f
	}
	places := 0
	place := func() {
		if places == at && !killed {
			killed = true
			r.store.Close() // from here on nothing reaches the disk
		}
		places++
	}
	r.committed = place
	r.bank.before = func(models.Setpoint) { place() }
	r.bank.after = func(models.Setpoint) { place() }
	var id string
	func() {
		o, err := r.Propose(ctx, advisor, r.proposal(map[int]float64{0: 0.7, 1: 0.7, 2: 0.7, 3: 0.7, 9: 0.7}))
		if err != nil || killed {
			return
		}
		id = o.ID
		if _, err := r.Approve(ctx, li, id, ""); err != nil {
			return
		}
		for range 60 {
			r.wall = r.wall.Add(3 * time.Second)
			r.bank.clock.Advance(3 * time.Second)
			if r.Turn(ctx) != nil || killed || !r.now(o).Finished.IsZero() {
				return
			}
		}
	}()
	r.restart()
	stages = map[Stage]bool{}
	for _, o := range r.Orders() {
		for _, it := range o.Items {
			stages[it.Stage] = true
		}
	}
	for range 130 {
		r.step(3 * time.Second)
		if done := r.Orders(); len(done) == 0 || !done[0].Finished.IsZero() {
			break
		}
	}
	where := fmt.Sprintf("fault %q, kill %d", f, at)
	for _, o := range r.Orders() {
		if o.Stage() == Proposed {
			continue
		}
		if o.Finished.IsZero() {
			t.Errorf("%s: never finished: %+v", where, o.Counts())
		}
		for n, it := range o.Items {
			holds := same(it.Point, r.bank.register[it.Point], it.New)
			if _, confirmed := it.Entered(Confirmed); confirmed != holds {
				t.Errorf("%s: item %d is %s (%s), its register holds %v", where, n, it.Stage, it.Note, r.bank.register[it.Point])
			}
		}
	}
	for p, n := range r.bank.writes {
		if n > 1 {
			t.Errorf("%s: %s was written %d times", where, p, n)
		}
	}
	if res, err := r.journal.Check(ctx); err != nil || !res.Good {
		t.Errorf("%s: journal %+v %v", where, res, err)
	}
	r.store.Close()
	return killed, stages
}

// TestUncertainInMonitor: a network that comes up in monitor has no writer;
// what is uncertain is resolved by the poll.
func TestUncertainInMonitor(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	r.bank.faults["S-001"] = mute
	o := r.approve(r.propose(map[int]float64{1: 0.55}))
	r.step(time.Second)
	r.must(r.SetMode(ctx, zhao, Scope{}, Monitor, time.Time{}, "shift ends"))
	r.restart()
	r.bank.faults["S-001"] = fine
	r.must(r.Recover(ctx))
	if s := r.item(o, 0).Stage; s != Uncertain {
		t.Errorf("after the restart: %s", s)
	}
	r.step(5 * time.Second)
	r.step(5 * time.Second)
	if s := r.item(o, 0).Stage; s != InForce || r.Armed() || r.bank.writes[opening(1)] != 1 {
		t.Errorf("%s, armed %v, %d writes", s, r.Armed(), r.bank.writes[opening(1)])
	}
}

// TestNoWriterNoAdvisory: where no writer can be made, advisory is not
// entered, and a start in advisory falls back to monitor.
func TestNoWriterNoAdvisory(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 3, nil).arm()
	r.restart()
	r.deps.Arm = func() (Writer, error) { return nil, fmt.Errorf("no route to the plant") }
	r.step(time.Second)
	if m := r.Mode(Scope{}); m != Monitor || r.Armed() {
		t.Errorf("start: %s", m)
	}
	if err := r.SetMode(ctx, li, Scope{}, Advisory, time.Time{}, "try"); err == nil {
		t.Error("entered")
	}
	if m := r.Mode(Scope{}); m >= Advisory {
		t.Errorf("after the attempt: %s", m)
	}
}

// TestTwoDesks: a second process on the same directory never takes the desk.
func TestTwoDesks(t *testing.T) {
	r := newRig(t, 3, nil).arm()
	first := r.store
	r.start()
	if err := r.Turn(context.Background()); err == nil {
		t.Error("two desks on one directory")
	}
	first.Close()
}
