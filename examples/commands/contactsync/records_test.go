package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews/imsync"
)

// TestSupersede_Planned cancels for good what an older run has planned: nothing of it waits any more.
func TestSupersede_Planned(t *testing.T) {
	t.Parallel()
	q := openForTest(t, filepath.Join(t.TempDir(), "queue.db"))
	in := generate(2)
	older := &runRecord{key: strings.Repeat("a", runKeyLength), Command: commandSync, Phase: phasePlan}
	newer := &runRecord{key: strings.Repeat("b", runKeyLength), Command: commandSync, Phase: phasePlan}
	if _, err := q.begin(t.Context(), older, (&settings{attempts: 1}).jobs(in)); err != nil {
		t.Fatal(err)
	}
	_, err := q.records().db.ExecContext(t.Context(), `UPDATE river_job SET state = 'scheduled', scheduled_at = '2099-01-01 00:00:00.000'`)
	if err != nil {
		t.Fatal(err)
	}
	counted := func(run *runRecord, want counts) {
		t.Helper()
		if got, err := q.count(t.Context(), run.ID); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	counted(older, counts{planned: 2})
	if _, err := q.begin(t.Context(), newer, (&settings{attempts: 1}).jobs(in)); err != nil {
		t.Fatal(err)
	}
	counted(older, counts{failed: 2})
	sum, err := summarize(t.Context(), q, older, nil)
	if err != nil || sum.counts != (counts{failed: 2}) {
		t.Errorf("%+v, %v", sum.counts, err)
	}
}

// TestForget deletes the records of old runs, and leaves those of ownership.
func TestForget(t *testing.T) {
	t.Parallel()
	q := openForTest(t, filepath.Join(t.TempDir(), "queue.db"))
	r := q.records()
	for key, age := range map[string]time.Duration{"a": time.Hour, "b": retention + time.Hour, "c": historyKept + time.Hour} {
		run := &runRecord{key: strings.Repeat(key, runKeyLength), Command: commandSync, Server: key}
		if _, err := q.begin(t.Context(), run, (&settings{attempts: 1}).jobs(generate(1))); err != nil {
			t.Fatal(err)
		}
		if _, err := r.take(t.Context(), key, "tony@contoso.com", "holder"); err != nil {
			t.Fatal(err)
		}
		err := errors.Join(r.keepPlan(t.Context(), run.ID, "tony@contoso.com", imsync.Plan{}, 1),
			r.keepBackup(t.Context(), run.ID, "tony@contoso.com", &imsync.Backup{}))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.note(t.Context(), newEntry(run.ID, "tony@contoso.com", "", ""), nil, key, "holder"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now().Add(-age).UnixMilli()
		if _, err := r.db.ExecContext(t.Context(), `UPDATE sync_run SET begun = $1 WHERE id = $2`, begun, run.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"sync_run": 2, "sync_plan": 1, "sync_backup": 2, "sync_audit": 2, "sync_owned": 3} {
		var got int
		if err := r.db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d rows, %v, want %d", table, got, err, want)
		}
	}
}
