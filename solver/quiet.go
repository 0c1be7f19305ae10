package solver

import "math"

// quiet is what a chain's law is taken to be near where it was computed last: there
// its water has hardly another temperature and flow since. With how friction
// follows the temperature and the weight of the water, what is left out is
//
//	d2e ~ (2 dq/q + warmth dT) de/dT dT + g_0 h lightens dT^2.
type quiet struct {
	q      float64 // kg/s, where the law was computed; 0: it is not to be taken further
	feels  float64 // Pa/K, friction by temperature
	weighs float64 // m2/s2, g_0 h
	warmed float64 // K, sum of the largest changes since
}

// warmth is by how much that of friction changes with the temperature, as a share,
// 1/K: by the viscosity of cold water 0.03, the most of all. lightens is half of the
// second derivative of the density, kg/(m3 K2), at most.
const (
	warmth   = 0.05
	lightens = 0.008
)

// isQuiet reports whether a branch with its water lets its chain be quiet: its law
// is that of a pipe, outside the transition from laminar flow, or computed each time.
func (z *tempered) isQuiet(b *base, m float64) bool {
	u := math.Abs(m) * z.ws
	return b.kind == pipeLaw && (z.size == 0 || u < 0.9 || u > 2.5) && math.Abs(m) > stillFlow || b.kind == otherLaw && z.size == 0
}

// A chain is taken further up to farQuiet of its flow, and while what is left out is
// less than leftOut of the energy tolerance.
const (
	farQuiet = 0.05
	leftOut  = 0.02
)

// temperAgain is temper after a Newton step, when residuals and conductances are
// those at the flows and the laws are known at temperatures from just before: only
// chains where more has changed are summed up anew, their terms where they were. It
// reports whether there was room for them.
func (st *state) temperAgain() bool {
	n := &st.core
	if n.stale || len(n.quiet) != len(n.laws) {
		return false
	}
	st.beginTempering()
	most, at := 0.0, -1
	for i := range n.laws {
		off, ok := st.temperQuietly(i)
		if !ok {
			x := &n.laws[i]
			first, room, mark := x.first, x.last-x.first, len(n.terms)
			off = st.temperChain(i)
			if x.last-x.first > room {
				return false
			}
			x.last += first - x.first
			x.first = first
			copy(n.terms[first:x.last], n.terms[mark:])
			n.terms = n.terms[:mark]
		}
		if worse(off, most) {
			most, at = off, i
		}
	}
	st.endTempering(most, at)
	return true
}

// temperAfter is temper, the short way where a step has swept over the chains and
// nothing moved their flows since.
func (st *state) temperAfter(swept bool) {
	if st.ripple.wary || !swept || !st.temperAgain() {
		st.temper()
	}
}

// temperQuietly brings the temperatures into the law of a chain that hardly feels
// them: friction takes what it changes by as a lift, other laws are computed. It
// returns the size of the residual, and whether that is near enough.
func (st *state) temperQuietly(i int) (off float64, ok bool) {
	n := &st.core
	z, flow := &n.quiet[i], &n.flows[i]
	q := flow.q
	part := math.Abs(q-z.q) / math.Abs(z.q)
	if !(part < farQuiet) {
		return 0, false
	}
	at, x, f := &n.chains[i], &n.laws[i], &st.s.fluid
	missing, slope, warmed := 0.0, 0.0, 0.0
	for j := int(at.First); j < int(at.Last); j++ {
		s, y := &n.steps[j], &n.parts[j]
		w, byT, sign := &st.water[s.Link], st.ripple.byT[s.Link], s.Sign()
		slope += sign * byT * w.along
		switch y.kind {
		case pipeLaw:
			dT := w.mean - y.t
			d := sign * byT * dT
			y.t = w.mean
			warmed = max(warmed, math.Abs(dT))
			y.lift -= d
			missing += d
			x.lift -= d
		case otherLaw:
			b := &n.bases[j]
			rho := (f.Density(w.t1) + f.Density(w.t2)) / 2
			k, lift := b.fixed+b.k/rho, sign*(rho*b.height+b.air)
			dk, dl := k-y.k, lift-y.lift
			y.k, y.lift = k, lift
			if y.term == 0 {
				x.k += dk
			} else {
				n.terms[x.first+y.term-1].k += dk
			}
			missing += dk*q*math.Abs(q) - dl
			x.lift += dl
		}
	}
	z.warmed += warmed
	if z.warmed*(z.feels*(2*part+warmth*z.warmed)+z.weighs*lightens*z.warmed) > leftOut*st.s.opts.EnergyTolerance {
		return 0, false
	}
	if k := &n.kernels[i]; k.size > 0 {
		k.k, k.lift = x.k, x.lift
	}
	st.thermal.slopes[i] = slope / q
	flow.e += missing
	y := &n.edges[i]
	y.F = y.W*flow.e - q
	return math.Abs(flow.e), true
}
