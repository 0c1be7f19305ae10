package town

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"evenflow/solver/internal/law"
)

// The generator's own hydraulics: station flows are given, so that a tree is
// summed from its leaves and only the open rings need a Newton iteration. It
// sets sizes and starting positions; the solver's word about the finished
// network is what the tests ask for.

// loss returns the loss of one edge on both sides together at m kg/s through
// all its lines, Pa, and its slope, Pa s/kg. Signed like m.
func (p *plan) loss(e *edge, m float64) (dp, slope float64) {
	d := sizes[e.size].Inner()
	q := math.Abs(m) / float64(e.lines)
	area := math.Pi * d * d / 4
	zeta := e.zeta
	if e.valve || e.tie {
		zeta += zetaSectioning
	}
	re := 4 / (math.Pi * d)
	ks := (lambda(re*q/p.muS, d)*e.length/d + zeta) / (2 * p.rhoS * area * area)
	kr := (lambda(re*q/p.muR, d)*e.returnLength/d + zeta) / (2 * p.rhoR * area * area)
	dp = (ks + kr) * q * math.Abs(m) / float64(e.lines)
	slope = 2 * (ks + kr) * q / float64(e.lines)
	return math.Copysign(dp, m), slope + 1e-3
}

// lambda is the Darcy friction factor in a pipe of inner diameter d.
func lambda(re, d float64) float64 {
	l, _ := law.Colebrook.Lambda(math.Max(re, 1), roughness/d)
	return l
}

// regime is how the town stands with given station flows.
type regime struct {
	flow []float64 // kg/s in each edge, from a to b
	loss []float64 // Pa, supply and return together, source to each node
}

// solve distributes given station flows over tree and open rings.
func (p *plan) solve(flows []float64) (*regime, error) {
	r := &regime{flow: make([]float64, len(p.edges)), loss: make([]float64, len(p.nodes))}
	through := make([]float64, len(p.nodes))
	if len(p.peaks) > 0 {
		sum := 0.0
		for _, m := range flows {
			sum += m
		}
		for _, k := range p.peaks {
			through[k.node] -= k.flow * sum / p.flow
		}
	}
	for i := len(p.nodes) - 1; i > 0; i-- {
		n := p.nodes[i]
		if n.station >= 0 {
			through[i] += flows[n.station]
		}
		r.flow[n.via] = through[i]
		through[n.parent] += through[i]
	}
	if err := p.closeLoops(r); err != nil {
		return nil, err
	}
	for i := 1; i < len(p.nodes); i++ {
		n := p.nodes[i]
		dp, _ := p.loss(&p.edges[n.via], r.flow[n.via])
		rise, _ := p.boost(n.via, r.flow[n.via])
		r.loss[i] = r.loss[n.parent] + dp - rise
	}
	return r, nil
}

// step is one edge of a ring, with its sense.
type step struct {
	edge int
	sign float64
}

// ring lists the edges of the loop an open tie closes, walked along the tie
// from a to b and back over the tree.
func (p *plan) ring(tie int) []step {
	e := p.edges[tie]
	steps := []step{{tie, 1}}
	a, b := e.a, e.b
	for a != b {
		if a > b { // down the tree towards a: with the tree's flow
			steps = append(steps, step{p.nodes[a].via, 1})
			a = p.nodes[a].parent
		} else { // up from b: against it
			steps = append(steps, step{p.nodes[b].via, -1})
			b = p.nodes[b].parent
		}
	}
	return steps
}

// closeLoops finds the flow in each open tie at which the loss around its
// ring is nil: Newton on the ring equations, one unknown a ring.
func (p *plan) closeLoops(r *regime) error {
	n := len(p.loops)
	if n == 0 {
		return nil
	}
	rings := make([][]step, n)
	in := make([][]step, len(p.edges)) // rings through each edge
	for k, tie := range p.loops {
		rings[k] = p.ring(tie)
		for _, s := range rings[k] {
			in[s.edge] = append(in[s.edge], step{k, s.sign})
		}
	}
	residual, change := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for range 60 {
		jacobian := mat.NewSymDense(n, nil)
		residual.Zero()
		for e := range p.edges {
			if len(in[e]) == 0 {
				continue
			}
			dp, slope := p.loss(&p.edges[e], r.flow[e])
			rise, falls := p.boost(e, r.flow[e])
			dp, slope = dp-rise, slope+falls
			for x, s := range in[e] {
				residual.SetVec(s.edge, residual.AtVec(s.edge)+s.sign*dp)
				for _, t := range in[e][x:] {
					jacobian.SetSym(s.edge, t.edge, jacobian.At(s.edge, t.edge)+s.sign*t.sign*slope)
				}
			}
		}
		if mat.Norm(residual, math.Inf(1)) < 0.01 {
			return nil
		}
		var chol mat.Cholesky
		if !chol.Factorize(jacobian) {
			return errors.New("town: the ring equations are singular")
		}
		if err := chol.SolveVecTo(change, residual); err != nil {
			return err
		}
		for k := range rings {
			for _, s := range rings[k] {
				r.flow[s.edge] -= s.sign * change.AtVec(k)
			}
		}
	}
	return errors.New("town: the ring equations did not converge")
}

// column is what the lighter supply water adds to a station's differential:
// (rhoR - rhoS) g (z - z source), Pa.
func (p *plan) column(i int) float64 {
	return (p.rhoR - p.rhoS) * gravity * (p.nodes[i].z - p.nodes[0].z)
}

// settleRings opens the ties that suit: those through which, with the
// stations at design flow, no tie and no main passes its friction limit, and
// through which water does move, since a tie that stands still is a cold one.
// The others stay closed, ready for an emergency.
func (p *plan) settleRings() error {
	flows := p.designFlows()
	for {
		p.loops = p.loops[:0]
		for i := range p.edges {
			if p.edges[i].tie && p.edges[i].open {
				p.loops = append(p.loops, i)
			}
		}
		r, err := p.solve(flows)
		if err != nil {
			return err
		}
		worst, over := -1, 0.0
		for k, tie := range p.loops {
			e := &p.edges[tie]
			if _, v := p.friction(math.Abs(r.flow[tie])/float64(e.lines), sizes[e.size].Inner()); 1-v/slowest > over {
				worst, over = k, 1-v/slowest
			}
			for _, s := range p.ring(tie) {
				e := &p.edges[s.edge]
				pm, _ := p.friction(math.Abs(r.flow[s.edge])/float64(e.lines), sizes[e.size].Inner())
				if x := pm/70 - 1; x > over {
					worst, over = k, x
				}
			}
		}
		if worst < 0 {
			return nil
		}
		p.edges[p.loops[worst]].open = false
	}
}

func (p *plan) designFlows() []float64 {
	flows := make([]float64, len(p.stations))
	for i := range p.stations {
		flows[i] = p.stations[i].design
	}
	return flows
}
