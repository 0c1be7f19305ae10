package plant

import (
	"context"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
)

// From a register to the water: the valve travels, stops near the setpoint,
// the flow follows, the writes are counted where they were made.
func TestSetpointMovesValveAndWater(t *testing.T) {
	net := smallTown(t, 6, 30)
	b := start(t, Options{Network: net, Seed: 3})
	before := b.truth()
	goal := before.Stations[4].Opening + 0.2
	b.write("S-005", models.OpeningSetpoint, goal)
	b.step(5 * time.Second)
	if settled, _ := b.Settled(); settled {
		t.Error("settled after 5 s of travel")
	}
	if f := b.read("S-005", models.OpeningFeedback); f <= before.Stations[4].Opening || f > goal-0.05 {
		t.Errorf("after 5 s the feedback shows %g", f)
	}
	b.step(60 * time.Second)
	after := b.truth()
	if d := math.Abs(after.Stations[4].Opening - goal); d > stopWithin+0.0005 {
		t.Errorf("stopped %g from the setpoint", d)
	}
	if !(after.Stations[4].Flow > 1.1*before.Stations[4].Flow) {
		t.Errorf("flow %g → %g", before.Stations[4].Flow, after.Stations[4].Flow)
	}
	if settled, at := b.Settled(); !settled || !at.Equal(noon.Add(65*time.Second)) {
		t.Errorf("settled %v at %v", settled, at)
	}
	point := models.PointID{Element: "S-005", Quantity: models.OpeningSetpoint}
	if b.Written(point) != 1 || b.SetpointWrites() != 1 {
		t.Errorf("%d writes of the point, %d in all", b.Written(point), b.SetpointWrites())
	}
	b.write("S-005", models.SCADAHeartbeat, 1)
	if b.SetpointWrites() != 1 {
		t.Error("a heartbeat counts as a setpoint")
	}
}

func TestPumpSpeedRaisesHead(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3})
	before := b.truth()
	b.write("SRC-1", models.SpeedSetpoint, 0.9)
	b.step(time.Second)
	if f := b.read("SRC-1", models.SpeedFeedback); f >= 0.9 {
		t.Errorf("a pump at %g after one second", f)
	}
	b.step(time.Minute)
	after := b.truth()
	if f := b.read("SRC-1", models.SpeedFeedback); math.Abs(f-0.9) > 1e-3 || !(after.Lift > 1.1*before.Lift) || !(after.PumpPower > before.PumpPower) {
		t.Errorf("speed %g, lift %g → %g", f, before.Lift, after.Lift)
	}
}

// What is measured cannot be written, whoever asks.
func TestMeasuredRegistersRefuseWrites(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3})
	for _, q := range []models.Quantity{models.Identity, models.PLCHeartbeat, models.Remote} {
		p := b.find("S-001", q)
		pdu := binary.BigEndian.AppendUint16([]byte{6}, p.Address)
		answer := ask(t, b.conn(p.Endpoint), p.UnitID, binary.BigEndian.AppendUint16(pdu, 7)...)
		if answer[0] != 0x86 {
			t.Errorf("%s was written: % x", q, answer)
		}
	}
}

// Words that make no opening are ignored by the PLC itself.
func TestNonsenseSetpointIsIgnored(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3})
	was := b.truth().Stations[0].Opening
	p := b.find("S-001", models.OpeningSetpoint)
	words := make([]uint16, p.Words())
	for i := range words {
		words[i] = 0xFFFF
	}
	b.stations[0].bank.set(holdings, int(p.Address), words...)
	b.step(10 * time.Minute)
	if now := b.truth().Stations[0].Opening; now != was {
		t.Errorf("opening %g → %g", was, now)
	}
}

func TestFaults(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3, Deviations: usual(0), Faults: []Fault{
		{StuckValve, "S-001", 0}, {Local, "S-002", 0}, {MeterZero, "S-003", 0}, {MeterZero, "S-004", 2}, {DeadPLC, "S-005", 2},
	}})
	before := b.truth()
	for _, id := range []models.ID{"S-001", "S-002", "S-003"} {
		b.write(id, models.OpeningSetpoint, 0.3)
	}
	b.step(5 * time.Minute)
	after := b.truth()
	for i := range 2 {
		if after.Stations[i].Opening != before.Stations[i].Opening {
			t.Errorf("%s moved", after.Stations[i].ID)
		}
	}
	if r := b.read("S-002", models.Remote); r != 0 {
		t.Error("a local station shows remote")
	}
	if r := b.read("S-001", models.Remote); r != 1 {
		t.Error("a stuck valve makes its station local")
	}
	flow := func(id models.ID) float64 {
		if _, ok := b.Points().Find(models.PointID{Element: id, Quantity: models.MassFlow}); ok {
			return b.read(id, models.MassFlow)
		}
		return b.read(id, models.VolumeFlow)
	}
	if flow("S-003") != 0 || after.Stations[2].Flow == 0 {
		t.Error("the meter of S-003 is not stuck at 0")
	}
	if flow("S-004") == 0 {
		t.Error("a fault of round 2 is there from the start")
	}
	if b.read("S-005", models.Identity) != 1005 {
		t.Error("S-005 does not answer before round 2")
	}
	b.BeginRound(2)
	b.step(time.Minute)
	if flow("S-004") != 0 {
		t.Error("the fault of round 2 does not come")
	}
	if s := b.stations[4].server.ailing(); s != silent {
		t.Errorf("the dead PLC is %v", s)
	}
	if n := len(b.truth().Faults); n != 5 {
		t.Errorf("%d faults in force", n)
	}
}

// A PLC that never heard a heartbeat holds what it finds. One that did falls
// back after five minutes of silence, runs on its own curve, and comes back
// without a bump.
func TestFallbackAndBumplessReturn(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3})
	id := models.ID("S-001")
	was := b.truth().Stations[0].Opening
	b.step(time.Hour)
	if b.read(id, models.FallbackActive) != 0 || b.truth().Stations[0].Opening != was {
		t.Fatal("a PLC that was never looked after does not hold")
	}
	for n := 1; n <= 3; n++ {
		b.write(id, models.SCADAHeartbeat, float64(n))
		b.step(time.Minute)
	}
	b.step(4*time.Minute - time.Second)
	if b.read(id, models.FallbackActive) != 0 {
		t.Fatal("fallback before five minutes")
	}
	for range 120 {
		b.step(time.Minute)
	}
	if b.read(id, models.FallbackActive) != 1 || b.read("S-002", models.FallbackActive) != 0 {
		t.Fatal("no fallback after five minutes, or at the wrong PLC")
	}
	tr := b.truth()
	want := tr.Network.Stations[0].Design.SecondarySupply
	if got := tr.State.Stations[0].SecondarySupply; math.Abs(got-want) > 1 && tr.Stations[0].Opening < 0.94 {
		t.Errorf("on its own curve: %g K secondary supply, curve says %g, valve at %g", got, want, tr.Stations[0].Opening)
	}
	own := tr.Stations[0].Opening
	if own == was {
		t.Error("the own curve moved nothing")
	}
	b.write(id, models.SCADAHeartbeat, 4)
	for range 10 {
		b.step(20 * time.Second)
	}
	if now := b.truth().Stations[0].Opening; math.Abs(now-own) > 0.005 {
		t.Errorf("the return moved the valve from %g to %g", own, now)
	}
	if sp := b.read(id, models.OpeningSetpoint); b.read(id, models.FallbackActive) != 0 || math.Abs(sp-own) > 0.001 {
		t.Errorf("back in remote the setpoint shows %g, the valve stands at %g", sp, own)
	}
	b.write(id, models.SCADAHeartbeat, 0) // released
	b.step(10 * time.Second)
	if b.read(id, models.FallbackActive) != 1 {
		t.Error("a released PLC does not take over at once")
	}
}

func TestPLCHeartbeatCounts(t *testing.T) {
	b := start(t, Options{Network: smallTown(t, 6, 30), Seed: 3})
	first := b.read("S-010", models.PLCHeartbeat)
	b.step(time.Second)
	if second := b.read("S-010", models.PLCHeartbeat); second == first {
		t.Error("the PLC's heartbeat stands still")
	}
}

// The hidden truth keeps the limits it was drawn in.
func TestHiddenTruthKeepsItsLimits(t *testing.T) {
	net := smallTown(t, 8, 100)
	mains, stations := 0, 0
	for seed := range int64(12) {
		p, err := New(Options{Network: net, Seed: seed, Deviations: usual(2)})
		if err != nil {
			t.Fatal(err)
		}
		index := net.Index()
		half := map[models.ID]bool{}
		for _, h := range p.half {
			half[h.Element] = true
			lo, hi := 6e4, 13.5e4
			if h.Main {
				mains++
				lo, hi = 4e4, 9e4
				if h.Feeds < 3 {
					t.Errorf("%s feeds %d stations", h.Element, h.Feeds)
				}
			} else {
				stations++
			}
			if h.Extra < lo || h.Extra > hi {
				t.Errorf("%+v", h)
			}
		}
		if len(half) != 2 {
			t.Errorf("%d half-closed valves", len(half))
		}
		for _, c := range p.truth.Changes {
			ref, ok := index.Lookup(c.Element)
			if !ok {
				t.Fatalf("change of %s", c.Element)
			}
			limit := map[models.Attribute]float64{models.AttrResistance: 0.2, models.AttrKvs: 0.1, models.AttrFixedResistance: 0.2}[c.Attribute]
			if c.Op == models.Scale && math.Abs(c.Value-1) > limit && !half[c.Element] {
				t.Errorf("%s %s %s × %g", ref.Kind, c.Element, c.Attribute, c.Value)
			}
		}
	}
	if mains == 0 || stations == 0 {
		t.Errorf("%d mains and %d stations half closed in 12 seeds", mains, stations)
	}
}

// The extra loss is really there when the design flow passes.
func TestHalfClosedMainTakesItsLoss(t *testing.T) {
	net := smallTown(t, 8, 100)
	for seed := range int64(20) {
		p, err := New(Options{Network: net, Seed: seed, Deviations: Deviations{HalfClosed: 1}})
		if err != nil {
			t.Fatal(err)
		}
		h := p.half[0]
		if !h.Main {
			continue
		}
		sc := p.truth
		for i := range net.Stations {
			sc = sc.With(models.Change{Element: net.Stations[i].ID, Attribute: models.AttrFlow, Op: models.Set, Value: designFlow(t, net, i)})
		}
		r, err := p.solver.Solve(context.Background(), sc, nil)
		if err != nil {
			t.Fatal(err)
		}
		base, err := p.solver.Solve(context.Background(), models.Scenario{Changes: sc.Changes[len(p.truth.Changes):]}, nil)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := net.Index().At(models.KindPipe, h.Element)
		extra := math.Abs(r.Pipes[at].PressureDrop) - math.Abs(base.Pipes[at].PressureDrop)
		// A ring may lead part of the flow round the half-closed valve.
		if extra <= 0 || extra > 1.02*h.Extra {
			t.Errorf("seed %d: %s takes %.0f Pa extra, %.0f wanted", seed, h.Element, extra, h.Extra)
		}
		return
	}
	t.Fatal("no half-closed main in 20 seeds")
}

func TestBadOptionsAreRefused(t *testing.T) {
	net := smallTown(t, 1, 12)
	for name, o := range map[string]Options{
		"no network":   {},
		"deviation":    {Network: net, Deviations: Deviations{Pipes: 1}},
		"negative":     {Network: net, Deviations: Deviations{Noise: -0.1}},
		"half-closed":  {Network: net, Deviations: Deviations{HalfClosed: -1}},
		"too many":     {Network: net, Deviations: Deviations{HalfClosed: 100}},
		"bad network":  {Network: &models.Network{Name: "empty"}},
		"no such port": {Network: net, Listen: "127.0.0.1:99999"},
	} {
		p, err := New(o)
		if err == nil {
			err = p.Start(t.Context())
			p.Close()
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPortsInTurn(t *testing.T) {
	probe := start(t, Options{Network: smallTown(t, 1, 10), Seed: 1})
	_, port, _ := strings.Cut(probe.find("SRC-1", models.Identity).Endpoint, ":")
	if port == "" || port == "0" {
		t.Fatalf("source at port %q", port)
	}
	if err := probe.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
	p, err := New(Options{Network: smallTown(t, 1, 10), Listen: "127.0.0.1:" + port})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "SRC-1") {
		t.Errorf("a taken port: %v", err)
		p.Close()
	}
}

// On a fast clock a PLC waits for the heartbeat by the wall clock, too.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		clock clock.Clock
		want  time.Duration
	}{
		{clock.Real{}, 5 * time.Minute},
		{clock.NewStepped(time.Unix(0, 0)), 5 * time.Minute},
		{clock.NewScaled(time.Unix(0, 0), 10), 5 * time.Minute},
		{clock.NewScaled(time.Unix(0, 0), 60), 20 * time.Minute},
	} {
		if got := patience(c.clock); got != c.want {
			t.Errorf("%T: %s, want %s", c.clock, got, c.want)
		}
	}
}
