package epanet

import (
	"fmt"
	"strings"

	"evenflow/models"
)

// choose returns which of the words the given one begins with, or -1.
func choose(word string, of ...string) int {
	for i, w := range of {
		if begins(word, w) {
			return i
		}
	}
	return -1
}

func (r *reader) wrongOption(i int, remedy string) {
	r.refuse(models.KindNetwork, "", fmt.Sprintf("%s cannot be %q", strings.ToUpper(strings.Join(r.words[:i], " ")), r.word(i)), remedy)
}

// option reads a line of [OPTIONS]. An option without a value keeps its
// default, as in EPANET.
func (r *reader) option() {
	if r.choice() {
		return
	}
	r.value()
}

// choice reads an option that is chosen from a list. It returns false if the
// line is none of them.
func (r *reader) choice() bool {
	o := &r.f.Options
	w, second := r.words[0], r.word(1)
	switch {
	case begins(w, "UNIT"):
		r.flowUnit(second)
	case begins(w, "PRESSURE") && !begins(second, "EXP"):
		if i := choose(second, "PSI", "KPA", "METERS", "BAR", "FEET"); i >= 0 {
			o.Pressure, r.pressureGiven = PressureUnit(i), true
		} else if second != "" {
			r.wrongOption(1, "write PSI, KPA, METERS, BAR or FEET")
		}
	case begins(w, "HEADL"):
		if i := choose(second, "H-W", "D-W", "C-M"); i >= 0 {
			o.Formula, r.formulaLine = Formula(i), r.line.number
		} else if second != "" {
			r.wrongOption(1, "write H-W, D-W or C-M")
		}
	case begins(w, "PATT"):
		if second != "" {
			o.DefaultPattern = second
		}
	case begins(w, "DEMAND") && (begins(second, "MODEL") || second == ""):
		if i := choose(r.word(2), "DDA", "PDA"); i >= 0 {
			o.PressureDriven = i == 1
		} else if r.word(2) != "" {
			r.wrongOption(2, "write DDA or PDA")
		}
	case begins(w, "BACK"):
		if i := choose(r.word(2), "NO", "YES"); begins(second, "ALLOW") && i >= 0 {
			o.EmitterBackflow = i == 1
		} else if r.word(2) != "" {
			r.wrongOption(2, "write YES or NO")
		}
	case choose(w, "HYDR", "QUAL", "MAP", "VERI", "UNBA", "DIFF", "TOLER", "SEGM", "CHECKFREQ", "MAXCHECK", "DAMPLIMIT", "HTOL", "QTOL", "RQTOL") >= 0:
		o.Kept = append(o.Kept, r.line.text)
	default:
		return false
	}
	return true
}

func (r *reader) flowUnit(word string) {
	if word == "" {
		return
	}
	if begins(word, "SI") {
		r.f.Options.Flow, r.unitGiven, r.unitLine = LPS, true, r.line.number
		return
	}
	for i := range flowUnits {
		if begins(word, flowUnits[i].name) {
			r.f.Options.Flow, r.unitGiven, r.unitLine = FlowUnit(i), true, r.line.number
			return
		}
	}
	r.wrongOption(1, "write CFS, GPM, MGD, IMGD, AFD, LPS, LPM, MLD, CMH, CMD or CMS")
}

// value reads an option that is a number.
func (r *reader) value() {
	o := &r.f.Options
	w := r.words[0]
	rows := []struct {
		key, second string
		zero        bool
		set         func(float64)
	}{
		{"VISC", "", false, func(v float64) { o.Viscosity = v }},
		{"SPEC", "GRAV", false, func(v float64) { o.SpecificGravity = v }},
		{"TRIAL", "", false, func(v float64) { o.Trials = int(min(v, 1e9)) }},
		{"ACCU", "", false, func(v float64) { o.Accuracy = min(max(v, 1e-5), 1e-1) }},
		{"HEADERROR", "", true, func(v float64) { o.HeadError = models.Some(v) }},
		{"FLOWCHANGE", "", true, func(v float64) { o.FlowChange = models.Some(v) }},
		{"EMIT", "EXP", false, func(v float64) { o.EmitterExponent = v }},
		{"DEMAND", "MULT", false, func(v float64) { o.DemandMultiplier = v }},
		{"MINI", "PRES", true, func(v float64) { o.MinimumPressure = v }},
		{"REQ", "PRES", true, func(v float64) { o.RequiredPressure = v }},
		{"PRESSURE", "EXP", false, func(v float64) { o.PressureExponent = v }},
	}
	for _, x := range rows {
		if !begins(w, x.key) {
			continue
		}
		at := 1
		if x.second != "" {
			at = 2
		}
		if at >= len(r.words) {
			return
		}
		if v, ok := r.positive(at, 0, x.zero, models.KindNetwork, "", strings.ToLower(w)); ok {
			x.set(v)
		}
		return
	}
	r.refuse(models.KindNetwork, "", fmt.Sprintf("%q is no option of EPANET 2.2 or 2.3", w), "correct it, or take the line out")
}

// smallestRange is the least difference of required and minimum pressure, in
// the file's unit.
const smallestRange = 0.1

// finishOptions turns the options into SI once all units are known.
func (r *reader) finishOptions() {
	o := &r.f.Options
	if !r.unitGiven {
		r.section, r.line = sectionOptions, line{}
		r.assume(models.KindNetwork, "", "UNITS GPM: feet, inches and gallons a minute")
	}
	if !r.pressureGiven {
		o.Pressure = o.Flow.usual()
	}
	r.size = o.size()
	if o.Viscosity > 1e-3 {
		o.Viscosity *= WaterViscosity
	} else {
		o.Viscosity *= r.size.length * r.size.length
	}
	if o.RequiredPressure < 0 {
		o.RequiredPressure = o.MinimumPressure + smallestRange
	}
	if o.RequiredPressure-o.MinimumPressure < smallestRange*(1-1e-9) {
		r.section, r.line = sectionOptions, line{}
		r.refuse(models.KindNetwork, "", "the required pressure is not above the minimum pressure by 0.1 or more", "correct REQUIRED PRESSURE or MINIMUM PRESSURE")
	}
	o.MinimumPressure *= r.size.pressure
	o.RequiredPressure *= r.size.pressure
	o.HeadError.Value *= r.size.length
	o.FlowChange.Value *= r.size.flow
	t := &r.f.Times
	if t.PatternStep <= 0 {
		t.PatternStep = 3600
	}
}

// time reads a line of [TIMES].
func (r *reader) time() {
	t := &r.f.Times
	w, n := r.words[0], len(r.words)-1
	if n < 1 {
		r.refuse(models.KindNetwork, "", w+" has no value", "add the value")
		return
	}
	if choose(w, "STAT", "QUAL", "RULE", "MINI", "REPO") >= 0 {
		t.Kept = append(t.Kept, r.line.text)
		return
	}
	h, ok := hours(r.words[n], "")
	if !ok {
		h, ok = hours(r.words[n-1], r.words[n])
	}
	if !ok || h < 0 || h > 1e8 {
		r.wrongOption(n, "write hours, h:mm or h:mm:ss, or a number with its unit")
		return
	}
	seconds := float64(int64(3600*h + 0.5))
	switch {
	case begins(w, "DURA"):
		t.Duration = seconds
	case begins(w, "HYDR"):
		t.HydraulicStep = seconds
	case begins(w, "PATT") && begins(r.words[1], "TIME"):
		t.PatternStep = seconds
	case begins(w, "PATT") && begins(r.words[1], "STAR"):
		t.PatternStart = seconds
	case begins(w, "STAR"):
		t.StartClock = float64(int64(seconds) % day)
	default:
		r.refuse(models.KindNetwork, "", fmt.Sprintf("%q is no time of EPANET's", strings.Join(r.words[:n], " ")), "correct it, or take the line out")
	}
}

// pattern reads a line of [PATTERNS].
func (r *reader) pattern() {
	id := r.words[0]
	if len(r.words) < 2 {
		r.refuse(models.KindNetwork, id, "the pattern's line holds no factor", "add the factors, or take the line out")
		return
	}
	if r.patterns == nil {
		r.patterns = map[string]int{}
	}
	at, ok := r.patterns[id]
	if !ok {
		at = len(r.f.Patterns)
		r.patterns[id] = at
		r.f.Patterns = append(r.f.Patterns, Pattern{ID: id})
	}
	p := &r.f.Patterns[at]
	for i := 1; i < len(r.words); i++ {
		if v, ok := r.number(i, models.KindNetwork, id, "factor"); ok {
			p.Factors = append(p.Factors, v)
		}
	}
}

// curve reads a line of [CURVES].
func (r *reader) curve() {
	id := r.words[0]
	x, okX := r.number(1, models.KindNetwork, id, "curve's x")
	y, okY := r.number(2, models.KindNetwork, id, "curve's y")
	if !okX || !okY {
		return
	}
	if r.curves == nil {
		r.curves = map[string]int{}
	}
	at, ok := r.curves[id]
	if !ok {
		at = len(r.f.Curves)
		r.curves[id] = at
		r.f.Curves = append(r.f.Curves, Curve{ID: id, Line: r.line.number})
	}
	c := &r.f.Curves[at]
	if n := len(c.X); n > 0 && x <= c.X[n-1] {
		r.refuse(models.KindNetwork, id, fmt.Sprintf("the curve's x %s does not ascend", r.word(1)), "sort the curve's points")
		return
	}
	if k := r.word(3); k != "" {
		c.Kind = max(c.Kind, CurveKind(max(0, choose(k, "GENERIC", "PUMP", "EFFIC", "VOLUME", "HEADLOSS", "VALVE"))))
	}
	c.X, c.Y = append(c.X, x), append(c.Y, y)
}

// usedPattern checks that a pattern exists. "" and "*" name none.
func (r *reader) usedPattern(word string, kind models.Kind, id string) string {
	if word == "" || word == "*" {
		return ""
	}
	if _, ok := r.patterns[word]; !ok {
		r.refuse(kind, id, fmt.Sprintf("pattern %q does not exist", word), "add it to [PATTERNS] or correct its id"+inQuotes)
		return ""
	}
	return word
}

// usedCurve checks that a curve exists and notes what it is used for.
func (r *reader) usedCurve(word string, use CurveKind, kind models.Kind, id string) string {
	at, ok := r.curves[word]
	if !ok {
		r.refuse(kind, id, fmt.Sprintf("curve %q does not exist", word), "add it to [CURVES] or correct its id"+inQuotes)
		return ""
	}
	if c := &r.f.Curves[at]; c.Kind == GenericCurve {
		c.Kind = use
	}
	return word
}
