package law

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"evenflow/models"
)

// Curve is a pump's head in m over its flow in m3/s at nominal speed:
// H = A + B Q + C Q^2.
type Curve struct {
	A, B, C    float64
	MaxFlow    float64 // m3/s, the last point given; 0 unknown
	Efficiency float64 // wire to water
}

// ErrNoCurve says that a pump has neither points nor polynomial.
var ErrNoCurve = errors.New("the pump has no curve")

// errSteep refuses polynomials that the three-term form cannot hold.
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

// Head returns the head in m at flow q (m3/s) and relative speed n, by the
// affinity laws.
func (c *Curve) Head(q, n float64) float64 { return c.A*n*n + c.B*n*q + c.C*q*q }

// ZeroHeadFlow returns the flow in m3/s at which the head at nominal speed
// ends, or 0 where it never does.
func (c *Curve) ZeroHeadFlow() float64 {
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
	return Branch{Kind: Lift, A: pa * c.A * n * n, B: pa * c.B * n / volumeRho, D: pa * c.C / (volumeRho * volumeRho)}
}
