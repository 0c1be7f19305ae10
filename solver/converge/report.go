package converge

import (
	"cmp"
	"slices"
	"strings"
)

// Report sums up what became of the cases.
type Report struct {
	Towns     int
	Nodes     int // of all towns together
	Hydraulic Mode
	Coupled   Mode
	Failed    []*Outcome // in their order
}

// Mode sums up one way of treating temperatures.
type Mode struct{ Cold, Warm Tally }

// Tally counts the linear solves of one kind of calculation.
type Tally struct {
	Solved    int   // steady states that stand up to the audit
	Named     int   // physical reasons why there is none
	Failed    int   // neither
	Histogram []int // solved cases by their linear solves
	Over      int   // solved with more than MostCold or MostWarm
	Most      int   // linear solves of the worst solved case
	Worst     []*Outcome
	Reasons   []Count // of those named, most frequent first
}

// Count is how often something was said.
type Count struct {
	What  string
	Times int
}

// worstShown is how many of the slowest cases a tally keeps.
const worstShown = 5

// Sum sums up.
func Sum(out []Outcome) *Report {
	r := &Report{Towns: len(out)}
	for i := range out {
		o := &out[i]
		r.Nodes += o.Nodes
		if o.Failed() {
			r.Failed = append(r.Failed, o)
		}
	}
	r.Hydraulic.Cold = tally(out, MostCold, func(o *Outcome) *Solved { return &o.Hydraulic.Cold })
	r.Hydraulic.Warm = tally(out, MostWarm, func(o *Outcome) *Solved { return &o.Hydraulic.Warm })
	r.Coupled.Cold = tally(out, MostCold, func(o *Outcome) *Solved { return &o.Coupled.Cold })
	r.Coupled.Warm = tally(out, MostWarm, func(o *Outcome) *Solved { return &o.Coupled.Warm })
	return r
}

// Failed reports whether anything about the case failed.
func (o *Outcome) Failed() bool { return o.Failure != "" || len(o.failures()) > 0 }

// failures lists what failed, each kind of calculation by name.
func (o *Outcome) failures() (list []string) {
	for _, x := range []struct {
		name string
		s    *Solved
	}{{"hydraulics, cold", &o.Hydraulic.Cold}, {"hydraulics, warm", &o.Hydraulic.Warm}, {"with temperatures, cold", &o.Coupled.Cold}, {"with temperatures, warm", &o.Coupled.Warm}} {
		if x.s.Failure != "" {
			list = append(list, x.name+": "+x.s.Failure)
		}
	}
	return list
}

// Why says what failed, one failure a line.
func (o *Outcome) Why() string {
	if o.Failure != "" {
		return o.Failure
	}
	return strings.Join(o.failures(), "\n")
}

func tally(out []Outcome, most int, of func(*Outcome) *Solved) (t Tally) {
	reasons := map[string]int{}
	var solved []*Outcome
	for i := range out {
		o := &out[i]
		s := of(o)
		switch {
		case s.Skipped:
		case o.Failure != "" || s.Failure != "":
			t.Failed++
		case s.Reason != "":
			t.Named++
			reasons[kind(s.Reason)]++
		default:
			t.Solved++
			for len(t.Histogram) <= s.Solves {
				t.Histogram = append(t.Histogram, 0)
			}
			t.Histogram[s.Solves]++
			if s.Solves > most {
				t.Over++
			}
			solved = append(solved, o)
		}
	}
	slices.SortStableFunc(solved, func(a, b *Outcome) int { return cmp.Compare(of(b).Solves, of(a).Solves) })
	if len(solved) > 0 {
		t.Most = of(solved[0]).Solves
	}
	t.Worst = solved[:min(len(solved), worstShown)]
	for what, n := range reasons {
		t.Reasons = append(t.Reasons, Count{what, n})
	}
	slices.SortFunc(t.Reasons, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(a.What, b.What)) })
	return t
}

// kind is a reason without the numbers and the elements in it.
func kind(reason string) string {
	words := strings.Fields(reason)
	for i, w := range words {
		if strings.ContainsAny(w, "0123456789") {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}

// Quantile returns the least number of linear solves that a share of the
// solved cases did not exceed.
func (t *Tally) Quantile(share float64) int {
	seen := 0
	for solves, n := range t.Histogram {
		if seen += n; float64(seen) >= share*float64(t.Solved) {
			return solves
		}
	}
	return 0
}
