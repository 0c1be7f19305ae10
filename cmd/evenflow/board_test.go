package main

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/plant"
	"evenflow/solver/town"
)

// control is a rehearsal whose desk waits for a person: the board as a
// dispatcher has it, on a stepped clock.
func control(t *testing.T, o plant.Options) (*rehearsal, api.Caller) {
	t.Helper()
	if o.Network == nil {
		net, err := town.Generate(town.Options{Seed: 2, Stations: 20})
		if err != nil {
			t.Fatal(err)
		}
		o.Network = net
	}
	r, err := newRehearsalFor(t.Context(), o, "demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if err := r.settle(0); err != nil {
		t.Fatal(err)
	}
	return r, api.Caller{Name: "li", Role: dispatch.RoleDispatcher, From: "127.0.0.1", Verified: time.Now()}
}

// TestBoardShowsThePlant: documents carry the plant's own values in the units
// of their keys, and nothing that JSON cannot say.
func TestBoardShowsThePlant(t *testing.T) {
	r, _ := control(t, plant.Options{Seed: 1, Deviations: plant.Deviations{Noise: 0}})
	ctx, b := t.Context(), r.sys.board
	truth, err := r.plant.Truth()
	if err != nil {
		t.Fatal(err)
	}
	stations := b.Stations(ctx)
	for i, s := range stations {
		if s.Flow.V == nil || math.Abs(*s.Flow.V-truth.Stations[i].Flow*3.6) > 0.02*truth.Stations[i].Flow*3.6+0.1 {
			t.Errorf("%s: flow %v t/h, the plant has %.2f", s.ID, s.Flow.V, truth.Stations[i].Flow*3.6)
		}
		if s.X == nil || math.Abs(*s.X-truth.Stations[i].X) > 0.05 {
			t.Errorf("%s: x %v, the plant has %.3f", s.ID, s.X, truth.Stations[i].X)
		}
		if s.SupplyTemp.V == nil || *s.SupplyTemp.V < 80 || *s.SupplyTemp.V > 135 {
			t.Errorf("%s: supply temperature %v degC", s.ID, s.SupplyTemp.V)
		}
	}
	k := b.KPI(ctx)
	if k.Heat.V == nil || k.HeatNeeded == nil || math.Abs(*k.Heat.V / *k.HeatNeeded - 1) > 0.3 {
		t.Errorf("heat %v MW, needed %v", k.Heat.V, k.HeatNeeded)
	}
	profile, err := b.Profile(ctx, stations[len(stations)-1].ID)
	if err != nil {
		t.Fatal(err)
	}
	first, last := profile.Points[0], profile.Points[len(profile.Points)-1]
	if *first.SupplyHead <= *last.SupplyHead || *first.ReturnHead >= *last.ReturnHead || len(profile.Checks) != 4 {
		t.Errorf("pressure diagram: supply %v → %v m, return %v → %v m, %d checks", *first.SupplyHead, *last.SupplyHead, *first.ReturnHead, *last.ReturnHead, len(profile.Checks))
	}
	if d := *profile.MeasuredSupply - *last.SupplyHead; math.Abs(d) > 1.5 {
		t.Errorf("the meter at the end of the diagram is %.2f m off the model without deviations", d)
	}
	documents := []any{b.System(ctx), k, b.Network(ctx), stations, b.Sources(ctx), b.Pipes(ctx), profile, b.Advice(ctx), b.Orders(ctx), b.NotRight(ctx)}
	for _, doc := range documents {
		if _, err := json.Marshal(doc); err != nil {
			t.Errorf("%T: %v", doc, err)
		}
	}
	if _, err := b.Profile(ctx, "S-999"); err == nil {
		t.Error("a profile of no station")
	}
	trend, err := b.Trend(ctx, api.TrendQuery{Element: stations[0].ID, Quantities: []string{"opening_feedback", "supply_pressure"}})
	if err != nil || len(trend.Pens) != 2 || len(trend.Pens[0].V) < 5 || trend.Pens[0].Unit != "%" || !trend.Pens[0].Stored {
		t.Errorf("trend %+v, %v", trend, err)
	}
}

// TestDispatcherAtTheBoard: compute, approve, watch, revert; reject; set by
// hand with a preview; stop-all and what it blocks.
func TestDispatcherAtTheBoard(t *testing.T) {
	r, li := control(t, plant.Options{Seed: 1, Deviations: plant.Deviations{Pipes: 0.2, Kvs: 0.1, Fixed: 0.2, Noise: 0.01}})
	ctx, b := t.Context(), r.sys.board
	advice, err := b.Compute(ctx, li)
	if err != nil || advice.State != "ready" || advice.Recommendation.Stage != api.StageProposed {
		t.Fatalf("compute: %+v, %v", advice, err)
	}
	rec := advice.Recommendation
	before := r.plant.SetpointWrites()
	if _, err := b.Reject(ctx, li, rec.ID, "data doubtful"); err != nil {
		t.Fatal(err)
	}
	if err := r.step(rehearsalStep); err != nil {
		t.Fatal(err)
	}
	if n := r.plant.SetpointWrites(); n != before {
		t.Fatalf("%d registers were written for a rejected recommendation", n-before)
	}
	if advice, err = b.Compute(ctx, li); err != nil || advice.State != "ready" {
		t.Fatalf("compute again: %+v, %v", advice, err)
	}
	rec = advice.Recommendation
	if _, err := b.Approve(ctx, li, rec.ID, "before the cold"); err != nil {
		t.Fatal(err)
	}
	rows, err := b.Journal(ctx, 0, 20)
	if err != nil || !slices.ContainsFunc(rows, func(r api.JournalRow) bool {
		return r.Action == "order.approve" && strings.Contains(r.Reason, "before the cold") && strings.Contains(r.ReasonZH, "before the cold") && strings.Contains(r.ReasonZH, "批")
	}) {
		t.Errorf("what was typed at the approval is not in the journal: %+v, %v", rows, err)
	}
	handCollides(t, r, li, rec.ID)
	if _, err := r.carryOut(rec.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.settle(settleTime); err != nil {
		t.Fatal(err)
	}
	done, err := b.Order(ctx, rec.ID)
	if err != nil || done.Stage != api.StageInForce || done.Progress.InForce != len(done.Items) || done.Result == nil || done.Result.State != "measured" {
		t.Fatalf("order after it settled: stage %s, %+v, result %+v, %v", done.Stage, done.Progress, done.Result, err)
	}
	if *done.Result.Measured.XRMS > 5 {
		t.Errorf("RMS %.1f %% after one round, want at most 5", *done.Result.Measured.XRMS)
	}
	dispatcherByHand(t, r, li)
	dispatcherReverts(t, r, li, done)
}

// handCollides: a manual set of a point that a running order holds is refused
// with the order's name and leaves nothing on the desk; an order that nobody
// made is not found, whatever is asked of it.
func handCollides(t *testing.T, r *rehearsal, li api.Caller, running string) {
	ctx, b := t.Context(), r.sys.board
	o, err := b.Order(ctx, running)
	if err != nil {
		t.Fatal(err)
	}
	it := o.Items[len(o.Items)-1]
	pv, err := b.Preview(ctx, li, api.ManualInput{Element: it.Element, Quantity: it.Quantity, Value: it.From - 1})
	if err != nil || pv.Blocked == nil || pv.Blocked.Code != "held_by_order" {
		t.Fatalf("preview of %s, which order %s holds: blocked %+v, %v", it.Element, running, pv.Blocked, err)
	}
	_, err = b.Manual(ctx, li, pv.ID, "in the way")
	if refused, ok := errors.AsType[*dispatch.Refusal](err); !ok || refused.Order != running {
		t.Errorf("manual set of a point that order %s holds: %v", running, err)
	}
	for _, other := range b.Orders(ctx) {
		if other.Kind == "manual" && other.Stage == api.StageProposed {
			t.Errorf("the refused manual set of %v waits for approval", other.Title.Elements)
		}
	}
	for name, ask := range map[string]func() (api.Order, error){
		"approve": func() (api.Order, error) { return b.Approve(ctx, li, "nobody's", "") },
		"reject":  func() (api.Order, error) { return b.Reject(ctx, li, "nobody's", "no") },
		"revert":  func() (api.Order, error) { return b.Revert(ctx, li, "nobody's", "back") },
	} {
		_, err := ask()
		if f, ok := errors.AsType[*api.Fault](err); !ok || f.Code != "no_such_order" {
			t.Errorf("%s an order that nobody made: %v", name, err)
		}
	}
}

// dispatcherByHand sets one valve: previewed, confirmed, in force.
func dispatcherByHand(t *testing.T, r *rehearsal, li api.Caller) {
	ctx, b := t.Context(), r.sys.board
	st := b.Stations(ctx)[3]
	want := math.Round(*st.OpeningFeedback.V) - 5
	pv, err := b.Preview(ctx, li, api.ManualInput{Element: st.ID, Quantity: "opening_setpoint", Value: want})
	if err != nil || pv.Blocked != nil || pv.Move.XAfter == nil || *pv.Move.XAfter >= *pv.Move.XBefore {
		t.Fatalf("preview of closing a valve: %+v, %v", pv, err)
	}
	stranger := li
	stranger.Name = "wang"
	if _, err := b.Manual(ctx, stranger, pv.ID, ""); err == nil {
		t.Error("somebody else confirmed a preview he has not seen")
	}
	li.Key = "li/press"
	o, err := b.Manual(ctx, li, pv.ID, "trial")
	if err != nil {
		t.Fatal(err)
	}
	// The answer got lost and the previews with it, as in a restart: the same
	// key finds the order, another press finds nothing and says what to do.
	if again, err := b.Manual(ctx, li, pv.ID, "trial"); err != nil || again.ID != o.ID {
		t.Errorf("the same press again: order %q, %v", again.ID, err)
	}
	li.Key = "li/another press"
	if _, err := b.Manual(ctx, li, pv.ID, "trial"); err == nil || !strings.Contains(err.Error(), "predict it again") {
		t.Errorf("another press of a preview that is gone: %v", err)
	}
	if _, err := r.carryOut(o.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.Stations(ctx)[3].OpeningSetpoint.V; got == nil || *got != want {
		t.Errorf("setpoint %v %%, ordered %v", got, want)
	}
	too, err := b.Preview(ctx, li, api.ManualInput{Element: st.ID, Quantity: "opening_setpoint", Value: 140})
	if err == nil && too.Blocked == nil {
		t.Error("140 % may be ordered")
	}
}

// dispatcherReverts puts everything back, then stops the rest of the world.
func dispatcherReverts(t *testing.T, r *rehearsal, li api.Caller, done api.Order) {
	ctx, b := t.Context(), r.sys.board
	if err := r.settle(settleTime); err != nil {
		t.Fatal(err)
	}
	rv, err := b.Revert(ctx, li, done.ID, "as it was")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Approve(ctx, li, rv.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := r.step(rehearsalStep); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stop(ctx, li, "enough"); err != nil {
		t.Fatal(err)
	}
	sys := b.System(ctx)
	if sys.Stopped == nil || sys.Blocked == nil || sys.Blocked.Code != "stopped" {
		t.Errorf("after stop-all: stopped %+v, blocked %+v", sys.Stopped, sys.Blocked)
	}
	if err := r.step(rehearsalStep); err != nil {
		t.Fatal(err)
	}
	n := r.plant.SetpointWrites()
	for range 40 {
		if err := r.step(rehearsalStep); err != nil {
			t.Fatal(err)
		}
	}
	if m := r.plant.SetpointWrites(); m != n {
		t.Errorf("%d setpoints were written after stop-all", m-n)
	}
	if _, err := b.Resume(ctx, li, "go on"); err != nil {
		t.Fatal(err)
	}
	res, err := r.sys.journal.Check(ctx)
	if err != nil || !res.Good {
		t.Errorf("the journal: %+v, %v", res, err)
	}
	if _, err := r.sys.desk.Order(ctx, rv.ID); err != nil {
		t.Error(err)
	}
}

// TestElementOutOfUse: a station that is off is not polled and is no trouble;
// one out of service is left alone and says so.
func TestElementOutOfUse(t *testing.T) {
	r, li := control(t, plant.Options{Seed: 1, Deviations: plant.Deviations{Noise: 0.01}})
	ctx, b := t.Context(), r.sys.board
	engineer := api.Caller{Name: "zhao", Role: dispatch.RoleEngineer, From: "127.0.0.1", Verified: time.Now()}
	steps := func() {
		for range 3 {
			if err := r.step(rehearsalStep); err != nil {
				t.Fatal(err)
			}
		}
		r.sys.loop.Look()
	}
	station := func(i int) api.Station { return b.Stations(ctx)[i] }
	off, broken := station(2).ID, station(5).ID
	links := b.System(ctx).Links
	if _, err := b.SetMode(ctx, engineer, api.ModeInput{Element: off, Mode: api.ModeOff, Reason: "house empty"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Lock(ctx, li, api.LockInput{Element: broken, Kind: "out_of_service", Minutes: 60, Reason: "actuator sent to repair"}); err != nil {
		t.Fatal(err)
	}
	steps()
	s := station(2)
	if s.State != "unmeasured" || s.Diagnosis.Code != "mode_off" || s.Flow.V != nil || s.X != nil {
		t.Errorf("a station that is off: %s, %+v, flow %v, x %v", s.State, s.Diagnosis, s.Flow.V, s.X)
	}
	for _, line := range b.NotRight(ctx) {
		if line.Element == off && line.What.Code != "mode_off" {
			t.Errorf("a station that is off is shown as %+v", line)
		}
	}
	if now := b.System(ctx).Links; now.PLCs != links.PLCs-1 || now.Answering != now.PLCs {
		t.Errorf("links %+v, before %+v", now, links)
	}
	if s := station(5); s.Lock == nil || s.Lock.Kind != "out_of_service" || s.Held == nil || s.Held.Code != "out_of_service" {
		t.Errorf("out of service: lock %+v, held %+v", s.Lock, s.Held)
	}
	pv, err := b.Preview(ctx, li, api.ManualInput{Element: broken, Quantity: "opening_setpoint", Value: math.Round(*station(5).OpeningSetpoint.V) - 3})
	if err != nil || pv.Blocked == nil || pv.Blocked.Code != "out_of_service" {
		t.Errorf("a manual set of what is out of service: %+v, %v", pv.Blocked, err)
	}
	advice, err := b.Compute(ctx, li)
	if err != nil || advice.Recommendation == nil {
		t.Fatalf("%+v, %v", advice, err)
	}
	for _, m := range advice.Recommendation.Moves {
		if m.Element == off || m.Element == broken {
			t.Errorf("%s is moved", m.Element)
		}
	}
	if _, err := b.SetMode(ctx, engineer, api.ModeInput{Element: off, Mode: api.ModeAdvisory, Reason: "let again"}); err != nil {
		t.Fatal(err)
	}
	steps()
	if s := station(2); s.Flow.V == nil || s.X == nil || s.State == "unmeasured" {
		t.Errorf("switched on again: %s, flow %v", s.State, s.Flow.V)
	}
}

// TestNothingToMove: who asks for advice where nothing may be moved is told
// so, and neither that something was not found nor that all is well; who turned
// advice down is not told that all is well either.
func TestNothingToMove(t *testing.T) {
	r, li := control(t, plant.Options{Seed: 1, Deviations: plant.Deviations{Pipes: 0.2, Kvs: 0.1, Fixed: 0.2, Noise: 0.01}})
	ctx, b := t.Context(), r.sys.board
	advice, err := b.Compute(ctx, li)
	if err != nil || advice.Recommendation == nil {
		t.Fatalf("%+v, %v", advice, err)
	}
	if _, err := b.Reject(ctx, li, advice.Recommendation.ID, "not today"); err != nil {
		t.Fatal(err)
	}
	if a := b.Advice(ctx); a.State != "none" || a.Why.Code != "not_asked" {
		t.Errorf("after a rejection: %s %+v", a.State, a.Why)
	}
	lock := func(id string) {
		if _, err := b.Lock(ctx, li, api.LockInput{Element: id, Minutes: 60, Reason: "inventory"}); err != nil {
			t.Fatal(err)
		}
	}
	// A pump that is locked stays as it is, and the valves are balanced all the
	// same.
	for _, s := range b.Sources(ctx) {
		lock(s.ID)
	}
	if advice, err = b.Compute(ctx, li); err != nil || advice.Recommendation == nil || advice.Recommendation.Blocked != nil {
		t.Fatalf("with the pump locked: %+v, %v", advice, err)
	}
	for _, m := range advice.Recommendation.Moves {
		if m.Quantity == "speed_setpoint" {
			t.Errorf("the locked pump is moved: %+v", m)
		}
	}
	if _, err := b.Reject(ctx, li, advice.Recommendation.ID, "not today"); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.Stations(ctx) {
		lock(s.ID)
	}
	if advice, err = b.Compute(ctx, li); err != nil || advice.State != "none" || advice.Why.Code != "nothing_to_move" {
		t.Errorf("with everything locked: %s %+v, %v", advice.State, advice.Why, err)
	}
}
