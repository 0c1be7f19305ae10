package solver

import (
	"math"

	"evenflow/models"
)

// linkWater is the water in a link.
type linkWater struct {
	t1, t2 float64 // K, entering and leaving, in flow direction
	mean   float64 // K, along it
	along  float64 // dT/dln m of the mean, K
}

// standing is the water of a link of which only the temperatures at its ends
// are known.
func standing(t1, t2 float64) linkWater { return linkWater{t1: t1, t2: t2, mean: (t1 + t2) / 2} }

// means returns the mean temperatures along the pipes, K.
func (st *state) means() []float64 {
	out := make([]float64, len(st.el.pipes))
	for i, k := range st.p.linkOf[models.KindPipe] {
		out[i] = st.water[k].mean
	}
	return out
}

// propertyTemperatures returns the temperatures at a link's ends at which its
// density and viscosity count. When hydraulics and temperatures are coupled
// these are those entering and leaving where the options bring their own fluid,
// as reference cases have it; else, in a pipe, the mean along it, which unlike
// the mean of the ends does not jump when the flow turns. When they are not
// coupled, the start temperatures count. Standing water has one density.
func (st *state) propertyTemperatures(k int) (t1, t2 float64) {
	if st.standsStill(&st.links[k]) {
		t1 = st.s.groundTemperature()
		return t1, t1
	}
	if st.s.opts.Temperatures != Coupled {
		l := &st.links[k]
		return st.p.start[l.from], st.p.start[l.to]
	}
	w := &st.water[k]
	if st.p.links[k].kind == models.KindPipe && st.s.opts.Fluid == nil {
		return w.mean, w.mean
	}
	return w.t1, w.t2
}

// leastSlope is the share of a law's own slope that is kept where temperatures
// take away from it: the step then leads to a circulation that is stable.
const leastSlope = 0.5

// heed brings the slopes that temperatures add into the conductances of the
// next step.
func (st *state) heed() {
	n := &st.core
	for i, d := range st.thermal.slopes {
		if d != 0 {
			x, y := &n.flows[i], &n.edges[i]
			st.thermal.missed[i] = x.e
			y.W = softened(y.W, d)
			y.F = y.W*x.e - x.q
		}
	}
	for i := range n.knots {
		k := n.knots[i].link
		if l := &st.links[k]; l.mode == free {
			b := base{height: st.s.opts.Gravity * st.p.height[k]}
			l.w = softened(l.w, st.slopeOf(&b, &term{}, &st.water[k], l.m))
		}
	}
}

// softened returns the conductance w with slope d added.
func softened(w, d float64) float64 {
	g := 1 / w
	return 1 / math.Max(g+d, leastSlope*g)
}
