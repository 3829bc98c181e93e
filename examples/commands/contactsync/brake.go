package main

import (
	"context"
	"fmt"
	"io"
)

// brake compares the removals in the plans of a run with the limit.
type brake struct {
	Limit           removalLimit
	Removals, Found int // over the run
	Allowed         int
	Mailboxes       []planned // each beyond the limit
}

// check adds up the plans of a run.
func (r records) check(ctx context.Context, run string, limit removalLimit) (*brake, error) {
	b := &brake{Limit: limit}
	err := r.plans(ctx, run, func(p planned) error {
		b.add(p)
		return nil
	})
	return b, err
}

func (b *brake) add(p planned) {
	b.Removals += p.Removals
	b.total(b.Found + p.Found)
	if p.Removals > b.Limit.of(p.Found) {
		p.Plan = nil
		b.Mailboxes = append(b.Mailboxes, p)
	}
}

// total sets how many memberships were found in all lists.
func (b *brake) total(found int) { b.Found, b.Allowed = found, b.Limit.of(found) }

// exceeded reports whether more would be removed than is allowed.
func (b *brake) exceeded() bool { return b.Removals > b.Allowed || len(b.Mailboxes) > 0 }

// write prints the planned removals, and what to do.
func (b *brake) write(w io.Writer, halted bool) {
	fmt.Fprintf(w, "%d of %d memberships would be removed; --max-removals %s allows %d over the run, and %d mailboxes "+
		"lose more than it allows of one\n", b.Removals, b.Found, b.Limit.String(), b.Allowed, len(b.Mailboxes))
	const most = 20
	for i, p := range b.Mailboxes {
		if i == most {
			fmt.Fprintf(w, "  … and %d more\n", len(b.Mailboxes)-most)
			break
		}
		fmt.Fprintf(w, "  %s: %d of %d, allowed %d\n", p.Mailbox, p.Removals, p.Found, b.Limit.of(p.Found))
	}
	next := "a run, or apply, would stop at that and write nothing"
	if halted {
		next = "nothing was written, for any mailbox"
	}
	fmt.Fprintln(w, next+". Is the input complete? If all of this is to go: the same with --allow-removals")
}

// release lets the jobs of a run write, or halts it.
func (q *jobQueue[TTx]) release(ctx context.Context, run *runRecord) (halted bool, err error) {
	err = q.guard.alone(ctx, func() error {
		// Another process may have been faster, or a job may be running again.
		if c, err := q.count(ctx, run.ID); err != nil || c.waiting+c.running > 0 {
			return err
		}
		now, err := q.records().run(ctx, run.ID)
		if err != nil {
			return err
		}
		if halted = now.Phase == phaseHalted; halted {
			return nil
		}
		phase := phaseWrite
		if now.Phase == phasePlan && !run.Options.AllowRemovals {
			b, err := q.records().check(ctx, run.ID, run.Options.MaxRemovals)
			if err != nil {
				return err
			}
			if halted = b.exceeded(); halted {
				phase = phaseHalted
			}
		}
		jobs := `UPDATE river_job SET state = 'available', scheduled_at = ` + q.times.now
		if halted {
			jobs = `UPDATE river_job SET state = 'cancelled', finalized_at = ` + q.times.now
		}
		return q.inTx(ctx, func(tx TTx) error {
			exec := q.driver.UnwrapExecutor(tx)
			if err := exec.Exec(ctx, `UPDATE sync_run SET phase = $1 WHERE id = $2`, phase, run.ID); err != nil {
				return err
			}
			return exec.Exec(ctx, jobs+` WHERE queue = $1 AND state = 'scheduled' AND scheduled_at > `+q.times.far, run.ID)
		})
	})
	return halted, err
}
