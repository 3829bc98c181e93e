package imsync

import (
	"context"
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
// itself, such as an address that is no distribution group's, does not keep the others from being done;
// but a contact that could not be added to a group is not removed from another after that, nor is a
// group removed that it is in ([ErrWithheld]).
//
// The error is an *[Error] that names what is left, or what kept the list from being read. Success
// means that every step succeeded; [Sync] reads the list once more to be certain.
func Apply(ctx context.Context, client Client, plan Plan, opts *Options) error {
	o := opts.withDefaults()
	if plan.Empty() || o.DryRun {
		return nil
	}
	a := newApplier(client, &o)
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

	lacking map[string]bool // keys of contacts that could not be added to a group
}

func newApplier(client Client, o *Options) *applier {
	return &applier{client: client, options: o, lacking: map[string]bool{}}
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
	items, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return nil, &readError{err}
	}
	if items == nil {
		return nil, errNoAnswer
	}
	return items, nil
}

// run does the steps and returns those that are left with the reasons.
func (a *applier) run(ctx context.Context, steps []Step) (remaining []Step, errs []error) {
	for i, s := range steps {
		err := a.settle(ctx, s, i, len(steps))
		a.options.Progress(Event{Step: s, Number: i + 1, Total: len(steps), Err: err})
		if err == nil {
			continue
		}
		remaining = append(remaining, s)
		errs = append(errs, &StepError{s, err})
		if !s.Kind.Removes() {
			for _, key := range s.keys() {
				a.lacking[key] = true
			}
		}
		if !ofOneStep(ctx, err) || len(errs) >= maxFailures {
			a.halted = true
			return slices.Concat(remaining, steps[i+1:]), errs
		}
	}
	return remaining, errs
}

// withholds reports whether the step would take away a contact that could not be added elsewhere. A
// contact of the list may go by another address in the step that failed.
func (a *applier) withholds(s Step) bool {
	g := a.list.group(s.Group)
	if len(a.lacking) == 0 || !s.Kind.Removes() || g == nil {
		return false
	}
	return slices.ContainsFunc(g.members, func(m member) bool {
		if s.Kind != RemoveGroup && !slices.Contains(s.keys(), m.key) {
			return false
		}
		return a.lacking[m.key] || slices.ContainsFunc(m.further, func(key string) bool { return a.lacking[key] })
	})
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
		if a.withholds(s) {
			return ErrWithheld
		}
		err = w.send(ctx, a.client)
		if err == nil && !a.list.stale {
			w.done()
			if s.Kind.Removes() {
				continue // there may be another contact of the same address
			}
			return nil
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
