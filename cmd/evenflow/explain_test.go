package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"evenflow/models/netfile"
)

// printedSheet runs explain and returns its numbers by symbol.
func printedSheet(t *testing.T, args ...string) map[string]float64 {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(t.Context(), append([]string{"explain", formats + "/town.json", "--json"}, args...), nil, &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	var doc struct {
		Lines []struct {
			Symbol, Unit, Source, Formula, Label string
			Value                                float64
		}
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, l := range doc.Lines {
		if l.Unit == "" || l.Source == "" || l.Label == "" || (l.Source == "calculated" && strings.HasPrefix(l.Symbol, "dp") && l.Formula == "") {
			t.Errorf("incomplete %+v", l)
		}
		values[l.Symbol] = l.Value
	}
	return values
}

// A pipe redone with textbook formulas written here, from the numbers that are
// printed as given.
func TestExplainPipeByHand(t *testing.T) {
	n, err := netfile.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	p := &n.Pipes[0]
	v := printedSheet(t, string(p.ID), "--outdoor", "-9", "--supply", "115")
	six := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s = %.9g, by hand %.9g", what, got, want)
		}
	}
	six("length", v["L"], p.Length)
	six("diameter", v["d"], p.InnerDiameter)
	six("roughness", v["k"], p.Roughness)
	speed := v["m"] / v["rho"] / (math.Pi * v["d"] * v["d"] / 4)
	six("velocity", v["v"], speed)
	six("Reynolds number", v["Re"], math.Abs(speed)*v["d"]*v["rho"]/v["mu"])
	lambda := 0.02 // Colebrook-White by plain iteration
	for range 100 {
		x := -2 * math.Log10(v["k"]/v["d"]/3.7+2.51/(v["Re"]*math.Sqrt(lambda)))
		lambda = 1 / (x * x)
	}
	six("friction factor", v["lambda"], lambda)
	six("Pa/m", v["R"], lambda/v["d"]*v["rho"]*speed*speed/2*v["f"])
	six("drop", v["dp"], (lambda*v["L"]/v["d"]+v["zeta"])*v["rho"]*speed*math.Abs(speed)/2*v["f"])
	six("Altshul", v["lambda_A"], 0.11*math.Pow(v["k"]/v["d"]+68/v["Re"], 0.25))
	if math.Abs(v["dp"]-v["dp_net"]) > 0.05 || v["t_in"] < 60 {
		t.Errorf("by hand %g Pa, in the network %g Pa at %g degC", v["dp"], v["dp_net"], v["t_in"])
	}
}

func TestExplainStationByHand(t *testing.T) {
	n, err := netfile.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	v := printedSheet(t, string(n.Stations[0].ID))
	need := v["phi_w"] * v["Area"] * v["q_f"]
	for what, pair := range map[string][2]float64{
		"drop":      {v["dp_net"], (1e5*3600*3600/1000/(v["rho"]*v["Kv"]*v["Kv"]) + v["S"]) * v["m"] * v["m"]},
		"need":      {v["m_need"], need / v["cp_n"] / (v["t_1s"] - v["t_1rn"])},
		"authority": {v["beta"], 1.296e9 / (v["rho"] * v["Kvs"] * v["Kvs"]) / (1.296e9/(v["rho"]*v["Kvs"]*v["Kvs"]) + v["S"])},
		"UA":        {v["UA"], v["Q_net"] / logMean(v["t_1s"]-v["t_2s"], v["t_1r"]-v["t_2r"])},
	} {
		limit := 1e-6
		if what == "UA" { // the exchanger counts one heat capacity, the balance another
			limit = 2e-3
		}
		if math.Abs(pair[0]-pair[1]) > limit*math.Abs(pair[1]) {
			t.Errorf("%s = %.9g, by hand %.9g", what, pair[0], pair[1])
		}
	}
}

func logMean(a, b float64) float64 {
	if math.Abs(a-b) < 1e-9 {
		return a
	}
	return (a - b) / math.Log(a/b)
}

// Every kind in both languages, for people; wrong ids and words end with 2.
func TestExplainForPeople(t *testing.T) {
	n, err := netfile.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{string(n.Pipes[0].ID), string(n.Stations[0].ID), string(n.Sources[0].ID)} {
		for _, lang := range []string{"zh", "en"} {
			var out, errOut bytes.Buffer
			if code := run(t.Context(), []string{"explain", formats + "/town.json", id, "--lang", lang}, nil, &out, &errOut); code != exitOK {
				t.Fatalf("exit code %d: %s", code, errOut.String())
			}
			_, text, _ := strings.Cut(out.String(), "\n") // names stay as filed
			han := strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
			if !strings.Contains(text, "= ") || han != (lang == "zh") {
				t.Errorf("%s in %s:\n%s", id, lang, text)
			}
		}
	}
	for _, args := range [][]string{{"nobody"}, {string(n.Junctions[0].ID)}, {string(n.Pipes[0].ID), "--lang", "fr"}, {}} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), append([]string{"explain", formats + "/town.json"}, args...), nil, &out, &errOut); code != exitUsage || errOut.Len() == 0 || out.Len() > 0 {
			t.Errorf("%v: exit code %d, %q", args, code, errOut.String())
		}
	}
}

// The example of docs/explain.md is what the program prints.
func TestExplainDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	n, err := netfile.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"explain", formats + "/town.json", string(n.Pipes[0].ID)}, nil, &out, &errOut); code != exitOK {
		t.Fatal(errOut.String())
	}
	_, example, _ := strings.Cut(string(doc), "```\npipe ")
	example, _, _ = strings.Cut("pipe "+example, "\n```")
	want, got := strings.Split(example, "\n"), strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(want) != len(got) {
		t.Fatalf("%d lines in docs/explain.md, %d printed", len(want), len(got))
	}
	for i, line := range want {
		said, is := strings.Fields(strings.TrimSuffix(line, " …")), strings.Fields(got[i])
		for k, word := range said {
			if k >= len(is) || !alike(word, is[k]) && !(k == len(said)-1 && strings.HasPrefix(is[k], word)) {
				t.Errorf("docs/explain.md has\n%s\nprinted is\n%s", line, got[i])
				break
			}
		}
	}
}

// alike compares words, numbers within what a calculation repeats.
func alike(a, b string) bool {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	return a == b || errA == nil && errB == nil && math.Abs(x-y) < 1e-6*math.Abs(x)+1e-6
}
