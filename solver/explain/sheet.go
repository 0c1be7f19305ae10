// Package explain writes out the hand calculation of one element: formula,
// every number, its unit and where it comes from, so that an engineer can redo
// it in his spreadsheet.
package explain

import (
	"math"
	"slices"
	"strconv"

	"evenflow/models"
	"evenflow/solver"
)

// Source says where a number comes from.
type Source string

// The sources of a number.
const (
	File       Source = "file"       // given in the network file
	Scenario   Source = "scenario"   // given or changed by the scenario
	Assumed    Source = "assumed"    // nobody gave it: marked in the file, or the program's default
	Solution   Source = "solution"   // of the solved network: depends on all other elements
	Calculated Source = "calculated" // by the formula beside it, from numbers above it
	Iterated   Source = "iterated"   // by the formula beside it, which contains the number itself: put it in, and it comes out
	Standard   Source = "standard"   // a constant, a bound or a formula of a standard
)

// Line is one number of the sheet.
type Line struct {
	Symbol string
	Zh, En string
	Value  float64
	Unit   string
	Source Source
	// Formula is a spreadsheet expression in the symbols of the sheet: + - * /
	// and the functions ABS, EXP, IF, LN, LOG10, MAX, MIN, PI, POWER, SQRT. ""
	// where the number is given.
	Formula string
}

// Sheet is the hand calculation of one element. Temperatures are in degC, as
// an engineer writes them; all else is SI unless the unit says otherwise.
type Sheet struct {
	Element      models.ID
	Kind         models.Kind
	Name, NameEn string
	From, To     models.ID
	Lines        []Line
	NotesZh      []string
	NotesEn      []string
}

// Value returns the number of a symbol.
func (s *Sheet) Value(symbol string) (v float64, ok bool) {
	for i := range s.Lines {
		if s.Lines[i].Symbol == symbol {
			return s.Lines[i].Value, true
		}
	}
	return 0, false
}

// Of writes the sheet of a pipe, valve, pump, source or station of a network
// that was solved with the default options under a scenario. An id that the
// network does not have gives an error that wraps models.ErrNotFound, a
// junction a *solver.InputError.
func Of(net *models.Network, sc models.Scenario, r *solver.Result, id models.ID) (*Sheet, error) {
	ref, err := net.Index().Find(id)
	if err != nil {
		return nil, err
	}
	if ref.Kind == models.KindJunction {
		return nil, &solver.InputError{Problems: models.Problems{{Kind: models.KindJunction, Element: id,
			Reason: "has no law of its own to explain", Remedy: "ask for a pipe, valve, pump, source or station"}}}
	}
	w := &writer{filed: net, net: net.Overlay(sc), sc: sc, r: r, index: net.Index(), at: ref.At}
	b := w.net.Branch(ref)
	w.sheet = &Sheet{Element: id, Kind: ref.Kind, Name: b.Name, NameEn: b.NameEn, From: b.From, To: b.To}
	if b.OutOfService {
		w.note("停运：不在回路中，没有流量。", "Out of service: not in the circuit, no flow.")
	}
	switch ref.Kind {
	case models.KindPipe:
		w.pipe(&w.net.Pipes[ref.At], &r.Pipes[ref.At])
	case models.KindValve:
		w.valve(&w.net.Valves[ref.At], &r.Valves[ref.At])
	case models.KindPump:
		w.pump(&w.net.Pumps[ref.At], &r.Pumps[ref.At])
	case models.KindSource:
		w.source(&w.net.Sources[ref.At], &r.Sources[ref.At])
	case models.KindStation:
		w.station(&w.net.Stations[ref.At], &r.Stations[ref.At])
	}
	return w.sheet, nil
}

// writer fills a sheet.
type writer struct {
	filed, net *models.Network // as filed, and with the scenario laid over
	sc         models.Scenario
	r          *solver.Result
	index      models.Index
	at         int
	sheet      *Sheet
}

func (w *writer) note(zh, en string) {
	w.sheet.NotesZh, w.sheet.NotesEn = append(w.sheet.NotesZh, zh), append(w.sheet.NotesEn, en)
}

// given enters a number that is not computed here.
func (w *writer) given(symbol, zh, en string, v float64, unit string, from Source) float64 {
	w.sheet.Lines = append(w.sheet.Lines, Line{symbol, zh, en, v, unit, from, ""})
	return v
}

// calc enters a number with its formula.
func (w *writer) calc(symbol, zh, en string, v float64, unit, formula string) float64 {
	w.sheet.Lines = append(w.sheet.Lines, Line{symbol, zh, en, v, unit, Calculated, formula})
	return v
}

// iterated enters a number whose formula contains it.
func (w *writer) iterated(symbol, zh, en string, v float64, unit, formula string) float64 {
	w.sheet.Lines = append(w.sheet.Lines, Line{symbol, zh, en, v, unit, Iterated, formula})
	return v
}

// from returns where an attribute of the element comes from: the scenario
// where it changes it, the list of assumed keys, or the file.
func (w *writer) from(a models.Attribute, key string, assumed []string) Source {
	for _, c := range w.sc.Changes {
		if c.Element == w.sheet.Element && c.Attribute == a && a != "" {
			return Scenario
		}
	}
	if slices.Contains(assumed, key) {
		return Assumed
	}
	return File
}

// factor multiplies up the scale changes of an attribute that has no field.
func (w *writer) factor(id models.ID, a models.Attribute) (f float64, changed bool) {
	f = 1
	for _, c := range w.sc.Changes {
		if c.Element == id && c.Attribute == a {
			f, changed = c.Apply(f), true
		}
	}
	return f, changed
}

// junction returns a junction and its state.
func (w *writer) junction(id models.ID) (*models.Junction, *models.JunctionState) {
	at, _ := w.index.At(models.KindJunction, id)
	return &w.net.Junctions[at], &w.r.Junctions[at]
}

const gravity = 9.80665 // m/s2

// column enters heights and pressures of both ends, where they are known, and
// the weight of the water between them at density rho.
func (w *writer) column(rho float64) (weight float64) {
	a, pa := w.junction(w.sheet.From)
	b, pb := w.junction(w.sheet.To)
	if a.Elevation.Known && b.Elevation.Known {
		w.given("z_from", "起点标高", "elevation at the beginning", a.Elevation.Value, "m", File)
		w.given("z_to", "终点标高", "elevation at the end", b.Elevation.Value, "m", File)
		w.given("g", "重力加速度", "gravity", gravity, "m/s2", Standard)
		weight = w.calc("dp_g", "位差压力", "weight of the water column", rho*gravity*(a.Elevation.Value-b.Elevation.Value), "Pa", "rho*g*(z_from-z_to)")
	}
	if pa.PressureKnown && pb.PressureKnown {
		w.given("p_from", "起点压力（表压）", "pressure at the beginning, gauge", pa.Pressure, "Pa", Solution)
		w.given("p_to", "终点压力（表压）", "pressure at the end, gauge", pb.Pressure, "Pa", Solution)
	}
	return weight
}

// against enters the drop that the solution has beside the one by hand.
func (w *writer) against(solved, by float64) {
	w.given("dp_net", "管网计算的压降", "drop in the solved network", solved, "Pa", Solution)
	w.calc("dp_diff", "手算与管网之差", "by hand less solved network", by-solved, "Pa", "dp-dp_net")
}

func celsius(k float64) float64 { return k - 273.15 }

func sign(v float64) float64 { return math.Copysign(1, v) }

// Digits prints a number of a sheet: ten digits, so that what is computed from
// it by hand agrees to six.
func Digits(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
