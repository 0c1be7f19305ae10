package solver

import (
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/topology"
	"evenflow/solver/internal/water"
)

// plan is what a network's topology determines: made once, never written
// again, shared by all scenarios. Inside, nodes are junctions and links are
// branches.
type plan struct {
	index    models.Index
	node     []int32 // node of a junction
	junction []int32 // junction of a node
	links    []place // by link
	from, to []int32 // by link, nodes
	linkOf   [models.KindStation + 1][]int32
	touching *topology.Incidence // links by node

	elevation []float64 // by node, m; 0 where unknown
	height    []float64 // by link, elevation(from)-elevation(to), 0 where either is unknown
	air       []float64 // by link, Pa: weight of air between the ends
	still     []float64 // by node, K: temperature without flow
	start     []float64 // by node, K: temperature before the first heat solve
	partner   []int32   // by junction: the return junction of a supply junction and vice versa, -1
	base      elements
	leaking   bool // a pipe leaks
	emitting  bool // a junction has an emitter

	tables     []law.Table // of the pipes' friction
	segments   []law.Segment
	tableAt    map[float64]int32 // by relative roughness
	hazenTable int32
}

// place says which branch a link is.
type place struct {
	kind models.Kind
	at   int32
}

// New checks and compiles a network for solving. It refuses a network that does
// not validate (among others: no pressure hold, or a second one in a closed
// component) with an *InputError.
func New(net *models.Network, opts Options) (*Solver, error) {
	c, bad := net.Check()
	if c == nil {
		refused, _ := bad.Refused().(models.Problems)
		return nil, &InputError{refused}
	}
	return Compile(c, opts)
}

// Compile is New for a network that is checked already.
func Compile(c *models.Checked, opts Options) (*Solver, error) {
	net := c.Network()
	s := &Solver{net: net, opts: opts.withDefaults()}
	if n := len(opts.StartTemperature); n != 0 && n != len(net.Junctions) {
		return nil, refuse(models.KindNetwork, "", "", "the start temperatures are not one per junction", "give Options.StartTemperature by index in Network.Junctions, or nil")
	}
	if why := opts.Fluid.wrong(); why != "" {
		return nil, refuse(models.KindNetwork, "", "", why, "give Options.Fluid tables of equal length with ascending temperatures")
	}
	s.fluid = opts.fluid()
	s.plan = &plan{index: c.Index()}
	s.plan.layout(c)
	base, bad := s.compileElements(s.plan.tabulate(net.Pipes, s.friction(), s.fluid.Viscosity(hottestTabled)/s.fluid.Density(hottestTabled)))
	if len(bad) > 0 {
		return nil, &InputError{bad}
	}
	s.plan.base = base
	s.heights()
	s.startTemperatures()
	s.plan.pair(net)
	st := s.bareState()
	st.temp = s.plan.start // only read here
	st.beginCircuit(s.plan.base)
	st.circuit(nil) // notes the circuit as filed; what is wrong with it, Solve says
	if h := s.home.Load(); h != nil && len(h.core.chains) >= worthOrdering {
		s.renumber(h)
	}
	return s, nil
}

// Network returns the network the solver was made for.
func (s *Solver) Network() *models.Network { return s.net }

// layout numbers nodes and links as the network has them.
func (p *plan) layout(c *models.Checked) {
	net := c.Network()
	n := len(net.Junctions)
	p.node, p.junction = make([]int32, n), make([]int32, n)
	for v := range p.node {
		p.node[v], p.junction[v] = int32(v), int32(v)
	}
	from, to := c.Ends()
	p.from, p.to = slices.Clone(from), slices.Clone(to)
	p.links = make([]place, 0, len(p.from))
	numbers := make([]int32, len(p.from))
	for kind, n := range [...]int{models.KindPipe: len(net.Pipes), models.KindValve: len(net.Valves), models.KindPump: len(net.Pumps), models.KindSource: len(net.Sources), models.KindStation: len(net.Stations)} {
		first := len(p.links)
		p.linkOf[kind] = numbers[first : first+n : first+n]
		for i := range n {
			p.linkOf[kind][i] = int32(len(p.links))
			p.links = append(p.links, place{models.Kind(kind), int32(i)})
		}
	}
	p.touching = topology.NewIncidence(n, p.from, p.to)
}

// heights prepares what gravity and the air column need.
func (s *Solver) heights() {
	p, net := s.plan, s.net
	p.elevation = make([]float64, len(net.Junctions))
	level := make([]float64, len(net.Junctions))
	for j := range net.Junctions {
		x := &net.Junctions[j]
		p.elevation[p.node[j]] = x.Elevation.Value
		level[p.node[j]] = x.Elevation.Or(math.NaN())
		p.emitting = p.emitting || x.Emitter.Coefficient > 0
	}
	p.height, p.air = make([]float64, len(p.links)), make([]float64, len(p.links))
	for k := range p.links {
		a, b := level[p.from[k]], level[p.to[k]]
		if math.IsNaN(a - b) {
			continue
		}
		p.height[k] = a - b
		if s.opts.AirColumn {
			p.air[k] = airPressure(a) - airPressure(b)
		}
	}
}

// airPressure returns the pressure of the standard atmosphere in Pa at height
// h (m), by the barometric formula.
func airPressure(h float64) float64 {
	return water.Atmosphere * math.Pow(1-0.0065*h/288.15, 5.255)
}

// startTemperatures fills still and start: the temperature of standing water
// and the one assumed before the first heat solve.
func (s *Solver) startTemperatures() {
	p, net := s.plan, s.net
	n := len(net.Junctions)
	p.still, p.start = make([]float64, n), make([]float64, n)
	count := make([]float64, n)
	for i := range net.Pipes {
		p.leaking = p.leaking || net.Pipes[i].Leak != models.Leak{}
		k := p.linkOf[models.KindPipe][i]
		for _, v := range [2]int32{p.from[k], p.to[k]} {
			p.still[v] += p.base.pipes[i].ambient
			count[v]++
		}
	}
	supply, ret := s.sideTemperatures()
	for j := range net.Junctions {
		v := p.node[j]
		if count[v] > 0 {
			p.still[v] /= count[v]
		} else {
			p.still[v] = s.groundTemperature()
		}
		if s.opts.NoFlowTemperature > 0 {
			p.still[v] = s.opts.NoFlowTemperature
		}
		switch net.Junctions[j].Side {
		case models.SideSupply:
			p.start[v] = supply
		case models.SideReturn:
			p.start[v] = ret
		default:
			p.start[v] = net.Junctions[j].FixedTemp.Or(supply)
		}
		if len(s.opts.StartTemperature) > 0 {
			p.start[v] = s.opts.StartTemperature[j]
		}
	}
}

// sideTemperatures returns the mean supply temperature of the sources and the
// flow-weighted design return of the stations, K.
func (s *Solver) sideTemperatures() (supply, ret float64) {
	supply = s.groundTemperature()
	if n := len(s.net.Sources); n > 0 {
		supply = 0
		for i := range s.net.Sources {
			supply += s.net.Sources[i].SupplyTemperature / float64(n)
		}
	}
	var sum, weight float64
	for i := range s.plan.base.stations {
		x := &s.plan.base.stations[i]
		t := x.demand.ReturnTemperature.Or(x.designReturn)
		if x.demand.TemperatureDrop.Known {
			t = supply - x.demand.TemperatureDrop.Value
		}
		if t > 0 {
			w := max(x.designFlow, 1e-3)
			sum, weight = sum+w*t, weight+w
		}
	}
	if weight == 0 {
		return supply, supply
	}
	return supply, min(sum/weight, supply)
}
