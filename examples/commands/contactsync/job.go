package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/imsync"
)

// syncArgs is the job of one mailbox: with a roster to put it in step, with a plan to apply that, with
// neither to restore it. It has all that a worker needs, so that workers on other machines need no
// input file.
type syncArgs struct {
	Mailbox string        `json:"mailbox" river:"unique"`
	Roster  imsync.Roster `json:"roster,omitzero"`
	Keep    bool          `json:"keep,omitempty"` // remove nothing: a row of the input was bad
	Plan    *imsync.Plan  `json:"plan,omitempty"`
	From    string        `json:"from,omitempty"` // the run whose removals are undone
}

// Kind names the job in the database.
func (syncArgs) Kind() string { return "contactsync" }

// outcome is the record of a job for the summary, of a failed one too.
type outcome struct {
	Changes int           `json:"changes,omitempty"` // steps that were done, in all attempts; else planned
	Plan    string        `json:"plan,omitempty"`    // the first one
	Took    time.Duration `json:"took"`              // of all attempts, waits in the queue left out
	Err     string        `json:"err,omitempty"`     // of the last attempt
	Use     directory.Use `json:"use,omitempty"`     // of the list, before the run wrote to it
}

func outcomeOf(row *rivertype.JobRow) outcome {
	var o outcome
	if err := json.Unmarshal(row.Output(), &o); err != nil {
		return outcome{} // it has not begun
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

// worker works the jobs of a run.
type worker struct {
	river.WorkerDefaults[syncArgs]

	client  *ews.Client
	run     *runRecord
	records records
	audit   *auditFile
	logger  *slog.Logger
	timeout time.Duration
	inHand  sync.Map // ids of jobs
	results results
	outages outages
	notices notices
	giveUp  func(error) // ends the process: no mailbox can be synced
}

// Timeout returns no timeout: Work sets one, which does not count while a mailbox waits for its
// turn.
func (w *worker) Timeout(*river.Job[syncArgs]) time.Duration { return -1 }

// NextRetry spreads the attempts over minutes.
func (w *worker) NextRetry(job *river.Job[syncArgs]) time.Time {
	return time.Now().Add(retryDelay(len(job.Errors) + 1))
}

// retryDelay is the wait after the nth failure: 2 s, doubled each time, 5 minutes at most.
func retryDelay(failures int) time.Duration {
	return min(2*time.Second<<min(max(failures-1, 0), 10), 5*time.Minute)
}

// Work does one job. Doing it twice, or in two processes at once, is safe: imsync reads the list
// first, and again where a write was lost; and an attempt that another one has followed sends nothing.
func (w *worker) Work(ctx context.Context, job *river.Job[syncArgs]) error {
	w.inHand.Store(job.ID, true)
	defer w.inHand.Delete(job.ID)
	leave, err := w.outages.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	begin := time.Now()
	a := newAttempt(w, job)
	bounded, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	applied, err := a.do(bounded, job.Args)
	o := outcomeOf(job.JobRow)
	o.Took += time.Since(begin)
	o.Err, o.Use = "", a.use
	if o.Plan == "" && !applied.Plan.Empty() {
		o.Plan = applied.Plan.String()
	}
	switch {
	case errors.Is(err, errPlanned):
		w.outages.note(job.Args.Mailbox, nil)
		return errors.Join(river.JobSnooze(plannedFor), river.RecordOutput(ctx, o))
	case w.run.Options.DryRun && err == nil:
		o.Changes = len(applied.Plan.Steps)
	default:
		o.Changes += len(applied.Done)
	}
	if err != nil {
		o.Err = err.Error()
	}
	if bounded.Err() == nil && isDatabase(err) {
		return errors.Join(w.databaseVerdict(ctx, err), river.RecordOutput(ctx, o))
	}
	return errors.Join(w.verdict(ctx, job.JobRow, err), river.RecordOutput(ctx, o))
}

// do makes the plan for a mailbox, or carries it out.
func (a *attempt) do(ctx context.Context, args syncArgs) (imsync.Applied, error) {
	defer a.settle(ctx)
	run := a.worker.run
	owned, err := a.take(ctx)
	if err != nil {
		return imsync.Applied{}, err
	}
	options := &imsync.Options{
		Remove: run.Options.Remove, Owned: owned, Adopt: run.Options.Adopt, AllowEmpty: run.Options.AllowRemovals,
		MaxRemovals: unlimited, DryRun: run.Options.DryRun, Save: a.save, Backup: a.backUp,
	}
	if args.Keep {
		options.Remove = imsync.RemoveNothing
	}
	switch {
	case args.From != "":
		return a.restore(ctx, args.From, options)
	case args.Plan != nil:
		return a.apply(ctx, *args.Plan, options)
	}
	if err := a.classify(ctx, owned); err != nil {
		return imsync.Applied{}, err
	}
	switch {
	case run.Options.leavesAlone(a.use):
		return imsync.Applied{}, nil
	case run.Options.DryRun:
		return a.plan(ctx, args.Roster, options)
	}
	phase, removals, err := a.worker.records.progress(ctx, run.ID, a.mailbox)
	if err != nil {
		return imsync.Applied{}, err
	}
	if phase == phasePlan {
		return a.prepare(ctx, args.Roster, options)
	}
	// No more than was planned, and so was within the limits.
	if options.MaxRemovals = (imsync.Limit{AtLeast: removals}); removals == 0 {
		options.Remove = imsync.RemoveNothing
	}
	return imsync.Sync(ctx, a, args.Roster, options)
}

// plan makes the plan and keeps it.
func (a *attempt) plan(ctx context.Context, roster imsync.Roster, options *imsync.Options) (imsync.Applied, error) {
	options.DryRun = true
	applied, err := imsync.Sync(ctx, a, roster, options)
	if err != nil {
		return applied, err
	}
	return applied, a.worker.records.keepPlan(ctx, a.worker.run.ID, a.mailbox, applied.Plan, memberships(a.list))
}

// prepare makes the plan, and returns errPlanned if it has steps. A mailbox that is in step is done with
// the one list that was read.
func (a *attempt) prepare(ctx context.Context, roster imsync.Roster, options *imsync.Options) (imsync.Applied, error) {
	applied, err := a.plan(ctx, roster, options)
	switch {
	case err != nil:
		return applied, err
	case !applied.Plan.Empty():
		return applied, errPlanned
	}
	a.again, options.DryRun = true, false
	return imsync.Sync(ctx, a, roster, options) // keeps the record
}

// apply carries out a plan that people have seen, and nothing else.
func (a *attempt) apply(ctx context.Context, plan imsync.Plan, options *imsync.Options) (imsync.Applied, error) {
	applied := imsync.Applied{Plan: plan}
	err := imsync.Apply(ctx, a, plan, options)
	applied.Done = done(plan, err)
	return applied, err
}

// done returns the steps of the plan that were done, as far as is known.
func done(plan imsync.Plan, err error) []imsync.Step {
	if err == nil {
		return plan.Steps
	}
	if failed, ok := errors.AsType[*imsync.Error](err); ok {
		return plan.Steps[:max(0, len(plan.Steps)-len(failed.Remaining.Steps))]
	}
	return nil
}

// restore puts back what another run removed.
func (a *attempt) restore(ctx context.Context, from string, options *imsync.Options) (imsync.Applied, error) {
	backup, err := a.worker.records.backup(ctx, from, a.mailbox)
	if err != nil {
		return imsync.Applied{}, err
	}
	return imsync.Restore(ctx, a, backup, options)
}
