package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"

	"evenflow/models"
	"evenflow/models/unit"
	"evenflow/solver"
)

type valveView struct {
	ID      string  `json:"id"`
	Opening float64 `json:"opening"`
	Flow    float64 `json:"flow_kg_per_s"`
	DropPa  float64 `json:"drop_pa"`
	Cut     bool    `json:"cut,omitempty"`
}

type pumpView struct {
	ID       string  `json:"id"`
	Flow     float64 `json:"flow_kg_per_s"`
	LiftPa   float64 `json:"lift_pa"`
	Speed    float64 `json:"speed"`
	PowerW   float64 `json:"power_w"`
	OutOfUse bool    `json:"out_of_service,omitempty"`
	Cut      bool    `json:"cut,omitempty"`
}

// controlView says how what holds something by itself stands.
type controlView struct {
	ID        string  `json:"id"`
	Stand     string  `json:"stand"`
	Setpoint  float64 `json:"setpoint"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Kept      bool    `json:"kept"`
	Undecided bool    `json:"undecided,omitempty"`
}

// stands are the words of models.ControlStand.
var stands = [...]string{models.Holding: "holding", models.WideOpen: "wide_open", models.Shut: "shut", models.Lowest: "lowest"}

// zeroView is a place where supply and return stand under one pressure.
type zeroView struct {
	Branch   string  `json:"branch"`
	From     string  `json:"from"` // the junction with the higher differential
	To       string  `json:"to"`
	Position float64 `json:"position_m"`
}

func (r *solveReport) printZero(w io.Writer) {
	for _, z := range r.Zero {
		fmt.Fprintf(w, "\nZero-differential point 零压差点: in %s, %.1f m after %s towards %s\n", z.Branch, z.Position, z.From, z.To)
	}
}

// shortages are the words of models.Shortage.
var shortages = [...]string{models.ShortCutOff: "cut_off", models.ShortTooCold: "too_cold", models.ShortExchanger: "exchanger",
	models.ShortValve: "valve", models.ShortDifferential: "differential", models.ShortFlow: "flow", models.ShortTooHot: "too_hot"}

// shortWords say why a station is short of heat.
var shortWords = map[string]string{"cut_off": "cut off", "too_cold": "the water arrives too cold", "exchanger": "the exchanger passes no more",
	"valve": "the valve is wide open", "differential": "the valve is wide open, the differential short", "flow": "the flow does not carry it", "too_hot": "the water arrives too hot to take it"}

// meritStage returns the word for a source's stage in the order of merit.
func meritStage(x *models.Source, y *models.SourceState) string {
	if x.Merit == 0 || x.OutOfService {
		return ""
	}
	return [...]string{models.Regulating: "regulating", models.AtLimit: "at_limit", models.Waiting: "waiting"}[y.Stage]
}

// openingText is the column of the opening, %: in brackets that which a given
// flow or heat needs.
func (v *stationView) openingText() string {
	if v.Needed != nil {
		return "(" + decimals(*v.Needed*100, 1) + ")"
	}
	return or(v.Opening, 100, 1)
}

// openingWords say why no opening gives a flow.
var openingWords = [...]struct{ code, text string }{
	{"no_valve", "no control valve in the file"}, {"no_flow", "nothing passes"}, {"more_than_open", "the flow needs more than the open valve passes"},
	{"no_differential_left", "the fixed resistance takes all the differential there is"}, {"leaks_more", "the closed valve leaks more than the flow"},
}

// printOpenings says what the brackets and the dashes in that column mean.
func (r *solveReport) printOpenings(w io.Writer) {
	without := map[string][]models.ID{}
	needed := false
	for i := range r.Stations {
		v := &r.Stations[i]
		needed = needed || v.Needed != nil
		without[v.NoOpening] = append(without[v.NoOpening], models.ID(v.ID))
	}
	if needed {
		fmt.Fprintln(w, "  (opening): that which the given flow or heat needs")
	}
	for _, x := range openingWords {
		if list := without[x.code]; len(list) > 0 {
			fmt.Fprintf(w, "  no opening: %s: %s (%s)\n", x.text, plural(len(list), "station"), ids(list))
		}
	}
}

// printShort lists the stations that get less heat than they ask for.
func (r *solveReport) printShort(w io.Writer, rows int) {
	var list []stationView
	for _, v := range r.Stations {
		if v.ShortBy != "" {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return
	}
	sort.SliceStable(list, func(i, k int) bool { return list[i].ShortW > list[k].ShortW })
	fmt.Fprintf(w, "\nShort of heat (%d)\n", len(list))
	t := leftAligned(w)
	shown := limited(len(list), rows)
	for _, v := range list[:shown] {
		fmt.Fprintf(t, "  %s\t%.3f MW of %.3f\t%s\n", v.ID, v.ShortW/1e6, (v.ShortW+math.Abs(v.HeatW))/1e6, shortWords[v.ShortBy])
	}
	t.Flush()
	more(w, len(list), shown)
}

// elements fills in valves, pumps and what they hold.
func (r *solveReport) elements(n *models.Network, res *solver.Result) {
	for i := range n.Valves {
		x, y := &n.Valves[i], &res.Valves[i]
		r.Valves = append(r.Valves, valveView{string(x.ID), x.Opening, y.Flow, y.PressureDrop, y.Cut})
	}
	for i := range n.Pumps {
		x, y := &n.Pumps[i], &res.Pumps[i]
		r.Pumps = append(r.Pumps, pumpView{string(x.ID), y.Flow, y.Lift, y.Speed, y.Power, x.OutOfService, y.Cut})
	}
	for _, c := range res.Controls {
		v := controlView{string(c.Element), stands[c.Stand], c.Setpoint, c.Value, "Pa", c.Kept, c.Undecided}
		if c.OfFlow {
			v.Unit = "kg/s"
		}
		r.Controls = append(r.Controls, v)
	}
}

func (r *solveReport) printPumps(w io.Writer) {
	if len(r.Pumps) == 0 {
		return
	}
	fmt.Fprintln(w, "\nPumps")
	t := table(w, "id,flow t/h,lift kPa,speed %,power kW")
	for _, v := range r.Pumps {
		fmt.Fprintf(t, "%s\t%.2f\t%.1f\t%.1f\t%.2f\t\n", v.ID, unit.TonnesPerHour(v.Flow), v.LiftPa/1e3, v.Speed*100, v.PowerW/1e3)
	}
	t.Flush()
}

// standWords say how a control stands.
var standWords = map[string]string{"holding": "holds", "wide_open": "wide open or at full speed", "shut": "shut", "lowest": "at its lowest lift"}

// printControls lists what holds something by itself, first what does not keep
// its set point.
func (r *solveReport) printControls(w io.Writer, rows int) {
	if len(r.Controls) == 0 {
		return
	}
	list := slices.Clone(r.Controls)
	well := func(c controlView) bool { return c.Kept && !c.Undecided }
	sort.SliceStable(list, func(i, k int) bool { return !well(list[i]) && well(list[k]) })
	fmt.Fprintf(w, "\nHeld by valves and pumps (%d)\n", len(list))
	t := leftAligned(w)
	shown := limited(len(list), rows)
	for _, c := range list[:shown] {
		verdict := "kept"
		switch {
		case c.Undecided:
			verdict = "UNDECIDED"
		case !c.Kept:
			verdict = "NOT KEPT"
		}
		value, set, u := c.Value/1e3, c.Setpoint/1e3, "kPa"
		if c.Unit != "Pa" {
			value, set, u = unit.TonnesPerHour(c.Value), unit.TonnesPerHour(c.Setpoint), "t/h"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%.2f %s\tset point %.2f\tdiffers by %s\t\n", verdict, c.ID, standWords[c.Stand], value, u, set, decimals(value-set, 2))
	}
	t.Flush()
	more(w, len(list), shown)
	if n := len(r.Solution.Cycle); n > 0 {
		fmt.Fprintf(w, "  what is undecided contradicts itself: %s tried, the turns between the sets are in --json\n", plural(n, "turn"))
	}
}

// printValves lists the valves with the largest drop first.
func (r *solveReport) printValves(w io.Writer, rows int) {
	if len(r.Valves) == 0 {
		return
	}
	list := slices.Clone(r.Valves)
	sort.SliceStable(list, func(i, k int) bool { return math.Abs(list[i].DropPa) > math.Abs(list[k].DropPa) })
	fmt.Fprintf(w, "\nValves, largest drop first (%d)\n", len(list))
	t := table(w, "id,opening %,flow t/h,drop kPa")
	shown := limited(len(list), rows)
	for _, v := range list[:shown] {
		fmt.Fprintf(t, "%s\t%.1f\t%s\t%s\t%s\n", v.ID, v.Opening*100, decimals(unit.TonnesPerHour(v.Flow), 2), decimals(v.DropPa/1e3, 1), cutWord(v.Cut))
	}
	t.Flush()
	more(w, len(list), shown)
}

// printJunctions lists the junctions of a network that has no stations to show
// its pressures, the lowest pressure first.
func (r *solveReport) printJunctions(w io.Writer, rows int) {
	if len(r.Stations) > 0 || len(r.Junctions) == 0 {
		return
	}
	list := slices.Clone(r.Junctions)
	low := func(v junctionView) float64 {
		if v.PressurePa == nil {
			return math.Inf(-1)
		}
		return *v.PressurePa
	}
	sort.SliceStable(list, func(i, k int) bool { return low(list[i]) < low(list[k]) })
	fmt.Fprintf(w, "\nJunctions, lowest pressure first (%d)\n", len(list))
	t := table(w, "id,pressure kPa,degC,drawn t/h")
	shown := limited(len(list), rows)
	for _, v := range list[:shown] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", v.ID, or(v.PressurePa, 1e-3, 2), or(v.TemperatureC, 1, 1), decimals(unit.TonnesPerHour(v.Drawn), 2), cutWord(v.Cut))
	}
	t.Flush()
	more(w, len(list), shown)
}

func cutWord(cut bool) string {
	if cut {
		return "  cut off"
	}
	return ""
}

// csvTable is a file of solve --csv.
type csvTable struct {
	name string
	rows [][]string
}

// machines are the tables of what drives, throttles and holds; n prints a
// number.
func (r *solveReport) machines(n func(float64) string) []csvTable {
	b := strconv.FormatBool
	sources := [][]string{{"id", "name", "flow_kg_per_s", "lift_pa", "heat_w", "pump_power_w", "speed", "supply_c", "return_c", "stage"}}
	for _, v := range r.Sources {
		sources = append(sources, []string{v.ID, v.Name, n(v.Flow), n(v.LiftPa), n(v.HeatW), n(v.PowerW), n(v.Speed), n(v.SupplyC), n(v.ReturnC), v.Stage})
	}
	valves := [][]string{{"id", "opening", "flow_kg_per_s", "drop_pa", "cut"}}
	for _, v := range r.Valves {
		valves = append(valves, []string{v.ID, n(v.Opening), n(v.Flow), n(v.DropPa), b(v.Cut)})
	}
	pumps := [][]string{{"id", "flow_kg_per_s", "lift_pa", "speed", "power_w", "cut"}}
	for _, v := range r.Pumps {
		pumps = append(pumps, []string{v.ID, n(v.Flow), n(v.LiftPa), n(v.Speed), n(v.PowerW), b(v.Cut)})
	}
	held := [][]string{{"id", "stand", "setpoint", "value", "unit", "kept", "undecided"}}
	for _, c := range r.Controls {
		held = append(held, []string{c.ID, c.Stand, n(c.Setpoint), n(c.Value), c.Unit, b(c.Kept), b(c.Undecided)})
	}
	return []csvTable{{"sources.csv", sources}, {"valves.csv", valves}, {"pumps.csv", pumps}, {"controls.csv", held}}
}
