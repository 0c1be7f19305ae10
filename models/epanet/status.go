package epanet

import (
	"fmt"

	"evenflow/models"
)

// status reads "link status" or "first last status" of [STATUS], where status
// is OPEN, CLOSED or a setting.
func (r *reader) status() {
	n := len(r.words) - 1
	if n < 1 {
		r.refuse(models.KindNetwork, r.words[0], "the line has no status", "write OPEN, CLOSED or a setting after the link's id")
		return
	}
	to, setting := Active, 0.0
	switch choose(r.words[n], "OPEN", "CLOSED") {
	case 0:
		to = Open
	case 1:
		to = Closed
	default:
		v, ok := r.positive(n, 0, true, models.KindNetwork, r.words[0], "setting")
		if !ok {
			return
		}
		setting = v
	}
	if n == 1 {
		l, ok := r.findLink(0)
		if ok && r.mayControl(l, to != Active) {
			r.change(l, to, setting)
		}
		return
	}
	r.everyLink(func(id string, l link) {
		first, last := leading(r.words[0]), leading(r.words[1])
		inside := r.words[0] <= id && id <= r.words[1]
		if first > 0 && last > 0 {
			inside = first <= leading(id) && leading(id) <= last
		}
		if inside {
			r.change(l, to, setting)
		}
	})
}

// everyLink calls do with every link in the order pipes, pumps, valves.
func (r *reader) everyLink(do func(id string, l link)) {
	for i := range r.f.Pipes {
		do(r.f.Pipes[i].ID, link{models.KindPipe, i})
	}
	for i := range r.f.Pumps {
		do(r.f.Pumps[i].ID, link{models.KindPump, i})
	}
	for i := range r.f.Valves {
		do(r.f.Valves[i].ID, link{models.KindValve, i})
	}
}

// findLink returns the link that a word names.
func (r *reader) findLink(i int) (link, bool) {
	l, ok := r.links[r.word(i)]
	if !ok {
		r.refuse(models.KindNetwork, r.word(i), fmt.Sprintf("link %q does not exist", r.word(i)), "add it to [PIPES], [PUMPS] or [VALVES], or correct its id"+inQuotes)
	}
	return l, ok
}

// mayControl refuses what cannot be opened, closed or set.
func (r *reader) mayControl(l link, word bool) bool {
	switch {
	case l.kind == models.KindPipe && r.f.Pipes[l.at].CheckValve:
		r.refuse(l.kind, r.f.Pipes[l.at].ID, "a check valve cannot be opened or closed", "take the line out, or the check valve")
	case l.kind == models.KindValve && r.f.Valves[l.at].Kind == GPV && !word:
		r.refuse(l.kind, r.f.Valves[l.at].ID, "a GPV has no setting", "write OPEN or CLOSED")
	default:
		return true
	}
	return false
}

// change lays a status over the link's own. A setting means nothing to a pipe
// or a GPV.
func (r *reader) change(l link, to Status, setting float64) {
	switch l.kind {
	case models.KindPipe:
		if p := &r.f.Pipes[l.at]; to != Active && !p.CheckValve {
			p.Status = to
		}
	case models.KindPump:
		p := &r.f.Pumps[l.at]
		switch to {
		case Active:
			p.Speed, p.Status = setting, Open
			if setting == 0 {
				p.Status = Closed
			}
		case Open:
			p.Speed, p.Status = 1, Open
		case Closed:
			p.Speed, p.Status = 0, Closed
		}
	case models.KindValve:
		v := &r.f.Valves[l.at]
		switch {
		case to != Active:
			v.Status = to
		case v.Kind != GPV:
			v.Status, v.Setting = Active, r.setting(v.Kind, setting)
		}
	}
}

// control reads
//
//	LINK id setting IF NODE id BELOW/ABOVE level
//	LINK id setting AT TIME value units
//	LINK id setting AT CLOCKTIME value units
//
// with DISABLED after it or not.
func (r *reader) control() {
	c := Control{Line: r.line.number}
	if n := len(r.words); begins(r.words[n-1], "DISABLED") {
		c.Disabled = true
		r.words = r.words[:n-1]
	}
	if len(r.words) < 6 {
		r.refuse(models.KindNetwork, r.word(1), "the control is cut off", "write LINK id setting IF NODE id BELOW level, or LINK id setting AT TIME hours")
		return
	}
	l, ok := r.findLink(1)
	word := choose(r.words[2], "OPEN", "CLOSED")
	if !ok || !r.mayControl(l, word >= 0) || !r.controlSetting(&c, l, word) {
		return
	}
	c.Link = r.words[1]
	switch w := r.words[4]; {
	case begins(w, "TIME"), begins(w, "CLOCKTIME"):
		c.Kind = AtTime
		if begins(w, "CLOCKTIME") {
			c.Kind = AtClockTime
		}
		h, ok := hours(r.words[5], r.word(6))
		if !ok || h < 0 || h > 1e8 {
			r.refuse(models.KindNetwork, c.Link, fmt.Sprintf("%q is no time", r.words[5]), "write hours, h:mm or h:mm:ss, or a number with its unit")
			return
		}
		seconds := int64(3600*h + 0.5)
		if c.Kind == AtClockTime {
			seconds %= day
		}
		c.Time = float64(seconds)
	default:
		if !r.controlNode(&c) {
			return
		}
	}
	r.f.Controls = append(r.f.Controls, c)
}

// controlSetting reads what the control sets. word is 0 for OPEN, 1 for
// CLOSED and -1 for a number.
func (r *reader) controlSetting(c *Control, l link, word int) bool {
	pump := l.kind == models.KindPump
	switch word {
	case 0:
		c.Status = Open
		if pump {
			c.Setting = models.Some(1)
		}
		return true
	case 1:
		c.Status = Closed
		if pump {
			c.Setting = models.Some(0)
		}
		return true
	}
	v, ok := r.number(2, l.kind, r.words[1], "setting")
	if !ok {
		return false
	}
	pressure := l.kind == models.KindValve && (r.f.Valves[l.at].Kind == PRV || r.f.Valves[l.at].Kind == PSV)
	if v < 0 && !pressure {
		r.refuse(l.kind, r.words[1], "the setting is below 0", "write OPEN, CLOSED, a speed or what the valve holds")
		return false
	}
	if l.kind == models.KindValve {
		c.Status, c.Setting = Active, models.Some(r.setting(r.f.Valves[l.at].Kind, v))
		return true
	}
	c.Status = Open
	if v == 0 {
		c.Status = Closed
	}
	if pump {
		c.Setting = models.Some(v)
	}
	return true
}

// controlNode reads the node, the direction and the level of a control.
func (r *reader) controlNode(c *Control) bool {
	if len(r.words) < 8 {
		r.refuse(models.KindNetwork, r.words[1], "the control is cut off", "write LINK id setting IF NODE id BELOW level")
		return false
	}
	n, ok := r.findNode(5, models.KindNetwork, r.words[1])
	level, okLevel := r.number(7, models.KindNetwork, r.words[1], "level")
	way := choose(r.words[6], "BELOW", "ABOVE")
	if way < 0 {
		r.refuse(models.KindNetwork, r.words[1], fmt.Sprintf("%q is no condition", r.words[6]), "write BELOW or ABOVE")
	}
	c.Node, c.Kind = r.words[5], Below+ControlKind(max(way, 0))
	c.Level = level * r.size.length
	if n.kind == junctionNode {
		c.Level = level * r.size.pressure
	}
	return ok && okLevel && way >= 0
}

// whole checks what no single line shows.
func (r *reader) whole() {
	f := r.f
	r.line = line{}
	if len(f.Junctions)+len(f.Reservoirs)+len(f.Tanks) == 0 {
		r.note(models.Problem{Reason: "the file holds no nodes", Remedy: "check that it is an EPANET input file (INP)"})
	} else if len(f.Reservoirs)+len(f.Tanks) == 0 {
		r.note(models.Problem{Reason: "the network has neither reservoir nor tank", Remedy: "give at least one node with a known head"})
	}
	for i := range f.Junctions {
		if f.Junctions[i].ID == "" {
			r.note(models.Problem{Kind: models.KindJunction, Line: f.Junctions[i].Line, Reason: "the id is empty", Remedy: "name the node"})
		}
	}
	if r.more > 0 {
		r.found = append(r.found, models.Problem{Reason: fmt.Sprintf("and %d more problems", r.more), Remedy: "correct those above first"})
	}
}
