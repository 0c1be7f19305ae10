package epanet

import (
	"fmt"
	"math"
	"strings"

	"evenflow/models"
)

// maxID is the longest id that EPANET takes, in bytes.
const maxID = 31

// FromNetwork makes a file of a network: metric, in L/s, with Darcy-Weisbach
// (Hazen-Williams if every pipe has such a coefficient). Stations become
// throttling valves, or what they draw and feed where their flow is given;
// sources become pumps. What EPANET cannot say is listed. The viscosity is in
// m2/s; 0: EPANET's water of 20 degC.
func FromNetwork(n *models.Network, a Assumptions, viscosity float64) (*File, []NotCarried) {
	if a.Density == 0 {
		a.Density = 1000
	}
	if a.Gravity == 0 {
		a.Gravity = gravity
	}
	if viscosity == 0 {
		viscosity = WaterViscosity
	}
	f := newFile()
	x := &exporter{n: n, f: f, rho: a.Density, head: a.Density * a.Gravity, names: map[models.ID]string{}, used: map[string]bool{}, at: map[models.ID]int{}}
	f.Title = strings.Fields(strings.Map(printable, n.NameEn))
	f.Title = []string{strings.Join(f.Title, " ")}
	f.Options.Flow, f.Options.Pressure, f.Options.Formula = LPS, METERS, DarcyWeisbach
	f.Options.DefaultPattern = ""
	f.Options.SpecificGravity, f.Options.Viscosity = a.Density/1000, viscosity
	f.Options.RequiredPressure = f.Options.size().pressure * smallestRange
	if d := n.PressureDriven; d.Exponent != 0 {
		f.Options.PressureDriven = true
		if d.Minimum < 0 {
			d.Minimum = 0
			x.lose(LossLaw, models.KindNetwork, "", true, "the pressure from which anything is drawn lies below the atmosphere, which EPANET refuses: it is raised to that")
		}
		f.Options.MinimumPressure, f.Options.RequiredPressure, f.Options.PressureExponent = d.Minimum, d.Required, d.Exponent
		if least := d.Minimum + f.Options.size().pressure*smallestRange; d.Required < least {
			f.Options.RequiredPressure = least
			x.lose(LossLaw, models.KindNetwork, "", true, "the pressure from which all is drawn lies less than 0.1 m above the one from which anything is: it is raised to that")
		}
	}
	x.junctions()
	x.pipes()
	x.valves()
	x.pumps()
	x.sources()
	x.stations()
	if len(n.Sources)+len(n.Stations) > 0 {
		x.lose(LossTemperature, models.KindNetwork, "", true, fmt.Sprintf("temperatures and heat; water has %.4g kg/m3 and %.3g m2/s everywhere", a.Density, viscosity))
	}
	return f, x.lost
}

// exporter makes a file of a network.
type exporter struct {
	n     *models.Network
	f     *File
	rho   float64 // kg/m3
	head  float64 // Pa per m
	lost  []NotCarried
	names map[models.ID]string
	used  map[string]bool
	at    map[models.ID]int // of junctions that are no reservoirs, in File.Junctions
}

func (x *exporter) lose(l Loss, kind models.Kind, id models.ID, matters bool, reason string) {
	x.lost = append(x.lost, NotCarried{Loss: l, Kind: kind, Element: id, Reason: reason, Matters: matters})
}

func printable(r rune) rune {
	if r == ';' || r < ' ' {
		return -1
	}
	return r
}

// name returns an element's id in the file.
func (x *exporter) name(kind models.Kind, id models.ID) string {
	if name, ok := x.names[id]; ok {
		return name
	}
	name := string(id)
	if len(name) > maxID || strings.ContainsAny(name, " \t;\"[") || strings.Map(printable, name) != name || name == "" {
		name = fmt.Sprintf("%s-%d", kind, len(x.names)+1)
		for x.used[name] {
			name += "x"
		}
		x.lose(LossRenamed, kind, id, false, fmt.Sprintf("is called %s in the file: an id has no blanks and at most %d bytes", name, maxID))
	}
	x.names[id], x.used[name] = name, true
	return name
}

func (x *exporter) junctions() {
	exponent := 0.0
	for i := range x.n.Junctions {
		j := &x.n.Junctions[i]
		name := x.name(models.KindJunction, j.ID)
		var at *Point
		if j.X.Known && j.Y.Known {
			at = &Point{j.X.Value, j.Y.Value}
		}
		if j.FixedPressure.Known {
			x.f.Reservoirs = append(x.f.Reservoirs, Reservoir{ID: name, Head: j.Elevation.Or(0) + j.FixedPressure.Value/x.head, Place: at})
			continue
		}
		x.at[j.ID] = len(x.f.Junctions)
		out := Junction{ID: name, Elevation: j.Elevation.Or(0), Demands: []Demand{{Base: j.Draw / x.rho}}, Place: at}
		if e := j.Emitter; e.Coefficient > 0 {
			gamma := e.Exponent
			if gamma == 0 {
				gamma = 0.5
			}
			if exponent == 0 {
				exponent = gamma
				x.f.Options.EmitterExponent, x.f.Options.EmitterBackflow = gamma, !e.NoBackflow
			}
			if gamma != exponent || e.NoBackflow == x.f.Options.EmitterBackflow {
				x.lose(LossLaw, models.KindJunction, j.ID, true, "its emitter has another exponent than the first, or lets water in: a file has one of both")
			}
			out.Emitter = models.Some(e.Coefficient / x.rho)
		}
		x.f.Junctions = append(x.f.Junctions, out)
	}
}

func (x *exporter) link(kind models.Kind, b *models.Branch) Link {
	l := Link{ID: x.name(kind, b.ID), From: x.name(models.KindJunction, b.From), To: x.name(models.KindJunction, b.To)}
	if b.OutOfService {
		l.Status = Closed
	}
	return l
}

func (x *exporter) pipes() {
	hazen, bare := 0, 0
	for i := range x.n.Pipes {
		switch p := &x.n.Pipes[i]; {
		case p.Resistance.Known || p.Length == 0:
			bare++
		case p.HazenWilliams.Known:
			hazen++
		}
	}
	if hazen > 0 && hazen+bare == len(x.n.Pipes) {
		x.f.Options.Formula = HazenWilliams
	}
	for i := range x.n.Pipes {
		x.pipe(&x.n.Pipes[i])
	}
}

func (x *exporter) pipe(p *models.Pipe) {
	out := Pipe{Link: x.link(models.KindPipe, &p.Branch), Length: p.Length, Diameter: p.InnerDiameter, Roughness: p.Roughness, MinorLoss: p.Zeta, CheckValve: p.CheckValve}
	if out.Status == Closed {
		out.CheckValve = false
	}
	switch {
	case p.Resistance.Known || p.Length == 0:
		out.Length, out.Roughness = noLength, x.someWall()
		out.Diameter, out.MinorLoss = x.local(p.Zeta, p.Resistance, p.InnerDiameter)
	case x.f.Options.Formula == HazenWilliams:
		out.Roughness = p.HazenWilliams.Value
	case p.HazenWilliams.Known:
		out.Roughness = x.someWall()
		x.lose(LossLaw, models.KindPipe, p.ID, true, "has a Hazen-Williams coefficient while others have a roughness: 0.1 mm stands for it")
	}
	if p.Leak != (models.Leak{}) {
		seeps := leakCoefficient * math.Sqrt(2*x.rho) * 1e-6 * out.Length / 100
		out.Leak = &Leak{Area: p.Leak.Fixed / seeps, Expansion: p.Leak.Growing / seeps * x.head}
		if p.OutOfService {
			x.lose(LossLeakage, models.KindPipe, p.ID, true, "is out of service; a closed pipe leaks in EPANET all the same")
		}
	}
	x.f.Pipes = append(x.f.Pipes, out)
}

// someWall is the roughness of a pipe whose wall does not count: 0.1 mm, or C 130.
func (x *exporter) someWall() float64 {
	if x.f.Options.Formula == HazenWilliams {
		return 130
	}
	return 1e-4
}

// noLength is how long a pipe is, m, whose loss is all in its loss coefficient:
// EPANET wants some length.
const noLength = 1e-6

// local returns a diameter and the loss coefficient there, of a loss coefficient
// or of a resistance in Pa/(kg/s)^2: K = 2 rho A^2 R.
func (x *exporter) local(zeta float64, resistance models.Optional, d float64) (diameter, k float64) {
	if d <= 0 {
		d = 0.1
	}
	if resistance.Known {
		area := math.Pi / 4 * d * d
		zeta = 2 * x.rho * area * area * resistance.Value
	}
	return d, zeta
}

// throttle stands a TCV for a loss coefficient, or for a resistance.
func (x *exporter) throttle(kind models.Kind, b *models.Branch, zeta float64, resistance models.Optional, d float64) {
	d, zeta = x.local(zeta, resistance, d)
	v := Valve{Link: x.link(kind, b), Kind: TCV, Diameter: d, Setting: zeta}
	if v.Status != Closed {
		v.Status = Active
	}
	x.f.Valves = append(x.f.Valves, v)
}
