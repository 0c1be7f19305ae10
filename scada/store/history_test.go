package store

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"evenflow/models"
)

var start = time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC)

func cycleOf(i, stations int) []models.Reading {
	var rs []models.Reading
	for k := range stations {
		id := models.ID(fmt.Sprintf("S-%03d", k))
		q := models.QualityGood
		if k == 1 && i%10 == 3 {
			q = models.QualityLost
		}
		rs = append(rs,
			models.Reading{Point: models.PointID{Element: id, Quantity: models.MassFlow}, Value: flowAt(i, k), Quality: q},
			models.Reading{Point: models.PointID{Element: id, Quantity: models.SupplyTemperature}, Value: 373.15 + float64(i%7)*0.1, Quality: models.QualityGood})
	}
	return rs
}

func flowAt(i, k int) float64 { return 10 + float64(k) + 0.05*math.Sin(float64(i)*0.7) }

func fill(t *testing.T, s *Store, from, to, stations int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := s.AppendReadings(context.Background(), start.Add(time.Duration(i)*5*time.Second), cycleOf(i, stations)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHistorySurvives: every reading comes back as it was, to a tenth of what
// the instruments resolve, across closed spans, the open one and restarts at
// moments that suit nobody.
func TestHistorySurvives(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	const cycles = 1100
	at := 0
	for _, stop := range []int{3, 255, 256, 257, 700, cycles} {
		s := open(t, dir, Options{})
		fill(t, s, at, stop, 3)
		at = stop
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, Options{})
	for k := range 3 {
		p := models.PointID{Element: models.ID(fmt.Sprintf("S-%03d", k)), Quantity: models.MassFlow}
		pts, err := s.History(ctx, p, start, start.Add(time.Hour*24), 1e6)
		if err != nil {
			t.Fatal(err)
		}
		if len(pts) != cycles {
			t.Fatalf("%s: %d points, want %d", p, len(pts), cycles)
		}
		for i, pt := range pts {
			lost := k == 1 && i%10 == 3
			if !pt.At.Equal(start.Add(time.Duration(i)*5*time.Second)) || pt.Gap != lost {
				t.Fatalf("%s point %d: %+v", p, i, pt)
			}
			if !lost && math.Abs(pt.Value-flowAt(i, k)) > 0.00051 {
				t.Fatalf("%s point %d: %v, want %v", p, i, pt.Value, flowAt(i, k))
			}
		}
	}
}

// TestHistoryThins: with few points asked for, peaks survive and holes stay
// holes.
func TestHistoryThins(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	p := models.PointID{Element: "S-1", Quantity: models.MassFlow}
	for i := range 2000 {
		if i > 900 && i < 1100 {
			continue // nothing was read
		}
		v := 10.0
		if i == 1234 {
			v = 99
		}
		if err := s.AppendReadings(ctx, start.Add(time.Duration(i)*5*time.Second), []models.Reading{{Point: p, Value: v, Quality: models.QualityGood}}); err != nil {
			t.Fatal(err)
		}
	}
	pts, err := s.History(ctx, p, start, start.Add(2000*5*time.Second), 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(pts) > 101 {
		t.Errorf("%d points, want at most 100 and the gap", len(pts))
	}
	peak, gaps := 0.0, 0
	for i, pt := range pts {
		peak = math.Max(peak, pt.Value)
		if pt.Gap {
			gaps++
		}
		if i > 0 && pt.At.Before(pts[i-1].At) {
			t.Errorf("point %d runs backwards", i)
		}
	}
	if peak != 99 || gaps != 1 {
		t.Errorf("peak %v, gaps %d; want 99 and 1", peak, gaps)
	}
}

// TestHistoryBackwards: a plant clock that starts again earlier loses nothing.
func TestHistoryBackwards(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir, Options{})
	fill(t, s, 100, 120, 1)
	fill(t, s, 0, 50, 1)
	s.Close()
	s = open(t, dir, Options{})
	pts, err := s.History(ctx, models.PointID{Element: "S-000", Quantity: models.MassFlow}, start, start.Add(time.Hour), 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pt := range pts {
		if !pt.Gap {
			n++
		}
	}
	if n != 70 {
		t.Errorf("%d readings, want 70", n)
	}
}

// TestHistoryKeeps: what is older than the retention goes, the rest stays.
func TestHistoryKeeps(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{HistoryKeep: time.Hour, HistoryEvery: 5 * time.Second})
	fill(t, s, 0, 3000, 1)
	pts, err := s.History(ctx, models.PointID{Element: "S-000", Quantity: models.MassFlow}, start, start.Add(24*time.Hour), 1e6)
	if err != nil {
		t.Fatal(err)
	}
	if len(pts) < 720 || len(pts) > 720+3*spanCycles {
		t.Errorf("%d readings kept of 3000, want an hour (720) and at most three spans more", len(pts))
	}
}

// TestNotANumber: a value that is no number is never stored as one.
func TestNotANumber(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	p := models.PointID{Element: "S-1", Quantity: models.MassFlow}
	if err := s.AppendReadings(ctx, start, []models.Reading{{Point: p, Value: math.NaN(), Quality: models.QualityGood}}); err != nil {
		t.Fatal(err)
	}
	pts, err := s.History(ctx, p, start, start, 10)
	if err != nil || len(pts) != 1 || !pts[0].Gap {
		t.Errorf("%+v, %v; want one gap", pts, err)
	}
}

// FuzzDecode: damaged bytes are refused, never a panic.
func FuzzDecode(f *testing.F) {
	var c chunk
	for i := range 20 {
		c.add(int64(i)*5000, int64(i*i), models.Quality(i%7))
	}
	f.Add(c.b)
	f.Add(appendTail(nil, 3, -5, models.QualityGood))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if err := decode(b, func(sample) { n++ }); err == nil && n > len(b) {
			t.Errorf("%d samples out of %d bytes", n, len(b))
		}
		if err := decodeTail(b, func(_, _ int64, q models.Quality) {
			if q > models.QualityGood {
				t.Errorf("quality %d", q)
			}
		}); err == nil && len(b) == 1 {
			t.Error("one byte is no reading")
		}
	})
}

// BenchmarkAppend: one poll cycle of 200 stations with 17 points.
func BenchmarkAppend(b *testing.B) {
	s, err := OpenTemporary(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	i := 0
	for b.Loop() {
		if err := s.AppendReadings(context.Background(), start.Add(time.Duration(i)*5*time.Second), cycleOf(i, 1700)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
