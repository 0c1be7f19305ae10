package dispatch

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"evenflow/models"
)

// TestTable walks the state machine: every stage can be reached, none that
// ends leads on, and no path reaches Writing without Approved.
func TestTable(t *testing.T) {
	reached := map[Stage]bool{}
	var walk func(s Stage, approved bool)
	walk = func(s Stage, approved bool) {
		reached[s] = true
		approved = approved || s == Approved
		if s == Writing && !approved {
			t.Errorf("a path reaches writing without approval")
		}
		for next := range Stage(len(stageNames)) {
			if MayMove(s, next) {
				walk(next, approved)
			}
		}
	}
	walk(Proposed, false)
	for s := range Stage(len(stageNames)) {
		if !reached[s] {
			t.Errorf("no path reaches %s", s)
		}
		for next := range Stage(len(stageNames)) {
			if (s >= Rejected || s == InForce) && MayMove(s, next) {
				t.Errorf("%s is an end, but leads to %s", s, next)
			}
		}
		var back Stage
		text, _ := s.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s comes back as %s, %v", s, back, err)
		}
	}
	if MayMove(Uncertain, Writing) || MayMove(Written, Writing) {
		t.Error("a write may be repeated")
	}
}

// TestOneOrder goes the whole road, and the journal tells it stage by stage.
func TestOneOrder(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	o := r.propose(map[int]float64{3: 0.55})
	if o.Stage() != Proposed || o.Items[0].Old != 0.5 {
		t.Fatalf("proposed: %+v", o.Items[0])
	}
	r.step(time.Second)
	if len(r.bank.log) != 0 {
		t.Fatal("written without approval")
	}
	r.approve(o)
	r.step(time.Second)
	if got := r.item(o, 0); got.Stage != Written || r.bank.register[opening(3)] != 0.55 {
		t.Fatalf("after the first turn: %s %s", got.Stage, got.Note)
	}
	r.step(3 * time.Second)
	if got := r.item(o, 0); got.Stage != InForce || !got.ReadBack.Known || math.Abs(got.Feedback.Value-0.553) > 1e-9 {
		t.Fatalf("after settling: %s %s", got.Stage, got.Note)
	}
	if fin := r.now(o); fin.Finished.IsZero() || fin.Approvals[0].Name != "li" {
		t.Errorf("order %+v", fin)
	}
	rows, err := r.journal.OfOrder(ctx, o.ID)
	r.must(err)
	var stages []string
	for _, e := range rows {
		stages = append(stages, e.Stage)
	}
	if got := strings.Join(stages, " "); got != "proposed approved selected writing written confirmed in_force in_force" {
		t.Errorf("journal: %s", got)
	}
	if e := rows[1]; e.Who != "li" || e.From != "10.0.0.7" || e.Role != RoleDispatcher {
		t.Errorf("approval row %+v", e)
	}
	if res, err := r.journal.Check(ctx); err != nil || !res.Good {
		t.Errorf("journal check %+v %v", res, err)
	}
}

// TestMisbehaviour: whatever a PLC does, nothing ends confirmed unless its
// register holds the value, and nothing is written twice.
func TestMisbehaviour(t *testing.T) {
	for _, c := range []struct {
		fault  fault
		stage  Stage
		note   string
		writes int
	}{
		{fine, InForce, "", 1},
		{dead, NotDone, "cannot be read", 0},
		{lostAnswer, InForce, "after uncertainty", 1},
		{lostWrite, NotDone, "still holds 50.0 %", 0},
		{refusing, NotDone, "exception 3", 0},
		{liar, NotDone, "still holds 50.0 %", 1},
		{foreign, NotDone, "foreign value", 1},
		{stuck, NoEffect, "without effect", 1},
		{local, NotDone, "local", 0},
		{fallback, NotDone, "own curve", 0},
		{mute, Uncertain, "cannot be read", 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			r := newRig(t, 10, nil).arm()
			r.bank.faults[opening(3).Element] = c.fault
			o := r.approve(r.propose(map[int]float64{3: 0.55}))
			for range 70 {
				r.step(10 * time.Second)
			}
			it := r.item(o, 0)
			if it.Stage != c.stage || !strings.Contains(it.Note, c.note) {
				t.Errorf("%s %q, want %s %q", it.Stage, it.Note, c.stage, c.note)
			}
			if n := r.bank.writes[opening(3)]; n != c.writes {
				t.Errorf("%d writes, want %d", n, c.writes)
			}
			if _, ok := it.Entered(Confirmed); ok && r.bank.register[opening(3)] != 0.55 {
				t.Error("confirmed, but the register holds something else")
			}
			if o = r.now(o); o.Finished.IsZero() || o.Stage() != c.stage {
				t.Errorf("the order is %s, finished %v", o.Stage(), o.Finished)
			}
		})
	}
}

// TestMuteComesBack: an uncertain write is resolved by reading as soon as the
// PLC answers again, and holds its point until then.
func TestMuteComesBack(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	r.bank.faults[opening(3).Element] = mute
	o := r.approve(r.propose(map[int]float64{3: 0.55}))
	for range 70 {
		r.step(10 * time.Second)
	}
	second, err := r.Manual(ctx, wang, models.Setpoint{Point: opening(3), Value: 0.56}, "try again", "")
	r.must(err)
	_, err = r.Approve(ctx, wang, second.ID, "")
	if no := wantCode(t, err, HeldByOther); no.Order != o.ID || !strings.Contains(no.Reason, "li") {
		t.Errorf("the holder is not named: %+v", no)
	}
	r.bank.faults[opening(3).Element] = fine
	for range 10 {
		r.step(10 * time.Second)
	}
	if it := r.item(o, 0); it.Stage != InForce || it.Note != "after uncertainty" {
		t.Errorf("%s %q", it.Stage, it.Note)
	}
	if r.bank.writes[opening(3)] != 1 {
		t.Error("written again")
	}
}

// TestApprovalNeeds: what an approval asks for, one by one.
func TestApprovalNeeds(t *testing.T) {
	ctx := context.Background()
	in := models.PointID{Element: "S-001", Quantity: models.MassFlow}
	for name, c := range map[string]struct {
		edit func(*rig, *Proposal)
		late time.Duration
		code Code
	}{
		"a simulation":     {func(r *rig, p *Proposal) { p.Prediction = nil; r.deps.Predict = nil }, 0, NotSimulated},
		"a fresh one":      {func(r *rig, p *Proposal) { p.Prediction.At = r.wall.Add(-11 * time.Minute) }, 0, Outdated},
		"inputs that hold": {func(_ *rig, p *Proposal) { p.Prediction.Inputs = []Input{{Point: in, Value: 10.6}} }, 0, Outdated},
		"kept limits": {func(_ *rig, p *Proposal) {
			p.Prediction.Feasible = false
			p.Prediction.Violations = []models.Violation{{Element: "S-004", Limit: models.LimitBoiling, Value: -1, Bound: 0}}
		}, 0, Infeasible},
		"its time": {func(_ *rig, p *Proposal) { p.Prediction.At = p.Prediction.At.Add(time.Hour) }, 16 * time.Minute, TimeOver},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 10, nil).arm()
			p := r.proposal(map[int]float64{3: 0.55})
			c.edit(r, &p)
			o, err := r.Propose(ctx, advisor, p)
			r.must(err)
			if c.late > 0 {
				r.step(c.late)
			}
			_, err = r.Approve(ctx, li, o.ID, "")
			wantCode(t, err, c.code)
			r.step(time.Second)
			if len(r.bank.log) != 0 {
				t.Error("written")
			}
			tail, err := r.journal.Tail(ctx, 30)
			r.must(err)
			denied := false
			for _, e := range tail {
				denied = denied || e.Denied && e.Who == "li" && e.Order == o.ID
			}
			if !denied {
				t.Error("the denied attempt is not in the journal")
			}
		})
	}
}

// TestProposalIsChecked: everything wrong with a proposal is said at once,
// and nothing of it is kept.
func TestProposalIsChecked(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	r.must(r.Lock(ctx, li, Lock{Point: opening(5), Kind: Locked, Until: r.wall.Add(time.Hour), Reason: "repair crew"}))
	p := r.proposal(map[int]float64{1: 0.7, 2: math.NaN(), 3: 1.2, 5: 0.52})
	p.Items = append(p.Items, ProposedItem{Setpoint: models.Setpoint{Point: models.PointID{Element: "S-077", Quantity: models.OpeningSetpoint}, Value: 0.5}})
	_, err := r.Propose(ctx, advisor, p)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, id := range []models.ID{"S-001", "S-002", "S-003", "S-005", "S-077"} {
		if !strings.Contains(err.Error(), string(id)) {
			t.Errorf("%s is not named in: %v", id, err)
		}
	}
	if got := models.ErrorElements(err); len(got) != 5 {
		t.Errorf("elements %v", got)
	}
	if len(r.Orders()) != 0 {
		t.Error("an order was kept")
	}
	_, err = r.Propose(ctx, viewer, r.proposal(map[int]float64{1: 0.55}))
	wantCode(t, err, Forbidden)
	twice := r.proposal(map[int]float64{1: 0.55})
	twice.Items = append(twice.Items, twice.Items[0])
	_, err = r.Propose(ctx, advisor, twice)
	wantCode(t, err, BadRequest)
	r.bank.register[opening(4)] = 0.05
	_, err = r.Propose(ctx, advisor, r.proposal(map[int]float64{4: 0}))
	wantCode(t, err, OutOfLimits) // frost
}

// TestSameKeySameOrder: a repeated request changes nothing.
func TestSameKeySameOrder(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	sp := models.Setpoint{Point: opening(1), Value: 0.55}
	a, err := r.Manual(ctx, li, sp, "cold flat", "k-1")
	r.must(err)
	b, err := r.Manual(ctx, li, sp, "cold flat", "k-1")
	r.must(err)
	if a.ID != b.ID || len(r.Orders()) != 1 {
		t.Errorf("orders %s and %s", a.ID, b.ID)
	}
	r.approve(a)
	r.approve(a)
	r.step(time.Second)
	r.step(time.Minute)
	r.restart()
	if c, err := r.Manual(ctx, li, sp, "cold flat", "k-1"); err != nil || c.ID != a.ID {
		t.Errorf("after a restart: %v %v", c, err)
	}
	if r.bank.writes[opening(1)] != 1 {
		t.Errorf("%d writes", r.bank.writes[opening(1)])
	}
}

// TestTwoDispatchers: one wins the point, the other sees who; in class C the
// second person is somebody else.
func TestTwoDispatchers(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	a, err := r.Manual(ctx, li, models.Setpoint{Point: opening(1), Value: 0.55}, "up", "")
	r.must(err)
	b, err := r.Manual(ctx, wang, models.Setpoint{Point: opening(1), Value: 0.45}, "down", "")
	r.must(err)
	r.approve(a)
	_, err = r.Approve(ctx, wang, b.ID, "")
	if no := wantCode(t, err, HeldByOther); no.Order != a.ID {
		t.Errorf("held by %s, want %s", no.Order, a.ID)
	}

	stop, err := r.Manual(ctx, li, models.Setpoint{Point: pump, Value: 0}, "burst main", "")
	r.must(err)
	if stop.Items[0].Class != ClassC {
		t.Fatalf("stopping the pump is class %s", stop.Items[0].Class)
	}
	fresh := func(a Actor) Actor { a.Verified = r.wall; return a }
	_, err = r.Approve(ctx, li, stop.ID, "")
	wantCode(t, err, Forbidden) // the password again, please
	got, err := r.Approve(ctx, fresh(li), stop.ID, "")
	r.must(err)
	if got.Stage() != Proposed {
		t.Fatal("one person stopped the pump")
	}
	_, err = r.Approve(ctx, fresh(li), stop.ID, "")
	wantCode(t, err, TwoPersons)
	r.step(time.Second)
	got, err = r.Approve(ctx, fresh(wang), stop.ID, "")
	r.must(err)
	if got.Stage() != Approved {
		t.Fatalf("after the second person: %s", got.Stage())
	}
	r.step(3 * time.Second) // writes are 2 s apart
	r.step(3 * time.Second)
	if it := r.item(stop, 0); it.Stage != Written || it.Reads != 1 {
		t.Errorf("one read confirmed a critical value: %s, %d reads", it.Stage, it.Reads)
	}
	r.step(3 * time.Second)
	if it := r.item(stop, 0); it.Reads != 2 || it.Stage < Confirmed {
		t.Errorf("%s after %d reads", it.Stage, it.Reads)
	}
}

// TestRejectSupersedeExpire: the other ends of a proposal.
func TestRejectSupersedeExpire(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	a := r.propose(map[int]float64{1: 0.55})
	b := r.propose(map[int]float64{1: 0.56})
	if r.now(a).Stage() != Superseded {
		t.Errorf("the older recommendation is %s", r.now(a).Stage())
	}
	_, err := r.Reject(ctx, li, b.ID, "")
	wantCode(t, err, BadRequest)
	if b, err = r.Reject(ctx, li, b.ID, "data not trusted"); err != nil || b.Stage() != Rejected {
		t.Errorf("rejected: %v", err)
	}
	_, err = r.Approve(ctx, li, b.ID, "")
	wantCode(t, err, BadRequest)
	c := r.propose(map[int]float64{1: 0.57})
	r.step(16 * time.Minute)
	if r.now(c).Stage() != Expired {
		t.Errorf("after its validity: %s", r.now(c).Stage())
	}
}

// TestRevert restores what was confirmed, in reverse order, on the same road.
func TestRevert(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 200, nil).arm()
	r.bank.faults[opening(2).Element] = refusing
	o := r.approve(r.propose(map[int]float64{1: 0.55, 2: 0.55, 3: 0.45, 4: 0.5}))
	for range 20 {
		r.step(5 * time.Second)
	}
	if r.now(o).Finished.IsZero() {
		t.Fatalf("not finished: %+v", r.now(o).Counts())
	}
	back, err := r.Revert(ctx, li, o.ID, "worse than before", "")
	r.must(err)
	if len(back.Items) != 2 || back.Items[0].Point != opening(3) || back.Items[1].Point != opening(1) || back.Reverts != o.ID {
		t.Fatalf("revert %+v", back.Items)
	}
	r.step(2 * time.Minute) // the rate limit counts a revert like any move
	if r.bank.register[opening(3)] != 0.45 {
		t.Error("reverted without approval")
	}
	r.wall = r.wall.Add(0)
	r.approve(back)
	for range 200 {
		r.step(5 * time.Second)
	}
	if c := r.now(back).Counts(); c.InForce != 2 {
		t.Errorf("revert %+v: %+v", c, r.Waits(back.ID))
	}
	if r.bank.register[opening(1)] != 0.5 || r.bank.register[opening(3)] != 0.5 {
		t.Error("the old values are not back")
	}
	_, err = r.Revert(ctx, li, r.propose(map[int]float64{1: 0.55}).ID, "nothing there", "")
	wantCode(t, err, BadRequest)
}

// TestDeadband: a value that is there already is recorded and not sent.
func TestDeadband(t *testing.T) {
	r := newRig(t, 10, nil).arm()
	o := r.approve(r.propose(map[int]float64{1: 0.503}))
	r.step(time.Second)
	it := r.item(o, 0)
	if it.Stage != Confirmed || !it.Sent.IsZero() || len(r.bank.log) != 0 || !strings.Contains(it.Note, "not sent") {
		t.Errorf("%s %q, %d writes", it.Stage, it.Note, len(r.bank.log))
	}
}

// TestMovedMeanwhile: a setpoint that somebody else moved is not overwritten.
func TestMovedMeanwhile(t *testing.T) {
	r := newRig(t, 10, nil).arm()
	o := r.propose(map[int]float64{1: 0.55})
	r.bank.register[opening(1)] = 0.3
	r.approve(o)
	r.step(time.Second)
	if it := r.item(o, 0); it.Stage != NotDone || !strings.Contains(it.Note, "somebody moved it") {
		t.Errorf("%s %q", it.Stage, it.Note)
	}
}

// TestJournalFails: when the journal cannot be written, nothing is written to
// the plant but heartbeats.
func TestJournalFails(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	o := r.approve(r.propose(map[int]float64{1: 0.55}))
	r.store.Close()
	beats := r.bank.beats["S-001"]
	r.bank.clock.Advance(time.Minute)
	if err := r.Turn(ctx); err == nil || !strings.Contains(err.Error(), "journal") {
		t.Errorf("turn: %v", err)
	}
	if len(r.bank.log) != 0 {
		t.Error("written without a journal")
	}
	if r.bank.beats["S-001"] != beats+1 {
		t.Error("the heartbeat stopped")
	}
	if r.JournalError() == nil {
		t.Error("nobody is told")
	}
	if _, err := r.Manual(ctx, li, models.Setpoint{Point: opening(2), Value: 0.55}, "x", ""); err == nil {
		t.Error("an order was taken that is nowhere on disk")
	}
	r.restart()
	r.step(time.Second)
	if it := r.item(o, 0); it.Stage != NotDone || len(r.bank.log) != 0 {
		t.Errorf("after the restart: %s, %d writes; nothing queued is sent", it.Stage, len(r.bank.log))
	}
}

// TestSubscribe: a change is announced, also to one who is slow.
func TestSubscribe(t *testing.T) {
	r := newRig(t, 10, nil).arm()
	changed, cancel := r.Subscribe()
	defer cancel()
	r.propose(map[int]float64{1: 0.55})
	r.propose(map[int]float64{1: 0.56})
	select {
	case <-changed:
	default:
		t.Error("not told")
	}
	select {
	case <-changed:
		t.Error("told twice for what one look shows")
	default:
	}
}
