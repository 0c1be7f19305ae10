package dispatch

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"evenflow/models"
	"evenflow/scada/journal"
)

// holes are the values that a sentence needs.
func holes(text string) []string {
	var out []string
	for _, m := range slot.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Every sentence stands in both languages, with the same values in both, and
// English has no Chinese in it. No two say the same in Chinese.
func TestSentencesInBothLanguages(t *testing.T) {
	chinese := map[string]string{}
	for code, s := range sentences {
		for _, pair := range [][2]string{{s.en, s.zh}, {s.doEN, s.doZH}} {
			if strings.ContainsFunc(pair[0], func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s: Chinese in %q", code, pair[0])
			}
			if (pair[0] == "") != (pair[1] == "") {
				t.Errorf("%s: one language is missing: %q %q", code, pair[0], pair[1])
			}
			if len(holes(pair[1])) > 0 && !slices.Equal(holes(pair[0]), holes(pair[1])) {
				t.Errorf("%s: %q and %q say different values", code, pair[0], pair[1])
			}
		}
		if s.en == "" {
			t.Errorf("%s says nothing", code)
		}
		if other, twice := chinese[s.zh]; twice {
			t.Errorf("%s and %s say the same: %s", code, other, s.zh)
		}
		chinese[s.zh] = code
	}
}

// Every reason given in the program is a sentence, and gives the values that
// the sentence needs; every sentence is said somewhere.
func TestEveryReasonHasItsSentence(t *testing.T) {
	codes, calls := sourceOf(t)
	used := map[string]bool{}
	for _, c := range calls {
		code, known := codes[c.code]
		s, says := sentences[code]
		if !known || !says {
			t.Errorf("%s: %s has no sentence", c.at, c.code)
			continue
		}
		used[code] = true
		for _, need := range append(holes(s.en), holes(s.doEN)...) {
			if !slices.Contains(c.values, need) {
				t.Errorf("%s: %s is not told {%s}", c.at, c.code, need)
			}
		}
	}
	// Said by the rooms above, through Because.
	for _, code := range []string{WhyBalance, WhyForeign, WhyForeignLocal, WhyForeignCurve, WhyOwnPlant} {
		used[code] = true
	}
	for code := range sentences {
		if !used[code] {
			t.Errorf("nobody says %s", code)
		}
	}
}

// saying is one call of why or refuse in the source.
type saying struct {
	at     token.Position
	code   string // name of the constant
	values []string
}

// sourceOf reads the codes and the calls of this package's source.
func sourceOf(t *testing.T) (codes map[string]string, calls []saying) {
	t.Helper()
	set := token.NewFileSet()
	packages, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes = map[string]string{}
	ast.Inspect(packages["dispatch"], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if len(n.Values) == 1 {
				if lit, ok := n.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					codes[n.Names[0].Name], _ = strconv.Unquote(lit.Value)
				}
			}
		case *ast.CallExpr:
			name, ok := n.Fun.(*ast.Ident)
			if !ok || (name.Name != "why" && name.Name != "refuse") {
				return true
			}
			args := n.Args
			if name.Name == "refuse" {
				args = args[1:]
			}
			said := saying{at: set.Position(n.Pos())}
			if id, ok := args[0].(*ast.Ident); ok {
				if id.Name == "code" {
					return true // Because hands on what it was given
				}
				said.code = id.Name
			}
			for _, a := range args[1:] {
				if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, _ := strconv.Unquote(lit.Value)
					said.values = append(said.values, text)
				}
			}
			calls = append(calls, said)
		}
		return true
	})
	if len(calls) < 60 {
		t.Fatalf("only %d reasons were found", len(calls))
	}
	return codes, calls
}

// The words are the same after the values have been stored and read back.
func TestWordsOfStoredReasons(t *testing.T) {
	until := time.Date(2026, 1, 5, 14, 30, 0, 0, time.Local)
	for _, c := range []struct {
		w      Why
		en, zh string
	}{
		{why(WhyLocked, "kind", Locked.words(), "by", "李工", "until_ms", until, "reason", "检修"), "locked by 李工 until 2026-01-05 14:30: 检修", "已被 李工 锁定至 2026-01-05 14:30：检修"},
		{why(WhyOldValue, "found", shown(models.OpeningSetpoint, 0.671), "expected", shown(models.OpeningSetpoint, 0.5)), "somebody moved it: it holds 67.1 %, 50.0 % was expected", "已被他人改动：现为 67.1 %，应为 50.0 %"},
		{why(WhyRateLimit, "ago_s", 95*time.Second, "pause_s", time.Hour), "was written 1 min 35 s ago; at least 1 h between two writes", "1 分钟 35 秒前刚写过，两次下发至少间隔 1 小时"},
		{why(WhyQuality, "point", models.PointID{Element: "S-007", Quantity: models.OpeningFeedback}, "quality", "stale: heartbeat stands still"), "S-007/opening_feedback is not read well: stale: heartbeat stands still", "S-007 阀位反馈 读数不合格（陈旧：heartbeat stands still）"},
		{why(WhyQueued, "count", 60, "batches", 5, "envelope", InitialBalance), "60 setpoints in 5 batches under initial-balance", "60 项分 5 批，按初调节限值"},
	} {
		var stored Spoken
		if err := json.Unmarshal(explained(journal.Entry{}, c.w).Detail, &stored); err != nil || len(stored.Why) != 1 {
			t.Fatalf("%s: %v", c.w.Code, err)
		}
		en, zh := Words(stored.Why[0].Code, stored.Why[0].Values)
		if c.w.Text != c.en || en != c.en || zh != c.zh {
			t.Errorf("%s: %q, stored %q, %q", c.w.Code, c.w.Text, en, zh)
		}
	}
	if en, zh := Words(WhyRevert, map[string]any{"order": "01a2110c-cd0c-79a3-81e7-2f7666daac33"}); en != "puts back what order #DAAC33 replaced" || zh != "恢复指令 #DAAC33 之前的值" {
		t.Errorf("%q %q", en, zh)
	}
	if got := refuse(BadRequest, noLock).at(models.PointID{Element: "S-003"}).Error(); got != "S-003: it is not locked" {
		t.Error(got)
	}
	var lock Spoken
	row := explained(journal.Entry{}, inWords("", "检修"), why(WhyUntil, "until_ms", until))
	if err := json.Unmarshal(row.Detail, &lock); err != nil || row.Reason != "检修, until 2026-01-05 14:30" || lock.Chinese() != "检修；至 2026-01-05 14:30" {
		t.Errorf("%+v %q, %v", row, lock.Chinese(), err)
	}
	if row := explained(journal.Entry{}, inWords(WhyRejected, "数据不可信")); row.Reason != "数据不可信" || row.Detail != nil {
		t.Errorf("what a person typed: %+v", row)
	}
	right := refuse(Forbidden, noRight, "who", "li", "role", RoleViewer, "action", string(actApprove), "roles", "dispatcher or engineer")
	if got := right.Chinese(); got != "li（只读人员）无权批准指令；请找调度员或工程师" {
		t.Error(got)
	}
	two := spokenOf(errors.Join(refuse(OutOfLimits, noFrost, "least_opening", "2 %"), refuse(BadRequest, noTwice)))
	if len(two.Why) != 2 || two.Why[1].Code != noTwice {
		t.Errorf("two refusals are spoken of as %+v", two)
	}
}
