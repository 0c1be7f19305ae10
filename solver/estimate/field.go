package estimate

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"evenflow/solver/internal/sparse"
)

// field is the linear Gaussian model of how far pressures stand off the
// solver's, with the station flows given:
//
//	u_from - u_to = D + sum_b beta_b z_b,   D ~ N(mean, tau²)   for every edge
//	u_i - u_j (or u_i) ~ N(y, sigma²)                            for every observation
//
// u is the deviation of a junction's pressure, D the extra drop of an edge,
// z the few unknowns common to many edges: the deviation of a ring's flow
// (beta = slope of the drop) and the factor common to a group of pipes
// (beta = the drop). The normal equations are the network's own graph, solved
// sparse, with the z as a dense border.
type field struct {
	n       int
	edges   []strand
	seen    []sight
	borders int
	prior   []float64 // variance of each z
	pattern *sparse.Pattern
}

// strand is one edge of the field.
type strand struct {
	from, to  int32
	mean, tau float64 // Pa
	beta      []share
}

// share is an edge's part in one border unknown.
type share struct {
	at   int
	beta float64
}

// sight is one observation; j < 0: of a single junction.
type sight struct {
	i, j     int32
	y, sigma float64
}

// posterior is the solution of a field.
type posterior struct {
	f     *field
	cells []sparse.Cell // the factor
	l     []float64
	u, z  []float64
	cols  [][]float64 // A^-1 B, one column a border unknown
	schur mat.Cholesky
}

// unanchored is the standard deviation of a junction's pressure without any
// observation, Pa: it only keeps parts without meters from being singular.
const unanchored = 1e6

var errField = errors.New("estimate: the pressures' normal equations are singular")

// analyse fixes the pattern; the edges' ends and the pairs of observations
// must not change afterwards.
func (f *field) analyse() {
	var a, b []int32
	for i := range f.edges {
		a, b = append(a, f.edges[i].from), append(b, f.edges[i].to)
	}
	for _, s := range f.seen {
		if s.j >= 0 {
			a, b = append(a, s.i), append(b, s.j)
		}
	}
	f.pattern = sparse.Analyse(f.n, a, b)
}

// solve assembles and solves the normal equations.
func (f *field) solve() (*posterior, error) {
	p := &posterior{f: f, cells: make([]sparse.Cell, f.n), l: make([]float64, f.pattern.Fill()), u: make([]float64, f.n)}
	rhs := make([]float64, f.n)
	p.assemble(rhs)
	f.pattern.Solve(nil, make([]int32, f.n+1), p.cells, p.l)
	p.cols = make([][]float64, f.borders)
	for k := range p.cols {
		p.cols[k] = make([]float64, f.n)
	}
	schur := mat.NewSymDense(max(f.borders, 1), nil)
	c := mat.NewVecDense(max(f.borders, 1), nil)
	if f.borders == 0 {
		schur.SetSym(0, 0, 1)
	}
	for k, v := range f.prior {
		schur.SetSym(k, k, 1/v)
	}
	for i := range f.edges {
		e := &f.edges[i]
		w := 1 / (e.tau * e.tau)
		for x, s := range e.beta {
			p.cols[s.at][e.from] -= w * s.beta
			p.cols[s.at][e.to] += w * s.beta
			c.SetVec(s.at, c.AtVec(s.at)-w*s.beta*e.mean)
			for _, t := range e.beta[x:] {
				schur.SetSym(s.at, t.at, schur.At(s.at, t.at)+w*s.beta*t.beta)
			}
		}
	}
	b := make([]column, f.borders)
	for k := range b {
		b[k] = sparseColumn(p.cols[k])
		p.back(p.cols[k])
	}
	p.back(rhs)
	for k := range b {
		c.SetVec(k, c.AtVec(k)-b[k].dot(rhs))
		for l := k; l < f.borders; l++ {
			schur.SetSym(k, l, schur.At(k, l)-b[k].dot(p.cols[l]))
		}
	}
	if !p.schur.Factorize(schur) {
		return nil, errField
	}
	var z mat.VecDense
	if err := p.schur.SolveVecTo(&z, c); err != nil {
		return nil, errField
	}
	p.z = z.RawVector().Data[:f.borders]
	copy(p.u, rhs)
	for k, zk := range p.z {
		for i, v := range p.cols[k] {
			p.u[i] -= v * zk
		}
	}
	return p, nil
}

// assemble fills matrix and right-hand side.
func (p *posterior) assemble(rhs []float64) {
	f, pat := p.f, p.f.pattern
	for i := range p.cells {
		p.cells[i].D = 1 / (unanchored * unanchored)
	}
	pair := func(i, j int32, w, y float64) {
		a, b := pat.Pivot[i], pat.Pivot[j]
		p.cells[a].D += w
		p.cells[b].D += w
		p.l[pat.Slot(a, b)] -= w
		rhs[i] += w * y
		rhs[j] -= w * y
	}
	for i := range f.edges {
		if e := &f.edges[i]; e.from != e.to {
			pair(e.from, e.to, 1/(e.tau*e.tau), e.mean)
		}
	}
	for _, s := range f.seen {
		w := 1 / (s.sigma * s.sigma)
		if s.j >= 0 {
			pair(s.i, s.j, w, s.y)
			continue
		}
		p.cells[pat.Pivot[s.i]].D += w
		rhs[s.i] += w * s.y
	}
}

// back solves A x = b in place, both by junction.
func (p *posterior) back(x []float64) {
	pat := p.f.pattern
	y := make([]float64, len(x))
	for i, v := range x {
		y[pat.Pivot[i]] = v
	}
	pat.Again(p.cells, p.l, y)
	for i := range x {
		x[i] = y[pat.Pivot[i]]
	}
}

// column is a border column before the solve: nearly all of it is zero.
type column struct {
	at    []int32
	value []float64
}

func sparseColumn(x []float64) column {
	var c column
	for i, v := range x {
		if v != 0 {
			c.at, c.value = append(c.at, int32(i)), append(c.value, v)
		}
	}
	return c
}

func (c column) dot(x []float64) float64 {
	s := 0.0
	for k, i := range c.at {
		s += c.value[k] * x[i]
	}
	return s
}

// extra is the posterior mean of an edge's extra drop beyond its prior mean,
// and its part in the drop beyond the solver's (mean included), Pa.
func (p *posterior) extra(k int) (beyond, drop float64) {
	e := &p.f.edges[k]
	drop = p.u[e.from] - p.u[e.to]
	beyond = drop - e.mean
	for _, s := range e.beta {
		beyond -= s.beta * p.z[s.at]
	}
	return beyond, drop
}

// variance is the posterior variance of u_i - u_j - sum beta z (j < 0: of
// u_i).
func (p *posterior) variance(i, j int32, beta []share) float64 {
	c := make([]float64, p.f.n)
	c[i] = 1
	if j >= 0 {
		c[j] -= 1
	}
	p.back(c)
	v := c[i]
	if j >= 0 {
		v -= c[j]
	}
	if p.f.borders == 0 {
		return v
	}
	w := mat.NewVecDense(p.f.borders, nil)
	for k, col := range p.cols {
		x := -col[i]
		if j >= 0 {
			x += col[j]
		}
		w.SetVec(k, x)
	}
	for _, s := range beta {
		w.SetVec(s.at, w.AtVec(s.at)-s.beta)
	}
	var x mat.VecDense
	if err := p.schur.SolveVecTo(&x, w); err != nil {
		return v
	}
	return v + mat.Dot(w, &x)
}

// score is how many standard deviations an edge's prior is off: the score
// test of setting it free. Edges that no observation touches score 0.
func (p *posterior) score(k int) float64 {
	e := &p.f.edges[k]
	beyond, _ := p.extra(k)
	told := e.tau*e.tau - p.variance(e.from, e.to, e.beta)
	if told < 1e-7*e.tau*e.tau {
		return 0
	}
	return beyond / math.Sqrt(told)
}
