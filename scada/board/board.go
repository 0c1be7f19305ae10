// Package board is what the control room sees and touches: it turns the live
// loop's view, the process image and the desk's orders into the documents of
// the API, and a person's commands into acts at the desk. It calculates
// nothing and decides nothing.
package board

import (
	"math"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/clock"
	"evenflow/scada/cycle"
	"evenflow/scada/dispatch"
	"evenflow/scada/journal"
	"evenflow/scada/plc"
	"evenflow/scada/store"
	"evenflow/scada/telemetry"
)

// Deps is what the board shows and acts on.
type Deps struct {
	Net     *models.Network
	Points  []models.PointID
	Limits  []dispatch.Writable
	Clock   clock.Clock
	Speed   float64 // plant seconds per wall second
	Scan    time.Duration
	Image   *telemetry.Image
	Loop    *cycle.Loop
	Advisor *advisor.Advisor
	Desk    *dispatch.Desk
	Journal *journal.Journal
	Store   *store.Store
	Gateway *plc.Gateway

	Build     string
	Simulated bool
	OwnPlant  bool
	TwoPerson int
	Polls     int
}

// Board implements api.Backend.
type Board struct {
	deps  Deps
	index models.Index
	has   map[models.ID][]string // point words by element
	net   *api.Network

	mu        sync.Mutex
	computing bool
	previews  map[string]preview
	since     map[string]time.Time // not-right lines: plant time first seen
	revs      map[string]rev
	foreign   []plc.Foreign
	version   int64
	modelAt   time.Time
	results   map[string]*api.Result // of finished orders, once measured
}

// New returns the board of a service.
func New(deps Deps) *Board {
	b := &Board{deps: deps, index: deps.Net.Index(), has: map[models.ID][]string{}, previews: map[string]preview{},
		since: map[string]time.Time{}, revs: map[string]rev{}, results: map[string]*api.Result{}}
	for _, p := range deps.Points {
		b.has[p.Element] = append(b.has[p.Element], p.Quantity.String())
	}
	b.net = b.network()
	return b
}

var _ api.Backend = (*Board)(nil)

// Conversions from SI to the units of the page.
func degC(v float64) float64     { return v - 273.15 }
func mpa(v float64) float64      { return v / 1e6 }
func kpa(v float64) float64      { return v / 1e3 }
func tph(v float64) float64      { return v * 3.6 }
func m3h(v float64) float64      { return v * 3600 }
func percent(v float64) float64  { return v * 100 }
func megawatt(v float64) float64 { return v / 1e6 }
func same(v float64) float64     { return v }

// metresOfWater is the head of a gauge pressure (Pa), in conventional metres
// of water: one scale for both lines of the diagram.
func metresOfWater(p float64) float64 { return p / 9806.65 }

// round keeps n decimals: a document carries what a person reads.
func round(v float64, n int) float64 {
	k := math.Pow(10, float64(n))
	return math.Round(v*k) / k
}

// num is a known number for a document.
func num(v float64, decimals int) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	r := round(v, decimals)
	return &r
}

// opt is a number for a document that may be unknown.
func opt(o models.Optional, conv func(float64) float64, decimals int) *float64 {
	if !o.Known {
		return nil
	}
	return num(conv(o.Value), decimals)
}

// millis is a time for a document; zero is unknown.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// live is a point's reading for a document. A stale or lost value is shown as
// the last good one with its own time, and says so.
func (b *Board) live(snap *telemetry.Snapshot, p models.PointID, conv func(float64) float64, decimals int) api.Live {
	r, ok := snap.Get(p)
	if !ok {
		return api.Live{Q: api.QualityNone}
	}
	if r.Quality == models.QualityLost || r.Quality == models.QualityStale {
		if g, ok := snap.LastGood(p); ok {
			r.Value, r.Source = g.Value, g.Source
		} else {
			return api.Live{Q: api.Quality(r.Quality.String()), Why: r.Reason}
		}
	}
	return liveOf(r, conv, decimals)
}

// liveOf is a reading for a document.
func liveOf(r models.Reading, conv func(float64) float64, decimals int) api.Live {
	l := api.Live{V: num(conv(r.Value), decimals), Q: api.Quality(r.Quality.String()), T: millis(r.Source)}
	if r.Quality == models.QualityNone {
		return api.Live{Q: api.QualityNone}
	}
	if r.Quality != models.QualityGood {
		l.Why = r.Reason
	}
	return l
}

// snapshot is the process image now.
func (b *Board) snapshot() *telemetry.Snapshot { return b.deps.Image.Snapshot(b.deps.Clock.Now()) }

// text is a name in both languages.
func text(zh, en string, id models.ID) api.Text {
	if zh == "" {
		zh = en
	}
	if en == "" {
		en = zh
	}
	if zh == "" {
		zh, en = string(id), string(id)
	}
	return api.Text{ZH: zh, EN: en}
}

// name is an element's name in both languages.
func (b *Board) name(id models.ID) api.Text {
	ref, ok := b.index.Lookup(id)
	if !ok {
		return text("", "", id)
	}
	if br := b.deps.Net.Branch(ref); br != nil {
		return text(br.Name, br.NameEn, id)
	}
	j := &b.deps.Net.Junctions[ref.At]
	return text(j.Name, j.NameEn, id)
}

// unit says in which unit the page speaks of a quantity of an element, with
// the conversion and the decimals.
func (b *Board) unit(p models.PointID) (unit string, conv func(float64) float64, decimals int) {
	switch p.Quantity {
	case models.OpeningSetpoint, models.OpeningFeedback:
		return "%", percent, 1
	case models.SpeedSetpoint, models.SpeedFeedback:
		hz := b.nominal(p.Element)
		return "Hz", func(v float64) float64 { return v * hz }, 1
	case models.SupplyTempSetpoint, models.SupplyTemperature, models.ReturnTemperature, models.SecondarySupplyTemp,
		models.SecondaryReturnTemp, models.OutdoorTemperature:
		return "degC", degC, 1
	case models.SupplyPressure, models.ReturnPressure:
		return "MPa", mpa, 3
	case models.Differential:
		return "kPa", kpa, 1
	case models.MassFlow, models.MakeUpFlow:
		return "t/h", tph, 1
	case models.VolumeFlow:
		return "m3/h", m3h, 1
	}
	return "", same, 3
}

// toSI converts a value typed on the page.
func (b *Board) toSI(p models.PointID, v float64) float64 {
	switch p.Quantity {
	case models.OpeningSetpoint:
		return v / 100
	case models.SpeedSetpoint:
		return v / b.nominal(p.Element)
	case models.SupplyTempSetpoint:
		return v + 273.15
	}
	return v
}

// nominal is the frequency of a source's pumps at speed 1, Hz.
func (b *Board) nominal(id models.ID) float64 {
	if i, ok := b.index.At(models.KindSource, id); ok && b.deps.Net.Sources[i].NominalFrequency > 0 {
		return b.deps.Net.Sources[i].NominalFrequency
	}
	return 50
}

func finding(code string, params map[string]any, elements ...models.ID) api.Finding {
	if params == nil {
		params = map[string]any{}
	}
	f := api.Finding{Code: code, Params: params, Elements: []string{}}
	for _, e := range elements {
		f.Elements = append(f.Elements, string(e))
	}
	return f
}

func findingP(code string, params map[string]any, elements ...models.ID) *api.Finding {
	f := finding(code, params, elements...)
	return &f
}
