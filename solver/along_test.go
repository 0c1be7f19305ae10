package solver

import (
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// What a passage is taken to do near its basis is what its law says, whatever is
// next to it: in a town, in one whose water freezes, and in one that hardly flows.
func TestAlongIsTheLaw(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: 4, Stations: 60})
	if err != nil {
		t.Fatal(err)
	}
	cold := *net
	cold.Pipes = append([]models.Pipe(nil), net.Pipes...)
	for i := range cold.Pipes {
		cold.Pipes[i].HeatLoss, cold.Pipes[i].Ambient, cold.Pipes[i].Partner = models.Some(200), models.Some(1), ""
	}
	rng := rand.New(rand.NewPCG(4, 1))
	for _, c := range []struct {
		net     *models.Network
		opening float64
		least   int // so many are near
	}{{net, 1, 300}, {&cold, 1, 20}, {net, 0.02, 100}} {
		s, err := New(c.net, Options{})
		if err != nil {
			t.Fatal(err)
		}
		sc := models.Scenario{}
		for i := range c.net.Stations {
			sc = sc.With(models.Change{Element: c.net.Stations[i].ID, Attribute: models.AttrOpening, Value: c.opening})
		}
		run := s.NewRun()
		if _, err := run.Solve(t.Context(), sc); err != nil {
			t.Fatal(err)
		}
		st := run.st
		near, pipes, stations := 0, 0, 0
		for j := range st.course.links {
			p, b, g := &st.course.links[j], &st.ripple.bases[j], &st.ripple.gains[j]
			if b.m == 0 {
				continue
			}
			if p.kind == isPipe {
				pipes++
			} else {
				stations++
			}
			for _, size := range []float64{1e-5, 1e-4, 1e-3, 1e-2} {
				m, tin := b.m*(1+size*rng.NormFloat64()), b.tin+10*size*rng.NormFloat64()
				if p.partner >= 0 {
					st.water[p.partner].mean = b.beside/p.share + 10*size*rng.NormFloat64()
					if rng.IntN(2) == 0 { // and that alone, by much
						m, tin = b.m, b.tin
						st.water[p.partner].mean += 1e4 * size * rng.NormFloat64()
					}
				}
				var got, want outflow
				if !st.along(p, b, g, m, tin, &got) {
					continue
				}
				near++
				st.through(p, m, tin, b.t, &want)
				if off := math.Max(math.Abs(got.t-want.t), math.Abs(got.mean-want.mean)); off > 3e-6 {
					t.Errorf("passage %d of kind %d, %g from its basis: %g K off", j, p.kind, size, off)
				}
			}
		}
		if near < c.least || pipes < 100 {
			t.Errorf("%d near %d pipes and %d stations", near, pipes, stations)
		}
	}
}
