package netfile

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"evenflow/models"
)

var update = flag.Bool("update", false, "write the table of attributes in the docs anew")

// keys collects every key of a list of fields, nested ones too.
func keys(fields []field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.key)
		if o, ok := f.value.(object); ok {
			out = append(out, keys(o.fields)...)
		}
	}
	return out
}

// Every key that is read stands in the documentation.
func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/network.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, fields := range [][]field{
		networkFields(&models.Network{}), junctionFields(&models.Junction{}), pipeFields(&models.Pipe{}), valveFields(&models.Valve{}),
		pumpFields(&models.Pump{}), sourceFields(&models.Source{}), stationFields(&models.Station{}),
	} {
		all = append(all, keys(fields)...)
	}
	for _, key := range append(all, "flow_m3_per_h", "head_m") {
		if !strings.Contains(string(page), "`"+key+"`") && !strings.Contains(string(page), `"`+key+`"`) {
			t.Errorf("docs/formats/network.md does not mention %s", key)
		}
	}
}

// The documentation's table of attributes is the table of the program.
func TestAttributeTableIsDocumented(t *testing.T) {
	const path, mark = "../../docs/formats/scenario.md", "<!-- attributes -->\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(page), mark)
	if !ok {
		t.Fatal("the mark of the table is missing")
	}
	var b strings.Builder
	b.WriteString("| of a | attribute | op | limits when set | meaning |\n|---|---|---|---|---|\n")
	for _, a := range models.Attributes() {
		var ops []string
		for _, op := range a.Ops {
			ops = append(ops, op.String())
		}
		u := fileUnit(a)
		limits := fmt.Sprintf("%g to %g", u.FromSI(a.Min), u.FromSI(a.Max))
		if a.OverMin {
			limits = "above " + limits
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", a.Kind, a.Key, strings.Join(ops, ", "), limits, a.Meaning)
	}
	want := before + mark + b.String()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("docs/formats/scenario.md is not up to date: go test ./models/netfile -update")
	}
}

// The examples that the documentation names are canonical.
func TestFormatExamples(t *testing.T) {
	data, err := os.ReadFile("../../testdata/formats/town.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != town {
		t.Error("testdata/formats/town.json differs from the town of the tests")
	}
	if data, err = os.ReadFile("../../testdata/formats/town-scenario.json"); err != nil || string(data) != scenario {
		t.Errorf("testdata/formats/town-scenario.json differs from the scenario of the tests (%v)", err)
	}
}
