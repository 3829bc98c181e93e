package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"modernc.org/sqlite"

	"github.com/go-ews/exchange/ews/imsync"
)

// noteWithin bounds the writing of results, which continues while an attempt is being stopped.
const noteWithin = 30 * time.Second

// databaseError is an error of the database, which no mailbox has caused.
type databaseError struct {
	doing string
	err   error
}

func (e *databaseError) Error() string { return "the database: " + e.doing + ": " + e.err.Error() }

func (e *databaseError) Unwrap() error { return e.err }

// errTakenOver ends an attempt that another one has followed.
var errTakenOver = errors.New("another attempt at the mailbox has begun, so this one sends nothing more")

// isDatabase reports whether an attempt ended for a reason that lies in the database.
func isDatabase(err error) bool {
	_, ok := errors.AsType[*databaseError](err)
	return ok || errors.Is(err, errTakenOver)
}

const (
	afterTakeover = time.Second
	afterLoss     = 10 * time.Second
)

// databaseVerdict decides about a job whose attempt ended because of the database. A server that is
// restarted comes back; a full disk, or a right that is missing, needs people.
func (w *worker) databaseVerdict(ctx context.Context, err error) error {
	if errors.Is(err, errTakenOver) {
		return river.JobSnooze(afterTakeover)
	}
	_, isFile := errors.AsType[*sqlite.Error](err)
	server, ok := errors.AsType[*pgconn.PgError](err)
	const shutdown, connection, conflict, resources, full = "57", "08", "40", "53", "53100"
	if isFile || ok && (server.Code == full ||
		server.Code[:2] != shutdown && server.Code[:2] != connection && server.Code[:2] != conflict && server.Code[:2] != resources) {
		w.giveUp(err)
		<-ctx.Done()
		return ctx.Err()
	}
	w.notices.waiting("", afterLoss, err)
	return river.JobSnooze(afterLoss)
}

// execute executes a statement, and returns how many rows it concerns.
func (r records) execute(ctx context.Context, doing, statement string, args ...any) (rows int64, err error) {
	result, err := r.db.ExecContext(ctx, statement, args...)
	if err == nil {
		rows, err = result.RowsAffected()
	}
	if err != nil {
		return 0, &databaseError{doing, err}
	}
	return rows, nil
}

// change executes a statement, and returns errTakenOver if it concerns no row.
func (r records) change(ctx context.Context, doing, statement string, args ...any) error {
	n, err := r.execute(ctx, doing, statement, args...)
	if err == nil && n == 0 {
		err = errTakenOver
	}
	return err
}

// keep executes a statement although ctx may end: results must be kept.
func (r records) keep(ctx context.Context, doing, statement string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	return r.change(ctx, doing, statement, args...)
}

// take makes holder the only one to write to a mailbox, and returns the ownership record.
func (r records) take(ctx context.Context, server, mailbox, holder string) (*imsync.Ownership, error) {
	return r.ownership(ctx, `INSERT INTO sync_owned (server, mailbox, record, holder) VALUES ($1, $2, '', $3)
		ON CONFLICT (server, mailbox) DO UPDATE SET holder = excluded.holder RETURNING record`, server, mailbox, holder)
}

// owned returns the ownership record of a mailbox.
func (r records) owned(ctx context.Context, server, mailbox string) (*imsync.Ownership, error) {
	return r.ownership(ctx, `SELECT record FROM sync_owned WHERE server = $1 AND mailbox = $2`, server, mailbox)
}

func (r records) ownership(ctx context.Context, query string, args ...any) (*imsync.Ownership, error) {
	var text string
	err := r.db.QueryRowContext(ctx, query, args...).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && text == "":
		return nil, nil //nolint:nilnil // nothing is owned yet
	case err != nil:
		return nil, &databaseError{"reading what is owned", err}
	}
	owned := &imsync.Ownership{}
	if err := json.Unmarshal([]byte(text), owned); err != nil {
		return nil, err
	}
	return owned, nil
}

// keepOwned keeps the ownership record of a mailbox, as long as holder may write to it.
func (r records) keepOwned(ctx context.Context, server, mailbox, holder string, owned *imsync.Ownership) error {
	text, err := json.Marshal(owned)
	if err != nil {
		return err
	}
	return r.keep(ctx, "keeping what is owned",
		`UPDATE sync_owned SET record = $1 WHERE server = $2 AND mailbox = $3 AND holder = $4`,
		string(text), server, mailbox, holder)
}

// keepBackup keeps the list of a mailbox as it was before the first removal of a run, in any attempt.
func (r records) keepBackup(ctx context.Context, run, mailbox string, backup *imsync.Backup) error {
	text, err := json.Marshal(backup)
	if err != nil {
		return err
	}
	return r.change(ctx, "keeping the backup", `INSERT INTO sync_backup (run, mailbox, backup, taken)
		VALUES ($1, $2, $3, $4) ON CONFLICT (run, mailbox) DO UPDATE SET taken = sync_backup.taken`,
		run, mailbox, string(text), time.Now().UnixMilli())
}

// backup returns the backup that a run made of a mailbox.
func (r records) backup(ctx context.Context, run, mailbox string) (*imsync.Backup, error) {
	var text string
	err := r.db.QueryRowContext(ctx, `SELECT backup FROM sync_backup WHERE run = $1 AND mailbox = $2`, run, mailbox).Scan(&text)
	if err != nil {
		return nil, &databaseError{"reading the backup", err}
	}
	backup := &imsync.Backup{}
	return backup, json.Unmarshal([]byte(text), backup)
}

// backedUp returns the mailboxes that a run has a backup of.
func (r records) backedUp(ctx context.Context, run string) (mailboxes []string, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT mailbox FROM sync_backup WHERE run = $1 ORDER BY mailbox`, run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var mailbox string
		if err := rows.Scan(&mailbox); err != nil {
			return nil, err
		}
		mailboxes = append(mailboxes, mailbox)
	}
	return mailboxes, rows.Err()
}

// keepPlan keeps the plan for a mailbox whose list has found memberships.
func (r records) keepPlan(ctx context.Context, run, mailbox string, plan imsync.Plan, found int) error {
	text, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	return r.change(ctx, "keeping the plan", `INSERT INTO sync_plan (run, mailbox, plan, steps, removals, found)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run, mailbox) DO UPDATE
		SET plan = excluded.plan, steps = excluded.steps, removals = excluded.removals, found = excluded.found`,
		run, mailbox, string(text), len(plan.Steps), removals(plan), found)
}

// progress returns the phase of a run, and how much its plan removes from a mailbox.
func (r records) progress(ctx context.Context, run, mailbox string) (phase string, removals int, err error) {
	var planned sql.NullInt64
	err = r.db.QueryRowContext(ctx, `SELECT r.phase, p.removals FROM sync_run r
		LEFT JOIN sync_plan p ON p.run = r.id AND p.mailbox = $2 WHERE r.id = $1`, run, mailbox).Scan(&phase, &planned)
	if err != nil {
		return "", 0, &databaseError{"reading how far the run is", err}
	}
	return phase, int(planned.Int64), nil
}

// planned is the plan of a run for a mailbox.
type planned struct {
	Mailbox  string          `json:"mailbox"`
	Removals int             `json:"removals"`
	Found    int             `json:"found"` // memberships in the list
	Steps    int             `json:"steps"`
	Plan     json.RawMessage `json:"plan"`
}

// plans calls f for each plan of a run, by mailbox.
func (r records) plans(ctx context.Context, run string, f func(planned) error) (err error) {
	rows, err := r.db.QueryContext(ctx,
		`SELECT mailbox, steps, removals, found, plan FROM sync_plan WHERE run = $1 ORDER BY mailbox`, run)
	if err != nil {
		return fmt.Errorf("reading the plans: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p planned
		var text string
		if err := rows.Scan(&p.Mailbox, &p.Steps, &p.Removals, &p.Found, &text); err != nil {
			return err
		}
		p.Plan = json.RawMessage(text)
		if err := f(p); err != nil {
			return err
		}
	}
	return rows.Err()
}
