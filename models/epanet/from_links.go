package epanet

import (
	"fmt"
	"math"

	"evenflow/models"
)

// kvResistance returns the resistance in Pa/(kg/s)^2 of a valve of the given
// sizing at an opening: dp = 1 bar (rho/1000) (Q/Kv)^2.
func (x *exporter) kvResistance(v *models.ControlValve, opening float64) float64 {
	kv := v.Kvs * math.Max(share(v, opening), 1e-6)
	return 1.296e9 / (x.rho * kv * kv)
}

// share returns Kv/Kvs at an opening by the valve's inherent characteristic;
// equal percentage falls straight to its leakage below 5 % of travel.
func share(v *models.ControlValve, opening float64) float64 {
	const end = 0.05
	switch v.Characteristic {
	case models.Linear:
		return v.Leakage + (1-v.Leakage)*opening
	case models.TableCharacteristic:
		last := [2]float64{0, v.Leakage}
		for _, p := range v.Table {
			if opening <= p[0] && p[0] > last[0] {
				return math.Max(v.Leakage, last[1]+(p[1]-last[1])*(opening-last[0])/(p[0]-last[0]))
			}
			last = p
		}
		return math.Max(v.Leakage, last[1])
	}
	r := v.Rangeability
	if r <= 1 {
		r = 50
	}
	if opening >= end {
		return math.Max(v.Leakage, math.Pow(r, opening-1))
	}
	top := math.Pow(r, end-1)
	return v.Leakage + (top-v.Leakage)*opening/end
}

func (x *exporter) valves() {
	for i := range x.n.Valves {
		v := &x.n.Valves[i]
		diameter := v.InnerDiameter
		if diameter <= 0 {
			diameter = 0.1
		}
		zeta := v.Zeta
		if v.Kvs > 0 {
			area := math.Pi / 4 * diameter * diameter
			zeta = 2 * x.rho * area * area * x.kvResistance(&v.ControlValve, v.Opening)
		}
		if v.CheckValve && v.Control == models.ManualOpening && !v.OutOfService && !v.Tight() { // only pipes let no water back
			x.f.Pipes = append(x.f.Pipes, Pipe{Link: x.link(models.KindValve, &v.Branch), Length: noLength, Diameter: diameter, Roughness: x.someWall(), MinorLoss: zeta, CheckValve: true})
			continue
		}
		out := Valve{Link: x.link(models.KindValve, &v.Branch), Kind: TCV, Diameter: diameter, Setting: zeta, MinorLoss: zeta}
		if out.Status = Active; v.OutOfService || v.Tight() {
			out.Status = Closed
		}
		switch v.Control {
		case models.ReducePressure:
			out.Kind, out.Setting = PRV, v.Pressure
		case models.SustainPressure:
			out.Kind, out.Setting = PSV, v.Pressure
		case models.BreakPressure:
			out.Kind, out.Setting = PBV, v.Differential
		case models.LimitFlow:
			out.Kind, out.Setting = FCV, v.Flow/x.rho
			if !v.TwoWay {
				x.lose(LossControl, models.KindValve, v.ID, false, "lets nothing back; the FCV that stands for it lets water flow back as it likes")
			}
		case models.HeadLossCurve:
			out.Kind, out.Setting, out.Curve = GPV, 0, x.curve(LossCurve, v.Losses)
			if out.Status == Active {
				out.Status = Open
			}
		case models.HoldDifferential:
			x.lose(LossControl, models.KindValve, v.ID, true, "holds a differential, which no valve of EPANET does: it stands at its opening")
		}
		x.f.Valves = append(x.f.Valves, out)
	}
}

// curve adds a curve of flow and head and returns its id.
func (x *exporter) curve(kind CurveKind, points []models.CurvePoint) string {
	c := Curve{ID: fmt.Sprintf("C%d", len(x.f.Curves)+1), Kind: kind}
	for _, p := range points {
		c.X, c.Y = append(c.X, p.Flow*1e3), append(c.Y, p.Head)
	}
	x.f.Curves = append(x.f.Curves, c)
	return c.ID
}

func (x *exporter) pumps() {
	for i := range x.n.Pumps {
		p := &x.n.Pumps[i]
		out := Pump{Link: x.link(models.KindPump, &p.Branch), Speed: p.Speed}
		if p.Speed == 0 {
			out.Status, out.Speed = Closed, 1
		}
		if p.Control != models.ControlSpeed {
			x.lose(LossControl, models.KindPump, p.ID, true, "finds its speed by itself, which no pump of EPANET does: it runs at its speed")
		}
		if p.Power.Known {
			out.Power = p.Power
			x.lose(LossLaw, models.KindPump, p.ID, true, "gives a constant power; EPANET 2.3 gives 1.34 times what stands in the file, since it divides kW by 0.7457 twice")
		} else {
			out.Curve = x.pumpCurve(models.KindPump, p.ID, &p.Curve)
		}
		x.f.Pumps = append(x.f.Pumps, out)
	}
}

// fallen is a head, m, that hardly falls short of h: EPANET wants heads that fall.
func fallen(h float64) float64 { return h - 1e-6*math.Max(1, h) }

// pumpCurve adds a pump's curve: as it is where EPANET lays the same line
// through the points, and else by many points with straight lines between.
func (x *exporter) pumpCurve(kind models.Kind, id models.ID, c *models.PumpCurve) string {
	if c.Form == models.PowerForm {
		return x.curve(PumpCurve, c.Points)
	}
	points := c.Points
	if c.Form == models.QuadraticForm && len(points) != 1 && len(points) != 2 {
		points = sampled(c)
		x.lose(LossLaw, kind, id, false, fmt.Sprintf("its parabola became %d points with straight lines between", len(points)))
	}
	if len(points) == 1 {
		points = []models.CurvePoint{{Head: points[0].Head}, {Flow: points[0].Flow + 1}}
		points[1].Head = fallen(points[0].Head)
	}
	if len(points) == 3 && points[0].Flow == 0 { // EPANET would lay a power function through them
		points = []models.CurvePoint{points[0], {Flow: points[1].Flow / 2, Head: (points[0].Head + points[1].Head) / 2}, points[1], points[2]}
	}
	out := append([]models.CurvePoint(nil), points...)
	for i := 1; i < len(out); i++ { // EPANET wants heads that fall
		out[i].Head = math.Min(out[i].Head, out[i-1].Head-1e-9*math.Max(1, out[i-1].Head))
	}
	if below := out[len(out)-1].Head; below < 0 {
		for i := range out {
			out[i].Head -= below
		}
	}
	return x.curve(PumpCurve, out)
}

// samples is how many straight lines stand for a parabola.
const samples = 24

// sampled returns points of a parabola from flow 0 to a fifth beyond its last
// point, as far as its head falls and is above 0.
func sampled(c *models.PumpCurve) []models.CurvePoint {
	a := c.Polynomial
	last := 0.0
	if len(a) == 0 {
		a = parabola(c.Points)
		last = 1.2 * c.Points[len(c.Points)-1].Flow
	}
	at := func(q float64) (h float64) {
		for i := len(a) - 1; i >= 0; i-- {
			h = h*q + a[i]
		}
		return h
	}
	if last == 0 { // of a polynomial: where its head ends
		for last = 1e-4; last < 1e3 && at(last) > 0; last *= 1.1 {
		}
	}
	var out []models.CurvePoint
	for k := 0; k <= samples; k++ {
		q := last * float64(k) / samples
		if h := at(q); k == 0 || h > 0 && h < out[len(out)-1].Head {
			out = append(out, models.CurvePoint{Flow: q, Head: h})
		}
	}
	return out
}

// parabola returns the least-squares parabola through the points, constant
// first, from the normal equations in flows relative to the largest.
func parabola(points []models.CurvePoint) []float64 {
	scale := points[len(points)-1].Flow
	if scale <= 0 {
		return []float64{points[0].Head}
	}
	var m [3][4]float64
	for _, p := range points {
		q := p.Flow / scale
		row := [3]float64{1, q, q * q}
		for i := range 3 {
			for k := range 3 {
				m[i][k] += row[i] * row[k]
			}
			m[i][3] += row[i] * p.Head
		}
	}
	for i := range 3 {
		for k := i + 1; k < 3; k++ {
			f := m[k][i] / m[i][i]
			for c := i; c < 4; c++ {
				m[k][c] -= f * m[i][c]
			}
		}
	}
	c := m[2][3] / m[2][2]
	b := (m[1][3] - m[1][2]*c) / m[1][1]
	a := (m[0][3] - m[0][1]*b - m[0][2]*c) / m[0][0]
	return []float64{a, b / scale, c / (scale * scale)}
}

// draw lets a flow leave at one junction and come back at another.
func (x *exporter) draw(from, to models.ID, flow float64) {
	if at, ok := x.at[from]; ok {
		x.f.Junctions[at].Demands[0].Base += flow / x.rho
	}
	if at, ok := x.at[to]; ok {
		x.f.Junctions[at].Demands[0].Base -= flow / x.rho
	}
}

func (x *exporter) sources() {
	for i := range x.n.Sources {
		s := &x.n.Sources[i]
		if s.OutOfService {
			continue
		}
		switch s.Control {
		case models.ControlFlow:
			x.draw(s.From, s.To, s.Flow)
			x.lose(LossControl, models.KindSource, s.ID, false, "its flow is drawn at its return and fed in at its supply")
			continue
		case models.ControlDifferential:
			h := math.Max(s.Differential/x.head, 2e-6) // heads that fall, and are not below 0
			out := Pump{Link: x.link(models.KindSource, &s.Branch), Speed: 1}
			out.Curve = x.curve(PumpCurve, []models.CurvePoint{{Head: h}, {Flow: 100, Head: fallen(h)}})
			x.f.Pumps = append(x.f.Pumps, out)
			x.lose(LossControl, models.KindSource, s.ID, false, "its pump became one that gives the same head at any flow")
		default:
			if s.Control != models.ControlSpeed {
				x.lose(LossControl, models.KindSource, s.ID, true, "its pumps find their speed by themselves, which no pump of EPANET does: they run at their speed")
			}
			if len(s.Curve.Points)+len(s.Curve.Polynomial) == 0 {
				x.lose(LossControl, models.KindSource, s.ID, true, "its pumps have no curve: they are left out")
				continue
			}
			out := Pump{Link: x.link(models.KindSource, &s.Branch), Speed: s.Speed}
			if s.Speed == 0 {
				out.Status, out.Speed = Closed, 1
			}
			out.Curve = x.pumpCurve(models.KindSource, s.ID, &s.Curve)
			x.f.Pumps = append(x.f.Pumps, out)
		}
	}
}

func (x *exporter) stations() {
	for i := range x.n.Stations {
		s := &x.n.Stations[i]
		d := s.Demand
		switch {
		case s.OutOfService:
		case d.Flow.Known:
			x.draw(s.From, s.To, d.Flow.Value)
		case d.Given() && s.DesignFlow.Known:
			x.draw(s.From, s.To, s.DesignFlow.Value)
			x.lose(LossTemperature, models.KindStation, s.ID, true, "asks for heat: its design flow stands for it")
		case d.Given():
			x.lose(LossTemperature, models.KindStation, s.ID, true, "asks for heat, and has no design flow: it is left out")
		default:
			r := s.FixedResistance
			b := s.Branch
			if s.Valve.Kvs > 0 {
				opening := s.Opening
				if s.FlowLimit.Known {
					opening = 1 // its opening sets the flow, not the loss
				}
				r += x.kvResistance(&s.Valve, opening)
				if s.Opening == 0 && s.Valve.Leakage == 0 {
					b.OutOfService = true
				}
			}
			x.throttle(models.KindStation, &b, 0, models.Some(r), 0)
			if s.FlowLimit.Known { // a pressure-independent valve passes no more than that
				v := &x.f.Valves[len(x.f.Valves)-1]
				v.Kind, v.MinorLoss, v.Setting = FCV, v.Setting, s.FlowLimit.Value*share(&s.Valve, s.Opening)/x.rho
			}
		}
	}
}
