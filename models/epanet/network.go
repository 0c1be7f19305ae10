package epanet

import (
	"fmt"
	"math"

	"evenflow/models"
)

// Assumptions are what a network holds that a file does not say.
type Assumptions struct {
	Density float64 // kg/m3; 0: 1000 times the file's specific gravity
	Gravity float64 // m/s2; 0: 9.80665, or RoundedGravity with Rounded
	// Rounded converts with EPANET's own rounded factors, so that results can
	// be compared with EPANET's to the last digit. Flows of the network are
	// then the file's times FlowUnit.Rounding.
	Rounded bool
	// Acted are the controls, by index in File.Controls, that have acted by the
	// pressure at a junction, in that order; see [Conversion.Act].
	Acted []int
}

// Conversion is a network made of a file, as it stands at time 0.
type Conversion struct {
	Network *models.Network
	Density float64 // kg/m3, that turned volume into mass
	Gravity float64 // m/s2, that turned head into pressure

	// Where the file's elements went, parallel to its slices.
	Junctions, Reservoirs, Tanks []models.ID
	Pipes, Pumps, Valves         []Place
	NotCarried                   []NotCarried

	file  *File
	start *Start
	pound float64 // Pa of the network per Pa of the file
}

// Place is where a link went.
type Place struct {
	ID       models.ID
	Kind     models.Kind
	Reversed bool // its ends are exchanged: the network's flow is the negative of the file's
}

// Loss names what could not be carried over.
type Loss uint8

// What a network cannot say.
const (
	LossPressureControl Loss = iota // a control waits for the pressure at a junction: see Conversion.Act
	LossTankLink                    // a full or empty tank shuts a link that is no pipe and no pump
	LossLeakage                     // a pipe leaks along its length
	LossEfficiency                  // an efficiency over flow became one number
	LossTime                        // patterns, controls and levels after time 0
	LossRules                       // rule-based controls
	LossTank                        // a tank became a fixed pressure
	LossDrawing                     // vertices
	LossSection                     // a section that no steady calculation needs
	LossRenamed                     // a link has the id of a node; or an id is none in EPANET
	LossTemperature                 // heat, temperatures and properties that follow them
	LossControl                     // what a source, station or valve holds by itself
	LossLaw                         // friction or curve of another form
)

var lossNames = [...]string{"pressure control", "link at a full or empty tank", "leakage", "efficiency curve",
	"time", "rules", "tank", "vertices", "section", "id", "temperature", "control", "law"}

// String returns what is lost in a word or two.
func (l Loss) String() string { return lossNames[l] }

// NotCarried says what could not be carried over, and why.
type NotCarried struct {
	Loss    Loss
	Kind    models.Kind
	Element models.ID // of the network; "" where it concerns many
	Line    int
	Reason  string
	// Matters: the steady state at time 0 is not the file's without it.
	Matters bool
}

// Error returns "line 12: pump P-1: …".
func (n NotCarried) Error() string {
	return models.Problem{Kind: n.Kind, Element: n.Element, Line: n.Line, Reason: n.Reason}.Error()
}

// Elements returns the element.
func (n NotCarried) Elements() []models.ID {
	if n.Element == "" {
		return nil
	}
	return []models.ID{n.Element}
}

// converter makes a network of a file.
type converter struct {
	f       *File
	c       *Conversion
	n       *models.Network
	start   *Start
	ix      index
	rounded bool
	scale   float64 // kg/s per m3/s of the file
	rounds  float64 // on volume flows
	head    float64 // Pa per m
	pound   float64 // Pa of the network per Pa of the file
	taken   map[models.ID]bool
	full    map[string]bool // tanks that take no more
	empty   map[string]bool // tanks that give no more
}

// Network makes a network of the file as it stands at time 0, and lists what
// it could not carry over. The network is open; it is not validated yet.
func (f *File) Network(a Assumptions) *Conversion {
	if a.Density == 0 {
		a.Density = 1000 * f.Options.SpecificGravity
	}
	if a.Gravity == 0 {
		a.Gravity = gravity
		if a.Rounded {
			a.Gravity = RoundedGravity
		}
	}
	x := &converter{f: f, n: &models.Network{Open: true}, ix: f.index(), rounded: a.Rounded, rounds: 1, head: a.Density * a.Gravity}
	x.c = &Conversion{Network: x.n, Density: a.Density, Gravity: a.Gravity}
	if a.Rounded {
		x.rounds = f.Options.Flow.Rounding()
	}
	x.pound = x.poundOf(f.Options.Pressure)
	x.scale = a.Density * x.rounds
	x.c.pound = x.pound
	x.start = f.start(x.ix, a.Acted)
	x.c.file, x.c.start = f, x.start
	if len(f.Title) > 0 {
		x.n.Name = models.Printable(f.Title[0])
		x.n.NameEn = x.n.Name
	}
	if o := &f.Options; o.PressureDriven {
		x.n.PressureDriven = models.PressureDriven{Minimum: o.MinimumPressure * x.pound, Required: o.RequiredPressure * x.pound, Exponent: o.PressureExponent}
	}
	x.nodes()
	x.tanksAtTheirLimit()
	x.pipes()
	x.pumps()
	x.valves()
	x.remarks()
	return x.c
}

// poundOf returns the Pa of the network for a Pa of the file in a unit of
// pressure, which EPANET rounds.
func (x *converter) poundOf(u PressureUnit) float64 {
	if !x.rounded {
		return 1
	}
	metre := metrePerFoot / pressureUnits[u].rounded // of head, for 1 of the unit
	if !pressureUnits[u].fluid {
		metre /= x.f.Options.SpecificGravity
	}
	return metre * x.head / x.f.Options.pascal(u)
}

func (x *converter) lose(l NotCarried) { x.c.NotCarried = append(x.c.NotCarried, l) }

// Act returns the controls, by index in File.Controls, that act by the
// pressures that were computed and change their link: EPANET then sets the
// links and solves on. Give them, behind those that acted before, as
// [Assumptions].Acted and solve again, until none is left. pressure returns
// Pa gauge at a junction of the network.
func (c *Conversion) Act(pressure func(models.ID) (float64, bool)) (acting []int) {
	tolerance := levelTolerance * c.Density * c.Gravity
	for _, i := range c.start.Waiting {
		k := &c.file.Controls[i]
		p, known := pressure(models.ID(k.Node))
		level := k.Level * c.pound
		if !known || k.Kind == Below && p > level+tolerance || k.Kind == Above && p < level-tolerance {
			continue
		}
		if c.start.act(k) {
			acting = append(acting, i)
		}
	}
	return acting
}

// place turns a place on the map into coordinates.
func place(j *models.Junction, p *Point) {
	if p != nil {
		j.X, j.Y = models.Some(p.X), models.Some(p.Y)
	}
}

func (x *converter) nodes() {
	f := x.f
	total := len(f.Junctions) + len(f.Reservoirs) + len(f.Tanks)
	x.n.Junctions = make([]models.Junction, 0, total)
	x.taken = make(map[models.ID]bool, total+len(f.Pipes)+len(f.Pumps)+len(f.Valves))
	x.c.Junctions = make([]models.ID, len(f.Junctions))
	x.c.Reservoirs, x.c.Tanks = make([]models.ID, len(f.Reservoirs)), make([]models.ID, len(f.Tanks))
	add := func(j models.Junction, to *models.ID) {
		x.taken[j.ID], *to = true, j.ID
		x.n.Junctions = append(x.n.Junctions, j)
	}
	for i := range f.Junctions {
		from := &f.Junctions[i]
		j := models.Junction{ID: models.ID(from.ID), Elevation: models.Some(from.Elevation), Draw: x.start.Demands[i] * x.scale}
		if from.Emitter.Known {
			gamma := f.Options.EmitterExponent
			j.Emitter = models.Emitter{Coefficient: from.Emitter.Value * x.scale / powOf(x.poundOf(f.Options.Flow.usual()), gamma), Exponent: gamma, NoBackflow: !f.Options.EmitterBackflow}
		}
		place(&j, from.Place)
		add(j, &x.c.Junctions[i])
	}
	for i := range f.Reservoirs {
		j := models.Junction{ID: models.ID(f.Reservoirs[i].ID), Elevation: models.Some(x.start.Heads[i]), FixedPressure: models.Some(0)}
		place(&j, f.Reservoirs[i].Place)
		add(j, &x.c.Reservoirs[i])
	}
	for i := range f.Tanks {
		t := &f.Tanks[i]
		j := models.Junction{ID: models.ID(t.ID), Elevation: models.Some(t.Elevation), FixedPressure: models.Some(t.Initial * x.head)}
		place(&j, t.Place)
		add(j, &x.c.Tanks[i])
		x.lose(NotCarried{Loss: LossTank, Kind: models.KindJunction, Element: j.ID, Line: t.Line,
			Reason: fmt.Sprintf("the tank stands as a fixed pressure at its initial level of %.4g m; its size and the times it fills and empties are not carried over", t.Initial)})
	}
}

// levelTolerance is how near to its limit a tank counts as full or empty:
// EPANET's 0.0005 ft.
const levelTolerance = 0.0005 * metrePerFoot

func (x *converter) tanksAtTheirLimit() {
	x.full, x.empty = map[string]bool{}, map[string]bool{}
	for i := range x.f.Tanks {
		t := &x.f.Tanks[i]
		x.full[t.ID] = t.Initial >= t.Maximum-levelTolerance && !t.Overflow
		x.empty[t.ID] = t.Initial <= t.Minimum+levelTolerance
	}
}

// branch names a link; one with the id of a node, or of another link made
// unique before, gets its kind behind it.
func (x *converter) branch(l *Link, kind models.Kind) models.Branch {
	id := models.ID(l.ID)
	for x.taken[id] {
		id += models.ID("_" + kind.String())
	}
	x.taken[id] = true
	if string(id) != l.ID {
		x.lose(NotCarried{Loss: LossRenamed, Kind: kind, Element: id, Line: l.Line, Reason: fmt.Sprintf("was %q, the id of a node too; ids are unique over all kinds of element", l.ID)})
	}
	return models.Branch{ID: id, From: models.ID(l.From), To: models.ID(l.To)}
}

// oneWay tells whether tanks at their limit let water pass a link only
// forwards or only backwards.
func (x *converter) oneWay(l *Link) (forward, backward bool) {
	forward = x.empty[l.To] || x.full[l.From] // into the empty one, out of the full one
	backward = x.empty[l.From] || x.full[l.To]
	return forward, backward
}

// shut lets a valve at a tank at its limit pass water one way only, and reports
// whether its ends are exchanged for that. Those that hold a pressure or limit the
// flow can do so forwards only; of those that lose by a curve, or a given
// pressure, it is noted.
func (x *converter) shut(l *Link, v *models.Valve) (reversed bool) {
	forward, backward := x.oneWay(l)
	oneWay := v.Control == models.ReducePressure || v.Control == models.SustainPressure || v.Control == models.LimitFlow
	switch {
	case !forward && !backward, v.Opening == 0:
	case v.Control == models.ManualOpening && forward != backward:
		if v.CheckValve = true; backward {
			v.From, v.To = v.To, v.From
		}
		return backward
	case oneWay && !backward:
		v.TwoWay = false
	case oneWay || forward && backward:
		*v = models.Valve{Branch: v.Branch, InnerDiameter: v.InnerDiameter, Zeta: v.Zeta}
	default:
		x.lose(NotCarried{Loss: LossTankLink, Kind: models.KindValve, Element: v.ID, Line: l.Line, Matters: true,
			Reason: "the tank at its end is full or empty at time 0 and lets water pass one way only"})
	}
	return false
}

func (x *converter) zeta(k float64) float64 {
	if x.rounded {
		return k * roundedZeta
	}
	return k
}

func (x *converter) pipes() {
	f := x.f
	x.n.Pipes = make([]models.Pipe, 0, len(f.Pipes))
	x.c.Pipes = make([]Place, 0, len(f.Pipes))
	for i := range f.Pipes {
		from := &f.Pipes[i]
		p := models.Pipe{Branch: x.branch(&from.Link, models.KindPipe), Length: from.Length, InnerDiameter: from.Diameter, Zeta: x.zeta(from.MinorLoss), CheckValve: from.CheckValve}
		p.OutOfService = x.start.Pipes[i] == Closed
		switch f.Options.Formula {
		case DarcyWeisbach:
			p.Roughness = from.Roughness
		case HazenWilliams:
			p.HazenWilliams = models.Some(from.Roughness)
		case ChezyManning:
			p.Resistance = models.Some(x.chezy(from))
		}
		if from.Leak != nil {
			p.Leak = x.leak(from)
		}
		at := Place{ID: p.ID, Kind: models.KindPipe}
		forward, backward := x.oneWay(&from.Link)
		switch {
		case backward && (forward || p.CheckValve):
			p.OutOfService = true
		case backward:
			p.From, p.To, p.CheckValve, at.Reversed = p.To, p.From, true, true
		case forward:
			p.CheckValve = true
		}
		x.n.Pipes = append(x.n.Pipes, p)
		x.c.Pipes = append(x.c.Pipes, at)
		if from.Leak != nil && p.OutOfService {
			x.lose(NotCarried{Loss: LossLeakage, Kind: models.KindPipe, Element: p.ID, Line: from.Line, Matters: true,
				Reason: "is closed and leaks, as pipes of EPANET do; here what is out of service does not"})
		}
	}
}

// leak turns a pipe's leakage into kg/s at 1 Pa: an area in mm2 for every 100
// units of length, and what it grows for every metre of head (in files in feet
// too: that is how EPANET 2.3 computes, whatever the unit of the head).
func (x *converter) leak(p *Pipe) models.Leak {
	size := x.f.Options.size()
	stretch := p.Length / size.length / 100
	seeps := leakCoefficient * math.Sqrt(2*x.c.Density)
	return models.Leak{Fixed: seeps * 1e-6 * p.Leak.Area * stretch, Growing: seeps * 1e-6 * p.Leak.Expansion * stretch / x.head}
}

// leakCoefficient is the discharge coefficient of EPANET's leaks.
const leakCoefficient = 0.6

// chezy returns the resistance of a Chezy-Manning pipe, its local losses
// included: h = (4n/(1.49 pi d^2))^2 (d/4)^-1.333 L Q^2 in feet.
func (x *converter) chezy(p *Pipe) float64 {
	d, l := p.Diameter/metrePerFoot, p.Length/metrePerFoot
	r := math.Pow(4*p.Roughness/(1.49*math.Pi*d*d), 2) * math.Pow(d/4, -1.333) * l // ft/(ft3/s)^2
	r /= math.Pow(metrePerFoot, 5)                                                 // m/(m3/s)^2
	r += x.zeta(p.MinorLoss) * 8 / (math.Pi * math.Pi * x.c.Gravity * math.Pow(p.Diameter, 4))
	return r * x.head / (x.c.Density * x.c.Density)
}
