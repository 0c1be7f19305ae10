package balance_test

import (
	"strconv"
	"testing"
	"time"
)

// mostSolves is how often estimate and balance together may ask the solver
// for one recommendation: at 2,000 stations a solve takes about a tenth of a
// second.
const mostSolves = 25

// Two thousand stations are in the band after two rounds, and a recommendation
// needs no more solves than a small town's. The time it takes is printed;
// the benchmark below measures it.
func TestTwoThousandStations(t *testing.T) {
	r := newRig(t, 1, 2000)
	r.advance(t)
	for k := range 2 {
		r.read()
		start := time.Now()
		c := r.calibrate(t)
		p := r.recommend(t, c)
		t.Logf("round %d: %d moves, %d solves, %v", k+1, len(p.Moves), c.Solves+p.Solves, time.Since(start))
		if n := c.Solves + p.Solves; n > mostSolves {
			t.Errorf("round %d: %d solves", k+1, n)
		}
		r.carryOut(p)
		r.advance(t)
	}
	if rms := r.rms(nil); rms > 0.015 {
		t.Errorf("RMS(x-1) %.2f %%", 100*rms)
	}
	restInBand(t, r, nil)
}

// BenchmarkRecommendation is estimate and balance together.
func BenchmarkRecommendation(b *testing.B) {
	for _, stations := range []int{200, 2000} {
		b.Run(strconv.Itoa(stations), func(b *testing.B) {
			r := newRig(b, 1, stations)
			r.advance(b)
			r.read()
			for b.Loop() {
				r.recommend(b, r.calibrate(b))
			}
		})
	}
}
