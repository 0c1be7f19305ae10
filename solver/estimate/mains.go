package estimate

import (
	"errors"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver"
)

// mains is the fit of the pipes.
type mains struct {
	mesh   *mesh
	busy   []bool      // junctions where a station, a source or a draw sits
	factor []float64   // by pipe: on its resistance
	free   []*released // by edge, nil: under its prior
	model  *solver.Result
	post   *posterior
	field  *field
	filed  *solver.Result // the same flows over the network as filed
}

// released is a pipe that no prior explains.
type released struct {
	edge    int
	score   float64
	section []int // edges that explain the readings nearly as well
}

const (
	freeScore    = 5    // standard deviations that set a pipe free
	mostFree     = 10   // pipes set free at most
	alike        = 9    // score² by which two explanations still cannot be told apart
	freeLoss     = 60e3 // Pa, how much a freed pipe may lose
	modelError   = 200  // Pa, what the solver's pressures may be off
	leastTau     = 20   // Pa, for pipes without loss
	settled      = 100  // Pa, change of the fitted pressures that ends the fit
	ringShare    = 0.5  // prior deviation of a ring's flow, of the network's flow
	groupSigma   = 0.03 // prior of a factor common to all pipes of a diameter
	valveSigma   = 0.3  // of a valve's own drop
	valveLeast   = 100  // Pa
	leastFactor  = 0.2
	largerFactor = 1e5
	holdSigma    = 2e4 // Pa, of the pressure hold where the source has no meters
	liftSigma    = 0.02
)

// solve runs the solver and counts. A last iterate that missed the solver's
// tolerance but is closer than the meters is good enough.
func (e *estimator) solve(changes []models.Change, from *solver.Result) (*solver.Result, error) {
	e.solves++
	r, err := e.in.Solve(e.ctx, e.in.Base.With(changes...), from)
	var c *solver.ConvergenceError
	if r != nil && errors.As(err, &c) && c.Report.EnergyResidual < modelError/2 && c.Report.MassResidual < 1e-3 {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("estimate: %w", err)
	}
	return r, nil
}

// openings sets pumps and valves as they stand; stations for which flows says
// so get their flow instead.
func (e *estimator) openings(flows []models.Optional) []models.Change {
	var changes []models.Change
	for i := range e.in.Network.Sources {
		src := &e.in.Network.Sources[i]
		if v := &e.latest.Sources[i].Speed; good(v) && src.Control == models.ControlSpeed {
			changes = append(changes, models.Change{Element: src.ID, Attribute: models.AttrSpeed, Value: v.Value})
		}
	}
	for i := range e.sites {
		id := e.in.Network.Stations[i].ID
		switch {
		case flows != nil && flows[i].Known:
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrFlow, Value: flows[i].Value})
		case e.sites[i].valve.Kvs > 0:
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrOpening, Value: e.sites[i].opening})
		}
	}
	return changes
}

// flows are the station flows to believe: measured, else what a believed
// differential drives through the valve, else left to the model.
func (e *estimator) flows() []models.Optional {
	list := make([]models.Optional, len(e.sites))
	for i := range e.sites {
		s := &e.sites[i]
		o := &s.seen[len(s.seen)-1]
		switch {
		case s.doubt != nil: // neither meter decides
		case o.mKnown && o.m >= 0:
			list[i] = models.Some(o.m)
		case o.dpKnown && good(&e.latest.Stations[i].Opening) && s.valve.Kvs > 0:
			list[i] = models.Some(s.flowFrom(o.dp, o.h))
		}
	}
	return list
}

// stationChanges are the stations' corrections.
func (e *estimator) stationChanges() []models.Change {
	var changes []models.Change
	for i := range e.sites {
		b, id := &e.sites[i].belief, e.in.Network.Stations[i].ID
		if b.v != 0 {
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrKvs, Op: models.Scale, Value: math.Exp(b.v)})
		}
		if b.f != 0 {
			changes = append(changes, models.Change{Element: id, Attribute: models.AttrFixedResistance, Op: models.Scale, Value: math.Exp(b.f)})
		}
	}
	return changes
}

// pipeChanges are the pipes' corrections.
func (e *estimator) pipeChanges() []models.Change {
	var changes []models.Change
	for i, f := range e.mains.factor {
		if math.Abs(f-1) > 1e-4 {
			changes = append(changes, models.Change{Element: e.in.Network.Pipes[i].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: f})
		}
	}
	return changes
}

// fitMains fits the pipes' factors to the latest pressures: solve with the
// measured flows, fit what is left, set free what no prior explains, lay the
// factors over the network, again until the pressures stand. On a tree the
// second solve agrees at once; rings need a third.
func (e *estimator) fitMains() error {
	m := &e.mains
	net := e.in.Network
	if m.mesh == nil {
		m.mesh = newMesh(net, e.byOpen)
		m.busy = busyJunctions(net)
	}
	m.factor = make([]float64, len(net.Pipes))
	for i := range m.factor {
		m.factor[i] = 1
	}
	m.free = make([]*released, len(m.mesh.edges))
	flows := e.flows()
	from := e.byOpen
	for turn := range 8 {
		changes := append(e.stationChanges(), e.openings(flows)...)
		r, err := e.solve(append(changes, e.pipeChanges()...), from)
		if err != nil {
			return err
		}
		m.model, from = r, r
		if turn == 0 {
			m.filed = r
		}
		if err := e.explain(); err != nil {
			return err
		}
		if turn > 0 && e.stands() {
			needless, err := e.bindAgain()
			if err != nil || !needless {
				return err
			}
		}
		e.layFactors()
	}
	return nil
}

// explain builds and solves the field around the model, and sets pipes free
// one after the other while a score asks for it.
func (e *estimator) explain() error {
	m := &e.mains
	e.buildField()
	var err error
	if m.post, err = m.field.solve(); err != nil {
		return err
	}
	for count := m.freed(); count < mostFree; count++ {
		best := e.worstScore()
		if best == nil {
			return nil
		}
		m.free[best.edge] = best
		m.field.edges[best.edge] = e.strand(best.edge)
		if m.post, err = m.field.solve(); err != nil {
			return err
		}
	}
	return nil
}

// bindAgain puts freed pipes back under their priors that were set free on the
// way only, while something else was still unexplained. It reports whether
// there was one.
func (e *estimator) bindAgain() (bool, error) {
	m := &e.mains
	any := false
	for k := range m.free {
		was := m.free[k]
		if was == nil || m.freed() < 2 {
			continue
		}
		m.free[k] = nil
		m.field.edges[k] = e.strand(k)
		post, err := m.field.solve()
		if err != nil {
			return false, err
		}
		free := m.post
		m.post = post
		if math.Abs(post.score(k)) < freeScore {
			any = true
			continue
		}
		m.free[k], m.post = was, free
		m.field.edges[k] = e.strand(k)
	}
	return any, nil
}

func (m *mains) freed() int {
	n := 0
	for _, r := range m.free {
		if r != nil {
			n++
		}
	}
	return n
}

// worstScore finds the pipe whose prior is most surely off, if one is.
func (e *estimator) worstScore() *released {
	m := &e.mains
	scores := make([]float64, len(m.mesh.edges))
	best, top := -1, 0.0
	for _, k := range m.candidates() {
		scores[k] = m.post.score(k)
		if s := math.Abs(scores[k]); s > top {
			best, top = k, s
		}
	}
	if top < freeScore {
		return nil
	}
	r := &released{edge: best, score: scores[best]}
	for k, s := range scores {
		if k != best && s*s > top*top-alike && s*scores[best] > 0 {
			r.section = append(r.section, k)
		}
	}
	return r
}

// candidates are the pipes near anything that the priors explain badly.
func (m *mains) candidates() []int {
	near := make([]bool, len(m.mesh.at))
	all := len(m.mesh.edges) < 1500
	for k := range m.field.edges {
		e := &m.field.edges[k]
		if beyond, _ := m.post.extra(k); math.Abs(beyond) > 2*e.tau {
			near[e.from], near[e.to] = true, true
		}
	}
	for _, s := range m.field.seen {
		fit := m.post.u[s.i]
		if s.j >= 0 {
			fit -= m.post.u[s.j]
		}
		if math.Abs(s.y-fit) > 2.5*s.sigma {
			near[s.i] = true
			if s.j >= 0 {
				near[s.j] = true
			}
		}
	}
	for range 3 {
		wider := make([]bool, len(near))
		copy(wider, near)
		for k := range m.mesh.edges {
			if l := &m.mesh.edges[k]; near[l.from] || near[l.to] {
				wider[l.from], wider[l.to] = true, true
			}
		}
		near = wider
	}
	var list []int
	for k := range m.mesh.edges {
		l := &m.mesh.edges[k]
		if l.kind == models.KindPipe && m.free[k] == nil && m.linear(k) && (all || near[l.from] || near[l.to]) {
			list = append(list, k)
		}
	}
	return list
}

// linear reports whether the field's flow through an edge is near enough to
// the model's for its score to mean anything: behind a choked main a ring's
// flow is another one, which the next solve will tell.
func (m *mains) linear(k int) bool {
	change := 0.0
	for _, r := range m.mesh.edges[k].rings {
		change += r.sign * m.post.z[r.at]
	}
	return math.Abs(change) <= 0.3*math.Abs(m.model.Pipes[m.mesh.edges[k].index].Flow)
}

// layFactors puts the fitted extra drops into the pipes' factors.
func (e *estimator) layFactors() {
	m := &e.mains
	for k := range m.mesh.edges {
		l := &m.mesh.edges[k]
		if l.kind != models.KindPipe {
			continue
		}
		now := m.model.Pipes[l.index].PressureDrop
		if math.Abs(now) < 1 {
			continue
		}
		// Of the whole change of the drop, the part of the rings' flow comes
		// by itself with the next solve.
		_, drop := m.post.extra(k)
		for _, s := range m.field.edges[k].beta {
			if s.at < len(m.mesh.loops) {
				drop -= s.beta * m.post.z[s.at]
			}
		}
		f := m.factor[l.index] * (now + drop) / now
		m.factor[l.index] = math.Min(math.Max(f, leastFactor), largerFactor)
	}
}

// stands reports whether the field asks for no further change of the
// pressures at the meters, seen from the source.
func (e *estimator) stands() bool {
	m := &e.mains
	var supply, back float64
	for i := range e.in.Network.Sources {
		a, b := e.ends(&e.in.Network.Sources[i].Branch)
		back, supply = m.post.u[a], m.post.u[b]
		break
	}
	worst := 0.0
	for i := range e.in.Network.Stations {
		a, b := e.ends(&e.in.Network.Stations[i].Branch)
		if m.model.Stations[i].Cut {
			continue
		}
		worst = math.Max(worst, math.Max(math.Abs(m.post.u[a]-supply), math.Abs(m.post.u[b]-back)))
	}
	return worst < settled
}
