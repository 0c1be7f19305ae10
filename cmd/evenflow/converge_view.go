package main

import (
	"strings"
	"time"

	"evenflow/solver/converge"
)

// convergeView is what `converge --json` prints.
type convergeView struct {
	Seed      int64            `json:"seed"`
	Towns     int              `json:"towns"`
	Junctions int              `json:"junctions"`
	Seconds   float64          `json:"seconds"`
	Hydraulic convergeModeView `json:"hydraulics"`
	Coupled   convergeModeView `json:"with_temperatures"`
	Failed    []caseView       `json:"failed"`
}

type convergeModeView struct {
	Cold tallyView `json:"cold"`
	Warm tallyView `json:"warm"`
}

type tallyView struct {
	Solved    int            `json:"solved"`
	Named     int            `json:"reason_named"`
	Failed    int            `json:"failed"`
	Histogram []int          `json:"cases_by_solves"`
	Median    int            `json:"median_solves"`
	Most      int            `json:"most_solves"`
	Over      int            `json:"over_the_goal"`
	Goal      int            `json:"goal"`
	Worst     []caseView     `json:"worst"`
	Reasons   map[string]int `json:"reasons"`
}

type caseView struct {
	Case     int      `json:"case"`
	Stations int      `json:"stations"`
	Text     string   `json:"text"`
	Why      []string `json:"why,omitempty"`
}

func newConvergeView(r *converge.Report, seed int64, took time.Duration) convergeView {
	v := convergeView{Seed: seed, Towns: r.Towns, Junctions: r.Nodes, Seconds: took.Seconds(), Failed: []caseView{}}
	v.Hydraulic = convergeModeView{viewTally(&r.Hydraulic.Cold, converge.MostCold), viewTally(&r.Hydraulic.Warm, converge.MostWarm)}
	v.Coupled = convergeModeView{viewTally(&r.Coupled.Cold, converge.MostCold), viewTally(&r.Coupled.Warm, converge.MostWarm)}
	for _, o := range r.Failed {
		c := viewCase(o)
		c.Why = strings.Split(o.Why(), "\n")
		v.Failed = append(v.Failed, c)
	}
	return v
}

func viewTally(t *converge.Tally, goal int) tallyView {
	v := tallyView{Solved: t.Solved, Named: t.Named, Failed: t.Failed, Histogram: append([]int{}, t.Histogram...),
		Median: t.Quantile(0.5), Most: t.Most, Over: t.Over, Goal: goal, Worst: []caseView{}, Reasons: map[string]int{}}
	for _, o := range t.Worst {
		v.Worst = append(v.Worst, viewCase(o))
	}
	for _, c := range t.Reasons {
		v.Reasons[c.What] = c.Times
	}
	return v
}

func viewCase(o *converge.Outcome) caseView {
	return caseView{Case: o.Index, Stations: o.Town.Stations, Text: caseText(o)}
}
