package law

import "math"

// Table holds a law whose drop is a function of one variable u >= 0,
//
//	drop = r f(u),  u = |m| ws,
//
// as one cubic per segment, 32 segments to every doubling of u: a friction law
// at one relative roughness with f = lambda(Re) u^2 and u = Re/2000, so that
// the borders of the regimes (Re 2000 and 4000) are borders of segments, or the
// power law of Hazen and Williams. The cubics meet the law and its slope at
// both ends of their segment; the error, h^4/384 of the fourth derivative, is
// below 1e-8 of the drop where turbulent and 2e-7 in the transition.
type Table struct {
	Segments []Segment
	At       int32                              // where they stand among those of other tables
	Class    int16                              // which of the tables this is
	law      func(u float64) (f, slope float64) // beyond the segments
	L1, L3   float64                            // f = L1 u + L3 u^3 for u < 1
}

// Segment is f(u) = A + d (B + d (C + d D)) with d the distance from the
// beginning of the segment.
type Segment struct{ A, B, C, D float64 }

// The segment of u is found in its bits: exponent and the first five of the
// mantissa, counted from u = 1.
const (
	segmentBits = 5
	segmentMask = 1<<(52-segmentBits) - 1
	segmentZero = 1023 << segmentBits
)

// SegmentOf returns the number of the segment of u, and the distance from its
// beginning. Below u = 1 the number is no segment of any table: as an unsigned
// number it is very large.
func SegmentOf(u float64) (segment uint64, d float64) {
	b := math.Float64bits(u)
	return b>>(52-segmentBits) - segmentZero, u - math.Float64frombits(b&^segmentMask)
}

// SignedSegmentOf returns the number of the segment of |u|, where it begins,
// signed as u, and the sign of u, 1 or -1.
func SignedSegmentOf(u float64) (segment uint64, begin, sign float64) {
	b := math.Float64bits(u)
	return b<<1>>(53-segmentBits) - segmentZero, math.Float64frombits(b &^ segmentMask), signs[b>>63]
}

var signs = [2]float64{1, -1}

// SegmentsOf returns how many segments so many doublings of u have.
func SegmentsOf(octaves int) int { return octaves << segmentBits }

// fill tabulates a law, which is asked for one segment after the other, by its
// number and the u at which it begins.
func fill(segments []Segment, law func(u float64, segment int) (f, slope float64)) Table {
	f0, g0 := law(1, 0)
	u0, per := 1.0, 0.0
	for i := range segments {
		if i&(1<<segmentBits-1) == 0 {
			per = (1 << segmentBits) / u0
		}
		u1 := math.Float64frombits(uint64(i+1+segmentZero) << (52 - segmentBits))
		f1, g1 := law(u1, i+1)
		s := (f1 - f0) * per
		segments[i] = Segment{f0, g0, (3*s - 2*g0 - g1) * per, (g0 + g1 - 2*s) * per * per}
		u0, f0, g0 = u1, f1, g1
	}
	return Table{Segments: segments}
}

// Value returns f and its slope at u >= 0.
func (t *Table) Value(u float64) (f, slope float64) {
	i, d := SegmentOf(u)
	if i >= uint64(len(t.Segments)) {
		return t.Beyond(u)
	}
	s := &t.Segments[i]
	return s.A + d*(s.B+d*(s.C+d*s.D)), s.B + d*(2*s.C+3*d*s.D)
}

// Beyond is Value where there is no segment.
func (t *Table) Beyond(u float64) (f, slope float64) {
	if u < 1 {
		return u * (t.L1 + t.L3*u*u), t.L1 + 3*t.L3*u*u
	}
	return t.law(u)
}

// HasTable reports whether the law has the form that FrictionTable makes: a
// laminar branch up to Re 2000, and one law of Re and relative roughness.
func (f Friction) HasTable() bool {
	return f == Colebrook || f == SwameeJainTransition || f == Altshul
}

// FrictionTable makes the table of a law with a laminar branch at relative
// roughness rel in the segments given, for Reynolds numbers from 2000 on.
func FrictionTable(f Friction, rel float64, segments []Segment) Table {
	l4, d4 := f.turbulent(TurbulentRe, rel)
	law := func(u float64) (float64, float64) {
		re := LaminarRe * u
		var lambda, dRe float64
		if re < TurbulentRe {
			lambda, dRe = transition(re, l4, d4)
		} else {
			lambda, dRe = f.turbulent(re, rel)
		}
		return lambda * u * u, u * (2*lambda + re*dRe)
	}
	along := swameeJainRow{rough: rel / 3.7}
	t := fill(segments, func(u float64, segment int) (float64, float64) {
		if f == SwameeJainTransition && segment >= 1<<segmentBits {
			return along.squared(segment, u)
		}
		return law(u)
	})
	t.law, t.L1 = law, 64/LaminarRe
	return t
}

// swameeJainRow is the law of Swamee and Jain from segment to segment. The
// logarithm of y = k/3.7d + 5.74/Re^0.9 follows from the one before by the series
//
//	ln(y'/y) = 2 (z + z^3/3 + z^5/5 + z^7/7 ...),  z = (y'-y)/(y'+y),  |z| < 0.01.
type swameeJainRow struct{ rough, y, log float64 }

// squared returns lambda u^2 at the beginning of a segment, and its slope.
func (s *swameeJainRow) squared(segment int, u float64) (f, slope float64) {
	t := 5.74 * octavePower[segment>>segmentBits] * segmentPower[segment&(1<<segmentBits-1)]
	y := s.rough + t
	if s.y == 0 {
		s.log = math.Log(y)
	} else {
		z := (y - s.y) / (y + s.y)
		zz := z * z
		s.log += 2 * z * (1 + zz*(1./3+zz*(1./5+zz/7)))
	}
	s.y = y
	per := 1 / (s.log * y)
	lambda := 0.25 * math.Ln10 * math.Ln10 * per * per * y * y
	return lambda * u * u, u * lambda * (2 + 1.8*per*t)
}

// Re^-0.9 where an octave begins, and by what it is smaller where a segment does.
var octavePower, segmentPower = func() (octave [64]float64, segment [1 << segmentBits]float64) {
	for i := range octave {
		octave[i] = math.Pow(math.Ldexp(LaminarRe, i), -0.9)
	}
	for i := range segment {
		segment[i] = math.Pow(1+float64(i)/float64(len(segment)), -0.9)
	}
	return octave, segment
}()

// PowerTable makes, in the segments given, the table of u^n with u = m/smallPower, for the laws that
// have that form from there on.
func PowerTable(n float64, segments []Segment) Table {
	law := func(u float64) (float64, float64) {
		p := math.Pow(u, n-1)
		return p * u, n * p
	}
	t := fill(segments, func(u float64, _ int) (float64, float64) { return law(u) })
	t.law = law
	t.L1, t.L3 = (3-n)/2, (n-1)/2
	return t
}

// Tabled returns r and ws with which t gives the law's friction (what C
// stands for) at mass flow m: r f(|m| ws).
func (b *Branch) Tabled() (r, ws float64) {
	if b.Kind == Power {
		return b.C * math.Pow(smallPower, b.N), 1 / smallPower
	}
	x := LaminarRe / b.Re
	return b.C * x * x, 1 / x
}
