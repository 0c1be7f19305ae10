package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/pointlist"
)

var (
	soakKills = flag.Int("kills", 4, "how often TestSoak kills the service")
	soakSeed  = flag.Uint64("soak-seed", 1, "seed of TestSoak's choices")
)

// aim says at which moment of a write the service is killed.
type aim uint8

const (
	atSelected  aim = iota // the point is reserved, its present value is being read
	atWritten              // the PLC has answered, nothing was read back yet
	atUncertain            // the PLC took the value and its answer was lost
	atWriting              // the register holds the value, the answer is on its way
	atSending              // the row is on disk, the request never reaches the PLC
	atLate                 // the request reaches the PLC after the service has died
	atRandom               // any moment after the approval
	atRecovery             // any moment after the start that follows such a kill
	aims
)

var aimNames = [aims]string{"selected", "written", "uncertain", "writing, taken", "writing, lost", "writing, late", "at random", "while recovering"}

// soak is a plant and a service that is killed again and again.
type soak struct {
	t      *testing.T
	rng    *rand.Rand
	binary string
	config string
	data   string
	wire   *wire
	points map[models.PointID]pointlist.Point // as the plant has them
	serve  *process
	li     *client // dispatcher
	wang   *client // engineer
	clock  int64   // the plant's, as last seen

	stations []string
	kills    []killed
	tally    map[dispatch.Stage]int
	aimed    [aims]int
	approved map[string]bool // orders the service said yes to
	checked  map[string]bool // orders that were looked at after their end
	ends     map[string]int
}

// killed is what a dead service left.
type killed struct {
	aim   aim
	at    time.Time
	up    time.Time                   // when the next one had started
	head  int64                       // last row of the journal
	stood map[string][]dispatch.Stage // items of orders under way, by order
}

// TestSoak kills the real service, again and again, at every moment of a
// write, and starts it anew on what is on disk. The plant is another process;
// all traffic to it passes a cable on which the test counts what reaches a
// register and holds up what it likes.
//
// After every kill: the journal checks, and the mode resumes where it was,
// advisory at most. In the end: what was on its way was uncertain until its
// register had been read, no register was written twice for one item, every
// order that was approved has an end, and every register holds what the
// orders say.
func TestSoak(t *testing.T) {
	s := newSoak(t)
	for n := range *soakKills {
		s.life(n)
	}
	s.rest()
	s.strays()
	s.registers()
	var tally []string
	for _, st := range []dispatch.Stage{dispatch.Approved, dispatch.Selected, dispatch.Writing, dispatch.Written, dispatch.Uncertain, dispatch.Confirmed} {
		tally = append(tally, fmt.Sprintf("%s %d", st, s.tally[st]))
	}
	t.Logf("%d kills, seed %d; with an item in: %s", len(s.kills), *soakSeed, strings.Join(tally, ", "))
	for a, n := range s.aimed {
		t.Logf("  %3d %s", n, aimNames[a])
	}
	t.Logf("%d orders approved, %d setpoints reached a register; items ended: %v", len(s.approved), len(s.wire.writes), s.ends)
	if *soakKills >= 4 {
		for _, st := range []dispatch.Stage{dispatch.Selected, dispatch.Writing, dispatch.Written, dispatch.Uncertain} {
			if s.tally[st] == 0 {
				t.Errorf("never killed with an item in %s", st)
			}
		}
	}
}

func newSoak(t *testing.T) *soak {
	s := &soak{t: t, rng: rand.New(rand.NewPCG(*soakSeed, 0x736f616b)), binary: program(t), points: map[models.PointID]pointlist.Point{},
		tally: map[dispatch.Stage]int{}, approved: map[string]bool{}, checked: map[string]bool{}, ends: map[string]int{}}
	dir := filepath.Join(t.TempDir(), "town")
	start(t, s.binary, "Ctrl-C", "plant", "--write", dir, "--stations", "30", "--seed", "3", "--speed", "60")
	var list *pointlist.List
	s.wire, list = newWire(t, dir)
	for _, p := range list.Points {
		if p.Writable && pointlist.IsSetpoint(p.Quantity) {
			s.points[p.ID()] = p
		}
	}
	s.config, s.data = filepath.Join(dir, configFile), filepath.Join(dir, "data")
	staff(t, s.binary, s.data)
	s.serve = start(t, s.binary, "page: ", "serve", "--config", s.config)
	s.wang = signIn(t, s.serve.address(), "wang", soakPassword)
	s.wang.open()
	s.li = signIn(t, s.serve.address(), "li", soakPassword)
	var all []api.Station
	s.li.get("/api/stations", &all)
	for _, st := range all {
		s.stations = append(s.stations, st.ID)
	}
	return s
}

// life orders something and kills the service at the moment whose turn it is.
// Every so often the order is a recommendation, many items in batches; a kill
// at random may also fall into the asking and the approving.
func (s *soak) life(n int) {
	a := aim(n % int(aims))
	advice := n%(int(aims)+1) == 0
	var sys api.System
	s.li.get("/api/system", &sys)
	s.clock = sys.Clock.PlantMs
	if a != atRecovery {
		s.rest()
	}
	switch a {
	case atRecovery:
		<-time.After(time.Duration(s.rng.IntN(2500)) * time.Millisecond)
	case atRandom:
		s.enterAuto()
		picked, values := s.pick(), s.rng.Uint64()
		kill := time.AfterFunc(time.Duration(s.rng.IntN(2000))*time.Millisecond, s.serve.kill)
		s.order(rand.New(rand.NewPCG(values, 0)), picked, noTrap, advice)
		<-s.serve.ended
		kill.Stop()
	default:
		s.aimAt(a, advice)
	}
	s.aimed[a]++
	s.serve.kill()
	for _, e := range sortedTaps(s.wire.taps) {
		s.wire.taps[e].free(a == atLate || (a != atSending && s.rng.IntN(2) == 0))
	}
	s.look(a)
	s.restart()
}

func sortedTaps(taps map[models.ID]*tap) []models.ID { return slices.Sorted(maps.Keys(taps)) }

// enterAuto takes an engineer and a dispatcher; a restart falls back to
// advisory.
func (s *soak) enterAuto() {
	auto := api.ModeInput{Mode: api.ModeAuto, Reason: "soak"}
	var r *refused
	if err := s.wang.ask(http.MethodPost, "/api/mode", auto, nil); !errors.As(err, &r) || !strings.Contains(r.text, "two-persons") {
		s.t.Fatalf("one person entered auto: %v", err)
	}
	var sys api.System
	s.li.post("/api/mode", auto, &sys)
	if sys.Mode != api.ModeAuto {
		s.t.Fatalf("mode %s", sys.Mode)
	}
}

// aimAt orders something and waits until an item on a cable with a trap
// stands where it is to be killed. A machine that is busy with other things
// may let the moment pass; then it is tried anew.
func (s *soak) aimAt(a aim, advice bool) {
	for try := 0; !s.hit(a, advice && try == 0); try++ {
		if try == 4 {
			s.t.Fatalf("aimed at %s in vain, five times", aimNames[a])
		}
		for _, tp := range s.wire.taps {
			tp.free(false)
		}
		s.rest()
	}
}

// hit tries it once.
func (s *soak) hit(a aim, advice bool) (ok bool) {
	kind, stage := beforeWrite, dispatch.Writing
	switch a {
	case atSelected:
		kind, stage = everything, dispatch.Selected
	case atWriting:
		kind = afterWrite
	case atUncertain:
		kind, stage = afterWrite, dispatch.Uncertain
	case atWritten:
		kind, stage = afterAnswer, dispatch.Written
	}
	got := s.order(s.rng, s.pick(), kind, advice)
	if got.snapped == nil {
		s.t.Fatal("nothing was ordered")
	}
	until(s.t, aimNames[a], 25*time.Millisecond, func() bool {
		var o api.Order
		s.li.get("/api/orders/"+got.order, &o)
		i := slices.IndexFunc(o.Items, func(it api.Item) bool { return it.Element == got.element })
		select {
		case <-got.snapped:
			ok = o.Items[i].Stage == api.Stage(stage.String())
		default:
		}
		return ok || o.FinishedMs != nil
	})
	return ok
}

// look checks what the dead service left.
func (s *soak) look(a aim) {
	k := killed{aim: a, at: time.Now(), stood: map[string][]dispatch.Stage{}}
	s.journalChecks("after the kill")
	rec := s.records()
	k.head = rec.head
	seen := map[dispatch.Stage]bool{}
	for _, o := range rec.orders {
		if s.checked[o.ID] {
			continue
		}
		var stages []dispatch.Stage
		for _, it := range o.Items {
			stages = append(stages, it.Stage)
			seen[it.Stage] = true
		}
		k.stood[o.ID] = stages
	}
	for st := range seen {
		s.tally[st]++
	}
	s.kills = append(s.kills, k)
}

// restart starts the service on what is on disk: the mode is what it was, and
// who was signed in still is.
func (s *soak) restart() {
	s.serve = start(s.t, s.binary, "page: ", "serve", "--config", s.config)
	s.kills[len(s.kills)-1].up = time.Now()
	s.li.address, s.wang.address = s.serve.address(), s.serve.address()
	var sys api.System
	s.li.get("/api/system", &sys)
	if sys.Clock.PlantMs < s.clock {
		s.t.Errorf("after kill %d: the plant's clock went back by %d s", len(s.kills), (s.clock-sys.Clock.PlantMs)/1000)
	}
	if sys.Mode != api.ModeAdvisory || sys.Envelope.Name != "initial-balance" || sys.Blocked != nil {
		s.t.Errorf("after kill %d: mode %s, envelope %s, blocked %v", len(s.kills), sys.Mode, sys.Envelope.Name, sys.Blocked)
	}
	var all []api.Station
	if s.li.get("/api/stations", &all); len(all) != len(s.stations) {
		s.t.Errorf("after kill %d: %d stations of %d", len(s.kills), len(all), len(s.stations))
	}
	s.journalChecks("after the restart")
	// Whoever had no answer asks once more: what was begun is not begun again.
	for id := range s.kills[len(s.kills)-1].stood {
		if !s.approved[id] {
			continue
		}
		if err := s.li.ask(http.MethodPost, "/api/orders/"+id+"/approve", api.ReasonInput{Reason: "again"}, nil); gone(err) {
			s.t.Fatal(err)
		}
	}
}

func (s *soak) journalChecks(when string) {
	s.t.Helper()
	var out, errOut bytes.Buffer
	if code := run(s.t.Context(), []string{"journal", "check", "--data", s.data}, strings.NewReader(""), &out, &errOut); code != exitOK {
		s.t.Errorf("journal %s %d: exit code %d: %s%s", when, len(s.kills), code, out.String(), errOut.String())
	}
}

// rest waits until nothing is under way any more, and looks at every order
// that has ended.
func (s *soak) rest() {
	s.t.Helper()
	var orders []api.Order
	until(s.t, "all orders to end", 50*time.Millisecond, func() bool {
		orders = nil
		s.li.get("/api/orders", &orders)
		return !slices.ContainsFunc(orders, func(o api.Order) bool {
			return o.Stage != api.StageProposed && (o.FinishedMs == nil || o.Progress.Uncertain > 0)
		})
	})
	// What the service proposes by itself is turned down, so that it does not
	// stand in the way of what is ordered here.
	for _, o := range orders {
		if o.Stage == api.StageProposed {
			if err := s.li.ask(http.MethodPost, "/api/orders/"+o.ID+"/reject", api.RejectInput{Reason: "not now"}, nil); gone(err) {
				s.t.Fatal(err)
			}
		}
	}
	rec := s.records()
	for _, o := range rec.orders {
		if o.Finished.IsZero() || s.checked[o.ID] {
			continue
		}
		s.checked[o.ID] = true
		s.checkOrder(o, rec)
	}
	for id := range s.approved {
		if !s.checked[id] {
			s.t.Errorf("order %s was approved and is lost", id)
		}
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	for _, w := range s.wire.wrong {
		s.t.Error(w)
	}
	s.wire.wrong = nil
}

// registers compares every register with the last item that was confirmed
// there, at the plant itself.
func (s *soak) registers() {
	last := map[models.PointID]*dispatch.Item{}
	for _, o := range s.records().orders {
		for _, it := range o.Items {
			if _, ok := it.Entered(dispatch.Confirmed); !ok {
				continue
			}
			if old := last[it.Point]; old == nil || it.SentWall.After(old.SentWall) {
				last[it.Point] = it
			}
		}
	}
	if len(last) == 0 {
		s.t.Error("nothing was ever confirmed")
	}
	for id, it := range last {
		p := s.points[id]
		if got := registers(s.t, p); !p.Same(got, it.New) {
			s.t.Errorf("%s holds %.4g, the last confirmed order said %.4g", id, got, it.New)
		}
	}
}

func stages(rows []string) string { return strings.Join(rows, " → ") }

// decode is for documents of the store.
func decode[T any](t *testing.T, raw []byte) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
	return v
}
