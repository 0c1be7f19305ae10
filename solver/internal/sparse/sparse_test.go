package sparse

import (
	"math"
	"math/rand/v2"
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

// A grid has blocks of one, two and four columns; its matrix is added up from
// edges.
func TestEdgesOfAGrid(t *testing.T) {
	const side = 18
	rng := rand.New(rand.NewPCG(11, 12))
	var a, b []int32
	for v := range int32(side * side) {
		if v%side+1 < side {
			a, b = append(a, v), append(b, v+1)
		}
		if v/side+1 < side {
			a, b = append(a, v), append(b, v+side)
		}
	}
	p := Analyse(side*side, a, b)
	var blocks [widest + 1]int
	for _, k := range p.wide {
		blocks[k]++
	}
	if blocks[1]*blocks[2]*blocks[4] == 0 {
		t.Fatalf("blocks by size: %v", blocks)
	}
	first := make([]int32, p.N+1)
	edges := make([]Edge, 0, len(a))
	dense, rhs := mat.NewSymDense(p.N, nil), mat.NewVecDense(p.N, nil)
	cells, l := make([]Cell, p.N), make([]float64, p.Fill()+1)
	for j := range p.N {
		for e := range a {
			i, k := p.Pivot[a[e]], p.Pivot[b[e]]
			if min(i, k) != int32(j) {
				continue
			}
			x := Edge{W: math.Exp(4 * rng.NormFloat64()), F: rng.NormFloat64(), A: int32(j), B: max(i, k), Slot: p.Slot(i, k)}
			edges = append(edges, x)
			dense.SetSym(j, int(x.B), -x.W)
			for v, f := range map[int32]float64{x.A: x.F, x.B: -x.F} {
				dense.SetSym(int(v), int(v), dense.At(int(v), int(v))+x.W)
				rhs.SetVec(int(v), rhs.AtVec(int(v))+f)
			}
		}
		first[j+1] = int32(len(edges))
		cells[j].D = 0.1
		dense.SetSym(j, j, dense.At(j, j)+0.1)
	}
	p.Solve(edges, first, cells, l)
	x, got := mat.NewVecDense(p.N, nil), mat.NewVecDense(p.N, nil)
	for j := range p.N {
		x.SetVec(j, cells[j].X)
	}
	got.MulVec(dense, x)
	got.SubVec(got, rhs)
	if r := mat.Norm(got, math.Inf(1)); r > 1e-10 {
		t.Errorf("residual %g", r)
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
	f := p.NewLU()
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
