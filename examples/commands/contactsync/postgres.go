package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// openPostgres opens a database that any number of processes share.
func openPostgres(ctx context.Context, database, id string, logger *slog.Logger) (queue, error) {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, fmt.Errorf("--database: %w", err) // pgx leaves the password out
	}
	if err := makeSchema(ctx, config.ConnConfig.Copy()); err != nil {
		return nil, fmt.Errorf("--database: %w", err)
	}
	const most = 8 // River's listener, our own session, and what fetches and completes
	config.MaxConns = most
	config.ConnConfig.RuntimeParams["search_path"] = schema
	noticeLoss(config.ConnConfig)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	guard, err := newSession(ctx, db, id)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("--database: %w", err)
	}
	q := &jobQueue[pgx.Tx]{
		id: id, db: db, driver: riverpgxv5.New(pool), logger: logger, guard: guard,
		times: times{now: `now()`, far: `now() + interval '1 year'`},
		inTx:  func(ctx context.Context, f func(pgx.Tx) error) error { return pgx.BeginFunc(ctx, pool, f) },
		done: func() error {
			err := db.Close()
			pool.Close()
			return err
		},
	}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(err, q.close())
	}
	return q, nil
}

// schema is where all tables are, so that other applications' queues of River in the same database
// stay untouched. It is every connection's search path.
const schema = "contactsync"

// makeSchema makes the schema if there is none. PostgreSQL refuses CREATE SCHEMA IF NOT EXISTS to an
// account without the right to make one even if it exists, hence the question before.
func makeSchema(ctx context.Context, config *pgx.ConnConfig) (err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, 0)`, lockBegin); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, schema).Scan(&exists); err != nil || exists {
		return err
	}
	if _, err = conn.Exec(ctx, `CREATE SCHEMA `+schema); err != nil {
		return fmt.Errorf("the database has no schema %s, and this account may not make it: have its administrator "+
			"run CREATE SCHEMA %[1]s AUTHORIZATION %q: %w", schema, config.User, err)
	}
	return nil
}

// noticeLoss has both ends notice within some 20 seconds that the other host is gone: PostgreSQL then
// releases the lock of a lost process, and others take over its work. The systems' own defaults are
// hours.
func noticeLoss(config *pgx.ConnConfig) {
	const idle, interval, probes = 8, 4, 3 // seconds, and a number
	for name, value := range map[string]int{
		"tcp_keepalives_idle": idle, "tcp_keepalives_interval": interval, "tcp_keepalives_count": probes,
		"tcp_user_timeout": 1000 * (idle + interval*probes), // of data that is not acknowledged
	} {
		config.RuntimeParams[name] = strconv.Itoa(value)
	}
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: idle * time.Second, Interval: interval * time.Second, Count: probes,
	}}
	config.DialFunc = dialer.DialContext
}

// The first half of the keys of our advisory locks; the second is a hash of the locked thing's
// name.
const (
	lockBegin   = 0x6577_7301 // one process at a time makes tables and queues
	lockProcess = 0x6577_7302 // held by a process as long as it lives
)

// session is a connection that holds an advisory lock for as long as this process lives. When the
// process dies, PostgreSQL sees the connection end and releases the lock, which the others notice.
//
// A process that is only cut off from the database sends no further write, since none can be noted.
type session struct {
	db *sql.DB
	id string

	mu   sync.Mutex
	conn *sql.Conn // another one after the database was away
}

func newSession(ctx context.Context, db *sql.DB, id string) (*session, error) {
	s := &session{db: db, id: id}
	return s, s.rejoin(ctx)
}

// rejoin takes the lock with a new connection.
func (s *session) rejoin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if conn := s.connection(); conn != nil {
		_ = conn.Close() // it is broken, as a rule
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	var locked bool
	err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1, hashtext($2))`, lockProcess, s.id).Scan(&locked)
	if err == nil && !locked {
		err = errors.New("the server still has the previous connection of this process")
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return nil
}

func (s *session) connection() *sql.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

func (s *session) alone(ctx context.Context, f func() error) error {
	conn := s.connection()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1, 0)`, lockBegin); err != nil {
		return err
	}
	err := f()
	unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	_, unlockErr := conn.ExecContext(unlock, `SELECT pg_advisory_unlock($1, 0)`, lockBegin)
	return errors.Join(err, unlockErr)
}

func (s *session) rescueEvery() time.Duration { return time.Second }

// rescue checks whether the processes that have running jobs, or lead, are alive.
func (s *session) rescue(ctx context.Context) (rescued int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	owners, err := s.owners(ctx)
	if err != nil {
		return 0, err
	}
	for _, owner := range owners {
		n, err := s.rescueFrom(ctx, owner)
		if err != nil {
			return rescued, err
		}
		rescued += n
	}
	return rescued, nil
}

func (s *session) owners(ctx context.Context) (owners []string, err error) {
	rows, err := s.connection().QueryContext(ctx, `
		SELECT attempted_by[array_upper(attempted_by, 1)] AS owner FROM river_job
			WHERE state = 'running' AND kind = $1 AND attempted_by IS NOT NULL
		UNION SELECT leader_id FROM river_leader WHERE starts_with(leader_id, $2)`,
		syncArgs{}.Kind(), processPrefix)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		if owner != s.id {
			owners = append(owners, owner)
		}
	}
	return owners, rows.Err()
}

// rescueFrom puts the jobs of a process back if its lock is free.
func (s *session) rescueFrom(ctx context.Context, owner string) (rescued int64, err error) {
	tx, err := s.connection().BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	var dead bool
	row := tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock($1, hashtext($2))`, lockProcess, owner)
	if err := row.Scan(&dead); err != nil {
		return 0, err
	}
	if !dead {
		return 0, tx.Commit()
	}
	result, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now()
		WHERE state = 'running' AND kind = $2 AND attempted_by[array_upper(attempted_by, 1)] = $1`,
		owner, syncArgs{}.Kind())
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM river_leader WHERE leader_id = $1`, owner); err != nil {
		return 0, err
	}
	if rescued, err = result.RowsAffected(); err != nil {
		return 0, err
	}
	return rescued, tx.Commit()
}

// putBack puts jobs of this process back that do not run here: the database handed them out, and
// the connection broke before this process knew.
func (s *session) putBack(ctx context.Context, jobs []int64) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	for _, id := range jobs {
		_, err := s.connection().ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now()
			WHERE id = $1 AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2`, id, s.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// running returns the jobs of this process that run according to the database.
func (s *session) running(ctx context.Context) (jobs []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	rows, err := s.connection().QueryContext(ctx, `SELECT id FROM river_job WHERE state = 'running'
		AND kind = $1 AND attempted_by[array_upper(attempted_by, 1)] = $2`, syncArgs{}.Kind(), s.id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		jobs = append(jobs, id)
	}
	return jobs, rows.Err()
}

// close releases the lock, so that others need not wait until the server sees the connection end.
func (s *session) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	conn := s.connection()
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1, hashtext($2))`, lockProcess, s.id)
	return errors.Join(err, conn.Close())
}
