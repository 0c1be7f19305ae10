package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/dhcase"
	"evenflow/models/epanet"
	"evenflow/models/examples"
	"evenflow/models/netfile"
	"evenflow/models/pandapipes"
	"evenflow/solver"
	"evenflow/solver/balance"
	"evenflow/solver/explain"
	"evenflow/solver/town"
)

// smallEnough is the size up to which a fuzzed network walks the whole road.
const smallEnough = 60

// FuzzRoad takes a file of any format along the whole road: read, check,
// solve, audit, explain, balance, write. Whatever the file holds, the answer
// is numbers that are numbers, or a refusal that says why; never a panic.
func FuzzRoad(f *testing.F) {
	for _, n := range seeds(f) {
		text, err := netfile.Encode(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(everyValve))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, ps := decode(data); n != nil && n.Size() <= smallEnough {
			road(t, n)
		} else {
			complete(t, ps)
		}
	})
}

// FuzzValues puts odd values in odd places of a sound network: each three
// bytes of the recipe name a place and a value. What validation lets pass goes
// through a file and along the road.
func FuzzValues(f *testing.F) {
	nets := seeds(f)
	f.Add(uint8(0), []byte{0, 0, 0})
	f.Add(uint8(1), []byte{1, 7, 3, 0, 200, 5})
	f.Add(uint8(2), []byte("the quick brown fox"))
	f.Add(uint8(3), []byte("jumps over the lazy dog"))
	f.Add(uint8(1), []byte("7900")) // a pipe of length 0
	f.Fuzz(func(t *testing.T, seed uint8, recipe []byte) { spoilt(t, nets[int(seed)%len(nets)], recipe) })
}

// spoilt takes a network with odd values along the road.
func spoilt(t *testing.T, seed *models.Network, recipe []byte) {
	text, err := netfile.Encode(seed)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := netfile.Decode(text) // a copy
	if n == nil {
		t.Fatal("the seed is refused")
	}
	var places []reflect.Value
	leaves(reflect.ValueOf(n).Elem(), &places)
	for ; len(recipe) >= 3; recipe = recipe[3:] {
		put(places[(int(recipe[0])<<8+int(recipe[1]))%len(places)], recipe[2])
	}
	ps := n.Validate()
	complete(t, ps)
	if ps.Refused() != nil {
		return
	}
	if text, err = netfile.Encode(n); err != nil {
		t.Fatalf("validation lets pass what no file can hold: %v", err)
	}
	back, ps := netfile.Decode(text)
	if back == nil {
		t.Fatalf("validation lets pass what the reader refuses: %v", ps)
	}
	road(t, back)
}

// odd are the values that FuzzValues puts, each scaled by 1, 0.5 and 2 besides.
var odd = []float64{0, 1, -1, 1e-300, 1e-9, 1e-5, 1e-3, 0.01, 0.1, 0.5, 0.9, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e9, 300, 330, 373.15, 400}

// leaves lists the numbers, truth values and small words of a network.
func leaves(v reflect.Value, to *[]reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if o, ok := v.Addr().Interface().(*models.Optional); ok {
			*to = append(*to, reflect.ValueOf(o).Elem())
			return
		}
		for i := range v.NumField() {
			leaves(v.Field(i), to)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			leaves(v.Index(i), to)
		}
	case reflect.Float64, reflect.Bool, reflect.Uint8:
		*to = append(*to, v)
	}
}

func put(at reflect.Value, b byte) {
	value := odd[int(b)%len(odd)] * [3]float64{1, 0.5, 2}[int(b)/len(odd)%3]
	switch at.Kind() {
	case reflect.Struct:
		at.Set(reflect.ValueOf(models.Optional{Value: value, Known: b < 200}))
	case reflect.Float64:
		at.SetFloat(value)
	case reflect.Bool:
		at.SetBool(b%2 == 0)
	case reflect.Uint8:
		at.SetUint(uint64(b % 8))
	}
}

// seeds are small sound networks with every kind of element.
func seeds(f *testing.F) []*models.Network {
	f.Helper()
	small, err := town.Generate(town.Options{Seed: 3, Stations: 10})
	if err != nil {
		f.Fatal(err)
	}
	water, ps := decode([]byte(everyValve))
	if water == nil {
		f.Fatal(ps)
	}
	return []*models.Network{examples.FiveUserLadder(), held(), water, small}
}

// held is the five-user ladder with things that hold something by themselves.
func held() *models.Network {
	n := examples.FiveUserLadder()
	n.Name, n.NameEn = "", ""
	curve := models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 30}, {Flow: 0.1, Head: 20}}}
	n.Junctions = append(n.Junctions, models.Junction{ID: "X", Side: models.SideSupply}, models.Junction{ID: "Y", Side: models.SideSupply})
	last := &n.Stations[len(n.Stations)-1]
	n.Valves = append(n.Valves, models.Valve{Branch: models.Branch{ID: "V", From: last.From, To: "X"}, Side: models.SideSupply, InnerDiameter: 0.2, Opening: 1,
		Control: models.HoldDifferential, Differential: 8e4, HighSensor: "Y", LowSensor: last.To})
	n.Pumps = append(n.Pumps, models.Pump{Branch: models.Branch{ID: "B", From: "X", To: "Y"}, Speed: 1, Curve: curve})
	last.From = "Y"
	n.Stations[0].Demand = models.Demand{Heat: models.Some(1e5), TemperatureDrop: models.Some(30)}
	n.Stations[1].Demand = models.Demand{Flow: models.Some(2)}
	return n
}

// everyValve is an open network with a valve of every kind, an emitter and a
// pump of constant power.
const everyValve = `[JUNCTIONS]
A 10 1
B 10 1
C 5 2
D 5 1
E 0 1
[RESERVOIRS]
R 60
[PIPES]
1 R A 500 300 0.1
2 A B 200 200 0.1 CV
3 C E 200 100 0.1 1.5
[PUMPS]
u A C POWER 2
[VALVES]
v1 B C 150 PRV 30
v2 C D 150 FCV 12
v3 D E 150 TCV 7
v4 B D 100 GPV g
v5 A E 100 PCV 40 2
v6 R D 100 PSV 20
[CURVES]
g 0 0
g 50 10
[EMITTERS]
E 0.5
[OPTIONS]
UNITS LPS
HEADLOSS D-W
DEMAND MODEL PDA
REQUIRED PRESSURE 20
`

// decode reads a network of any format.
func decode(data []byte) (*models.Network, models.Problems) {
	var ps models.Problems
	switch {
	case epanet.Looks(data):
		f, ps := epanet.Decode(data)
		if f == nil {
			return nil, ps
		}
		n := f.Network(epanet.Assumptions{}).Network
		if ps = append(ps, n.Validate()...); ps.Refused() != nil {
			return nil, ps
		}
		return n, ps
	case pandapipes.Looks(data):
		c, ps := pandapipes.Decode(data)
		if c == nil {
			return nil, ps
		}
		return c.Network, ps
	case dhcase.Looks(data):
		c, err := dhcase.Decode(data)
		if c != nil {
			return c.Network, nil
		}
		errors.As(err, &ps)
		return nil, ps
	}
	return netfile.Decode(data)
}

// complete fails where a problem lacks its reason or its remedy.
func complete(t *testing.T, ps models.Problems) {
	t.Helper()
	for _, p := range ps {
		if p.Reason == "" || p.Remedy == "" {
			t.Fatalf("a problem without reason or remedy: %+v", p)
		}
	}
}

// road solves a network and does with the result what the verbs do.
func road(t *testing.T, n *models.Network) {
	t.Helper()
	sv, err := solver.New(n, solver.Options{})
	if err != nil {
		refusal(t, err)
		return
	}
	r, err := sv.Solve(t.Context(), models.Scenario{}, nil)
	if err != nil {
		refusal(t, err)
		return
	}
	numbers(t, r)
	a, err := sv.Audit(models.Scenario{}, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Checks {
		if c.Failed > 0 {
			t.Errorf("the audit fails: %s %g at %s, limit %g", c.Name, c.Value, c.Worst, c.Limit)
		}
	}
	for ref, id := range n.Elements() {
		if ref.Kind == models.KindJunction {
			continue
		}
		sheet, err := explain.Of(n, models.Scenario{}, r, id)
		if err != nil {
			refusal(t, err)
			continue
		}
		for _, l := range sheet.Lines {
			if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) {
				t.Errorf("the sheet of %s %s says %s = %g, by %s", sheet.Kind, id, l.Symbol, l.Value, l.Formula)
			}
		}
	}
	in := balance.Input{Network: n, Solve: sv.Solve, From: r, Stations: make([]balance.Station, len(n.Stations))}
	for i := range n.Stations {
		in.Stations[i] = balance.Station{Opening: n.Stations[i].Opening, Required: math.Abs(r.Stations[i].Flow) * 0.9}
	}
	plan, err := balance.Find(t.Context(), in)
	if err != nil {
		refusal(t, err)
	} else {
		numbers(t, plan)
	}
	var file bytes.Buffer
	out, _ := epanet.FromNetwork(n, epanet.Assumptions{}, 0)
	if err := epanet.Write(&file, out); err != nil {
		t.Fatal(err)
	}
	if back, ps := epanet.Decode(file.Bytes()); back == nil {
		t.Fatalf("the INP file written is refused: %v\n%s", ps, &file)
	}
}

// numbers fails where something holds what is no number.
func numbers(t *testing.T, result any) {
	t.Helper()
	if where := notANumber(reflect.ValueOf(result), ""); where != "" {
		t.Fatalf("no number: %s", where)
	}
}

func notANumber(v reflect.Value, at string) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return notANumber(v.Elem(), at)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				if where := notANumber(v.Field(i), at+"."+f.Name); where != "" {
					return where
				}
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if where := notANumber(v.Index(i), fmt.Sprintf("%s[%d]", at, i)); where != "" {
				return where
			}
		}
	case reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			return fmt.Sprintf("%s is %g", at, v.Float())
		}
	}
	return ""
}

// refusal fails where an error does not say what it is about.
func refusal(t *testing.T, err error) {
	t.Helper()
	var input *solver.InputError
	var iteration *solver.ConvergenceError
	switch {
	case errors.As(err, &input):
		complete(t, input.Problems)
	case errors.As(err, &iteration):
		if iteration.Reason == "" || len(iteration.Elements()) == 0 {
			t.Fatalf("no steady state, and no element to blame: %v", err)
		}
	}
	if text := err.Error(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Fatalf("a refusal with what is no number: %v", err)
	}
}
