package cmd_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/scada/dispatch"
)

// page reads a page of the documentation, from the repository's root.
func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pages lists the documentation and the README.
func pages(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md"}
	err := filepath.WalkDir("../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			rel, _ := filepath.Rel("..", path)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// tell fails for every word that a page does not print as code.
func tell(t *testing.T, path string, words []string) {
	t.Helper()
	if len(words) == 0 {
		t.Errorf("nothing to look for in %s: has the source moved?", path)
	}
	text := page(t, path)
	for _, w := range words {
		if !strings.Contains(text, "`"+w+"`") {
			t.Errorf("%s does not explain %s", path, w)
		}
	}
}

// found lists what the first group of an expression matches in a file.
func found(t *testing.T, path, expression string) []string {
	t.Helper()
	var words []string
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(page(t, path), -1) {
		words = append(words, m[1])
	}
	return words
}

// TestLinks: every link of the documentation leads to a file. Pictures are
// not looked for: the browser tests write them.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`(?:^|[^!])\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, path := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(page(t, path), -1) {
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
}

// TestPagesAreIndexed: docs/README.md leads to every page of its own folder
// and of formats, decisions/README.md to every decision.
func TestPagesAreIndexed(t *testing.T) {
	index, decisions := page(t, "docs/README.md"), page(t, "docs/decisions/README.md")
	for _, path := range pages(t) {
		name, inside := strings.CutPrefix(path, "docs/")
		if !inside || strings.HasSuffix(name, "README.md") {
			continue
		}
		if d, ok := strings.CutPrefix(name, "decisions/"); ok {
			if !strings.Contains(decisions, "("+d+")") {
				t.Errorf("docs/decisions/README.md does not list %s", d)
			}
		} else if !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
}

// TestDocsKnowTheProgram: what the program reads and prints by name is
// explained where people look for it.
func TestDocsKnowTheProgram(t *testing.T) {
	tell(t, "docs/operations.md", found(t, "cmd/evenflow/config.go", "yaml:\"([a-z_]+)"))
	tell(t, "docs/operations.md", found(t, "scada/auth/roles.go", `= "([a-z]+)"\n`)[:5])
	tell(t, "docs/balance.md", found(t, "cmd/evenflow/rehearsal.go", `(?m)^\t[A-Z][A-Za-z]+ +(?:int|float64|\[\]\S+) +.json:"([a-z_]+)`))
	tell(t, "docs/balance.md", found(t, "solver/estimate/estimate.go", `Code += "([a-z_]+)"`))
	tell(t, "docs/balance.md", found(t, "solver/balance/balance.go", `(?m)^\t(?:ValveWideOpen|PumpAtLimit|DifferentialShort|ShortageShared|Unconfirmed|IsHeld|CutOff|ValveAtMinimum) +Code = "([a-z_]+)"`))
	tell(t, "docs/operations.md", found(t, "scada/plant/fault.go", `"((?:dead|stuck|local|meter)[a-z-]*)"`))
	var modes, quantities []string
	for m := dispatch.Off; m <= dispatch.Auto; m++ {
		modes = append(modes, m.String())
	}
	tell(t, "docs/operations.md", modes)
	for q := models.QuantityNone + 1; q.String() != ""; q++ {
		quantities = append(quantities, q.String())
	}
	tell(t, "docs/formats/points.md", quantities)
	tell(t, "docs/formats/points.md", found(t, "scada/pointlist/columns.go", `(?m)^\t\{"([a-z_]+)"`))
}

// TestPeersAreTested: every row of complaints about other programs names tests,
// and they exist; a row without one says that it is not won.
func TestPeersAreTested(t *testing.T) {
	there := map[string]bool{}
	for _, f := range house(t) {
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(f.text, -1) {
			there[m[1]] = f.test
		}
	}
	rows := 0
	for _, line := range strings.Split(page(t, "docs/peers.md"), "\n") {
		if !regexp.MustCompile(`^\| \d`).MatchString(line) {
			continue
		}
		rows++
		names := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(line, -1)
		if len(names) == 0 && !strings.Contains(line, "not here yet") {
			t.Errorf("no test: %s", line)
		}
		for _, m := range names {
			if !there[m[1]] {
				t.Errorf("%s is no test: %s", m[1], line)
			}
		}
	}
	if rows < 23 {
		t.Errorf("%d rows", rows)
	}
}

// TestEnvelopesAreDocumented: the numbers of the desk's limits are those of
// the page.
func TestEnvelopesAreDocumented(t *testing.T) {
	text := page(t, "docs/operations.md")
	normal, _ := dispatch.EnvelopeNamed(dispatch.Normal)
	first, _ := dispatch.EnvelopeNamed(dispatch.InitialBalance)
	b, f := normal.Class[dispatch.ClassB], first.Class[dispatch.ClassB]
	for _, row := range []struct {
		ok  bool
		row string
	}{
		{b.Step == 0.10 && f.Step == 0.5, "| change in one command | 10 % | 50 % |"},
		{b.Rate == 0.15 && b.RateWindow.Minutes() == 10 && f.Rate == 0, "| changes within 10 min together | 15 % | no limit |"},
		{b.Between.Seconds() == 60 && f.Between == 0, "| between two writes of a point | 60 s | no limit |"},
		{b.PerDay == 48 && f.PerDay == 48, "| writes of a point in 24 h | 48 | 48 |"},
		{b.Deadband == 0.005 && f.Deadband == 0.005, "| smaller changes are not sent | 0.5 % | 0.5 % |"},
		{normal.Brake.StationShare == 0.10 && normal.Brake.FlowShare == 0.05 && normal.Brake.Window.Minutes() == 10, "| whole fleet within 10 min | 10 % of the stations and 5 % of the flow"},
		{normal.Brake.Stagger.Seconds() == 2 && first.Brake.Stagger == 0, "| between two writes | 2 s | none |"},
		{first.Brake.BatchShare == 0.20 && first.Brake.BatchEvery.Minutes() == 10, "| batches | none | 20 % of the stations, 10 min apart |"},
		{normal.Brake.Failures == 3 && first.Brake.Failures == 3, "| the order stops at | 3 failures | 3 failures |"},
	} {
		if !row.ok || !strings.Contains(text, row.row) {
			t.Errorf("docs/operations.md and scada/dispatch/limits.go differ at %q", row.row)
		}
	}
}
