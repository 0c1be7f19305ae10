package solver

import (
	"math"

	"evenflow/models"
)

// ends are the temperatures at a link's ends at which the density and the
// viscosity of its water count, K.
type ends struct{ t1, t2 float64 }

// followTemperatures takes the temperatures just computed for the properties,
// and sums up the slopes that they add to the laws along every chain.
func (st *state) followTemperatures() {
	n, slopes := &st.core, st.thermal.slopes
	clear(slopes)
	for k := range st.links {
		if st.links[k].mode == off {
			continue
		}
		st.prop[k] = st.computedTemperatures(k)
		if i := n.chainOf[k]; i >= 0 {
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

// computedTemperatures returns the temperatures at which a link's properties
// should count: those entering and leaving where the options bring their own
// fluid, as reference cases have it; else, in a pipe, the mean along it, which
// unlike the mean of the ends does not jump when the flow turns.
func (st *state) computedTemperatures(k int) ends {
	if at := st.p.links[k]; at.kind == models.KindPipe && st.s.opts.Fluid == nil {
		t := st.thermal.mean[at.at]
		return ends{t, t}
	}
	return ends{st.t1[k], st.t2[k]}
}

// propertyTemperatures returns the temperatures at a link's ends at which its
// density and viscosity count: as computed, entering and leaving, when
// hydraulics and temperatures are coupled; else the start temperatures.
func (st *state) propertyTemperatures(k int) (t1, t2 float64) {
	if st.s.opts.Temperatures == Coupled {
		return st.prop[k].t1, st.prop[k].t2
	}
	l := &st.links[k]
	return st.p.start[l.from], st.p.start[l.to]
}

// thermalSlope returns by how much the energy residual of link k grows with
// its flow through the temperature of its water, Pa/(kg/s): by the gravity
// head, by the density in every loss, by the viscosity in friction. With the
// law's drop at flow m and its slope g, lambda ~ Re^n has n = g m/drop - 2:
//
//	de/dT = -g_0 h rho' - drop rho'/rho - (g m - 2 drop) mu'/mu
func (st *state) thermalSlope(k int) float64 {
	along := st.thermal.along[k]
	l := &st.links[k]
	if along == 0 || math.Abs(l.m) <= stillFlow {
		return 0
	}
	f, p := &st.s.fluid, &st.prop[k]
	mid := (p.t1 + p.t2) / 2
	expands := f.Expansion(mid)
	byT := -st.s.opts.Gravity * st.p.height[k] * expands
	if l.mode == free {
		switch at := st.p.links[k]; at.kind {
		case models.KindPipe:
			if !st.el.pipes[at.at].quadratic {
				drop, g := st.law[k].Drop(l.m)
				byT -= drop*expands/f.Density(mid) + (g*l.m-2*drop)*f.Thinning(mid)
			}
		case models.KindStation:
			// The valve's share; the rest is given.
			byT -= (st.law[k].K - st.el.stations[at.at].fixed) * l.m * math.Abs(l.m) * expands / f.Density(mid)
		}
	}
	return byT * along / l.m
}
