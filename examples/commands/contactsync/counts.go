package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river/rivertype"
)

// counts is how far a run has got.
type counts struct {
	waiting, running, inStep, failed int
}

func (c counts) total() int { return c.waiting + c.running + c.inStep + c.failed }
func (c counts) over() int  { return c.inStep + c.failed }

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

// count counts the jobs of a run by state: on River's index that leads with state and queue.
func (q *jobQueue[TTx]) count(ctx context.Context, run string) (c counts, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT state, count(*) FROM river_job WHERE state IN
		('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled')
		AND queue = $1 GROUP BY state`, run)
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
		c.add(rivertype.JobState(state), n)
	}
	return c, rows.Err()
}
