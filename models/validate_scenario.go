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
		switch c.Op {
		case Set:
			switch wrong := row.Within(c.Value); {
			case c.Attribute == AttrFixedPressure && !n.Junctions[ref.At].FixedPressure.Known:
				refuse(ref.Kind, c, "the junction holds no pressure", "a scenario moves a pressure hold, it does not add one: give it in the network file")
			case c.Attribute == AttrInService && c.Value != 0 && c.Value != 1:
				refuse(ref.Kind, c, fmt.Sprintf("is %g, neither 0 nor 1", c.Value), row.Meaning)
			case wrong != "":
				refuse(ref.Kind, c, wrong, row.Meaning)
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
