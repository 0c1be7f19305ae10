package models

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Elementer is an error that points at elements. Find them anywhere in an
// error chain with [ErrorElements].
type Elementer interface {
	error
	Elements() []ID
}

// ErrorElements returns the elements named anywhere in err, without repeats,
// in the order found, so that a map can show them.
func ErrorElements(err error) []ID {
	var ids []ID
	seen := map[ID]bool{}
	var walk func(error)
	walk = func(e error) {
		if e == nil {
			return
		}
		if el, ok := e.(Elementer); ok {
			for _, id := range el.Elements() {
				if !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
		switch u := e.(type) {
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, c := range u.Unwrap() {
				walk(c)
			}
		}
	}
	walk(err)
	return ids
}

// Problem is one defect of input: where it is, what is wrong, what to do.
type Problem struct {
	Kind    Kind
	Element ID
	Field   string // JSON key, or ""
	Line    int    // 1-based line of the file, 0 unknown
	Reason  string
	Remedy  string
	Warning bool // worth saying, but no reason to refuse
}

// Error returns "line 12: pipe P-3: inner_diameter_m: must be above 0 …", on
// one line that a terminal can show, whatever the file held.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	switch {
	case p.Element != "" && p.Kind == KindNetwork: // of a kind nobody knows yet, as in a point list
		fmt.Fprintf(&b, "%s: ", Clip(string(p.Element)))
	case p.Element != "":
		fmt.Fprintf(&b, "%s %s: ", p.Kind, Clip(string(p.Element)))
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", Clip(p.Field))
	}
	b.WriteString(clip(visible(p.Reason), longestReason))
	if p.Remedy != "" {
		b.WriteString("; ")
		b.WriteString(p.Remedy)
	}
	return visible(b.String())
}

// visible puts a mark in the place of what cannot be printed.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// unprintable tells what would move a terminal's cursor or turn a line round.
func unprintable(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// Printable returns a name of a foreign file with blanks for what cannot be
// printed.
func Printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return ' '
		}
		return r
	}, name)
}

// Clip shortens a text of a file that no line of a report could hold.
func Clip(s string) string { return clip(s, longestID) }

// longestReason is what a reason may take of a line, bytes: one that quotes a
// word of the file is as long as the word.
const longestReason = 1000

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Elements returns the element of the problem.
func (p Problem) Elements() []ID {
	if p.Element == "" {
		return nil
	}
	return []ID{p.Element}
}

// Problems is every defect found at once; as an error it is refused input.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single problems to errors.Is and errors.As.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i := range ps {
		errs[i] = ps[i]
	}
	return errs
}

// Refused returns the problems that are no warnings, as an error, or nil.
func (ps Problems) Refused() error {
	var hard Problems
	for _, p := range ps {
		if !p.Warning {
			hard = append(hard, p)
		}
	}
	if len(hard) == 0 {
		return nil
	}
	return hard
}

// Violation is a limit that a state does not keep, or keeps with how much to
// spare.
type Violation struct {
	Element ID
	Limit   LimitKind
	Value   float64 // as it stands, unit of the limit
	Bound   float64
	Margin  float64 // positive: kept
}

// LimitKind names the limit of a violation.
type LimitKind string

// The limits that are checked (physics: CJJ 34 chapter 7 in spirit).
const (
	LimitBoiling       LimitKind = "boiling"            // Pa above saturation plus margin
	LimitSubAtmosphere LimitKind = "sub_atmospheric"    // Pa, return at least 50 kPa
	LimitPressureClass LimitKind = "over_pressure"      // Pa, below PN
	LimitFreezing      LimitKind = "freezing"           // K, at least 273.15; told only where water would be colder
	LimitDifferential  LimitKind = "short_differential" // Pa, at a station
	LimitStaticBoiling LimitKind = "static_boiling"     // Pa, pumps off
	LimitStaticClass   LimitKind = "static_over_pressure"
	LimitStaticEmpty   LimitKind = "static_emptying"
	LimitPumpCurve     LimitKind = "pump_curve"    // m3/s beyond the curve
	LimitPumpSpeed     LimitKind = "pump_speed"    // fraction of nominal, at most the highest of a source
	LimitFriction      LimitKind = "friction"      // Pa/m
	LimitVelocity      LimitKind = "velocity"      // m/s
	LimitHeat          LimitKind = "heat"          // W, at least what a station asks for
	LimitExchanger     LimitKind = "exchanger"     // W, at least what a station asks of its exchanger
	LimitCapacity      LimitKind = "capacity"      // W, of a source
	LimitSourceFlow    LimitKind = "source_flow"   // kg/s, of a source
	LimitHeldPressure  LimitKind = "held_pressure" // Pa, a set point that a valve or pump cannot hold
	LimitHeldFlow      LimitKind = "held_flow"     // kg/s, likewise
)

// ErrNotFound is wrapped by look-ups of an element nobody defined.
var ErrNotFound = errors.New("no such element")
