package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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
	// NORMAL: after a power failure the last jobs may be done again, which is harmless, and the notes of
	// the last writes be missing, so that what they added is taken for the owner's. An fsync for each
	// write would cost more than the write.
	db, err := openFile(file, "_pragma=locking_mode(EXCLUSIVE)", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(NORMAL)", "_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	q := &jobQueue[*sql.Tx]{
		id: id, db: db, driver: riversqlite.New(db), logger: logger, done: db.Close,
		guard: &fileGuard{db: db, lock: lock},
		times: times{now: `strftime('%Y-%m-%d %H:%M:%f', 'now')`, far: `strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 year')`},
		inTx: func(ctx context.Context, f func(*sql.Tx) error) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if err := f(tx); err != nil {
				_ = tx.Rollback() // SQLite has done so itself after some errors, such as that of a full disk
				return err
			}
			return tx.Commit()
		},
	}
	if err := q.prepare(ctx); err != nil {
		const notADatabase = 26
		if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code() == notADatabase {
			err = errors.New("it is no SQLite database: give --database the file of earlier runs, or a new one")
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), q.close())
	}
	return q, nil
}

// openFile opens a SQLite file with one connection: SQLite has one writer, and River would meet
// SQLITE_BUSY with more. Others must not read it, for it names people.
func openFile(file string, pragmas ...string) (*sql.DB, error) {
	const ownerOnly = 0o600
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, ownerOnly) //nolint:gosec // the command line names it
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Chmod(ownerOnly), f.Close()); err != nil {
		return nil, fmt.Errorf("keeping the file from other accounts: %w", err)
	}
	db, err := sql.Open("sqlite", fileURI(file)+"?"+strings.Join(pragmas, "&"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// fileURI returns the file's name as SQLite wants it. After "file:" a path that begins with two slashes,
// such as that of a Windows share, would be taken for the name of a host.
func fileURI(file string) string {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	if strings.HasPrefix(path, "//") {
		return "file://" + path
	}
	return "file:" + path
}

// lockFile keeps other processes away from the queue: a transaction on a second file that lasts as
// long as the process.
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

// rescue puts all running jobs back: their process is gone, and so is the leader.
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

// A file does not go away, so none of its jobs do.
func (g *fileGuard) rejoin(context.Context) error             { return nil }
func (g *fileGuard) running(context.Context) ([]int64, error) { return nil, nil }
func (g *fileGuard) putBack(context.Context, []int64) error   { return nil }

func (g *fileGuard) close() error { return g.lock.Close() }
