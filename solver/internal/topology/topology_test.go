package topology

import (
	"slices"
	"testing"
)

func TestSets(t *testing.T) {
	s := NewSets(6)
	s.Join(4, 1)
	s.Join(1, 5)
	if s.Join(5, 4) {
		t.Error("4 and 5 are one set already")
	}
	of, n := s.Number()
	if n != 4 || !slices.Equal(of, []int32{0, 1, 2, 3, 1, 1}) {
		t.Errorf("sets %v (%d)", of, n)
	}
}

func TestIncidence(t *testing.T) {
	in := NewIncidence(4, []int32{0, 1, 2, 2}, []int32{1, 2, 0, 2})
	for v, want := range [][]int32{{0, 2}, {0, 1}, {1, 2, 3, 3}, {}} {
		if got := in.Of(int32(v)); !slices.Equal(got, want) {
			t.Errorf("node %d: %v, want %v", v, got, want)
		}
	}
}
