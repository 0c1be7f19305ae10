package solver

import (
	"fmt"

	"evenflow/models"
)

// apply lays the scenario's changes over the base elements, in order. The
// table models.Attributes decides what may be changed and how.
func (s *Solver) apply(sc models.Scenario) (elements, error) {
	el := s.plan.base
	if len(sc.Changes) == 0 && !sc.Outdoor.Known {
		return el, nil
	}
	if bad := s.net.CheckScenarioAt(s.plan.index, sc); len(bad) > 0 {
		return el, scenarioError(bad, s.plan.index, sc)
	}
	var mine [8]bool // kinds copied already
	var bad models.Problems
	for _, c := range sc.Changes {
		ref, _ := s.plan.index.Lookup(c.Element)
		var after float64
		var known bool
		switch ref.Kind {
		case models.KindJunction:
			if c.Attribute == models.AttrDraw {
				p := &own(&mine[ref.Kind], &el.draws)[ref.At]
				*p = c.Apply(*p)
				after, known = *p, true
			} else {
				p := &own(&mine[models.KindNetwork], &el.holds)[ref.At]
				p.pressure = c.Apply(p.pressure)
				after, known = p.pressure, true
			}
		case models.KindPipe:
			after, known = own(&mine[ref.Kind], &el.pipes)[ref.At].change(c, s)
		case models.KindValve:
			after, known = own(&mine[ref.Kind], &el.valves)[ref.At].change(c)
		case models.KindPump:
			after, known = own(&mine[ref.Kind], &el.pumps)[ref.At].change(c)
		case models.KindSource:
			after, known = own(&mine[ref.Kind], &el.sources)[ref.At].change(c)
		case models.KindStation:
			after, known = own(&mine[ref.Kind], &el.stations)[ref.At].change(c)
		}
		if wrong := afterwards(ref.Kind, c, after, known); wrong != "" {
			bad = append(bad, models.Problem{Kind: ref.Kind, Element: c.Element, Field: string(c.Attribute), Reason: wrong, Remedy: "correct the scenario's change"})
		}
	}
	for i := range el.sources {
		if x := &el.sources[i]; x.control == models.ControlSpeed && !x.hasCurve {
			bad = append(bad, models.Problem{Kind: models.KindSource, Element: s.net.Sources[i].ID, Field: "speed", Reason: "the source has no pump curve to run at a speed", Remedy: "give the curve, or set differential or flow"})
		}
	}
	if len(bad) > 0 {
		return el, &InputError{bad}
	}
	return el, nil
}

// afterwards checks what a scale or shift made of a value.
func afterwards(kind models.Kind, c models.Change, after float64, known bool) string {
	if !known {
		if c.Op == models.Set {
			return "cannot be changed here"
		}
		return fmt.Sprintf("has no present value to %s", c.Op)
	}
	row, _ := models.AttributeOf(kind, c.Attribute)
	if c.Op != models.Set && row.Permits(models.Set) {
		return row.Within(after)
	}
	return ""
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
