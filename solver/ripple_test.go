package solver

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// Where the flows take a small step, the temperatures move as foreseen: against
// the temperatures themselves at flows a little larger and a little smaller.
// Pipes heat one another, and in the second town water runs in a circle.
func TestTemperaturesMoveAsForeseen(t *testing.T) {
	for _, circle := range []bool{false, true} {
		st := solvedState(t, townOf(t, town.Options{Seed: 4, Stations: 30, Meshes: 2}))
		settle := func() {
			for range 40 {
				st.ripple.forget() // by the laws alone
				st.heat()
			}
		}
		settle()
		for i := 0; circle && st.course.loop == st.course.tail && i < len(st.el.stations); i++ {
			at := &st.core.chains[st.core.chainOf[st.p.linkOf[models.KindStation][i]]]
			for _, x := range st.core.steps[at.First:at.Last] { // back from the return to the supply
				st.links[x.Link].m = -st.links[x.Link].m
			}
			settle()
		}
		if circle == (st.course.loop == st.course.tail) {
			t.Fatalf("circle %v: stops %d to %d wait for one another", circle, st.course.loop, st.course.tail)
		}
		const part = 1e-4
		before := make([]float64, len(st.links))
		for k := range st.links {
			before[k] = st.links[k].m
		}
		step := func(by float64) []float64 {
			for k := range st.links {
				st.links[k].m = before[k] * (1 + by*math.Sin(float64(k)))
			}
			settle()
			mean := make([]float64, len(st.links))
			for k := range st.links {
				mean[k] = st.water[k].mean
			}
			return mean
		}
		more, less := step(part), step(-part)
		step(0)
		for k := range st.links {
			if j := st.course.passed[k]; j >= 0 {
				st.ripple.dm[j] = math.Abs(before[k]) * part * math.Sin(float64(k))
			}
		}
		st.follow()
		most := 0.0
		for k := range st.links {
			want := (more[k] - less[k]) / 2
			most = math.Max(most, math.Abs(want))
			if st.course.way[k] == 0 {
				continue
			}
			if got := st.ripple.dt[st.course.passed[k]]; st.p.links[k].kind == models.KindPipe && math.Abs(got-want) > 2e-6+5e-3*math.Abs(want) {
				t.Errorf("circle %v: %s moves by %.8f K, foreseen %.8f", circle, st.s.idOf(st.p.links[k]), want, got)
			}
		}
		if most < 1e-4 {
			t.Errorf("circle %v: nothing moves by more than %g K", circle, most)
		}
	}
}

// How the temperatures follow a step that heeds them is what was found out on the
// way to it.
func TestStepsForeseenAreFollowed(t *testing.T) {
	st := begunState(t, townOf(t, town.Options{Seed: 4, Stations: 30, Meshes: 2}))
	told := 0
	for range 8 {
		st.newtonStep()
		st.expand()
		if st.foresight.told && st.course.holds(st.links) {
			told++
			st.course.take(st.links, st.ripple.dm)
			st.follow()
			most := 0.0
			for _, want := range st.ripple.dt {
				most = math.Max(most, math.Abs(want))
			}
			for j, want := range st.ripple.dt[:len(st.course.links)] {
				if got := st.foresight.dt[0][j]; math.Abs(got-want) > 1e-6*most+1e-12 {
					t.Errorf("passage %d: %g K, followed %g", j, got, want)
				}
			}
		}
		st.heat()
		st.exchange(false, false)
	}
	if told < 2 {
		t.Errorf("%d steps were foreseen", told)
	}
}
