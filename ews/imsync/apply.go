package imsync

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

const (
	maxTries    = 4  // of one step, with the list read back in between
	maxFailures = 10 // of steps; then the plan is given up
)

// Apply does the steps of a plan in their order, one write at a time. It reads the list first, because
// the plan may be old, and skips what is done already; a step that is not in the plan is never done.
//
// After an error that leaves open what has happened ([ews.ErrOutcomeUnknown]) and after a lost race
// (the name exists, the item is gone) it reads the list back and carries on from what it finds. So no
// second group of a name comes about and nothing is added twice. A step that Exchange refuses for
// itself, such as an address that is no distribution group's, does not keep the others from being done,
// but nothing is removed after an addition has failed.
//
// The error is an *[Error] that names what is left, or what kept the list from being read. Success
// means that every step succeeded; [Sync] reads the list once more to be certain.
func Apply(ctx context.Context, client Client, plan Plan, opts *Options) error {
	o := opts.withDefaults()
	if plan.Empty() || o.DryRun {
		return nil
	}
	a := &applier{client: client, options: &o}
	if err := a.read(ctx); err != nil {
		return &Error{Remaining: plan, Errs: []error{err}}
	}
	remaining, errs := a.run(ctx, plan.Steps)
	if len(errs) == 0 {
		return nil
	}
	return &Error{Remaining: Plan{Steps: remaining, Notes: plan.Notes}, Errs: errs}
}

// applier carries out steps against one mailbox.
type applier struct {
	client  Client
	options *Options
	list    *list // nil: must be read before anything is judged by it
	halted  bool  // by a failure that the next step would meet too
}

// read reads the list.
func (a *applier) read(ctx context.Context) error {
	items, err := readList(ctx, a.client)
	if err == nil {
		a.list = newList(items)
	}
	return err
}

// readList returns the mailbox's list, which is not nil if the error is.
func readList(ctx context.Context, client Client) (*imgroup.ItemList, error) {
	items, err := client.GetImItemList(ctx)
	if err != nil {
		return nil, fmt.Errorf("imsync: reading the list: %w", err)
	}
	if items == nil {
		return nil, errNoAnswer
	}
	return items, nil
}

// run does the steps and returns those that are left with the reasons.
func (a *applier) run(ctx context.Context, steps []Step) (remaining []Step, errs []error) {
	lacking := false // an addition failed
	for i, s := range steps {
		withheld := lacking && s.Kind.Removes()
		err := ErrWithheld
		if !withheld {
			err = a.settle(ctx, s, i, len(steps))
		}
		a.options.Progress(Event{Step: s, Number: i + 1, Total: len(steps), Err: err})
		if err == nil {
			continue
		}
		remaining = append(remaining, s)
		errs = append(errs, &StepError{s, err})
		if withheld {
			continue
		}
		lacking = lacking || !s.Kind.Removes()
		if !ofOneStep(ctx, err) || len(errs) >= maxFailures {
			a.halted = true
			return slices.Concat(remaining, steps[i+1:]), errs
		}
	}
	return remaining, errs
}

// settle brings about what a step says, with as many looks at the list as that takes.
func (a *applier) settle(ctx context.Context, s Step, i, total int) error {
	for try := 1; ; {
		if a.list == nil {
			if err := a.read(ctx); err != nil {
				return err
			}
		}
		w, err := s.next(a.list)
		if w == nil || err != nil {
			return err
		}
		if err = ctx.Err(); err != nil {
			return err
		}
		err = w.send(ctx, a.client)
		if err == nil && !a.list.stale {
			w.done()
			continue
		}
		a.list = nil
		if err != nil && !leavesOpen(err) || ctx.Err() != nil {
			return err
		}
		if try++; try > maxTries {
			return giveUp(err)
		}
		a.options.Progress(Event{Step: s, Number: i + 1, Total: total, Err: err, ReadBack: true})
	}
}

// giveUp returns the error of a step that has been tried often enough.
func giveUp(err error) error {
	if err == nil {
		return ErrChanging // done each time without an id in the answer, and never there afterwards
	}
	return err
}
