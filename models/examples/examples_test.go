package examples

import (
	"bytes"
	"math"
	"testing"

	"evenflow/models"
	"evenflow/models/netfile"
)

// Every example validates without a warning and survives a file.
func TestExamplesAreValid(t *testing.T) {
	for name, n := range map[string]*models.Network{"ladder": FiveUserLadder(), "bmstu": BMSTULeak(), "destest": DestestCE0()} {
		if ps := n.Validate(); len(ps) != 0 {
			t.Errorf("%s: %v", name, ps)
			continue
		}
		once, err := netfile.Encode(n)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, ps := netfile.Decode(once)
		if again == nil {
			t.Fatalf("%s: %v", name, ps)
		}
		twice, _ := netfile.Encode(again)
		if !bytes.Equal(once, twice) {
			t.Errorf("%s: not stable through a file", name)
		}
	}
}

// The published heat loss coefficients follow from wall and insulation.
func TestDestestLoss(t *testing.T) {
	for _, c := range []struct {
		size destestSize
		want float64
	}{{pe25, 0.122937427}, {pe32, 0.15254607}, {pe40, 0.192620859}, {pe50, 0.19883953}} {
		if got := c.size.lossPerMetre(); math.Abs(got-c.want) > 1e-8 {
			t.Errorf("%+v: %.9f W/(m K), want %.9f", c.size, got, c.want)
		}
	}
	if n := DestestCE0(); len(n.Pipes) != 48 || len(n.Stations) != 16 {
		t.Errorf("%d pipes and %d stations, want 48 and 16", len(n.Pipes), len(n.Stations))
	}
}
