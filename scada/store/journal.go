package store

import (
	"context"
	"database/sql"
)

// JournalRow is one row of the journal as it is stored.
type JournalRow struct {
	Seq  int64
	Body []byte // canonical text of the row
	Hash []byte // SHA-256 of the previous hash and Body
}

// JournalHead returns where the chain ends: the last row's number and hash,
// 0 and empty for an empty journal.
func (t *Tx) JournalHead() (seq int64, hash []byte, err error) {
	err = t.tx.QueryRowContext(t.ctx, `SELECT seq, hash FROM journal_head`).Scan(&seq, &hash)
	return seq, hash, err
}

// AppendJournal adds rows to the journal and moves its head.
func (t *Tx) AppendJournal(rows []JournalRow) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := t.tx.PrepareContext(t.ctx, `INSERT INTO journal (seq, body, hash) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, r := range rows {
		if _, err := st.ExecContext(t.ctx, r.Seq, string(r.Body), r.Hash); err != nil {
			return err
		}
	}
	last := rows[len(rows)-1]
	_, err = t.tx.ExecContext(t.ctx, `UPDATE journal_head SET seq = ?, hash = ?`, last.Seq, last.Hash)
	return err
}

// JournalAfter returns up to limit rows with numbers above seq, in order.
func (s *Store) JournalAfter(ctx context.Context, seq int64, limit int) ([]JournalRow, error) {
	return s.journalRows(ctx, `SELECT seq, body, hash FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
}

// JournalOfOrder returns the rows that speak of one order, in order.
func (s *Store) JournalOfOrder(ctx context.Context, order string) ([]JournalRow, error) {
	return s.journalRows(ctx, `SELECT seq, body, hash FROM journal WHERE order_id = ? ORDER BY seq`, order)
}

// JournalEnd returns the head of the chain, read outside any transaction.
func (s *Store) JournalEnd(ctx context.Context) (seq int64, hash []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT seq, hash FROM journal_head`).Scan(&seq, &hash)
	return seq, hash, err
}

func (s *Store) journalRows(ctx context.Context, query string, args ...any) ([]JournalRow, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []JournalRow
	for rows.Next() {
		var r JournalRow
		var body sql.RawBytes
		if err := rows.Scan(&r.Seq, &body, &r.Hash); err != nil {
			return nil, err
		}
		r.Body = append([]byte(nil), body...)
		out = append(out, r)
	}
	return out, rows.Err()
}
