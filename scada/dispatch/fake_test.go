package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

var dawn = time.Date(2026, 1, 18, 6, 0, 0, 0, time.UTC)

// fault is how a station's PLC misbehaves.
type fault string

const (
	fine       fault = ""
	dead       fault = "dead"        // not reachable, nothing leaves us
	lostAnswer fault = "lost answer" // the value arrives, the answer does not
	lostWrite  fault = "lost write"  // neither arrives
	refusing   fault = "refusing"    // answers with an exception
	liar       fault = "liar"        // answers well, keeps the old value
	foreign    fault = "foreign"     // answers well, holds something else
	stuck      fault = "stuck"       // the register takes it, the valve does not move
	local      fault = "local"       // switched to local on site
	fallback   fault = "fallback"    // runs on its own curve
	mute       fault = "mute"        // writes arrive, nothing can be read back
)

// bank is the registers of all PLCs, as the hardware would hold them: it
// outlives every desk.
type bank struct {
	mu       sync.Mutex
	clock    *clock.Stepped
	register map[models.PointID]float64
	position map[models.ID]float64
	faults   map[models.ID]fault
	writes   map[models.PointID]int
	log      []models.Setpoint // every write that reached a register, in order
	at       []time.Time
	beats    map[models.ID]int
	released map[models.ID]int
	armed    int
	before   func(models.Setpoint) // called before a write reaches the bank
	after    func(models.Setpoint)
}

type notSentError struct{ error }

func (notSentError) NotSent() bool { return true }

type refusedError struct{ error }

func (refusedError) Refused() bool { return true }

type uncertainError struct{ error }

func (uncertainError) Uncertain() bool { return true }

func (b *bank) Write(_ context.Context, sp models.Setpoint) error {
	if b.before != nil {
		b.before(sp)
	}
	if b.after != nil {
		defer b.after(sp)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	take := func(v float64) {
		b.register[sp.Point] = v
		b.writes[sp.Point]++
		b.log = append(b.log, sp)
		b.at = append(b.at, b.clock.Now())
		if b.faults[sp.Point.Element] != stuck {
			b.position[sp.Point.Element] = v + 0.003
		}
	}
	switch b.faults[sp.Point.Element] {
	case dead:
		return notSentError{errors.New("no connection")}
	case lostWrite:
		return uncertainError{errors.New("timeout")}
	case lostAnswer:
		take(sp.Value)
		return errors.New("connection reset") // of no known class
	case refusing, local:
		return refusedError{errors.New("exception 3: illegal data value")}
	case liar:
		b.writes[sp.Point]++
		return nil
	case foreign:
		take(0.111)
		return nil
	}
	take(sp.Value)
	return nil
}

func (b *bank) ReadBack(_ context.Context, p models.PointID) (models.Reading, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch f := b.faults[p.Element]; {
	case f == dead, f == mute && b.writes[p] > 0:
		return models.Reading{}, errors.New("no answer")
	}
	return models.Reading{Point: p, Value: b.register[p], Quality: models.QualityGood, Source: b.clock.Now()}, nil
}

func (b *bank) Heartbeat(_ context.Context, id models.ID, n uint16) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n == 0 {
		return errors.New("a heartbeat of 0 says nothing")
	}
	if b.faults[id] == dead {
		return notSentError{errors.New("no connection")}
	}
	b.beats[id]++
	return nil
}

func (b *bank) Release(_ context.Context, id models.ID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released[id]++
	return nil
}

// image is what the poller sees of the bank now.
type image map[models.PointID]models.Reading

func (im image) Get(p models.PointID) (models.Reading, bool) {
	r, ok := im[p]
	return r, ok
}

func (b *bank) snapshot() Image {
	b.mu.Lock()
	defer b.mu.Unlock()
	im := image{}
	put := func(p models.PointID, v float64, q models.Quality) {
		im[p] = models.Reading{Point: p, Value: v, Quality: q, Source: b.clock.Now()}
	}
	for p, v := range b.register {
		id := p.Element
		q := models.QualityGood
		if b.faults[id] == dead && b.writes[p] > 0 {
			q = models.QualityLost
		}
		remote, own := 1.0, 0.0
		if b.faults[id] == local {
			remote = 0
		}
		if b.faults[id] == fallback {
			own = 1
		}
		put(p, v, q)
		put(models.PointID{Element: id, Quantity: models.Remote}, remote, q)
		put(models.PointID{Element: id, Quantity: models.FallbackActive}, own, q)
		put(models.PointID{Element: id, Quantity: models.PLCHeartbeat}, 7, q)
		fb, _ := p.Quantity.Feedback()
		put(models.PointID{Element: id, Quantity: fb}, b.position[id], q)
		if p.Quantity == models.OpeningSetpoint {
			put(models.PointID{Element: id, Quantity: models.MassFlow}, 10, q)
		}
	}
	put(outdoor, 263.15, models.QualityGood)
	return im
}

var outdoor = models.PointID{Element: "source", Quantity: models.OutdoorTemperature}

// rig is a desk, the plant it stands before, and both clocks.
type rig struct {
	*Desk
	t       testing.TB
	dir     string
	bank    *bank
	wall    time.Time
	store   *store.Store
	journal *journal.Journal
	edit    func(*Deps)
}

var (
	li      = Actor{Name: "li", Role: RoleDispatcher, From: "10.0.0.7"}
	wang    = Actor{Name: "wang", Role: RoleDispatcher, From: "10.0.0.8"}
	zhao    = Actor{Name: "zhao", Role: RoleEngineer, From: "10.0.0.9"}
	viewer  = Actor{Name: "guest", Role: RoleViewer}
	advisor = Actor{Name: "advisor", Role: RoleProgram}
)

func opening(k int) models.PointID {
	return models.PointID{Element: models.ID(fmt.Sprintf("S-%03d", k)), Quantity: models.OpeningSetpoint}
}

var pump = models.PointID{Element: "source", Quantity: models.SpeedSetpoint}

// newRig makes a plant of so many stations, valves half open, and a desk in
// monitor.
func newRig(t testing.TB, stations int, edit func(*Deps)) *rig {
	t.Helper()
	ck := clock.NewStepped(dawn)
	b := &bank{clock: ck, register: map[models.PointID]float64{pump: 0.8}, position: map[models.ID]float64{"source": 0.8}, faults: map[models.ID]fault{},
		writes: map[models.PointID]int{}, beats: map[models.ID]int{}, released: map[models.ID]int{}}
	for k := range stations {
		b.register[opening(k)] = 0.5
		b.position[opening(k).Element] = 0.5
	}
	r := &rig{t: t, dir: t.TempDir(), bank: b, wall: dawn, edit: edit}
	r.start()
	t.Cleanup(func() { r.store.Close() })
	return r
}

// start makes a new desk on the same directory and plant, as a new process
// would.
func (r *rig) start() {
	r.t.Helper()
	s, err := store.Open(r.dir, store.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = s
	r.journal = journal.New(s, func() time.Time { return r.wall })
	deps := Deps{Store: s, Journal: r.journal, Snapshot: r.bank.snapshot, Clock: r.bank.clock, Wall: func() time.Time { return r.wall },
		Arm: func() (Writer, error) { r.bank.armed++; return r.bank, nil },
		Predict: func(context.Context, []models.Setpoint) (*Prediction, error) {
			return &Prediction{At: r.wall, Feasible: true}, nil
		},
		Points: []Writable{{pump, 0, 1}}, Heartbeats: []models.ID{"source"}, Outdoor: outdoor}
	for k := range len(r.bank.register) - 1 {
		deps.Points = append(deps.Points, Writable{opening(k), 0, 1})
		deps.Heartbeats = append(deps.Heartbeats, opening(k).Element)
	}
	if r.edit != nil {
		r.edit(&deps)
	}
	if r.Desk, err = New(deps); err != nil {
		r.t.Fatal(err)
	}
}

// restart drops the desk without a word to it and starts another one.
func (r *rig) restart() {
	r.t.Helper()
	r.store.Close()
	r.bank.before, r.bank.after = nil, nil
	r.start()
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// arm takes the network to advisory.
func (r *rig) arm() *rig {
	r.t.Helper()
	r.must(r.SetMode(context.Background(), li, Scope{}, Advisory, time.Time{}, "shift begins"))
	return r
}

// step lets d pass on both clocks and turns once.
func (r *rig) step(d time.Duration) {
	r.t.Helper()
	r.wall = r.wall.Add(d)
	r.bank.clock.Advance(d)
	r.must(r.Turn(context.Background()))
}

// propose puts a recommendation on the desk: station k to value v.
func (r *rig) propose(values map[int]float64) *Order {
	r.t.Helper()
	o, err := r.Propose(context.Background(), advisor, r.proposal(values))
	r.must(err)
	return o
}

func (r *rig) proposal(values map[int]float64) Proposal {
	p := Proposal{Reason: "balance", Prediction: &Prediction{At: r.wall, Feasible: true}}
	for k := range len(r.bank.register) - 1 {
		if v, ok := values[k]; ok {
			p.Items = append(p.Items, ProposedItem{Setpoint: models.Setpoint{Point: opening(k), Value: v}})
		}
	}
	return p
}

func (r *rig) approve(o *Order) *Order {
	r.t.Helper()
	o, err := r.Approve(context.Background(), li, o.ID, "")
	r.must(err)
	return o
}

// now returns an order as it stands.
func (r *rig) now(o *Order) *Order {
	r.t.Helper()
	o, err := r.Order(context.Background(), o.ID)
	r.must(err)
	return o
}

// item returns an order's item as it stands.
func (r *rig) item(o *Order, n int) *Item { r.t.Helper(); return r.now(o).Items[n] }

// wantCode fails unless err is a refusal with the code.
func wantCode(t testing.TB, err error, code Code) *Refusal {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("error %v, want a refusal with code %s", err, code)
	}
	return r
}

// all sets every station to v.
func all(n int, v float64) map[int]float64 {
	m := map[int]float64{}
	for k := range n {
		m[k] = v
	}
	return m
}
