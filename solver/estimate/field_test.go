package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// ringField is a ring of five junctions with a tail, two border unknowns and
// observations of both kinds.
func ringField(rng *rand.Rand) *field {
	f := &field{n: 7, borders: 2, prior: []float64{4, 0.01}}
	ends := [][2]int32{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {3, 5}, {5, 6}}
	for k, e := range ends {
		s := strand{from: e[0], to: e[1], mean: 100 * rng.NormFloat64(), tau: 50 + 300*rng.Float64()}
		if k < 5 {
			s.beta = append(s.beta, share{0, 200 + 100*rng.Float64()})
		}
		s.beta = append(s.beta, share{1, 1000 * rng.NormFloat64()})
		f.edges = append(f.edges, s)
	}
	f.seen = []sight{{0, -1, 0, 10}, {2, -1, 800, 100}, {6, -1, -300, 150}, {4, 1, 250, 80}}
	f.analyse()
	return f
}

// dense solves the same least squares with one dense matrix: unknowns u, z.
func dense(f *field) (x *mat.VecDense, cov *mat.Dense) {
	n := f.n + f.borders
	a, b := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	row := func(c []float64, y, sigma float64) {
		w := 1 / (sigma * sigma)
		for i := range c {
			b.SetVec(i, b.AtVec(i)+w*c[i]*y)
			for j := range c {
				a.Set(i, j, a.At(i, j)+w*c[i]*c[j])
			}
		}
	}
	for i := range f.n {
		c := make([]float64, n)
		c[i] = 1
		row(c, 0, unanchored)
	}
	for _, e := range f.edges {
		c := make([]float64, n)
		c[e.from]++
		c[e.to]--
		for _, s := range e.beta {
			c[f.n+s.at] -= s.beta
		}
		row(c, e.mean, e.tau)
	}
	for _, s := range f.seen {
		c := make([]float64, n)
		c[s.i]++
		if s.j >= 0 {
			c[s.j]--
		}
		row(c, s.y, s.sigma)
	}
	for k, v := range f.prior {
		c := make([]float64, n)
		c[f.n+k] = 1
		row(c, 0, math.Sqrt(v))
	}
	cov = mat.NewDense(n, n, nil)
	if err := cov.Inverse(a); err != nil {
		panic(err)
	}
	x = mat.NewVecDense(n, nil)
	x.MulVec(cov, b)
	return x, cov
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// The sparse solution with its border agrees with the dense one: means, and
// the variances that scores rest on.
func TestFieldAgreesWithDenseLeastSquares(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		f := ringField(rng)
		p, err := f.solve()
		if err != nil {
			t.Fatal(err)
		}
		x, cov := dense(f)
		for i := range f.n {
			near(t, "u", p.u[i], x.AtVec(i))
			near(t, "variance of u", p.variance(int32(i), -1, nil), cov.At(i, i))
		}
		for k := range f.borders {
			near(t, "z", p.z[k], x.AtVec(f.n+k))
		}
		for k, e := range f.edges {
			c := mat.NewVecDense(f.n+f.borders, nil)
			c.SetVec(int(e.from), 1)
			c.SetVec(int(e.to), -1)
			for _, s := range e.beta {
				c.SetVec(f.n+s.at, -s.beta)
			}
			v := mat.Inner(c, cov, c)
			near(t, "variance of an edge", p.variance(e.from, e.to, e.beta), v)
			beyond, _ := p.extra(k)
			near(t, "extra drop", beyond, mat.Dot(c, x)-e.mean)
			near(t, "score", p.score(k), (mat.Dot(c, x)-e.mean)/math.Sqrt(e.tau*e.tau-v))
		}
	}
}

// In a chain with a jump of pressure between two meters the score is highest
// on the edges between them, and equal for edges in series.
func TestScorePointsAtTheStretchBetweenTheMeters(t *testing.T) {
	f := &field{n: 6}
	for i := range int32(5) {
		f.edges = append(f.edges, strand{from: i, to: i + 1, tau: 200})
	}
	// Metered at 0, 1, 3, 4, 5; 2 000 Pa are lost between 1 and 3.
	for i, y := range map[int32]float64{0: 0, 1: 0, 3: -2000, 4: -2000, 5: -2000} {
		f.seen = append(f.seen, sight{i, -1, y, 50})
	}
	f.analyse()
	p, err := f.solve()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scores in series", p.score(1), p.score(2))
	for _, k := range []int{0, 3, 4} {
		if math.Abs(p.score(k)) > 0.5*p.score(1) {
			t.Errorf("edge %d scores %.1f, the stretch %.1f", k, p.score(k), p.score(1))
		}
	}
	if p.score(1) < freeScore {
		t.Errorf("the stretch scores %.1f only", p.score(1))
	}
}
