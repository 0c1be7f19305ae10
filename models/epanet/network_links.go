package epanet

import (
	"fmt"
	"math"

	"evenflow/models"
)

// points turns a curve of flow and head into SI.
func (x *converter) points(c *Curve) []models.CurvePoint {
	s := x.f.Options.size()
	out := make([]models.CurvePoint, len(c.X))
	for i := range c.X {
		out[i] = models.CurvePoint{Flow: c.X[i] * s.flow * x.rounds, Head: c.Y[i] * s.length}
	}
	return out
}

func (x *converter) pumps() {
	for i := range x.f.Pumps {
		from := &x.f.Pumps[i]
		b := x.branch(&from.Link, models.KindPump)
		speed := x.start.Speeds[i]
		if x.full[from.To] || x.empty[from.From] {
			speed = 0
		}
		p := models.Pump{Branch: b, Speed: speed}
		p.Curve.Efficiency = x.efficiency(from, b.ID)
		switch {
		case from.Curve != "": // which counts where a power is given besides
			x.pumpCurve(&p.Curve, x.ix.curves[from.Curve])
		default:
			p.Power = models.Some(x.power(from, b.ID))
		}
		x.n.Pumps = append(x.n.Pumps, p)
		x.c.Pumps = append(x.c.Pumps, Place{ID: b.ID, Kind: models.KindPump})
	}
}

// power returns the power that gives the file's head at any flow. EPANET 2.3
// divides kilowatts by 0.7457 twice to get horsepower.
func (x *converter) power(p *Pump, id models.ID) float64 {
	watt, metric := p.Power.Value, x.f.Options.Flow.metric()
	if !x.rounded {
		if metric {
			x.lose(NotCarried{Loss: LossLaw, Kind: models.KindPump, Element: id, Line: p.Line,
				Reason: "gives the water its power; EPANET 2.3 gives 1.34 times as much, since it divides kW by 0.7457 twice"})
		}
		return watt
	}
	horse := watt / wattPerHorse
	if metric {
		horse = watt / 1e3 / (0.7457 * 0.7457)
	}
	return roundedPower * horse * math.Pow(metrePerFoot, 4) * x.head
}

// pumpCurve lays EPANET's curve through the points: a power function through
// one point, or through three that begin at flow 0; straight lines otherwise,
// whose first head is the most that the pump gives.
func (x *converter) pumpCurve(to *models.PumpCurve, c *Curve) {
	if c == nil {
		return
	}
	to.Points, to.Form = x.points(c), models.PiecewiseForm
	switch n := len(to.Points); {
	case n == 1 && x.rounded: // with EPANET's 1.33334
		p := to.Points[0]
		to.Points = []models.CurvePoint{{Flow: 0, Head: 1.33334 * p.Head}, p, {Flow: 2 * p.Flow}}
		to.Form = models.PowerForm
	case n == 1, n == 3 && to.Points[0].Flow == 0:
		to.Form = models.PowerForm
	case to.Points[0].Flow > 0:
		to.Points = append([]models.CurvePoint{{Head: to.Points[0].Head}}, to.Points...)
	}
}

// efficiency returns one number for a pump: its curve's best, or the global
// efficiency.
func (x *converter) efficiency(p *Pump, id models.ID) float64 {
	c := x.ix.curves[p.EfficiencyCurve]
	if c == nil {
		return min(x.f.Efficiency.Or(0), 1)
	}
	best := 0.0
	for _, y := range c.Y {
		best = max(best, y/100)
	}
	x.lose(NotCarried{Loss: LossEfficiency, Kind: models.KindPump, Element: id, Line: p.Line,
		Reason: fmt.Sprintf("its efficiency over flow (curve %q) became its best, %.3g, at any flow", c.ID, best)})
	return min(best, 1)
}

func (x *converter) valves() {
	for i := range x.f.Valves {
		from := &x.f.Valves[i]
		v := models.Valve{Branch: x.branch(&from.Link, models.KindValve), InnerDiameter: from.Diameter, Zeta: x.zeta(from.MinorLoss), Opening: 1}
		at := x.start.Valves[i]
		switch {
		case at.Status == Closed:
			v.Opening = 0
		case from.Kind == GPV && at.Status != Closed:
			v.Control = models.HeadLossCurve
			if c := x.ix.curves[from.Curve]; c != nil {
				v.Losses = x.points(c)
			}
		case at.Status == Active:
			x.hold(&v, from, at.Setting)
		}
		reversed := x.shut(&from.Link, &v)
		x.n.Valves = append(x.n.Valves, v)
		x.c.Valves = append(x.c.Valves, Place{ID: v.ID, Kind: models.KindValve, Reversed: reversed})
	}
}

// hold gives a valve its set point.
func (x *converter) hold(v *models.Valve, from *Valve, setting float64) {
	switch from.Kind {
	case PRV:
		v.Control, v.Pressure = models.ReducePressure, setting*x.pound
	case PSV:
		v.Control, v.Pressure = models.SustainPressure, setting*x.pound
	case PBV:
		if setting != 0 {
			v.Control, v.Differential = models.BreakPressure, setting*x.pound
		}
	case FCV:
		v.Control, v.Flow, v.TwoWay = models.LimitFlow, setting*x.scale, true
	case TCV:
		v.Zeta = x.zeta(setting)
	case PCV:
		v.Zeta = x.zeta(from.loss(setting, x.ix.curves[from.Curve]))
	}
}

// remarks lists what concerns no single element, or only the time after 0.
func (x *converter) remarks() {
	f := x.f
	for _, i := range x.start.Waiting {
		c := &f.Controls[i]
		x.lose(NotCarried{Loss: LossPressureControl, Kind: models.KindJunction, Element: models.ID(c.Node), Line: c.Line, Matters: true,
			Reason: fmt.Sprintf("link %q is controlled by the pressure here, which no element of the network does", c.Link)})
	}
	if later := len(f.Controls) - len(x.start.Waiting); f.Times.Duration > 0 || later > 0 {
		x.lose(NotCarried{Loss: LossTime, Reason: fmt.Sprintf("the network stands as at time 0: %d patterns and %d controls afterwards are not carried over", len(f.Patterns), later)})
	}
	bends := 0
	for i := range f.Pipes {
		bends += len(f.Pipes[i].Vertices)
	}
	for i := range f.Pumps {
		bends += len(f.Pumps[i].Vertices)
	}
	for i := range f.Valves {
		bends += len(f.Valves[i].Vertices)
	}
	if bends > 0 {
		x.lose(NotCarried{Loss: LossDrawing, Reason: fmt.Sprintf("%d vertices of links: a branch is drawn as a straight line", bends)})
	}
	for _, s := range f.Kept {
		lines := 0
		for _, l := range s.Lines {
			if l != "" && l[0] != ';' {
				lines++
			}
		}
		switch {
		case lines == 0:
		case s.Name == sectionNames[sectionRules]:
			x.lose(NotCarried{Loss: LossRules, Line: s.Line, Reason: fmt.Sprintf("section [RULES], %d lines: rules act after time 0 only", lines)})
		default:
			x.lose(NotCarried{Loss: LossSection, Line: s.Line, Reason: fmt.Sprintf("section [%s], %d lines: no steady calculation needs it", s.Name, lines)})
		}
	}
}
