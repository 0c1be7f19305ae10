package models

import (
	"fmt"
	"strings"
)

// circuit checks the network as a whole: holds, sources, disconnected parts.
func (v *validator) circuit() {
	n := v.net
	if len(n.Junctions) == 0 {
		v.refuse(KindNetwork, "", "junctions", "the network has no junctions", "give at least two junctions and a branch")
		return
	}
	built := newParts(len(n.Junctions))  // joined by everything that is drawn
	stands := newParts(len(n.Junctions)) // joined as it stands: tight valves and what is out of service cut
	touched := make([]bool, len(n.Junctions))
	k := -1
	for ref, b := range n.Branches() {
		k++
		from, to := int(v.from[k]), int(v.to[k])
		if from < 0 || to < 0 {
			continue
		}
		touched[from], touched[to] = true, true
		built.join(from, to)
		if !b.OutOfService && !(ref.Kind == KindValve && n.Valves[ref.At].Tight()) {
			stands.join(from, to)
		}
	}
	for i := range n.Junctions {
		if !touched[i] {
			v.warn(KindJunction, n.Junctions[i].ID, "", "no branch ends here", "connect the junction or remove it")
		}
	}
	v.holds(built, stands, touched)
}

// holds: a closed circuit has exactly one pressure hold per component, an
// open network at least one.
func (v *validator) holds(built, stands *parts, touched []bool) {
	n := v.net
	holdsOf := map[int][]ID{} // by root of stands; read in junction order below
	held := map[int]bool{}    // by root of built
	any := false
	for i := range n.Junctions {
		if n.Junctions[i].FixedPressure.Known {
			holdsOf[stands.root(i)] = append(holdsOf[stands.root(i)], n.Junctions[i].ID)
			held[built.root(i)], any = true, true
		}
	}
	if !any {
		v.refuse(KindNetwork, "", "fixed_pressure_pa", "there is no pressure hold at all", "give fixed_pressure_pa at one junction, usually at the source's return")
		return
	}
	if !n.Open {
		for i := range n.Junctions {
			if ids := holdsOf[stands.root(i)]; len(ids) > 1 && ids[0] == n.Junctions[i].ID {
				v.refuse(KindJunction, ids[1], "fixed_pressure_pa",
					fmt.Sprintf("%d pressure holds in one closed component: %s", len(ids), list(ids)),
					"keep one, or mark the network \"open\": true if water may enter and leave at each")
			}
		}
	}
	v.unheld(built, held, touched)
}

// unheld names the components without a hold, once each.
func (v *validator) unheld(built *parts, held map[int]bool, touched []bool) {
	n := v.net
	said := map[int]bool{}
	size := map[int]int{}
	for i := range n.Junctions {
		size[built.root(i)]++
	}
	working := map[int]ID{} // a station or source in the component
	for ref, b := range n.Branches() {
		if ref.Kind != KindStation && ref.Kind != KindSource {
			continue
		}
		if at, ok := v.index.At(KindJunction, b.From); ok && working[built.root(at)] == "" {
			working[built.root(at)] = b.ID
		}
	}
	for i := range n.Junctions {
		root := built.root(i)
		if held[root] || said[root] || !touched[i] {
			continue
		}
		said[root] = true
		reason := fmt.Sprintf("the part that it lies in (junctions: %d) is connected to no pressure hold", size[root])
		if id := working[root]; id != "" {
			v.refuse(KindJunction, n.Junctions[i].ID, "fixed_pressure_pa", reason+fmt.Sprintf(" (among them %s)", id), "connect them, or give the part a hold of its own")
			continue
		}
		v.warn(KindJunction, n.Junctions[i].ID, "", reason, "connect them or remove them")
	}
}

// list names up to five ids.
func list(ids []ID) string {
	var b strings.Builder
	for i, id := range ids {
		if i == 5 {
			fmt.Fprintf(&b, " and %d more", len(ids)-5)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(id))
	}
	return b.String()
}

// parts is a union-find over junction places.
type parts struct{ up []int }

func newParts(n int) *parts {
	p := &parts{make([]int, n)}
	for i := range p.up {
		p.up[i] = i
	}
	return p
}

func (p *parts) root(i int) int {
	for p.up[i] != i {
		p.up[i] = p.up[p.up[i]]
		i = p.up[i]
	}
	return i
}

// join keeps the smaller place as root, so that roots are deterministic.
func (p *parts) join(a, b int) {
	a, b = p.root(a), p.root(b)
	if a > b {
		a, b = b, a
	}
	p.up[b] = a
}
