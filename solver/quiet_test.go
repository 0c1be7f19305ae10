package solver

import (
	"math"
	"math/rand/v2"
	"testing"

	"evenflow/solver/town"
)

// A chain that hardly feels its water has the residual that its law has, to what
// may be left out.
func TestQuietIsTheLaw(t *testing.T) {
	st := solvedState(t, townOf(t, town.Options{Seed: 3, Stations: 80, Relief: 120}))
	n := &st.core
	rng := rand.New(rand.NewPCG(3, 1))
	got := make([]float64, len(n.flows))
	quiet := 0
	for _, size := range []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2} {
		st.temper()
		for i := range n.flows {
			n.flows[i].q *= 1 + size*rng.NormFloat64()
		}
		for k := range st.water {
			w := &st.water[k]
			dt := 10 * size * rng.NormFloat64()
			w.t1, w.t2, w.mean = w.t1+dt, w.t2+dt, w.mean+dt
		}
		for i := range n.flows {
			st.reweigh(i)
		}
		if !st.temperAgain() {
			t.Fatal("no room")
		}
		for i := range n.flows {
			got[i] = n.flows[i].e
			if n.quiet[i].warmed > 0 {
				quiet++
			}
		}
		st.temper()
		for i := range n.flows {
			if off := math.Abs(got[i] - n.flows[i].e); off > leftOut*st.s.opts.EnergyTolerance {
				t.Errorf("chain %d, changes of %g: %g Pa off", i, size, off)
			}
		}
	}
	if quiet < len(n.flows) {
		t.Errorf("%d of %d chains were quiet", quiet, len(n.flows))
	}
}
