// Package sparse solves the symmetric, positive definite systems of a
// network: analyse the pattern once, refactor it for every new set of values,
// solve. The analysis is immutable and may be shared by goroutines.
package sparse

// Pattern is the analysed structure of a symmetric matrix: an elimination
// order of least degree, in postorder of its elimination tree, and the
// pattern of the factor. Everything numeric is indexed by pivot.
type Pattern struct {
	N     int
	Pivot []int32 // pivot of an outside index
	Node  []int32 // outside index of a pivot
	ptr   []int32 // column j of L holds rows[ptr[j]:ptr[j+1]], ascending
	rows  []int32
	upd   []int32 // update targets, see schedule
	updAt []int32 // where a column's or a block's targets begin, -1: not listed
	wide  []int8  // columns of the block that begins here, 0: none does
	halves
}

// Analyse orders the graph of n nodes with the edges (a[i], b[i]); loops and
// repeated edges are allowed.
func Analyse(n int, a, b []int32) *Pattern {
	p := &Pattern{}
	var w Workspace
	w.order(p, n, a, b)
	p.schedule(mostListed * (len(p.rows) + 1<<12))
	return p
}

// Workspace is the memory of an analysis, for patterns that change again and
// again.
type Workspace struct {
	sequence, mark, when, parent, first, sibling, stack, count []int32
	adj                                                        [][]int32
	queue                                                      queue
}

// AnalyseLU makes p the pattern of the graph as Analyse does, for FactorizeLU
// and SolveLU alone, in the memory of p and of the workspace: it takes none where
// both have held as much before.
func (w *Workspace) AnalyseLU(p *Pattern, n int, a, b []int32) { w.order(p, n, a, b) }

// order fills in the order and the pattern of the factor.
func (w *Workspace) order(p *Pattern, n int, a, b []int32) {
	p.N = n
	w.eliminate(n, a, b)
	w.number(p)
}

// room returns n zeros, in s if it is large enough.
func room[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// Slot returns where in L the entry of i and j is kept; where they are the same or
// one of them is no pivot, a place that nothing else uses.
func (p *Pattern) Slot(i, j int32) int32 {
	if i > j {
		i, j = j, i
	}
	second := i >= p.one && i < p.both
	switch {
	case (i == j || int(j) >= p.N) && second:
		return int32(len(p.rows)) + p.slot
	case i == j || int(j) >= p.N:
		return int32(len(p.rows))
	case second && j >= p.both:
		j += p.cell
	}
	return p.find(i, j)
}

// target returns the slot for two rows a < b of one column.
func (p *Pattern) target(a, b int32) int32 {
	if int(a) >= p.N {
		return p.find(a-p.cell, b-p.cell) + p.slot
	}
	return p.find(a, b)
}

// find looks for row j in column i.
func (p *Pattern) find(i, j int32) int32 {
	lo, hi := p.ptr[i], p.ptr[i+1]
	for lo < hi {
		mid := (lo + hi) / 2
		if p.rows[mid] < j {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// eliminate takes out nodes by least degree in the elimination graph. It
// leaves the order in sequence and, per node, its neighbours when it was taken out
// in adj.
func (w *Workspace) eliminate(n int, a, b []int32) {
	w.adjacency(n, a, b)
	adj, q := w.adj, &w.queue
	q.fill(n, adj)
	w.mark = room(w.mark, n)
	mark := w.mark
	stamp := int32(0)
	order := room(w.sequence, n)[:0]
	for range n {
		v := q.pop()
		order = append(order, v)
		nb := adj[v]
		for _, u := range nb {
			// The neighbours of v become a clique.
			au := adj[u]
			stamp++
			mark[u] = stamp
			k := 0
			for _, w := range au {
				if w != v {
					mark[w] = stamp
					au[k] = w
					k++
				}
			}
			au = au[:k]
			for _, w := range nb {
				if mark[w] != stamp {
					au = append(au, w)
				}
			}
			adj[u] = au
			q.move(u, len(au))
		}
	}
	w.sequence = order
}

// adjacency builds neighbour lists without loops or repeats. Lists are those of
// before, or cut from one array with no room to grow, so that appending copies
// them.
func (w *Workspace) adjacency(n int, a, b []int32) {
	w.count = room(w.count, n+1)
	count := w.count
	for i := range a {
		if a[i] != b[i] {
			count[a[i]]++
			count[b[i]]++
		}
	}
	if n > cap(w.adj) {
		w.adj = append(make([][]int32, 0, n), w.adj[:cap(w.adj)]...)
	}
	w.adj = w.adj[:n]
	adj, missing := w.adj, int32(0)
	for v := range n {
		if cap(adj[v]) < int(count[v]) {
			missing += count[v]
		}
	}
	all := make([]int32, missing)
	at := int32(0)
	for v := range n {
		if cap(adj[v]) < int(count[v]) {
			adj[v] = all[at : at : at+count[v]]
			at += count[v]
		}
		adj[v] = adj[v][:0]
	}
	for i := range a {
		if a[i] != b[i] {
			adj[a[i]] = append(adj[a[i]], b[i])
			adj[b[i]] = append(adj[b[i]], a[i])
		}
	}
	w.mark = room(w.mark, n)
	mark := w.mark
	for v := range adj {
		k := 0
		for _, w := range adj[v] {
			if mark[w] != int32(v)+1 {
				mark[w] = int32(v) + 1
				adj[v][k] = w
				k++
			}
		}
		adj[v] = adj[v][:k]
	}
}

// queue holds nodes in buckets of equal degree.
type queue struct {
	head, next, prev, degree []int32
	least                    int
}

// fill makes it the queue of n nodes.
func (q *queue) fill(n int, adj [][]int32) {
	q.head, q.next, q.prev, q.degree, q.least = room(q.head, n+1), room(q.next, n), room(q.prev, n), room(q.degree, n), 0
	for d := range q.head {
		q.head[d] = -1
	}
	for v := n - 1; v >= 0; v-- {
		q.insert(int32(v), len(adj[v]))
	}
}

func (q *queue) insert(v int32, d int) {
	q.degree[v] = int32(d)
	h := q.head[d]
	q.next[v], q.prev[v] = h, -1
	if h >= 0 {
		q.prev[h] = v
	}
	q.head[d] = v
	q.least = min(q.least, d)
}

func (q *queue) remove(v int32) {
	if p := q.prev[v]; p >= 0 {
		q.next[p] = q.next[v]
	} else {
		q.head[q.degree[v]] = q.next[v]
	}
	if s := q.next[v]; s >= 0 {
		q.prev[s] = q.prev[v]
	}
}

func (q *queue) move(v int32, d int) {
	q.remove(v)
	q.insert(v, d)
}

func (q *queue) pop() int32 {
	for q.head[q.least] < 0 {
		q.least++
	}
	v := q.head[q.least]
	q.remove(v)
	return v
}
