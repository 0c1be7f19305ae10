package law

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"evenflow/models"
)

// Curve is a pump's head in m over its flow in m3/s at nominal speed:
// H = A + B Q + C Q^2, or A - R Q^N, or straight lines, or constant power.
type Curve struct {
	A, B, C    float64
	R, N       float64 // N > 0: the power form
	Line       *Line   // the piecewise form
	Work       float64 // W given to the water
	MaxFlow    float64 // m3/s, the last point given; 0 unknown
	Efficiency float64 // wire to water
}

// ErrNoCurve says that a pump has neither points nor polynomial.
var ErrNoCurve = errors.New("the pump has no curve")

// errPolynomial refuses polynomials that the three-term form cannot hold.
var errPolynomial = errors.New("a pump polynomial may have at most three coefficients (up to the square)")

// FitCurve returns the pump's curve: least squares through three points or
// more, a line through two, constant head through one; or the polynomial as
// given.
func FitCurve(c models.PumpCurve) (Curve, error) {
	out := Curve{Efficiency: c.Efficiency}
	if out.Efficiency <= 0 {
		out.Efficiency = 0.75
	}
	if p := c.Polynomial; len(p) > 0 {
		for len(p) > 3 {
			if p[len(p)-1] != 0 {
				return Curve{}, errPolynomial
			}
			p = p[:len(p)-1]
		}
		full := [3]float64{}
		copy(full[:], p)
		out.A, out.B, out.C = full[0], full[1], full[2]
		out.MaxFlow = out.ZeroHeadFlow()
		return out, nil
	}
	n := len(c.Points)
	if n == 0 {
		return Curve{}, ErrNoCurve
	}
	for _, p := range c.Points {
		out.MaxFlow = math.Max(out.MaxFlow, p.Flow)
	}
	switch {
	case c.Form == models.PowerForm:
		return out, out.fitPower(c.Points)
	case c.Form == models.PiecewiseForm && n > 1:
		out.A, out.Line = c.Points[0].Head, &Line{}
		for _, p := range c.Points {
			out.Line.X, out.Line.Y = append(out.Line.X, p.Flow), append(out.Line.Y, p.Head)
		}
		return out, nil
	}
	terms := min(n, 3)
	scale := out.MaxFlow
	if scale <= 0 {
		out.A = c.Points[0].Head
		return out, nil
	}
	a, rhs := mat.NewDense(n, terms, nil), mat.NewVecDense(n, nil)
	for i, p := range c.Points {
		x := 1.0
		for j := range terms {
			a.Set(i, j, x)
			x *= p.Flow / scale
		}
		rhs.SetVec(i, p.Head)
	}
	var x mat.VecDense
	if err := x.SolveVec(a, rhs); err != nil {
		return Curve{}, errors.New("the points of the pump curve do not determine it (repeated flows?)")
	}
	coef := [3]float64{}
	for j := range terms {
		coef[j] = x.AtVec(j) / math.Pow(scale, float64(j))
	}
	out.A, out.B, out.C = coef[0], coef[1], coef[2]
	return out, nil
}

// fitPower lays H = A - R Q^N through three points, or through one that
// stands for a third more head at rest and none at twice the flow.
func (c *Curve) fitPower(p []models.CurvePoint) error {
	if len(p) == 1 {
		q, h := p[0].Flow, p[0].Head
		p = []models.CurvePoint{{Flow: 0, Head: 4 * h / 3}, {Flow: q, Head: h}, {Flow: 2 * q, Head: 0}}
	}
	if len(p) != 3 || p[0].Flow != 0 || !(p[1].Flow > 0 && p[2].Flow > p[1].Flow && p[0].Head > p[1].Head && p[1].Head > p[2].Head) {
		return errors.New("a power curve has one point, or three that fall from flow 0")
	}
	first, second := p[0].Head-p[1].Head, p[0].Head-p[2].Head
	c.A = p[0].Head
	c.N = math.Log(second/first) / math.Log(p[2].Flow/p[1].Flow)
	c.R = first / math.Pow(p[1].Flow, c.N)
	c.MaxFlow = c.ZeroHeadFlow()
	return nil
}

// Times returns the curve of n such pumps side by side: n times the flow at the
// same head. Of none it is the curve itself.
func (c Curve) Times(n float64) Curve {
	if n == 1 || n <= 0 {
		return c
	}
	c.B, c.C = c.B/n, c.C/(n*n)
	c.R /= math.Pow(n, c.N)
	c.Work *= n
	c.MaxFlow *= n
	if c.Line != nil {
		line := &Line{Y: c.Line.Y}
		for _, x := range c.Line.X {
			line.X = append(line.X, n*x)
		}
		c.Line = line
	}
	return c
}

// Head returns the head in m at flow q (m3/s) and relative speed n, by the
// affinity laws.
func (c *Curve) Head(q, n float64) float64 {
	switch {
	case c.N > 0:
		return c.A*n*n - c.R*math.Pow(n, 2-c.N)*math.Pow(q, c.N)
	case c.Line != nil && n > 0:
		h, _ := c.Line.At(q / n)
		return n * n * h
	}
	return c.A*n*n + c.B*n*q + c.C*q*q
}

// ZeroHeadFlow returns the flow in m3/s at which the head at nominal speed
// ends, or 0 where it never does.
func (c *Curve) ZeroHeadFlow() float64 {
	if c.N > 0 {
		return math.Pow(c.A/c.R, 1/c.N)
	}
	if c.C < 0 {
		return (-c.B - math.Sqrt(c.B*c.B-4*c.A*c.C)) / (2 * c.C)
	}
	if c.C == 0 && c.B < 0 {
		return -c.A / c.B
	}
	return 0
}

// SpeedFor returns the relative speed at which the pump gives head h (m) at
// flow q (m3/s), and whether there is one.
func (c *Curve) SpeedFor(q, h float64) (speed float64, ok bool) {
	if c.N > 0 || c.Line != nil {
		if c.Head(q, 4) < h {
			return 0, false
		}
		return root(1e-6, 4, func(n float64) float64 { return c.Head(q, n) - h }), true
	}
	// A n^2 + B q n + (C q^2 - h) = 0
	b, k := c.B*q, c.C*q*q-h
	if c.A <= 0 {
		return 0, false
	}
	disc := b*b - 4*c.A*k
	if disc < 0 {
		return 0, false
	}
	n := (-b + math.Sqrt(disc)) / (2 * c.A)
	return n, n >= 0
}

// Branch returns the pump's law at relative speed n for water of density rho
// (kg/m3) and gravity g; volume is mass over volumeRho.
func (c *Curve) Branch(n, rho, volumeRho, g float64) Branch {
	pa := rho * g
	switch {
	case c.Work > 0:
		return Branch{Kind: LiftWork, A: c.Work * n * n * n * volumeRho}
	case c.N > 0:
		return Branch{Kind: LiftPower, A: pa * c.A * n * n, D: pa * c.R * math.Pow(n, 2-c.N) / math.Pow(volumeRho, c.N), N: c.N}
	case c.Line != nil:
		return Branch{Kind: LiftCurve, A: pa * n * n, B: 1 / (volumeRho * n), Curve: c.Line}
	}
	return Branch{Kind: Lift, A: pa * c.A * n * n, B: pa * c.B * n / volumeRho, D: pa * c.C / (volumeRho * volumeRho)}
}

// root returns the zero of an increasing f in [lo, hi] by the ITP-like mix of
// secant and bisection; f(lo) <= 0 <= f(hi).
func root(lo, hi float64, f func(float64) float64) float64 {
	flo, fhi := f(lo), f(hi)
	if fhi == 0 {
		return hi
	}
	for i := range 200 {
		if hi-lo <= 1e-14*math.Max(math.Abs(lo), math.Abs(hi)) || flo == fhi {
			break
		}
		x := lo + (hi-lo)*flo/(flo-fhi)
		if i%3 == 2 || !(x > lo && x < hi) {
			x = (lo + hi) / 2
		}
		fx := f(x)
		switch {
		case fx == 0:
			return x
		case fx < 0:
			lo, flo = x, fx
		default:
			hi, fhi = x, fx
		}
	}
	return (lo + hi) / 2
}
