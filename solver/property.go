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
	if st.s.opts.Fluid == nil {
		switch st.p.links[k].kind {
		case models.KindPipe:
			return w.mean, w.mean
		case models.KindPump, models.KindSource:
			t := st.temp[st.links[k].from]
			return t, t
		}
	}
	return w.t1, w.t2
}

// leastSlope is the share of a law's own slope that is kept where temperatures
// take away from it: the step then leads to a circulation that is stable.
const leastSlope = 0.2

// heed brings the slopes that temperatures add into the conductances of the
// next step.
func (st *state) heed() {
	n := &st.core
	st.ripple.ready, st.ripple.known = true, true
	n.swept = false
	for i, d := range st.thermal.slopes {
		st.thermal.heeded[i] = 0
		if d != 0 {
			x, y := &n.flows[i], &n.edges[i]
			st.thermal.missed[i] = x.e
			g := 1 / y.W
			y.W = softened(y.W, d)
			if st.thermal.heeded[i] = 1/y.W - g; g+d < 0 && st.ripple.wary && !st.downhill {
				st.thermal.heeded[i] = d
			}
			y.F = y.W*x.e - x.q
		}
	}
	for i := range n.knots {
		if k := n.knots[i].link; st.links[k].mode == free {
			st.heedKnot(k)
		}
	}
}

// heedKnot is heed for a knot: a pump lifts by the density of what it takes in,
// of the others the gravity head counts.
func (st *state) heedKnot(k int32) {
	l, y, w := &st.links[k], &st.alone[k], &st.water[k]
	byT := 0.0
	if math.Abs(l.m) > stillFlow {
		byT = -st.s.opts.Gravity * st.p.height[k] * st.s.fluid.Expansion(w.mean)
	}
	switch st.p.links[k].kind {
	case models.KindPump, models.KindSource:
		if st.s.opts.PumpDensity == 0 {
			t, _ := st.propertyTemperatures(int(k))
			byT += st.law[k].ByDensity(l.m) * st.s.fluid.Expansion(t) / st.s.fluid.Density(t)
		}
	default:
		if byT != 0 && y.w != leastConductance {
			y.w = softened(y.w, byT*w.along/l.m)
		}
	}
	st.ripple.byT[k] = byT
}

// softened returns the conductance w with slope d added.
func softened(w, d float64) float64 {
	g := 1 / w
	return 1 / math.Max(g+d, leastSlope*g)
}
