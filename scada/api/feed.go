package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"evenflow/scada/auth"
	"evenflow/scada/live"
)

// admit decides who may open the websocket: a page of ours, somebody signed
// in.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (live.Guest, bool) {
	if !s.opts.Gate.SameOrigin(r) {
		s.write(w, &Fault{Status: http.StatusForbidden, Code: "cross_origin", EN: "the websocket is for the service's own page", ZH: "仅允许本系统页面连接"})
		return live.Guest{}, false
	}
	p, _ := auth.Who(r.Context()) // the route's right is looked at already
	s.feed.refresh(r.Context())
	return live.Guest{
		Topics: topicsOf(p.Role),
		Recheck: func(ctx context.Context) int {
			now, ok, err := s.opts.Gate.Recheck(ctx, p)
			switch {
			case err != nil:
				s.opts.Log.Error("a session cannot be read", "error", err)
				return 0 // the next look decides
			case !ok:
				return live.CloseSignedOut
			case now.Role != p.Role:
				return live.CloseForbidden
			}
			return 0
		},
	}, true
}

// openTopic makes the topic of one station for whoever asks first.
func (s *Server) openTopic(topic string) ([]live.Column, []live.Row, bool) {
	id, ok := strings.CutPrefix(topic, "station/")
	if !ok {
		return nil, nil, false
	}
	for _, st := range s.opts.Backend.Stations(context.Background()) {
		if st.ID == id {
			return stationTable.cols, []live.Row{stationTable.row(id, reflect.ValueOf(st))}, true
		}
	}
	return nil, nil, false
}

// feed puts the backend's documents into the hub's tables.
type feed struct {
	hub     *live.Hub
	backend Backend
	log     *slog.Logger

	mu      sync.Mutex
	turn    int
	last    time.Time
	advice  Advice
	advised bool

	system, kpi, net, source, notRight, recommendation, orders, journal *live.Topic
}

var (
	kpiTable     = tableOf[KPI](nil)
	sourceTable  = tableOf[Source](nil)
	stationTable = tableOf[Station](nil)
	netTable     = tableOf[Station](StreamNetColumns)
	docColumn    = []live.Column{{Name: "doc", Decimals: -1}}
)

func newFeed(hub *live.Hub, b Backend, log *slog.Logger) *feed {
	return &feed{
		hub: hub, backend: b, log: log,
		system: hub.Topic("system", docColumn), kpi: hub.Topic("kpi", kpiTable.cols),
		net: hub.Topic("net", netTable.cols), source: hub.Topic("source", sourceTable.cols),
		notRight:       hub.Topic("not_right", []live.Column{{Name: "rank", Decimals: 0}, docColumn[0]}),
		recommendation: hub.Topic("recommendation", docColumn), orders: hub.Topic("orders", docColumn),
		journal: hub.Topic("journal", docColumn),
	}
}

// journalRows is how much of the journal the bottom bar follows.
const journalRows = 50

// journalEvery is how many turns lie between two looks at the journal.
const journalEvery = 4

// refresh takes every document once. Pages that come at the same moment share
// one refresh.
func (f *feed) refresh(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.last) < live.Period/2 {
		return
	}
	defer func() { f.last = time.Now() }()

	sys := f.backend.System(ctx)
	sys.Clock.PlantMs, sys.Clock.WallMs = 0, 0 // every frame carries both
	f.system.Set([]live.Row{f.doc("system", sys)})
	f.kpi.Set([]live.Row{kpiTable.row("kpi", reflect.ValueOf(f.backend.KPI(ctx)))})
	f.stations(f.backend.Stations(ctx))

	sources := f.backend.Sources(ctx)
	rows := make([]live.Row, len(sources))
	for i := range sources {
		rows[i] = sourceTable.row(sources[i].ID, reflect.ValueOf(sources[i]))
	}
	f.source.Set(rows)

	lines := f.backend.NotRight(ctx)
	rows = make([]live.Row, len(lines))
	for i, l := range lines {
		rows[i] = f.doc(l.Key, l)
		rows[i].Values = []any{i + 1, rows[i].Values[0]}
	}
	f.notRight.Set(rows)

	// Advice is large and changes rarely: the same pointer is the same advice.
	if a := f.backend.Advice(ctx); !f.advised || a.Recommendation == nil || a.Recommendation != f.advice.Recommendation || a.State != f.advice.State {
		f.recommendation.Set([]live.Row{f.doc("current", a)})
		f.advice, f.advised = a, true
	}

	orders := f.backend.Orders(ctx)
	rows = make([]live.Row, len(orders))
	for i, o := range orders {
		o.Items, o.Details = nil, nil
		rows[i] = f.doc(o.ID, o)
	}
	f.orders.Set(rows)

	if f.turn%journalEvery == 0 {
		f.tail(ctx)
	}
	f.turn++
}

func (f *feed) stations(stations []Station) {
	watched := map[string]bool{}
	for _, topic := range f.hub.Watched("station/") {
		watched[strings.TrimPrefix(topic, "station/")] = true
	}
	rows := make([]live.Row, len(stations))
	for i := range stations {
		v := reflect.ValueOf(&stations[i]).Elem()
		rows[i] = netTable.row(stations[i].ID, v)
		if id := stations[i].ID; watched[id] {
			if t := f.hub.Find("station/" + id); t != nil { // nil: its last reader has just left
				t.Set([]live.Row{stationTable.row(id, v)})
			}
		}
	}
	f.net.Set(rows)
}

func (f *feed) tail(ctx context.Context) {
	entries, err := f.backend.Journal(ctx, 0, journalRows)
	if err != nil {
		f.log.Error("the journal's tail cannot be read", "error", err)
		return
	}
	rows := make([]live.Row, 0, len(entries))
	for i := len(entries) - 1; i >= 0; i-- { // oldest first: new rows are appended
		e := entries[i]
		e.From = ""
		rows = append(rows, f.doc(itoa(int(e.Seq)), e))
	}
	f.journal.Set(rows)
}

// doc is a row of one document.
func (f *feed) doc(key string, v any) live.Row {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		f.log.Error("a document cannot be encoded", "row", key, "error", err)
		return live.Row{Key: key, Values: []any{nil}}
	}
	return live.Row{Key: key, Values: []any{live.Raw(text)}}
}

// table turns documents of one type into rows: a column a key.
type table struct {
	cols   []live.Column
	fields []int
}

var liveType = reflect.TypeFor[Live]()

// tableOf makes the table of a document's keys, or of those named.
func tableOf[T any](keys []string) *table {
	typ := reflect.TypeFor[T]()
	field := map[string]int{}
	var all []string
	for i := range typ.NumField() {
		key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		field[key] = i
		all = append(all, key)
	}
	if keys == nil {
		keys = all
	}
	t := &table{}
	for _, k := range keys {
		i, ok := field[k]
		if !ok {
			panic("api: " + typ.Name() + " has no key " + k)
		}
		t.fields = append(t.fields, i)
		t.cols = append(t.cols, live.Column{Name: k, Decimals: decimalsOf(k)})
	}
	return t
}

// decimalsOf is the resolution at which a key's value is sent: one digit more
// than is shown in lists.
func decimalsOf(key string) int {
	for _, u := range []struct {
		suffix   string
		decimals int
	}{
		{"_degC", 1}, {"_MPa", 3}, {"_kPa", 1}, {"_t_per_h", 2}, {"_m3_per_h", 2}, {"_percent", 1}, {"_Hz", 2},
		{"_kW", 1}, {"_MW", 3}, {"_ms", 0}, {"_m2", 0},
	} {
		if strings.HasSuffix(key, u.suffix) {
			return u.decimals
		}
	}
	return 3
}

func (t *table) row(key string, v reflect.Value) live.Row {
	r := live.Row{Key: key, Values: make([]any, len(t.fields)), Quality: make([]string, len(t.fields))}
	for c, i := range t.fields {
		f := v.Field(i)
		if f.Type() == liveType {
			l := f.Interface().(Live)
			r.Values[c], r.Quality[c] = l.V, string(cmp.Or(l.Q, QualityNone))
			continue
		}
		r.Values[c] = plainValue(f)
	}
	return r
}

// plainValue is a field's value as the hub takes it.
func plainValue(f reflect.Value) any {
	switch f.Kind() {
	case reflect.String, reflect.Struct, reflect.Slice:
	case reflect.Pointer:
		if f.IsNil() {
			return nil
		}
		if f.Elem().Kind() != reflect.Struct {
			return f.Interface()
		}
	default:
		return f.Interface()
	}
	text, err := json.Marshal(f.Interface(), json.Deterministic(true))
	if err != nil {
		return nil
	}
	return live.Raw(text)
}
