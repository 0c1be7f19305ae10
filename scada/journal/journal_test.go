package journal

import (
	"context"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/store"
)

var noon = time.Date(2026, 1, 18, 12, 0, 0, 0, time.UTC)

func newJournal(t *testing.T, dir string) (*Journal, *store.Store) {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return New(s, func() time.Time { return noon }), s
}

func write(t *testing.T, j *Journal, n int) {
	t.Helper()
	v := 0.48
	for i := range n {
		e := Entry{Who: "li", Role: "dispatcher", From: "10.0.0.7", Action: "item.stage", Stage: "writing", Order: "o-1", Item: &i, New: &v,
			Reason: "flow 62 % of need"}.About(models.PointID{Element: "S-001", Quantity: models.OpeningSetpoint})
		if err := j.Append(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAppendAndRead: rows come back as written, numbered, in order.
func TestAppendAndRead(t *testing.T) {
	ctx := context.Background()
	j, _ := newJournal(t, t.TempDir())
	changed, cancel := j.Subscribe()
	defer cancel()
	write(t, j, 5)
	select {
	case <-changed:
	default:
		t.Error("subscribers are not told")
	}
	tail, err := j.Tail(ctx, 2)
	if err != nil || len(tail) != 2 || tail[0].Seq != 4 || tail[1].Seq != 5 {
		t.Fatalf("tail %+v, %v", tail, err)
	}
	e := tail[1]
	if e.Who != "li" || e.Element != "S-001" || e.Point != "opening_setpoint" || *e.New != 0.48 || *e.Item != 4 || !e.At.Equal(noon) {
		t.Errorf("row %+v", e)
	}
	after, err := j.After(ctx, 2, 10)
	if err != nil || len(after) != 3 || after[0].Seq != 3 {
		t.Errorf("after 2: %+v, %v", after, err)
	}
	for _, c := range []struct {
		seq   int64
		limit int
		want  []int64
	}{{0, 2, []int64{5, 4}}, {4, 2, []int64{3, 2}}, {2, 5, []int64{1}}, {1, 5, nil}} {
		rows, err := j.Before(ctx, c.seq, c.limit)
		if err != nil || len(rows) != len(c.want) {
			t.Errorf("before %d: %+v, %v", c.seq, rows, err)
			continue
		}
		for i, w := range c.want {
			if rows[i].Seq != w {
				t.Errorf("before %d: row %d is %d, want %d", c.seq, i, rows[i].Seq, w)
			}
		}
	}
	if of, err := j.OfOrder(ctx, "o-1"); err != nil || len(of) != 5 {
		t.Errorf("of the order: %d rows, %v", len(of), err)
	}
}

// TestCannotWrite: an entry that could not be written is an error that says
// so.
func TestCannotWrite(t *testing.T) {
	j, s := newJournal(t, t.TempDir())
	s.Close()
	if err := j.Append(context.Background(), Entry{Action: "test"}); err == nil || !strings.Contains(err.Error(), "journal cannot be written") {
		t.Errorf("%v, want refusal", err)
	}
}

// TestManyPages: a check reads in pages.
func TestManyPages(t *testing.T) {
	ctx := context.Background()
	j, _ := newJournal(t, t.TempDir())
	many := make([]Entry, 2*page)
	for i := range many {
		many[i].Action = "test"
	}
	if err := j.Append(ctx, many...); err != nil {
		t.Fatal(err)
	}
	if res, err := j.Check(ctx); err != nil || !res.Good || res.Rows != 2*page {
		t.Errorf("%+v, %v", res, err)
	}
}
