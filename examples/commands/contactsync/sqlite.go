package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
)

// openSQLite opens a file for this process alone.
func openSQLite(ctx context.Context, file, id string, logger *slog.Logger) (queue, error) {
	lock, err := lockFile(ctx, file+".lock")
	if err != nil {
		return nil, err
	}
	// NORMAL: after a power failure the last jobs may be done again, which is harmless.
	db, err := openFile(file, "_pragma=journal_mode(WAL)", "_pragma=synchronous(NORMAL)", "_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	q := &jobQueue[*sql.Tx]{
		id: id, db: db, driver: riversqlite.New(db), logger: logger, done: db.Close,
		guard: &fileGuard{db: db, lock: lock},
		inTx: func(ctx context.Context, f func(*sql.Tx) error) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if err := f(tx); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Commit()
		},
	}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), q.close())
	}
	return q, nil
}

// openFile opens a SQLite file with one connection: SQLite has one writer, and River would meet
// SQLITE_BUSY with more.
func openFile(file string, pragmas ...string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()}
	for i, p := range pragmas {
		if i > 0 {
			u.RawQuery += "&"
		}
		u.RawQuery += p
	}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// lockFile keeps other processes away from the queue: a transaction on a file beside it that lasts as
// long as the process, however that ends.
func lockFile(ctx context.Context, file string) (*sql.DB, error) {
	db, err := openFile(file)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "BEGIN EXCLUSIVE")
	const busy = 5 // SQLITE_BUSY
	if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code()&0xFF == busy {
		err = errors.New("another contactsync works on that queue: wait for it, name another --database, " +
			"or share the work by PostgreSQL")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return db, nil
}

// fileGuard is the guard of a file that one process has at a time.
type fileGuard struct{ db, lock *sql.DB }

func (g *fileGuard) alone(_ context.Context, f func() error) error { return f() }

func (g *fileGuard) rescueEvery() time.Duration { return 0 }

// rescue puts back whatever runs: whoever ran it is gone, and so is the leader.
func (g *fileGuard) rescue(ctx context.Context) (int64, error) {
	result, err := g.db.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
	if err != nil {
		return 0, err
	}
	if _, err := g.db.ExecContext(ctx, `DELETE FROM river_leader`); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (g *fileGuard) close() error { return g.lock.Close() }
