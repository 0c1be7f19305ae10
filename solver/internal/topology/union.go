// Package topology answers questions about how a network hangs together:
// connected parts, the path between two places, which return junction belongs
// to which supply junction.
package topology

// Sets is a union-find over n things.
type Sets struct {
	up   []int32
	size []int32
}

// NewSets returns n sets of one.
func NewSets(n int) *Sets {
	s := &Sets{up: make([]int32, n), size: make([]int32, n)}
	for i := range s.up {
		s.up[i] = int32(i)
		s.size[i] = 1
	}
	return s
}

// Find returns the representative of i's set.
func (s *Sets) Find(i int32) int32 {
	for s.up[i] != i {
		s.up[i] = s.up[s.up[i]]
		i = s.up[i]
	}
	return i
}

// Join unites the sets of a and b and reports whether they were two.
func (s *Sets) Join(a, b int32) bool {
	a, b = s.Find(a), s.Find(b)
	if a == b {
		return false
	}
	if s.size[a] < s.size[b] {
		a, b = b, a
	}
	s.up[b] = a
	s.size[a] += s.size[b]
	return true
}

// Number gives the sets consecutive numbers in the order of their first
// member; of[i] is the number of i's set.
func (s *Sets) Number() (of []int32, count int) {
	of = make([]int32, len(s.up))
	name := make([]int32, len(s.up))
	for i := range name {
		name[i] = -1
	}
	for i := range of {
		r := s.Find(int32(i))
		if name[r] < 0 {
			name[r] = int32(count)
			count++
		}
		of[i] = name[r]
	}
	return of, count
}
