package telemetry

import (
	"testing"
	"time"

	"evenflow/models"
)

var (
	noon  = time.Date(2026, 1, 18, 12, 0, 0, 0, time.UTC)
	point = models.PointID{Element: "S-001", Quantity: models.MassFlow}
)

func reading(at time.Time, v float64, q models.Quality) models.Reading {
	return models.Reading{Point: point, Value: v, Quality: q, Source: at}
}

// TestAgeLowersQuality: an old value never passes for a live one.
func TestAgeLowersQuality(t *testing.T) {
	im := NewImage(Options{Scan: 5 * time.Second})
	im.Put([]models.Reading{reading(noon, 12.5, models.QualityGood)})
	for _, c := range []struct {
		age  time.Duration
		want models.Quality
	}{
		{0, models.QualityGood}, {15 * time.Second, models.QualityGood},
		{16 * time.Second, models.QualityStale}, {61 * time.Second, models.QualityLost},
	} {
		r, ok := im.Snapshot(noon.Add(c.age)).Get(point)
		if !ok || r.Quality != c.want {
			t.Errorf("after %v: quality %v, want %v", c.age, r.Quality, c.want)
		}
		if c.want != models.QualityGood && r.Reason == "" {
			t.Errorf("after %v: no reason given", c.age)
		}
	}
	if _, ok := im.Snapshot(noon).Get(models.PointID{Element: "S-002", Quantity: models.MassFlow}); ok {
		t.Error("a point never read is reported as read")
	}
}

// TestMean: only good readings since a moment count, and a bad present value
// gives no mean at all.
func TestMean(t *testing.T) {
	im := NewImage(Options{Keep: 4})
	for i := range 6 {
		im.Put([]models.Reading{reading(noon.Add(time.Duration(i)*time.Second), float64(i), models.QualityGood)})
	}
	snap := im.Snapshot(noon.Add(5 * time.Second))
	m, ok := snap.Mean(point, time.Time{})
	if !ok || m.N != 4 || m.Value != 3.5 || m.Span != 3 {
		t.Errorf("mean of the last four: %+v %v, want 3.5 over 4", m, ok)
	}
	if m, ok = snap.Mean(point, noon.Add(4*time.Second)); !ok || m.N != 2 || m.Value != 4.5 {
		t.Errorf("mean since 4 s: %+v %v, want 4.5 over 2", m, ok)
	}
	im.Put([]models.Reading{reading(noon.Add(6*time.Second), 0, models.QualityBad)})
	now := im.Snapshot(noon.Add(6 * time.Second))
	if _, ok = now.Mean(point, time.Time{}); ok {
		t.Error("a bad present value still gives a mean")
	}
	if g, ok := now.LastGood(point); !ok || g.Value != 5 {
		t.Errorf("last good %+v %v, want 5", g, ok)
	}
	if r, _ := snap.Get(point); r.Value != 5 || r.Quality != models.QualityGood {
		t.Error("a frozen snapshot changed")
	}
}
