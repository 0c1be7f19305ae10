package epanet

import (
	"math"
	"strings"
	"testing"

	"evenflow/models"
)

// TestStart: patterns at the pattern start (period 1), then controls.
func TestStart(t *testing.T) {
	f := decode(t, small)
	s := f.Start()
	near(t, "J1, default pattern", s.Demands[0], 5e-3*3*2)
	near(t, "J2, two categories", s.Demands[1], (3e-3*0.5+1e-3*3)*2)
	near(t, "R1", s.Heads[0], 50)
	near(t, "R2", s.Heads[1], 5)
	if s.Speeds[0] != 0.8 || s.Speeds[1] != 0.5 || s.Speeds[2] != 0 {
		t.Errorf("speeds %v: U1 is set by T1's level, U2 by its pattern, U3 is closed", s.Speeds)
	}
	if s.Pipes[3] != Closed || s.Pipes[0] != Open {
		t.Errorf("pipes %v", s.Pipes)
	}
	if s.Valves[4].Status != Closed || s.Valves[3] != (ValveStart{Active, 6e-3}) || s.Valves[2].Status != Active || s.Valves[7].Status != Open {
		t.Errorf("valves %+v", s.Valves)
	}
	if len(s.Waiting) != 1 || f.Controls[s.Waiting[0]].Node != "J3" {
		t.Errorf("waiting %v", s.Waiting)
	}
}

func TestNetwork(t *testing.T) {
	f := decode(t, small)
	c := f.Network(Assumptions{Density: 1000, Gravity: 10})
	n := c.Network
	if err := n.Validate().Refused(); err != nil {
		t.Fatal(err)
	}
	if !n.Open || n.Name != "A small network" {
		t.Error("the network's head")
	}
	if n.PressureDriven != (models.PressureDriven{Required: 200e3, Exponent: 0.5}) {
		t.Errorf("%+v", n.PressureDriven)
	}
	near(t, "draw of J1", n.Junctions[0].Draw, 30)
	near(t, "emitter", n.Junctions[2].Emitter.Coefficient, 0.5/math.Sqrt(980*9.80665)) // at a metre of this fluid
	if !n.Junctions[2].Emitter.NoBackflow {
		t.Error("the emitter lets water in")
	}
	at := n.Index()
	hold := func(id models.ID) (float64, float64) {
		i, _ := at.At(models.KindJunction, id)
		return n.Junctions[i].Elevation.Value, n.Junctions[i].FixedPressure.Value
	}
	if e, p := hold("R1"); e != 50 || p != 0 {
		t.Errorf("R1 stands at %g m with %g Pa", e, p)
	}
	if e, p := hold("T1"); e != 50 || p != 4*10*1000 {
		t.Errorf("T1 stands at %g m with %g Pa", e, p)
	}
	p := n.Pipes
	if !p[1].CheckValve || p[2].Zeta != 1.5 || !p[3].OutOfService || p[0].OutOfService {
		t.Errorf("pipes %+v", p)
	}
	// T2 is empty: its pipe lets water in only.
	if !p[5].CheckValve || p[5].To != "T2" || c.Pipes[5].Reversed {
		t.Errorf("the empty tank's pipe: %+v", p[5])
	}
	v := n.Valves
	for i, want := range []models.ValveControl{models.ReducePressure, models.SustainPressure, models.BreakPressure, models.LimitFlow, models.ManualOpening, models.HeadLossCurve, models.ManualOpening, models.ManualOpening} {
		if v[i].Control != want {
			t.Errorf("%s: control %v, want %v", v[i].ID, v[i].Control, want)
		}
	}
	if v[0].Pressure != 40e3 || v[2].Differential != 5e3 || v[3].Flow != 6 || v[4].Opening != 0 || v[7].Opening != 1 {
		t.Errorf("%+v", v)
	}
	near(t, "PCV at 50 %", v[6].Zeta, 2/(0.2*0.2))
	if l := v[5].Losses; len(l) != 3 || l[1] != (models.CurvePoint{Flow: 0.01, Head: 2}) {
		t.Errorf("GPV %v", l)
	}
	u := n.Pumps
	if u[0].Curve.Form != models.PowerForm || len(u[0].Curve.Points) != 1 || u[1].Curve.Form != models.PiecewiseForm || u[2].Power.Value != 2e3 || u[0].Curve.Efficiency != 0.75 || u[1].Curve.Efficiency != 0.8 {
		t.Errorf("pumps %+v", u)
	}
	matters := 0
	for _, l := range c.NotCarried {
		if l.Reason == "" || l.Error() == "" || l.Loss.String() == "" {
			t.Errorf("%+v says nothing", l)
		}
		if l.Matters {
			matters++
		}
	}
	if matters != 1 {
		t.Errorf("%d losses matter, want the control by J3's pressure only: %v", matters, c.NotCarried)
	}
}

// TestRounded: EPANET's own constants, redone by hand in feet.
func TestRounded(t *testing.T) {
	f := decode(t, `[JUNCTIONS]
A 0 1
B 0 0
[RESERVOIRS]
R 100
[PIPES]
P R A 10 12 100 2
[PUMPS]
U A B HEAD c
W A B POWER 3
[VALVES]
V A B 12 PRV 50
[EMITTERS]
A 2
[CURVES]
c 100 30
[OPTIONS]
SPECIFIC GRAVITY 0.9
`)
	c := f.Network(Assumptions{Rounded: true})
	n := c.Network
	const cubicFoot = 0.028316846592
	near(t, "draw", n.Junctions[0].Draw/c.Density/cubicFoot, 1/448.831) // ft3/s
	headFeet := n.Valves[0].Pressure / (c.Density * c.Gravity) / 0.3048
	near(t, "PRV", headFeet, 50/(0.4333*0.9))
	// The emitter's flow at 30 psi, by its law in EPANET: q = 2 sqrt(p).
	p := 30 / (0.4333 * 0.9) * 0.3048 * c.Density * c.Gravity
	near(t, "emitter", n.Junctions[0].Emitter.Coefficient*math.Sqrt(p)/c.Density/cubicFoot, 2*math.Sqrt(30)/448.831)
	// Minor loss K v2/2g with the network's gravity against 0.02517 K q2/d4.
	q := 0.7
	v := q / (math.Pi / 4) // ft/s in a pipe of 1 ft
	near(t, "minor loss", n.Pipes[0].Zeta*v*v/(2*c.Gravity/0.3048), 0.02517*2*q*q)
	near(t, "power", n.Pumps[1].Power.Value/(c.Density*c.Gravity)/math.Pow(0.3048, 4), 8.814*3)
	near(t, "shut-off head", n.Pumps[0].Curve.Points[0].Head/0.3048, 1.33334*30)
}

// TestTanksShut: a full tank lets water out only, whichever way its links are
// drawn; a pump into it stops; a valve cannot be said.
func TestTanksShut(t *testing.T) {
	f := decode(t, `[JUNCTIONS]
A 0 1
[RESERVOIRS]
R 100
[TANKS]
F 50 9 1 9 10
E 50 1 1 9 10
[PIPES]
P A F 10 12 100
Q F A 10 12 100
C A F 10 12 100 CV
X E F 10 12 100
Y F E 10 12 100
[PUMPS]
U R F HEAD c
W A R HEAD c
[VALVES]
V A E 12 PBV 5
B A F 12 PRV 5
D F A 12 PRV 5
G A F 12 TCV 5
[CURVES]
c 100 30
`)
	c := f.Network(Assumptions{})
	p := c.Network.Pipes
	if !(p[0].CheckValve && p[0].From == "F" && c.Pipes[0].Reversed) || !(p[1].CheckValve && p[1].From == "F" && !c.Pipes[1].Reversed) {
		t.Errorf("pipes at the full tank: %+v", p[:2])
	}
	if !p[2].OutOfService {
		t.Error("a check valve into the full tank stays open")
	}
	if !(p[3].From == "F" && p[3].CheckValve) || !(p[4].From == "F" && p[4].CheckValve) {
		t.Errorf("from the full into the empty tank only: %+v", p[3:])
	}
	if u := c.Network.Pumps; u[0].Speed != 0 || u[1].Speed != 1 {
		t.Errorf("pumps %+v", u)
	}
	found := false
	for _, l := range c.NotCarried {
		found = found || l.Loss == LossTankLink && l.Element == "V" && l.Matters
	}
	if !found {
		t.Error("the valve at the empty tank is not told")
	}
	if v := c.Network.Valves; v[1].Opening != 0 || v[1].Control != models.ManualOpening || v[2].Opening != 1 || v[2].Control != models.ReducePressure {
		t.Errorf("reducing valves into and out of the full tank: %+v", v[1:])
	}
	if v := c.Network.Valves[3]; !v.CheckValve || v.From != "F" || v.To != "A" || !c.Valves[3].Reversed || c.Valves[2].Reversed {
		t.Errorf("throttle at the full tank: %+v", v)
	}
}

// TestAct: a control by the pressure at a junction acts once it is known, and
// not again.
func TestAct(t *testing.T) {
	f := decode(t, strings.Replace(small, "Pressure kPa", "Pressure METERS", 1))
	c := f.Network(Assumptions{})
	at := func(head float64) func(models.ID) (float64, bool) {
		return func(id models.ID) (float64, bool) { return head * 980 * 9.80665, id == "J3" }
	}
	if a := c.Act(at(69.9)); len(a) != 0 {
		t.Errorf("acts at 69.9 m of 70: %v", a)
	}
	if a := c.Act(func(models.ID) (float64, bool) { return 0, false }); len(a) != 0 {
		t.Errorf("acts at an unknown pressure: %v", a)
	}
	a := c.Act(at(70.1))
	if len(a) != 1 || f.Controls[a[0]].Link != "P3" {
		t.Fatalf("at 70.1 m of 70: %v", a)
	}
	if c.Network.Pipes[2].OutOfService {
		t.Error("the network changed under its user")
	}
	c = f.Network(Assumptions{Acted: a})
	if !c.Network.Pipes[2].OutOfService {
		t.Error("P3 is not closed")
	}
	if a := c.Act(at(80)); len(a) != 0 {
		t.Errorf("acts again: %v", a)
	}
}

// TestNamesStayUnique: EPANET's nodes and links may share ids.
func TestNamesStayUnique(t *testing.T) {
	f := decode(t, "[JUNCTIONS]\n1 0 1\n2 0 1\n1_pipe 0 1\n[RESERVOIRS]\nR 100\n[PIPES]\n1 R 1 10 10 100\n2 1 2 10 10 100\nR 2 1_pipe 10 10 100\n")
	c := f.Network(Assumptions{})
	if err := c.Network.Validate().Refused(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Pipes {
		got = append(got, string(p.ID))
	}
	if s := strings.Join(got, ","); s != "1_pipe_pipe,2_pipe,R_pipe" {
		t.Errorf("pipes are called %s", s)
	}
}

func TestChezyManning(t *testing.T) {
	f := decode(t, "[JUNCTIONS]\nA 0 1\n[RESERVOIRS]\nR 100\n[PIPES]\nP R A 200 24 0.013 0.5\n[OPTIONS]\nUNITS CFS\nHEADLOSS C-M\n")
	c := f.Network(Assumptions{Rounded: true})
	q := 3.0 // ft3/s
	m := q * 0.028316846592 * c.Density
	head := c.Network.Pipes[0].Resistance.Value * m * m / (c.Density * c.Gravity) / 0.3048
	want := math.Pow(4*0.013/(1.49*math.Pi*4), 2)*math.Pow(0.5, -1.333)*200*q*q + 0.02517*0.5*q*q/16
	if math.Abs(head/want-1) > 1e-9 {
		t.Errorf("%g ft, want %g", head, want)
	}
}

// A pump without curve and power is refused, as in EPANET; where both are given
// the curve counts.
func TestWhatDrivesAPump(t *testing.T) {
	pump := func(properties string) (*File, models.Problems) {
		return Decode([]byte("[JUNCTIONS]\nA 0 1\n[RESERVOIRS]\nR 100\n[PUMPS]\nU R A " + properties + "\n[CURVES]\nC 5 20\n[OPTIONS]\nUNITS LPS\n"))
	}
	if f, ps := pump("SPEED 1.2"); f != nil || len(ps) != 1 || ps[0].Line != 6 || ps[0].Element != "U" {
		t.Error(ps)
	}
	f, ps := pump("POWER 5 HEAD C")
	if f == nil {
		t.Fatal(ps)
	}
	if p := f.Network(Assumptions{}).Network.Pumps[0]; p.Power.Known || len(p.Curve.Points) == 0 {
		t.Errorf("%+v", p)
	}
}
