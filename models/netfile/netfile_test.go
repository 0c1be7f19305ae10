package netfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"evenflow/models"
	"evenflow/models/internal/defects"
)

const town = `{
  "format": "evenflow-network/1",
  "name": "小镇",
  "name_en": "Small town",
  "climate": {"design_outdoor_c": -5, "design_indoor_c": 18},
  "ground": {"temperature_c": 5.1, "conductivity_w_per_m_k": 1.6},
  "junctions": [
    {"id": "S0", "name": "热源供水", "side": "supply", "elevation_m": 12.5, "x_m": 0, "y_m": 0},
    {"id": "S1", "side": "supply", "elevation_m": 0},
    {"id": "R0", "side": "return", "elevation_m": 12.5, "fixed_pressure_pa": 300000},
    {"id": "R1", "side": "return", "elevation_m": 0, "draw_kg_per_s": 0.05}
  ],
  "pipes": [
    {"id": "PS1", "from": "S0", "to": "S1", "side": "supply", "partner": "PR1", "length_m": 812.4, "inner_diameter_m": 0.2101, "outer_diameter_m": 0.2191, "roughness_mm": 0.007, "zeta": 1.5, "insulation": {"casing_diameter_m": 0.315, "conductivity_w_per_m_k": 0.027, "depth_m": 1.1, "spacing_m": 0.5}, "dn": 200, "year": 1998, "material": "steel", "pressure_class_pa": 1600000},
    {"id": "PR1", "from": "R1", "to": "R0", "side": "return", "partner": "PS1", "length_m": 812.4, "inner_diameter_m": 0.2101, "roughness_mm": 0.5, "heat_loss_w_per_m_k": 0.4, "ambient_c": 4.3}
  ],
  "sources": [
    {"id": "HS", "from": "R0", "to": "S0", "supply_temperature_c": 110.3, "control": "speed", "curve": {"points": [{"flow_m3_per_h": 0, "head_m": 60}, {"flow_m3_per_h": 100, "head_m": 48.5}], "efficiency": 0.75}, "speed": 0.9}
  ],
  "stations": [
    {"id": "ST1", "name": "一号站", "from": "S1", "to": "R1", "heated_area_m2": 86000, "heat_index_w_per_m2": 45, "design": {"primary_supply_c": 110, "primary_return_c": 50, "secondary_supply_c": 60, "secondary_return_c": 45}, "valve": {"kvs_m3_per_h": 63, "characteristic": "equal_percentage", "rangeability": 50, "leakage": 0.0005}, "opening": 0.8, "fixed_resistance_pa_per_kg2_s2": 123.456789012345, "assumed": ["fixed_resistance_pa_per_kg2_s2"]}
  ]
}
`

func TestReadWriteIsByteIdentical(t *testing.T) {
	n, err := Read(strings.NewReader(town))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(n)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != town {
		t.Errorf("written differently:\n%s\nwant\n%s", got, town)
	}
	if v := n.Stations[0].Valve; v.Kvs != 63 || v.Rangeability != 50 {
		t.Errorf("valve read as %+v", v)
	}
	if r := n.Pipes[0].Roughness; r != 7e-6 {
		t.Errorf("roughness 0.007 mm read as %g m", r)
	}
}

func TestPackedIsReadToo(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(town))
	z.Close()
	n, err := Read(bytes.NewReader(packed.Bytes()))
	if err != nil || n.Name != "小镇" {
		t.Fatalf("network %v, error %v", n, err)
	}
	if _, err := Read(bytes.NewReader(packed.Bytes()[:packed.Len()/2])); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a gzip file: %v", err)
	}
}

// Each row spoils the town; want are parts of the message, in any order.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"unknown junction", `"from": "S1", "to": "R1"`, `"from": "S9", "to": "R1"`, []string{"line 21: station ST1: from: junction \"S9\" does not exist"}},
		{"zero diameter", `"inner_diameter_m": 0.2101, "outer`, `"inner_diameter_m": 0, "outer`, []string{"line 14: pipe PS1: inner_diameter_m: is 0, must be above 0"}},
		{"missing diameter", `"inner_diameter_m": 0.2101, "outer`, `"outer`, []string{"line 14: pipe PS1: inner_diameter_m: is missing"}},
		{"duplicate id", `{"id": "R1"`, `{"id": "HS"`, []string{"source HS: id: the id is used twice, first by a junction"}},
		{"unknown field", `"zeta": 1.5`, `"zetta": 1.5`, []string{"line 14: pipe PS1: zetta: is no key", "did you mean zeta?"}},
		{"unknown field without unit", `"length_m": 812.4, "inner_diameter_m": 0.2101, "r`, `"length": 812.4, "inner_diameter_m": 0.2101, "r`, []string{"did you mean length_m?"}},
		{"two holds", `"draw_kg_per_s": 0.05`, `"fixed_pressure_pa": 1`, []string{"2 pressure holds in one closed component: R0, R1"}},
		{"no hold", `, "fixed_pressure_pa": 300000`, ``, []string{"no pressure hold at all"}},
		{"wrong type", `"length_m": 812.4, "inner_diameter_m": 0.2101, "o`, `"length_m": "812", "inner_diameter_m": 0.2101, "o`, []string{"line 14: pipe PS1: length_m: is text where a number belongs"}},
		{"key twice", `"zeta": 1.5`, `"zeta": 1.5, "zeta": 2`, []string{"zeta: is given twice"}},
		{"null", `"zeta": 1.5`, `"zeta": null`, []string{"zeta: is null; leave the key out"}},
		{"trailing data", "  ]\n}\n", "  ]\n}\n{}", []string{"more after the end"}},
		{"comma", `"elevation_m": 12.5,`, `"elevation_m": 12.5`, []string{"line 8: this is not JSON"}},
		{"huge number", `812.4, "inner_diameter_m": 0.2101, "o`, `1e999, "inner_diameter_m": 0.2101, "o`, []string{"beyond any number"}},
		{"wrong format", `evenflow-network/1`, `evenflow-network/9`, []string{"line 2: format: is not"}},
		{"self loop", `"from": "S0", "to": "S1"`, `"from": "S0", "to": "S0"`, []string{`both ends are junction "S0"`}},
		{"opening", `"opening": 0.8`, `"opening": 80`, []string{"station ST1: opening: is 80, must not be above 1"}},
		{"opening missing", `"opening": 0.8, `, ``, []string{"station ST1: opening: is missing"}},
		{"rising pump curve", `"head_m": 48.5`, `"head_m": 70`, []string{"source HS: curve: the head rises at point 2"}},
		{"area", `"heated_area_m2": 86000`, `"heated_area_m2": 0`, []string{"station ST1: heated_area_m2: is 0, must be above 0"}},
		{"temperatures exchanged", `"primary_supply_c": 110, "primary_return_c": 50`, `"primary_supply_c": 50, "primary_return_c": 110`, []string{"primary return is not colder"}},
		{"station upside down", `"from": "S1", "to": "R1"`, `"from": "R1", "to": "S1"`, []string{"is on the return side, not on the supply side"}},
		{"negative length", `"length_m": 812.4, "inner_diameter_m": 0.2101, "o`, `"length_m": -1, "inner_diameter_m": 0.2101, "o`, []string{"length_m: is -1, must not be below 0"}},
		{"enumeration", `"equal_percentage"`, `"equal"`, []string{"valve.characteristic", "none of equal_percentage, linear, table"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(town, c.old) == 0 {
				t.Fatalf("%q is not in the town", c.old)
			}
			n, ps := Decode([]byte(strings.Replace(town, c.old, c.new, 1)))
			if n != nil || ps.Refused() == nil {
				t.Fatalf("accepted; problems: %v", ps)
			}
			for _, want := range c.want {
				if !strings.Contains(ps.Error(), want) {
					t.Errorf("problems:\n%v\ndo not say %q", ps, want)
				}
			}
		})
	}
}

// Wherever the file is cut, it is refused and said to be cut.
func TestTruncatedAnywhere(t *testing.T) {
	for _, at := range []int{1, 30, 200, 700, 1500, len(town) - 3} {
		n, ps := Decode([]byte(town[:at]))
		if n != nil || !strings.Contains(ps.Error(), "cut off") {
			t.Errorf("cut after %d bytes: %v", at, ps)
		}
	}
	if n, ps := Decode(nil); n != nil || !strings.Contains(ps.Error(), "empty") {
		t.Errorf("empty file: %v", ps)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	bad := strings.NewReplacer(`"zeta": 1.5`, `"zetta": 1.5`, `"opening": 0.8`, `"opening": 2`, `"S1", "to": "R1"`, `"S7", "to": "R1"`, `"year": 1998`, `"year": 98`).Replace(town)
	_, ps := Decode([]byte(bad))
	if len(ps) < 4 {
		t.Errorf("%d problems, want all four:\n%v", len(ps), ps)
	}
	for _, p := range ps {
		if p.Remedy == "" {
			t.Errorf("no remedy: %v", p)
		}
	}
	var problems models.Problems
	if _, err := Read(strings.NewReader(bad)); !errors.As(err, &problems) || len(models.ErrorElements(err)) < 2 {
		t.Errorf("error %v names %v", err, models.ErrorElements(err))
	}
}

const scenario = `{
  "format": "evenflow-scenario/1",
  "name": "冷",
  "outdoor_c": -5.3,
  "changes": [
    {"element": "ST1", "attribute": "opening", "op": "set", "value": 0.475},
    {"element": "HS", "attribute": "supply_temperature_c", "op": "set", "value": 118.7},
    {"element": "HS", "attribute": "supply_temperature_c", "op": "shift", "value": -2.5},
    {"element": "PS1", "attribute": "roughness_mm", "op": "set", "value": 0.3},
    {"element": "PR1", "attribute": "resistance", "op": "scale", "value": 1.2}
  ]
}
`

func TestScenario(t *testing.T) {
	n, err := Read(strings.NewReader(town))
	if err != nil {
		t.Fatal(err)
	}
	sc, err := ReadScenario(strings.NewReader(scenario), n)
	if err != nil {
		t.Fatal(err)
	}
	if c := sc.Changes[1]; c.Value != 118.7+273.15 {
		t.Errorf("118.7 degC read as %v", c)
	}
	if c := sc.Changes[2]; c.Value != -2.5 {
		t.Errorf("shift by -2.5 K read as %v", c)
	}
	var out bytes.Buffer
	if err := WriteScenario(&out, sc, n); err != nil {
		t.Fatal(err)
	}
	if out.String() != scenario {
		t.Errorf("written differently:\n%s", out.String())
	}
	bad := strings.NewReplacer(`"ST1"`, `"ST9"`, `0.3}`, `"x"}`, `"resistance"`, `"resistanse"`).Replace(scenario)
	_, ps := DecodeScenario([]byte(bad), n)
	if ps.Refused() == nil {
		t.Error("a spoilt scenario was accepted")
	}
	_, ps = DecodeScenario([]byte(strings.NewReplacer(`"ST1"`, `"ST9"`, `"resistance"`, `"speed"`).Replace(scenario)), n)
	if len(ps) != 2 || ps[0].Line != 6 || ps[1].Line != 10 {
		t.Errorf("problems %v, want ST9 on line 6 and speed on line 10", ps)
	}
}

// A scenario where a network belongs, and the other way round, is told so.
func TestScenarioAndNetworkMixedUp(t *testing.T) {
	n, err := Read(strings.NewReader(town))
	if err != nil {
		t.Fatal(err)
	}
	if _, ps := Decode([]byte(scenario)); len(ps) != 1 || !strings.Contains(ps.Error(), "this is a scenario") {
		t.Errorf("%v", ps)
	}
	if _, ps := DecodeScenario([]byte(town), n); len(ps) != 1 || !strings.Contains(ps.Error(), "this is a network") {
		t.Errorf("%v", ps)
	}
}

// An element that is not there is told once, at the first change that names it.
func TestScenarioNamesAWrongElementOnce(t *testing.T) {
	n, err := Read(strings.NewReader(town))
	if err != nil {
		t.Fatal(err)
	}
	change := func(id, attribute, value string) string {
		return `{"element": "` + id + `", "attribute": "` + attribute + `", "op": "set", "value": ` + value + `}`
	}
	text := `{"format": "` + ScenarioFormat + `", "changes": [` + "\n" + strings.Join([]string{change("X1", "opening", "0.5"), change("X2", "opening", "0.5"), change("X1", "speed", "0.5"),
		change("ST1", "in_service", "7"), change("X1", "opening", "1")}, ",\n") + "]}"
	_, ps := DecodeScenario([]byte(text), n)
	if len(ps) != 3 || ps[0].Element != "X1" || ps[0].Line != 2 || ps[1].Element != "X2" || ps[1].Line != 3 || ps[2].Element != "ST1" || ps[2].Line != 5 {
		t.Errorf("%v", ps)
	}
}

// A file that is too much for any machine is refused, and said to be.
func TestTooMuch(t *testing.T) {
	p := &parser{data: []byte("[1, 2, 3]"), line: 1, count: maxValues - 2}
	p.dec = jsontext.NewDecoder(bytes.NewReader(p.data))
	if _, err := p.value(); err == nil || !strings.Contains(p.problem(err).Error(), "line 1: the file holds more than 33554432 values") {
		t.Errorf("a value too many: %v", err)
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 3<<20))
	z.Close()
	for name, r := range map[string]io.Reader{"an endless file": endless{}, "a packed one": &bomb} {
		var ps models.Problems
		if _, err := unpack(r, 2<<20); !errors.As(err, &ps) || !strings.Contains(ps.Error(), "larger than 2 MiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
	deep := strings.Repeat("[", 20000)
	if n, ps := Decode([]byte(deep)); n != nil || !strings.Contains(ps.Error(), "this is not JSON") {
		t.Errorf("20,000 lists in one another: %v", ps)
	}
	key := strings.Repeat("k", 1<<20)
	if _, ps := Decode([]byte(`{"format": "evenflow-network/1", "` + key + `": 1, "name": ` + strings.Repeat("9", 1<<20) + `}`)); ps.Refused() == nil || len(ps.Error()) > 2000 {
		t.Errorf("a message of %d bytes", len(ps.Error()))
	}
}

// endless is a file without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func FuzzDecode(f *testing.F) {
	f.Add([]byte(town))
	f.Add([]byte(`{"format": "evenflow-network/1", "junctions": [{"id": "a"}, 3]}`))
	if data, err := Encode(waterworks()); err == nil {
		f.Add(data)
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "formats", "*.json"))
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ps := Decode(data)
		if (n == nil) != (ps.Refused() != nil) {
			t.Fatalf("network %v with problems %v", n, ps)
		}
		if err := defects.Complete(ps, string(data)); err != nil {
			t.Fatal(err)
		}
		if n == nil {
			return
		}
		once, err := Encode(n)
		if err != nil {
			t.Fatal(err)
		}
		again, ps := Decode(once)
		if again == nil {
			t.Fatalf("what was written is refused: %v\n%s", ps, once)
		}
		twice, err := Encode(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not stable (%v):\n%s\n%s", err, once, twice)
		}
		var given, kept any
		if json.Unmarshal(data, &given) == nil && json.Unmarshal(once, &kept) == nil {
			if what := lost("", given, kept); what != "" {
				t.Fatalf("%s is read and not kept:\n%s\n%s", what, data, once)
			}
		}
	})
}

// lost returns the place of the first value of a file that the network read
// from it has forgotten, or changed. What means nothing (0, "", false, the
// first of several words) may go.
func lost(at string, given, kept any) string {
	switch g := given.(type) {
	case map[string]any:
		k, _ := kept.(map[string]any)
		for key, v := range g {
			if what := lost(at+"."+key, v, k[key]); what != "" {
				return what
			}
		}
		return ""
	case []any:
		k, _ := kept.([]any)
		if len(k) != len(g) && len(g) > 0 {
			return at
		}
		for i := range g {
			if what := lost(at+"[]", g[i], k[i]); what != "" {
				return what
			}
		}
		return ""
	case float64:
		if k, _ := kept.(float64); math.Abs(g-k) <= 1e-9*math.Abs(g) || math.Abs(g) < 1e-300 {
			return ""
		}
	case string:
		if g == "" || kept == nil && slices.Contains([]string{characteristics[0], controls[0], valveControls[0], curveForms[0]}, g) || kept == given {
			return ""
		}
	case bool:
		if !g || kept == given {
			return ""
		}
	}
	return at
}

func FuzzScenario(f *testing.F) {
	n, err := Read(strings.NewReader(town))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(scenario))
	f.Fuzz(func(t *testing.T, data []byte) {
		sc, ps := DecodeScenario(data, n)
		if err := defects.Complete(ps, string(data)); err != nil {
			t.Fatal(err)
		}
		if ps.Refused() != nil {
			return
		}
		var once bytes.Buffer
		if err := WriteScenario(&once, sc, n); err != nil {
			t.Fatalf("read but not written: %v", err)
		}
	})
}

// TestAbsoluteZero: reference cases state 0 K around pipes without heat loss;
// colder is refused, and so is 0 K where it would read as nothing given.
func TestAbsoluteZero(t *testing.T) {
	n, ps := Decode([]byte(town))
	if n == nil {
		t.Fatal(ps)
	}
	n.Pipes[0].Ambient = models.Some(0)
	text, err := Encode(n)
	if err != nil {
		t.Fatal(err)
	}
	back, ps := Decode(text)
	if back == nil || back.Pipes[0].Ambient != models.Some(0) {
		t.Errorf("0 K around a pipe: %v", ps)
	}
	for _, wrong := range []string{strings.Replace(string(text), `"ambient_c": -273.15`, `"ambient_c": -273.16`, 1),
		regexp.MustCompile(`"supply_temperature_c": [0-9.]+`).ReplaceAllString(string(text), `"supply_temperature_c": -273.15`)} {
		if n, ps := Decode([]byte(wrong)); n != nil || !strings.Contains(ps[0].Reason, "absolute zero") {
			t.Errorf("accepted, or for another reason: %v", ps)
		}
	}
}
