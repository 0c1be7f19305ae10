package estimate

import (
	"math"

	"evenflow/models"
)

// ends are the indices of a branch's two junctions.
func (e *estimator) ends(b *models.Branch) (from, to int32) {
	if e.place == nil {
		e.place = make(map[models.ID]int32, len(e.in.Network.Junctions))
		for i := range e.in.Network.Junctions {
			e.place[e.in.Network.Junctions[i].ID] = int32(i)
		}
	}
	return e.place[b.From], e.place[b.To]
}

// busyJunctions marks where water enters or leaves the mesh.
func busyJunctions(net *models.Network) []bool {
	place := make(map[models.ID]int, len(net.Junctions))
	busy := make([]bool, len(net.Junctions))
	for i := range net.Junctions {
		place[net.Junctions[i].ID] = i
		busy[i] = net.Junctions[i].Draw != 0
	}
	for i := range net.Stations {
		busy[place[net.Stations[i].From]], busy[place[net.Stations[i].To]] = true, true
	}
	for i := range net.Sources {
		busy[place[net.Sources[i].From]], busy[place[net.Sources[i].To]] = true, true
	}
	return busy
}

// buildField lays priors and observations around the present model.
func (e *estimator) buildField() {
	m := &e.mains
	f := m.field
	if f == nil {
		f = &field{n: len(e.in.Network.Junctions)}
		m.field = f
	}
	f.edges = make([]strand, len(m.mesh.edges))
	for k := range m.mesh.edges {
		f.edges[k] = e.strand(k)
	}
	total := 0.0
	for i := range m.model.Stations {
		total += m.model.Stations[i].Flow
	}
	f.borders = len(m.mesh.loops) + m.mesh.groups
	f.prior = make([]float64, f.borders)
	for k := range f.prior {
		f.prior[k] = sq(ringShare*total + 1)
		if k >= len(m.mesh.loops) {
			f.prior[k] = groupSigma * groupSigma
		}
	}
	f.seen = e.sights()
	f.analyse()
}

// strand is the prior of one edge around the present model: its drop by the
// file's resistance at the present flow, times one plus the prior.
func (e *estimator) strand(k int) strand {
	m := &e.mains
	l := &m.mesh.edges[k]
	s := strand{from: l.from, to: l.to}
	var drop, flow float64
	switch l.kind {
	case models.KindPipe:
		b := &m.model.Pipes[l.index]
		drop, flow = b.PressureDrop, b.Flow
		factor := m.factor[l.index]
		filed := drop / factor
		s.mean = filed * (e.priorFactor(l.index) - factor)
		s.tau = math.Abs(filed)*e.opts.PipeSigma + leastTau
		if m.free[k] != nil {
			s.tau = 2*math.Abs(filed) + freeLoss
		} else if l.group >= 0 {
			s.beta = append(s.beta, share{len(m.mesh.loops) + l.group, filed})
		}
	case models.KindValve:
		b := &m.model.Valves[l.index]
		drop, flow = b.PressureDrop, b.Flow
		s.tau = valveSigma*math.Abs(drop) + valveLeast
	default:
		b := &m.model.Pumps[l.index]
		drop, flow = b.PressureDrop, b.Flow
		s.tau = liftSigma*math.Abs(drop) + valveLeast
	}
	if math.Abs(flow) > 1e-6 {
		slope := 2 * math.Abs(drop/flow)
		for _, r := range l.rings {
			s.beta = append(s.beta, share{r.at, slope * r.sign})
		}
	}
	return s
}

// usualFactor bounds ln of the pipe factors that are carried on as priors.
const usualFactor = 0.35

// priorFactor is what was learned before about a pipe, 1 without.
func (e *estimator) priorFactor(pipe int) float64 {
	if e.metered {
		return 1 // what the meters say now is better than what they said once
	}
	f, ok := e.before[e.in.Network.Pipes[pipe].ID]
	if ok && math.Abs(math.Log(f)) < usualFactor {
		return f
	}
	return 1 // a choked pipe has to be found anew, so that it is named again
}

// sights are the pressures of the latest round against the model's.
func (e *estimator) sights() []sight {
	net, model := e.in.Network, e.mains.model
	var list []sight
	single := func(j int32, v *Value) bool {
		if !good(v) || v.Age > e.opts.MaxAge || !model.Junctions[j].PressureKnown {
			return false
		}
		list = append(list, sight{j, -1, v.Value - model.Junctions[j].Pressure, math.Hypot(or(v.Sigma, pressureSigma), modelError)})
		return true
	}
	for i := range net.Sources {
		r := &e.latest.Sources[i]
		from, to := e.ends(&net.Sources[i].Branch)
		if !single(from, &r.ReturnPressure) {
			list = append(list, sight{from, -1, 0, holdSigma})
		}
		if !single(to, &r.SupplyPressure) {
			list = append(list, sight{to, from, 0, liftSigma*math.Abs(model.Sources[i].Lift) + valveLeast})
		}
	}
	for i := range net.Stations {
		s := &e.sites[i]
		if s.dpBad || model.Stations[i].Cut || (s.hold != nil && (s.hold.Reason == Stale || s.hold.Reason == Lost)) {
			continue
		}
		r := &e.latest.Stations[i]
		from, to := e.ends(&net.Stations[i].Branch)
		a := single(from, &r.SupplyPressure)
		b := single(to, &r.ReturnPressure)
		if a || b {
			continue
		}
		if dp, sigma, ok := differential(r); ok {
			list = append(list, sight{from, to, dp - model.Stations[i].Differential, math.Hypot(sigma, modelError)})
		}
	}
	return list
}

// Thresholds of a lying pressure meter: how far it stands off what all others
// say of its place, and how much better its station obeys its law without the
// gap (difference of squared scores).
const (
	neighbourScore = 4
	neighbourGap   = 8e3 // Pa
	lawGain        = 3
)

// judgeByNeighbours condemns pressure meters that contradict the pressures
// around them where their station obeys its law better without the
// contradiction, or looks half-closed: a choked service pipe makes a gap too,
// but leaves the station's law right; a half-closed station makes no gap. Where one of two meters lies and the pressures agree,
// it is the flow. It reports whether it condemned any.
func (e *estimator) judgeByNeighbours() bool {
	m := &e.mains
	gap := make([]float64, len(e.sites)) // Pa that the differential reads too low
	for k, r := range m.free {
		if l := &m.mesh.edges[k]; r != nil && l.leaf >= 0 {
			gap[l.leaf] += m.lost(k)
		}
	}
	at, sense := make(map[int32]int, 2*len(e.sites)), make(map[int32]float64, 2*len(e.sites))
	for i := range e.sites {
		from, to := e.ends(&e.in.Network.Stations[i].Branch)
		at[from], at[to] = i, i
		sense[from], sense[to] = 1, -1
	}
	for _, s := range m.field.seen {
		if i, ok := at[s.i]; ok && e.sites[i].odd() {
			gap[i] += sense[s.i] * m.contradiction(&s)
		}
	}
	condemned := false
	for i := range e.sites {
		s := &e.sites[i]
		o := &s.seen[len(s.seen)-1]
		lies := math.Abs(gap[i]) > neighbourGap && (s.suspect || s.explainedBy(o, gap[i]))
		switch {
		case lies:
			e.condemnPressure(i, o.dp, o.dp+gap[i])
			condemned = true
		case s.doubt != nil:
			e.condemnFlow(i, s.doubt.code, s.doubt.measured, s.doubt.expected)
			condemned = true
		}
		s.doubt = nil
	}
	return condemned
}

// odd reports whether the station's law is far enough off for a lying pressure
// meter to be the better explanation.
func (s *site) odd() bool {
	o := &s.seen[len(s.seen)-1]
	return s.doubt != nil || s.suspect || (o.ok && o.m > 0 && (o.dp <= 0 || sq(s.standOff(o)) > lawGain))
}

// explainedBy reports whether the station obeys its law better if its
// differential reads gap Pa too low.
func (s *site) explainedBy(o *seen, gap float64) bool {
	right := *o
	right.dp += gap
	switch {
	case !o.ok || o.h <= openValve || o.m <= 0 || right.dp <= 0:
		return false
	case o.dp <= 0:
		return true
	}
	return sq(s.standOff(o))-sq(s.standOff(&right)) > lawGain
}

// lost is what a pipe loses beyond the file in the direction of its flow, Pa:
// what its factor makes, and what the field still asks for.
func (m *mains) lost(k int) float64 {
	l := &m.mesh.edges[k]
	now := m.model.Pipes[l.index].PressureDrop
	_, more := m.post.extra(k)
	for _, s := range m.field.edges[k].beta {
		if s.at < len(m.mesh.loops) {
			more -= s.beta * m.post.z[s.at]
		}
	}
	return math.Copysign(1, now) * (now*(1-1/m.factor[l.index]) + more)
}

// contradiction compares an observation with what all others say of its place
// and returns by how much it reads too low, Pa; 0 where that may be chance.
func (m *mains) contradiction(s *sight) float64 {
	fit := m.post.u[s.i]
	if s.j >= 0 {
		fit -= m.post.u[s.j]
	}
	v := m.post.variance(s.i, s.j, nil)
	rest := 1/v - 1/(s.sigma*s.sigma)
	if rest <= 1e-12 {
		return 0
	}
	without := (fit/v - s.y/(s.sigma*s.sigma)) / rest
	gap := without - s.y
	if math.Abs(gap) < neighbourGap || math.Abs(gap) < neighbourScore*math.Sqrt(s.sigma*s.sigma+1/rest) {
		return 0
	}
	return gap
}
