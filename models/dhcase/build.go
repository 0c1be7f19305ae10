package dhcase

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
)

const bar = 1e5

// builder turns a document into a case.
type builder struct {
	doc      *document
	c        *Case
	problems models.Problems
	place    map[models.ID]int  // of junctions
	dead     map[models.ID]bool // nodes out of service: nothing at them counts
	beyond   *NotCovered
	parts    int // junctions between the sections of pipes so far
}

// maxParts bounds what sections make of a small file.
const maxParts = 200000

func id(table string, n int) models.ID { return models.ID(fmt.Sprintf("%s%d", table, n)) }

func (b *builder) refuse(element models.ID, reason string) {
	b.problems = append(b.problems, models.Problem{Element: element, Reason: reason, Remedy: "correct the case file"})
}

func (b *builder) build() {
	b.place, b.dead = map[models.ID]int{}, map[models.ID]bool{}
	b.assumptions()
	b.nodes()
	b.pipes()
	b.valvesAndPumps()
	b.plants()
	b.boundaries()
	b.consumers()
	b.controllers()
	if len(b.problems) > 0 || b.beyond != nil {
		return
	}
	b.bury()
	b.sides()
	b.results()
	b.references()
}

func (b *builder) assumptions() {
	o, f := b.doc.Options, b.doc.Fluid
	a := &b.c.Assumptions
	*a = Assumptions{Mode: Mode(o.Mode), Friction: o.Friction, Ambient: o.Ambient, Gravity: o.Gravity}
	if !slices.Contains([]Mode{Hydraulics, Sequential, Bidirectional}, a.Mode) {
		b.refuse("", fmt.Sprintf("options.mode %q is unknown", models.Clip(o.Mode)))
	}
	if !slices.Contains([]string{"colebrook", "nikuradse", "swamee-jain"}, a.Friction) {
		b.refuse("", fmt.Sprintf("options.friction_model %q is unknown", models.Clip(o.Friction)))
	}
	a.Density = b.table("density", f.Density)
	a.Viscosity = b.table("viscosity", f.Viscosity)
	a.HeatCapacity = b.table("heat capacity", f.HeatCapacity)
	if !(a.Gravity > 0 && a.Gravity < 100) {
		b.refuse("", fmt.Sprintf("options.gravity_m_per_s2 is %g", a.Gravity))
	}
	if !temperature(a.Ambient) {
		b.refuse("", fmt.Sprintf("options.ambient_temperature_k is %g", a.Ambient))
	}
}

// temperature reports whether water can have it, or what is around a pipe.
func temperature(kelvin float64) bool { return kelvin > 200 && kelvin < 500 }

func (b *builder) table(name string, p property) Table {
	t := Table{[]float64{273.15}, []float64{1}}
	switch p.Kind {
	case "constant":
		if v, ok := p.Table.(float64); ok {
			t.Value[0] = v
			return b.physical(name, t)
		}
	case "linear":
		return b.physical(name, Table{[]float64{273.15, 373.15}, []float64{p.Offset + 273.15*p.Slope, p.Offset + 373.15*p.Slope}})
	case "table_linear":
		list, _ := p.Table.([]any)
		var values []float64
		for _, x := range list {
			if v, ok := x.(float64); ok {
				values = append(values, v)
			}
		}
		if len(values) == len(list) && len(values) == len(p.T) && len(values) > 0 {
			return b.physical(name, Table{p.T, values})
		}
	}
	b.refuse("", "the fluid's "+name+" is not given as constant, linear or table_linear")
	return t
}

// physical refuses a property that no water has, and temperatures that do not
// ascend.
func (b *builder) physical(name string, t Table) Table {
	for i, v := range t.Value {
		if !(v > 0 && v < 1e9) || !temperature(t.T[i]) || i > 0 && t.T[i] <= t.T[i-1] {
			b.refuse("", fmt.Sprintf("the fluid's %s is %g at %g K; temperatures ascend and values are above 0", name, v, t.T[i]))
			break
		}
	}
	return t
}

// At returns the table's value at T.
func (t Table) At(T float64) float64 {
	n := len(t.T)
	if n == 1 {
		return t.Value[0]
	}
	i := 1
	for i < n-1 && T > t.T[i] {
		i++
	}
	return t.Value[i-1] + (t.Value[i]-t.Value[i-1])*(T-t.T[i-1])/(t.T[i]-t.T[i-1])
}

func (b *builder) nodes() {
	n := b.c.Network
	for _, x := range b.doc.Nodes {
		j := models.Junction{ID: id("n", x.ID), Name: models.Printable(x.Name), Elevation: models.Some(x.Height)}
		if x.X != nil && x.Y != nil {
			j.X, j.Y = models.Some(*x.X), models.Some(*x.Y)
		}
		if !temperature(x.Start) {
			b.refuse(j.ID, fmt.Sprintf("t_init_k is %g", x.Start))
		}
		b.junction(j, x.Start)
		if x.InService != nil && !*x.InService {
			b.dead[j.ID] = true
		}
	}
	if len(n.Junctions) == 0 {
		b.refuse("", "the case has no nodes")
	}
}

func (b *builder) junction(j models.Junction, start float64) {
	b.place[j.ID] = len(b.c.Network.Junctions)
	b.c.Network.Junctions = append(b.c.Network.Junctions, j)
	b.c.Assumptions.Start = append(b.c.Assumptions.Start, start)
}

// notCovered notes the first thing that the six kinds of element cannot say.
func (b *builder) notCovered(element models.ID, reason string) {
	if b.beyond == nil {
		b.beyond = &NotCovered{element, reason}
	}
}

// bury takes the branches at nodes out of service out of the circuit, and what
// is held or drawn there away.
func (b *builder) bury() {
	if len(b.dead) == 0 {
		return
	}
	for _, x := range b.c.Network.Branches() {
		x.OutOfService = x.OutOfService || b.dead[x.From] || b.dead[x.To]
	}
	for i := range b.c.Network.Junctions {
		if j := &b.c.Network.Junctions[i]; b.dead[j.ID] {
			j.FixedPressure, j.Draw = models.Optional{}, 0
		}
	}
}

// at returns the junction of a node number, nil after noting that it does not
// exist.
func (b *builder) at(element models.ID, number int) *models.Junction {
	i, ok := b.place[id("n", number)]
	if !ok {
		b.refuse(element, fmt.Sprintf("node %d does not exist", number))
		return nil
	}
	return &b.c.Network.Junctions[i]
}

func branch(table string, e ends) models.Branch {
	return models.Branch{ID: id(table, e.ID), Name: models.Printable(e.Name), From: id("n", e.From), To: id("n", e.To), OutOfService: e.out()}
}

func (b *builder) pipes() {
	for _, x := range b.doc.Pipes {
		whole := branch("p", x.ends)
		from, to := b.at(whole.ID, x.From), b.at(whole.ID, x.To)
		if from == nil || to == nil {
			continue
		}
		n := max(x.Sections, 1)
		if b.parts += n - 1; x.Sections < 0 || n > 10000 || b.parts > maxParts {
			b.refuse(whole.ID, fmt.Sprintf("%d sections", x.Sections))
			continue
		}
		loss := x.U * math.Pi * x.Outer
		m := Pipe{ID: whole.ID, From: whole.From, To: whole.To, Length: x.Length, LossPerMK: loss, Ambient: x.Ambient}
		proto := models.Pipe{Branch: whole, Length: x.Length / float64(n), InnerDiameter: x.Inner, OuterDiameter: models.Some(x.Outer),
			Roughness: x.Roughness / 1e3, Zeta: x.Zeta, HeatLoss: models.Some(loss), Ambient: models.Some(x.Ambient)}
		if x.Length == 0 && x.Zeta == 0 {
			proto.Resistance, proto.HeatLoss = models.Some(0), models.Some(0) // the two ends are one place
		}
		heights, starts := [2]float64{from.Elevation.Value, to.Elevation.Value}, [2]float64{b.start(whole.From), b.start(whole.To)}
		last := whole.From
		for k := 1; k <= n; k++ {
			part := proto
			if n > 1 {
				part.ID = models.ID(fmt.Sprintf("%s.%d", whole.ID, k))
			}
			part.From, part.To = last, whole.To
			if k < n {
				inner := models.ID(fmt.Sprintf("%s:%d", whole.ID, k))
				share := float64(k) / float64(n)
				b.junction(models.Junction{ID: inner, Elevation: models.Some(heights[0] + share*(heights[1]-heights[0]))}, starts[0]+share*(starts[1]-starts[0]))
				part.To = inner
				m.Inner = append(m.Inner, inner)
			}
			last = part.To
			m.Parts = append(m.Parts, part.ID)
			b.c.Network.Pipes = append(b.c.Network.Pipes, part)
		}
		b.c.Pipes = append(b.c.Pipes, m)
	}
}

func (b *builder) start(junction models.ID) float64 { return b.c.Assumptions.Start[b.place[junction]] }

func (b *builder) valvesAndPumps() {
	n := b.c.Network
	for _, x := range b.doc.Valves {
		v := models.Valve{Branch: branch("v", x.ends), Zeta: x.Zeta, InnerDiameter: x.Inner, Sectioning: true}
		if x.Open {
			v.Opening = 1
		}
		n.Valves = append(n.Valves, v)
	}
	a := &b.c.Assumptions
	for _, x := range b.doc.Pumps {
		// Lift in bar over m3/h, highest power first, becomes metres over m3/s,
		// constant first. The reference turns mass into volume with the density
		// at 0 degC; the same density turns head into pressure.
		a.PumpDensity = a.Density.At(273.15)
		p := models.Pump{Branch: branch("pu", x.ends), Speed: 1}
		metres := bar / (a.PumpDensity * a.Gravity) // of head per bar
		power := 1.0
		for i, c := range slices.Backward(x.Curve.Polynomial) {
			if len(x.Curve.Polynomial)-1-i > 2 && c != 0 {
				b.notCovered(p.ID, "a pump curve beyond the square of the flow")
			}
			p.Curve.Polynomial = append(p.Curve.Polynomial, c*power*metres)
			power *= 3600
		}
		if len(x.Curve.Polynomial) == 0 {
			if len(x.Curve.Flows) != len(x.Curve.Lifts) {
				b.refuse(p.ID, "the curve has more flows than lifts, or fewer")
				continue
			}
			for i := range x.Curve.Flows {
				p.Curve.Points = append(p.Curve.Points, models.CurvePoint{Flow: x.Curve.Flows[i] / 3600, Head: x.Curve.Lifts[i] * metres})
			}
		}
		n.Pumps = append(n.Pumps, p)
	}
}

func (b *builder) plants() {
	n := b.c.Network
	plant := func(table string, x plant, control models.SourceControl) {
		s := models.Source{Branch: branch(table, x.ends), SupplyTemperature: x.T, Control: control, Differential: x.Lift * bar, Flow: x.Flow}
		n.Sources = append(n.Sources, s)
		if to := b.at(s.ID, x.To); to != nil && !x.out() {
			to.FixedPressure = models.Some(x.Pressure * bar)
			b.c.Assumptions.Start[b.place[to.ID]] = x.T
		}
		b.at(s.ID, x.From)
	}
	for _, x := range b.doc.CircPumpsPressure {
		plant("cp", x, models.ControlDifferential)
	}
	for _, x := range b.doc.CircPumpsMass {
		plant("cm", x, models.ControlFlow)
	}
}

func (b *builder) boundaries() {
	for _, x := range b.doc.PressureSources {
		name := id("ps", x.ID)
		j := b.at(name, x.Node)
		if j == nil || x.InService != nil && !*x.InService {
			continue
		}
		if !slices.Contains([]string{"p", "t", "pt"}, x.Fixes) {
			b.refuse(name, fmt.Sprintf("fixes cannot be %q: write p, t or pt", models.Clip(x.Fixes)))
			continue
		}
		if x.Fixes != "t" {
			if x.Pressure == nil {
				b.refuse(name, "it fixes the pressure, and has no p_bar")
				continue
			}
			j.FixedPressure = models.Some(*x.Pressure * bar)
		}
		if x.Fixes != "p" {
			if x.T == nil {
				b.refuse(name, "it fixes the temperature, and has no t_k")
				continue
			}
			j.FixedTemp = models.Some(*x.T)
			b.c.Assumptions.Start[b.place[j.ID]] = *x.T
		}
		b.c.Network.Open = true
	}
	draw := func(table string, x exchange, sign float64) {
		if j := b.at(id(table+" ", x.ID), x.Node); j != nil && (x.InService == nil || *x.InService) {
			j.Draw += sign * x.Flow
		}
	}
	for _, x := range b.doc.Sinks {
		draw("sink", x, 1)
	}
	for _, x := range b.doc.Sources {
		draw("source", x, -1)
		b.c.Feeds = append(b.c.Feeds, id("n", x.Node))
	}
	if holds := len(b.doc.PressureSources) + len(b.doc.CircPumpsPressure) + len(b.doc.CircPumpsMass) + len(b.doc.PressureControllers); holds > 1 || len(b.doc.Sinks)+len(b.doc.Sources) > 0 {
		b.c.Network.Open = true
	}
}

func (b *builder) consumers() {
	for _, x := range b.doc.HeatConsumers {
		s := models.Station{Branch: branch("hc", x.ends)}
		s.Demand = models.Demand{Flow: optional(x.Flow), Heat: optional(x.Heat), ReturnTemperature: optional(x.ReturnT), TemperatureDrop: optional(x.Drop)}
		b.c.Network.Stations = append(b.c.Network.Stations, s)
	}
	for _, x := range b.doc.HeatExchangers {
		s := models.Station{Branch: branch("hx", x.ends), Demand: models.Demand{Heat: models.Some(x.Heat)}}
		if b.at(s.ID, x.From) == nil || b.at(s.ID, x.To) == nil {
			continue
		}
		rho := (b.c.Assumptions.Density.At(b.start(s.From)) + b.c.Assumptions.Density.At(b.start(s.To))) / 2
		e := Exchanger{Station: s.ID, Zeta: x.Zeta, Diameter: x.Inner}
		s.FixedResistance = e.Resistance(rho)
		b.c.Network.Stations = append(b.c.Network.Stations, s)
		b.c.Exchangers = append(b.c.Exchangers, e)
	}
}

// Resistance returns zeta/(2 rho A^2) in Pa/(kg/s)^2.
func (e Exchanger) Resistance(rho float64) float64 {
	area := math.Pi / 4 * e.Diameter * e.Diameter
	return e.Zeta / (2 * rho * area * area)
}

func (b *builder) controllers() {
	n := b.c.Network
	for _, x := range b.doc.FlowControllers {
		if !x.Active { // it lets everything pass
			n.Valves = append(n.Valves, models.Valve{Branch: branch("fc", x.ends), InnerDiameter: 1, Opening: 1, Sectioning: true})
			continue
		}
		n.Stations = append(n.Stations, models.Station{Branch: branch("fc", x.ends), Demand: models.Demand{Flow: models.Some(x.Flow)}})
	}
	for _, x := range b.doc.PressureControllers {
		if !x.Active {
			if x.Zeta != 0 {
				b.notCovered(id("pc", x.ID), "a pressure controller that does not control and has a loss without a diameter")
			}
			n.Valves = append(n.Valves, models.Valve{Branch: branch("pc", x.ends), InnerDiameter: 1, Opening: 1, Sectioning: true})
			continue
		}
		s := models.Station{Branch: branch("pc", x.ends), Demand: models.Demand{Flow: models.Some(0)}}
		n.Stations = append(n.Stations, s)
		if at := b.at(s.ID, x.Controlled); at != nil {
			at.FixedPressure = models.Some(x.Pressure * bar)
			b.c.Controls = append(b.c.Controls, PressureControl{s.ID, at.ID})
		}
	}
	if len(b.doc.FlowControllers)+len(b.doc.PressureControllers) > 0 {
		n.Open = true // their branches stay on one side
	}
}

func optional(p *float64) models.Optional {
	if p == nil {
		return models.Optional{}
	}
	return models.Some(*p)
}
