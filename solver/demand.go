package solver

import (
	"math"

	"evenflow/models"
)

// mixDepth is how many earlier tries the iteration of the demands remembers.
const mixDepth = 5

// mostGrowth bounds how much a station's flow may grow or shrink from one
// exchange with the temperatures to the next.
const mostGrowth = 3

// demands iterates the flows of the stations that ask for heat: what they ask
// for depends on the temperature that their own and each other's flow brings.
// With x = ln flow tried and g = ln flow asked for - x, Anderson's mixing
// (J. ACM 12 (1965) 547) takes the combination of the last tries whose g is
// least:
//
//	x' = x + g - sum over j of (dx_j + dg_j) c_j,   |g - sum dg_j c_j| least
type demands struct {
	links []int32 // links of such stations
	dry   []bool  // no flow brings water warm enough
	x, g  []float64
	limit []float64 // longest step of x; halved where g changes its sign
	sign  []float64 // of the last g
	dx    [][]float64
	dg    [][]float64
	last  []float64 // x and g of the last try, when there is one
	lastG []float64
	begun bool
	norm  float64
}

// reset forgets all tries and lists the stations that vary.
func (d *demands) reset(st *state) {
	d.links, d.begun = d.links[:0], false
	d.dx, d.dg = d.dx[:0], d.dg[:0]
	for i := range st.el.stations {
		x := &st.el.stations[i]
		k := st.p.linkOf[models.KindStation][i]
		if st.links[k].mode == given && !x.demand.Flow.Known && x.demand.Heat.Value > 0 {
			d.links = append(d.links, k)
		}
	}
	n := len(d.links)
	d.dry = make([]bool, n)
	d.limit, d.sign = make([]float64, n), make([]float64, n)
	for i := range d.limit {
		d.limit[i] = math.Log(mostGrowth)
	}
	d.x, d.g, d.last, d.lastG = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
}

// prescribeFlows sets the given flows.
func (st *state) prescribeFlows() {
	for k := range st.links {
		if l := &st.links[k]; l.mode == given && !st.varies(k) {
			l.m = st.prescribed(k)
		}
	}
	d := &st.demands
	if len(d.links) == 0 {
		return
	}
	smooth := true
	for i, k := range d.links {
		m, f := st.links[k].m, st.prescribed(int(k))
		q := st.el.stations[st.p.links[k].at].demand.Heat.Value
		d.x[i], d.g[i] = 0, 0
		switch {
		case d.dry[i]:
			st.links[k].m = f
		case f == 0 && m >= q/(4200*leastDrop):
			d.dry[i], smooth = true, false
			st.links[k].m = 0
		case f == 0: // too cold with this flow: perhaps only because it is small
			smooth = false
			d.x[i], d.g[i] = math.Log(m), math.Log(mostGrowth)
		case m == 0:
			smooth = false
			st.links[k].m = f
			d.x[i] = math.Log(f)
		default:
			d.x[i], d.g[i] = math.Log(m), math.Log(f/m)
		}
	}
	d.step(smooth)
	for i, k := range d.links {
		if st.links[k].m > 0 {
			st.links[k].m = math.Exp(d.x[i])
		}
	}
}

// varies reports whether a given flow follows from a heat demand.
func (st *state) varies(k int) bool {
	at := st.p.links[k]
	if at.kind != models.KindStation {
		return false
	}
	x := &st.el.stations[at.at].demand
	return !x.Flow.Known && x.Heat.Value > 0
}

// step replaces x by the next try. Without a smooth history, or when the last
// mix made things worse, it goes on from the plain iteration.
func (d *demands) step(smooth bool) {
	norm := 0.0
	for _, g := range d.g {
		norm += g * g
	}
	if !smooth || (d.begun && norm > 4*d.norm) {
		d.dx, d.dg, d.begun = d.dx[:0], d.dg[:0], false
	}
	if d.begun {
		d.remember()
	}
	d.norm = norm
	copy(d.last, d.x)
	copy(d.lastG, d.g)
	d.begun = smooth
	c := d.coefficients()
	for i := range d.x {
		s := d.g[i]
		for j := range c {
			s -= (d.dx[j][i] + d.dg[j][i]) * c[j]
		}
		if d.g[i]*d.sign[i] < 0 {
			d.limit[i] /= 2
		} else {
			d.limit[i] = math.Min(1.5*d.limit[i], math.Log(mostGrowth))
		}
		d.sign[i] = d.g[i]
		d.x[i] += math.Min(math.Max(s, -d.limit[i]), d.limit[i])
	}
}

// remember adds the differences of this try to the last one to the history.
func (d *demands) remember() {
	var dx, dg []float64
	if len(d.dx) == mixDepth {
		dx, dg = d.dx[0], d.dg[0]
		copy(d.dx, d.dx[1:])
		copy(d.dg, d.dg[1:])
		d.dx, d.dg = d.dx[:mixDepth-1], d.dg[:mixDepth-1]
	} else {
		dx, dg = make([]float64, len(d.x)), make([]float64, len(d.x))
	}
	for i := range d.x {
		dx[i], dg[i] = d.x[i]-d.last[i], d.g[i]-d.lastG[i]
	}
	d.dx, d.dg = append(d.dx, dx), append(d.dg, dg)
}

// coefficients solves the small least-squares problem by its normal
// equations, slightly regularised.
func (d *demands) coefficients() []float64 {
	n := len(d.dg)
	var a [mixDepth][mixDepth + 1]float64
	for r := range n {
		for c := range n {
			a[r][c] = dot(d.dg[r], d.dg[c])
		}
		a[r][r] *= 1 + 1e-10
		a[r][n] = dot(d.dg[r], d.g)
	}
	for p := range n { // symmetric and positive: no pivoting
		if !(a[p][p] > 0) {
			return nil
		}
		for r := p + 1; r < n; r++ {
			f := a[r][p] / a[p][p]
			for c := p; c <= n; c++ {
				a[r][c] -= f * a[p][c]
			}
		}
	}
	out := make([]float64, n)
	for r := n - 1; r >= 0; r-- {
		s := a[r][n]
		for c := r + 1; c < n; c++ {
			s -= a[r][c] * out[c]
		}
		out[r] = s / a[r][r]
	}
	return out
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}
