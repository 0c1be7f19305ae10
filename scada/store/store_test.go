package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"evenflow/models"
)

func open(t *testing.T, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t *testing.T, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// TestOrdersSurvive: what an Update wrote is there after reopening; what a
// failed Update wrote is not.
func TestOrdersSurvive(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir, Options{})
	sent := time.Date(2026, 1, 18, 6, 0, 0, 0, time.UTC)
	update(t, s, func(tx *Tx) error {
		if err := tx.SaveOrder(OrderRow{ID: "a", Key: "k1", Live: true, Body: []byte(`{"a":1}`)}); err != nil {
			return err
		}
		return tx.SaveItems([]ItemRow{{"a", 0, "written", sent, []byte(`{}`)}, {"a", 1, "approved", time.Time{}, []byte(`{}`)}})
	})
	boom := errors.New("boom")
	err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.SaveOrder(OrderRow{ID: "b", Live: true, Body: []byte(`{}`)}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error %v, want boom", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Options{})
	all, err := s.Orders(ctx, 10)
	if err != nil || len(all) != 1 || all[0].ID != "a" || !all[0].Live || string(all[0].Body) != `{"a":1}` {
		t.Fatalf("orders %+v, %v", all, err)
	}
	if o, err := s.OrderByKey(ctx, "k1"); err != nil || o.ID != "a" {
		t.Errorf("by key: %+v, %v", o, err)
	}
	if _, err := s.OrderByID(ctx, "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a rolled-back order: %v, want ErrNotFound", err)
	}
	since, err := s.ItemsSentSince(ctx, sent)
	if err != nil || len(since) != 1 || !since[0].Sent.Equal(sent) || since[0].Stage != "written" {
		t.Errorf("sent items %+v, %v", since, err)
	}
}

// TestKeyIsUnique: two orders cannot be made under one idempotency key.
func TestKeyIsUnique(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for i, id := range []string{"a", "b"} {
		err := s.Update(context.Background(), func(tx *Tx) error {
			return tx.SaveOrder(OrderRow{ID: id, Key: "same", Body: []byte(`{}`)})
		})
		if (err != nil) != (i == 1) {
			t.Errorf("order %s: %v", id, err)
		}
	}
}

// TestJournalIsAppendOnly: the database itself refuses to change or remove a
// row.
func TestJournalIsAppendOnly(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	update(t, s, func(tx *Tx) error { return tx.AppendJournal([]JournalRow{{1, []byte(`{"order":"a"}`), []byte{1}}}) })
	for _, q := range []string{`UPDATE journal SET body = '{}'`, `DELETE FROM journal`} {
		if _, err := s.write.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want refusal", q, err)
		}
	}
	rows, err := s.JournalOfOrder(context.Background(), "a")
	if err != nil || len(rows) != 1 {
		t.Errorf("rows of the order: %+v, %v", rows, err)
	}
}

// TestUsersAndSessions: a session is found by its token until it expires, and
// the token is nowhere in the files.
func TestUsersAndSessions(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir, Options{})
	u := User{Name: "li", Display: "李工", Role: "dispatcher", Hash: "$argon2id$x", Created: time.UnixMilli(1000).UTC(), Changed: time.UnixMilli(2000).UTC()}
	update(t, s, func(tx *Tx) error { return tx.SaveUser(u) })
	if got, err := s.User(ctx, "li"); err != nil || got != u {
		t.Errorf("user %+v, %v", got, err)
	}
	if _, err := s.User(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown user: %v", err)
	}
	ss := s.Sessions()
	const token = "a-token-nobody-may-read-from-disk"
	if err := ss.Commit(token, []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := ss.Commit("old", []byte("x"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if b, ok, err := ss.Find(token); err != nil || !ok || string(b) != "data" {
		t.Errorf("session %q %v %v", b, ok, err)
	}
	if _, ok, _ := ss.Find("old"); ok {
		t.Error("an expired session is found")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), token) {
			t.Errorf("%s holds the session token", filepath.Base(f))
		}
	}
	if err := ss.Delete(token); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := ss.Find(token); ok {
		t.Error("a deleted session is found")
	}
}

// TestOwn: one process, one directory.
func TestOwn(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	a, b := open(t, dir, Options{}), open(t, dir, Options{})
	if err := a.Own(ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.Own(ctx); err != nil {
		t.Errorf("the owner owns already: %v", err)
	}
	if err := b.Own(ctx); !errors.Is(err, ErrOwned) {
		t.Errorf("second owner: %v, want ErrOwned", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Own(ctx); err != nil {
		t.Errorf("after the owner left: %v", err)
	}
}

// TestNewerSchemaIsRefused: a database of a newer program is not touched; a
// changed migration is noticed.
func TestNewerSchemaIsRefused(t *testing.T) {
	for name, q := range map[string]string{
		"newer":   `INSERT INTO migrations VALUES (99, '0099_later.sql', 'x')`,
		"changed": `UPDATE migrations SET checksum = 'x'`,
	} {
		dir := t.TempDir()
		s := open(t, dir, Options{})
		if _, err := s.write.Exec(q); err != nil {
			t.Fatal(err)
		}
		s.Close()
		if s, err := Open(dir, Options{}); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

// TestReadOnly: looking needs no migration and writes nothing.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, Options{ReadOnly: true}); err == nil {
		t.Error("an empty directory opens for reading")
	}
	s := open(t, dir, Options{})
	update(t, s, func(tx *Tx) error { return tx.AppendJournal([]JournalRow{{1, []byte(`{}`), []byte{1}}}) })
	r := open(t, dir, Options{ReadOnly: true})
	if rows, err := r.JournalAfter(context.Background(), 0, 10); err != nil || len(rows) != 1 {
		t.Errorf("rows %v, %v", rows, err)
	}
	if err := r.Update(context.Background(), func(*Tx) error { return nil }); err == nil {
		t.Error("a store open for reading takes an update")
	}
}

// TestCalibration: what was learned is there after a restart.
func TestCalibration(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	if _, ok, err := s.Calibration(ctx); ok || err != nil {
		t.Errorf("empty store: %v %v", ok, err)
	}
	want := models.Calibration{At: time.UnixMilli(5000).UTC(), Rounds: 2, Corrections: []models.Correction{{Element: "P-1", Attribute: models.AttrResistance, Factor: 1.18, Sigma: 0.05, Readings: 10}}}
	update(t, s, func(tx *Tx) error { return tx.SaveCalibration(want) })
	got, ok, err := s.Calibration(ctx)
	if err != nil || !ok || got.Rounds != 2 || len(got.Corrections) != 1 || got.Corrections[0] != want.Corrections[0] || !got.At.Equal(want.At) {
		t.Errorf("calibration %+v %v %v", got, ok, err)
	}
}
