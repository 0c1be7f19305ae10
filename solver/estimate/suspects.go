package estimate

import (
	"cmp"
	"math"
	"slices"

	"evenflow/models"
)

// Thresholds for naming a choked main: what it loses beyond the file, and the
// factor on its resistance.
const (
	chokedLoss   = 12e3 // Pa
	chokedFactor = 1.5
)

// result puts everything together.
func (e *estimator) result() *Result {
	r := &Result{Model: e.mains.model, Solves: e.solves}
	r.Changes = append(e.stationChanges(), e.pipeChanges()...)
	r.Calibration.Corrections = e.corrections()
	flows := e.flows()
	for i := range e.sites {
		r.Stations = append(r.Stations, e.station(i, flows[i]))
		if h := e.sites[i].hold; h != nil {
			r.Held = append(r.Held, *h)
		}
	}
	r.Suspects = e.suspects()
	return r
}

// station is what is believed about one station.
func (e *estimator) station(i int, flow models.Optional) StationEstimate {
	s := &e.sites[i]
	o := &s.seen[len(s.seen)-1]
	model, filed := e.mains.model, e.mains.filed
	x := StationEstimate{
		Flow: flow, KvsFactor: math.Exp(s.belief.v), FixedFactor: math.Exp(s.belief.f),
		KvsSigma: s.belief.sv, FixedSigma: s.belief.sf, Readings: s.belief.used, Held: s.hold != nil,
	}
	for t := len(e.in.Rounds) - 1; t >= 0 && !x.Opening.Known; t-- {
		if v := &e.in.Rounds[t].Stations[i].Opening; good(v) {
			x.Opening = models.Some(v.Value)
		}
	}
	if !flow.Known && !model.Stations[i].Cut {
		x.Flow = models.Some(model.Stations[i].Flow)
	}
	x.Unconfirmed = s.unconfirmed(&e.opts)
	switch {
	case o.dpKnown:
		x.Differential = models.Some(o.dp)
		x.Residual = models.Some(o.dp - model.Stations[i].Differential)
		if lift, ok := e.lift(); ok && e.mains.filed != nil {
			if loss := filed.Sources[0].Lift - filed.Stations[i].Differential; loss > 1e3 {
				x.PathFactor = models.Some((lift - o.dp) / loss)
			}
		}
	case !model.Stations[i].Cut:
		x.Differential = models.Some(model.Stations[i].Differential)
	}
	return x
}

// unconfirmed reports whether a high resistance rests on one opening.
func (s *site) unconfirmed(o *Options) bool {
	list := s.usable()
	if len(list) == 0 || s.confirmed(o) {
		return false
	}
	last := &list[len(list)-1]
	return s.suspect || s.standOff(last) > unconfirmedScore
}

// unconfirmedScore is the stand-off from which a single high reading must be
// confirmed before head is raised for it.
const unconfirmedScore = 3

// lift is the measured head of a single source, Pa.
func (e *estimator) lift() (float64, bool) {
	if len(e.latest.Sources) != 1 {
		return 0, false
	}
	r := &e.latest.Sources[0]
	if !good(&r.SupplyPressure) || !good(&r.ReturnPressure) {
		return 0, false
	}
	return r.SupplyPressure.Value - r.ReturnPressure.Value, true
}

// corrections lists the learned factors, stations first.
func (e *estimator) corrections() []models.Correction {
	var list []models.Correction
	for i := range e.sites {
		b, id := &e.sites[i].belief, e.in.Network.Stations[i].ID
		if b.v == 0 && b.f == 0 {
			continue
		}
		list = append(list,
			models.Correction{Element: id, Attribute: models.AttrKvs, Factor: math.Exp(b.v), Sigma: b.sv, Readings: b.used},
			models.Correction{Element: id, Attribute: models.AttrFixedResistance, Factor: math.Exp(b.f), Sigma: b.sf, Readings: b.used})
	}
	sigma := make(map[int]float64)
	for k := range e.mains.mesh.edges {
		if l := &e.mains.mesh.edges[k]; l.kind == models.KindPipe {
			sigma[l.index] = e.opts.PipeSigma
			if e.mains.free[k] != nil {
				sigma[l.index] = 0.1
			}
		}
	}
	for i, f := range e.mains.factor {
		if math.Abs(f-1) > 1e-4 {
			list = append(list, models.Correction{Element: e.in.Network.Pipes[i].ID, Attribute: models.AttrResistance, Factor: f, Sigma: sigma[i], Readings: 1})
		}
	}
	return list
}

// suspects lists what somebody should go and look at.
func (e *estimator) suspects() []Suspect {
	var list []Suspect
	for i := range e.sites {
		s := &e.sites[i]
		id := e.in.Network.Stations[i].ID
		if s.hold != nil {
			switch s.hold.Reason {
			case ZeroFlow, FlowStuck, FlowLies:
				list = append(list, Suspect{Kind: FlowMeter, Element: id, Score: neighbourScore})
				continue
			case PressureLies:
				list = append(list, Suspect{Kind: PressureMeter, Element: id, Score: neighbourScore})
				continue
			}
		}
		if s.suspect {
			o := s.usable()
			last := o[len(o)-1]
			f := math.Exp(s.belief.f)
			list = append(list, Suspect{Kind: HalfClosedStation, Element: id, Score: s.score, Factor: f, Extra: (f - 1) * s.fixed * last.m * last.m})
		}
	}
	for k, r := range e.mains.free {
		if r != nil {
			if x, ok := e.choked(k, r); ok {
				list = append(list, x)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Suspect) int { return cmp.Compare(b.Score, a.Score) })
	return list
}

// choked describes a freed pipe that lost too much.
func (e *estimator) choked(k int, r *released) (Suspect, bool) {
	m := &e.mains
	l := &m.mesh.edges[k]
	f := m.factor[l.index]
	extra := math.Abs(m.model.Pipes[l.index].PressureDrop) * (1 - 1/f)
	if f < chokedFactor || extra < chokedLoss {
		return Suspect{}, false
	}
	x := Suspect{Kind: HalfClosedMain, Element: l.id, Score: math.Abs(r.score), Factor: f, Extra: extra}
	seen := make([]bool, len(m.mesh.edges))
	add := func(k int) {
		for _, j := range m.mesh.series(k, m.busy) {
			if !seen[j] {
				seen[j] = true
				x.Section = append(x.Section, m.mesh.edges[j].id)
			}
		}
	}
	add(k)
	for _, j := range r.section {
		add(j)
	}
	if !e.sidesTold() {
		x.Section = append(x.Section, e.partners(x.Section)...)
	}
	return x, true
}

// sidesTold reports whether the meters tell supply from return: most stations
// bring both pressures.
func (e *estimator) sidesTold() bool {
	n := 0
	for i := range e.latest.Stations {
		r := &e.latest.Stations[i]
		if good(&r.SupplyPressure) && good(&r.ReturnPressure) {
			n++
		}
	}
	return 2*n > len(e.latest.Stations)
}

// partners are the pipes laid in the same trenches.
func (e *estimator) partners(ids []models.ID) []models.ID {
	has := make(map[models.ID]bool, len(ids))
	for _, id := range ids {
		has[id] = true
	}
	var list []models.ID
	for i := range e.in.Network.Pipes {
		p := &e.in.Network.Pipes[i]
		if p.Partner != "" && has[p.ID] && !has[p.Partner] {
			list = append(list, p.Partner)
		}
	}
	return list
}
