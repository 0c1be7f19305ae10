package solver

import "math"

// mixDepth is how many earlier tries a mixer remembers.
const mixDepth = 6

// mixer finds x with g(x) = 0, where x + g is the next x of a plain iteration,
// by Anderson's mixing (J. ACM 12 (1965) 547): of the combinations of the last
// tries it takes the one whose g is least,
//
//	x' = x + g - sum over j of (dx_j + dg_j) c_j,   |g - sum dg_j c_j| least.
type mixer struct {
	dx, dg [][]float64
	lastX  []float64
	lastG  []float64
	begun  bool
	norm   float64
	plan   []float64
}

func newMixer(n int) mixer {
	return mixer{lastX: make([]float64, n), lastG: make([]float64, n), plan: make([]float64, n)}
}

// forget drops the history.
func (d *mixer) forget() { d.dx, d.dg, d.begun = d.dx[:0], d.dg[:0], false }

// step returns the step to take from x, where the plain iteration would take
// g; valid until the next call. When the last mix made things much worse it
// starts a new history.
func (d *mixer) step(x, g []float64) []float64 {
	norm := dot(g, g)
	if d.begun && norm > 4*d.norm {
		d.forget()
	}
	if d.begun {
		d.remember(x, g)
	}
	d.begun, d.norm = true, norm
	copy(d.lastX, x)
	copy(d.lastG, g)
	copy(d.plan, g)
	for j, c := range d.coefficients(g) {
		for i := range d.plan {
			d.plan[i] -= (d.dx[j][i] + d.dg[j][i]) * c
		}
	}
	return d.plan
}

// remember adds the differences of this try to the last one.
func (d *mixer) remember(x, g []float64) {
	var dx, dg []float64
	if len(d.dx) == mixDepth {
		dx, dg = d.dx[0], d.dg[0]
		copy(d.dx, d.dx[1:])
		copy(d.dg, d.dg[1:])
		d.dx, d.dg = d.dx[:mixDepth-1], d.dg[:mixDepth-1]
	} else {
		dx, dg = make([]float64, len(x)), make([]float64, len(x))
	}
	for i := range x {
		dx[i], dg[i] = x[i]-d.lastX[i], g[i]-d.lastG[i]
	}
	d.dx, d.dg = append(d.dx, dx), append(d.dg, dg)
}

// coefficients solves the small least-squares problem by its normal
// equations, slightly regularised.
func (d *mixer) coefficients(g []float64) []float64 {
	n := len(d.dg)
	var a [mixDepth][mixDepth + 1]float64
	for r := range n {
		for c := range n {
			a[r][c] = dot(d.dg[r], d.dg[c])
		}
		a[r][r] *= 1 + 1e-10
		a[r][n] = dot(d.dg[r], g)
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
		if math.IsNaN(out[r]) {
			return nil
		}
	}
	return out
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}
