package dispatch

import (
	"context"
	"testing"
	"time"
)

// BenchmarkRound carries out a first round of 2,000 valves: what the desk and
// its journal cost beside the PLCs.
func BenchmarkRound(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		// A stepped clock needs no wall time: the order would be late by the wall.
		r := newRig(b, 2000, func(d *Deps) { d.Validity = 24 * time.Hour }).arm()
		r.must(r.OpenEnvelope(ctx, zhao, InitialBalance, 24*time.Hour, "season begins"))
		o := r.approve(r.propose(all(2000, 0.7)))
		for turns := 0; r.now(o).Finished.IsZero(); turns++ {
			r.step(30 * time.Second)
			if turns > 1000 {
				b.Fatalf("not finished: %+v", r.now(o).Counts())
			}
		}
		if c := r.now(o).Counts(); c.InForce != 2000 {
			b.Fatalf("%+v", c)
		}
		r.store.Close()
	}
}
