package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"evenflow/models"
)

// OrderRow is an order as stored; what Body says is the desk's business.
type OrderRow struct {
	ID   string
	Key  string // idempotency key, unique where not empty
	Live bool   // not finished: loaded at start
	Body []byte // JSON
}

// ItemRow is one item of an order as stored.
type ItemRow struct {
	Order string
	N     int
	Stage string
	Sent  time.Time // plant clock; zero: never sent
	Body  []byte    // JSON
}

// SaveOrder writes or replaces an order.
func (t *Tx) SaveOrder(o OrderRow) error {
	key := sql.NullString{String: o.Key, Valid: o.Key != ""}
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO orders (id, key, live, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET live = excluded.live, body = excluded.body`, o.ID, key, o.Live, string(o.Body))
	return err
}

// SaveItems writes or replaces items of orders.
func (t *Tx) SaveItems(items []ItemRow) error {
	if len(items) == 0 {
		return nil
	}
	st, err := t.tx.PrepareContext(t.ctx, `INSERT INTO items (order_id, n, stage, sent, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (order_id, n) DO UPDATE SET stage = excluded.stage, sent = excluded.sent, body = excluded.body`)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, it := range items {
		if _, err := st.ExecContext(t.ctx, it.Order, it.N, it.Stage, ms(it.Sent), string(it.Body)); err != nil {
			return err
		}
	}
	return nil
}

// Orders returns all live orders and the latest finished ones, oldest first.
func (s *Store) Orders(ctx context.Context, finished int) ([]OrderRow, error) {
	return s.orderRows(ctx, `SELECT id, coalesce(key, ''), live, body FROM orders WHERE live = 1
		UNION ALL SELECT * FROM (SELECT id, coalesce(key, ''), live, body FROM orders WHERE live = 0 ORDER BY id DESC LIMIT ?)
		ORDER BY 1`, finished)
}

// OrderByID returns one order, or ErrNotFound.
func (s *Store) OrderByID(ctx context.Context, id string) (OrderRow, error) {
	return one(s.orderRows(ctx, `SELECT id, coalesce(key, ''), live, body FROM orders WHERE id = ?`, id))
}

// OrderByKey returns the order made under an idempotency key, or ErrNotFound.
func (s *Store) OrderByKey(ctx context.Context, key string) (OrderRow, error) {
	return one(s.orderRows(ctx, `SELECT id, coalesce(key, ''), live, body FROM orders WHERE key = ?`, key))
}

func one[T any](rows []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, ErrNotFound
	}
	return rows[0], nil
}

func (s *Store) orderRows(ctx context.Context, query string, args ...any) ([]OrderRow, error) {
	return queryAll(ctx, s.read, func(scan func(...any) error) (o OrderRow, err error) {
		err = scan(&o.ID, &o.Key, &o.Live, &o.Body)
		return o, err
	}, query, args...)
}

// Items returns the items of an order in their order.
func (s *Store) Items(ctx context.Context, order string) ([]ItemRow, error) {
	return s.itemRows(ctx, `SELECT order_id, n, stage, sent, body FROM items WHERE order_id = ? ORDER BY n`, order)
}

// ItemsSentSince returns every item sent at or after a moment of the plant
// clock, oldest first: the rate limits and the day's budget count them.
func (s *Store) ItemsSentSince(ctx context.Context, since time.Time) ([]ItemRow, error) {
	return s.itemRows(ctx, `SELECT order_id, n, stage, sent, body FROM items WHERE sent > 0 AND sent >= ? ORDER BY sent, order_id, n`, ms(since))
}

func (s *Store) itemRows(ctx context.Context, query string, args ...any) ([]ItemRow, error) {
	return queryAll(ctx, s.read, func(scan func(...any) error) (it ItemRow, err error) {
		var sent int64
		err = scan(&it.Order, &it.N, &it.Stage, &sent, &it.Body)
		it.Sent = fromMs(sent)
		return it, err
	}, query, args...)
}

// PutDocument writes or replaces a small JSON document.
func (t *Tx) PutDocument(kind, name string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, name, err)
	}
	_, err = t.tx.ExecContext(t.ctx, `INSERT INTO documents VALUES (?, ?, ?)
		ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body`, kind, name, string(body))
	return err
}

// DeleteDocument removes a document; it is no error if there is none.
func (t *Tx) DeleteDocument(kind, name string) error {
	_, err := t.tx.ExecContext(t.ctx, `DELETE FROM documents WHERE kind = ? AND name = ?`, kind, name)
	return err
}

// Document is one stored document.
type Document struct {
	Name string
	Body []byte // JSON
}

// Documents returns the documents of a kind by name.
func (s *Store) Documents(ctx context.Context, kind string) ([]Document, error) {
	return queryAll(ctx, s.read, func(scan func(...any) error) (d Document, err error) {
		err = scan(&d.Name, &d.Body)
		return d, err
	}, `SELECT name, body FROM documents WHERE kind = ? ORDER BY name`, kind)
}

const calibrationKind = "calibration"

// SaveCalibration replaces the calibration, inside a transaction that also
// journals it.
func (t *Tx) SaveCalibration(c models.Calibration) error {
	return t.PutDocument(calibrationKind, "current", c)
}

// Calibration returns the calibration last saved; false if there is none.
func (s *Store) Calibration(ctx context.Context) (models.Calibration, bool, error) {
	var c models.Calibration
	docs, err := s.Documents(ctx, calibrationKind)
	if err != nil || len(docs) == 0 {
		return c, false, err
	}
	if err := json.Unmarshal(docs[0].Body, &c); err != nil {
		return c, false, fmt.Errorf("stored calibration: %w", err)
	}
	return c, true, nil
}

// queryAll collects the rows of a query.
func queryAll[T any](ctx context.Context, db *sql.DB, scan func(func(...any) error) (T, error), query string, args ...any) (out []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// ms is a time in milliseconds since 1970; the zero time is 0.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMs(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMilli(v).UTC()
}
