package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// tap is water taken out at a node by the pressure there: an emitter, a leak, or a
// pressure-driven draw. It is a branch that ends in the open air at the
// pressure base:
//
//	law(m) = p_node - base
type tap struct {
	law        law.Branch
	node       int32
	base       float64 // Pa gauge
	most       float64 // kg/s; beyond it the law is steep
	m, w, e, d float64 // flow, conductance, residual and step as of a link
}

// usualExponent is that of an orifice.
const usualExponent = 0.5

// openTaps makes the emitters, leaks and pressure-driven draws of the parts whose
// pressure is known; elsewhere nothing runs out.
func (st *state) openTaps() {
	net := st.s.net
	pd := net.PressureDriven
	if !st.p.leaking && !st.p.emitting && pd.Exponent <= 0 {
		return
	}
	leaks := st.leaks()
	for j, v := range st.p.node {
		if d := st.draw[v]; d > 0 && pd.Exponent > 0 {
			st.draw[v] = 0
			if st.known[v] {
				n := 1 / pd.Exponent
				st.taps = append(st.taps, tap{node: v, base: pd.Minimum, most: d, m: d,
					law: law.Branch{Kind: law.Power, N: n, C: (pd.Required - pd.Minimum) / math.Pow(d, n), OneWay: true}})
			}
		}
		if e := net.Junctions[j].Emitter; e.Coefficient > 0 && st.known[v] && !st.fixed[v] {
			st.taps = append(st.taps, emitterTap(e, v))
		}
		if leaks != nil && st.known[v] && !st.fixed[v] {
			for _, e := range [2]models.Emitter{{Coefficient: leaks[v].Fixed, Exponent: 0.5, NoBackflow: true}, {Coefficient: leaks[v].Growing, Exponent: 1.5, NoBackflow: true}} {
				if e.Coefficient > 0 {
					st.taps = append(st.taps, emitterTap(e, v))
				}
			}
		}
	}
}

// leaks adds up by node what the pipes in service leak there: half at each end,
// all at one where the other is at a fixed pressure. nil: no pipe leaks.
func (st *state) leaks() []models.Leak {
	if !st.p.leaking {
		return nil
	}
	st.leak = resize(st.leak, len(st.fixed))
	clear(st.leak)
	for i := range st.s.net.Pipes {
		x := st.s.net.Pipes[i].Leak
		if x == (models.Leak{}) || !st.el.pipes[i].on {
			continue
		}
		l := &st.links[st.p.linkOf[models.KindPipe][i]]
		share := 0.5
		if st.fixed[l.from] || st.fixed[l.to] {
			share = 1
		}
		for _, v := range [2]int32{l.from, l.to} {
			if !st.fixed[v] {
				st.leak[v].Fixed += share * x.Fixed
				st.leak[v].Growing += share * x.Growing
			}
		}
	}
	return st.leak
}

func emitterTap(e models.Emitter, v int32) tap {
	n := e.Exponent
	if n == 0 {
		n = usualExponent
	}
	return tap{node: v, most: math.Inf(1), law: law.Branch{Kind: law.Power, N: 1 / n, C: math.Pow(e.Coefficient, -1/n), OneWay: e.NoBackflow}}
}

// evaluate computes the residual at the present flow and pressure p, and
// returns it.
func (t *tap) evaluate(p float64) float64 {
	drop, g := t.law.Drop(math.Min(t.m, t.most))
	if over := t.m - t.most; over > 0 {
		drop, g = drop+law.Shut*over, law.Shut
	}
	t.e = drop - (p - t.base)
	switch {
	case t.m == t.most && t.e < 0, t.m < 0 && t.law.OneWay, t.m == 0 && t.e > 0 && t.law.OneWay:
		g = law.Shut
	case g < law.Shut:
		g = math.Max(g, t.law.Steep(math.Abs(t.e)))
	}
	t.w = 1 / g
	return t.e
}

// move takes the step d of the flow, ending at a corner of the law that it
// would pass. It reports whether it went all the way.
func (t *tap) move(d float64) bool {
	to := t.m + d
	if t.law.OneWay && t.m > 0 && to < 0 {
		to = 0
	}
	if t.m < t.most && to > t.most {
		to = t.most
	}
	whole := to == t.m+d
	t.d, t.m = to-t.m, to
	return whole
}

// begin puts the tap where a cold start begins: a draw at what it asks for,
// an emitter at rest with the conductance of a plausible flow.
func (t *tap) begin() {
	t.d = 0
	if !math.IsInf(t.most, 1) {
		t.m, t.w = t.most, 1/law.Shut
		return
	}
	t.m = 0
	t.w = 1 / t.law.Secant(math.Pow(2e5/t.law.C, 1/t.law.N))
}

// warmTaps takes the flows of another result, where a node has one tap.
func (st *state) warmTaps(from *Result) {
	for i := range st.taps {
		t := &st.taps[i]
		first, last := i == 0 || st.taps[i-1].node != t.node, i+1 == len(st.taps) || st.taps[i+1].node != t.node
		if first && last {
			t.m = from.Junctions[st.p.junction[t.node]].Drawn - st.draw[t.node]
		}
	}
}
