package pandapipes

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
)

// plants reads circulation pumps, which heat as well: they are sources.
func (b *builder) plants() {
	for _, x := range []struct {
		table, letters string
		control        models.SourceControl
	}{{"circ_pump_pressure", "cp", models.ControlDifferential}, {"circ_pump_mass", "cm", models.ControlFlow}} {
		f := b.frames[x.table]
		for row := range f.rows {
			br, ok := b.branch(models.KindSource, x.letters, f, row, []string{"return_junction", "from_junction"}, []string{"flow_junction", "to_junction"})
			if !ok {
				continue
			}
			s := models.Source{Branch: br, Control: x.control}
			t, okT := f.number(row, "t_flow_k", "t_k")
			if !okT {
				b.refuse(models.KindSource, br.ID, "t_flow_k", "has no flow temperature", "give it in K")
			}
			s.SupplyTemperature = t
			if x.control == models.ControlDifferential {
				s.Differential = b.need(models.KindSource, br.ID, f, row, "plift_bar") * bar
			} else {
				s.Flow = b.need(models.KindSource, br.ID, f, row, "mdot_flow_kg_per_s", "mdot_kg_per_s")
			}
			b.c.Network.Sources = append(b.c.Network.Sources, s)
			if p, ok := f.number(row, "p_flow_bar", "p_bar"); ok && !br.OutOfService {
				b.hold(br.To, p*bar)
			}
		}
	}
}

func (b *builder) hold(junction models.ID, pressure float64) {
	b.c.Network.Junctions[b.at[junction]].FixedPressure = models.Some(pressure)
	b.holds++
}

// boundaries reads external grids, sinks and sources.
func (b *builder) boundaries() {
	n := b.c.Network
	f := b.frames["ext_grid"]
	for row := range f.rows {
		name := id("ps", f.index[row])
		j := b.junction(models.KindJunction, name, f, row, "junction")
		if j == nil || !f.yes(row, true, "in_service") {
			continue
		}
		kind := f.text(row, "type")
		p, okP := f.number(row, "p_bar")
		t, okT := f.number(row, "t_k")
		if okP && kind != "t" {
			b.hold(j.ID, p*bar)
		}
		if okT && kind != "p" {
			j.FixedTemp = models.Some(t)
		}
		n.Open = true
	}
	for _, x := range []struct {
		table string
		sign  float64
	}{{"sink", 1}, {"source", -1}} {
		f := b.frames[x.table]
		for row := range f.rows {
			name := models.ID(fmt.Sprintf("%s %d", x.table, f.index[row]))
			j := b.junction(models.KindJunction, name, f, row, "junction")
			if j == nil || !f.yes(row, true, "in_service") {
				continue
			}
			m := b.need(models.KindJunction, name, f, row, "mdot_kg_per_s")
			scaling, ok := f.number(row, "scaling")
			if !ok {
				scaling = 1
			}
			j.Draw += x.sign * m * scaling
			n.Open = true
		}
	}
	if b.holds > 1 {
		n.Open = true
	}
}

// open stands a valve without loss for a controller that does not control.
func (b *builder) open(x models.Branch) {
	b.c.Network.Valves = append(b.c.Network.Valves, models.Valve{Branch: x, InnerDiameter: 1, Opening: 1, Sectioning: true})
}

// controllers reads flow and pressure controllers.
func (b *builder) controllers() {
	n := b.c.Network
	f := b.frames["flow_control"]
	for row := range f.rows {
		x, ok := b.branch(models.KindStation, "fc", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		n.Open = true // its branch stays on one side
		if !f.yes(row, true, "control_active") {
			b.open(x)
			continue
		}
		m := b.need(models.KindStation, x.ID, f, row, "controlled_mdot_kg_per_s")
		n.Stations = append(n.Stations, models.Station{Branch: x, Demand: models.Demand{Flow: models.Some(m)}})
	}
	f = b.frames["press_control"]
	for row := range f.rows {
		x, ok := b.branch(models.KindValve, "pc", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		at := b.junction(models.KindValve, x.ID, f, row, "controlled_junction")
		if at == nil {
			continue
		}
		p := b.need(models.KindValve, x.ID, f, row, "controlled_p_bar")
		switch {
		case !f.yes(row, true, "control_active"):
			b.open(x)
		case at.ID == x.To:
			n.Valves = append(n.Valves, models.Valve{Branch: x, InnerDiameter: 1, Opening: 1, Control: models.ReducePressure, Pressure: p * bar})
			b.lose("press_control", x.ID, true, "became a pressure reducing valve: it throttles, but raises no pressure and lets nothing back")
		default:
			b.open(x)
			b.lose("press_control", x.ID, true, fmt.Sprintf("holds the pressure at junction %s, which is not its own end: an open valve stands for it", at.ID))
		}
	}
}

// consumers reads heat consumers and exchangers: they are stations.
func (b *builder) consumers() {
	n := b.c.Network
	f := b.frames["heat_consumer"]
	n.Stations = slices.Grow(n.Stations, len(f.rows))
	for row := range f.rows {
		x, ok := b.branch(models.KindStation, "hc", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		given := func(column string) models.Optional {
			v, ok := f.number(row, column)
			return models.Optional{Value: v, Known: ok}
		}
		n.Stations = append(n.Stations, models.Station{Branch: x, Demand: models.Demand{Flow: given("controlled_mdot_kg_per_s"), Heat: given("qext_w"),
			TemperatureDrop: given("deltat_k"), ReturnTemperature: given("treturn_k")}})
	}
	f = b.frames["heat_exchanger"]
	for row := range f.rows {
		x, ok := b.branch(models.KindStation, "hx", f, row, fromColumn, toColumn)
		if !ok {
			continue
		}
		n.Open = true // it may stand in the middle of one side
		s := models.Station{Branch: x}
		q := b.need(models.KindStation, x.ID, f, row, "qext_w")
		zeta, _ := f.number(row, "loss_coefficient")
		d := diameter(f, row)
		if d <= 0 {
			d = 0.1
		}
		area := math.Pi / 4 * d * d
		rho := b.density(333.15)
		s.FixedResistance = zeta / (2 * rho * area * area)
		s.Demand.Heat = models.Some(q)
		n.Stations = append(n.Stations, s)
	}
}

// bury takes the branches at junctions out of service out of the circuit, and
// what is held or drawn there away.
func (b *builder) bury() {
	for _, x := range b.c.Network.Branches() {
		x.OutOfService = x.OutOfService || b.dead[x.From] || b.dead[x.To]
	}
	for i := range b.c.Network.Junctions {
		if j := &b.c.Network.Junctions[i]; b.dead[j.ID] {
			j.FixedPressure, j.Draw = models.Optional{}, 0
		}
	}
}

// sides spreads supply and return from the sources through pipes, valves and
// pumps; where the two meet, the network has no sides and is open.
func (b *builder) sides() {
	n := b.c.Network
	if len(n.Sources) == 0 {
		n.Open = true
		return
	}
	passes := func(at models.Ref, _ *models.Branch) bool {
		return at.Kind != models.KindSource && at.Kind != models.KindStation
	}
	n.MarkSides(passes, func(*models.Station) bool { return true })
}
