package solver

import "math"

// foresight is the working memory of foresee.
type foresight struct {
	v  [][]float64 // orthonormal residuals, by chain and knot
	h  [][]float64 // by column: upper triangle after the rotations
	cs []float64
	sn []float64
	g  []float64
	z  []float64
	// Steps of the temperatures, by passage, K: of the Newton step and of the first
	// directions; in the end dt[0] of the step that is taken, where told.
	dt    [keptForeseen + 1][]float64
	told  bool
	small [][]float64 // G - C Z of the regulators that hold, factorized
	rows  []float64   // memory of it
	swaps []int
}

// A step is corrected where the residual, Pa, is less than nearForeseen: beyond
// it flows turn, and with them the temperatures otherwise than their derivatives
// tell; and within the first soonForeseen of foreseenAgain steps: what takes longer goes to
// and fro between states that the derivatives lead to. It takes mostForeseen
// substitutions, until leastForeseen of the residual is left.
const (
	nearForeseen  = 100
	mostForeseen  = 10
	soonForeseen  = 20
	foreseenAgain = 30
	leastForeseen = 1e-4
)

// keptForeseen is of how many directions it is kept how the temperatures follow.
const keptForeseen = 2

// early reports whether steps are foreseen now: the first ones, and after some
// without that a few again, unless foresight led nowhere before.
func (st *state) early() bool {
	return !st.blind && (st.report.Iterations-st.began)%foreseenAgain < soonForeseen
}

// foresee changes the Newton step just solved for so that it heeds how all
// temperatures will follow it, each chain's water that of all upstream. With S
// the step for given residuals and R what the temperatures that follow a step
// add to the residuals, beyond what the conductances know,
//
//	z = R S(e + z),  step = S(e + z)
//
// is solved for z by GMRES. S takes the factor of the matrix that is there
// already.
func (st *state) foresee() {
	n, x, y := &st.core, &st.ripple, &st.foresight
	st.factorizeBorder()
	z := y.z
	norm := 0.0
	for i := range n.flows {
		z[i] = n.flows[i].e
		norm += z[i] * z[i]
	}
	for i := range n.knots {
		z[len(n.edges)+i] = st.alone[n.knots[i].link].e
	}
	enough := math.Max(leastForeseen*math.Sqrt(norm), 0.1*st.s.opts.EnergyTolerance)
	for c := range x.dp {
		x.dp[c] = 0
		if c < n.unknown {
			x.dp[c] = n.cells[c].X
		}
	}
	x.u = append(x.u[:0], st.regs.border.u[:len(st.regs.border.rows)]...)
	x.stepsAt(st, z)
	st.tame()
	st.respond(y.v[0])
	copy(y.dt[0], x.dt)
	beta := scaled(y.v[0])
	clear(z)
	if !(beta > enough) || math.IsInf(beta, 0) {
		y.told = !math.IsNaN(beta)
		return
	}
	y.g[0] = beta
	k := 0
	for k < mostForeseen {
		w := y.v[k+1]
		st.stepOf(y.v[k])
		if st.respond(w); k < keptForeseen {
			copy(y.dt[k+1], x.dt)
		}
		for i, v := range y.v[k] {
			w[i] = v - w[i]
		}
		left := y.rotate(k)
		k++
		if !(left > enough) {
			break
		}
	}
	if math.IsNaN(y.g[k]) {
		return
	}
	y.mix(k)
	if y.told = k <= keptForeseen; y.told {
		for j := range k {
			for i, d := range y.dt[j+1] {
				y.dt[0][i] += y.g[j] * d
			}
		}
	}
	st.stepOf(z)
	for c := range n.cells[:n.unknown] {
		n.cells[c].X += x.dp[c]
	}
	for j := range x.u {
		st.regs.border.u[j] += x.u[j]
	}
	for i := range n.flows {
		n.flows[i].e += z[i]
	}
	for i := range n.knots {
		st.alone[n.knots[i].link].e += z[len(n.edges)+i]
	}
}

// init makes room for size chains and knots, and so many links.
func (y *foresight) init(size, links int) {
	y.told = false
	for i := range y.dt {
		y.dt[i] = resize(y.dt[i], links)
	}
	y.v, y.h = resize(y.v, mostForeseen+1), resize(y.h, mostForeseen)
	y.cs, y.sn, y.g = resize(y.cs, mostForeseen), resize(y.sn, mostForeseen), resize(y.g, mostForeseen+1)
	y.z = resize(y.z, size)
	for i := range y.v {
		y.v[i] = resize(y.v[i], size)
	}
	for i := range y.h {
		y.h[i] = resize(y.h[i], mostForeseen+1)
	}
}

// scaled scales v to length 1 and returns its length.
func scaled(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	sum = math.Sqrt(sum)
	if sum > 0 {
		for i := range v {
			v[i] /= sum
		}
	}
	return sum
}

// rotate makes direction k+1 orthogonal to those before it, takes it into the
// least squares, and returns the residual that is left.
func (y *foresight) rotate(k int) float64 {
	w, h := y.v[k+1], y.h[k]
	for j := range k + 1 {
		d := 0.0
		for i, v := range y.v[j] {
			d += v * w[i]
		}
		for i, v := range y.v[j] {
			w[i] -= d * v
		}
		h[j] = d
	}
	h[k+1] = scaled(w)
	for j := range k {
		h[j], h[j+1] = y.cs[j]*h[j]+y.sn[j]*h[j+1], y.cs[j]*h[j+1]-y.sn[j]*h[j]
	}
	r := math.Hypot(h[k], h[k+1])
	y.cs[k], y.sn[k] = h[k]/r, h[k+1]/r
	h[k] = r
	y.g[k+1] = -y.sn[k] * y.g[k]
	y.g[k] *= y.cs[k]
	return math.Abs(y.g[k+1])
}

// mix leaves in z the mixture of k directions with the least residual.
func (y *foresight) mix(k int) {
	for j := k - 1; j >= 0; j-- {
		s := y.g[j]
		for i := j + 1; i < k; i++ {
			s -= y.h[i][j] * y.g[i]
		}
		y.g[j] = s / y.h[j][j]
	}
	for j := range k {
		for i, v := range y.v[j] {
			y.z[i] += y.g[j] * v
		}
	}
}

// stepOf leaves in the ripple the step that residuals z alone make.
func (st *state) stepOf(z []float64) {
	n, x := &st.core, &st.ripple
	clear(x.dp)
	for i := range n.edges {
		y := &n.edges[i]
		f := y.W * z[i]
		x.dp[y.A] += f
		x.dp[y.B] -= f
	}
	for i := range n.knots {
		y := &n.knots[i]
		if st.links[y.link].mode == free {
			f := st.alone[y.link].w * z[len(n.edges)+i]
			x.dp[y.a] += f
			x.dp[y.b] -= f
		}
	}
	n.pattern.Again(n.cells, n.l, x.dp)
	clear(x.dp[n.unknown:])
	st.borderStep()
	x.stepsAt(st, z)
}

// factorizeBorder factorizes the small system of the regulators that hold.
func (st *state) factorizeBorder() {
	b, y := &st.regs.border, &st.foresight
	m := len(b.rows)
	y.small, y.rows, y.swaps = resize(y.small, m), resize(y.rows, m*m), resize(y.swaps, m)
	for r, i := range b.rows {
		x := &st.regs.list[i]
		y.small[r] = y.rows[r*m : (r+1)*m]
		for j := range b.rows {
			y.small[r][j] = -st.sense(x, b.z[j])
		}
		if x.senses == ownFlow {
			y.small[r][r]++
		}
	}
	for p := range m {
		best := p
		for r := p + 1; r < m; r++ {
			if math.Abs(y.small[r][p]) > math.Abs(y.small[best][p]) {
				best = r
			}
		}
		y.swaps[p] = best
		y.small[p], y.small[best] = y.small[best], y.small[p]
		for r := p + 1; r < m; r++ {
			f := y.small[r][p] / y.small[p][p]
			y.small[r][p] = f
			for c := p + 1; c < m; c++ {
				y.small[r][c] -= f * y.small[p][c]
			}
		}
	}
}

// borderStep lets the regulators that hold answer the step of pressure in dp.
func (st *state) borderStep() {
	b, x, y := &st.regs.border, &st.ripple, &st.foresight
	m := len(b.rows)
	x.u = resize(x.u, m)
	for r, i := range b.rows {
		x.u[r] = -st.sense(&st.regs.list[i], x.dp)
	}
	for p := range m {
		q := y.swaps[p]
		x.u[p], x.u[q] = x.u[q], x.u[p]
	}
	for p := range m {
		for r := p + 1; r < m; r++ {
			x.u[r] -= y.small[r][p] * x.u[p]
		}
	}
	for p := m - 1; p >= 0; p-- {
		for c := p + 1; c < m; c++ {
			x.u[p] -= y.small[p][c] * x.u[c]
		}
		x.u[p] /= y.small[p][p]
	}
	for j, u := range x.u {
		for v, z := range b.z[j] {
			x.dp[v] -= u * z
		}
	}
	clear(x.dp[st.core.unknown:])
}
