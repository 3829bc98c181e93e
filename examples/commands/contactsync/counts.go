package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river/rivertype"
)

// counts is the progress of a run. Planned mailboxes wait until the plans of all are made. Those that
// --skip-unused leaves alone are known to summaries only; elsewhere they count as in step.
type counts struct {
	waiting, planned, running, inStep, leftAlone, failed int
}

func (c counts) total() int { return c.waiting + c.planned + c.running + c.over() }
func (c counts) over() int  { return c.inStep + c.leftAlone + c.failed }

func unfinishedStates() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

func (c *counts) add(state rivertype.JobState, n int) {
	switch state {
	case rivertype.JobStateCompleted:
		c.inStep += n
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		c.failed += n
	case rivertype.JobStateRunning:
		c.running += n
	default:
		c.waiting += n
	}
}

// statePlanned is the state of jobs that are put aside until all plans are made, or for good if the
// run is halted. River has no such state: they are scheduled for a distant time.
const statePlanned = "planned"

// count counts the jobs of a run by state: on River's index that leads with state and queue.
func (q *jobQueue[TTx]) count(ctx context.Context, run string) (c counts, err error) {
	//nolint:gosec // made of constants
	query := `SELECT CASE WHEN scheduled_at > ` + q.times.far + ` AND (state = 'scheduled'
		OR state = 'cancelled' AND (SELECT phase FROM sync_run WHERE id = $1) = '` + phaseHalted + `')
		THEN '` + statePlanned + `' ELSE CAST(state AS TEXT) END, count(*) FROM river_job WHERE state IN
		('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled')
		AND queue = $1 GROUP BY 1`
	rows, err := q.db.QueryContext(ctx, query, run)
	if err != nil {
		return counts{}, fmt.Errorf("counting the jobs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return counts{}, err
		}
		if state == statePlanned {
			c.planned += n
		} else {
			c.add(rivertype.JobState(state), n)
		}
	}
	return c, rows.Err()
}
