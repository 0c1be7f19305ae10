package api

import (
	"context"
	"net/http"
	"time"

	"evenflow/scada/auth"
)

type (
	none      struct{}
	stationIn struct {
		ID string `path:"id" maxLength:"200"`
	}
	orderIn struct {
		ID string `path:"id" maxLength:"100"`
	}
	profileIn struct {
		Station string `path:"station" maxLength:"200"`
	}
	journalIn struct {
		Before int64 `query:"before" minimum:"0" doc:"rows with smaller numbers only; 0: the latest"`
		Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	trendIn struct {
		Element   string   `query:"element" required:"true" minLength:"1" maxLength:"200"`
		Quantity  []string `query:"quantity,explode" required:"true" minItems:"1" maxItems:"8"`
		From      int64    `query:"from_plant_ms" minimum:"0" doc:"0: an hour before to"`
		To        int64    `query:"to_plant_ms" minimum:"0" doc:"0: now"`
		MaxPoints int      `query:"max_points" minimum:"4" maximum:"10000" default:"600"`
	}
)

// read registers a route that hands out one document.
func read[I, T any](s *Server, name string, fn func(context.Context, *I) (T, error)) {
	register(s, name, func(ctx context.Context, in *I) (*body[T], error) {
		doc, err := fn(ctx, in)
		return &body[T]{doc}, err
	})
}

// plain is read for what takes nothing and cannot fail.
func plain[T any](s *Server, name string, fn func(context.Context) T) {
	read(s, name, func(ctx context.Context, _ *none) (T, error) { return fn(ctx), nil })
}

func (s *Server) reads() {
	b := s.opts.Backend
	plain(s, "system", b.System)
	plain(s, "kpi", b.KPI)
	plain(s, "network", b.Network)
	plain(s, "stations", b.Stations)
	plain(s, "sources", b.Sources)
	plain(s, "pipes", b.Pipes)
	plain(s, "recommendation", b.Advice)
	plain(s, "orders", b.Orders)
	plain(s, "not-right", b.NotRight)
	read(s, "station", func(ctx context.Context, in *stationIn) (Station, error) {
		for _, st := range b.Stations(ctx) {
			if st.ID == in.ID {
				return st, nil
			}
		}
		return Station{}, NoSuch("station", in.ID)
	})
	read(s, "order", func(ctx context.Context, in *orderIn) (Order, error) { return b.Order(ctx, in.ID) })
	read(s, "profile", func(ctx context.Context, in *profileIn) (Profile, error) { return b.Profile(ctx, in.Station) })
	read(s, "journal", func(ctx context.Context, in *journalIn) ([]JournalRow, error) {
		rows, err := b.Journal(ctx, in.Before, in.Limit)
		if p, _ := auth.Who(ctx); !p.Role.May(auth.Audit) {
			rows = withoutAddresses(rows)
		}
		return rows, err
	})
	read(s, "trend", func(ctx context.Context, in *trendIn) (Trend, error) {
		q := TrendQuery{Element: in.Element, Quantities: in.Quantity, MaxPoints: in.MaxPoints}
		if in.To != 0 {
			q.To = time.UnixMilli(in.To).UTC()
		}
		if in.From != 0 {
			q.From = time.UnixMilli(in.From).UTC()
		}
		if !q.To.IsZero() && !q.From.IsZero() && !q.To.After(q.From) {
			return Trend{}, &Fault{Status: http.StatusUnprocessableEntity, Code: "invalid_input", EN: "from_plant_ms is not before to_plant_ms", ZH: "起始时间不早于结束时间"}
		}
		return b.Trend(ctx, q)
	})
}

// withoutAddresses leaves out where people sat.
func withoutAddresses(rows []JournalRow) []JournalRow {
	out := make([]JournalRow, len(rows))
	for i, r := range rows {
		r.From = ""
		out[i] = r
	}
	return out
}
