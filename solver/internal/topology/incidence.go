package topology

// Incidence lists, for every node, the branches that touch it.
type Incidence struct {
	ptr []int32
	at  []int32
}

// NewIncidence lists the branches (from[k], to[k]) by node.
func NewIncidence(n int, from, to []int32) *Incidence {
	in := &Incidence{ptr: make([]int32, n+1), at: make([]int32, 2*len(from))}
	for k := range from {
		in.ptr[from[k]+1]++
		in.ptr[to[k]+1]++
	}
	for i := range n {
		in.ptr[i+1] += in.ptr[i]
	}
	next := append([]int32(nil), in.ptr[:n]...)
	for k := range from {
		for _, v := range [2]int32{from[k], to[k]} {
			in.at[next[v]] = int32(k)
			next[v]++
		}
	}
	return in
}

// Of returns the branches that touch node v, in their own order; a branch
// from v to v is listed twice.
func (in *Incidence) Of(v int32) []int32 { return in.at[in.ptr[v]:in.ptr[v+1]] }
