// Package telemetry keeps the process image: the latest readings of every
// point with quality and age, and hands out frozen snapshots of it. A value
// that is too old is never shown as a live one: its quality says stale or
// lost, whatever it was when it was read.
package telemetry

import (
	"sort"
	"sync"
	"time"

	"evenflow/models"
)

// Options say how long a reading stays good and how many are kept for means.
type Options struct {
	Scan      time.Duration // poll period; 0: 5 s. Older than 3 scans is stale
	LostAfter time.Duration // 0: 60 s. Older than this the station is lost
	Keep      int           // readings kept for means; 0: 10
}

// weatherKeep is how many times as many outdoor temperatures are kept: every
// requirement in town hangs on that one noisy thermometer, and weather is slow.
const weatherKeep = 12

func (o Options) withDefaults() Options {
	if o.Scan == 0 {
		o.Scan = 5 * time.Second
	}
	if o.LostAfter == 0 {
		o.LostAfter = 60 * time.Second
	}
	if o.Keep == 0 {
		o.Keep = 10
	}
	return o
}

// track is what the image keeps of one point.
type track struct {
	last     models.Reading
	lastGood models.Reading // kept when last is not good: "last good value with its time"
	samples  []sample       // ring of good readings, oldest overwritten
	next     int
}

type sample struct {
	at    time.Time
	value float64
}

// Image is the live picture of the plant. It is safe for concurrent use.
type Image struct {
	opts Options
	mu   sync.Mutex
	now  map[models.PointID]*track
}

// NewImage returns an empty image: every point has QualityNone.
func NewImage(opts Options) *Image {
	return &Image{opts: opts.withDefaults(), now: map[models.PointID]*track{}}
}

// Put takes in the readings of one poll.
func (im *Image) Put(readings []models.Reading) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for _, r := range readings {
		t := im.now[r.Point]
		if t == nil {
			t = &track{}
			im.now[r.Point] = t
		}
		t.last = r
		if r.Quality < models.QualitySubstituted {
			continue
		}
		t.lastGood = r
		s := sample{r.Source, r.Value}
		keep := im.opts.Keep
		if r.Point.Quantity == models.OutdoorTemperature {
			keep *= weatherKeep
		}
		if len(t.samples) < keep {
			t.samples = append(t.samples, s)
			continue
		}
		t.samples[t.next] = s
		t.next = (t.next + 1) % keep
	}
}

// Snapshot freezes the image as it stands at now. Later polls do not change it.
func (im *Image) Snapshot(now time.Time) *Snapshot {
	im.mu.Lock()
	defer im.mu.Unlock()
	snap := &Snapshot{At: now, opts: im.opts, now: make(map[models.PointID]track, len(im.now))}
	for p, t := range im.now {
		c := *t
		c.samples = append([]sample(nil), t.samples...)
		snap.now[p] = c
	}
	return snap
}

// Snapshot is the image frozen at one moment.
type Snapshot struct {
	At   time.Time
	opts Options
	now  map[models.PointID]track
}

// Get returns the latest reading of a point with its quality as it stands at
// the snapshot's time; false if the point was never read.
func (s *Snapshot) Get(p models.PointID) (models.Reading, bool) {
	t, ok := s.now[p]
	if !ok {
		return models.Reading{Point: p}, false
	}
	return s.aged(t.last), true
}

// aged lowers the quality of a reading that has become too old.
func (s *Snapshot) aged(r models.Reading) models.Reading {
	age := s.At.Sub(r.Source)
	switch {
	case age > s.opts.LostAfter && r.Quality > models.QualityLost:
		r.Quality, r.Reason = models.QualityLost, "no answer for "+age.Round(time.Second).String()
	case age > 3*s.opts.Scan && r.Quality > models.QualityStale:
		r.Quality, r.Reason = models.QualityStale, "last read "+age.Round(time.Second).String()+" ago"
	}
	return r
}

// Good returns a point's value if it may be used in calculations now.
func (s *Snapshot) Good(p models.PointID) (float64, bool) {
	r, ok := s.Get(p)
	if !ok || r.Quality < models.QualitySubstituted {
		return 0, false
	}
	return r.Value, true
}

// LastGood returns the latest good reading of a point, however old, for
// display with its time.
func (s *Snapshot) LastGood(p models.PointID) (models.Reading, bool) {
	t, ok := s.now[p]
	return t.lastGood, ok && t.lastGood.Quality >= models.QualitySubstituted
}

// Mean is the average of a point's good readings.
type Mean struct {
	Value float64
	N     int           // readings averaged
	Age   time.Duration // of the newest of them
	Span  float64       // largest minus smallest: 0 over many polls of a noisy meter means it is stuck
}

// Mean averages the good readings of a point taken at or after since; false
// if the point is not good now or there is none.
func (s *Snapshot) Mean(p models.PointID, since time.Time) (Mean, bool) {
	if _, ok := s.Good(p); !ok {
		return Mean{}, false
	}
	var m Mean
	var newest time.Time
	lo, hi := 0.0, 0.0
	for _, x := range s.now[p].samples {
		if x.at.Before(since) {
			continue
		}
		if m.N == 0 || x.value < lo {
			lo = x.value
		}
		if m.N == 0 || x.value > hi {
			hi = x.value
		}
		m.Value += x.value
		m.N++
		if x.at.After(newest) {
			newest = x.at
		}
	}
	if m.N == 0 {
		return Mean{}, false
	}
	m.Value /= float64(m.N)
	m.Span = hi - lo
	m.Age = s.At.Sub(newest)
	return m, true
}

// Points lists every point ever read, ordered by element and quantity.
func (s *Snapshot) Points() []models.PointID {
	ids := make([]models.PointID, 0, len(s.now))
	for p := range s.now {
		ids = append(ids, p)
	}
	sort.Slice(ids, func(i, j int) bool {
		if ids[i].Element != ids[j].Element {
			return ids[i].Element < ids[j].Element
		}
		return ids[i].Quantity < ids[j].Quantity
	})
	return ids
}
