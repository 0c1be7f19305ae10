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

// Thresholds of a lying pressure meter.
const (
	neighbourScore = 4
	neighbourGap   = 8e3 // Pa
	lawScore       = 2.5
)

// judgeByNeighbours condemns pressure meters that contradict both the law of
// their station and the pressures around them: a choked main shifts the
// neighbours too and leaves the station's law right. It reports whether it
// condemned any.
func (e *estimator) judgeByNeighbours() bool {
	m := &e.mains
	condemned := false
	freedLeaf := make([]bool, len(e.sites))
	for k, r := range m.free {
		if r != nil && m.mesh.edges[k].leaf >= 0 {
			freedLeaf[m.mesh.edges[k].leaf] = true
		}
	}
	off := make([]bool, len(e.sites))
	at := make(map[int32]int, 2*len(e.sites))
	for i := range e.sites {
		from, to := e.ends(&e.in.Network.Stations[i].Branch)
		at[from], at[to] = i, i
	}
	for _, s := range m.field.seen {
		i, ok := at[s.i]
		if !ok || off[i] {
			continue
		}
		if e.doubtful(i) {
			off[i] = freedLeaf[i] || m.contradicts(&s)
		}
	}
	for i, bad := range off {
		s := &e.sites[i]
		o := &s.seen[len(s.seen)-1]
		switch {
		case bad:
			none := belief{}
			e.condemnPressure(i, o.dp, o.m*o.m*s.resistance(o.h, &none))
			condemned = true
		case s.doubt:
			e.condemnFlow(i, FlowLies, o.m, s.expected)
			condemned = true
		}
		s.doubt = false
	}
	return condemned
}

// doubtful reports whether a station's law is so far off that its pressures
// are worth comparing with its neighbours'.
func (e *estimator) doubtful(i int) bool {
	s := &e.sites[i]
	o := &s.seen[len(s.seen)-1]
	if s.doubt {
		return true
	}
	return o.ok && o.h > openValve && o.m > 0 && o.dp > 0 && math.Abs(s.standOff(o)) > lawScore
}

// contradicts compares an observation with what all others say of its place.
func (m *mains) contradicts(s *sight) bool {
	fit := m.post.u[s.i]
	if s.j >= 0 {
		fit -= m.post.u[s.j]
	}
	v := m.post.variance(s.i, s.j, nil)
	rest := 1/v - 1/(s.sigma*s.sigma)
	if rest <= 1e-12 {
		return false
	}
	without := (fit/v - s.y/(s.sigma*s.sigma)) / rest
	gap := math.Abs(s.y - without)
	return gap > neighbourGap && gap > neighbourScore*math.Sqrt(s.sigma*s.sigma+1/rest)
}
