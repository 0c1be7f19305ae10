package models

import (
	"fmt"
	"iter"
)

// Ref says where an element stands: in the slice of its kind, at which place.
type Ref struct {
	Kind Kind
	At   int
}

// Index finds elements by their id. It is made once from a network and not
// changed after.
type Index struct{ refs map[ID]Ref }

// Index returns an index of all elements. Where an id stands twice (which
// Validate refuses) the first one is found.
func (n *Network) Index() Index {
	refs := make(map[ID]Ref, n.Size())
	for ref, id := range n.Elements() {
		if _, twice := refs[id]; !twice {
			refs[id] = ref
		}
	}
	return Index{refs}
}

// Size returns the number of elements.
func (n *Network) Size() int {
	return len(n.Junctions) + len(n.Pipes) + len(n.Valves) + len(n.Pumps) + len(n.Sources) + len(n.Stations)
}

// Lookup returns where the element stands.
func (ix Index) Lookup(id ID) (Ref, bool) {
	r, ok := ix.refs[id]
	return r, ok
}

// Find is Lookup with an error that names the element and wraps ErrNotFound.
func (ix Index) Find(id ID) (Ref, error) {
	if r, ok := ix.refs[id]; ok {
		return r, nil
	}
	return Ref{}, &notFound{id}
}

// At returns the place of an element of the wanted kind.
func (ix Index) At(kind Kind, id ID) (int, bool) {
	r, ok := ix.refs[id]
	if !ok || r.Kind != kind {
		return 0, false
	}
	return r.At, true
}

// notFound names the element that nobody defined.
type notFound struct{ id ID }

func (e *notFound) Error() string {
	return fmt.Sprintf("no element %q in this network; check its id in the network file", string(e.id))
}
func (e *notFound) Unwrap() error  { return ErrNotFound }
func (e *notFound) Elements() []ID { return []ID{e.id} }

// Elements yields every element in the order junctions, pipes, valves, pumps,
// sources, stations.
func (n *Network) Elements() iter.Seq2[Ref, ID] {
	return func(yield func(Ref, ID) bool) {
		for i := range n.Junctions {
			if !yield(Ref{KindJunction, i}, n.Junctions[i].ID) {
				return
			}
		}
		for ref, b := range n.Branches() {
			if !yield(ref, b.ID) {
				return
			}
		}
	}
}

// Branches yields every branch in the order pipes, valves, pumps, sources,
// stations.
func (n *Network) Branches() iter.Seq2[Ref, *Branch] {
	return func(yield func(Ref, *Branch) bool) {
		for i := range n.Pipes {
			if !yield(Ref{KindPipe, i}, &n.Pipes[i].Branch) {
				return
			}
		}
		for i := range n.Valves {
			if !yield(Ref{KindValve, i}, &n.Valves[i].Branch) {
				return
			}
		}
		for i := range n.Pumps {
			if !yield(Ref{KindPump, i}, &n.Pumps[i].Branch) {
				return
			}
		}
		for i := range n.Sources {
			if !yield(Ref{KindSource, i}, &n.Sources[i].Branch) {
				return
			}
		}
		for i := range n.Stations {
			if !yield(Ref{KindStation, i}, &n.Stations[i].Branch) {
				return
			}
		}
	}
}

// Branch returns the branch at ref, nil for a junction.
func (n *Network) Branch(ref Ref) *Branch {
	switch ref.Kind {
	case KindPipe:
		return &n.Pipes[ref.At].Branch
	case KindValve:
		return &n.Valves[ref.At].Branch
	case KindPump:
		return &n.Pumps[ref.At].Branch
	case KindSource:
		return &n.Sources[ref.At].Branch
	case KindStation:
		return &n.Stations[ref.At].Branch
	}
	return nil
}

// Tight reports whether the valve lets nothing pass as it stands: shut, and
// without leakage.
func (v *Valve) Tight() bool {
	return v.Opening == 0 && (v.Leakage == 0 || v.Kvs == 0 || v.Sectioning)
}
