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
// coupled, the start temperatures count.
func (st *state) propertyTemperatures(k int) (t1, t2 float64) {
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

// sumSlopes sums up the slopes that temperatures add to the laws along every
// chain.
func (st *state) sumSlopes() {
	n, slopes := &st.core, st.thermal.slopes
	clear(slopes)
	for k := range st.links {
		if i := n.chainOf[k]; i >= 0 && st.water[k].along != 0 {
			slopes[i] += st.thermalSlope(k)
		}
	}
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
			y.W = softened(y.W, d)
			y.F = y.W*x.e - x.q
		}
	}
	for i := range n.knots {
		k := n.knots[i].link
		if l := &st.links[k]; l.mode == free {
			l.w = softened(l.w, st.thermalSlope(int(k)))
		}
	}
}

// softened returns the conductance w with slope d added.
func softened(w, d float64) float64 {
	g := 1 / w
	return 1 / math.Max(g+d, leastSlope*g)
}

// thermalSlope returns by how much the energy residual of link k grows with
// its flow through the temperature of its water, Pa/(kg/s): by the gravity
// head, by the density in every loss, by the viscosity in friction. With the
// law's drop at flow m and its slope g, lambda ~ Re^n has n = g m/drop - 2:
//
//	de/dT = -g_0 h rho' - drop rho'/rho - (g m - 2 drop) mu'/mu
func (st *state) thermalSlope(k int) float64 {
	l, w := &st.links[k], &st.water[k]
	if w.along == 0 || math.Abs(l.m) <= stillFlow {
		return 0
	}
	f := &st.s.fluid
	expands := f.Expansion(w.mean)
	byT := -st.s.opts.Gravity * st.p.height[k] * expands
	if l.mode == free && math.Abs(w.along) > leastAlong {
		switch at := st.p.links[k]; at.kind {
		case models.KindPipe:
			if !st.el.pipes[at.at].quadratic {
				drop, g := st.law[k].Drop(l.m)
				byT -= drop*expands/f.Density(w.mean) + (g*l.m-2*drop)*f.Thinning(w.mean)
			}
		case models.KindStation:
			// The valve's share; the rest is given.
			byT -= (st.law[k].K - st.el.stations[at.at].fixed) * l.m * math.Abs(l.m) * expands / f.Density(w.mean)
		}
	}
	return byT * w.along / l.m
}

// leastAlong is the change of a temperature by dln m, K, below which losses
// hardly follow: less than a thousandth of their slope.
const leastAlong = 0.1
