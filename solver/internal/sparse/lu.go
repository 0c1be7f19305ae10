package sparse

// LU holds the values of an unsymmetric matrix on a symmetric pattern and,
// after FactorizeLU, of its factors. It suits M-matrices (upwind transport),
// which need no pivoting.
type LU struct {
	D []float64 // diagonal, by pivot
	L []float64 // below it, by slot: entry (row, column)
	U []float64 // above it, by the same slot: entry (column, row)
}

// Fit makes room for the values of unsymmetric matrices of p's pattern, and sets
// them to zero.
func (f *LU) Fit(p *Pattern) {
	f.D, f.L, f.U = room(f.D, p.N), room(f.L, len(p.rows)), room(f.U, len(p.rows))
}

// Clear sets all values to zero.
func (f *LU) Clear() {
	clear(f.D)
	clear(f.L)
	clear(f.U)
}

// FactorizeLU replaces the assembled matrix by its factors, in place, in the
// order of the pattern and without pivoting. A zero pivot counts as 1.
func (p *Pattern) FactorizeLU(f *LU) {
	for j := range f.D {
		if f.D[j] == 0 {
			f.D[j] = 1
		}
		lo, hi := int(p.ptr[j]), int(p.ptr[j+1])
		for a := lo; a < hi; a++ {
			f.L[a] /= f.D[j]
		}
		for a := lo; a < hi; a++ {
			r, l, u := p.rows[a], f.L[a], f.U[a]
			if l == 0 && u == 0 {
				continue
			}
			f.D[r] -= l * u
			t := int(p.ptr[r])
			for b := a + 1; b < hi; b++ {
				for p.rows[t] != p.rows[b] {
					t++
				}
				f.L[t] -= f.L[b] * u
				f.U[t] -= l * f.U[b]
				t++
			}
		}
	}
}

// SolveLU replaces the right-hand side x, indexed by pivot, by the solution.
func (p *Pattern) SolveLU(f *LU, x []float64) {
	for j := range f.D {
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			x[p.rows[k]] -= f.L[k] * x[j]
		}
	}
	for j := len(f.D) - 1; j >= 0; j-- {
		s := x[j]
		for k := p.ptr[j]; k < p.ptr[j+1]; k++ {
			s -= f.U[k] * x[p.rows[k]]
		}
		x[j] = s / f.D[j]
	}
}
