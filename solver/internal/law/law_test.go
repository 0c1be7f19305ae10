package law

import (
	"math"
	"testing"

	"evenflow/models"
)

func near(t *testing.T, what string, got, want, rel float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rel*math.Abs(want)) {
		t.Errorf("%s = %.15g, want %.15g within %g", what, got, want, rel)
	}
}

// The implicit equation is its own reference: what the explicit formula
// returns must satisfy it.
func TestColebrookSatisfiesItsEquation(t *testing.T) {
	for re := 4e3; re < 1e8; re *= 1.7 {
		for _, rel := range []float64{0, 1e-6, 1e-4, 1e-3, 0.05} {
			l, _ := ColebrookLambda(re, rel)
			x := 1 / math.Sqrt(l)
			near(t, "Colebrook", -2*math.Log10(rel/3.7+2.51*x/re), x, 1e-13)
		}
	}
	l, _ := ColebrookLambda(4000, 0)
	near(t, "lambda(4000, 0)", l, 3.990701405563490e-02, 1e-13)
}

// Every law: the slope is the derivative, the drop is odd in the flow, without
// jumps, and its slope stays above zero.
func TestLawsAreSmoothAndMonotone(t *testing.T) {
	laws := map[string]Branch{
		"quadratic": {K: 3e4}, "open valve": {Lin: Droop}, "soft": {K: 0.2, Lin: Droop},
		"hazen": {Kind: Power, C: 40, N: 1.852, K: 3}, "break": {Kind: Constant},
	}
	for name, f := range map[string]Friction{"colebrook": Colebrook, "always": ColebrookAlways, "swamee": SwameeJain, "sum": NikuradseSum,
		"epanet": SwameeJainTransition, "altshul": Altshul, "shifrinson": Shifrinson} {
		b := Branch{Kind: Pipe, Friction: f, C: 2e3, K: 40, Re: 2e5, Rel: 5e-3}
		b.PrepareTransition()
		laws[name] = b
	}
	for name, b := range laws {
		last := 0.0
		for m := 1e-9; m < 50; m *= 1.01 {
			drop, slope := b.Drop(m)
			if mirrored, _ := b.Drop(-m); mirrored != -drop {
				t.Fatalf("%s: drop(-%g) = %g, drop = %g", name, m, mirrored, drop)
			}
			if !(drop > last) || !(slope > 0) {
				t.Fatalf("%s: at %g kg/s drop %g after %g, slope %g", name, m, drop, last, slope)
			}
			last = drop
			d := m * 1e-6
			hi, _ := b.Drop(m + d)
			lo, _ := b.Drop(m - d)
			if got := (hi - lo) / (2 * d); math.Abs(got-slope) > 1e-4*slope && !kink(b, m) {
				t.Errorf("%s: slope at %g kg/s is %g, by difference %g", name, m, slope, got)
			}
		}
		if _, slope := b.Drop(0); !(slope > 0) || math.IsInf(slope, 0) {
			t.Errorf("%s: slope at zero flow is %g", name, slope)
		}
	}
}

// A pressure breaker drops its set point either way until its own loss is more;
// it never jumps, and its slope is the derivative.
func TestBreaker(t *testing.T) {
	for _, b := range []Branch{{Kind: Constant, A: 1e5}, {Kind: Constant, A: 1e5, K: 40}, {Kind: Constant, A: 3, K: 1e4}, {Kind: Constant, K: 40}, {Kind: Constant, A: 1e5, K: 1e-9}} {
		last, _ := b.Drop(-200)
		for m := -199.999; m < 200; m += 1e-3 {
			drop, slope := b.Drop(m)
			most := 2.1*b.K*math.Abs(m) + 1
			if turn := math.Sqrt(b.A / b.K); m < 0 && math.Abs(-m/turn-1) < 0.1 {
				most = 2.1 * b.A / (turn * turnOver)
			}
			if !(drop > last) || !(slope > 0) || drop-last > most*1e-3 {
				t.Fatalf("%+v: %g Pa at %g kg/s after %g, slope %g", b, drop, m, last, slope)
			}
			last = drop
		}
		back, forth := b.A, math.Max(b.A, b.K*4e4)
		if b.K*4e4 > b.A {
			back = -b.K * 4e4
		}
		small, _ := Square(b.K, 1e-5)
		for m, want := range map[float64]float64{-200: back, -1e-5: b.A, 1e-5: math.Max(b.A, small), 200: forth} {
			if b.A == 0 && m == -1e-5 {
				want = -small
			}
			drop, _ := b.Drop(m)
			near(t, "breaker", drop, want+Droop*m, 1e-9)
		}
	}
}

// kink allows for the one corner of the laws without a laminar branch.
func kink(b Branch, m float64) bool {
	re := b.Re * m
	return b.Kind == Pipe && (math.Abs(re-leastColebrookRe) < 0.02 || math.Abs(re-leastSwameeJainRe) < 0.4)
}

func TestTransitionJoinsWithEqualSlope(t *testing.T) {
	for _, rel := range []float64{0, 1e-3, 0.03} {
		for _, re := range []float64{LaminarRe, TurbulentRe} {
			l0, d0 := Colebrook.Lambda(re*(1-1e-9), rel)
			l1, d1 := Colebrook.Lambda(re*(1+1e-9), rel)
			near(t, "lambda", l0, l1, 1e-7)
			near(t, "slope", d0, d1, 1e-5)
		}
	}
}

func TestValveCharacteristics(t *testing.T) {
	near(t, "1 bar at Kv", KvResistance(36, 1000)*100, 1e5, 1e-12)
	ep := models.ControlValve{Kvs: 10, Rangeability: 50, Leakage: 5e-4}
	for _, c := range []struct{ h, phi float64 }{{1, 1}, {0.5, math.Pow(50, -0.5)}, {0.05, math.Pow(50, -0.95)}, {0, 5e-4}, {-1, 5e-4}, {2, 1}} {
		phi, _ := RelativeKv(&ep, c.h)
		near(t, "equal percentage", phi, c.phi, 1e-12)
	}
	linear := models.ControlValve{Characteristic: models.Linear, Leakage: 0.01}
	phi, _ := RelativeKv(&linear, 0.5)
	near(t, "linear", phi, 0.505, 1e-12)
	table := models.ControlValve{Characteristic: models.TableCharacteristic, Table: [][2]float64{{0, 0}, {0.4, 0.1}, {1, 1}}}
	phi, _ = RelativeKv(&table, 0.7)
	near(t, "table", phi, 0.55, 1e-12)
	for _, v := range []models.ControlValve{ep, linear, table} {
		last := -1.0
		for h := 0.0; h <= 1; h += 1e-3 {
			phi, slope := RelativeKv(&v, h)
			if phi < last || slope < 0 {
				t.Fatalf("characteristic %d falls at %g", v.Characteristic, h)
			}
			last = phi
			if back, ok := OpeningFor(&v, phi); !ok || back > h+1e-9 {
				t.Fatalf("characteristic %d: opening for Kv at %g is %g", v.Characteristic, h, back)
			}
		}
	}
	if _, ok := OpeningFor(&ep, 1.01); ok {
		t.Error("no opening reaches more than Kvs")
	}
}

func TestPumpCurve(t *testing.T) {
	c, err := FitCurve(models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 40}, {Flow: 0.1, Head: 38}, {Flow: 0.2, Head: 32}, {Flow: 0.3, Head: 22}}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "A", c.A, 40, 1e-9)
	near(t, "C", c.C, -200, 1e-9)
	near(t, "head at 0.15 m3/s, speed 0.8", c.Head(0.15, 0.8), 40*0.64-200*0.0225, 1e-9)
	n, ok := c.SpeedFor(0.15, c.Head(0.15, 0.8))
	if near(t, "speed", n, 0.8, 1e-9); !ok {
		t.Error("no speed found")
	}
	near(t, "zero head", c.ZeroHeadFlow(), math.Sqrt(0.2), 1e-9)
	if one, err := FitCurve(models.PumpCurve{Points: []models.CurvePoint{{Flow: 0.1, Head: 12}}}); err != nil || one.Head(5, 1) != 12 {
		t.Errorf("one point gives constant head: %v, %v", one, err)
	}
	if _, err := FitCurve(models.PumpCurve{}); err == nil {
		t.Error("a pump without curve is refused")
	}
	if _, err := FitCurve(models.PumpCurve{Polynomial: []float64{1, 2, 3, 4}}); err == nil {
		t.Error("a cubic polynomial is refused")
	}
	b := c.Branch(0.8, 950, 950, 9.81)
	drop, slope := b.Drop(0.15 * 950)
	near(t, "lift", -drop, 950*9.81*c.Head(0.15, 0.8), 1e-6)
	if _, back := b.Drop(-1); !(slope > 0) || !(back > slope) {
		t.Error("slopes must be above zero, the steeper one backwards")
	}
}

// Figures of the physics page: DN150/250, 0.027 and 1.6 W/(m K), depth 0.8 m,
// axes 0.4 m apart; 110/50 degC over ground of 5 degC.
func TestBuriedPair(t *testing.T) {
	in := models.Insulation{CasingDiameter: 0.25, Conductivity: 0.027, Depth: 0.8, Spacing: 0.4}
	u1, u2 := BuriedPipe(in, 0.1683, 1.6, true)
	near(t, "U1", u1, 0.38611, 2e-5)
	near(t, "U2", u2, 0.02273, 3e-4)
	near(t, "supply loss", u1*105-u2*45, 39.52, 2e-4)
	near(t, "return loss", u1*45-u2*105, 14.99, 4e-4)
	single, none := BuriedPipe(in, 0.1683, 1.6, false)
	if none != 0 || single >= u1 {
		t.Errorf("a single pipe has no partner and less loss: %g, %g", single, none)
	}
	if u, _ := BuriedPipe(models.Insulation{}, 0.1683, 1.6, true); u != 0 {
		t.Error("no insulation given: no heat loss computed")
	}
}

func TestExchanger(t *testing.T) {
	near(t, "balanced", Effectiveness(3, 1), 0.75, 1e-9)
	near(t, "nearly balanced", Effectiveness(3, 1-1e-7), 0.75, 1e-6)
	near(t, "one side boundless", Effectiveness(1, 0), 1-math.Exp(-1), 1e-12)
	// Design: 130/70 against 75/50, 1 MW.
	const q, cp1, cp2 = 1e6, 4230.0, 4190.0
	m1, m2 := q/(cp1*60), q/(cp2*25)
	x, ok := SizeExchanger(q, 403.15, 343.15, 348.15, 323.15, m1, m2)
	if !ok {
		t.Fatal("not sized")
	}
	near(t, "heat at design", x.PerKelvin(m1, m2, cp1, cp2)*(403.15-323.15), q, 1e-9)
	back, ok := x.PrimaryFlow(q, 403.15, 323.15, m2, cp1, cp2, 10*m1, 0)
	if near(t, "flow for the design heat", back, m1, 1e-9); !ok {
		t.Error("the design flow is within reach")
	}
	if f, ok := x.PrimaryFlow(5*q, 403.15, 323.15, m2, cp1, cp2, 3*m1, 0); ok || f != 3*m1 {
		t.Errorf("five times the heat does not pass: %g %v", f, ok)
	}
	if f, ok := x.PrimaryFlow(0, 300, 323.15, m2, cp1, cp2, m1, 0); !ok || f != 0 {
		t.Error("no heat, no flow")
	}
	for _, f := range []float64{0.01, 0.3, 0.8, m2 * cp2 / (m1 * cp1), 1.3, 20} { // below, at and above balanced streams
		m := f * m1
		per, by := x.Transfer(m, m2, cp1, cp2)
		least, most := math.Min(m*cp1, m2*cp2), math.Max(m*cp1, m2*cp2)
		near(t, "effectiveness", per, least*Effectiveness(x.Conductance(m, m2)/least, least/most), 1e-9)
		const d = 1e-5
		near(t, "dln per/dln m", by, math.Log(x.PerKelvin(m*(1+d), m2, cp1, cp2)/x.PerKelvin(m*(1-d), m2, cp1, cp2))/(2*d), 1e-6)
		for _, guess := range []float64{0, 1e-6 * m1, m, 10 * m1} {
			back, ok := x.PrimaryFlow(per*30, 353.15, 323.15, m2, cp1, cp2, 30*m1, guess)
			if near(t, "its flow", back, m, 1e-9); !ok {
				t.Errorf("%g kg/s is within reach", m)
			}
		}
	}
	if _, ok := SizeExchanger(q, 343, 323, 348, 323, m1, m2); ok {
		t.Error("crossing temperatures are refused")
	}
}

func TestSecondary(t *testing.T) {
	const q, cp1 = 1e6, 4230.0
	s := Secondary{Heat: q, Flow: q / (4190 * 25), Supply: 348.15, Return: 323.15, Indoor: 291.15, Outdoor: 268.15, Exponent: 0.3, Cp: 4190}
	m1 := q / (cp1 * 60)
	s.Exchanger, _ = SizeExchanger(q, 403.15, 343.15, s.Supply, s.Return, m1, s.Flow)
	if !s.Valid() {
		t.Fatal("the circuit is designed")
	}
	draw := func(m1, cp1, t1s, outdoor float64) float64 {
		x := s.Steady()
		return x.Draw(m1, t1s, cp1, outdoor).Heat
	}
	steady := func(m1, t1s, outdoor, guess float64) Drawn {
		x := s.Steady()
		x.Guess(guess)
		return x.Draw(m1, t1s, cp1, outdoor)
	}
	near(t, "design point", steady(m1, 403.15, s.Outdoor, 0).Heat, q, 1e-7)
	near(t, "design point from a guess far off", steady(m1, 403.15, s.Outdoor, 1).Heat, q, 1e-7)
	for _, f := range []float64{0.05, 0.3, 1, 2} { // the answer does not depend on the guess
		q0 := steady(f*m1, 340, 262, 0).Heat
		near(t, "from its own answer", steady(f*m1, 340, 262, q0).Heat, q0, 1e-13)
	}
	again := s.Steady() // nor on what was drawn before
	for i := range 5000 {
		f := 1 + 0.3*math.Sin(0.01*float64(i))
		got := again.Draw(f*m1, 390+20*f, cp1, 266).Heat
		if i%500 == 499 {
			near(t, "step by step", got, steady(f*m1, 390+20*f, 266, 0).Heat, 1e-11)
		}
	}
	at := steady(m1, 390, 266, 0)
	const d = 1e-4
	near(t, "dq/dln m", at.ByFlow, (steady(m1*(1+d), 390, 266, 0).Heat-steady(m1*(1-d), 390, 266, 0).Heat)/(2*d), 1e-6)
	near(t, "dq/dt", at.ByInlet, (steady(m1, 390+d, 266, 0).Heat-steady(m1, 390-d, 266, 0).Heat)/(2*d), 1e-6)
	near(t, "dq/dln cp1", at.ByCp, (draw(m1, cp1*(1+d), 390, 266)-draw(m1, cp1*(1-d), 390, 266))/(2*d), 1e-6)
	// Quality regulation, table of the physics page: 75/50 at 0 degC outside,
	// design -5, indoor 18: 64.64/45.07.
	phi := 18.0 / 23
	supply, ret := s.Temperatures(phi*q, s.Indoor)
	near(t, "secondary supply", supply-273.15, 64.64, 1e-4)
	near(t, "secondary return", ret-273.15, 45.07, 1e-4)
	flow, ok := s.ForHeat(q, 403.15, cp1, 5*m1, 0)
	if near(t, "flow for the design heat", flow, m1, 1e-9); !ok {
		t.Error("the design flow is within reach")
	}
	if got := steady(m1, 260, 268, 0).Heat; got != 0 {
		t.Errorf("water colder than outdoors heats nothing, got %g", got)
	}
	half, full := steady(m1/2, 403.15, s.Outdoor, 0).Heat, steady(m1, 403.15, s.Outdoor, 0).Heat
	if !(half > full/2 && half < full) {
		t.Errorf("half the flow gives more than half the heat: %g of %g", half, full)
	}
}

// Figures of the handbooks, redone with a pocket calculator.
func TestHandbookFriction(t *testing.T) {
	for _, c := range []struct {
		f            Friction
		re, rel, lam float64
	}{
		{Altshul, 1e5, 1e-3, 0.11 * math.Pow(1e-3+68e-5, 0.25)},
		{Altshul, 1000, 1e-3, 0.064},
		{Shifrinson, 5e5, 1e-3, 0.11 * math.Pow(1e-3, 0.25)},
		{SwameeJainTransition, 1000, 1e-3, 0.064},
		{SwameeJainTransition, 1e5, 1e-3, 0.25 / math.Pow(math.Log10(1e-3/3.7+5.74/math.Pow(1e5, 0.9)), 2)},
		{SwameeJainTransition, 3000, 1e-3, dunlop(3000, 1e-3)},
	} {
		got, _ := c.f.Lambda(c.re, c.rel)
		near(t, "lambda", got, c.lam, 1e-12)
	}
}

// dunlop is the cubic between the regimes as EPANET's manual prints it.
func dunlop(re, rel float64) float64 {
	r := re / 2000
	y2 := rel/3.7 + 5.74/math.Pow(4000, 0.9)
	y3 := -2 / math.Ln10 * math.Log(y2)
	fa := 1 / (y3 * y3)
	fb := fa * (2 - 2*1.8/math.Ln10*5.74/math.Pow(4000, 0.9)/(y2*y3))
	x := []float64{7*fa - fb, 0.128 - 17*fa + 2.5*fb, -0.128 + 13*fa - 2*fb, 0.032 - 3*fa + 0.5*fb}
	return x[0] + r*(x[1]+r*(x[2]+r*x[3]))
}

// Every form of pump curve goes through its points, follows the affinity laws
// and lets nothing back; its law's slope is its derivative.
func TestPumpForms(t *testing.T) {
	three := []models.CurvePoint{{Flow: 0, Head: 40}, {Flow: 0.05, Head: 32}, {Flow: 0.1, Head: 14}}
	for name, c := range map[string]models.PumpCurve{
		"power":     {Points: three, Form: models.PowerForm},
		"one point": {Points: []models.CurvePoint{{Flow: 0.05, Head: 30}}, Form: models.PowerForm},
		"piecewise": {Points: append(three, models.CurvePoint{Flow: 0.11, Head: 9}), Form: models.PiecewiseForm},
	} {
		curve, err := FitCurve(c)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, p := range c.Points {
			near(t, name, curve.Head(p.Flow, 1), p.Head, 1e-12)
			near(t, name+" at 80 %", curve.Head(0.8*p.Flow, 0.8), 0.64*p.Head, 1e-12)
		}
		b := curve.Branch(0.8, 1000, 1000, 10)
		pumpLaw(t, name, &b, 1e4*curve.Head(0.03, 0.8), 30)
		n, ok := curve.SpeedFor(0.03, curve.Head(0.03, 0.8))
		near(t, name+": speed", n, 0.8, 1e-9)
		if !ok {
			t.Error(name, "reaches no speed")
		}
	}
	work := (&Curve{Work: 9e3}).Branch(1, 1000, 1000, 10)
	pumpLaw(t, "work", &work, 3e5, 30)
}

func pumpLaw(t *testing.T, name string, b *Branch, lift, at float64) {
	t.Helper()
	drop, slope := b.Drop(at)
	near(t, name+": lift", drop, -lift, 1e-6)
	const d = 1e-4
	hi, _ := b.Drop(at + d)
	lo, _ := b.Drop(at - d)
	near(t, name+": slope", slope, (hi-lo)/(2*d), 1e-4)
	if drop, _ := b.Drop(-1e-3); drop > -1e6 {
		t.Errorf("%s lets water back against %g Pa", name, -drop)
	}
}

func BenchmarkColebrook(b *testing.B) {
	x := Branch{Kind: Pipe, C: 2e3, Re: 2e5, Rel: 5e-3}
	x.PrepareTransition()
	for b.Loop() {
		x.Drop(3)
	}
}

// The table must give the law itself, in every regime and beyond its end: to
// 1e-8 of the drop where turbulent, 2e-7 in the steep transition, where a
// kilometre of pipe loses a few kPa.
func TestTableIsTheLaw(t *testing.T) {
	for _, f := range []Friction{Colebrook, SwameeJainTransition, Altshul} {
		for _, rel := range []float64{0, 1e-6, 1e-4, 2e-3, 0.03} {
			tab := FrictionTable(f, rel, make([]Segment, SegmentsOf(12)))
			for re := 1.0; re < 5e7; re *= 1.0137 {
				u := re / LaminarRe
				lambda, dRe := f.Lambda(re, rel)
				want, slope := lambda*u*u, u*(2*lambda+re*dRe)
				got, g := tab.Value(u)
				limit := 1e-8
				if re < TurbulentRe {
					limit = 2e-7
				}
				if d := math.Abs(got/want - 1); d > limit {
					t.Errorf("%v, k/d %g, Re %.4g: off by %.2g", f, rel, re, d)
				}
				if d := math.Abs(g/slope - 1); d > 100*limit {
					t.Errorf("%v, k/d %g, Re %.4g: slope off by %.2g", f, rel, re, d)
				}
			}
		}
	}
	tab := PowerTable(1.852, make([]Segment, SegmentsOf(30)))
	for _, m := range []float64{0, 1e-6, 9e-6, 1.1e-5, 3e-3, 0.7, 55, 5e3, 3e4} {
		b := Branch{Kind: Power, C: 3, N: 1.852}
		want, slope := b.Drop(m)
		r, ws := b.Tabled()
		f, g := tab.Value(m * ws)
		if math.Abs(r*f-want) > 1e-8*want || math.Abs(r*ws*g-slope) > 1e-6*slope {
			t.Errorf("power law at %g kg/s: %g, %g, want %g, %g", m, r*f, r*ws*g, want, slope)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	tab := FrictionTable(Colebrook, 1e-4, make([]Segment, SegmentsOf(12)))
	u, sum := 3.0, 0.0
	for b.Loop() {
		f, g := tab.Value(u)
		u = 3 + 100*(u*0.37-math.Floor(u*0.37))
		sum += f + g
	}
	_ = sum
}

// A valve that lets no more than so much pass: a step ends there, from below and
// from there, and nowhere else.
func TestMostThatPasses(t *testing.T) {
	b := Branch{K: 3, Lin: Droop, OneWay: true, Most: 2}
	for _, c := range []struct {
		from, to, at float64
		ends         bool
	}{{1, 3, 2, true}, {2, 2.1, 2, true}, {1, 1.9, 0, false}, {2, 1, 0, false}, {1, -1, 0, true}, {0, 5, 2, true}} {
		if at, ends := b.Corner(c.from, c.to); ends != c.ends || ends && at != c.at {
			t.Errorf("from %g to %g: ends at %g: %v", c.from, c.to, at, ends)
		}
	}
	if b.Throttles(1.99) || !b.Throttles(2) || (&Branch{K: 3}).Throttles(1e9) {
		t.Error("it throttles at its bound, and only one that has a bound does")
	}
}
