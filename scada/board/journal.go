package board

import (
	"context"
	"encoding/json"
	"time"

	"evenflow/models"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/journal"
)

// Journal returns rows below before (0: the latest), newest first.
func (b *Board) Journal(ctx context.Context, before int64, limit int) ([]api.JournalRow, error) {
	var entries []journal.Entry
	var err error
	if before <= 0 {
		entries, err = b.deps.Journal.Tail(ctx, limit)
	} else {
		entries, err = b.deps.Journal.After(ctx, max(0, before-1-int64(limit)), min(limit, int(before-1)))
	}
	if err != nil {
		return nil, err
	}
	rows := make([]api.JournalRow, 0, len(entries))
	for i := range entries {
		rows = append(rows, b.journalRow(&entries[i]))
	}
	if n := len(rows); n > 1 && rows[0].Seq < rows[n-1].Seq {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	return rows, nil
}

func (b *Board) journalRow(e *journal.Entry) api.JournalRow {
	row := api.JournalRow{Seq: e.Seq, AtMs: e.At.UnixMilli(), PlantMs: millis(e.Plant), Who: e.Who, Role: e.Role, From: e.From, Action: e.Action, Denied: e.Denied,
		Element: string(e.Element), Point: e.Point, Order: e.Order, Item: e.Item, Stage: api.Stage(e.Stage), Reason: e.Reason}
	row.ReasonZH = reasonZH(e.Detail)
	if e.Element == "" {
		return row
	}
	row.Name = b.name(e.Element)
	q, ok := models.ParseQuantity(e.Point)
	if !ok {
		return row
	}
	unit, conv, n := b.unit(models.PointID{Element: e.Element, Quantity: q})
	row.Unit = unit
	if e.Old != nil {
		row.Old = num(conv(*e.Old), n)
	}
	if e.New != nil {
		row.New = num(conv(*e.New), n)
	}
	return row
}

// reasonZH words in Chinese the reasons that the desk left in a row's detail.
func reasonZH(detail json.RawMessage) string {
	var s dispatch.Spoken
	if len(detail) == 0 || json.Unmarshal(detail, &s) != nil {
		return "" // a detail of another kind
	}
	return s.Chinese()
}

// Trend returns curves from the history; the last hour unless told otherwise.
func (b *Board) Trend(ctx context.Context, q api.TrendQuery) (api.Trend, error) {
	if _, ok := b.index.Lookup(models.ID(q.Element)); !ok {
		return api.Trend{}, api.NoSuch("element", q.Element)
	}
	if q.To.IsZero() {
		q.To = b.deps.Clock.Now()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-time.Hour)
	}
	if q.MaxPoints <= 0 {
		q.MaxPoints = 600
	}
	t := api.Trend{Element: q.Element, From: q.From.UnixMilli(), To: q.To.UnixMilli(), Pens: []api.Pen{}}
	for _, word := range q.Quantities {
		quantity, ok := models.ParseQuantity(word)
		if !ok {
			return api.Trend{}, api.NoSuch("quantity", word)
		}
		p := models.PointID{Element: models.ID(q.Element), Quantity: quantity}
		unit, conv, n := b.unit(p)
		pen := api.Pen{Quantity: word, Unit: unit, Decimals: n, T: []int64{}, V: []*float64{}}
		for _, has := range b.has[p.Element] {
			pen.Stored = pen.Stored || has == word
		}
		points, err := b.deps.Store.History(ctx, p, q.From, q.To, q.MaxPoints)
		if err != nil {
			return api.Trend{}, err
		}
		for _, h := range points {
			pen.T = append(pen.T, h.At.UnixMilli())
			if h.Gap {
				pen.V = append(pen.V, nil)
			} else {
				pen.V = append(pen.V, num(conv(h.Value), n+1))
			}
		}
		t.Pens = append(t.Pens, pen)
	}
	return t, nil
}
