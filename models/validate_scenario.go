package models

import (
	"fmt"
	"math"
)

// CheckScenario returns every problem of a scenario laid over the network:
// unknown element, attribute that its kind does not have, operation that is
// not permitted, value beyond the limits. A value that scale or shift leads
// out of the limits shows only where the present value is known, and is
// refused by the solver.
func (n *Network) CheckScenario(sc Scenario) Problems {
	return n.CheckScenarioAt(n.Index(), sc)
}

// CheckScenarioAt is CheckScenario with the network's index at hand.
func (n *Network) CheckScenarioAt(ix Index, sc Scenario) Problems {
	var found Problems
	refuse := func(kind Kind, c Change, reason, remedy string) {
		found = append(found, Problem{Kind: kind, Element: c.Element, Field: string(c.Attribute), Reason: reason, Remedy: remedy})
	}
	if sc.Outdoor.Known && !(sc.Outdoor.Value >= 203.15 && sc.Outdoor.Value <= 323.15) {
		found = append(found, Problem{Field: "outdoor_c", Reason: fmt.Sprintf("is %.4g degC", sc.Outdoor.Value-273.15), Remedy: "give the outdoor temperature in degC"})
	}
	told := map[ID]bool{} // elements that are not there: once each
	for i, c := range sc.Changes {
		ref, ok := ix.Lookup(c.Element)
		if !ok {
			if !told[c.Element] {
				refuse(KindNetwork, c, fmt.Sprintf("change %d names an element that the network does not have", i+1), "check the id")
			}
			told[c.Element] = true
			continue
		}
		row, ok := AttributeOf(ref.Kind, c.Attribute)
		if !ok {
			refuse(ref.Kind, c, fmt.Sprintf("a %s has no such attribute to change", ref.Kind), "see the table of attributes in docs/formats/scenario.md")
			continue
		}
		if !row.Permits(c.Op) {
			refuse(ref.Kind, c, fmt.Sprintf("%s is not permitted here", c.Op), fmt.Sprintf("use %v", row.Ops))
			continue
		}
		if reason, remedy := n.idle(ref, c.Attribute); reason != "" {
			refuse(ref.Kind, c, reason, remedy)
			continue
		}
		switch c.Op {
		case Set:
			switch wrong := row.Within(c.Value); {
			case c.Attribute == AttrInService && c.Value != 0 && c.Value != 1:
				refuse(ref.Kind, c, fmt.Sprintf("is %g, neither 0 nor 1", c.Value), row.Meaning)
			case wrong != "":
				refuse(ref.Kind, c, wrong, row.Meaning)
			case c.Attribute == AttrOpening && ref.Kind == KindValve && n.Valves[ref.At].Sectioning && c.Value != 0 && c.Value != 1:
				refuse(ref.Kind, c, fmt.Sprintf("is %g, and a sectioning valve is open or closed", c.Value), "give 0 or 1")
			case c.Attribute == AttrRunning && c.Value != math.Trunc(c.Value):
				refuse(ref.Kind, c, fmt.Sprintf("is %g", c.Value), "pumps are counted: give a whole number")
			}
		case Scale:
			if !finite(c.Value) || c.Value < 0 {
				refuse(ref.Kind, c, fmt.Sprintf("factor %g", c.Value), "give a factor of 0 or more")
			}
		case Shift:
			if !finite(c.Value) {
				refuse(ref.Kind, c, "is not a finite number", "give a number")
			}
		}
	}
	return found
}

// idle says why no change of an attribute of an element would change anything,
// since the element as filed has no use for it, and what to do; "" where it has.
func (n *Network) idle(ref Ref, a Attribute) (reason, remedy string) {
	const wants = "a scenario moves a set point, it adds no control: give control in the network file"
	lacks := func(lacking bool, why, what string) {
		if lacking {
			reason, remedy = why, what
		}
	}
	switch ref.Kind {
	case KindJunction:
		lacks(a == AttrFixedPressure && !n.Junctions[ref.At].FixedPressure.Known, "the junction holds no pressure",
			"a scenario moves a pressure hold, it does not add one: give it in the network file")
	case KindPipe:
		p := &n.Pipes[ref.At]
		shape := a == AttrRoughness || a == AttrInnerDiameter || a == AttrZeta
		lacks(p.Resistance.Known && shape, "has no part in the pipe's loss, which is resistance_pa_per_kg2_s2", "scale resistance")
		lacks(p.HazenWilliams.Known && a == AttrRoughness, "has no part in the pipe's loss, which is by hazen_williams", "scale resistance")
	case KindValve:
		v := &n.Valves[ref.At]
		sized := a == AttrKvs || a == AttrZeta || a == AttrInnerDiameter
		lacks(a == AttrPressure && v.Control != ReducePressure && v.Control != SustainPressure, "the valve holds no pressure", wants)
		lacks(a == AttrDifferential && v.Control != HoldDifferential && v.Control != BreakPressure, "the valve holds no differential", wants)
		lacks(a == AttrFlow && v.Control != LimitFlow, "the valve limits no flow", wants)
		lacks(sized && v.Kvs == 0 && a == AttrKvs, "the valve's loss is by zeta and inner_diameter_m", "change these, or give kvs_m3_per_h in the network file")
		lacks(sized && v.Kvs > 0 && a != AttrKvs, "the valve's loss is by kvs_m3_per_h", "change that")
		lacks(sized && v.Control == HeadLossCurve, "the valve loses what its losses say", "change opening, in_service, or the network file")
	case KindPump:
		lacks(!n.Pumps[ref.At].Control.holds(a), "the pump does not hold it", wants)
	case KindSource:
		lacks(a == AttrPressure && !n.Sources[ref.At].Control.holds(a), "the source does not hold it", wants)
	case KindStation:
		lacks(n.Stations[ref.At].Valve.Kvs == 0 && (a == AttrKvs || a == AttrOpening), "the station has no control valve", "give valve in the network file")
	}
	return reason, remedy
}

// holds reports whether an attribute is the set point of the control, or none's.
func (c SourceControl) holds(a Attribute) bool {
	switch a {
	case AttrDifferential:
		return c == ControlDifferential || c == ControlRemote
	case AttrFlow:
		return c == ControlFlow
	case AttrPressure:
		return c == ControlInletPressure || c == ControlOutletPressure
	}
	return true
}
