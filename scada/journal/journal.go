// Package journal is the append-only record of who did what, when, from
// where, why, and what came of it. Every row carries the SHA-256 of the row
// before it and of its own text, so that a row that was changed, taken out or
// cut off at the end is noticed by [Journal.Check].
//
// Rows are written before the act they speak of: what is not in the journal
// did not happen.
package journal

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"evenflow/models"
	"evenflow/scada/store"
)

// Entry is one row. Empty fields are left out of its text.
type Entry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`             // wall clock, UTC
	Plant   time.Time       `json:"plant,omitzero"` // plant clock, where it matters
	Who     string          `json:"who,omitempty"`  // a person's name, or the part of the program that acted
	Role    string          `json:"role,omitempty"`
	From    string          `json:"from,omitempty"` // address the person sat at
	Action  string          `json:"action"`         // stable word, e.g. "order.approve"
	Denied  bool            `json:"denied,omitempty"`
	Element models.ID       `json:"element,omitempty"`
	Point   string          `json:"point,omitempty"` // quantity's word
	Old     *float64        `json:"old,omitempty"`   // SI
	New     *float64        `json:"new,omitempty"`   // SI
	Order   string          `json:"order,omitempty"`
	Item    *int            `json:"item,omitempty"`
	Stage   string          `json:"stage,omitempty"` // the stage entered
	Reason  string          `json:"reason,omitempty"`
	Raw     string          `json:"raw,omitempty"` // frames, hex
	Detail  json.RawMessage `json:"detail,omitempty"`
}

// About sets the entry's point.
func (e Entry) About(p models.PointID) Entry {
	e.Element, e.Point = p.Element, p.Quantity.String()
	return e
}

// Journal writes and reads the rows. It is safe for concurrent use.
type Journal struct {
	store *store.Store
	wall  func() time.Time
	Signal
}

// New returns the journal kept in a store; wall tells the time of the rows,
// nil means time.Now.
func New(s *store.Store, wall func() time.Time) *Journal {
	if wall == nil {
		wall = time.Now
	}
	return &Journal{store: s, wall: wall}
}

// Append writes entries as rows; they are on disk when it returns nil. It
// fills in Seq and At.
func (j *Journal) Append(ctx context.Context, entries ...Entry) error {
	err := j.store.Update(ctx, func(tx *store.Tx) error { return j.AppendTx(tx, entries...) })
	if err != nil {
		return fmt.Errorf("journal cannot be written: %w", err)
	}
	j.Announce()
	return nil
}

// AppendTx writes entries inside a transaction that also makes the change
// they speak of. Call Announce once the transaction is committed.
func (j *Journal) AppendTx(tx *store.Tx, entries ...Entry) error {
	seq, hash, err := tx.JournalHead()
	if err != nil {
		return err
	}
	rows := make([]store.JournalRow, len(entries))
	for i, e := range entries {
		seq++
		e.Seq = seq
		if e.At.IsZero() {
			e.At = j.wall()
		}
		e.At = e.At.UTC().Round(0)
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("journal row %d: %w", seq, err)
		}
		hash = chain(hash, body)
		rows[i] = store.JournalRow{Seq: seq, Body: body, Hash: hash}
	}
	return tx.AppendJournal(rows)
}

// chain is the hash of a row whose predecessor has hash previous.
func chain(previous, body []byte) []byte {
	h := sha256.New()
	h.Write(previous)
	h.Write(body)
	return h.Sum(nil)
}

// After returns up to limit rows with numbers above seq, oldest first: the
// next page of a stream.
func (j *Journal) After(ctx context.Context, seq int64, limit int) ([]Entry, error) {
	rows, err := j.store.JournalAfter(ctx, seq, limit)
	if err != nil {
		return nil, err
	}
	return entries(rows)
}

// Tail returns the last n rows, oldest first.
func (j *Journal) Tail(ctx context.Context, n int) ([]Entry, error) {
	end, _, err := j.store.JournalEnd(ctx)
	if err != nil {
		return nil, err
	}
	return j.After(ctx, end-int64(n), n)
}

// OfOrder returns the rows that speak of one order, oldest first.
func (j *Journal) OfOrder(ctx context.Context, order string) ([]Entry, error) {
	rows, err := j.store.JournalOfOrder(ctx, order)
	if err != nil {
		return nil, err
	}
	return entries(rows)
}

func entries(rows []store.JournalRow) ([]Entry, error) {
	out := make([]Entry, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Body, &out[i]); err != nil {
			return nil, fmt.Errorf("journal row %d cannot be read: %w", r.Seq, err)
		}
	}
	return out, nil
}

// Before returns up to limit rows with numbers below seq, newest first; seq 0
// means the latest.
func (j *Journal) Before(ctx context.Context, seq int64, limit int) ([]Entry, error) {
	if seq == 0 {
		end, _, err := j.store.JournalEnd(ctx)
		if err != nil {
			return nil, err
		}
		seq = end + 1
	}
	from := max(seq-1-int64(limit), 0)
	es, err := j.After(ctx, from, int(seq-1-from))
	slices.Reverse(es)
	return es, err
}
