package dispatch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"evenflow/models"
)

// TestMonitorCannotWrite: in every mode but advisory and auto the desk holds
// no writer, and no call whatever makes a byte go out. The poller's view of
// the plant has no way to write.
func TestMonitorCannotWrite(t *testing.T) {
	ctx := context.Background()
	methods := reflect.TypeFor[Image]()
	if methods.NumMethod() != 1 || methods.Method(0).Name != "Get" {
		t.Errorf("the image has more than Get: %v", methods)
	}
	for _, mode := range []Mode{Off, Monitor, Shadow} {
		r := newRig(t, 5, nil)
		r.must(r.SetMode(ctx, zhao, Scope{}, mode, time.Time{}, "test"))
		rnd := rand.New(rand.NewPCG(1, uint64(mode)))
		var id string
		for i := range 400 {
			k := rnd.IntN(5)
			var err error
			switch rnd.IntN(8) {
			case 0:
				var o *Order
				if o, err = r.Propose(ctx, advisor, r.proposal(map[int]float64{k: 0.5 + rnd.Float64()/10})); o != nil {
					id = o.ID
				}
			case 1:
				var o *Order
				if o, err = r.Manual(ctx, li, models.Setpoint{Point: opening(k), Value: rnd.Float64()}, "try", ""); o != nil {
					id = o.ID
				}
			case 2:
				_, err = r.Approve(ctx, li, id, "")
				if err == nil {
					t.Fatalf("%s: call %d approved an order", mode, i)
				}
			case 3:
				_, err = r.Revert(ctx, zhao, id, "try", "")
			case 4:
				err = r.StopAll(ctx, li, "try")
			case 5:
				err = r.Resume(ctx, []Actor{li, zhao}[k%2], "try")
			case 6:
				err = r.SetMode(ctx, li, Scope{Element: opening(k).Element}, Advisory, time.Time{}, "try")
			default:
				r.step(time.Duration(rnd.IntN(30)) * time.Second)
			}
			_ = err // refused or not: what counts is the plant
		}
		if r.bank.armed != 0 || r.Armed() || len(r.bank.log) != 0 || len(r.bank.beats) != 0 || len(r.bank.released) != 0 {
			t.Errorf("%s: armed %d times, %d writes, %d beats", mode, r.bank.armed, len(r.bank.log), len(r.bank.beats))
		}
	}
}

// TestModes: the strictest wins; who may enter what; leaving advisory hands
// the PLCs back and drops the writer.
func TestModes(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 3, nil)
	if r.Mode(Scope{}) != Monitor || r.Armed() {
		t.Fatal("a new installation is not in monitor")
	}
	wantCode(t, r.SetMode(ctx, li, Scope{}, Off, time.Time{}, "x"), Forbidden)
	wantCode(t, r.SetMode(ctx, viewer, Scope{}, Advisory, time.Time{}, "x"), Forbidden)
	wantCode(t, r.SetMode(ctx, advisor, Scope{}, Advisory, time.Time{}, "x"), Forbidden)
	wantCode(t, r.SetMode(ctx, li, Scope{}, Advisory, time.Time{}, ""), BadRequest)
	for role, modes := range map[string]string{RoleDispatcher: "[advisory auto]", RoleEngineer: "[off monitor shadow advisory auto]", RoleViewer: "[]", RoleAdmin: "[]"} {
		if got := fmt.Sprint(ModesFor(role)); got != modes {
			t.Errorf("%s may set %s, want %s", role, got, modes)
		}
	}
	r.arm()
	if !r.Armed() || r.bank.armed != 1 {
		t.Error("advisory without a writer")
	}
	r.step(time.Second)
	r.must(r.SetMode(ctx, zhao, Scope{Element: "S-001"}, Monitor, time.Time{}, "commissioning"))
	if r.bank.released["S-001"] != 1 || r.bank.released["S-002"] != 0 {
		t.Errorf("released %v", r.bank.released)
	}
	if r.Effective("S-001") != Monitor || r.Effective("S-002") != Advisory {
		t.Error("the strictest does not win")
	}
	_, err := r.Propose(ctx, advisor, r.proposal(map[int]float64{1: 0.55}))
	wantCode(t, err, BlockedByMode)
	before := r.bank.beats["S-001"]
	r.step(time.Minute)
	if r.bank.beats["S-001"] != before || r.bank.beats["S-002"] < 2 {
		t.Errorf("beats %v", r.bank.beats)
	}
	o := r.approve(r.propose(map[int]float64{2: 0.55}))
	r.must(r.SetMode(ctx, zhao, Scope{}, Monitor, time.Time{}, "shift ends"))
	if r.Armed() || r.bank.released["S-002"] != 1 {
		t.Error("leaving advisory keeps the writer or the PLCs")
	}
	if it := r.item(o, 0); it.Stage != NotDone || it.Code != WhyMode {
		t.Errorf("the queued item is %s %s", it.Stage, it.Code)
	}
	r.step(time.Minute)
	if len(r.bank.log) != 0 {
		t.Error("written after leaving advisory")
	}
}

// TestAuto: two persons of two roles, an end, and nothing of it after a
// restart.
func TestAuto(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	until := r.wall.Add(time.Hour)
	wantCode(t, r.SetMode(ctx, li, Scope{}, Auto, time.Time{}, "night"), BadRequest)
	wantCode(t, r.SetMode(ctx, li, Scope{}, Auto, until, "night"), TwoPersons)
	wantCode(t, r.SetMode(ctx, li, Scope{}, Auto, until, "night"), TwoPersons)
	wantCode(t, r.SetMode(ctx, wang, Scope{}, Auto, until, "night"), TwoPersons)
	r.must(r.SetMode(ctx, zhao, Scope{}, Auto, until, "night"))
	o := r.propose(map[int]float64{1: 0.55})
	if r.now(o).Stage() != Approved || r.now(o).Approvals[0].Name != "zhao" {
		t.Fatalf("in auto a recommendation is %s", r.now(o).Stage())
	}
	r.step(time.Second)
	r.step(5 * time.Second)
	if r.item(o, 0).Stage != InForce {
		t.Errorf("%s", r.item(o, 0).Stage)
	}
	r.restart()
	r.step(time.Second)
	if m := r.Mode(Scope{}); m != Advisory || !r.Armed() {
		t.Errorf("after a restart: %s, armed %v", m, r.Armed())
	}
	for _, a := range []Actor{li, zhao} {
		if err := r.SetMode(ctx, a, Scope{}, Auto, r.wall.Add(time.Hour), "again"); err != nil {
			wantCode(t, err, TwoPersons)
		}
	}
	r.step(2 * time.Hour)
	if m := r.Mode(Scope{}); m != Advisory {
		t.Errorf("after its end: %s", m)
	}
}

// TestRestartResumesMonitor: a desk that was in monitor makes no writer when
// it starts.
func TestRestartResumesMonitor(t *testing.T) {
	r := newRig(t, 3, nil)
	r.step(time.Second)
	r.restart()
	r.step(time.Second)
	if r.bank.armed != 0 || r.Mode(Scope{}) != Monitor {
		t.Error("armed by a restart")
	}
}

// TestStopAll: one person stops everything but the heartbeat; two start
// again, and nothing that was stopped comes back.
func TestStopAll(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 100, nil).arm()
	o := r.approve(r.propose(all(8, 0.55)))
	r.step(time.Second)
	r.must(r.StopAll(ctx, li, "water in the street"))
	sent := len(r.bank.log)
	beats := r.bank.beats["S-050"]
	for range 30 {
		r.step(10 * time.Second)
	}
	if len(r.bank.log) != sent || sent != 1 {
		t.Errorf("%d writes before, %d after", sent, len(r.bank.log))
	}
	if r.bank.beats["S-050"] < beats+25 {
		t.Error("the heartbeat stopped")
	}
	c := r.now(o).Counts()
	if c.InForce != 1 || c.Failed != 7 || r.now(o).StopCode != WhyStopped {
		t.Errorf("%+v %+v", c, r.now(o).Stopped)
	}
	p := r.propose(map[int]float64{20: 0.55})
	_, err := r.Approve(ctx, li, p.ID, "")
	wantCode(t, err, BlockedByStop)
	wantCode(t, r.Resume(ctx, li, "dry again"), TwoPersons)
	wantCode(t, r.Resume(ctx, li, "dry again"), TwoPersons)
	r.restart()
	r.step(time.Second)
	if r.Stopped() == nil {
		t.Error("a restart ended the stop")
	}
	wantCode(t, r.Resume(ctx, li, "dry again"), TwoPersons)
	r.must(r.Resume(ctx, wang, "dry again"))
	r.step(time.Minute)
	if r.Stopped() != nil || len(r.bank.log) != sent {
		t.Error("what was stopped came back")
	}
	r.approve(p)
	r.step(time.Second)
	if len(r.bank.log) != sent+1 {
		t.Error("nothing is written after resuming")
	}
}

// TestStopInTheMiddle: a stop while a write is on its way lets that one end
// and no other begin.
func TestStopInTheMiddle(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 100, func(d *Deps) { d.Parallel = 1 }).arm()
	r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, time.Hour, "season begins"))
	r.bank.after = func(sp models.Setpoint) {
		if sp.Point == opening(4) {
			r.must(r.StopAll(ctx, li, "now"))
		}
	}
	o := r.approve(r.propose(all(20, 0.7)))
	r.step(time.Second)
	r.step(time.Minute)
	r.step(time.Minute)
	if n := len(r.bank.log); n != 5 {
		t.Errorf("%d writes, want 5", n)
	}
	if c := r.now(o).Counts(); c.InForce != 5 || c.Failed != 15 {
		t.Errorf("%+v", c)
	}
}

// TestLocks: what is locked or out of service is refused with who and why,
// until the lock ends.
func TestLocks(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 10, nil).arm()
	whole := models.PointID{Element: "S-002"}
	wantCode(t, r.Lock(ctx, li, Lock{Point: whole, Kind: OutOfService, Until: r.wall.Add(time.Hour)}), BadRequest)
	wantCode(t, r.Lock(ctx, li, Lock{Point: models.PointID{Element: "S-999"}, Kind: Locked, Until: r.wall.Add(time.Hour), Reason: "x"}), BadRequest)
	o := r.approve(r.propose(map[int]float64{2: 0.55}))
	r.must(r.Lock(ctx, li, Lock{Point: whole, Kind: OutOfService, Until: r.wall.Add(time.Hour), Reason: "actuator sent to repair"}))
	if it := r.item(o, 0); it.Stage != NotDone || it.Code != WhyLocked {
		t.Errorf("queued before the lock: %s %s", it.Stage, it.Code)
	}
	why, blocked := r.Blocked(opening(2))
	if !blocked || !strings.Contains(why, "li") || !strings.Contains(why, "actuator") {
		t.Errorf("blocked %v: %s", blocked, why)
	}
	r.restart()
	r.step(59 * time.Minute)
	if len(r.Locks()) != 1 {
		t.Error("a restart lost the lock")
	}
	r.step(2 * time.Minute)
	if _, blocked := r.Blocked(opening(2)); blocked || len(r.Locks()) != 0 {
		t.Error("the lock outlives its end")
	}
	r.must(r.Lock(ctx, li, Lock{Point: whole, Kind: Locked, Until: r.wall.Add(time.Hour), Reason: "x"}))
	r.must(r.Unlock(ctx, wang, whole, "repaired"))
	if _, blocked := r.Blocked(opening(2)); blocked {
		t.Error("unlocked and blocked")
	}
}

// TestStanding: valid for what it says, for as long as it says, at one's own
// plant only, and not in the next process.
func TestStanding(t *testing.T) {
	ctx := context.Background()
	foreign := newRig(t, 5, nil).arm()
	s := Standing{Until: dawn.Add(time.Hour), Min: 0.2, Max: 0.9, Reason: "rehearsal"}
	_, err := foreign.Sign(ctx, zhao, s)
	wantCode(t, err, Forbidden)

	r := newRig(t, 20, func(d *Deps) { d.OwnPlant = true })
	rehearse := Actor{Name: "rehearse", Role: RoleProgram}
	r.must(r.SetMode(ctx, rehearse, Scope{}, Advisory, time.Time{}, "rehearsal"))
	s.Points = []models.PointID{opening(1), opening(2)}
	signed, err := r.Sign(ctx, rehearse, s)
	r.must(err)
	o := r.propose(map[int]float64{1: 0.55})
	if a := r.now(o); a.Stage() != Approved || a.Approvals[0].Name != "rehearse" || a.Approvals[0].Standing != signed.ID {
		t.Errorf("%s %+v", a.Stage(), a.Approvals)
	}
	if r.propose(map[int]float64{3: 0.55}).Stage() != Proposed {
		t.Error("a point that was not signed for is approved")
	}
	r.step(2 * time.Hour)
	if r.propose(map[int]float64{2: 0.55}).Stage() != Proposed {
		t.Error("approved after its end")
	}
	s.Until = r.wall.Add(time.Hour)
	_, err = r.Sign(ctx, rehearse, s)
	r.must(err)
	r.restart()
	if r.propose(map[int]float64{2: 0.55}).Stage() != Proposed {
		t.Error("a signature for another process's plant is valid")
	}
}

// TestNewStation: a station that joins a running network starts in monitor,
// whatever the network's mode; a dispatcher arms it like any other.
func TestNewStation(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, 5, nil).arm()
	r.bank.register[opening(5)], r.bank.position[opening(5).Element] = 0.5, 0.5
	r.restart()
	r.step(time.Second)
	if r.Effective("S-005") != Monitor || r.Effective("S-004") != Advisory || r.bank.beats["S-005"] != 0 {
		t.Errorf("new station in %s, old one in %s", r.Effective("S-005"), r.Effective("S-004"))
	}
	r.must(r.SetMode(ctx, li, Scope{Element: "S-005"}, Advisory, time.Time{}, "commissioned"))
	r.restart()
	r.step(time.Second)
	if r.Effective("S-005") != Advisory || r.bank.beats["S-005"] == 0 {
		t.Error("a commissioned station is new again")
	}
}
