package main

import (
	"fmt"
	"sort"
	"time"

	"evenflow/models"
	"evenflow/scada/dispatch"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// records is what the service has on disk.
type records struct {
	head   int64
	orders []*dispatch.Order          // oldest first
	rows   map[string][]journal.Entry // of items, by order
}

// records reads the service's database, dead or alive, without touching it.
func (s *soak) records() records {
	s.t.Helper()
	ctx := s.t.Context()
	st, err := store.Open(s.data, store.Options{ReadOnly: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	rec := records{rows: map[string][]journal.Entry{}}
	if rec.head, _, err = st.JournalEnd(ctx); err != nil {
		s.t.Fatal(err)
	}
	rows, err := st.Orders(ctx, 100000)
	if err != nil {
		s.t.Fatal(err)
	}
	j := journal.New(st, nil)
	for _, r := range rows {
		o := decode[dispatch.Order](s.t, r.Body)
		items, err := st.Items(ctx, o.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, ir := range items {
			o.Items = append(o.Items, decode[dispatch.Item](s.t, ir.Body))
		}
		rec.orders = append(rec.orders, o)
		if s.checked[o.ID] {
			continue
		}
		if rec.rows[o.ID], err = j.OfOrder(ctx, o.ID); err != nil {
			s.t.Fatal(err)
		}
	}
	sort.SliceStable(rec.orders, func(i, k int) bool { return rec.orders[i].ID < rec.orders[k].ID })
	return rec
}

// checkOrder looks at an order that has ended: at each of its items, by what
// the journal says and by what passed the cable.
func (s *soak) checkOrder(o *dispatch.Order, rec records) {
	for n, it := range o.Items {
		var rows []journal.Entry
		for _, e := range rec.rows[o.ID] {
			if e.Item != nil && *e.Item == n && e.Stage != "" {
				rows = append(rows, e)
			}
		}
		c := itemCheck{s: s, it: it, rows: rows, where: fmt.Sprintf("order %s item %d (%s)", o.ID, n, it.Point)}
		s.ends[it.Stage.String()]++
		c.end(o)
		c.road()
		c.kills(o.ID, n)
		c.registers(rec)
	}
}

// itemCheck is one item with its rows.
type itemCheck struct {
	s     *soak
	it    *dispatch.Item
	rows  []journal.Entry
	where string
}

func (c *itemCheck) wrong(format string, args ...any) {
	c.s.t.Helper()
	c.s.t.Errorf("%s: %s\n  journal: %s", c.where, fmt.Sprintf(format, args...), c.story())
}

// story is the item's life as the journal has it.
func (c *itemCheck) story() string {
	var out []string
	for _, e := range c.rows {
		out = append(out, fmt.Sprintf("%d %s %s", e.Seq, e.At.Format("15:04:05.000"), e.Stage))
	}
	return stages(out)
}

// end: an approved item ends in force or with a reason.
func (c *itemCheck) end(o *dispatch.Order) {
	switch c.it.Stage {
	case dispatch.InForce, dispatch.Confirmed, dispatch.Superseded:
	case dispatch.NotDone, dispatch.Expired, dispatch.NoEffect, dispatch.Rejected:
		if c.it.Note == "" && o.Stopped == "" {
			c.wrong("ended as %s without a reason", c.it.Stage)
		}
	default:
		c.wrong("its order is finished and it stands in %s", c.it.Stage)
	}
}

// road: the rows go from stage to stage by the table, and at most once
// through writing.
func (c *itemCheck) road() {
	at := dispatch.Approved
	writing := 0
	for _, e := range c.rows {
		to, ok := stageOf(e.Stage)
		if !ok {
			c.wrong("row %d has the stage %q", e.Seq, e.Stage)
			continue
		}
		if len(c.rows) == 1 && (to == dispatch.Rejected || to == dispatch.Expired || to == dispatch.Superseded) {
			return // never approved
		}
		if !dispatch.MayMove(at, to) {
			c.wrong("row %d goes from %s to %s", e.Seq, at, to)
		}
		if to == dispatch.Writing {
			writing++
		}
		at = to
	}
	if writing > 1 {
		c.wrong("written %d times", writing)
	}
}

func stageOf(word string) (dispatch.Stage, bool) {
	var st dispatch.Stage
	err := st.UnmarshalText([]byte(word))
	return st, err == nil
}

// kills: where the service died over the item, the next rows say what must
// follow: nothing that was queued is sent, and what was on its way is
// uncertain until its register has been read.
func (c *itemCheck) kills(order string, n int) {
	for _, k := range c.s.kills {
		stood := k.stood[order]
		if n >= len(stood) {
			continue
		}
		next := c.after(k.head)
		switch stood[n] {
		case dispatch.Approved, dispatch.Selected:
			if next == nil || next.Stage != dispatch.NotDone.String() {
				c.wrong("was %s when the service died, and is not given up after it", stood[n])
			}
		case dispatch.Writing, dispatch.Written:
			if next == nil || next.Stage != dispatch.Uncertain.String() {
				c.wrong("was %s when the service died, and is not uncertain after it", stood[n])
				continue
			}
			c.resolved(next.At, c.after(next.Seq))
		case dispatch.Uncertain:
			if next == nil {
				c.wrong("uncertain when the service died, and for ever after")
				continue
			}
			c.resolved(k.at, next)
		}
	}
}

// resolved: an uncertain item was decided by a read of its register.
func (c *itemCheck) resolved(since time.Time, by *journal.Entry) {
	switch {
	case by == nil:
		c.wrong("uncertain, and never resolved")
	case by.Stage != dispatch.Confirmed.String() && by.Stage != dispatch.NotDone.String():
		c.wrong("uncertain, then %s", by.Stage)
	case !c.s.wire.readBetween(c.it.Point, since, by.At):
		c.wrong("uncertain from %s, %s at %s: its register was not read in between", since.Format("15:04:05.000"), by.Stage, by.At.Format("15:04:05.000"))
	}
}

// after returns the item's first row above a number.
func (c *itemCheck) after(seq int64) *journal.Entry {
	for i := range c.rows {
		if c.rows[i].Seq > seq {
			return &c.rows[i]
		}
	}
	return nil
}

// registers: what passed the cable for this item. The time from its writing
// to the next item's at the same point is its own.
func (c *itemCheck) registers(rec records) {
	writing, began := c.it.Entered(dispatch.Writing)
	if !began {
		return // stray writes are found by the items they would have to belong to
	}
	end := time.Now()
	for _, o := range rec.orders {
		for _, other := range o.Items {
			if w, ok := other.Entered(dispatch.Writing); ok && other.Point == c.it.Point && w.At.After(writing.At) && w.At.Before(end) {
				end = w.At
			}
		}
	}
	wrote := c.s.wire.written(c.it.Point, writing.At, end)
	if len(wrote) > 1 {
		c.wrong("its register was written %d times: %v", len(wrote), wrote)
	}
	for _, w := range wrote {
		if p := c.s.points[w.point]; !p.Same(w.value, c.it.New) {
			c.wrong("%.4g was written, ordered was %.4g", w.value, c.it.New)
		}
	}
	_, confirmed := c.it.Entered(dispatch.Confirmed)
	if confirmed != (len(wrote) == 1) {
		c.wrong("confirmed: %v; writes that reached its register: %d", confirmed, len(wrote))
	}
}

// strays are writes that belong to no item.
func (s *soak) strays() {
	began := map[models.PointID][]time.Time{}
	for _, o := range s.records().orders {
		for _, it := range o.Items {
			if w, ok := it.Entered(dispatch.Writing); ok {
				began[it.Point] = append(began[it.Point], w.At)
			}
		}
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	count := map[models.PointID]int{}
	for _, w := range s.wire.writes {
		count[w.point]++
	}
	for p, n := range count {
		if n > len(began[p]) {
			s.t.Errorf("%s: %d items were on their way, its register was written %d times", p, len(began[p]), n)
		}
	}
}
