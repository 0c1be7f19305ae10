package sparse

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// laplacian fills cells and l with a grounded Laplacian of random weights and returns
// it dense as well.
func laplacian(rng *rand.Rand, p *Pattern, cells []Cell, l []float64, a, b []int32) *mat.SymDense {
	clear(cells)
	clear(l)
	dense := mat.NewSymDense(p.N, nil)
	for j := range p.N {
		cells[j].D = 0.1
		dense.SetSym(j, j, 0.1)
	}
	for e := range a {
		i, j := int(p.Pivot[a[e]]), int(p.Pivot[b[e]])
		if i == j {
			continue
		}
		w := math.Exp(4 * rng.NormFloat64())
		cells[i].D += w
		cells[j].D += w
		l[p.Slot(int32(i), int32(j))] -= w
		dense.SetSym(i, i, dense.At(i, i)+w)
		dense.SetSym(j, j, dense.At(j, j)+w)
		dense.SetSym(i, j, dense.At(i, j)-w)
	}
	return dense
}

// graphs: a random tree with chords (chords many enough for wide columns), and
// a grid.
func graph(rng *rand.Rand, n, chords int) (a, b []int32) {
	for v := 1; v < n; v++ {
		a, b = append(a, int32(v)), append(b, int32(rng.IntN(v)))
	}
	for range chords {
		a, b = append(a, int32(rng.IntN(n))), append(b, int32(rng.IntN(n)))
	}
	return a, b
}

func TestSolvesLikeDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, chords := range []int{0, 3, 40, 90, 200} {
		n := 60
		a, b := graph(rng, n, chords)
		p := Analyse(n, a, b)
		cells, l := make([]Cell, n), make([]float64, p.Fill())
		for again := range 3 { // refactor the same pattern
			if again == 2 {
				p.schedule(0) // nothing wide is listed
			}
			dense := laplacian(rng, p, cells, l, a, b)
			rhs, more := mat.NewVecDense(n, nil), make([]float64, n)
			for i := range n {
				rhs.SetVec(i, rng.NormFloat64())
				cells[i].X = rhs.AtVec(i)
				more[n-1-i] = rhs.AtVec(i)
			}
			next := mat.NewVecDense(n, append([]float64(nil), more...))
			p.Solve(nil, make([]int32, p.N+1), cells, l)
			x := make([]float64, n)
			for i := range x {
				x[i] = cells[i].X
			}
			p.Again(cells, l, more)
			for _, c := range []struct {
				x   []float64
				rhs *mat.VecDense
			}{{x, rhs}, {more, next}} {
				var got mat.VecDense
				got.MulVec(dense, mat.NewVecDense(n, c.x))
				got.SubVec(&got, c.rhs)
				if r := mat.Norm(&got, math.Inf(1)); r > 1e-10 {
					t.Errorf("chords %d: residual %g", chords, r)
				}
			}
		}
	}
}

// grid returns the edges of a square grid.
func grid(side int32) (a, b []int32) {
	for v := range side * side {
		if v%side+1 < side {
			a, b = append(a, v), append(b, v+1)
		}
		if v/side+1 < side {
			a, b = append(a, v), append(b, v+side)
		}
	}
	return a, b
}

// edgesOf gives the edges random conductances and right-hand sides, in the order
// that Solve wants, some more that lead to the two places beyond the pivots, and
// returns the system dense as well.
func edgesOf(rng *rand.Rand, p *Pattern, a, b []int32) (edges []Edge, first []int32, dense *mat.SymDense, rhs *mat.VecDense) {
	n := p.N
	first, dense, rhs = make([]int32, n+1), mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	ends := make([][2]int32, 0, len(a))
	for e := range a {
		i, k := p.Pivot[a[e]], p.Pivot[b[e]]
		ends = append(ends, [2]int32{min(i, k), max(i, k)})
	}
	for j := 0; j < n; j += 7 {
		ends = append(ends, [2]int32{int32(j), int32(n + j%2)})
	}
	slices.SortFunc(ends, func(x, y [2]int32) int { return int(x[0] - y[0]) })
	for _, e := range ends {
		x := Edge{W: math.Exp(2 * rng.NormFloat64()), F: rng.NormFloat64(), A: e[0], B: e[1], Slot: p.Slot(e[0], e[1])}
		edges = append(edges, x)
		first[x.A+1] = int32(len(edges))
		i, k := int(x.A), int(x.B)
		dense.SetSym(i, i, dense.At(i, i)+x.W)
		rhs.SetVec(i, rhs.AtVec(i)+x.F)
		if k < n {
			dense.SetSym(k, k, dense.At(k, k)+x.W)
			dense.SetSym(i, k, dense.At(i, k)-x.W)
			rhs.SetVec(k, rhs.AtVec(k)-x.F)
		}
	}
	for j := range n {
		first[j+1] = max(first[j+1], first[j])
	}
	return edges, first, dense, rhs
}

// Matrices added up from edges, of grids and of meshed trees, whole and divided;
// the halves in either order.
func TestEdgesLikeDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	treeA, treeB := graph(rng, 600, 12)
	gridA, gridB := grid(18)
	for _, c := range []struct {
		name        string
		a, b        []int32
		n           int
		wide, split bool
	}{
		{"grid", gridA, gridB, 18 * 18, true, false},
		{"grid divided", gridA, gridB, 18 * 18, false, true},
		{"meshed tree divided", treeA, treeB, 600, false, true},
	} {
		p := Analyse(c.n, c.a, c.b)
		if c.split {
			if p = p.Split(c.n + 2); p.both == 0 {
				t.Fatalf("%s: it is not", c.name)
			}
		}
		var blocks [widest + 1]int
		for _, k := range p.wide {
			blocks[k]++
		}
		if c.wide && blocks[1]*blocks[2]*blocks[4] == 0 {
			t.Fatalf("%s: blocks by size: %v", c.name, blocks)
		}
		edges, first, dense, rhs := edgesOf(rng, p, c.a, c.b)
		cells, l := make([]Cell, p.Cells(c.n+2)), make([]float64, p.Slots())
		p.Solve(edges, first, cells, l)
		check := func(what string, x []float64, rhs *mat.VecDense) {
			got := mat.NewVecDense(p.N, nil)
			got.MulVec(dense, mat.NewVecDense(p.N, x))
			got.SubVec(got, rhs)
			if r := mat.Norm(got, math.Inf(1)); !(r < 1e-9) {
				t.Errorf("%s, %s: residual %g", c.name, what, r)
			}
		}
		x, again := make([]float64, p.N), append([]float64(nil), rhs.RawVector().Data...)
		for j := range x {
			x[j] = cells[j].X
		}
		check("solved", x, rhs)
		p.Again(cells, l, again)
		check("once more", again, rhs)
		clear(cells)
		clear(l)
		for _, part := range []int{1, 0} {
			p.Forward(part, edges, first, cells, l)
		}
		p.Merge(cells, l)
		p.Forward(2, edges, first, cells, l)
		p.Back(2, cells, l)
		p.Share(cells)
		p.Back(0, cells, l)
		p.Back(1, cells, l)
		for j := range x {
			if cells[j].X != x[j] {
				t.Fatalf("%s: the halves in the other order give %v at %d, not %v", c.name, cells[j].X, j, x[j])
			}
		}
	}
}

// A matrix without branches is not divided.
func TestStalkIsNotDivided(t *testing.T) {
	var a, b []int32
	for v := int32(1); v < 40; v++ {
		for u := range v {
			a, b = append(a, u), append(b, v)
		}
	}
	if p := Analyse(40, a, b); p.Split(40) != p {
		t.Error("a full matrix was divided")
	}
}

func TestTreeHasNoFill(t *testing.T) {
	a, b := graph(rand.New(rand.NewPCG(3, 4)), 500, 0)
	if p := Analyse(500, a, b); p.Fill() != 499 {
		t.Errorf("a tree of 500 nodes has %d entries below the diagonal, want 499", p.Fill())
	}
}

func TestIsolatedNodesAndLoops(t *testing.T) {
	p := Analyse(3, []int32{0, 0}, []int32{0, 2})
	cells := []Cell{{X: 1}, {X: 2}, {X: 3}}
	p.Solve(nil, make([]int32, p.N+1), cells, make([]float64, p.Fill()))
	for _, c := range cells {
		if math.IsNaN(c.X) || math.IsInf(c.X, 0) {
			t.Fatalf("a matrix of zeros gives %v", cells)
		}
	}
	if p := Analyse(0, nil, nil); p.N != 0 {
		t.Fatal("an empty graph has no nodes")
	}
}

func TestSolveDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	a, b := graph(rng, 300, 60)
	p := Analyse(300, a, b)
	cells, l := make([]Cell, 300), make([]float64, p.Fill())
	laplacian(rng, p, cells, l, a, b)
	x, none := make([]float64, 300), make([]int32, 301)
	if n := testing.AllocsPerRun(10, func() { p.Solve(nil, none, cells, l); p.Again(cells, l, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAnalyse10k(bm *testing.B) {
	a, b := graph(rand.New(rand.NewPCG(7, 8)), 10000, 300)
	for bm.Loop() {
		Analyse(10000, a, b)
	}
}

func BenchmarkSolve10k(bm *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, b := graph(rng, 10000, 300)
	p := Analyse(10000, a, b)
	cells, l := make([]Cell, 10000), make([]float64, p.Fill())
	for bm.Loop() {
		clear(l)
		for i := range cells {
			cells[i] = Cell{3, 1}
		}
		p.Solve(nil, make([]int32, p.N+1), cells, l)
	}
}

func TestUnsymmetricSolvesLikeDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	n := 50
	a, b := graph(rng, n, 30)
	p := Analyse(n, a, b)
	f := new(LU)
	f.Fit(p)
	dense := mat.NewDense(n, n, nil)
	for j := range n {
		f.D[j] = 0.5
		dense.Set(j, j, 0.5)
	}
	for e := range a {
		i, j := p.Pivot[a[e]], p.Pivot[b[e]]
		if i == j {
			continue
		}
		w := rng.Float64() // flows i -> j: row j takes from column i
		dense.Set(int(j), int(j), dense.At(int(j), int(j))+w)
		dense.Set(int(j), int(i), dense.At(int(j), int(i))-w)
		f.D[j] += w
		if s := p.Slot(i, j); j > i {
			f.L[s] -= w
		} else {
			f.U[s] -= w
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	rhs := mat.NewVecDense(n, append([]float64(nil), x...))
	p.FactorizeLU(f)
	p.SolveLU(f, x)
	var r mat.VecDense
	r.MulVec(dense, mat.NewVecDense(n, x))
	r.SubVec(&r, rhs)
	if m := mat.Norm(&r, math.Inf(1)); m > 1e-11 {
		t.Errorf("residual %g", m)
	}
}

// A workspace gives every graph the pattern that a fresh one would, and takes no
// memory for those that it has had before.
func TestWorkspaceIsReused(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	var w Workspace
	var p Pattern
	var f LU
	type network struct {
		n    int
		a, b []int32
	}
	var all []network
	for range 40 {
		n := 1 + rng.IntN(80)
		a, b := graph(rng, n, rng.IntN(60))
		all = append(all, network{n, a, b})
	}
	each := func(look func(network)) {
		for _, g := range all {
			w.AnalyseLU(&p, g.n, g.a, g.b)
			f.Fit(&p)
			look(g)
		}
	}
	each(func(g network) {
		if q := Analyse(g.n, g.a, g.b); !slices.Equal(p.Pivot, q.Pivot) || !slices.Equal(p.Node, q.Node) || !slices.Equal(p.ptr, q.ptr) || !slices.Equal(p.rows, q.rows) || len(f.L) != len(q.rows) {
			t.Fatalf("%d nodes: %v and %v", g.n, p.Pivot, q.Pivot)
		}
	})
	each(func(network) {})
	if allocs := testing.AllocsPerRun(3, func() { each(func(network) {}) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
