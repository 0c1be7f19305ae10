package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// tamper does to the journal what the program itself never does.
func tamper(path, what string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(`DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete; ` + what)
	return errors.Join(err, db.Close())
}

// TestCheck: an honest journal checks; whatever is done to it behind the
// program's back is noticed, and the first bad row is named.
func TestCheck(t *testing.T) {
	ctx := context.Background()
	const honest = ""
	for _, c := range []struct {
		name, tamper string
		row          int64
	}{
		{"honest", honest, 0},
		{"changed value", `UPDATE journal SET body = replace(body, '0.48', '0.84') WHERE seq = 7`, 7},
		{"taken out", `DELETE FROM journal WHERE seq = 3`, 3},
		{"cut off", `DELETE FROM journal WHERE seq > 8`, 9},
		{"all gone", `DELETE FROM journal`, 1},
		{"renumbered", `DELETE FROM journal WHERE seq = 3; UPDATE journal SET seq = seq - 1 WHERE seq > 3`, 3},
		{"cut off and end moved", `DELETE FROM journal WHERE seq > 8; UPDATE journal_head SET seq = 8`, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := store.Open(dir, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			j := journal.New(s, nil)
			v := 0.48
			for range 10 {
				if err := j.Append(ctx, journal.Entry{Who: "li", Action: "item.stage", New: &v}); err != nil {
					t.Fatal(err)
				}
			}
			if c.tamper != honest {
				if err := tamper(filepath.Join(dir, "evenflow.db"), c.tamper); err != nil {
					t.Fatal(err)
				}
			}
			res, err := j.Check(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if res.Good != (c.row == 0) || res.BadRow != c.row || (c.row != 0 && res.Reason == "") {
				t.Errorf("%+v, want bad row %d", res, c.row)
			}
			if c.row == 0 && (res.Rows != 10 || len(res.Head) != 64) {
				t.Errorf("%+v, want 10 rows and a head", res)
			}
		})
	}
}
