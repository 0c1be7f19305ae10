package solver

import "math"

// lesson lengthens the Newton step by what the step before it taught, once the
// residual is below calm, Pa, and falls slowly all the same (Anderson's mixing
// of one try): where f is the step that Newton's method takes, s the one that
// was taken, from the same point,
//
//	s' = f' - c (s + f' - f),   |f' - c (f' - f)| least,
//
// in the norm of the sum of q^2/w. The Newton step knows how the temperature of
// a chain's water follows its own flow; what several chains do to one another is
// one or two slow ways to the solution, and this is the rest of them.
type lesson struct {
	f, s   []float64 // by chain, kg/s
	fp, sp []float64 // by node of the core, Pa
	known  bool
}

const (
	calm     = 1.0
	leastLag = 0.2 // of the step before, beyond which it falls slowly
)

// learn notes the step just made and corrects it. It reports whether it did.
func (x *lesson) learn(st *state, miss float64) (mixed bool) {
	n := &st.core
	if miss > calm {
		x.known = false
		return false
	}
	known := x.known
	x.f, x.s = resize(x.f, len(n.flows)), resize(x.s, len(n.flows))
	x.fp, x.sp = resize(x.fp, len(n.spots)), resize(x.sp, len(n.spots))
	c := 0.0
	if known {
		var now, both, before float64
		for i := range n.flows {
			r, f := 1/math.Abs(n.edges[i].W), n.dq[i]
			now += r * f * f
			both += r * f * x.f[i]
			before += r * x.f[i] * x.f[i]
		}
		if now > leastLag*leastLag*before && now < before {
			c = (now - both) / (now - 2*both + before)
		}
	}
	for i := range n.flows {
		f := n.dq[i]
		s := f - c*(x.s[i]+f-x.f[i])
		n.flows[i].q += s - f
		x.f[i], x.s[i] = f, s
	}
	for i := range n.spots {
		f := n.spots[i].dp
		s := f - c*(x.sp[i]+f-x.fp[i])
		n.spots[i].p += s - f
		x.fp[i], x.sp[i] = f, s
	}
	x.known = true
	n.weigh = n.weigh || c != 0
	return c != 0
}
