package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

// syncArgs is the job of syncing one mailbox. It has all that a worker needs, so that workers on
// other machines need no input file.
type syncArgs struct {
	Mailbox string        `json:"mailbox" river:"unique"`
	Roster  imsync.Roster `json:"roster"`
	Prune   bool          `json:"prune,omitempty"`

	MaxRemovals int  `json:"maxRemovals,omitempty"` // percent
	DryRun      bool `json:"dryRun,omitempty"`
}

// Kind names the job in the database.
func (syncArgs) Kind() string { return "contactsync" }

// outcome is what a job leaves behind for the summary, whether it succeeded or not.
type outcome struct {
	Changes int           `json:"changes,omitempty"` // steps that were done, in all attempts; with DryRun to be done
	Plan    string        `json:"plan,omitempty"`    // with DryRun
	Took    time.Duration `json:"took"`              // of all attempts, waits in the queue left out
	Err     string        `json:"err,omitempty"`     // of the last attempt
}

func outcomeOf(row *rivertype.JobRow) outcome {
	var o outcome
	if err := json.Unmarshal(row.Output(), &o); err != nil {
		return outcome{} // it has not got that far
	}
	return o
}

func mailboxOf(row *rivertype.JobRow) (string, error) {
	var args struct {
		Mailbox string `json:"mailbox"`
	}
	if err := json.Unmarshal(row.EncodedArgs, &args); err != nil {
		return "", fmt.Errorf("job %d: %w", row.ID, err)
	}
	return args.Mailbox, nil
}

// worker syncs mailboxes.
type worker struct {
	river.WorkerDefaults[syncArgs]

	client   *ews.Client
	timeout  time.Duration
	answered atomic.Bool                // an Exchange has answered this process
	waiting  func(time.Duration, error) // called for each wait that the server asks for, with the reason
	waits    atomic.Int64               // end of the last one, in nanoseconds since 1970
	giveUp   func(error)                // ends the process: no mailbox can be synced
}

// Timeout is that of one attempt.
func (w *worker) Timeout(*river.Job[syncArgs]) time.Duration { return w.timeout }

// NextRetry spreads the attempts over minutes.
func (w *worker) NextRetry(job *river.Job[syncArgs]) time.Time {
	return time.Now().Add(retryDelay(len(job.Errors) + 1))
}

// retryDelay is the wait after the nth failure: 2 s, doubled each time, 5 minutes at most.
func retryDelay(failures int) time.Duration {
	return min(2*time.Second<<min(max(failures-1, 0), 10), 5*time.Minute)
}

// Work puts one mailbox in step. Doing it twice, or in two processes at once, is safe: imsync reads
// the list first, and again where a write was lost or somebody else was faster.
func (w *worker) Work(ctx context.Context, job *river.Job[syncArgs]) error {
	begin := time.Now()
	opts := &imsync.Options{DryRun: job.Args.DryRun, MaxRemovals: imsync.Limit{Percent: job.Args.MaxRemovals}}
	if job.Args.Prune {
		opts.Remove = imsync.RemoveAll
	}
	applied, err := imsync.Sync(ctx, w.client.Impersonate(ews.PrimarySMTP(job.Args.Mailbox)), job.Args.Roster, opts)
	plan := applied.Plan
	o := outcomeOf(job.JobRow)
	o.Took += time.Since(begin)
	o.Changes += done(plan, err)
	o.Err = ""
	if err != nil {
		o.Err = err.Error()
	}
	if job.Args.DryRun && err == nil {
		o.Plan = plan.String()
	}
	return errors.Join(w.verdict(ctx, job.JobRow, err), river.RecordOutput(ctx, o))
}

// done returns how many steps of the plan were done, as far as is known.
func done(plan imsync.Plan, err error) int {
	if err == nil {
		return len(plan.Steps)
	}
	if failed, ok := errors.AsType[*imsync.Error](err); ok {
		return max(0, len(plan.Steps)-len(failed.Remaining.Steps))
	}
	return 0
}
