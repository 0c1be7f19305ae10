package solver

import (
	"fmt"

	"evenflow/models"
)

// overlay is the base elements with a scenario laid over them.
type overlay struct {
	elements
	mine    [8]bool      // kinds copied already
	touched []models.Ref // elements that may differ from the base
}

// apply lays the scenario's changes over the base elements, in order. The
// table models.Attributes decides what may be changed and how.
func (s *Solver) apply(sc models.Scenario) (elements, error) {
	o := overlay{elements: s.plan.base}
	err := o.lay(s, sc)
	return o.elements, err
}

// lay lays another scenario over the base elements.
func (o *overlay) lay(s *Solver, sc models.Scenario) error {
	o.restore(&s.plan.base)
	if len(sc.Changes) == 0 && !sc.Outdoor.Known {
		return nil
	}
	if bad := s.net.CheckScenarioAt(s.plan.index, sc); len(bad) > 0 {
		return scenarioError(bad, s.plan.index, sc)
	}
	var bad models.Problems
	sources := false
	for i := range sc.Changes {
		c := &sc.Changes[i]
		ref, _ := s.plan.index.Lookup(c.Element)
		o.touched = append(o.touched, ref)
		sources = sources || ref.Kind == models.KindSource
		after, known := o.change(s, ref, *c)
		wrong := afterwards(ref.Kind, *c, after, known)
		if ref.Kind == models.KindValve && c.Attribute == models.AttrOpening && o.valves[ref.At].sectioning && after > 0 && after < 1 {
			wrong = fmt.Sprintf("is %g, and a sectioning valve is open or closed", after)
		}
		if wrong != "" {
			bad = append(bad, models.Problem{Kind: ref.Kind, Element: c.Element, Field: string(c.Attribute), Reason: wrong, Remedy: "correct the scenario's change"})
		}
	}
	for i := range o.sources {
		if x := &o.sources[i]; sources && x.control == models.ControlSpeed && !x.hasCurve {
			bad = append(bad, models.Problem{Kind: models.KindSource, Element: s.net.Sources[i].ID, Field: "speed", Reason: "the source has no pump curve to run at a speed", Remedy: "give the curve, or set differential or flow"})
		}
	}
	if len(bad) > 0 {
		return &InputError{bad}
	}
	return nil
}

// change lays one change over an element. It returns the value afterwards and
// whether there was one to change.
func (o *overlay) change(s *Solver, ref models.Ref, c models.Change) (after float64, known bool) {
	mine := &o.mine[ref.Kind]
	switch ref.Kind {
	case models.KindJunction:
		if c.Attribute == models.AttrDraw {
			p := &own(mine, &o.draws)[ref.At]
			*p = c.Apply(*p)
			return *p, true
		}
		p := &own(&o.mine[models.KindNetwork], &o.holds)[ref.At]
		p.pressure = c.Apply(p.pressure)
		return p.pressure, true
	case models.KindPipe:
		return own(mine, &o.pipes)[ref.At].change(c, s)
	case models.KindValve:
		return own(mine, &o.valves)[ref.At].change(c)
	case models.KindPump:
		return own(mine, &o.pumps)[ref.At].change(c)
	case models.KindSource:
		return own(mine, &o.sources)[ref.At].change(c)
	case models.KindStation:
		return own(mine, &o.stations)[ref.At].change(c)
	}
	return 0, false
}

// restore takes the scenario off again.
func (o *overlay) restore(base *elements) {
	for _, ref := range o.touched {
		switch ref.Kind {
		case models.KindJunction:
			if o.mine[ref.Kind] {
				o.draws[ref.At] = base.draws[ref.At]
			}
			if o.mine[models.KindNetwork] {
				o.holds[ref.At] = base.holds[ref.At]
			}
		case models.KindPipe:
			o.pipes[ref.At] = base.pipes[ref.At]
		case models.KindValve:
			o.valves[ref.At] = base.valves[ref.At]
		case models.KindPump:
			o.pumps[ref.At] = base.pumps[ref.At]
		case models.KindSource:
			o.sources[ref.At] = base.sources[ref.At]
		case models.KindStation:
			o.stations[ref.At] = base.stations[ref.At]
		}
	}
	o.touched = o.touched[:0]
}

// afterwards checks what a scale or shift made of a value.
func afterwards(kind models.Kind, c models.Change, after float64, known bool) string {
	if !known {
		if c.Op == models.Set {
			return "cannot be changed here"
		}
		return fmt.Sprintf("has no present value to %s", c.Op)
	}
	if c.Op == models.Set {
		return "" // CheckScenario has looked at it
	}
	row, _ := models.AttributeOf(kind, c.Attribute)
	return row.Within(after)
}

// scenarioError makes an unknown element match models.ErrNotFound.
func scenarioError(bad models.Problems, ix models.Index, sc models.Scenario) error {
	err := &InputError{bad}
	for _, c := range sc.Changes {
		if _, missing := ix.Find(c.Element); missing != nil {
			return fmt.Errorf("%w (%w)", err, missing)
		}
	}
	return err
}

func (p *pipe) change(c models.Change, s *Solver) (after float64, known bool) {
	switch c.Attribute {
	case models.AttrInService:
		p.on = c.Value != 0
		return c.Value, true
	case models.AttrResistance:
		p.factor = c.Apply(p.factor)
		return p.factor, true
	case models.AttrHeatLoss:
		p.lossFactor = c.Apply(p.lossFactor)
		return p.lossFactor, true
	case models.AttrZeta:
		p.zeta = c.Apply(p.zeta)
		return p.zeta, true
	case models.AttrRoughness:
		p.roughness = c.Apply(p.roughness)
		p.transition(s)
		return p.roughness, true
	case models.AttrInnerDiameter:
		p.diameter = c.Apply(p.diameter)
		p.transition(s)
		return p.diameter, true
	}
	return 0, false
}

func (v *valve) change(c models.Change) (after float64, known bool) {
	at := &v.opening
	switch c.Attribute {
	case models.AttrInService:
		v.on = c.Value != 0
		return c.Value, true
	case models.AttrResistance:
		at = &v.added
	case models.AttrKvs:
		at = &v.control.Kvs
	case models.AttrZeta:
		at = &v.zeta
	case models.AttrInnerDiameter:
		at = &v.diameter
	case models.AttrOpening:
	case models.AttrPressure:
		at = &v.pressure
	case models.AttrDifferential:
		at = &v.differential
	case models.AttrFlow:
		at = &v.flow
	default:
		return 0, false
	}
	*at = c.Apply(*at)
	return *at, true
}

func (p *pump) change(c models.Change) (after float64, known bool) {
	var at *float64
	switch c.Attribute {
	case models.AttrInService:
		p.on = c.Value != 0
		return c.Value, true
	case models.AttrSpeed:
		at = &p.speed
	case models.AttrRunning:
		p.curve, p.idle = p.one.Times(c.Value), c.Value == 0
		return c.Value, true
	case models.AttrDifferential:
		at = &p.lift
	case models.AttrFlow:
		at = &p.flow
	case models.AttrPressure:
		at = &p.pressure
	default:
		return 0, false
	}
	*at = c.Apply(*at)
	return *at, true
}

// change of a source: it holds what it was last told, so setting a speed, a
// differential or a flow makes that its control.
func (x *source) change(c models.Change) (after float64, known bool) {
	var at *float64
	control := x.control
	switch c.Attribute {
	case models.AttrInService:
		x.on = c.Value != 0
		return c.Value, true
	case models.AttrRunning:
		x.curve, x.idle = x.one.Times(c.Value), c.Value == 0
		return c.Value, true
	case models.AttrPressure:
		at = &x.pressure
	case models.AttrSpeed:
		at, control = &x.speed, models.ControlSpeed
	case models.AttrDifferential:
		at, control = &x.lift, models.ControlDifferential
	case models.AttrFlow:
		at, control = &x.flow, models.ControlFlow
	case models.AttrSupplyTemperature:
		at = &x.temperature
	default:
		return 0, false
	}
	if c.Op == models.Set && !(x.control == models.ControlRemote && control == models.ControlDifferential) {
		x.control = control
	}
	*at = c.Apply(*at)
	return *at, true
}

func (x *station) change(c models.Change) (after float64, known bool) {
	optional := func(o *models.Optional) (float64, bool) {
		if c.Op != models.Set && !o.Known {
			return 0, false
		}
		*o = models.Some(c.Apply(o.Value))
		return o.Value, true
	}
	var at *float64
	switch c.Attribute {
	case models.AttrInService:
		x.on = c.Value != 0
		return c.Value, true
	case models.AttrFlow:
		return optional(&x.demand.Flow)
	case models.AttrHeat:
		return optional(&x.demand.Heat)
	case models.AttrReturnTemperature:
		return optional(&x.demand.ReturnTemperature)
	case models.AttrOpening:
		at = &x.opening
	case models.AttrKvs:
		at = &x.control.Kvs
	case models.AttrFixedResistance:
		at = &x.fixed
	case models.AttrHeatedArea:
		at = &x.area
	case models.AttrHeatIndex:
		at = &x.index
	default:
		return 0, false
	}
	*at = c.Apply(*at)
	if at == &x.area || at == &x.index {
		x.resize()
	}
	return *at, true
}
