package balance_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/balance"
)

// ladder is the textbook's five users in a row: 100 t/h each, 60 kPa lost per
// section (both sides) at design flow, 100 kPa at each user with its valve
// at 90 %: 400 kPa at the source.
type ladder struct {
	net    *models.Network
	design float64 // kg/s per user
}

const (
	sectionLoss = 60e3 // Pa, supply and return together
	users       = 5
)

func newLadder() *ladder {
	l := &ladder{design: 100 / 3.6, net: &models.Network{Name: "阶梯"}}
	n := l.net
	junction := func(k int, side models.Side) models.ID {
		id := models.ID(fmt.Sprintf("%c%d", "?SR"[side], k))
		j := models.Junction{ID: id, Side: side}
		if k == 0 && side == models.SideReturn {
			j.FixedPressure = models.Some(3e5)
		}
		n.Junctions = append(n.Junctions, j)
		return id
	}
	var ids [users + 1][2]models.ID
	for k := range ids {
		ids[k] = [2]models.ID{junction(k, models.SideSupply), junction(k, models.SideReturn)}
	}
	for k := 1; k <= users; k++ {
		m := l.design * float64(users+1-k)
		r := models.Some(sectionLoss / 2 / (m * m))
		n.Pipes = append(n.Pipes,
			models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprintf("PS%d", k)), From: ids[k-1][0], To: ids[k][0]}, Side: models.SideSupply, Length: 100, InnerDiameter: 0.3, Resistance: r},
			models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprintf("PR%d", k)), From: ids[k][1], To: ids[k-1][1]}, Side: models.SideReturn, Length: 100, InnerDiameter: 0.3, Resistance: r})
		n.Stations = append(n.Stations, models.Station{
			Branch:     models.Branch{ID: models.ID(fmt.Sprintf("U%d", k)), From: ids[k][0], To: ids[k][1]},
			HeatedArea: 1e5, HeatIndex: 45,
			Design:          models.StationDesign{PrimarySupply: 393.15, PrimaryReturn: 333.15, SecondarySupply: 333.15, SecondaryReturn: 318.15},
			Valve:           models.ControlValve{Kvs: 160, Characteristic: models.EqualPercentage, Rangeability: 50, Leakage: 0.0005},
			Opening:         0.8,
			FixedResistance: 50e3 / (l.design * l.design),
		})
	}
	head := 480e3 / (958 * 9.80665)
	flow := l.design * users / 983
	n.Sources = []models.Source{{
		Branch:            models.Branch{ID: "SRC", From: ids[0][1], To: ids[0][0]},
		SupplyTemperature: 393.15, Speed: 0.95,
		Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 1.2 * head}, {Flow: flow, Head: head}, {Flow: 1.5 * flow, Head: 0.75 * head}}},
	}}
	return l
}

// input asks for the design flow of everybody.
func (l *ladder) input(t *testing.T) balance.Input {
	t.Helper()
	s, err := solver.New(l.net, solver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := balance.Input{Network: l.net, Solve: s.Solve, Limits: balance.Limits{Exact: true}}
	for i := range l.net.Stations {
		in.Stations = append(in.Stations, balance.Station{Required: l.design, Opening: l.net.Stations[i].Opening})
	}
	return in
}

func find(t *testing.T, in balance.Input) *balance.Plan {
	t.Helper()
	p, err := balance.Find(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := in.Solve(context.Background(), p.Scenario, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Stations {
		if a, b := again.Stations[i].Flow, p.Predicted.Stations[i].Flow; math.Abs(a-b) > 1e-4*math.Max(b, 1) {
			t.Errorf("station %d: the plan's scenario solves to %g kg/s, the plan says %g", i, a, b)
		}
	}
	return p
}

func wantX(t *testing.T, p *balance.Plan, i int, want, tolerance float64) {
	t.Helper()
	if x := p.X[i]; !x.Known || math.Abs(x.Value-want) > tolerance {
		t.Errorf("station %d: x %v, want %.4f", i+1, x, want)
	}
}

// Everybody gets the design flow, the last user is the index with its valve
// at 90 % of travel, and the head is what the ladder's arithmetic says.
func TestLadderIsBalancedAtTheLeastHead(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	p := find(t, in)
	for i := range users {
		wantX(t, p, i, 1, 1e-3)
	}
	if p.Index != "U5" || math.Abs(p.Openings[4]-0.9) > 1e-3 {
		t.Errorf("index %s at %.4f", p.Index, p.Openings[4])
	}
	need := users*sectionLoss + p.Predicted.Stations[4].Differential
	if math.Abs(p.Head-need) > 500 {
		t.Errorf("head %.0f Pa, the ladder needs %.0f", p.Head, need)
	}
	if p.XBefore[0].Value < 1.2 || p.XBefore[4].Value > 0.95 {
		t.Errorf("before: %v", p.XBefore)
	}
	if len(p.Shortfalls) != 0 || p.AtLimit {
		t.Errorf("shortfalls %v, at limit %v", p.Shortfalls, p.AtLimit)
	}
	const efficiency = 0.75 // assumed where the curve gives none
	if want := users * l.design / 970 * p.Head / efficiency; math.Abs(p.Power/want-1) > 0.02 {
		t.Errorf("power %.0f W, flow times head means %.0f", p.Power, want)
	}
	for i := 1; i < users; i++ {
		if p.Openings[i] <= p.Openings[i-1] {
			t.Errorf("openings do not rise along the ladder: %v", p.Openings)
		}
	}
	// Who gets too much closes before the pumps speed up and the others open.
	if first := p.Moves[0]; first.Point.Element != "U1" || first.Reason != balance.OverSupplied || first.To >= first.From {
		t.Errorf("first move: %+v", first)
	}
	if last := p.Moves[len(p.Moves)-1]; last.Point.Element != "U5" || last.Reason != balance.UnderSupplied {
		t.Errorf("last move: %+v", last)
	}
}

// A second run on its own result moves nothing.
func TestABalancedLadderIsLeftAlone(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Limits.Exact = false
	first := find(t, in)
	for i := range in.Stations {
		in.Stations[i].Opening = first.Openings[i]
	}
	in.Speed = first.Speed
	if second := find(t, in); len(second.Moves) != 0 {
		t.Errorf("moves on a balanced ladder: %+v", second.Moves)
	}
}

// At the pumps' limit a shortage of all is shared: the same x for everybody,
// the last valve wide open.
func TestAShortageIsShared(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Limits.MaxSpeed = 0.7
	p := find(t, in)
	if !p.AtLimit || !p.Shared || p.Level > 0.97 || p.Speed.Value != 0.7 {
		t.Fatalf("at limit %v, shared %v at %.3f, speed %v", p.AtLimit, p.Shared, p.Level, p.Speed)
	}
	for i := range users {
		wantX(t, p, i, p.Level, 1e-3)
	}
	if math.Abs(p.Openings[4]-0.98) > 2e-3 {
		t.Errorf("the last valve stands at %.4f", p.Openings[4])
	}
	if len(p.Shortfalls) != users {
		t.Fatalf("shortfalls %+v", p.Shortfalls)
	}
	for _, s := range p.Shortfalls {
		if s.Reason != balance.ShortageShared || s.Cure.Code != "raise_head" || s.Cure.Value < 1e4 {
			t.Errorf("%+v", s)
		}
	}
	// The cure cures: with that much more head everybody has x = 1.
	in.Limits.MaxSpeed = 0
	if full := find(t, in); math.Abs(full.Head-p.Head-p.Shortfalls[0].Cure.Value) > 0.1*full.Head {
		t.Errorf("cure %.0f Pa above %.0f, full balance takes %.0f", p.Shortfalls[0].Cure.Value, p.Head, full.Head)
	}
}

// A single station that is short for a reason of its own does not pull the
// others down; it is named with its cure.
func TestAnOwnBottleneckIsNotShared(t *testing.T) {
	l := newLadder()
	l.net.Stations[2].FixedResistance *= 9
	in := l.input(t)
	p := find(t, in)
	for i := range users {
		if i != 2 {
			wantX(t, p, i, 1, 2e-3)
		}
	}
	if len(p.Shortfalls) != 1 || p.Shortfalls[0].Station != "U3" || p.Shortfalls[0].Reason != balance.ValveWideOpen || p.Shortfalls[0].Cure.Code != "clear_branch" {
		t.Errorf("shortfalls %+v", p.Shortfalls)
	}
	if math.Abs(p.Openings[2]-0.98) > 1e-9 || p.X[2].Value > 0.97 {
		t.Errorf("U3 at %.3f, x %v", p.Openings[2], p.X[2])
	}
}

// A held station keeps its opening, whatever it gets; the rest is balanced.
func TestHeldStationsKeepTheirOpening(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Stations[1].Held = true
	p := find(t, in)
	if p.Openings[1] != 0.8 {
		t.Errorf("held valve at %g", p.Openings[1])
	}
	for _, i := range []int{0, 2, 3, 4} {
		wantX(t, p, i, 1, 1e-3)
	}
	if len(p.Shortfalls) != 1 || p.Shortfalls[0].Reason != balance.IsHeld || p.Shortfalls[0].X < 1.1 {
		t.Errorf("shortfalls %+v", p.Shortfalls)
	}
	for _, m := range p.Moves {
		if m.Point.Element == "U2" {
			t.Errorf("a held valve moves: %+v", m)
		}
	}
}

// Nobody is fed where nothing is wanted: valves go to their least opening, and
// where nobody wants anything the pumps go to their least speed.
func TestNothingWanted(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Stations[0].Required, in.Stations[4].Required = 0, 0
	p := find(t, in)
	for _, i := range []int{1, 2, 3} {
		wantX(t, p, i, 1, 1e-3)
	}
	if p.Openings[0] != 0.05 || p.X[0].Known || p.Index != "U4" {
		t.Errorf("U1 at %g, x %v, index %s", p.Openings[0], p.X[0], p.Index)
	}
	for i := range in.Stations {
		in.Stations[i].Required = 0
	}
	if p = find(t, in); p.Speed.Value != 0.3 || len(p.Shortfalls) != 0 {
		t.Errorf("summer: speed %v, shortfalls %v", p.Speed, p.Shortfalls)
	}
}

// A requirement so small that the least opening passes more is named.
func TestValveAtItsMinimum(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Stations[0].Required = 0.4
	p := find(t, in)
	if p.Openings[0] != 0.05 || p.X[0].Value < 1.1 {
		t.Errorf("U1 at %g, x %v", p.Openings[0], p.X[0])
	}
	if len(p.Shortfalls) != 1 || p.Shortfalls[0].Reason != balance.ValveAtMinimum || p.Shortfalls[0].Cure.Code != "smaller_valve" ||
		p.Shortfalls[0].Cure.Value <= 0 || p.Shortfalls[0].Cure.Value >= 160 {
		t.Errorf("shortfalls %+v", p.Shortfalls)
	}
}

// No head is raised for a station whose resistance rests on one reading.
func TestNoHeadOnAnUnconfirmedReading(t *testing.T) {
	l := newLadder()
	usual := find(t, l.input(t))
	l.net.Stations[4].FixedResistance *= 2.5
	in := l.input(t)
	in.Stations[4].Unconfirmed = true
	p := find(t, in)
	if p.Head > usual.Head {
		t.Errorf("head %.0f above %.0f", p.Head, usual.Head)
	}
	if len(p.Shortfalls) != 1 || p.Shortfalls[0].Reason != balance.Unconfirmed || math.Abs(p.Openings[4]-0.98) > 1e-9 {
		t.Errorf("U5 at %g, shortfalls %+v", p.Openings[4], p.Shortfalls)
	}
	in.Stations[4].Unconfirmed = false
	if p = find(t, in); p.Head < usual.Head+3e4 || p.Index != "U5" {
		t.Errorf("confirmed: head %.0f, index %s", p.Head, p.Index)
	}
}

// A source that holds a differential is given the least one that serves.
func TestDifferentialSource(t *testing.T) {
	l := newLadder()
	l.net.Sources[0].Control, l.net.Sources[0].Differential = models.ControlDifferential, 3e5
	p := find(t, l.input(t))
	for i := range users {
		wantX(t, p, i, 1, 1e-3)
	}
	if !p.Differential.Known || math.Abs(p.Differential.Value-p.Head) > 10 || math.Abs(p.Openings[4]-0.9) > 1e-3 {
		t.Errorf("differential %v, head %.0f, index valve %.4f", p.Differential, p.Head, p.Openings[4])
	}
}

// With two sources the pumps stay; the valves are balanced as far as the head
// goes, and the plan says so.
func TestSeveralSourcesKeepTheirPumps(t *testing.T) {
	l := newLadder()
	second := l.net.Sources[0]
	second.ID, second.From, second.To = "SRC2", "R5", "S5"
	l.net.Sources[0].Speed, second.Speed = 0.8, 0.8
	l.net.Sources = append(l.net.Sources, second)
	p := find(t, l.input(t))
	if len(p.Notes) == 0 || p.Speed.Known {
		t.Errorf("notes %v, speed %v", p.Notes, p.Speed)
	}
	for i := range users {
		wantX(t, p, i, 1, 2e-3)
	}
}

func TestRefusals(t *testing.T) {
	l := newLadder()
	in := l.input(t)
	in.Stations = in.Stations[:3]
	if _, err := balance.Find(context.Background(), in); err == nil {
		t.Error("three wishes for five stations are accepted")
	}
	in = l.input(t)
	in.Stations[0].Opening = 1.2
	if _, err := balance.Find(context.Background(), in); err == nil {
		t.Error("an opening of 120 % is accepted")
	}
	l.net.Sources[0].Control, l.net.Sources[0].Flow = models.ControlFlow, 100
	if _, err := balance.Find(context.Background(), l.input(t)); !errors.Is(err, balance.ErrNoPressure) {
		t.Errorf("a source that holds a flow: %v", err)
	}
}
