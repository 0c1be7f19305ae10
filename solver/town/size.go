package town

import (
	"math"

	"evenflow/models"
)

const (
	roughness    = 5e-4  // m, steel in hot water (CJJ 34)
	serviceLimit = 150.0 // Pa/m; the standard allows 300
	fastest      = 3.5   // m/s
	slowest      = 0.25  // m/s through an open tie at design
	localShare   = 0.25  // local loss of a main, share of its friction
	zetaService  = 6.0   // bends, tee and shut-off valves of a service line
	gravity      = 9.80665
)

// sizes are the nominal diameters, smallest first.
var sizes = models.PipeSizes

// frictionLimit is the Pa/m to size mains for: 60 leaves the rings room below
// 70; less where the mains are long, as a designer who must keep the head in
// bounds would choose.
func (p *plan) frictionLimit() float64 {
	switch n := p.opts.Stations; {
	case n > 1500:
		return 55
	case n > 600:
		return 58
	}
	return 60
}

// headLimit is the head a single source's pumps should not have to pass, Pa.
func (p *plan) headLimit() float64 {
	switch n := p.opts.Stations; {
	case n > 1500:
		return 10.5e5
	case n > 800:
		return 8.5e5
	case n > 300:
		return 7e5
	}
	return 5.9e5
}

// sizePipes sizes every edge.
func (p *plan) sizePipes(limit float64) {
	for i := range p.edges {
		e := &p.edges[i]
		p.size(e, limit)
		e.valve = !e.service && e.feeds >= 8 && p.branches(e)
	}
}

// size picks the smallest nominal diameter that keeps an edge's friction and
// velocity limits, and parallel lines where the largest is not enough.
func (p *plan) size(e *edge, limit float64) {
	least := minimumDN(e)
	if e.service {
		limit = serviceLimit
	}
	e.size = -1
	for e.lines = 0; e.size < 0; {
		e.lines++
		m := e.design / float64(e.lines)
		for k, dn := range sizes {
			if dn.DN < least {
				continue
			}
			if r, v := p.friction(m, dn.Inner()); r <= limit && v <= fastest {
				e.size = k
				break
			}
		}
	}
	if e.service {
		e.zeta = zetaService
		return
	}
	d := sizes[e.size].Inner()
	r, _ := p.friction(e.design/float64(e.lines), d)
	area := math.Pi * d * d / 4
	dynamic := math.Pow(e.design/float64(e.lines)/area, 2) / (2 * p.rhoS)
	e.zeta = round(localShare*r*e.length/dynamic, 10)
}

// minimumDN keeps service lines at DN50 and streets at DN80.
func minimumDN(e *edge) int {
	if e.service {
		return 50
	}
	return 80
}

// branches reports whether an edge leaves a place where mains divide.
func (p *plan) branches(e *edge) bool {
	if e.tie {
		return false
	}
	return e.a == 0 || p.reach[e.b] < 0.7*p.reach[e.a]
}

// friction returns Pa/m and m/s of m kg/s of supply water in a pipe of inner
// diameter d.
func (p *plan) friction(m, d float64) (perMetre, velocity float64) {
	area := math.Pi * d * d / 4
	velocity = m / (p.rhoS * area)
	re := 4 * m / (math.Pi * d * p.muS)
	return lambda(re, d) / d * p.rhoS * velocity * velocity / 2, velocity
}
