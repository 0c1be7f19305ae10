package models

// MarkSides marks supply and return by what hangs on the two ends of the
// sources: all that branches which pass join to them. Stations that cross lie
// between the two. Where supply and return meet, or a station that crosses
// stands the other way round, the network has no sides and is open. The ends of
// all branches must exist.
func (n *Network) MarkSides(passes func(Ref, *Branch) bool, crosses func(*Station) bool) {
	at := make(map[ID]int, len(n.Junctions))
	for i := range n.Junctions {
		at[n.Junctions[i].ID] = i
	}
	next := make([][]int, len(n.Junctions))
	for ref, b := range n.Branches() {
		if passes(ref, b) {
			from, to := at[b.From], at[b.To]
			next[from], next[to] = append(next[from], to), append(next[to], from)
		}
	}
	side := make([]Side, len(n.Junctions))
	meet := false
	for i := range n.Sources {
		meet = spreadSide(next, side, at[n.Sources[i].To], SideSupply) || meet
		meet = spreadSide(next, side, at[n.Sources[i].From], SideReturn) || meet
	}
	for i := range n.Stations {
		if s := &n.Stations[i]; crosses(s) {
			meet = meet || side[at[s.From]] == SideReturn || side[at[s.To]] == SideSupply
		}
	}
	if meet {
		n.Open = true
		return
	}
	for i := range n.Junctions {
		n.Junctions[i].Side = side[i]
	}
	for i := range n.Pipes {
		n.Pipes[i].Side = side[at[n.Pipes[i].From]]
	}
	for i := range n.Valves {
		n.Valves[i].Side = side[at[n.Valves[i].From]]
	}
}

// spreadSide marks everything that hangs on a junction and reports whether it
// met the other side.
func spreadSide(next [][]int, side []Side, first int, s Side) (met bool) {
	stack := []int{first}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if side[i] != SideNone {
			met = met || side[i] != s
			continue
		}
		side[i] = s
		stack = append(stack, next[i]...)
	}
	return met
}
