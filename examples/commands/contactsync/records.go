package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews/imsync"
)

// records are the tables of contactsync. River's tables hold the queue: one job for each mailbox of
// a run.
//
//	sync_run     a run: its server, account, input and options, and how far it is
//	sync_plan    the plan of a run for a mailbox, and how much it removes
//	sync_owned   the ownership record of a mailbox of a server, and which attempt may write to it now
//	sync_backup  the list of a mailbox before the first removal of a run
//	sync_audit   every write, noted before it is sent and completed after it
//
// An attempt at a mailbox enters its name, the holder, into sync_owned. Every write is noted in
// sync_audit on the condition that the holder is still the same, so a process that was cut off, and
// whose work others have taken over, sends nothing more.
//
// Times are milliseconds since 1970, and documents are JSON texts: both databases have these.
type records struct{ db *sql.DB }

var recordTables = []string{
	`CREATE TABLE IF NOT EXISTS sync_run (id TEXT PRIMARY KEY, run_key TEXT NOT NULL, command TEXT NOT NULL,
		server TEXT NOT NULL, account TEXT NOT NULL, input TEXT NOT NULL, contacts INTEGER NOT NULL, options TEXT NOT NULL,
		dry INTEGER NOT NULL, phase TEXT NOT NULL, begun BIGINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS sync_plan (run TEXT NOT NULL, mailbox TEXT NOT NULL, plan TEXT NOT NULL,
		steps INTEGER NOT NULL, removals INTEGER NOT NULL, found INTEGER NOT NULL, PRIMARY KEY (run, mailbox))`,
	`CREATE TABLE IF NOT EXISTS sync_owned (server TEXT NOT NULL, mailbox TEXT NOT NULL, record TEXT NOT NULL,
		holder TEXT NOT NULL, PRIMARY KEY (server, mailbox))`,
	`CREATE TABLE IF NOT EXISTS sync_backup (run TEXT NOT NULL, mailbox TEXT NOT NULL, backup TEXT NOT NULL,
		taken BIGINT NOT NULL, PRIMARY KEY (run, mailbox))`,
	`CREATE TABLE IF NOT EXISTS sync_audit (id TEXT PRIMARY KEY, run TEXT NOT NULL, mailbox TEXT NOT NULL,
		at BIGINT NOT NULL, operation TEXT NOT NULL, what TEXT NOT NULL, request TEXT NOT NULL, result TEXT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS sync_audit_run ON sync_audit (run, mailbox)`,
}

// prepare makes the tables.
func (r records) prepare(ctx context.Context) error {
	for _, statement := range recordTables {
		if _, err := r.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("making the tables of the runs: %w", err)
		}
	}
	return nil
}

// runRecord is a run as the database has it: all that a process needs to know to help with it.
type runRecord struct {
	ID      string // also the name of River's queue
	key     string // identifies the run: a hash of the next fields and of the input
	Command string // as commandSync
	Server  string // as serverKey has it
	Account string
	Input   string // the name of the file

	Contacts int // that the input names
	Options  runOptions
	Phase    string // as phasePlan
	Begun    time.Time
}

// The commands that begin runs.
const (
	commandSync    = "sync"
	commandApply   = "apply"
	commandRestore = "restore"
)

// The phases of a run.
const (
	phasePlan   = "plan"   // plans are made for all mailboxes, and nothing is written
	phaseWrite  = "write"  // jobs write
	phaseHalted = "halted" // the plans remove more than is allowed, so nothing is ever written
)

// runOptions are the options that all processes of a run share.
type runOptions struct {
	Remove        imsync.RemovePolicy `json:"remove,omitempty"`
	Adopt         bool                `json:"adopt,omitempty"`
	DryRun        bool                `json:"dryRun,omitempty"`
	MaxRemovals   removalLimit        `json:"maxRemovals,omitzero"`
	AllowRemovals bool                `json:"allowRemovals,omitempty"`
	SkipUnused    bool                `json:"skipUnused,omitempty"`
}

// serverKey returns the endpoint in the form in which endpoints are compared. Exchange ignores case in
// its paths.
func serverKey(endpoint string) string {
	u, err := url.Parse(strings.ToLower(endpoint))
	if err != nil {
		return strings.ToLower(endpoint)
	}
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.String()
}

// historyKept is how long runs are kept, with their backups and writes. Plans go with River's jobs.
const historyKept = 90 * 24 * time.Hour

// forget deletes the records of runs that were begun long ago.
func (r records) forget(ctx context.Context) error {
	now := time.Now()
	old, older := now.Add(-retention).UnixMilli(), now.Add(-historyKept).UnixMilli()
	const ofRuns = ` WHERE run IN (SELECT id FROM sync_run WHERE begun < $1)`
	for _, s := range []struct {
		statement string
		before    int64
	}{
		{`DELETE FROM sync_plan` + ofRuns, old},
		{`DELETE FROM sync_backup` + ofRuns, older},
		{`DELETE FROM sync_audit` + ofRuns, older},
		{`DELETE FROM sync_run WHERE begun < $1`, older},
	} {
		if _, err := r.db.ExecContext(ctx, s.statement, s.before); err != nil {
			return fmt.Errorf("forgetting old runs: %w", err)
		}
	}
	return nil
}

const runColumns = `r.id, r.run_key, r.command, r.server, r.account, r.input, r.contacts, r.options, r.phase, r.begun`

// unfinishedJobs is true of a run that has jobs to do.
const unfinishedJobs = `EXISTS (SELECT 1 FROM river_job j WHERE j.queue = r.id
	AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`

// runs returns the runs that meet a condition, the oldest first.
func (r records) runs(ctx context.Context, condition string, args ...any) (runs []*runRecord, err error) {
	query := `SELECT ` + runColumns + ` FROM sync_run r WHERE ` + condition + ` ORDER BY r.begun, r.id` //nolint:gosec // constants
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		run, options, begun := &runRecord{}, "", int64(0)
		if err := rows.Scan(&run.ID, &run.key, &run.Command, &run.Server, &run.Account, &run.Input, &run.Contacts, &options,
			&run.Phase, &begun); err != nil {
			return nil, err
		}
		run.Begun = time.UnixMilli(begun)
		if err := json.Unmarshal([]byte(options), &run.Options); err != nil {
			return nil, fmt.Errorf("run %s: its options: %w", run.ID, err)
		}
		runs = append(runs, run)
	}
	return runs, rows.Err()
}

// run returns a run by its id.
func (r records) run(ctx context.Context, id string) (*runRecord, error) {
	runs, err := r.runs(ctx, `r.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("the database has no run %s: contactsync runs lists those that it has", id)
	}
	return runs[0], nil
}

// compare refuses a run that removes and whose input has no contacts, although that of the last run
// had some: an export without its column of addresses.
func (r records) compare(ctx context.Context, run *runRecord) error {
	if run.Options.Remove == imsync.RemoveNothing || run.Contacts > 0 {
		return nil
	}
	runs, err := r.runs(ctx, `r.server = $1 AND r.command = '`+commandSync+`' AND r.dry = 0`, run.Server)
	if err != nil || len(runs) == 0 || runs[len(runs)-1].Contacts == 0 {
		return err
	}
	last := runs[len(runs)-1]
	return fmt.Errorf("%s names no contact, and that of the last run, %s, named %d: are the addresses missing? "+
		"Nothing was removed. Without --remove the run is allowed", run.Input, last.ID, last.Contacts)
}

// oldest returns the run at the server that was begun first of those that are unfinished, nil if there
// is none; otherServer is where an unfinished run is if there is none at this server.
func (r records) oldest(ctx context.Context, server string) (run *runRecord, otherServer string, err error) {
	runs, err := r.runs(ctx, unfinishedJobs)
	if err != nil {
		return nil, "", err
	}
	for _, run := range runs {
		if run.Server == server {
			return run, "", nil
		}
		otherServer = cmp.Or(otherServer, run.Server)
	}
	return nil, otherServer, nil
}
