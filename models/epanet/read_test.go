package epanet

import (
	"math"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"evenflow/models/internal/defects"
	"evenflow/models/netfile"
)

// small is a file that holds every kind of element once.
const small = `[TITLE]
A small network
 second line

[JUNCTIONS]
;ID Elev Demand Pattern
 J1  10   5   ;
 J2  20   0   half
 J3  30   ; no demand of its own
 "J 4" 0 1
 J5 0 0
 J6 0 0

[RESERVOIRS]
 R1  100  half
 R2  5

[TANKS]
 T1  50 4 1 9 10 0 vol YES
 T2  60 1 1 9 10

[PIPES]
 P1 R1 J1 1000 300 0.1 0 Open
 P2 J1 J2 500 200 0.1 CV
 P3 J2 J3 500 200 0.1 1.5
 P4 J2 T1 100 100 0.1 0 Closed
 P5 J3 "J 4" 100 100 0.1
 P6 "J 4" T2 100 100 0.1
 P7 R2 J5 10 100 0.1

[PUMPS]
 U1 J1 J3 HEAD one SPEED 0.9 ;
 U2 J1 J3 HEAD many PATTERN half
 U3 J1 J3 POWER 2

[VALVES]
 V1 J1 J3 150 PRV 40 0.2
 V2 J1 J3 150 PSV 30
 V3 J1 J3 150 PBV 5
 V4 J1 J3 150 FCV 12
 V5 J1 J3 150 TCV 7 1
 V6 J1 J3 150 GPV loss 0
 V7 J1 J3 150 PCV 50 2 valve
 V8 J1 J3 150 PRV 40

[TAGS]
 NODE J1 tag

[DEMANDS]
 J2 3 half ;households
 J2 1 ;industry

[STATUS]
 U3 Closed
 V8 Open
 P1 P3 Open

[PATTERNS]
 half 2 0.5
 half 0.25
 1 1 3

[CURVES]
;PUMP:
 one 10 40
 many 0 50
 many 10 45
 many 20 38
 many 30 20
 vol 0 0
 vol 10 700
 loss 0 0
 loss 10 2
 loss 20 9
 valve 10 2
 valve 50 20
 valve 90 80
 eff 10 60
 eff 20 75

[CONTROLS]
 LINK V5 closed AT TIME 0
 LINK U1 0.8 IF NODE T1 ABOVE 3
 LINK U1 0.1 IF NODE T1 BELOW 3
 LINK P3 CLOSED IF NODE J3 ABOVE 70
 LINK V4 6 AT CLOCKTIME 6:00 am
 LINK V3 OPEN AT TIME 5 DISABLED

[RULES]
RULE 1
IF SYSTEM CLOCKTIME > 8 PM
THEN PUMP U1 STATUS IS CLOSED

[EMITTERS]
 J3 0.5

[ENERGY]
 Global Efficiency 80
 Global Price 0.1
 Pump U1 Efficiency eff

[TIMES]
 Duration 24:00
 Pattern Timestep 1:00
 Pattern Start 1:00
 Start ClockTime 6 am

[OPTIONS]
 Units LPS
 Headloss D-W
 Pressure kPa
 Demand Multiplier 2
 Emitter Exponent 0.5
 Backflow Allowed NO
 Demand Model PDA
 Required Pressure 200
 Viscosity 0.4
 Specific Gravity 0.98
 Unbalanced Continue 10

[COORDINATES]
 J1 1 2
 T1 3.5 -4

[VERTICES]
 P1 0 1
 P1 0 2

[END]
anything after the end
`

func decode(t *testing.T, s string) *File {
	t.Helper()
	f, ps := Decode([]byte(s))
	if f == nil {
		t.Fatal(ps)
	}
	return f
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

func TestEverySection(t *testing.T) {
	f := decode(t, strings.ReplaceAll(small, "\n", "\r\n"))
	if len(f.Title) != 2 || f.Title[0] != "A small network" || f.Title[1] != "second line" {
		t.Errorf("title %q", f.Title)
	}
	if got := []int{len(f.Junctions), len(f.Reservoirs), len(f.Tanks), len(f.Pipes), len(f.Pumps), len(f.Valves), len(f.Patterns), len(f.Curves), len(f.Controls)}; !equal(got, []int{6, 2, 2, 7, 3, 8, 2, 6, 6}) {
		t.Fatalf("numbers of elements: %v", got)
	}
	o := f.Options
	if o.Flow != LPS || o.Pressure != KPA || o.Formula != DarcyWeisbach || !o.PressureDriven || o.EmitterBackflow || len(o.Kept) != 1 {
		t.Errorf("options %+v", o)
	}
	near(t, "viscosity", o.Viscosity, 0.4*1.1e-5*0.3048*0.3048)
	near(t, "required pressure", o.RequiredPressure, 200e3)
	if d := f.Junctions[1].Demands; len(d) != 2 || d[0] != (Demand{0.003, "half", "households"}) || d[1] != (Demand{0.001, "", "industry"}) {
		t.Errorf("demands of J2: %+v", d)
	}
	near(t, "emitter", f.Junctions[2].Emitter.Value, 0.5e-3/math.Sqrt(980*9.80665)) // at a metre, not a kPa
	if p := f.Junctions[0].Place; p == nil || *p != (Point{1, 2}) || f.Junctions[1].Place != nil {
		t.Error("the junctions' places")
	}
	near(t, "diameter", f.Pipes[0].Diameter, 0.3)
	near(t, "roughness", f.Pipes[0].Roughness, 1e-4)
	if !f.Pipes[1].CheckValve || f.Pipes[2].MinorLoss != 1.5 || f.Pipes[3].Status != Closed || f.Pipes[4].To != "J 4" || len(f.Pipes[0].Vertices) != 2 {
		t.Errorf("pipes %+v", f.Pipes)
	}
	if u := f.Pumps; u[0].Speed != 0.9 || u[1].Pattern != "half" || u[2].Power.Value != 2e3 || u[2].Status != Closed || u[0].EfficiencyCurve != "eff" {
		t.Errorf("pumps %+v", u)
	}
	near(t, "efficiency", f.Efficiency.Value, 0.8)
	v := f.Valves
	near(t, "PRV", v[0].Setting, 40e3)
	near(t, "FCV", v[3].Setting, 12e-3)
	if v[5].Curve != "loss" || v[6].Curve != "valve" || v[7].Status != Open || v[0].Status != Active || v[4].MinorLoss != 1 {
		t.Errorf("valves %+v", v)
	}
	if f.Curves[0].Kind != PumpCurve || f.Curves[2].Kind != VolumeCurve || f.Curves[4].Kind != ValveCurve {
		t.Errorf("curves %+v", f.Curves)
	}
	if c := f.Controls[3]; c.Kind != Above || c.Level != 70e3 || c.Status != Closed || c.Node != "J3" {
		t.Errorf("control %+v", c)
	}
	if c := f.Controls[4]; c.Kind != AtClockTime || c.Time != 6*3600 || c.Setting.Value != 6e-3 || c.Status != Active {
		t.Errorf("control %+v", c)
	}
	if len(f.Kept) != 3 || f.Kept[0].Name != "TAGS" || f.Kept[1].Name != "RULES" || f.Kept[2].Lines[0] != "Global Price 0.1" {
		t.Errorf("kept %+v", f.Kept)
	}
}

func equal(a, b []int) bool {
	for i := range b {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestUnits(t *testing.T) {
	for _, x := range []struct {
		unit                  string
		flow, length, diamter float64
	}{
		{"CFS", 0.028316846592, 0.3048, 0.0254}, {"GPM", 6.30901964e-5, 0.3048, 0.0254}, {"MGD", 0.0438126363888889, 0.3048, 0.0254},
		{"IMGD", 0.0526167824074074, 0.3048, 0.0254}, {"AFD", 0.0142764101568, 0.3048, 0.0254},
		{"LPS", 1e-3, 1, 1e-3}, {"LPM", 1e-3 / 60, 1, 1e-3}, {"MLD", 1e3 / 86400.0, 1, 1e-3}, {"CMH", 1 / 3600.0, 1, 1e-3}, {"CMD", 1 / 86400.0, 1, 1e-3}, {"CMS", 1, 1, 1e-3},
	} {
		f := decode(t, "[JUNCTIONS]\nA 3 7\n[RESERVOIRS]\nR 100\n[PIPES]\nP R A 10 12 100\n[OPTIONS]\nUNITS "+strings.ToLower(x.unit)+"\nHEADLOSS H-W\n")
		if math.Abs(f.Junctions[0].Demands[0].Base/(7*x.flow)-1) > 1e-9 {
			t.Errorf("%s: demand %g", x.unit, f.Junctions[0].Demands[0].Base)
		}
		near(t, x.unit+" elevation", f.Junctions[0].Elevation, 3*x.length)
		near(t, x.unit+" diameter", f.Pipes[0].Diameter, 12*x.diamter)
		near(t, x.unit+" C", f.Pipes[0].Roughness, 100)
		if r := f.Options.Flow.Rounding(); math.Abs(r-1) > 2e-4 {
			t.Errorf("%s: EPANET's rounding %g", x.unit, r)
		}
	}
	for formula, want := range map[string]float64{"D-W": 100 * 0.3048 / 1e3, "C-M": 100} {
		f := decode(t, "[JUNCTIONS]\nA 3 7\n[RESERVOIRS]\nR 100\n[PIPES]\nP R A 10 12 100\n[OPTIONS]\nHEADLOSS "+formula)
		near(t, formula, f.Pipes[0].Roughness, want)
		near(t, "default viscosity", f.Options.Viscosity, WaterViscosity)
	}
	f := decode(t, "[RESERVOIRS]\nR 100\n[OPTIONS]\nPRESSURE METERS\nVISCOSITY 1e-5\n")
	if f.Options.Pressure != METERS || decode(t, "[RESERVOIRS]\nR 100\n").Options.Pressure != PSI || decode(t, "[RESERVOIRS]\nR 100\n[OPTIONS]\nUnits CMH\n").Options.Pressure != METERS {
		t.Error("the unit of pressures is that of the file, and else that of its flows")
	}
	near(t, "viscosity in ft2/s", f.Options.Viscosity, 1e-5*0.3048*0.3048)
}

// TestProblemsAllAtOnce: every defect is told, with its line and a remedy.
func TestProblemsAllAtOnce(t *testing.T) {
	const bad = `[JUNCTIONS]
A x 1
A 5
B 5 2 none
[TANKS]
T 5 20 1 9 10
U 5
V 5 1 1 2
[PIPES]
P A C 10 10 100
Q A A 10 10 100
S A B -5 10 100
W A B 5 10 100 0 SHUT
X A B 5 10 0
[PUMPS]
K A B HEAD nothing
L A B LIFT 5
M A B HEAD up
[VALVES]
E A B 0 PRV 5
F A B 10 TAP 5
G A B 10 GPV nothing
[DEMANDS]
Z 5
[STATUS]
Z OPEN
[CURVES]
up 0 5
up 1 9
[CONTROLS]
LINK S OPEN IF NODE T AROUND 5
LINK S OPEN
[EMITTERS]
A -1
[OPTIONS]
UNITS FURLONG
NONSENSE 5
TRIALS many
[TIMES]
DURATION soon
[NONSENSE]
whatever
`
	f, ps := Decode([]byte(bad))
	if f != nil {
		t.Fatal("accepted")
	}
	lines := map[int]int{}
	for _, p := range ps {
		lines[p.Line]++
		if p.Remedy == "" || p.Reason == "" {
			t.Errorf("no remedy: %v", p)
		}
	}
	// K, L and M name a curve or a property that is wrong; W and X stand.
	for _, want := range []int{2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 26, 31, 32, 34, 36, 37, 38, 40, 41} {
		if lines[want] == 0 {
			t.Errorf("line %d: nothing is said about %q", want, strings.Split(bad, "\n")[want-1])
		}
	}
	if lines[7] > 0 || lines[30] > 0 {
		t.Errorf("lines without fault are blamed: %v", ps)
	}
	for text, want := range map[string]string{
		"":                         "holds no nodes",
		"junk\n":                   "stands before any section",
		"[JUNCTIONS]\nA 0 1\n":     "neither reservoir nor tank",
		"{\"format\": 1}":          "stands before any section",
		"[RESERVOIRS]\nA 1\nB inf": "no number",
	} {
		if _, ps := Decode([]byte(text)); ps.Refused() == nil || !strings.Contains(ps.Error(), want) {
			t.Errorf("%q: %v", text, ps)
		}
	}
}

func TestManyProblemsEnd(t *testing.T) {
	_, ps := Decode([]byte("[PIPES]\n" + strings.Repeat("P A B\n", 5000)))
	if len(ps) > maxProblems+5 || !strings.Contains(ps.Error(), "more problems") {
		t.Errorf("%d problems", len(ps))
	}
}

func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{
		small: true, "; comment\n\n [OPTIONS]\n": true, "[Nodes]": false, `{"a": 1}`: false, "": false, `[1, 2]`: false, "title\n[TITLE]": true, "{\n[TITLE]": false, "just text": false, "\"\"": false,
	} {
		if Looks([]byte(text)) != want {
			t.Errorf("%.20q", text)
		}
	}
}

func TestLatin1(t *testing.T) {
	f := decode(t, "[TITLE]\nK\xf6ln\n[RESERVOIRS]\nStra\xdfe 1\n")
	if f.Title[0] != "Köln" || f.Reservoirs[0].ID != "Straße" {
		t.Errorf("%q %q", f.Title, f.Reservoirs[0].ID)
	}
}

// What a Chinese Windows saves: GB18030, with comments, and with characters
// whose second byte is ASCII (镕).
func TestGB18030(t *testing.T) {
	const want = "[TITLE]\n东风路换热站\n[RESERVOIRS]\n朱镕水厂 1 ; 备注\n"
	data, err := simplifiedchinese.GB18030.NewEncoder().String(want)
	if err != nil {
		t.Fatal(err)
	}
	f := decode(t, data)
	if f.Title[0] != "东风路换热站" || f.Reservoirs[0].ID != "朱镕水厂" {
		t.Errorf("%q %q", f.Title, f.Reservoirs[0].ID)
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]float64{"5": 5, "-.5": -0.5, "1.": 1, "1e3": 1000, "0.1": 0.1, "123456789012345678": 123456789012345678, "+2.5E-3": 2.5e-3, "0.30480000000000000000000001": 0.3048} {
		if v, ok := number(s); !ok || v != want {
			t.Errorf("%s: %v %v", s, v, ok)
		}
	}
	for _, s := range []string{"", ".", "-", "x", "1x", "inf", "nan", "0x10", "1e999", "1_0", "1e", "--1"} {
		if v, ok := number(s); ok {
			t.Errorf("%q is read as %g", s, v)
		}
	}
	for s, want := range map[string]float64{"1:30": 1.5, "0:00:36": 0.01, "12 am": 0, "12 PM": 12, "1:15 pm": 13.25, "90 MIN": 1.5, "2 days": 48, "6": 6} {
		v, u, _ := strings.Cut(s, " ")
		if h, ok := hours(v, u); !ok || math.Abs(h-want) > 1e-12 {
			t.Errorf("%s: %v %v", s, h, ok)
		}
	}
	for _, s := range []string{"13 pm", "1:2:3:4", "5 weeks", "x", ":"} {
		v, u, _ := strings.Cut(s, " ")
		if h, ok := hours(v, u); ok {
			t.Errorf("%q is read as %g", s, h)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("[TANKS]\nT 1 2 3\n[CURVES]\nc 1 2\n[VALVES]\nv T T 1 PCV 5 1 c\n"))
	f.Add([]byte("[JUNCTIONS]\nA\nB\n[RESERVOIRS]\nR 1 p\n[PATTERNS]\np 1\n[PIPES]\n1 A R\n[STATUS]\n1 9 OPEN\n[TIMES]\nSTART CLOCKTIME 1 pm\n"))
	f.Add([]byte("[RESERVOIRS]\nR 0\n[OPTIONS]\nDEMAND MODEL PDA\n"))
	f.Add([]byte("[JUNCTIONS]\nJ\n[TANKS]\n0 00\n[CURVES]\n0 0 0 VALVE\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, ps := Decode(data)
		if (file == nil) != (ps.Refused() != nil) {
			t.Fatal("a file without problems, or problems with a file")
		}
		if err := defects.Complete(ps, text(data)); err != nil {
			t.Fatal(err)
		}
		if file == nil {
			return
		}
		once := written(t, file)
		again, ps := Decode([]byte(once))
		if again == nil {
			t.Fatalf("what was written is refused: %v\n%s", ps, once)
		}
		if twice := written(t, again); twice != once {
			t.Fatalf("not stable:\n%s\n%s", once, twice)
		}
		for _, rounded := range []bool{false, true} {
			c := file.Network(Assumptions{Rounded: rounded})
			if c.Network.Validate().Refused() != nil {
				continue
			}
			if _, err := netfile.Encode(c.Network); err != nil {
				t.Fatal(err) // it holds something that is no number
			}
			out, _ := FromNetwork(c.Network, Assumptions{}, 0)
			if back, ps := Decode([]byte(written(t, out))); back == nil {
				t.Fatalf("a network's file is refused: %v\n%s", ps, written(t, out))
			}
		}
	})
}

func written(t *testing.T, f *File) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// BenchmarkDecode reads 100,000 nodes.
func BenchmarkDecode(b *testing.B) {
	var s strings.Builder
	s.WriteString("[RESERVOIRS]\nR 100\n[JUNCTIONS]\n")
	for i := range 100_000 {
		s.WriteString(" J" + itoa(i) + "\t12.5\t0.013\t;\n")
	}
	s.WriteString("[PIPES]\n P0 R J0 10 100 0.1 0 Open;\n")
	for i := range 99_999 {
		s.WriteString(" P" + itoa(i+1) + "\tJ" + itoa(i) + "\tJ" + itoa(i+1) + "\t12.5\t101.3\t0.1\t0\tOpen\t;\n")
	}
	s.WriteString("[OPTIONS]\nUNITS LPS\nHEADLOSS D-W\n")
	data := []byte(s.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if f, ps := Decode(data); f == nil {
			b.Fatal(ps)
		}
	}
}

func itoa(i int) string {
	var d [8]byte
	at := len(d)
	for ok := true; ok; ok = i > 0 {
		at--
		d[at] = byte('0' + i%10)
		i /= 10
	}
	return string(d[at:])
}

// TestReadFile reads a file from disk and names it in errors.
func TestReadFile(t *testing.T) {
	path := t.TempDir() + "/x.inp"
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := ReadFile(path); err != nil || len(f.Pipes) != 7 {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, []byte("[PIPES]\nP"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "x.inp") {
		t.Errorf("%v", err)
	}
}

// What a line leaves to EPANET's defaults is said, never taken in silence.
func TestDefaultsAreSaid(t *testing.T) {
	f, ps := Decode([]byte("[JUNCTIONS]\nA\n[RESERVOIRS]\nR 10\n[PIPES]\nP R A\nQ R A 5\n[VALVES]\nV R A 50 PRV\n"))
	if f == nil || len(ps) != 5 || f.Options.Flow != GPM || f.Pipes[0].Length != 330*0.3048 {
		t.Fatalf("%+v\n%v", f, ps)
	}
	for i, want := range []string{"[OPTIONS]: UNITS GPM: feet", "line 2: junction A: [JUNCTIONS]: elevation 0,", "line 6: pipe P: [PIPES]: length 330, diameter 10, roughness 130,",
		"line 7: pipe Q: [PIPES]: diameter 10, roughness 130,", "line 9: valve V: [VALVES]: setting 0,"} {
		if !ps[i].Warning || !strings.HasPrefix(ps[i].Error(), want) {
			t.Errorf("%v, want a warning %q", ps[i], want)
		}
	}
	pattern := strings.Repeat(" 1", 39)
	if f, ps := Decode([]byte("[PATTERNS]\nlong" + pattern + "\n" + small)); f == nil || len(f.Patterns[0].Factors) != 39 {
		t.Errorf("a line of 40 words: %v", ps)
	}
	if f, ps := Decode([]byte("[PATTERNS]\nlong 1" + pattern + "\n" + small)); f != nil || !strings.Contains(ps.Error(), "more than 40 words") {
		t.Errorf("a line of 41 words: %v", ps)
	}
}

// An id with a blank that stands bare is two words: whatever is not found for it,
// or found twice, the remedy says so. In quotes it is one.
func TestBlanksInIDs(t *testing.T) {
	const file = "[JUNCTIONS]\n'Node 1' 100 5\n'Node 2' 90 5\n[RESERVOIRS]\n'Lake 1' 120\n[PIPES]\n'Pipe 1' 'Lake 1' 'Node 1' 100 300 100\n'Pipe 2' 'Node 1' 'Node 2' 100 300 100\n" +
		"[STATUS]\n'Pipe 2' OPEN\n[OPTIONS]\nUNITS LPS\n[END]\n"
	_, ps := Decode([]byte(strings.ReplaceAll(file, "'", "")))
	if len(ps) != 5 {
		t.Errorf("%d problems: %v", len(ps), ps)
	}
	for _, p := range ps {
		if p.Line == 0 || !strings.Contains(p.Remedy, "an id with a blank in it must stand in quotes") {
			t.Errorf("%+v", p)
		}
	}
	f, ps := Decode([]byte(strings.ReplaceAll(file, "'", `"`)))
	if ps.Refused() != nil || f.Pipes[1].ID != "Pipe 2" || f.Junctions[1].ID != "Node 2" {
		t.Fatal(ps)
	}
	var again strings.Builder
	if err := Write(&again, f); err != nil {
		t.Fatal(err)
	}
	if g, ps := Decode([]byte(again.String())); ps.Refused() != nil || g.Pipes[1].ID != "Pipe 2" {
		t.Errorf("written and read again: %v", ps)
	}
}
