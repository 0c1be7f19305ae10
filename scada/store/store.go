// Package store keeps everything that must survive a restart in one database
// directory: journal rows, orders, modes, locks, calibration, users and
// sessions in evenflow.db, written through to disk before a call returns, and
// the history of readings in history.db.
//
// All SQL of the house stands in this room. The rest of the house sees typed
// methods only, so that a second database can be put behind them.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", pure Go
)

// ErrNotFound is returned where nothing is stored under the name asked for.
var ErrNotFound = errors.New("not in the store")

// ErrOwned is returned by Own when another process works on the directory.
var ErrOwned = errors.New("another Evenflow process works on this data directory; stop it first, or use another --data")

// Options of a store. The zero value is the documented default.
type Options struct {
	HistoryKeep  time.Duration // readings older than this (by their own clock) are dropped; 0: 5 years
	HistoryEvery time.Duration // at least this between two kept poll cycles; 0: every cycle is kept
	ReadOnly     bool          // look, do not touch: no migration, no write
}

func (o Options) withDefaults() Options {
	if o.HistoryKeep == 0 {
		o.HistoryKeep = 5 * 365 * 24 * time.Hour
	}
	return o
}

// Store is one open database directory. It is safe for concurrent use.
type Store struct {
	dir       string
	temporary bool
	opts      Options

	write   *sql.DB // one connection: writers queue here
	read    *sql.DB
	history *history

	mu    sync.Mutex
	claim *claim // held while this process owns the directory
}

// Open opens the database directory, makes it if it is absent, and brings its
// schema up to date. A file made by a newer program is refused.
func Open(dir string, opts Options) (*Store, error) {
	if !opts.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	} else if _, err := os.Stat(filepath.Join(dir, mainFile)); err != nil {
		return nil, fmt.Errorf("no Evenflow database in %s: %w", dir, err)
	}
	s := &Store{dir: dir, opts: opts.withDefaults()}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenTemporary opens a store in a new temporary directory that Close
// removes.
func OpenTemporary(opts Options) (*Store, error) {
	dir, err := os.MkdirTemp("", "evenflow-")
	if err != nil {
		return nil, err
	}
	s, err := Open(dir, opts)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.temporary = true
	return s, nil
}

const (
	mainFile    = "evenflow.db"
	historyFile = "history.db"
	claimFile   = "claim.db"
)

func (s *Store) open() (err error) {
	path := filepath.Join(s.dir, mainFile)
	if s.opts.ReadOnly {
		s.read, err = connect(path, "FULL", 2, true)
		return err
	}
	if s.write, err = connect(path, "FULL", 1, false); err != nil {
		return err
	}
	if err = migrate(s.write, "main", path); err != nil {
		return fmt.Errorf("%s: %w", mainFile, err)
	}
	if s.read, err = connect(path, "FULL", 4, true); err != nil {
		return err
	}
	s.history, err = openHistory(filepath.Join(s.dir, historyFile), s.opts)
	return err
}

// connect opens one SQLite file. Reads see the last committed state and never
// block the writer (WAL).
func connect(path, synchronous string, conns int, readOnly bool) (*sql.DB, error) {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(10000)")
	if readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous("+synchronous+")")
		q.Add("_pragma", "foreign_keys(1)")
		q.Set("_txlock", "immediate")
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), db.Close())
	}
	return db, nil
}

// Dir returns the database directory.
func (s *Store) Dir() string { return s.dir }

// Own claims the directory for this process: the desk's state lives in its
// memory, so two desks on one directory would both write to the plant. The
// claim ends with Close, or with the process however it ends.
func (s *Store) Own(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claim != nil {
		return nil
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.Join(s.dir, claimFile)}).EscapedPath(),
		RawQuery: url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(200)"}}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	// The open transaction is the claim. It must outlive ctx.
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return errors.Join(ErrOwned, db.Close())
	}
	s.claim = &claim{db, tx}
	return nil
}

// claim is an exclusive transaction that is never committed.
type claim struct {
	db *sql.DB
	tx *sql.Tx
}

// Close writes what is still in memory and closes the files.
func (s *Store) Close() error {
	var errs []error
	if s.history != nil {
		errs = append(errs, s.history.close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.claim != nil {
		errs = append(errs, s.claim.tx.Rollback(), s.claim.db.Close())
		s.claim = nil
	}
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// Tx is one transaction of the main database.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
}

// Update runs fn in one transaction. When it returns nil, everything fn wrote
// is on disk; otherwise nothing of it is. Writers run one at a time.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if s.write == nil {
		return errors.New("the store is open for reading only")
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := fn(&Tx{ctx, tx}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Backup writes a consistent copy of the main database to path while the
// store is in use.
func (s *Store) Backup(ctx context.Context, path string) error {
	_, err := s.read.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}
