package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

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
}

// peerRow is one file on both sides.
type peerRow struct {
	File    string `json:"file"`
	Nodes   int    `json:"nodes"`
	Links   int    `json:"links"`
	Version int    `json:"peer_version"`
	Failed  string `json:"failed,omitempty"`

	Setup   pairing `json:"setup"`
	Cold    pairing `json:"cold"`  // the peer with the accuracy that the file asks for
	Tight   pairing `json:"tight"` // the peer with the tightest it reaches
	Nothing pairing `json:"nothing_changed"`
	Moved   pairing `json:"one_link_changed"`

	HeadError  float64 `json:"peer_head_error_m"` // left by the file's accuracy
	FlowChange float64 `json:"peer_flow_change_lps"`
	TightHead  float64 `json:"peer_tight_head_error_m"`
	TightFlow  float64 `json:"peer_tight_flow_change_lps"`
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
	fmt.Fprintf(w, "Least milliseconds of interleaved runs on one core: peer / ours (x ratio). Peer: %s\n\n", r.Peer)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "file\tnodes\tset-up\tcold, the file's accuracy\tsolves\tcold, tight\tsolves\tone link changed\tsolves\tnothing changed\tleft by the peer: file, tight\tby us\theads apart")
	for i := range r.Rows {
		x := &r.Rows[i]
		if x.Failed != "" {
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d / %d\t%s\t%d / %d\t%s\t%d / %d\t%s\t%.0e m, %.0e m\t%.0e m\t%.0e m\n",
			strings.TrimSuffix(x.File, ".inp"), humanize.Comma(int64(x.Nodes)), x.Setup.text(), x.Cold.text(), x.Cold.Peer.Solves, x.Cold.Ours.Solves,
			x.Tight.text(), x.Tight.Peer.Solves, x.Tight.Ours.Solves, x.Moved.text(), x.Moved.Peer.Solves, x.Moved.Ours.Solves, x.Nothing.text(),
			x.HeadError, x.TightHead, x.OurHead, x.Apart)
	}
	t.Flush()
	fmt.Fprintln(w)
	for i := range r.Rows {
		if x := &r.Rows[i]; x.Failed != "" {
			fmt.Fprintf(w, "FAILED: %s: %s\n", x.File, x.Failed)
		}
	}
	r.printGoals(w)
}

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
}{{"dh_bridge_1k", 14}, {"bridge", 8.4}, {"demand", 22}, {"", 1.6}}

func (r *peerReport) printGoals(w io.Writer) {
	var short []string
	met := 0
	for i := range r.Rows {
		x := &r.Rows[i]
		if x.Failed != "" {
			continue
		}
		for _, g := range peerGoals {
			if !strings.Contains(x.File, g.name) {
				continue
			}
			if ratio := x.Cold.ratio(); ratio < g.goal {
				short = append(short, fmt.Sprintf("%s cold x %.1f of %.1f", strings.TrimSuffix(x.File, ".inp"), ratio, g.goal))
			} else {
				met++
			}
			break
		}
		if ratio := x.Setup.ratio(); ratio < 1 {
			short = append(short, fmt.Sprintf("%s set-up x %.1f of 1", strings.TrimSuffix(x.File, ".inp"), ratio))
		}
	}
	fmt.Fprintf(w, "cold goals met: %d\n", met)
	for _, s := range short {
		fmt.Fprintln(w, "short of its goal:", s)
	}
}
