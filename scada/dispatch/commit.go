package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// The kinds of document the desk keeps in the store.
const (
	kindMode     = "mode"
	kindLock     = "lock"
	kindEnvelope = "envelope"
	kindStop     = "stop"
	kindKnown    = "known"
)

// change gathers what one step of the desk alters: copies of orders and
// items, documents, journal rows. Nothing of it is visible before all of it
// is on disk.
type change struct {
	d           *Desk
	by          Actor
	wall, plant time.Time
	orders      map[string]*Order
	ids         []string // edited, in the order they were first edited
	items       map[string]map[int]bool
	rows        []journal.Entry
	docs        []document
	then        []func() // run in memory once it is on disk
}

type document struct {
	kind, name string
	body       any // nil: delete
}

// order returns the editable copy of an order.
func (c *change) order(id string) *Order {
	if o := c.orders[id]; o != nil {
		return o
	}
	return c.edit(c.d.orders[id].clone())
}

func (c *change) edit(o *Order) *Order {
	c.orders[o.ID] = o
	c.ids = append(c.ids, o.ID)
	c.items[o.ID] = map[int]bool{}
	return o
}

// item returns the editable copy of an item.
func (c *change) item(o *Order, n int) *Item {
	if !c.items[o.ID][n] {
		it := *o.Items[n]
		it.Times = append([]Stamp(nil), it.Times...)
		o.Items[n] = &it
		c.items[o.ID][n] = true
	}
	return o.Items[n]
}

// move takes an item to a stage, by the table, and journals it.
func (c *change) move(o *Order, n int, to Stage, because Why) *Item {
	it := c.item(o, n)
	if !MayMove(it.Stage, to) {
		// A bug, never input: better to stop than to write on.
		panic(fmt.Sprintf("dispatch: order %s item %d: %s may not become %s", o.ID, n, it.Stage, to))
	}
	c.enter(o, n, to)
	if because.said() {
		it.Note, it.Code, it.Values = because.Text, because.Code, because.Values
	}
	old, val := it.Present.Or(it.Old), it.New
	c.row(explained(journal.Entry{Action: "item", Order: o.ID, Item: &n, Stage: to.String(), Old: &old, New: &val}.About(it.Point), because))
	return it
}

// enter takes an item to a stage without a row of its own.
func (c *change) enter(o *Order, n int, to Stage) {
	it := c.item(o, n)
	it.Stage = to
	it.Times = append(it.Times, Stamp{to, c.wall, c.plant})
}

// row adds a journal row in the name of who acts.
func (c *change) row(e journal.Entry) {
	e.Who, e.Role, e.From = c.by.Name, c.by.Role, c.by.From
	e.At, e.Plant = c.wall, c.plant
	c.rows = append(c.rows, e)
}

func (c *change) put(kind, name string, body any) {
	c.docs = append(c.docs, document{kind, name, body})
}

// program is who acts when nobody does.
var program = Actor{Name: "desk", Role: RoleProgram}

// commit runs fn and puts all it changed on disk, or nothing. d.mu is held
// by it; fn must not block.
func (d *Desk) commit(ctx context.Context, by Actor, fn func(*change) error) error {
	changed, err := func() (bool, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.commitLocked(ctx, by, fn)
	}()
	if changed && d.committed != nil {
		d.committed()
	}
	return err
}

func (d *Desk) commitLocked(ctx context.Context, by Actor, fn func(*change) error) (changed bool, err error) {
	c := &change{d: d, by: by, wall: d.deps.Wall().UTC(), plant: d.deps.Clock.Now().UTC(), orders: map[string]*Order{}, items: map[string]map[int]bool{}}
	if err := fn(c); err != nil {
		return false, err
	}
	if len(c.rows) == 0 && len(c.ids) == 0 && len(c.docs) == 0 {
		return false, nil
	}
	for _, id := range c.ids {
		c.finish(c.orders[id])
	}
	// What was done at the plant is recorded also when the caller has gone.
	err = d.deps.Store.Update(context.WithoutCancel(ctx), c.save)
	d.journalNo = err
	if err != nil {
		d.deps.Log.Error("the journal cannot be written; writes stop", "error", err)
		return false, fmt.Errorf("the journal cannot be written, so nothing is done: %w", err)
	}
	for _, id := range c.ids {
		if _, known := d.orders[id]; !known {
			d.list = append(d.list, id)
		}
		d.orders[id] = c.orders[id]
		d.active[id] = pending(c.orders[id])
	}
	for _, fn := range c.then {
		fn()
	}
	d.forget()
	d.deps.Journal.Announce()
	d.Announce()
	return true, nil
}

// finish ends an order none of whose items has anything left to happen. A
// write that stays uncertain for longer than a response takes does not keep
// the order open: the item still holds its point and is still read back.
func (c *change) finish(o *Order) {
	if !o.Finished.IsZero() {
		return
	}
	if !c.over(o) {
		return
	}
	o.Finished = c.wall
	if o.Envelope == "" {
		return // never approved: the row of its end says it all
	}
	c.row(journal.Entry{Action: "order.finished", Order: o.ID, Stage: o.Stage().String(), Reason: o.Stopped, Detail: marshal(struct {
		Counts
		Spoken
	}{o.Counts(), spoken(Why{Code: o.StopCode, Text: o.Stopped, Values: o.StopValues})})})
}

// over reports whether nothing more is expected of an order.
func (c *change) over(o *Order) bool {
	for _, it := range o.Items {
		if !it.ended() && !c.givenUp(it) {
			return false
		}
	}
	return true
}

// givenUp reports whether an item has been uncertain for so long that its
// order goes on without it.
func (c *change) givenUp(it *Item) bool {
	return it.Stage == Uncertain && elapsed(c.plant, it.Sent, c.d.deps.Response)
}

// save writes everything in one transaction.
func (c *change) save(tx *store.Tx) error {
	for _, id := range c.ids {
		o := c.orders[id]
		if !sameHead(o, c.d.orders[id]) || pending(o) != c.d.active[id] {
			body, err := json.Marshal(o)
			if err != nil {
				return err
			}
			if err := tx.SaveOrder(store.OrderRow{ID: id, Key: o.Key, Live: pending(o), Body: body}); err != nil {
				return err
			}
		}
		var rows []store.ItemRow
		for n, it := range o.Items {
			if !c.items[id][n] {
				continue
			}
			b, err := json.Marshal(it)
			if err != nil {
				return err
			}
			rows = append(rows, store.ItemRow{Order: id, N: n, Stage: it.Stage.String(), Sent: it.Sent, Body: b})
		}
		if err := tx.SaveItems(rows); err != nil {
			return err
		}
	}
	for _, doc := range c.docs {
		var err error
		if doc.body == nil {
			err = tx.DeleteDocument(doc.kind, doc.name)
		} else {
			err = tx.PutDocument(doc.kind, doc.name, doc.body)
		}
		if err != nil {
			return err
		}
	}
	return c.d.deps.Journal.AppendTx(tx, c.rows...)
}

// sameHead reports whether an order is on disk already but for its items: its
// prediction is long, and most changes concern items only.
func sameHead(o, stored *Order) bool {
	return stored != nil && o.Stopped == stored.Stopped && o.Finished.Equal(stored.Finished) && o.Batch == stored.Batch &&
		o.BatchAt.Equal(stored.BatchAt) && len(o.Approvals) == len(stored.Approvals) && o.SendUntil.Equal(stored.SendUntil)
}

// forget drops the oldest finished orders from memory; the store keeps them.
func (d *Desk) forget() {
	finished := 0
	for _, id := range d.list {
		if !d.active[id] {
			finished++
		}
	}
	if finished <= finishedKept {
		return
	}
	kept := d.list[:0]
	for _, id := range d.list {
		if finished > finishedKept && !d.active[id] {
			finished--
			delete(d.orders, id)
			delete(d.active, id)
			continue
		}
		kept = append(kept, id)
	}
	d.list = kept
}

// denied journals a refused attempt and returns the refusal. An attempt that
// cannot even be journaled is refused all the same.
func (d *Desk) denied(ctx context.Context, by Actor, act action, order string, err error) error {
	if err == nil {
		return nil
	}
	row := journal.Entry{Action: string(act), Denied: true, Order: order, Reason: err.Error()}
	if spoken := spokenOf(err); len(spoken.Why) > 0 {
		row.Detail = marshal(spoken)
	}
	if jerr := d.commit(ctx, by, func(c *change) error { c.row(row); return nil }); jerr != nil {
		d.deps.Log.Error("a denied attempt could not be journaled", "who", by.Name, "action", act, "error", jerr)
	}
	return err
}

// marshal is for rows' details: types of the desk that cannot fail to encode.
func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
