// Package verify runs the reference cases that lie below a folder and says,
// for each, how far the program is from the reference and how far it may be.
// It serves go test and `evenflow verify`.
//
// A case is solved under the assumptions it was made with (fluid tables,
// friction law, gravity, air column, order of hydraulics and heat) and
// compared within the limits that come with it; it is solved once more with
// the product's defaults, and that difference is told without a limit.
package verify

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"evenflow/models"
	"evenflow/models/netfile"
)

// Outcome is what became of a case.
type Outcome uint8

// The outcomes.
const (
	Passed     Outcome = iota
	Failed             // a deviation beyond its limit, or no solution
	Known              // the reference is known to be wrong, and how
	NotCovered         // the program has no such element or calculation yet
)

var outcomeNames = [...]string{"passed", "failed", "known difference", "not covered"}

// String returns the outcome's word.
func (o Outcome) String() string { return outcomeNames[o] }

// MarshalText makes outcomes words in JSON.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Deviation is the largest difference of one quantity in a case.
type Deviation struct {
	Quantity string    `json:"quantity"`
	Element  models.ID `json:"element,omitempty"`
	Value    float64   `json:"value"`
	Limit    float64   `json:"limit,omitempty"` // 0: told without a limit
	Unit     string    `json:"unit,omitempty"`
}

// ratio is how much of the limit is used.
func (d Deviation) ratio() float64 {
	if d.Limit <= 0 {
		return 0
	}
	return d.Value / d.Limit
}

// Line is what is said about one case.
type Line struct {
	Case       string      `json:"case"`
	Outcome    Outcome     `json:"outcome"`
	Deviations []Deviation `json:"deviations,omitempty"` // worst first
	Reason     string      `json:"reason,omitempty"`
	Defaults   []Deviation `json:"defaults,omitempty"` // with the product's own options
	Note       string      `json:"note,omitempty"`
}

// Report is what Run found.
type Report struct {
	Lines      []Line `json:"cases"`
	Passed     int    `json:"passed"`
	Failed     int    `json:"failed"`
	Known      int    `json:"known_differences"`
	NotCovered int    `json:"not_covered"`
}

// tally collects the largest deviation of each quantity of a case.
type tally struct {
	order []string
	worst map[string]Deviation
}

func newTally() *tally { return &tally{worst: map[string]Deviation{}} }

// add notes a deviation; a value that is no number counts as endless.
func (t *tally) add(d Deviation) {
	d.Value = math.Abs(d.Value)
	if math.IsNaN(d.Value) || math.IsInf(d.Value, 0) {
		d.Value = math.MaxFloat64 // JSON knows no infinity
	}
	w, seen := t.worst[d.Quantity]
	if !seen {
		t.order = append(t.order, d.Quantity)
	}
	if !seen || d.ratio() > w.ratio() || d.Limit <= 0 && d.Value > w.Value {
		t.worst[d.Quantity] = d
	}
}

// list returns the deviations, the one that uses most of its limit first.
func (t *tally) list() []Deviation {
	var out []Deviation
	for _, q := range t.order {
		out = append(out, t.worst[q])
	}
	sort.SliceStable(out, func(i, k int) bool { return out[i].ratio() > out[k].ratio() })
	return out
}

// line makes the line of a case from its deviations.
func (t *tally) line(name string) Line {
	l := Line{Case: name, Deviations: t.list()}
	for _, d := range l.Deviations {
		if d.Value > d.Limit {
			l.Outcome = Failed
			l.Reason = "beyond its limit: " + d.text()
			break
		}
	}
	if len(l.Deviations) == 0 {
		l.Outcome, l.Reason = Failed, "nothing could be compared"
	}
	return l
}

func failed(name string, err error) Line {
	return Line{Case: name, Outcome: Failed, Reason: err.Error()}
}

// text prints a deviation with its limit.
func (d Deviation) text() string {
	s := fmt.Sprintf("%s %.2g", d.Quantity, d.Value)
	if d.Unit != "" {
		s += " " + d.Unit
	}
	if d.Limit > 0 {
		s += fmt.Sprintf(" of %.2g", d.Limit)
	}
	if d.Element != "" && d.Value > 0 {
		s += fmt.Sprintf(" at %s", d.Element)
	}
	return s
}

// runner verifies one file; nil lines mean that the file is no case.
type runner func(ctx context.Context, path, name string) ([]Line, error)

// Run verifies every case below dir that it recognises, in the order of their
// paths. progress, if not nil, is called with each finished line. When ctx ends
// the report holds what was finished, and the error is the context's.
func Run(ctx context.Context, dir string, progress func(Line)) (*Report, error) {
	r := &Report{}
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return ctx.Err()
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		run := recognise(path)
		if run == nil {
			return nil
		}
		lines, err := run(ctx, path, caseName(rel))
		if err == nil {
			err = ctx.Err() // a case that was cut short says nothing
		}
		if err != nil {
			return err
		}
		for _, l := range lines {
			found = true
			r.count(l)
			if progress != nil {
				progress(l)
			}
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("no reference case below %s; give the folder that holds dh, textbook, destest …", dir)
	}
	return r, err
}

func (r *Report) count(l Line) {
	r.Lines = append(r.Lines, l)
	switch l.Outcome {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	case Known:
		r.Known++
	case NotCovered:
		r.NotCovered++
	}
}

// caseName is the path without what only says how the file is packed.
func caseName(rel string) string {
	rel = filepath.ToSlash(rel)
	for _, end := range []string{".gz", ".json", ".csv", ".mos"} {
		rel = strings.TrimSuffix(rel, end)
	}
	return rel
}

// recognise returns how a file is verified, nil if it is no case.
func recognise(path string) runner {
	base, folder := filepath.Base(path), filepath.Base(filepath.Dir(path))
	isJSON := strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".json.gz")
	switch {
	case base == "five_user_ladder.json":
		return fiveUserLadder
	case base == "bmstu_leak_network.csv":
		return bmstuLeak
	case base == "reference_own_CE0.csv":
		return destestCE0
	case strings.HasSuffix(base, "_Network_1.csv") && folder == "results":
		return notCovered("the common exercise CE_1 is a week of weather: Evenflow has no transient calculation yet")
	case base == "water_if97.csv":
		return waterProperties
	case base == "saturation.csv":
		return saturation
	case base == "colebrook_reference.csv":
		return colebrook
	case strings.HasSuffix(base, ".mos") || base == "published_results_case1.csv":
		return notCovered("a measured temperature front: Evenflow has no transient calculation yet")
	case isJSON && folder == "ref":
		return waterNetwork
	case isJSON:
		return dhCase
	}
	return nil
}

func notCovered(reason string) runner {
	return func(_ context.Context, _, name string) ([]Line, error) {
		return []Line{{Case: name, Outcome: NotCovered, Reason: reason}}, nil
	}
}

// Print writes one line of a report.
func (l Line) Print(w io.Writer) {
	var parts []string
	for _, d := range l.Deviations {
		parts = append(parts, d.text())
	}
	text := strings.Join(parts, ", ")
	if l.Outcome != Passed {
		text = l.Reason
	}
	if l.Note != "" {
		text += " (" + l.Note + ")"
	}
	if len(l.Defaults) > 0 {
		var own []string
		for _, d := range l.Defaults {
			own = append(own, d.text())
		}
		text += "; with our own defaults: " + strings.Join(own, ", ")
	}
	fmt.Fprintf(w, "%-8s %-34s %s\n", mark[l.Outcome], l.Case, text)
}

var mark = [...]string{"ok", "FAILED", "known", "-"}

// Summary writes the lists of known differences and of what is not covered,
// and the last line.
func (r *Report) Summary(w io.Writer) {
	for _, o := range []Outcome{Failed, Known, NotCovered} {
		said := map[string][]string{}
		var order []string
		for _, l := range r.Lines {
			if l.Outcome != o {
				continue
			}
			if len(said[l.Reason]) == 0 {
				order = append(order, l.Reason)
			}
			said[l.Reason] = append(said[l.Reason], l.Case)
		}
		for _, reason := range order {
			fmt.Fprintf(w, "%s: %s: %s\n", o, strings.Join(said[reason], ", "), reason)
		}
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d known differences, %d not covered\n", r.Passed, r.Failed, r.Known, r.NotCovered)
}

// unpacked reads a file, packed with gzip or not.
func unpacked(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return netfile.Unpack(f)
}
