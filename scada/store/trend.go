package store

import (
	"context"
	"fmt"
	"hash/crc32"
	"sort"
	"time"

	"evenflow/models"
)

// HistoryPoint is one point of a trend. Where Gap is set there is no value:
// the line is interrupted there, never joined.
type HistoryPoint struct {
	At      time.Time // plant clock
	Value   float64   // SI
	Quality models.Quality
	Gap     bool
}

// History returns the readings of a point between two times of the plant
// clock (both included), oldest first. When there are more than maxPoints, the
// span is divided evenly and of each part the smallest and the largest reading
// are kept, so that no peak is lost; maxPoints below 4 means 4. Readings that
// were not good, and spans without readings, are gaps, and come on top.
func (s *Store) History(ctx context.Context, p models.PointID, from, to time.Time, maxPoints int) ([]HistoryPoint, error) {
	if s.history == nil {
		return nil, fmt.Errorf("history: the store is open for reading only")
	}
	tr := newTrend(from.UnixMilli(), to.UnixMilli(), maxPoints)
	step, err := s.history.samples(ctx, p, tr.from, tr.to, tr.add)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", p, err)
	}
	return tr.points(step), nil
}

// samples hands every stored sample of a point between two times to fn, and
// returns the unit of its values.
func (h *history) samples(ctx context.Context, p models.PointID, from, to int64, fn func(sample)) (float64, error) {
	h.mu.Lock()
	g := h.tags[p]
	if g == nil {
		h.mu.Unlock()
		return 1, nil
	}
	open := append([]byte(nil), g.open.b...)
	n, upto := g.open.n, g.upto
	h.mu.Unlock()

	inside := func(s sample) {
		if s.t >= from && s.t <= to {
			fn(s)
		}
	}
	// Spans closed after the copy was taken are in the copy.
	rows, err := h.read.QueryContext(ctx, `SELECT crc, b FROM chunks WHERE tag = ? AND t0 <= ? AND t1 >= ? AND upto <= ? ORDER BY t0, id`,
		g.id, to, from, upto)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var crc int64
		var b []byte
		if err := rows.Scan(&crc, &b); err != nil {
			return 0, err
		}
		if int64(crc32.ChecksumIEEE(b)) != crc {
			return 0, fmt.Errorf("%w: checksum", errChunk)
		}
		if err := decode(b, inside); err != nil {
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if n > 0 {
		if err := decode(open, inside); err != nil {
			return 0, err
		}
	}
	return g.step, nil
}

// trend gathers samples: all of them as long as they are few, and always the
// extremes of each part of the span.
type trend struct {
	from, to int64
	max      int
	raw      []sample // nil once there are too many
	many     bool
	parts    []part
	spacings []int64 // the first few, ms
	last     int64
	any      bool
}

// part is one even division of the span.
type part struct {
	lo, hi      sample
	good        int
	bad         sample // the last that was not good
	hasBad      bool
	first, last int64
}

func newTrend(from, to int64, maxPoints int) *trend {
	maxPoints = max(maxPoints, 4)
	return &trend{from: from, to: to, max: maxPoints, parts: make([]part, maxPoints/2)}
}

func (tr *trend) add(s sample) {
	if tr.any && len(tr.spacings) < 512 && s.t > tr.last {
		tr.spacings = append(tr.spacings, s.t-tr.last)
	}
	tr.last, tr.any = s.t, true
	if !tr.many {
		tr.raw = append(tr.raw, s)
		if len(tr.raw) > tr.max {
			tr.many, tr.raw = true, nil
		}
	}
	width := float64(tr.to-tr.from) + 1
	p := &tr.parts[int(float64(s.t-tr.from)/width*float64(len(tr.parts)))]
	if p.good == 0 && !p.hasBad || s.t < p.first {
		p.first = s.t
	}
	p.last = max(p.last, s.t)
	if s.quality < models.QualitySubstituted {
		p.bad, p.hasBad = s, true
		return
	}
	if p.good == 0 || s.value < p.lo.value {
		p.lo = s
	}
	if p.good == 0 || s.value > p.hi.value {
		p.hi = s
	}
	p.good++
}

// hole returns the longest spacing that still counts as uninterrupted: three
// and a half times the usual one.
func (tr *trend) hole() int64 {
	if len(tr.spacings) == 0 {
		return 1 << 62
	}
	sort.Slice(tr.spacings, func(i, j int) bool { return tr.spacings[i] < tr.spacings[j] })
	return tr.spacings[len(tr.spacings)/2] * 7 / 2
}

// points returns the trend, values multiplied by step.
func (tr *trend) points(step float64) []HistoryPoint {
	hole := tr.hole()
	var out []HistoryPoint
	end := int64(0) // last sample so far
	put := func(s sample) {
		pt := HistoryPoint{At: time.UnixMilli(s.t).UTC(), Quality: s.quality, Gap: s.quality < models.QualitySubstituted}
		if !pt.Gap {
			pt.Value = float64(s.value) * step
		}
		out = append(out, pt)
	}
	gap := func(first int64) {
		if len(out) > 0 && first-end > hole && !out[len(out)-1].Gap {
			put(sample{t: end + 1})
		}
	}
	if !tr.many {
		sort.SliceStable(tr.raw, func(i, j int) bool { return tr.raw[i].t < tr.raw[j].t })
		for _, s := range tr.raw {
			gap(s.t)
			put(s)
			end = s.t
		}
		return out
	}
	for _, p := range tr.parts {
		if p.good == 0 && !p.hasBad {
			continue
		}
		gap(p.first)
		for _, s := range p.shown() {
			put(s)
		}
		end = p.last
	}
	return out
}

// shown returns what stands for a part: its extremes in order of time, and
// the last reading that was not good, if there was one.
func (p *part) shown() []sample {
	var all []sample
	if p.good > 0 {
		all = append(all, p.lo)
		if p.hi.t != p.lo.t {
			all = append(all, p.hi)
		}
	}
	if p.hasBad {
		all = append(all, p.bad)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].t < all[j].t })
	return all
}
