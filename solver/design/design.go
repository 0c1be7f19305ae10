// Package design gives a reference network what it lacks to be run and
// balanced: stations with area, exchanger and control valve instead of a
// prescribed flow, diameters that cost pressure, a pump with a curve. Every
// value it sets is marked assumed.
package design

import (
	"context"
	"fmt"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// Options say how to design. The zero value keeps the diameters.
type Options struct {
	Gradient        float64 // Pa/m at which diameters are selected anew; 0: kept
	TemperatureDrop float64 // K, primary, where the flow follows from the heat; 0: 30
}

// What is assumed where the reference gives nothing.
const (
	heatIndex      = 45.0   // W/m2
	valveDrop      = 50e3   // Pa at which the Kvs passes the design flow at least
	fixedDrop      = 30e3   // Pa of piping, strainer and exchanger at design flow
	approach       = 5.0    // K between primary and secondary return
	secondaryShare = 2. / 3 // secondary rise over primary drop
	rangeability   = 50.0
	leakage        = 0.0005
	opening        = 0.8
	indexTravel    = 0.9 // the critical station's valve when the pump is sized
	headReserve    = 1.2
	pressureClass  = 1.6e6 // Pa
	defaultDrop    = 30.0  // K
	leastSecondary = 5.0   // K of the secondary return above the rooms
	designOutdoor  = water.Zero - 5
	designIndoor   = water.Zero + 18
	leastHold      = 150e3 // Pa
	staticReserve  = 80e3  // Pa above boiling or emptying at the highest place
	efficiency     = 0.75
	shutOff        = 1.9 // head at no flow over head at design flow: a steep curve gives the far stations head when the near ones close
	requiredRounds = 3
	resizingRounds = 6
	negligibleFlow = 1e-6 // kg/s
)

// Note says what was done, for the person who asked for it.
type Note struct {
	Stations, Resized int
	Critical          models.ID
	CriticalNeed      float64 // Pa at the critical station with its pipes
	PumpHead          float64 // Pa at design flow
	DesignFlow        float64 // kg/s, of all stations
	Idle              []models.ID
}

// Stations returns the network with its stations designed. It fails with an
// error that names the element where a station's flow or heat is not given, or
// where the network is no closed circuit with one source.
func Stations(ctx context.Context, reference *models.Network, o Options) (*models.Network, Note, error) {
	if o.TemperatureDrop == 0 {
		o.TemperatureDrop = defaultDrop
	}
	d := &designer{n: clone(reference), o: o}
	if err := d.check(); err != nil {
		return nil, d.note, err
	}
	if err := d.flows(); err != nil {
		return nil, d.note, err
	}
	if err := d.resize(ctx); err != nil {
		return nil, d.note, err
	}
	d.climate()
	d.stations()
	need, err := d.need(ctx)
	if err != nil {
		return nil, d.note, err
	}
	d.source(need)
	d.class()
	d.partners()
	if err := d.n.Validate().Refused(); err != nil {
		return nil, d.note, err
	}
	return d.n, d.note, nil
}

// designer works on a copy of the reference.
type designer struct {
	n    *models.Network
	o    Options
	flow []float64 // kg/s, design flow of each station
	note Note
}

func clone(n *models.Network) *models.Network {
	out := n.Overlay(models.Scenario{})
	for i := range out.Junctions {
		out.Junctions[i].Assumed = slices.Clone(out.Junctions[i].Assumed)
	}
	for i := range out.Pipes {
		out.Pipes[i].Assumed = slices.Clone(out.Pipes[i].Assumed)
	}
	return out
}

func refuse(kind models.Kind, id models.ID, field, reason, remedy string) error {
	return models.Problems{{Kind: kind, Element: id, Field: field, Reason: reason, Remedy: remedy}}
}

// check demands a closed circuit with one source.
func (d *designer) check() error {
	if d.n.Open {
		return refuse(models.KindNetwork, "", "open", "the network is open: it has draws or several fixed pressures", "stations are designed for a closed circuit only")
	}
	if len(d.n.Sources) != 1 {
		return refuse(models.KindNetwork, "", "sources", fmt.Sprintf("the network has %d sources", len(d.n.Sources)), "stations are designed for one source with its pump")
	}
	if len(d.n.Stations) == 0 {
		return refuse(models.KindNetwork, "", "stations", "the network has no stations", "give stations with a flow or a heat demand")
	}
	if least := d.n.Sources[0].SupplyTemperature - d.o.TemperatureDrop - approach; !(d.o.TemperatureDrop > 0) || least < designIndoor+leastSecondary {
		return refuse(models.KindSource, d.n.Sources[0].ID, "supply_temperature_c",
			fmt.Sprintf("a drop of %g K from %.4g degC leaves %.4g degC on the secondary side", d.o.TemperatureDrop, d.n.Sources[0].SupplyTemperature-water.Zero, least-water.Zero), "choose a smaller temperature drop")
	}
	return nil
}

// flows settles each station's design flow: the given one, or q/(cp dT). A
// station that asks for nothing is taken out of service.
func (d *designer) flows() error {
	supply := d.n.Sources[0].SupplyTemperature
	cp := water.MeanHeatCapacity(supply, supply-d.o.TemperatureDrop)
	d.flow = make([]float64, len(d.n.Stations))
	for i := range d.n.Stations {
		s := &d.n.Stations[i]
		switch x := s.Demand; {
		case x.Flow.Known:
			d.flow[i] = x.Flow.Value
		case x.Heat.Known:
			d.flow[i] = x.Heat.Value / (cp * d.o.TemperatureDrop)
		case s.DesignFlow.Known:
			d.flow[i] = s.DesignFlow.Value
		default:
			return refuse(models.KindStation, s.ID, "demand", "neither flow nor heat is given", "give demand.flow_kg_per_s or demand.heat_w")
		}
		if d.flow[i] <= negligibleFlow {
			s.OutOfService = true
			d.note.Idle = append(d.note.Idle, s.ID)
		}
		d.note.DesignFlow += d.flow[i]
	}
	if d.note.DesignFlow <= negligibleFlow {
		return refuse(models.KindNetwork, "", "stations", "no station asks for anything", "give flows or heats above 0")
	}
	d.note.Stations = len(d.n.Stations) - len(d.note.Idle)
	return nil
}

// solve computes the network with the stations' flows given.
func (d *designer) solve(ctx context.Context, flow []float64) (*solver.Result, error) {
	n := d.n.Overlay(models.Scenario{})
	for i := range n.Stations {
		n.Stations[i].Demand = models.Demand{Flow: models.Some(flow[i]), TemperatureDrop: models.Some(d.o.TemperatureDrop)}
	}
	s := &n.Sources[0]
	s.Control, s.Differential = models.ControlDifferential, 500e3
	sv, err := solver.New(n, solver.Options{})
	if err != nil {
		return nil, err
	}
	return sv.Solve(ctx, models.Scenario{}, nil)
}

// resize selects the diameters anew: the smallest step of the table whose
// friction keeps the gradient. In meshed networks the flows move with the
// diameters, so that it is done until nothing changes.
func (d *designer) resize(ctx context.Context) error {
	if d.o.Gradient <= 0 {
		return nil
	}
	resized := map[int]bool{}
	for range resizingRounds {
		r, err := d.solve(ctx, d.flow)
		if err != nil {
			return err
		}
		changed := false
		for i := range d.n.Pipes {
			p := &d.n.Pipes[i]
			if p.Resistance.Known || p.Length == 0 {
				continue
			}
			size := selectSize(math.Abs(r.Pipes[i].Flow), p.Roughness, (r.Pipes[i].TempIn+r.Pipes[i].TempOut)/2, d.o.Gradient)
			if size.DN == p.DN && size.Inner() == p.InnerDiameter {
				continue
			}
			changed, resized[i] = true, true
			setSize(p, size)
		}
		if !changed {
			break
		}
	}
	d.note.Resized = len(resized)
	return nil
}

// selectSize returns the smallest step of the table that passes flow (kg/s)
// at no more than gradient (Pa/m), or the largest.
func selectSize(flow, roughness, T, gradient float64) models.PipeSize {
	rho, mu := water.Density(T), water.Viscosity(T)
	for _, size := range models.PipeSizes {
		inner := size.Inner()
		if roughness >= 0.1*inner {
			continue
		}
		area := math.Pi / 4 * inner * inner
		re := 4 * flow / (math.Pi * inner * mu)
		lambda := 0.0
		if re > 0 {
			lambda, _ = law.Friction(solver.Colebrook).Lambda(re, roughness/inner)
		}
		if lambda/inner*flow*flow/(2*rho*area*area) <= gradient {
			return size
		}
	}
	return models.PipeSizes[len(models.PipeSizes)-1]
}

// setSize gives the pipe its step. A heat loss that was given per metre keeps
// its value per square metre of the outer surface.
func setSize(p *models.Pipe, size models.PipeSize) {
	was := p.OuterDiameter.Or(p.InnerDiameter)
	p.DN, p.InnerDiameter, p.OuterDiameter = size.DN, size.Inner(), models.Some(size.Outer)
	assume(&p.Assumed, "dn", "inner_diameter_m", "outer_diameter_m")
	if p.HeatLoss.Known && was > 0 {
		p.HeatLoss = models.Some(p.HeatLoss.Value * size.Outer / was)
		assume(&p.Assumed, "heat_loss_w_per_m_k")
	}
	if p.Insulation != (models.Insulation{}) {
		p.Insulation.CasingDiameter = size.Casing
		p.Insulation.Spacing = max(p.Insulation.Spacing, size.Casing+0.15)
		assume(&p.Assumed, "insulation")
	}
}

// assume marks keys as assumed, once each.
func assume(list *[]string, keys ...string) {
	for _, k := range keys {
		if !slices.Contains(*list, k) {
			*list = append(*list, k)
		}
	}
}
