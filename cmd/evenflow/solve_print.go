package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"evenflow/models"
	"evenflow/models/unit"
)

// table prints aligned columns.
func table(w io.Writer, head string) *aligned {
	t := rightAligned(w)
	fmt.Fprintln(t, strings.ReplaceAll(head, ",", "\t")+"\t")
	return t
}

// or prints a number that may be unknown.
func or(v *float64, scale float64, digits int) string {
	if v == nil {
		return "-"
	}
	return decimals(*v*scale, digits)
}

// decimals prints a number; what rounds to 0 has no sign.
func decimals(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

func limited(n, rows int) int {
	if rows > 0 && n > rows {
		return rows
	}
	return n
}

func more(w io.Writer, n, shown int) {
	if n > shown {
		fmt.Fprintf(w, "  … %d more; --rows 0 shows all\n", n-shown)
	}
}

// print writes the tables for people.
func (r *solveReport) print(w io.Writer, rows int) {
	if r.Network != "" {
		fmt.Fprintf(w, "%s\n", r.Network)
	}
	r.printSources(w)
	r.printStations(w, rows)
	r.printPipes(w, rows)
	r.printShort(w, rows)
	r.printValves(w, rows)
	r.printPumps(w)
	r.printControls(w, rows)
	r.printJunctions(w, rows)
	r.printMargins(w)
	r.printZero(w)
	printIslands(w, r.Islands)
	s := r.Solution
	fmt.Fprintf(w, "\nSolved in %s; residuals: mass %.1e kg/s%s, energy %.1e Pa%s, heat %.1e W%s\n", plural(s.Iterations, "step"),
		s.MassResidual, at(s.MassWorst), s.EnergyResidualPa, at(s.EnergyWorst), s.HeatResidualW, at(s.HeatWorst))
	if r.Audit != nil {
		r.Audit.print(w)
	}
}

// printIslands lists what is cut off, with what cuts it.
func printIslands(w io.Writer, islands []islandView) {
	for _, is := range islands {
		stations, by := "", "not connected to what runs"
		if n := len(is.Stations); n > 0 {
			stations = fmt.Sprintf(" and %s (%s)", plural(n, "station"), ids(is.Stations))
		}
		if all := slices.Concat(is.CutBy, is.OneWay); len(all) > 0 {
			by = "cut by " + ids(all)
		}
		if len(is.OneWay) > 0 {
			by += fmt.Sprintf("; %s let water out only", ids(is.OneWay))
		}
		if is.Draw > 0 {
			by += fmt.Sprintf("; %s t/h that should be drawn there are not", decimals(unit.TonnesPerHour(is.Draw), 2))
		}
		what := "Cut off"
		if !is.Unfed {
			what = "Without a pressure hold, pressures not known"
		}
		fmt.Fprintf(w, "\n%s: %s (%s)%s, %s\n", what, plural(len(is.Junctions), "junction"), ids(is.Junctions), stations, by)
	}
}

func at(id string) string {
	if id == "" {
		return ""
	}
	return " at " + id
}

// ids lists up to eight ids.
func ids(list []models.ID) string {
	var names []string
	for i, id := range list {
		if i == 8 {
			names = append(names, fmt.Sprintf("… %d more", len(list)-8))
			break
		}
		names = append(names, string(id))
	}
	return strings.Join(names, ", ")
}

func (r *solveReport) printSources(w io.Writer) {
	if len(r.Sources) == 0 {
		return
	}
	fmt.Fprintln(w, "\nSources")
	head, stages := "id,flow t/h,lift kPa,supply degC,return degC,heat MW,pump kW", slices.ContainsFunc(r.Sources, func(v sourceView) bool { return v.Stage != "" })
	if stages {
		head += ",stage"
	}
	t := table(w, head)
	for _, v := range r.Sources {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.1f\t%.1f\t%s\t%.1f\t", v.ID, decimals(unit.TonnesPerHour(v.Flow), 1), decimals(v.LiftPa/1e3, 1), v.SupplyC, v.ReturnC, decimals(v.HeatW/1e6, 3), v.PowerW/1e3)
		if stages {
			fmt.Fprintf(t, "%s\t", strings.ReplaceAll(v.Stage, "_", " "))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func (r *solveReport) printStations(w io.Writer, rows int) {
	if len(r.Stations) == 0 {
		return
	}
	list := r.worstFirst()
	shown := limited(len(list), rows)
	fmt.Fprintf(w, "\nStations, worst first (%d)\n", len(list))
	t := table(w, "id,opening %,flow t/h,need t/h,x,differential kPa,valve kPa,supply degC,return degC,heat MW")
	for _, v := range list[:shown] {
		cut := ""
		if v.Cut {
			cut = "  cut off"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%.1f\t%s\t%s\n", v.ID, v.openingText(), decimals(unit.TonnesPerHour(v.Flow), 2), or(v.Required, 3.6, 2), or(v.X, 1, 3),
			decimals(v.DifferentialPa/1e3, 1), decimals(v.ValveDropPa/1e3, 1), v.SupplyC, v.ReturnC, decimals(v.HeatW/1e6, 3), cut)
	}
	t.Flush()
	more(w, len(list), shown)
	r.printOpenings(w)
}

func (r *solveReport) printPipes(w io.Writer, rows int) {
	if len(r.Pipes) == 0 {
		return
	}
	list := r.steepestFirst()
	shown := limited(len(list), rows)
	fmt.Fprintf(w, "\nPipes, steepest first (%d)\n", len(list))
	t := table(w, "id,DN,length m,flow t/h,Pa/m,m/s,in degC,out degC,loss kW")
	for _, v := range list[:shown] {
		dn := "-"
		if v.DN > 0 {
			dn = strconv.Itoa(v.DN)
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%s\t%s\t%s\t%.1f\t%.1f\t%s\t\n", v.ID, dn, v.Length, decimals(unit.TonnesPerHour(v.Flow), 2), or(v.Gradient, 1, 1), or(v.Velocity, 1, 2), v.InC, v.OutC, decimals(v.LossW/1e3, 2))
	}
	t.Flush()
	more(w, len(list), shown)
}

// limitWords says what a limit means.
var limitWords = map[models.LimitKind]string{
	models.LimitBoiling:       "above boiling",
	models.LimitSubAtmosphere: "not below the atmosphere",
	models.LimitPressureClass: "below the pressure class",
	models.LimitFreezing:      "water does not freeze",
	models.LimitDifferential:  "differential at the station",
	models.LimitStaticBoiling: "pumps off: above boiling",
	models.LimitStaticClass:   "pumps off: below the pressure class",
	models.LimitStaticEmpty:   "pumps off: pipes stay full",
	models.LimitPumpCurve:     "within the pump curve",
	models.LimitPumpSpeed:     "within the pumps' highest speed",
	models.LimitFriction:      "friction",
	models.LimitVelocity:      "velocity",
	models.LimitHeat:          "heat as asked for",
	models.LimitExchanger:     "heat as asked of the exchanger",
	models.LimitCapacity:      "within the source's capacity",
	models.LimitSourceFlow:    "within the source's highest flow",
	models.LimitHeldPressure:  "set point held",
	models.LimitHeldFlow:      "flow held",
}

func (r *solveReport) printMargins(w io.Writer) {
	if len(r.Margins) == 0 {
		return
	}
	fmt.Fprintln(w, "\nLimits, tightest place of each")
	t := leftAligned(w)
	for _, m := range r.Margins {
		scale, u, digits := 1.0, m.Unit, 1
		switch m.Unit {
		case "m/s":
			digits = 2
		case "Pa":
			scale, u = 1e-3, "kPa"
		case "m3/s":
			scale, u = 3600, "m3/h"
		case "W":
			scale, u = 1e-3, "kW"
		case "kg/s":
			scale, u = 3.6, "t/h"
		case "1":
			scale, u = 100, "%"
		}
		verdict := "kept"
		if m.Margin < 0 {
			verdict = "NOT KEPT"
		}
		fmt.Fprintf(t, "  %s\t%s\tat %s\t%.*f %s\tbound %.*f\tto spare %.*f\n", verdict, limitWords[models.LimitKind(m.Limit)], m.Element, digits, m.Value*scale, u, digits, m.Bound*scale, digits, m.Margin*scale)
	}
	t.Flush()
}

// writeCSV writes every table whole, in UTF-8 with a byte order mark so that
// Excel opens it rightly. The folder is made if it is not there.
func (r *solveReport) writeCSV(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	n := func(v float64) string { return strconv.FormatFloat(v, 'g', 9, 64) }
	o := func(v *float64) string {
		if v == nil {
			return ""
		}
		return n(*v)
	}
	stations := [][]string{{"id", "name", "opening", "opening_needed", "no_opening", "flow_kg_per_s", "required_kg_per_s", "x", "differential_pa", "valve_drop_pa", "supply_c", "return_c", "heat_w", "cut"}}
	for _, v := range r.Stations {
		stations = append(stations, []string{v.ID, v.Name, o(v.Opening), o(v.Needed), v.NoOpening, n(v.Flow), o(v.Required), o(v.X), n(v.DifferentialPa), n(v.ValveDropPa), n(v.SupplyC), n(v.ReturnC), n(v.HeatW), strconv.FormatBool(v.Cut)})
	}
	pipes := [][]string{{"id", "dn", "length_m", "flow_kg_per_s", "drop_pa", "gradient_pa_per_m", "velocity_m_per_s", "in_c", "out_c", "heat_loss_w", "cut"}}
	for _, v := range r.Pipes {
		pipes = append(pipes, []string{v.ID, strconv.Itoa(v.DN), n(v.Length), n(v.Flow), n(v.DropPa), o(v.Gradient), o(v.Velocity), n(v.InC), n(v.OutC), n(v.LossW), strconv.FormatBool(v.Cut)})
	}
	junctions := [][]string{{"id", "pressure_pa", "temperature_c", "drawn_kg_per_s", "cut"}}
	for _, v := range r.Junctions {
		junctions = append(junctions, []string{v.ID, o(v.PressurePa), o(v.TemperatureC), n(v.Drawn), strconv.FormatBool(v.Cut)})
	}
	margins := [][]string{{"limit", "element", "value", "bound", "margin", "unit"}}
	for _, v := range r.Margins {
		margins = append(margins, []string{v.Limit, v.Element, n(v.Value), n(v.Bound), n(v.Margin), v.Unit})
	}
	for _, f := range append(r.machines(n), csvTable{"stations.csv", stations}, csvTable{"pipes.csv", pipes}, csvTable{"junctions.csv", junctions}, csvTable{"margins.csv", margins}) {
		if err := writeTable(filepath.Join(dir, f.name), f.rows); err != nil {
			return err
		}
	}
	return nil
}

func writeTable(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString("\ufeff"); err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return f.Close()
}
