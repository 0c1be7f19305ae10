package epanet

import (
	"fmt"
	"math"
	"strings"

	"evenflow/models"
)

func powOf(x, e float64) float64 {
	if e == 0.5 {
		return math.Sqrt(x)
	}
	return math.Pow(x, e)
}

// addLink reads "id node1 node2" and notes where the link's id stands.
func (r *reader) addLink(kind models.Kind, at int) (Link, bool) {
	id := r.words[0]
	l := Link{ID: id, From: r.word(1), To: r.word(2), Line: r.line.number}
	if len(r.words) < 3 {
		r.refuse(kind, id, "the line does not name two nodes", "give id, node1 and node2")
		return l, false
	}
	_, from := r.findNode(1, kind, id)
	_, to := r.findNode(2, kind, id)
	if !from || !to {
		return l, false
	}
	if l.From == l.To {
		r.refuse(kind, id, fmt.Sprintf("both ends are node %q", l.From), "a link joins two different nodes")
		return l, false
	}
	if first, twice := r.links[id]; twice {
		r.refuse(kind, id, fmt.Sprintf("the id is used twice, first on line %d", r.link(first).Line), "rename one of the two links"+inQuotes)
		return l, false
	}
	r.links[id] = link{kind, at}
	return l, true
}

// pipe reads "id node1 node2 length diameter roughness loss status"; the loss
// may be left out before the status.
func (r *reader) pipe() {
	const kind = models.KindPipe
	l, ok := r.addLink(kind, len(r.f.Pipes))
	if !ok {
		return
	}
	// EPANET's defaults are those of the options given above the line.
	length, diameter, roughness := 330.0, 10.0, 130.0
	if r.f.Options.Flow.metric() && r.unitLine < l.Line {
		length, diameter = 100, 254
	}
	if r.formulaLine < l.Line {
		roughness = [...]float64{HazenWilliams: 130, DarcyWeisbach: 0.0005, ChezyManning: 0.01}[r.f.Options.Formula]
	}
	p := Pipe{Link: l}
	if n := len(r.words); n < 6 {
		defaults := [...]string{fmt.Sprintf("length %g", length), fmt.Sprintf("diameter %g", diameter), fmt.Sprintf("roughness %g", roughness)}
		r.assume(kind, l.ID, strings.Join(defaults[n-3:], ", "))
	}
	length, _ = r.positive(3, length, false, kind, l.ID, "length")
	diameter, _ = r.positive(4, diameter, false, kind, l.ID, "diameter")
	// A roughness of 0 is a smooth pipe, which only Darcy-Weisbach knows.
	roughness, _ = r.positive(5, roughness, r.f.Options.Formula == DarcyWeisbach, kind, l.ID, "roughness")
	p.Length, p.Diameter, p.Roughness = length*r.size.length, diameter*r.size.diameter, roughness*r.size.roughness
	state := 6
	if _, isNumber := number(r.word(6)); isNumber {
		p.MinorLoss, _ = r.positive(6, 0, true, kind, l.ID, "loss coefficient")
		state = 7
	}
	switch w := r.word(state); {
	case w == "" || begins(w, "OPEN"):
	case begins(w, "CV"):
		p.CheckValve = true
	case begins(w, "CLOSED"):
		p.Status = Closed
	default:
		r.refuse(kind, l.ID, fmt.Sprintf("%q is neither a loss coefficient nor a status", w), "write OPEN, CLOSED or CV")
	}
	r.f.Pipes = append(r.f.Pipes, p)
}

// pump reads "id node1 node2" and pairs of HEAD, POWER, SPEED, PATTERN with
// their value.
func (r *reader) pump() {
	const kind = models.KindPump
	l, ok := r.addLink(kind, len(r.f.Pumps))
	if !ok {
		return
	}
	p := Pump{Link: l, Speed: 1}
	wrong := len(r.found) + r.more
	for i := 3; i < len(r.words); i += 2 {
		w := r.words[i]
		if i+1 >= len(r.words) {
			r.refuse(kind, l.ID, fmt.Sprintf("%q has no value", w), "write HEAD, POWER, SPEED or PATTERN, each with its value")
			break
		}
		switch {
		case begins(w, "POWER"):
			if v, ok := r.positive(i+1, 0, false, kind, l.ID, "power"); ok {
				p.Power = models.Some(v * r.size.power)
			}
		case begins(w, "HEAD"):
			p.Curve = r.usedCurve(r.words[i+1], PumpCurve, kind, l.ID)
		case begins(w, "PATT"):
			p.Pattern = r.usedPattern(r.words[i+1], kind, l.ID)
		case begins(w, "SPEE"):
			p.Speed, _ = r.positive(i+1, 1, true, kind, l.ID, "speed")
		default:
			r.refuse(kind, l.ID, fmt.Sprintf("%q is no property of a pump", w), "write HEAD, POWER, SPEED or PATTERN, each with its value")
		}
	}
	if p.Curve != "" {
		r.pumpCurve(&p)
	}
	if p.Curve == "" && !p.Power.Known && len(r.found)+r.more == wrong {
		r.refuse(kind, l.ID, "the pump has neither curve nor power", "write HEAD with a curve, or POWER with a value")
	}
	r.f.Pumps = append(r.f.Pumps, p)
}

// pumpCurve checks that the pump's head falls with the flow.
func (r *reader) pumpCurve(p *Pump) {
	c := &r.f.Curves[r.curves[p.Curve]]
	wrong := len(c.X) == 0 || len(c.X) == 1 && !(c.X[0] > 0 && c.Y[0] > 0)
	for i := 1; i < len(c.Y); i++ {
		wrong = wrong || c.Y[i] >= c.Y[i-1]
	}
	switch n := len(c.X); {
	case wrong:
		r.refuse(models.KindPump, p.ID, fmt.Sprintf("curve %q is no pump's: its head does not fall with the flow", c.ID), "give one point, or several whose head falls")
	case c.X[0] < 0 || c.Y[n-1] < 0:
		r.refuse(models.KindPump, p.ID, fmt.Sprintf("curve %q has a flow or a head below 0", c.ID), "give points between flow 0 and head 0")
	}
}

// valve reads "id node1 node2 diameter type setting loss curve".
func (r *reader) valve() {
	const kind = models.KindValve
	l, ok := r.addLink(kind, len(r.f.Valves))
	if !ok {
		return
	}
	v := Valve{Link: l}
	v.Status = Active
	if d, ok := r.positive(3, 0, false, kind, l.ID, "diameter"); ok && d > 0 {
		v.Diameter = d * r.size.diameter
	} else if ok {
		r.refuse(kind, l.ID, "the diameter is missing", "give id, node1, node2, diameter, type and setting")
	}
	k := choose(r.word(4), valveNames[:]...)
	if k < 0 {
		r.refuse(kind, l.ID, fmt.Sprintf("%q is no type of valve", r.word(4)), "write PRV, PSV, PBV, FCV, TCV, GPV or PCV")
		k = int(TCV)
	}
	v.Kind = ValveKind(k)
	switch {
	case v.Kind == GPV:
		v.Curve = r.usedCurve(r.word(5), LossCurve, kind, l.ID)
		r.lossCurve(&v)
	case len(r.words) > 5:
		if s, ok := r.number(5, kind, l.ID, "setting"); ok {
			v.Setting = r.setting(v.Kind, s)
		}
	default:
		r.assume(kind, l.ID, "setting 0")
	}
	if v.Setting < 0 && (v.Kind == PBV || v.Kind == FCV || v.Kind == TCV) {
		r.refuse(kind, l.ID, fmt.Sprintf("the setting %s of a %v is below 0", r.word(5), v.Kind), "write what it drops, passes or loses in its direction; exchange its ends for the other")
	}
	v.MinorLoss, _ = r.positive(6, 0, true, kind, l.ID, "loss coefficient")
	if v.Kind == PCV && len(r.words) > 7 {
		v.Curve = r.usedCurve(r.word(7), ValveCurve, kind, l.ID)
	}
	if v.Kind == PCV {
		v.Setting = min(v.Setting, 100)
	}
	r.f.Valves = append(r.f.Valves, v)
}

// lossCurve checks that a GPV loses no less at more flow.
func (r *reader) lossCurve(v *Valve) {
	at, ok := r.curves[v.Curve]
	if !ok {
		return
	}
	c := &r.f.Curves[at]
	wrong := len(c.Y) < 2
	for i := 1; i < len(c.Y); i++ {
		wrong = wrong || c.Y[i] < c.Y[i-1]
	}
	if wrong {
		r.refuse(models.KindValve, v.ID, fmt.Sprintf("curve %q is no head-loss curve: it has fewer than two points, or falls", c.ID), "give points of flow and head loss, ascending")
	}
}

// setting turns a valve's setting into SI.
func (r *reader) setting(k ValveKind, v float64) float64 {
	switch k {
	case PRV, PSV, PBV:
		return v * r.size.pressure
	case FCV:
		return v * r.size.flow
	}
	return v
}

// leakage reads "pipe area expansion".
func (r *reader) leakage() {
	const kind = models.KindPipe
	id := r.words[0]
	l, ok := r.links[id]
	if !ok || l.kind != kind {
		r.refuse(kind, id, fmt.Sprintf("pipe %q does not exist", id), "add it to [PIPES] or correct its id"+inQuotes)
		return
	}
	area, okA := r.positive(1, 0, true, kind, id, "leak area")
	expansion, okE := r.positive(2, 0, true, kind, id, "leak expansion")
	if okA && okE && (area > 0 || expansion > 0) {
		r.f.Pipes[l.at].Leak = &Leak{area, expansion}
	}
}

// energy reads the pumps' efficiencies out of [ENERGY]; prices are kept as
// they stand.
func (r *reader) energy() {
	n := len(r.words)
	efficiency := n >= 3 && begins(r.words[n-2], "EFFI")
	switch {
	case efficiency && begins(r.words[0], "GLOB"):
		if v, ok := r.positive(n-1, 0, false, models.KindNetwork, "", "efficiency"); ok {
			r.f.Efficiency = models.Some(v / 100)
		}
	case efficiency && begins(r.words[0], "PUMP") && n >= 4:
		id := r.words[1]
		l, ok := r.links[id]
		if !ok || l.kind != models.KindPump {
			r.refuse(models.KindPump, id, fmt.Sprintf("pump %q does not exist", id), "add it to [PUMPS] or correct its id"+inQuotes)
			return
		}
		r.f.Pumps[l.at].EfficiencyCurve = r.usedCurve(r.words[n-1], EfficiencyCurve, models.KindPump, id)
	default:
		last := len(r.f.Kept) - 1
		if last < 0 || r.f.Kept[last].Name != sectionNames[sectionEnergy] {
			r.f.Kept = append(r.f.Kept, Section{Name: sectionNames[sectionEnergy], Line: r.line.number})
			last++
		}
		r.f.Kept[last].Lines = append(r.f.Kept[last].Lines, r.line.text)
	}
}
