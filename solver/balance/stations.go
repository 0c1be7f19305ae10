package balance

import (
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// role says what decides a station's flow while a plan is being made.
type role uint8

const (
	fixed   role = iota // opening as it is, or its own demand
	steered             // the wanted flow; its opening follows
	wide                // opening at the upper limit, gets what it can
	least               // opening at the lower limit
)

// place is one station with its law under the base scenario.
type place struct {
	valve    models.ControlValve
	fixed    float64 // Pa/(kg/s)^2
	perKv    float64 // valve: drop = perKv m^2 / Kv^2
	required float64
	wanted   float64 // kg/s
	opening  float64
	role     role
	returns  int // times it came back from wide
	own      bool
	cut      bool
	given    bool // its flow is prescribed by its demand
	outside  bool // out of service
}

// places lays the base scenario over the stations' own data.
func places(in *Input, lim *Limits) ([]place, error) {
	net := in.Network
	if len(in.Stations) != len(net.Stations) {
		return nil, fmt.Errorf("balance: %d wishes for %d stations; give one for each, in network order", len(in.Stations), len(net.Stations))
	}
	ps := make([]place, len(net.Stations))
	at := make(map[models.ID]int, len(net.Stations))
	for i := range net.Stations {
		s := &net.Stations[i]
		at[s.ID] = i
		ps[i] = place{
			valve: s.Valve, fixed: s.FixedResistance, perKv: law.KvResistance(1, water.Density(s.Design.PrimarySupply)),
			required: in.Stations[i].Required, opening: in.Stations[i].Opening,
			given: s.Demand.Given(), outside: s.OutOfService,
		}
		if r := ps[i].required; math.IsNaN(r) || r < 0 {
			return nil, fmt.Errorf("balance: station %s requires %g kg/s; give 0 or more", s.ID, r)
		}
		if h := ps[i].opening; !(h >= 0 && h <= 1) {
			return nil, fmt.Errorf("balance: station %s stands at an opening of %g; give 0 to 1", s.ID, h)
		}
	}
	for _, c := range in.Base.Changes {
		i, ok := at[c.Element]
		if !ok {
			continue
		}
		switch c.Attribute {
		case models.AttrKvs:
			ps[i].valve.Kvs = c.Apply(ps[i].valve.Kvs)
		case models.AttrFixedResistance:
			ps[i].fixed = c.Apply(ps[i].fixed)
		case models.AttrInService:
			ps[i].outside = c.Value == 0
		case models.AttrFlow, models.AttrHeat:
			ps[i].given = true
		}
	}
	for i := range ps {
		p := &ps[i]
		p.wanted = p.required * lim.MaxX
		switch {
		case in.Stations[i].Held || p.given || p.outside || p.valve.Kvs <= 0:
			p.role = fixed
		case p.required == 0:
			p.role, p.opening = least, lim.MinOpening
		default:
			p.role = steered
		}
	}
	return ps, nil
}

// need is the differential in Pa that flow m needs with the valve at an
// opening.
func (p *place) need(m, opening float64) float64 {
	if p.valve.Kvs <= 0 { // no valve: its fixed resistance alone
		return m * m * p.fixed
	}
	phi, _ := law.RelativeKv(&p.valve, opening)
	kv := phi * p.valve.Kvs
	if kv <= 0 {
		return math.Inf(1)
	}
	return m * m * (p.fixed + p.perKv/(kv*kv))
}

// openingFor is the opening at which flow m uses up the differential dp, or
// 1 where the valve cannot pass it.
func (p *place) openingFor(m, dp float64) float64 {
	rest := dp/(m*m) - p.fixed
	if rest <= 0 {
		return 1
	}
	h, _ := law.OpeningFor(&p.valve, math.Sqrt(p.perKv/rest)/p.valve.Kvs)
	return h
}

// learn takes from a result by openings how the solver's valve answers:
// density and anything else that the design value of perKv does not know.
// It returns the largest relative change of a coefficient.
func learn(ps []place, r *solver.Result) float64 {
	worst := 0.0
	for i := range ps {
		p, s := &ps[i], &r.Stations[i]
		if p.role == fixed || p.required <= 0 || s.Flow < 1e-3*p.required {
			continue
		}
		phi, _ := law.RelativeKv(&p.valve, p.opening)
		kv := phi * p.valve.Kvs
		coefficient := s.ValveDrop * kv * kv / (s.Flow * s.Flow)
		if !(coefficient > 0) {
			continue
		}
		worst = math.Max(worst, math.Abs(coefficient/p.perKv-1))
		p.perKv = coefficient
	}
	return worst
}
