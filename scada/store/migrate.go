package store

import (
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migrate brings a database forward: numbered files, each applied once in its
// own transaction and remembered with its checksum. There is no way back; an
// existing database is copied to FILE.before-NNNN first.
func migrate(db *sql.DB, which, path string) error {
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)`); err != nil {
		return err
	}
	dir := "migrations/" + which
	files, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return err
	}
	applied := map[int]string{}
	if err := eachRow(db, func(scan func(...any) error) error {
		var n int
		var sum string
		err := scan(&n, &sum)
		applied[n] = sum
		return err
	}, `SELECT number, checksum FROM migrations`); err != nil {
		return err
	}
	for n := range applied {
		if n > len(files) {
			return fmt.Errorf("the database has schema %d, this program knows %d; use the newer program", n, len(files))
		}
	}
	for i, f := range files {
		text, err := migrations.ReadFile(dir + "/" + f.Name())
		if err != nil {
			return err
		}
		n := i + 1
		if !strings.HasPrefix(f.Name(), fmt.Sprintf("%04d_", n)) {
			return fmt.Errorf("migration %s: expected number %04d", f.Name(), n)
		}
		sum := sha256.Sum256(text)
		checksum := hex.EncodeToString(sum[:])
		if have, ok := applied[n]; ok {
			if have != checksum {
				return fmt.Errorf("migration %s differs from the one this database was made with", f.Name())
			}
			continue
		}
		if len(applied) > 0 {
			if _, err := db.Exec("VACUUM INTO ?", fmt.Sprintf("%s.before-%04d", path, n)); err != nil {
				return fmt.Errorf("copy before migration %s: %w", f.Name(), err)
			}
		}
		if err := apply(db, n, f.Name(), checksum, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", f.Name(), err)
		}
	}
	return nil
}

func apply(db *sql.DB, n int, name, checksum, text string) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(text); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := tx.Exec(`INSERT INTO migrations VALUES (?, ?, ?)`, n, name, checksum); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// eachRow runs a query outside any transaction and hands each row's Scan to
// fn.
func eachRow(db *sql.DB, fn func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := db.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
