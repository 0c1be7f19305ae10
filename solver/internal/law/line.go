package law

// Line is a function given by points, straight between them and carried on
// beyond its ends.
type Line struct{ X, Y []float64 } // X ascending, two points at least

// At returns the value and the slope at x; at a point, those of the line to
// its left.
func (l *Line) At(x float64) (y, slope float64) {
	lo, hi := 0, len(l.X)-1
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; l.X[mid] < x {
			lo = mid
		} else {
			hi = mid
		}
	}
	slope = (l.Y[hi] - l.Y[lo]) / (l.X[hi] - l.X[lo])
	return l.Y[lo] + slope*(x-l.X[lo]), slope
}
