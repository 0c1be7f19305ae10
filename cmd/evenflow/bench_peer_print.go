package main

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/dustin/go-humanize"
)

// peerReport is what `bench --peer --json` prints.
type peerReport struct {
	OS   string    `json:"os"`
	Arch string    `json:"arch"`
	CPUs int       `json:"cpus"`
	Go   string    `json:"go"`
	Peer string    `json:"peer"`
	Rows []peerRow `json:"files"`

	Goals []peerGoal `json:"goals"`
}

// peerRow is one file on both sides.
type peerRow struct {
	File    string `json:"file"`
	Nodes   int    `json:"nodes"`
	Links   int    `json:"links"`
	Version int    `json:"peer_version"`
	Failed  string `json:"failed,omitempty"`

	Check   series  `json:"our_check"` // part of the reading
	Setup   pairing `json:"setup"`
	Same    pairing `json:"cold_same_rule"` // the peer with the accuracy that the file asks for, ours with the head error that it leaves
	Cold    pairing `json:"cold"`           // the same, ours to our own limit
	Tight   pairing `json:"tight"`          // the peer with the tightest it reaches, ours to our own limit
	Nothing pairing `json:"nothing_changed"`
	Moved   pairing `json:"one_link_changed"`

	HeadError  float64 `json:"peer_head_error_m"` // left by the file's accuracy
	FlowChange float64 `json:"peer_flow_change_lps"`
	TightHead  float64 `json:"peer_tight_head_error_m"`
	TightFlow  float64 `json:"peer_tight_flow_change_lps"`
	SameHead   float64 `json:"our_same_rule_head_error_m"`
	SameMass   float64 `json:"our_same_rule_mass_error_kg_per_s"`
	OurHead    float64 `json:"our_head_error_m"`
	OurMass    float64 `json:"our_mass_error_kg_per_s"`
	Apart      float64 `json:"heads_apart_m"` // from the peer's tightest
}

// pairing is one thing measured on both sides.
type pairing struct {
	Peer series `json:"peer"`
	Ours series `json:"ours"`
}

// ratio is how many times faster we are, by the least times.
func (p *pairing) ratio() float64 { return p.Peer.LeastMs / p.Ours.LeastMs }

func (r *peerReport) print(w io.Writer) {
	fmt.Fprintf(w, "Least milliseconds of interleaved runs on one core: peer / ours (x ratio). Peer: %s\n", r.Peer)
	fmt.Fprint(w, `check          ours, of a decoded network, with the index of its elements: a part of the reading
cold           the peer with the accuracy of the file, ours with no more head error than that leaves
cold, strict   the peer with the accuracy of the file, ours to 1e-3 Pa (1e-7 m)
cold, tight    the peer with the tightest accuracy it reaches, ours to 1e-3 Pa; changes likewise to 1e-3 Pa

`)
	t := leftAligned(w)
	fmt.Fprintln(t, "file\tnodes\tcheck\tset-up\tcold\tsolves\tcold, strict\tsolves\tcold, tight\tsolves\tone link changed\tsolves\tnothing changed")
	for x := range r.solved() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.name(), humanize.Comma(int64(x.Nodes)), shortMs(x.Check.LeastMs),
			x.Setup.text(), x.Same.text(), x.Same.solves(), x.Cold.text(), x.Cold.solves(), x.Tight.text(), x.Tight.solves(), x.Moved.text(), x.Moved.solves(), x.Nothing.text())
	}
	t.Flush()
	fmt.Fprintln(w, "\nHead errors left, m: peer / ours; mass balance ours, kg/s:")
	fmt.Fprintln(t, "file\tcold\tmass\tstrict\tmass\tpeer, tight\theads apart when both are tight")
	for x := range r.solved() {
		fmt.Fprintf(t, "%s\t%.0e / %.0e\t%.0e\t%.0e\t%.0e\t%.0e\t%.0e\n", x.name(), x.HeadError, x.SameHead, x.SameMass, x.OurHead, x.OurMass, x.TightHead, x.Apart)
	}
	t.Flush()
	fmt.Fprintln(w)
	for i := range r.Rows {
		if x := &r.Rows[i]; x.Failed != "" {
			fmt.Fprintf(w, "FAILED: %s: %s\n", x.File, x.Failed)
		}
	}
	for i := range r.Goals {
		r.Goals[i].print(w)
	}
}

// solved yields the files that both sides solved.
func (r *peerReport) solved() iter.Seq[*peerRow] {
	return func(yield func(*peerRow) bool) {
		for i := range r.Rows {
			if x := &r.Rows[i]; x.Failed == "" && !yield(x) {
				return
			}
		}
	}
}

func (x *peerRow) name() string { return strings.TrimSuffix(x.File, ".inp") }

func (p *pairing) solves() string { return fmt.Sprintf("%d / %d", p.Peer.Solves, p.Ours.Solves) }

func (p *pairing) text() string {
	if p.Peer.Runs == 0 {
		return "-"
	}
	return fmt.Sprintf("%s / %s (x %.1f)", shortMs(p.Peer.LeastMs), shortMs(p.Ours.LeastMs), p.ratio())
}

// peerGoals say how many times faster than the peer a cold calculation should
// be, by the kind of file.
var peerGoals = []struct {
	name string
	goal float64
}{{"dh_bridge_1k", 14}, {"bridge", 8.4}, {"demand", 22}}

// anyGoal is that of every other file: as fast as the same engine compiled for
// the machine.
const anyGoal = 1.6

// The other goals: how many times faster than the peer's cold calculation one
// after a change is, from so many nodes on.
const (
	changedGoal  = 10
	changedNodes = 10000
)

// peerGoal says on how many files a goal is met.
type peerGoal struct {
	Name  string   `json:"goal"`
	Met   int      `json:"met"`
	Of    int      `json:"of"`
	Short []string `json:"short,omitempty"`
}

func (g *peerGoal) enter(x *peerRow, ratio, goal float64) {
	if g.Of++; ratio >= goal {
		g.Met++
	} else {
		g.Short = append(g.Short, fmt.Sprintf("%s x %.2f of %.3g", x.name(), ratio, goal))
	}
}

func (g *peerGoal) print(w io.Writer) {
	fmt.Fprintf(w, "goal, %s: met on %d of %s", g.Name, g.Met, plural(g.Of, "file"))
	if len(g.Short) > 0 {
		fmt.Fprintf(w, "; short of it: %s", strings.Join(g.Short, ", "))
	}
	fmt.Fprintln(w)
}

// judge compares the files with the goals.
func (r *peerReport) judge() {
	same, strict, tight := peerGoal{Name: "cold with the head error that the peer leaves"}, peerGoal{Name: "cold, strict"}, peerGoal{Name: "cold, tight on both sides"}
	setup := peerGoal{Name: "set-up no longer than the peer's"}
	changed := peerGoal{Name: fmt.Sprintf("one link changed, against the peer's cold, from %s nodes on", humanize.Comma(changedNodes))}
	for x := range r.solved() {
		goal := coldGoal(x.File)
		same.enter(x, x.Same.ratio(), goal)
		strict.enter(x, x.Cold.ratio(), goal)
		tight.enter(x, x.Tight.ratio(), goal)
		setup.enter(x, x.Setup.ratio(), 1)
		if x.Nodes >= changedNodes && x.Moved.Ours.Runs > 0 {
			changed.enter(x, x.Same.Peer.LeastMs/x.Moved.Ours.LeastMs, changedGoal)
		}
	}
	r.Goals = []peerGoal{same, strict, tight, setup, changed}
}

func coldGoal(file string) float64 {
	for _, g := range peerGoals {
		if strings.Contains(file, g.name) {
			return g.goal
		}
	}
	return anyGoal
}
