package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"evenflow/models"
)

// TestHistoryIsSmall: noisy readings cost at most three bytes each
// in the chunks.
func TestHistoryIsSmall(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	const cycles, stations = 600, 20
	for i := range cycles {
		var rs []models.Reading
		for k := range stations {
			id := models.ID(fmt.Sprintf("S-%03d", k))
			put := func(q models.Quantity, v, noise float64) {
				rs = append(rs, models.Reading{Point: models.PointID{Element: id, Quantity: q}, Value: v + noise*rnd.NormFloat64(), Quality: models.QualityGood})
			}
			put(models.MassFlow, 20, 0.2)
			put(models.SupplyPressure, 0.9e6, 1600)
			put(models.SupplyTemperature, 373.15, 0.1)
			put(models.OpeningFeedback, 0.48, 0)
		}
		if err := s.AppendReadings(ctx, start.Add(time.Duration(i)*5*time.Second), rs); err != nil {
			t.Fatal(err)
		}
	}
	var n, bytes int64
	if err := s.history.read.QueryRow(`SELECT count(*), coalesce(sum(length(b)), 0) FROM chunks`).Scan(&n, &bytes); err != nil {
		t.Fatal(err)
	}
	for _, g := range s.history.list {
		bytes += int64(len(g.open.b))
	}
	perReading := float64(bytes) / (cycles * stations * 4)
	t.Logf("%d chunks, %.2f bytes a reading", n, perReading)
	if n == 0 || perReading > 3 {
		t.Errorf("%d chunks, %.2f bytes a reading", n, perReading)
	}
}
