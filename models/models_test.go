package models

import (
	"errors"
	"math"
	"testing"
)

func TestIndex(t *testing.T) {
	n := town()
	ix := n.Index()
	for ref, id := range n.Elements() {
		got, ok := ix.Lookup(id)
		if !ok || got != ref {
			t.Errorf("%s found at %v, want %v", id, got, ref)
		}
		if b := n.Branch(ref); (b == nil) != (ref.Kind == KindJunction) || b != nil && b.ID != id {
			t.Errorf("branch of %s: %v", id, b)
		}
	}
	if _, err := ix.Find("nobody"); !errors.Is(err, ErrNotFound) || len(ErrorElements(err)) != 1 {
		t.Errorf("error %v should wrap ErrNotFound and name the element", err)
	}
	if _, ok := ix.At(KindPipe, "ST"); ok {
		t.Error("a station was found among the pipes")
	}
}

// Every attribute has limits that hold its neutral values and a key that leads
// back to it.
func TestAttributeTable(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range Attributes() {
		name := a.Kind.String() + " " + string(a.Attribute)
		if seen[name] {
			t.Errorf("%s stands twice", name)
		}
		seen[name] = true
		if back, ok := AttributeByKey(a.Kind, a.Key); !ok || back.Attribute != a.Attribute {
			t.Errorf("key %s of a %s leads to %s", a.Key, a.Kind, back.Attribute)
		}
		if a.Min >= a.Max || a.Meaning == "" || len(a.Ops) == 0 {
			t.Errorf("%s: incomplete row %+v", name, a)
		}
		if a.Within(a.Max) != "" || a.Within(math.NaN()) == "" || a.OverMin == (a.Within(a.Min) == "") {
			t.Errorf("%s: limits do not hold", name)
		}
	}
}

func TestNextKvs(t *testing.T) {
	for _, c := range [][2]float64{{1, 1}, {1.01, 1.6}, {2.4, 2.5}, {41, 63}, {63, 63}, {64, 100}, {0.12, 0.16}, {0.16, 0.16}, {1234, 1600}, {0, 0}, {-3, 0}, {math.Inf(1), 0}} {
		if got := NextKvs(c[0]); got != c[1] {
			t.Errorf("next Kvs above %g is %g, want %g", c[0], got, c[1])
		}
	}
}

func TestOverlay(t *testing.T) {
	n := town()
	sc := Scenario{}.With(
		Change{"ST", AttrOpening, Scale, 0.5}, Change{"ST", AttrHeatedArea, Shift, 100}, Change{"ST", AttrFlow, Set, 3},
		Change{"HS", AttrDifferential, Set, 1e5}, Change{"PS", AttrInService, Set, 0}, Change{"R0", AttrFixedPressure, Shift, 1e5},
		Change{"PS", AttrResistance, Scale, 9}, Change{"PS", AttrZeta, Set, 4}, Change{"V", AttrOpening, Set, 0}, Change{"B", AttrSpeed, Set, 0.7},
		Change{"nobody", AttrOpening, Set, 1})
	o := n.Overlay(sc)
	s := o.Stations[0]
	if s.Opening != 0.25 || s.HeatedArea != 50100 || s.Demand.Flow != Some(3) {
		t.Errorf("station %+v", s)
	}
	if o.Sources[0].Control != ControlDifferential || o.Sources[0].Differential != 1e5 {
		t.Errorf("a differential that is set is held: %+v", o.Sources[0])
	}
	if !o.Pipes[0].OutOfService || o.Pipes[0].Zeta != 4 || o.Junctions[2].FixedPressure != Some(4e5) || o.Valves[0].Opening != 0 || o.Pumps[0].Speed != 0.7 {
		t.Errorf("overlay %+v", o)
	}
	if again := town(); n.Stations[0].Opening != again.Stations[0].Opening || n.Pipes[0].OutOfService || n.Junctions[2].FixedPressure.Value != 3e5 {
		t.Error("the network itself was changed")
	}
	if o = n.Overlay(Scenario{Changes: []Change{{"HS", AttrDifferential, Scale, 2}}}); o.Sources[0].Control != ControlSpeed {
		t.Error("a factor on a differential that is not held changed the control")
	}
	n.Sources[0].Control, n.Sources[0].Remote = ControlRemote, []ID{"ST"}
	if o = n.Overlay(Scenario{Changes: []Change{{"HS", AttrDifferential, Set, 2e5}}}); o.Sources[0].Control != ControlRemote || o.Sources[0].Differential != 2e5 {
		t.Errorf("a differential set where it is held at a station: %+v", o.Sources[0])
	}
}

func TestWordsThereAndBack(t *testing.T) {
	for q := Identity; q.String() != ""; q++ {
		if got, ok := ParseQuantity(q.String()); !ok || got != q {
			t.Errorf("quantity %d is %q", q, q)
		}
	}
}
