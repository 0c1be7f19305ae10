package solver

import (
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// elements are the numbers of a network's elements as a scenario may change
// them, parallel to the slices of models.Network. The base set belongs to the
// plan and is never written; a scenario copies the kinds it changes.
type elements struct {
	draws    []float64 // kg/s, by junction
	holds    []hold    // by junction
	pipes    []pipe
	valves   []valve
	pumps    []pump
	sources  []source
	stations []station
}

type hold struct {
	pressure float64 // Pa gauge
	fixed    bool
}

type pipe struct {
	length, diameter, roughness, zeta float64
	resistance                        float64 // Pa/(kg/s)^2, in place of friction, where quadratic
	factor                            float64 // on friction and local loss
	lossFactor                        float64
	u1, u2                            float64 // W/(m K)
	ambient                           float64 // K
	l4, d4                            float64 // lambda at Re 4000 and its slope
	hazen                             float64 // coefficient of Hazen-Williams; 0: the friction law
	partner, table                    int32   // pipe, and table of the friction law; -1: none
	quadratic, oneWay, on             bool
}

type valve struct {
	control                        models.ControlValve
	zeta, diameter, opening, added float64
	sectioning, oneWay, twoWay, on bool
	holds                          models.ValveControl
	pressure, differential, flow   float64 // set points: Pa, Pa, kg/s
	losses                         *law.Line
}

type pump struct {
	curve, one           law.Curve // of the pumps running together, of one
	speed                float64
	bypass               bool
	lift, flow, pressure float64 // set points: Pa, kg/s, Pa
	idle, on             bool    // idle: none of its pumps runs
}

// stands reports whether the pump is off.
func (p *pump) stands() bool { return p.speed == 0 || p.idle }

type source struct {
	control           models.SourceControl
	curve, one        law.Curve // of the pumps running together, of one
	hasCurve, on      bool
	idle              bool // none of its pumps runs
	speed, lift, flow float64
	pressure          float64 // Pa, set point at an end
	low, high         float64 // speeds
	temperature       float64
}

type station struct {
	control        models.ControlValve
	opening, fixed float64
	demand         models.Demand
	area, index    float64
	designReturn   float64 // K, 0 unknown
	designFlow     float64 // kg/s, 0 unknown
	flowFiled      bool    // and does not follow the heat load
	flowLimit      models.Optional
	secondary      law.Secondary
	on             bool
}

// compileElements reads the numbers out of a validated network. tables are those
// of the pipes' friction.
func (s *Solver) compileElements(tables []int32) (elements, models.Problems) {
	n := s.net
	var el elements
	var bad models.Problems
	el.draws = make([]float64, len(n.Junctions))
	el.holds = make([]hold, len(n.Junctions))
	for i := range n.Junctions {
		j := &n.Junctions[i]
		el.draws[i] = j.Draw
		el.holds[i] = hold{j.FixedPressure.Value, j.FixedPressure.Known}
	}
	el.pipes = make([]pipe, len(n.Pipes))
	for i := range n.Pipes {
		s.compilePipe(&el.pipes[i], &n.Pipes[i], tables[i])
	}
	el.valves = make([]valve, len(n.Valves))
	for i := range n.Valves {
		v := &n.Valves[i]
		el.valves[i] = valve{control: v.ControlValve, zeta: v.Zeta, diameter: v.InnerDiameter, opening: v.Opening, sectioning: v.Sectioning, oneWay: v.CheckValve, twoWay: v.TwoWay, on: !v.OutOfService,
			holds: v.Control, pressure: v.Pressure, differential: v.Differential, flow: v.Flow}
		if v.Control == models.HeadLossCurve {
			line := &law.Line{}
			for _, q := range v.Losses {
				line.X, line.Y = append(line.X, q.Flow), append(line.Y, q.Head)
			}
			el.valves[i].losses = line
		}
	}
	el.pumps = make([]pump, len(n.Pumps))
	for i := range n.Pumps {
		p := &n.Pumps[i]
		c, err := law.FitCurve(p.Curve)
		if p.Power.Known {
			c, err = law.Curve{Work: p.Power.Value, Efficiency: p.Curve.Efficiency}, nil
			if c.Efficiency <= 0 {
				c.Efficiency = usualEfficiency
			}
		}
		if err != nil {
			bad = append(bad, models.Problem{Kind: models.KindPump, Element: p.ID, Field: "curve", Reason: err.Error(), Remedy: "give points or a polynomial up to the square"})
		}
		el.pumps[i] = pump{curve: c.Times(p.Running.Or(1)), one: c, speed: p.Speed, bypass: p.Bypass, lift: p.Differential, flow: p.Flow, pressure: p.Pressure, idle: p.Running.Known && p.Running.Value == 0, on: !p.OutOfService}
	}
	el.sources = make([]source, len(n.Sources))
	for i := range n.Sources {
		x := &n.Sources[i]
		c, err := law.FitCurve(x.Curve)
		if err != nil && (x.Control == models.ControlSpeed || len(x.Curve.Points)+len(x.Curve.Polynomial) > 0) {
			bad = append(bad, models.Problem{Kind: models.KindSource, Element: x.ID, Field: "curve", Reason: err.Error(), Remedy: "give points or a polynomial up to the square"})
		}
		el.sources[i] = source{control: x.Control, curve: c.Times(x.Running.Or(1)), one: c, hasCurve: err == nil, idle: x.Running.Known && x.Running.Value == 0, on: !x.OutOfService,
			speed: x.Speed, lift: x.Differential, flow: x.Flow, pressure: x.Pressure, low: x.MinSpeed, high: x.MaxSpeed, temperature: x.SupplyTemperature}
		if x.MinSpeed == 0 {
			el.sources[i].low = lowestSpeed
		}
		if x.MaxSpeed == 0 {
			el.sources[i].high = highestSpeed
		}
	}
	el.stations = make([]station, len(n.Stations))
	for i := range n.Stations {
		el.stations[i] = s.compileStation(&n.Stations[i])
	}
	return el, bad
}

func (s *Solver) compilePipe(out *pipe, p *models.Pipe, table int32) {
	*out = pipe{length: p.Length, diameter: p.InnerDiameter, roughness: p.Roughness, zeta: p.Zeta,
		resistance: p.Resistance.Value, quadratic: p.Resistance.Known, factor: 1, lossFactor: 1,
		hazen: p.HazenWilliams.Value, oneWay: p.CheckValve,
		ambient: p.Ambient.Or(s.groundTemperature()), partner: -1, table: table, on: !p.OutOfService}
	paired := false
	if p.Partner != "" {
		if at, ok := s.plan.index.At(models.KindPipe, p.Partner); ok {
			out.partner, paired = int32(at), true
		}
	}
	if p.HeatLoss.Known {
		out.u1 = p.HeatLoss.Value
	} else {
		out.u1, out.u2 = law.BuriedPipe(p.Insulation, p.OuterDiameter.Or(p.InnerDiameter), s.net.Ground.Conductivity, paired)
	}
	out.untabled(s)
}

// Hazen-Williams in m and m3/s, head = c L Q^1.852 / (C^1.852 d^4.871), with
// c = 4.727 in feet and cubic feet per second turned into SI: 10.667.
const hazenExponent, hazenDiameter = 1.852, 4.871

var hazenConstant = 4.727 * math.Pow(0.3048, hazenDiameter-3*hazenExponent)

// transition prepares what the pipe's friction law needs per roughness.
func (p *pipe) transition(s *Solver) {
	if p.quadratic || p.diameter <= 0 {
		return
	}
	p.table = s.plan.tableOf(p, s.friction())
	p.untabled(s)
}

// untabled prepares what the formula needs where there is no table.
func (p *pipe) untabled(s *Solver) {
	if p.table < 0 && p.hazen == 0 && !p.quadratic && p.diameter > 0 {
		b := law.Branch{Friction: s.friction(), Rel: p.roughness / p.diameter}
		b.PrepareTransition()
		p.l4, p.d4 = b.L4, b.D4
	}
}

// groundTemperature returns the ground's temperature, 10 degC where nobody
// gave one.
func (s *Solver) groundTemperature() float64 {
	if t := s.net.Ground.Temperature; t > 0 {
		return t
	}
	return water.Zero + 10
}

func (s *Solver) friction() law.Friction { return law.Friction(s.opts.Friction) }

func (s *Solver) compileStation(x *models.Station) station {
	out := station{control: x.Valve, opening: x.Opening, fixed: x.FixedResistance, demand: x.Demand,
		area: x.HeatedArea, index: x.HeatIndex, designReturn: x.Design.PrimaryReturn, flowLimit: x.FlowLimit, on: !x.OutOfService}
	d := x.Design
	q := x.DesignHeat()
	if x.DesignFlow.Known {
		out.designFlow, out.flowFiled = x.DesignFlow.Value, true
	} else if q > 0 && d.PrimarySupply > d.PrimaryReturn {
		out.designFlow = q / (s.fluid.MeanHeatCapacity(d.PrimarySupply, d.PrimaryReturn) * (d.PrimarySupply - d.PrimaryReturn))
	}
	b := d.EmitterExponent
	if b == 0 {
		b = 0.3
	}
	cp := water.HeatCapacity(math.Max((d.SecondarySupply+d.SecondaryReturn)/2, water.Zero))
	out.secondary = law.Secondary{Heat: q, Supply: d.SecondarySupply, Return: d.SecondaryReturn,
		Indoor: s.net.Climate.DesignIndoor, Outdoor: s.net.Climate.DesignOutdoor, Exponent: b, Cp: cp}
	if rise := d.SecondarySupply - d.SecondaryReturn; rise > 0 {
		out.secondary.Flow = q / (cp * rise)
	}
	out.secondary.Exchanger, _ = law.SizeExchanger(q, d.PrimarySupply, d.PrimaryReturn, d.SecondarySupply, d.SecondaryReturn, out.designFlow, out.secondary.Flow)
	return out
}

// resize lays a changed heat load over the station, as if the file said so:
// emitters, building, exchanger and a design flow that nobody gave follow it.
func (x *station) resize() {
	y, q := &x.secondary, x.area*x.index
	if y.Heat > 0 {
		share := q / y.Heat
		if !x.flowFiled {
			x.designFlow *= share
		}
		y.Flow *= share
		y.Exchanger.UA *= share
		y.Exchanger.M1, y.Exchanger.M2 = x.designFlow, y.Flow
	}
	y.Heat = q
}

// own makes the slice the scenario's own before it is written.
func own[T any](mine *bool, slice *[]T) []T {
	if !*mine {
		*slice = slices.Clone(*slice)
		*mine = true
	}
	return *slice
}
