package epanet

import (
	"fmt"
	"strconv"
	"strings"

	"evenflow/models"
)

// arenas makes room for what every node has one of, in one piece each.
func (r *reader) arenas() {
	n := len(r.lines[sectionJunctions])
	r.f.Junctions = make([]Junction, 0, n)
	r.demands = make([]Demand, 0, n)
	r.own = make([]bool, 0, n)
	r.f.Pipes = make([]Pipe, 0, len(r.lines[sectionPipes]))
	r.f.Pumps = make([]Pump, 0, len(r.lines[sectionPumps]))
	r.f.Valves = make([]Valve, 0, len(r.lines[sectionValves]))
	r.points = make([]Point, 0, len(r.lines[sectionCoordinates]))
}

// addNode notes where a node's id stands; a second one is refused.
func (r *reader) addNode(kind nodeKind, at int) bool {
	id := r.words[0]
	if first, twice := r.nodes[id]; twice {
		r.refuse(models.KindJunction, id, fmt.Sprintf("the id is used twice, first on line %d", r.lineOf(first)), "rename one of the two nodes"+inQuotes)
		return false
	}
	r.nodes[id] = node{kind, at}
	return true
}

func (r *reader) lineOf(n node) int {
	switch n.kind {
	case reservoirNode:
		return r.f.Reservoirs[n.at].Line
	case tankNode:
		return r.f.Tanks[n.at].Line
	}
	return r.f.Junctions[n.at].Line
}

// junction reads "id elevation demand pattern".
func (r *reader) junction() {
	const kind = models.KindJunction
	id := r.words[0]
	if !r.addNode(junctionNode, len(r.f.Junctions)) {
		return
	}
	if len(r.words) < 2 {
		r.assume(kind, id, "elevation 0")
	}
	elevation, _ := r.optional(1, 0, kind, id, "elevation")
	base, _ := r.optional(2, 0, kind, id, "demand")
	r.demands = append(r.demands, Demand{Base: base * r.size.flow, Pattern: r.usedPattern(r.word(3), kind, id)})
	d := r.demands[len(r.demands)-1:]
	r.f.Junctions = append(r.f.Junctions, Junction{ID: id, Elevation: elevation * r.size.length, Demands: d[:1:1], Line: r.line.number})
	r.own = append(r.own, true)
}

// tank reads "id head pattern" of a reservoir or "id elevation initial
// minimum maximum diameter minimum-volume volume-curve overflow" of a tank:
// which of the two it is shows in the number of columns, as in EPANET.
func (r *reader) tank() {
	const kind = models.KindJunction
	id := r.words[0]
	if len(r.words) <= 3 {
		if !r.addNode(reservoirNode, len(r.f.Reservoirs)) {
			return
		}
		head, _ := r.number(1, kind, id, "head")
		r.f.Reservoirs = append(r.f.Reservoirs, Reservoir{ID: id, Head: head * r.size.length, Pattern: r.usedPattern(r.word(2), kind, id), Line: r.line.number})
		return
	}
	if len(r.words) < 6 {
		r.addNode(tankNode, len(r.f.Tanks))
		r.f.Tanks = append(r.f.Tanks, Tank{ID: id, Line: r.line.number})
		r.refuse(kind, id, "the tank's line holds fewer than six columns", "give id, elevation, initial, minimum and maximum level, diameter")
		return
	}
	if d, ok := number(r.words[5]); ok && d == 0 {
		r.reservoirLikeATank()
		return
	}
	if !r.addNode(tankNode, len(r.f.Tanks)) {
		return
	}
	t := Tank{ID: id, Line: r.line.number}
	t.Elevation, _ = r.number(1, kind, id, "elevation")
	t.Initial, _ = r.positive(2, 0, true, kind, id, "initial level")
	t.Minimum, _ = r.positive(3, 0, true, kind, id, "minimum level")
	t.Maximum, _ = r.positive(4, 0, true, kind, id, "maximum level")
	t.Diameter, _ = r.positive(5, 0, true, kind, id, "diameter")
	t.MinimumVolume, _ = r.positive(6, 0, true, kind, id, "minimum volume")
	if t.Initial > t.Maximum || t.Initial < t.Minimum {
		r.refuse(kind, id, fmt.Sprintf("the initial level %g is not between the minimum %g and the maximum %g", t.Initial, t.Minimum, t.Maximum), "correct the levels")
	}
	if c := r.word(7); c != "" && c != "*" {
		t.VolumeCurve = r.usedCurve(c, VolumeCurve, kind, id)
		r.volume(&t)
	}
	if w := r.word(8); w != "" {
		t.Overflow = begins(w, "YES")
		if choose(w, "YES", "NO") < 0 {
			r.refuse(kind, id, fmt.Sprintf("overflow cannot be %q", w), "write YES or NO")
		}
	}
	for _, v := range []*float64{&t.Elevation, &t.Initial, &t.Minimum, &t.Maximum, &t.Diameter} {
		*v *= r.size.length
	}
	t.MinimumVolume *= r.size.volume
	r.f.Tanks = append(r.f.Tanks, t)
}

// reservoirLikeATank reads a reservoir in the tanks' columns, which shows in its
// diameter 0: its head is that of the initial level.
func (r *reader) reservoirLikeATank() {
	const kind = models.KindJunction
	id := r.words[0]
	if !r.addNode(reservoirNode, len(r.f.Reservoirs)) {
		return
	}
	elevation, _ := r.number(1, kind, id, "elevation")
	level, _ := r.number(2, kind, id, "initial level")
	r.f.Reservoirs = append(r.f.Reservoirs, Reservoir{ID: id, Head: (elevation + level) * r.size.length, Line: r.line.number})
}

// volume checks that the tank's levels lie on its curve; they are still in the
// file's units.
func (r *reader) volume(t *Tank) {
	at, ok := r.curves[t.VolumeCurve]
	if !ok {
		return
	}
	c := &r.f.Curves[at]
	if n := len(c.X); n < 2 || t.Minimum < c.X[0] || t.Maximum > c.X[n-1] {
		r.refuse(models.KindJunction, t.ID, fmt.Sprintf("its levels are not on the volume curve %q", c.ID), "add points to the curve, or correct the levels")
	}
}

// findNode returns the node that a word names.
func (r *reader) findNode(i int, kind models.Kind, id string) (node, bool) {
	n, ok := r.nodes[r.word(i)]
	if !ok {
		r.refuse(kind, id, fmt.Sprintf("node %q does not exist", r.word(i)), "add it to [JUNCTIONS], [RESERVOIRS] or [TANKS], or correct its id"+inQuotes)
	}
	return n, ok
}

// demand reads "node demand pattern ;category". The first line of a junction
// replaces what [JUNCTIONS] says, the others are added to it.
func (r *reader) demand() {
	const kind = models.KindJunction
	id := r.words[0]
	base, okBase := r.number(1, kind, id, "demand")
	n, ok := r.findNode(0, kind, id)
	if !ok || !okBase || n.kind != junctionNode {
		return
	}
	d := Demand{Base: base * r.size.flow, Pattern: r.usedPattern(r.word(2), kind, id), Category: strings.TrimSpace(r.comment)}
	j := &r.f.Junctions[n.at]
	if r.own[n.at] {
		r.own[n.at] = false
		j.Demands[0] = d
		return
	}
	j.Demands = append(j.Demands, d)
}

// emitter reads "node coefficient": the flow at a pressure of 1 unit.
func (r *reader) emitter() {
	const kind = models.KindJunction
	id := r.words[0]
	c, ok := r.number(1, kind, id, "coefficient")
	n, found := r.findNode(0, kind, id)
	if !ok || !found || n.kind != junctionNode {
		return
	}
	if c < 0 {
		r.refuse(kind, id, "the coefficient is below 0", "write the flow at a pressure of 1 unit")
		return
	}
	if c > 0 {
		r.f.Junctions[n.at].Emitter = models.Some(c * r.size.flow / powOf(r.size.emitter, r.f.Options.EmitterExponent))
	}
}

// coordinates reads "node x y". What cannot be read is passed over: no
// calculation needs it.
func (r *reader) coordinates() {
	x, okX := number(r.word(1))
	y, okY := number(r.word(2))
	n, ok := r.nodes[r.words[0]]
	if !okX || !okY || !ok {
		return
	}
	r.points = append(r.points, Point{x, y})
	p := &r.points[len(r.points)-1]
	switch n.kind {
	case junctionNode:
		r.f.Junctions[n.at].Place = p
	case reservoirNode:
		r.f.Reservoirs[n.at].Place = p
	case tankNode:
		r.f.Tanks[n.at].Place = p
	}
}

// vertices reads "link x y".
func (r *reader) vertices() {
	x, okX := number(r.word(1))
	y, okY := number(r.word(2))
	l, ok := r.links[r.words[0]]
	if okX && okY && ok {
		v := &r.link(l).Vertices
		*v = append(*v, Point{x, y})
	}
}

// link returns the common part of a link.
func (r *reader) link(l link) *Link {
	switch l.kind {
	case models.KindPump:
		return &r.f.Pumps[l.at].Link
	case models.KindValve:
		return &r.f.Valves[l.at].Link
	}
	return &r.f.Pipes[l.at].Link
}

// leading returns the number that an id begins with, as C's atol does.
func leading(id string) int {
	end := 0
	for end < len(id) && end < 18 && id[end] >= '0' && id[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(id[:end])
	return n
}
