package main

import (
	"fmt"
	"io"
	"math"
	"sort"

	"evenflow/models"
	"evenflow/solver/balance"
)

// balanceReport is what `balance --json` prints. Values that are unknown are
// absent.
type balanceReport struct {
	Network   string          `json:"network"`
	Pumps     pumpsView       `json:"pumps"`
	Index     string          `json:"index_station,omitempty"`
	Shared    bool            `json:"shortage_shared"`
	Level     float64         `json:"x_wanted"`
	InBand    int             `json:"in_band"` // 0.95-1.05
	Before    int             `json:"in_band_before"`
	Judged    int             `json:"stations_with_requirement"`
	Stations  []balancedView  `json:"stations"`
	Shortfall []shortfallView `json:"shortfalls"`
	Islands   []islandView    `json:"islands"`
	Notes     []string        `json:"notes"`
}

type pumpsView struct {
	SpeedBefore  *float64 `json:"speed_before,omitempty"`
	Speed        *float64 `json:"speed,omitempty"`
	Differential *float64 `json:"differential_pa,omitempty"`
	HeadBefore   float64  `json:"head_before_pa"`
	Head         float64  `json:"head_pa"`
	PowerBefore  float64  `json:"power_before_w"`
	Power        float64  `json:"power_w"`
	AtLimit      bool     `json:"at_limit"`
}

type balancedView struct {
	ID            string   `json:"id"`
	Name          string   `json:"name,omitempty"`
	XBefore       *float64 `json:"x_before,omitempty"`
	X             *float64 `json:"x,omitempty"`
	OpeningBefore float64  `json:"opening_before"`
	Opening       float64  `json:"opening"`
	Reason        string   `json:"reason,omitempty"` // of the move
}

type shortfallView struct {
	ID           string  `json:"id"`
	Name         string  `json:"name,omitempty"`
	X            float64 `json:"x"`
	Reason       string  `json:"reason"`
	Differential float64 `json:"differential_pa"`
	Need         float64 `json:"need_pa"`
	Cure         string  `json:"cure"`
	CureValue    float64 `json:"cure_value,omitempty"`
}

func known(o models.Optional) *float64 {
	if !o.Known {
		return nil
	}
	return &o.Value
}

// newBalanceReport gathers the plan for printing.
func newBalanceReport(n *models.Network, p *balance.Plan) *balanceReport {
	r := &balanceReport{Network: n.Name, Index: string(p.Index), Shared: p.Shared, Level: p.Level, Notes: append([]string{}, p.Notes...),
		Stations: []balancedView{}, Shortfall: []shortfallView{}, Islands: viewIslands(p.Predicted.Islands),
		Pumps: pumpsView{Speed: known(p.Speed), Differential: known(p.Differential), HeadBefore: p.HeadBefore, Head: p.Head,
			PowerBefore: p.PowerBefore, Power: p.Power, AtLimit: p.AtLimit}}
	moves := map[models.ID]balance.Move{}
	for _, m := range p.Moves {
		moves[m.Point.Element] = m
		if m.Point.Quantity == models.SpeedSetpoint {
			from := m.From
			r.Pumps.SpeedBefore = &from
		}
	}
	band := func(x models.Optional) int {
		if x.Known && math.Abs(x.Value-1) <= 0.05 {
			return 1
		}
		return 0
	}
	for i := range n.Stations {
		st := &n.Stations[i]
		v := balancedView{ID: string(st.ID), Name: st.Name, XBefore: known(p.XBefore[i]), X: known(p.X[i]), OpeningBefore: p.Openings[i], Opening: p.Openings[i]}
		if m, ok := moves[st.ID]; ok {
			v.OpeningBefore, v.Reason = m.From, string(m.Reason)
		}
		r.Stations = append(r.Stations, v)
		if p.X[i].Known {
			r.Judged++
		}
		r.InBand += band(p.X[i])
		r.Before += band(p.XBefore[i])
	}
	for _, s := range p.Shortfalls {
		r.Shortfall = append(r.Shortfall, shortfallView{ID: string(s.Station), Name: n.Stations[s.Index].Name, X: s.X, Reason: string(s.Reason),
			Differential: s.Differential, Need: s.Need, Cure: s.Cure.Code, CureValue: s.Cure.Value})
	}
	return r
}

// print writes the plan for people: pumps, stations farthest off first, and
// who will come short.
func (r *balanceReport) print(w io.Writer, rows int) {
	if r.Network != "" {
		fmt.Fprintln(w, r.Network)
	}
	p := r.Pumps
	switch {
	case p.Speed != nil && p.SpeedBefore != nil:
		fmt.Fprintf(w, "pumps: speed %.1f -> %.1f %%, ", *p.SpeedBefore*100, *p.Speed*100)
	case p.Speed != nil:
		fmt.Fprintf(w, "pumps: speed stays at %.1f %%, ", *p.Speed*100)
	default:
		fmt.Fprint(w, "pumps: ")
	}
	fmt.Fprintf(w, "head %.1f -> %.1f kPa, power %.1f -> %.1f kW", p.HeadBefore/1e3, p.Head/1e3, p.PowerBefore/1e3, p.Power/1e3)
	if p.AtLimit {
		fmt.Fprint(w, ", at their limit")
	}
	fmt.Fprintf(w, "\n%d of %s in 0.95-1.05, %d before", r.InBand, plural(r.Judged, "station"), r.Before)
	if r.Index != "" {
		fmt.Fprintf(w, "; index station %s", r.Index)
	}
	if r.Shared {
		fmt.Fprintf(w, "; a shortage is shared, x %.3f wanted of everybody", r.Level)
	}
	fmt.Fprintln(w)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	r.printStations(w, rows)
	r.printShortfalls(w, rows)
	printIslands(w, r.Islands)
}

func (r *balanceReport) printStations(w io.Writer, rows int) {
	list := append([]balancedView(nil), r.Stations...)
	off := func(v balancedView) float64 {
		if v.XBefore == nil {
			return -1
		}
		return math.Abs(*v.XBefore - 1)
	}
	sort.SliceStable(list, func(i, k int) bool { return off(list[i]) > off(list[k]) })
	fmt.Fprintln(w)
	t := table(w, "station,x,opening %,->,opening %,x,why")
	n := limited(len(list), rows)
	for _, v := range list[:n] {
		fmt.Fprintf(t, "%s\t%s\t%.1f\t->\t%.1f\t%s\t%s\t\n", v.ID, or(v.XBefore, 1, 3), v.OpeningBefore*100, v.Opening*100, or(v.X, 1, 3), v.Reason)
	}
	t.Flush()
	more(w, len(list), n)
}

func (r *balanceReport) printShortfalls(w io.Writer, rows int) {
	if len(r.Shortfall) == 0 {
		return
	}
	fmt.Fprintln(w, "\nNot as required:")
	t := table(w, "station,x,has kPa,needs kPa,reason,cure")
	n := limited(len(r.Shortfall), rows)
	for _, s := range r.Shortfall[:n] {
		fmt.Fprintf(t, "%s\t%.3f\t%.1f\t%.1f\t%s\t%s\t\n", s.ID, s.X, s.Differential/1e3, s.Need/1e3, s.Reason, cureText(s))
	}
	t.Flush()
	more(w, len(r.Shortfall), n)
}

// cureText words a cure.
func cureText(s shortfallView) string {
	switch s.Cure {
	case "raise_head":
		return fmt.Sprintf("%.1f kPa more head", s.CureValue/1e3)
	case "clear_branch":
		return fmt.Sprintf("clear its branch: %.1f kPa too much are lost there", s.CureValue/1e3)
	case "larger_valve", "smaller_valve":
		if s.CureValue == 0 {
			return s.Cure
		}
		return fmt.Sprintf("a valve of Kvs %.0f m3/h", s.CureValue)
	case "open_valves":
		return "open the valves that cut it off"
	case "confirm_reading":
		return "confirm its flow meter"
	}
	return s.Cure
}
