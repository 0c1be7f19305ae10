package pandapipes

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
)

const (
	bar     = 1e5
	gravity = 9.80665
)

func id(letters string, index int) models.ID { return models.ID(fmt.Sprintf("%s%d", letters, index)) }

func (b *builder) junctions() {
	f, geo := b.frames["junction"], b.frames["junction_geodata"]
	place := map[int]int{}
	for row, index := range geo.index {
		place[index] = row
	}
	n := b.c.Network
	n.Junctions = slices.Grow(n.Junctions, len(f.index))
	for row, index := range f.index {
		j := models.Junction{ID: id("n", index), Name: f.text(row, "name")}
		h, _ := f.number(row, "height_m")
		j.Elevation = models.Some(h)
		if at, ok := place[index]; ok {
			x, okX := geo.number(at, "x")
			y, okY := geo.number(at, "y")
			if okX && okY {
				j.X, j.Y = models.Some(x), models.Some(y)
			}
		}
		if !f.yes(row, true, "in_service") {
			b.dead[j.ID] = true
		}
		b.at[j.ID] = len(n.Junctions)
		n.Junctions = append(n.Junctions, j)
	}
	if len(f.rows) == 0 && len(b.found) == 0 {
		b.refuse(models.KindNetwork, "", "junction", "the file holds no junctions", "check that it is the right file")
	}
}

// junction returns the junction that a cell names, nil after noting that it
// does not exist.
func (b *builder) junction(kind models.Kind, element models.ID, f *frame, row int, columns ...string) *models.Junction {
	v, ok := f.number(row, columns...)
	if !ok {
		b.refuse(kind, element, columns[0], "names no junction", "give the index of a junction")
		return nil
	}
	at, ok := b.at[id("n", int(v))]
	if !ok || v != math.Trunc(v) {
		b.refuse(kind, element, columns[0], fmt.Sprintf("junction %g does not exist", v), "add it to the table junction")
		return nil
	}
	return &b.c.Network.Junctions[at]
}

// branch reads what branches share; ok is false if an end is wrong.
func (b *builder) branch(kind models.Kind, letters string, f *frame, row int, from, to []string) (models.Branch, bool) {
	x := models.Branch{ID: id(letters, f.index[row]), Name: f.text(row, "name"), OutOfService: !f.yes(row, true, "in_service")}
	a, c := b.junction(kind, x.ID, f, row, from...), b.junction(kind, x.ID, f, row, to...)
	if a == nil || c == nil {
		return x, false
	}
	x.From, x.To = a.ID, c.ID
	return x, true
}

var fromColumn, toColumn = []string{"from_junction"}, []string{"to_junction"}

// diameter returns the inner diameter of a row in m, 0 if it has none.
func diameter(f *frame, row int) float64 {
	if mm, ok := f.number(row, "inner_diameter_mm"); ok {
		return mm / 1e3
	}
	d, _ := f.number(row, "inner_diameter_m", "diameter_m")
	return d
}

func (b *builder) pipes() {
	f := b.frames["pipe"]
	b.c.Network.Pipes = slices.Grow(b.c.Network.Pipes, len(f.rows))
	for row := range f.rows {
		x, ok := b.branch(models.KindPipe, "p", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		p := models.Pipe{Branch: x, InnerDiameter: diameter(f, row), Material: f.text(row, "std_type")}
		km := b.need(models.KindPipe, x.ID, f, row, "length_km")
		k := b.need(models.KindPipe, x.ID, f, row, "k_mm")
		p.Length, p.Roughness = km*1e3, k/1e3
		p.Zeta, _ = f.number(row, "loss_coefficient")
		outer := p.InnerDiameter
		if mm, ok := f.number(row, "outer_diameter_mm"); ok && mm > 0 {
			outer = mm / 1e3
			p.OuterDiameter = models.Some(outer)
		}
		u, _ := f.number(row, "u_w_per_m2k", "alpha_w_per_m2k")
		p.HeatLoss = models.Some(u * math.Pi * outer)
		if p.Length == 0 && p.Zeta == 0 { // its two ends are one place
			p.Resistance, p.HeatLoss, u = models.Some(0), models.Optional{}, 0
		}
		if t, ok := f.number(row, "text_k"); ok {
			p.Ambient = models.Some(t)
		} else if p.Ambient = b.ambient(); !p.Ambient.Known && u > 0 {
			b.lose("pipe", x.ID, true, "the temperature around it is not given: 10 degC stand for it")
		}
		if q, ok := f.number(row, "qext_w"); ok && q != 0 {
			b.lose("pipe", x.ID, true, fmt.Sprintf("gives %.4g W away besides its loss through the wall", q))
		}
		if s, ok := f.number(row, "sections"); ok && s > 1 && p.Zeta != 0 {
			b.lose("pipe", x.ID, true, fmt.Sprintf("its loss coefficient counts once, not once in each of its %.0f sections", s))
		}
		b.c.Network.Pipes = append(b.c.Network.Pipes, p)
	}
}

// ambient returns the temperature around what has none of its own, K, where
// the file's options give it.
func (b *builder) ambient() models.Optional {
	o, _ := b.net["user_pf_options"].(map[string]any)
	t, ok := o["ambient_temperature"].(float64)
	return models.Optional{Value: t, Known: ok}
}

// valves reads valves between two junctions, and those between a junction and
// a pipe that ends there: the pipe then ends at a junction of its own behind
// the valve.
func (b *builder) valves() {
	f := b.frames["valve"]
	to := toColumn
	from := fromColumn
	if f.has("element") {
		from, to = []string{"junction"}, []string{"element"}
	}
	for row := range f.rows {
		name := id("v", f.index[row])
		var x models.Branch
		var ok bool
		if et := f.text(row, "et"); et == "pi" || et == "pipe" {
			x, ok = b.valveAtPipe(f, row, name)
		} else {
			x, ok = b.branch(models.KindValve, "v", f, row, from, to)
		}
		if !ok {
			continue
		}
		v := models.Valve{Branch: x, InnerDiameter: diameter(f, row), Sectioning: true}
		v.Zeta, _ = f.number(row, "loss_coefficient")
		if f.yes(row, true, "opened") {
			v.Opening = 1
		}
		b.c.Network.Valves = append(b.c.Network.Valves, v)
	}
}

func (b *builder) valveAtPipe(f *frame, row int, name models.ID) (models.Branch, bool) {
	n := b.c.Network
	if b.pipeAt == nil {
		b.pipeAt = make(map[models.ID]int, len(n.Pipes))
		for i := range n.Pipes {
			b.pipeAt[n.Pipes[i].ID] = i
		}
	}
	x := models.Branch{ID: name, Name: f.text(row, "name"), OutOfService: !f.yes(row, true, "in_service")}
	j := b.junction(models.KindValve, name, f, row, "junction")
	e, ok := f.number(row, "element")
	if j == nil || !ok || e != math.Trunc(e) {
		b.refuse(models.KindValve, name, "element", "names no pipe", "give the index of a pipe")
		return x, false
	}
	wanted := id("p", int(e))
	inner := models.ID(fmt.Sprintf("%s:%s", wanted, j.ID))
	i, ok := b.pipeAt[wanted]
	if !ok {
		b.refuse(models.KindValve, name, "element", fmt.Sprintf("pipe %d does not exist", int(e)), "add it to the table pipe")
		return x, false
	}
	p := &n.Pipes[i]
	x.From, x.To = j.ID, inner
	if _, again := b.at[inner]; again { // a second valve beside the first
		return x, true
	}
	switch j.ID {
	case p.From:
		p.From = inner
	case p.To:
		p.To = inner
	default:
		b.refuse(models.KindValve, name, "element", fmt.Sprintf("pipe %d does not end at junction %s", int(e), j.ID), "name a pipe that does")
		return x, false
	}
	b.at[inner] = len(n.Junctions)
	b.dead[inner] = b.dead[j.ID]
	n.Junctions = append(n.Junctions, models.Junction{ID: inner, Elevation: j.Elevation, X: j.X, Y: j.Y})
	return x, true
}

func (b *builder) pumps() {
	f := b.frames["pump"]
	for row := range f.rows {
		x, ok := b.branch(models.KindPump, "pu", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		p := models.Pump{Branch: x, Speed: 1}
		if !b.pumpCurve(&p, f.text(row, "std_type")) {
			continue
		}
		b.c.Network.Pumps = append(b.c.Network.Pumps, p)
	}
}

// pumpCurve finds the curve of a pump's type: a polynomial of the lift in bar
// over the flow in m3/h, highest power first, or points.
func (b *builder) pumpCurve(p *models.Pump, kind string) bool {
	types, _ := b.net["std_types"].(map[string]any)
	if types == nil {
		types, _ = b.net["std_type"].(map[string]any)
	}
	pumps, _ := types["pump"].(map[string]any)
	m, _, err := object(pumps[kind], 1)
	if err != nil {
		b.refuse(models.KindPump, p.ID, "std_type", fmt.Sprintf("the pump type %q is not among the file's", kind), "write the file with its std_types")
		return false
	}
	metres := bar / (b.density(293.15) * gravity) // per bar
	coefficients, ok := numbers(m["reg_par"])
	if !ok {
		q, okQ := numbers(m["x_values"])
		h, okH := numbers(m["y_values"])
		if !okQ || !okH || len(q) != len(h) {
			b.refuse(models.KindPump, p.ID, "std_type", fmt.Sprintf("the pump type %q has neither reg_par nor points", kind), "give the type a regression or points")
			return false
		}
		for i := range q {
			p.Curve.Points = append(p.Curve.Points, models.CurvePoint{Flow: q[i] / 3600, Head: h[i] * metres})
		}
		p.Curve.Form = models.PiecewiseForm
		return true
	}
	for len(coefficients) > 1 && coefficients[0] == 0 {
		coefficients = coefficients[1:]
	}
	if degree := len(coefficients) - 1; degree <= 2 {
		power := metres
		for i := degree; i >= 0; i-- {
			p.Curve.Polynomial = append(p.Curve.Polynomial, coefficients[i]*power)
			power *= 3600
		}
		return true
	}
	return b.sampled(p, coefficients, metres)
}

// sampled lays straight lines through a polynomial of higher degree, from
// flow 0 to where its lift ends, or stops falling.
func (b *builder) sampled(p *models.Pump, coefficients []float64, metres float64) bool {
	lift := func(q float64) (y float64) { // bar over m3/h
		for _, c := range coefficients {
			y = y*q + c
		}
		return y
	}
	end := 1e-3
	for end < 1e6 && lift(end) > 0 {
		end *= 1.05
	}
	const steps = 60
	last := math.Inf(1)
	for k := 0; k <= steps; k++ {
		q := end * float64(k) / steps
		if h := lift(q) * metres; h > 0 && h < last {
			p.Curve.Points = append(p.Curve.Points, models.CurvePoint{Flow: q / 3600, Head: h})
			last = h
		}
	}
	if len(p.Curve.Points) < 2 {
		b.refuse(models.KindPump, p.ID, "std_type", "its curve lifts nothing", "check the type's regression")
		return false
	}
	p.Curve.Form = models.PiecewiseForm
	b.lose("pump", p.ID, false, fmt.Sprintf("its polynomial of degree %d became %d points with straight lines between", len(coefficients)-1, len(p.Curve.Points)))
	return true
}
