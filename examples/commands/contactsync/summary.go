package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// summary is the result of a run, in all processes and over all interruptions.
type summary struct {
	counts

	Run *runRecord
	Cut string // why the end of the input seems to be missing, "" if it does not

	Changed int  // mailboxes that were put in step; in a dry run that would be changed
	Changes int  // steps
	DryRun  bool // as Run's options say

	Begun, Ended time.Time // the first job was queued, the last one was over
	Failures     []failure // by mailbox
	Unused       []unused  // by use
	Skipped      []problem // rows of the input
	Plans        []plan    // of the mailboxes that were changed, or would be
	finished     []finish
	took         []time.Duration // for each mailbox that is over, waits in the queue left out
}

// failure is a mailbox that is not in step.
type failure struct {
	Mailbox, Reason string
	Attempts        int
}

type plan struct{ Mailbox, Text string }

// finish is when a mailbox was over.
type finish struct {
	at     time.Time
	failed bool
}

// summarize reads the outcomes of the jobs.
func summarize(ctx context.Context, q queue, run *runRecord, skipped []problem) (*summary, error) {
	s := &summary{Run: run, DryRun: run.Options.DryRun, Skipped: skipped}
	err := q.each(ctx, run.ID, s.add)
	slices.SortFunc(s.Failures, func(a, b failure) int { return cmp.Compare(a.Mailbox, b.Mailbox) })
	slices.SortFunc(s.Unused, func(a, b unused) int { return cmp.Compare(b.Use, a.Use) })
	for _, u := range s.Unused {
		slices.Sort(u.Mailboxes)
	}
	slices.SortFunc(s.Plans, func(a, b plan) int { return cmp.Compare(a.Mailbox, b.Mailbox) })
	slices.SortFunc(s.finished, func(a, b finish) int { return a.at.Compare(b.at) })
	slices.Sort(s.took)
	return s, err
}

func (s *summary) add(row *rivertype.JobRow) error {
	mailbox, err := mailboxOf(row)
	if err != nil {
		return err
	}
	o := outcomeOf(row)
	s.addUse(mailbox, o.Use)
	if s.held(row) {
		s.planned++
		s.Plans = append(s.Plans, plan{mailbox, o.Plan})
		return nil
	}
	s.counts.add(row.State, 1)
	if row.State == rivertype.JobStateCompleted && s.Run.Options.leavesAlone(o.Use) {
		s.inStep--
		s.leftAlone++
	}
	s.Changes += o.Changes
	if s.Begun.IsZero() || row.CreatedAt.Before(s.Begun) {
		s.Begun = row.CreatedAt
	}
	if row.FinalizedAt == nil {
		return nil
	}
	if row.FinalizedAt.After(s.Ended) {
		s.Ended = *row.FinalizedAt
	}
	failed := row.State != rivertype.JobStateCompleted
	s.finished = append(s.finished, finish{*row.FinalizedAt, failed})
	s.took = append(s.took, o.Took)
	switch {
	case failed:
		s.Failures = append(s.Failures, failure{mailbox, reason(row, o), row.Attempt})
	case o.Changes > 0:
		s.Changed++
	}
	if o.Plan != "" && o.Changes > 0 {
		s.Plans = append(s.Plans, plan{mailbox, o.Plan})
	}
	return nil
}

// held reports whether a job was planned and has not begun to write, or never will.
func (s *summary) held(row *rivertype.JobRow) bool {
	aside := row.State == rivertype.JobStateScheduled ||
		row.State == rivertype.JobStateCancelled && s.Run.Phase == phaseHalted
	return aside && time.Until(row.ScheduledAt) > plannedFor/10
}

// reason is why a job failed: what it left behind, else what River noted, such as a panic.
func reason(row *rivertype.JobRow, o outcome) string {
	switch {
	case o.Err != "":
		return o.Err
	case len(row.Errors) > 0:
		return row.Errors[len(row.Errors)-1].Error
	case row.State == rivertype.JobStateCancelled:
		return "a newer run has taken its place"
	}
	return "unknown"
}

// write prints the summary: failures to stderr, the rest to stdout.
func (s *summary) write(stdout, stderr io.Writer, took time.Duration) {
	if s.DryRun || s.Run.Phase == phaseHalted {
		for _, p := range s.Plans {
			fmt.Fprintf(stdout, "%s\n%s", p.Mailbox, indent(p.Text))
		}
	}
	changed := "changed"
	if s.DryRun {
		changed = "would change"
	}
	leftAlone := ""
	if s.Run.Options.SkipUnused {
		leftAlone = fmt.Sprintf(", %d left alone", s.leftAlone)
	}
	for _, u := range s.Unused {
		u.write(stdout)
	}
	fmt.Fprintf(stdout, "%d mailboxes: %d in step (%d %s, %d steps), %d failed, %d not done%s; %v\n", s.total(), s.inStep,
		s.Changed, changed, s.Changes, s.failed, s.waiting+s.planned+s.running, leftAlone, took.Round(time.Millisecond))
	for _, f := range s.Failures {
		fmt.Fprintf(stderr, "failed: %s after %d attempts: %s\n", f.Mailbox, f.Attempts, f.Reason)
	}
	if n := len(s.Skipped); n > 0 {
		fmt.Fprintf(stderr, "%d rows of the input were left out\n", n)
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// tell prints the summary, writes the report and decides the exit status.
func (e *engine) tell(ctx context.Context, run *runRecord, skipped []problem, begun time.Time) (int, error) {
	run, err := e.queue.records().run(ctx, run.ID) // as it is by now
	if err != nil {
		return statusGaveUp, fmt.Errorf("no summary and no report: %w", err)
	}
	sum, err := summarize(ctx, e.queue, run, skipped)
	if err != nil {
		return statusGaveUp, fmt.Errorf("no summary and no report: %w", err)
	}
	sum.Cut = e.cut
	if e.settings.server.InProcess() && !run.Options.SkipUnused {
		sum.Unused = nil // no client ever signs in there
	}
	sum.write(e.stdout, e.stderr, time.Since(begun))
	if err := e.tellRemovals(ctx, run); err != nil {
		return statusGaveUp, err
	}
	if err := e.writeReport(sum); err != nil {
		return statusGaveUp, err
	}
	switch {
	case run.Phase == phaseHalted:
		return statusHalted, nil
	case sum.waiting+sum.planned+sum.running > 0:
		return statusInterrupted, errInterrupted
	case sum.failed > 0 || len(sum.Skipped) > 0:
		return statusFailed, nil
	}
	return statusInStep, nil
}

// writeReport writes the page that --report wants.
func (e *engine) writeReport(sum *summary) error {
	if e.report == "" {
		return nil
	}
	if err := writeReport(e.report, sum); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}

// tellRemovals prints how to restore the removals of the run, or why it did not write.
func (e *engine) tellRemovals(ctx context.Context, run *runRecord) error {
	if run.Phase == phaseHalted || run.Options.DryRun {
		b, err := e.queue.records().check(ctx, run.ID, run.Options.MaxRemovals)
		if err == nil && b.exceeded() {
			b.write(e.stderr, run.Phase == phaseHalted)
		}
		return err
	}
	backedUp, err := e.queue.records().backedUp(ctx, run.ID)
	if err == nil && len(backedUp) > 0 {
		fmt.Fprintf(e.stdout, "contactsync restore --run %s puts back what was removed, for %d mailboxes\n", run.ID, len(backedUp))
	}
	return err
}
