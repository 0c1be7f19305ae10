package balance_test

import (
	"testing"
	"time"
)

// recommendWithin is what one recommendation for 2,000 stations may take.
const recommendWithin = 5 * time.Second

// Two thousand stations: after two rounds all of them in the band, and each
// recommendation takes a small part of the five seconds it may.
func TestTwoThousandStations(t *testing.T) {
	r := newRig(t, 1, 2000)
	r.advance(t)
	best := time.Hour
	for k := range 2 {
		r.read()
		start := time.Now()
		p := r.recommend(t, r.calibrate(t))
		took := time.Since(start)
		t.Logf("round %d: %d moves, %v", k+1, len(p.Moves), took)
		best = min(best, took)
		r.carryOut(p)
		r.advance(t)
	}
	if best > recommendWithin {
		t.Errorf("the faster recommendation took %v", best)
	}
	if rms := r.rms(nil); rms > 0.015 {
		t.Errorf("RMS(x-1) %.2f %%", 100*rms)
	}
	restInBand(t, r, nil)
}

// BenchmarkRecommendation is estimate and balance together, 200 stations.
func BenchmarkRecommendation(b *testing.B) {
	r := newRig(b, 1, 200)
	r.advance(b)
	r.read()
	for b.Loop() {
		r.recommend(b, r.calibrate(b))
	}
}
