package imsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

const (
	maxTries    = 4  // of a step, with the list read back in between
	maxFailures = 10 // failed steps, after which no other is tried
)

// Apply applies the steps of a plan in order, one write at a time. It reads the list first, because the
// plan may be old, and skips steps whose result is there already. It never does anything that is not
// in the plan.
//
// After a write whose outcome is unknown ([ews.ErrOutcomeUnknown]), and after a conflict with another
// client (the name exists, the item is gone), it reads the list back and continues from there. So
// there is never a second group of a name, and nothing is added twice. A step that Exchange refuses,
// such as one with an address that is no distribution group's, does not stop the others; but a
// contact that could not be added to a group is not removed from another afterwards, nor is a group
// removed that has it ([ErrWithheld]).
//
// The error is an *[Error] with the remaining steps, or with the reason why the list could not be
// read. For a step of an unknown kind, or without what its kind needs, it has a *[ConflictError],
// and nothing was sent. Nor was anything for a *[BrakeError], for which removals that are done
// already do not count. If steps no longer fit the list, its first cause is a *[StaleError] that
// says what has changed since the plan was made. A nil error means that every step succeeded;
// [Sync] also reads the list back.
func Apply(ctx context.Context, client Client, plan Plan, opts *Options) error {
	o := opts.withDefaults()
	if plan.Empty() || o.DryRun {
		return nil
	}
	if problems := plan.check(); len(problems) > 0 {
		return &Error{Remaining: plan, Errs: problems}
	}
	a := newApplier(client, &o)
	items, err := a.read(ctx)
	if err != nil {
		return &Error{Remaining: plan, Errs: []error{err}}
	}
	removals, stale := plan.stale(newList(items))
	a.owned = o.Owned.settle(a.list)
	if err := o.MaxRemovals.check(a.list, plan.Steps, removals, 0); err != nil {
		return err
	}
	if err := a.begin(ctx, plan.Steps); err != nil {
		return err
	}
	remaining, errs := a.run(ctx, plan.Steps)
	if err := a.end(ctx); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	if stale != nil && stale.misfit {
		errs = slices.Insert(errs, 0, error(stale))
	}
	return &Error{Remaining: Plan{Steps: remaining, Notes: plan.Notes}, Errs: errs}
}

// begin keeps a backup before the first removal, and the record with the steps that are about to be
// sent.
func (a *applier) begin(ctx context.Context, steps []Step) error {
	if err := a.backUp(ctx, steps); err != nil {
		return err
	}
	a.kept = a.owned.before(a.list, steps, a.owns)
	a.owned.found = maps.Clone(a.kept.found) // the caller has that
	return a.keepPlanned(ctx)
}

// backUp keeps a backup of the list once, before the first step that removes or renames.
func (a *applier) backUp(ctx context.Context, steps []Step) error {
	takes := func(s Step) bool { return s.Kind.Removes() || s.Kind == RenameGroup }
	if a.options.Backup == nil || a.backedUp || !slices.ContainsFunc(steps, takes) {
		return nil
	}
	if err := a.options.Backup(ctx, backupOf(a.list, a.owned)); err != nil {
		return fmt.Errorf("imsync: keeping the backup of the list: %w", err)
	}
	a.backedUp = true
	return nil
}

// end keeps the record of the steps that were sent; the next run, which reads the list, resolves
// it.
func (a *applier) end(ctx context.Context) error {
	a.owned = a.owned.after(a.sent, a.done)
	if a.list != nil {
		a.owned = a.owned.settle(a.list)
	}
	return a.save(ctx, a.owned)
}

// applier applies steps to one mailbox.
type applier struct {
	client  Client
	options *Options
	list    *list // nil: not read, or out of date
	halted  bool  // by a failure that the next step would meet as well

	fresh bool // list is as it was read, without the writes since

	notAdded   map[string]bool // keys of contacts that could not be added to a group
	notRenamed map[string]bool // ids of groups that could not be renamed

	owned    *Ownership    // of the list when the plan was made
	kept     *Ownership    // the record that was kept last
	foreseen map[gift]bool // the additions in it
	sent     []Step        // additions that were done, or whose outcome is unknown
	done     []Step
	theirs   map[gift]bool // the additions that are a person's

	backedUp bool
}

func newApplier(client Client, o *Options) *applier {
	return &applier{client: client, options: o, notAdded: map[string]bool{}, notRenamed: map[string]bool{}}
}

// read reads the list. An addition that was sent and is not in the list is forgotten: if it appears
// later, a person made it. A group in the list is known by its id from now on, and one that was not
// sent is a person's.
func (a *applier) read(ctx context.Context) (*imgroup.ItemList, error) {
	items, err := readList(ctx, a.client)
	if err != nil {
		return nil, err
	}
	a.list, a.fresh = newList(items), true
	a.owned = a.owned.in(a.list)
	a.sent = slices.DeleteFunc(a.sent, func(s Step) bool { return !a.list.shows(s, a.owned.found) })
	for _, s := range a.sent {
		a.identify(s)
	}
	a.findOthers()
	return items, nil
}

// readList returns the mailbox's list, which is non-nil if the error is nil.
func readList(ctx context.Context, client Client) (*imgroup.ItemList, error) {
	items, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return nil, &readError{err}
	}
	if items == nil {
		return nil, errNoResult
	}
	return items, nil
}

// run applies the steps and returns those that remain, with the reasons.
func (a *applier) run(ctx context.Context, steps []Step) (remaining []Step, errs []error) {
	for i, s := range steps {
		err := a.ensure(ctx, s, i, len(steps))
		a.options.Progress(Event{Step: s, Number: i + 1, Total: len(steps), Err: err})
		if err == nil {
			a.done = append(a.done, s)
			continue
		}
		remaining = append(remaining, s)
		errs = append(errs, &StepError{s, err})
		a.fail(s)
		if !isStepOnly(ctx, err) || len(errs) >= maxFailures {
			a.halted = true
			return slices.Concat(remaining, steps[i+1:]), errs
		}
	}
	return remaining, errs
}

// fail notes a step that failed, for those that depend on it.
func (a *applier) fail(s Step) {
	if s.Kind == RenameGroup {
		a.notRenamed[s.GroupID] = true
	}
	if !s.Kind.Removes() {
		for _, key := range s.keys() {
			a.notAdded[key] = true
		}
	}
}

// nameTaken reports whether an addition would go to a group that was to be renamed, and still has the
// name.
func (a *applier) nameTaken(s Step) bool {
	if s.Kind != AddGroup && s.Kind != AddContact && s.Kind != AddTelephone {
		return false
	}
	g := a.list.group(s.Group)
	return g != nil && a.notRenamed[g.id.ID]
}

// withholds reports whether the step would remove a contact that could not be added elsewhere, perhaps
// by another of its addresses.
func (a *applier) withholds(s Step) bool {
	if len(a.notAdded) == 0 || !s.Kind.Removes() {
		return false
	}
	g, err := s.existing(a.list)
	if err != nil || g == nil {
		return false
	}
	return slices.ContainsFunc(g.members, func(m member) bool {
		if s.Kind != RemoveGroup && !slices.Contains(s.keys(), m.key) {
			return false
		}
		return a.notAdded[m.key] || slices.ContainsFunc(m.further, func(key string) bool { return a.notAdded[key] })
	})
}

// ensure applies a step, and reads the list back as often as needed to know that its result is there.
func (a *applier) ensure(ctx context.Context, s Step, i, total int) error {
	for try := 1; ; {
		if a.list == nil || a.mustBeFresh(s) {
			if _, err := a.read(ctx); err != nil {
				return err
			}
		}
		if a.nameTaken(s) {
			return errNotRenamed
		}
		only := a.options.Remove.only(a.owned)
		w, err := s.next(a.list, only)
		if w == nil || err != nil {
			a.identify(s)
			return err
		}
		if a.withholds(s) {
			return errNotMoved
		}
		if err := a.checkOwned(s); err != nil {
			if try > 1 && s.Kind.removesMember() {
				return nil // the owned contact is gone, and another one of its address is left
			}
			return err
		}
		written := s.written(a.list)
		if err := a.foresee(ctx, written); err != nil {
			return err
		}
		err = s.refusedByLimit(a.list, a.send(ctx, written, w))
		if err == nil && !a.list.stale {
			w.done()
			a.identify(written)
			if s.repeats(only) {
				continue
			}
			return nil
		}
		a.list = nil
		if err != nil && !needsReadBack(err) || ctx.Err() != nil {
			return err
		}
		if try++; try > maxTries {
			return giveUp(err)
		}
		a.options.Progress(Event{Step: s, Number: i + 1, Total: total, Err: err, ReadBack: true})
	}
}

// mustBeFresh reports whether the list is read once more before the step, since a person may have
// added a contact to a group that is about to be removed.
func (a *applier) mustBeFresh(s Step) bool {
	return s.Kind == RemoveGroup && a.options.Remove == RemoveOwned && !a.fresh
}

// checkOwned returns an error for the removal of a contact that a person has added since the plan was
// made, and of a group that has such members.
func (a *applier) checkOwned(s Step) error {
	if a.options.Remove != RemoveOwned {
		return nil
	}
	g, _ := s.existing(a.list)
	if s.Kind == RemoveDistributionGroup {
		g = s.distribution(a.list)
	}
	switch {
	case g == nil:
	case s.Kind == RemoveDistributionGroup && !a.owned.covers(g):
		return &withheld{"this service did not add the distribution group"}
	case s.Kind == RemoveGroup && !a.owned.covers(g):
		return &withheld{"the group has members that this service did not add"}
	case s.Kind.removesMember():
		if m, ok := g.leaver(s.keys(), a.owned); ok && !a.owned.groups[g.id.ID].has(m) {
			return &withheld{"a person has added the contact since the plan was made: make a new plan"}
		}
	}
	return nil
}

// send sends a write and notes an addition that was done, or may have been.
func (a *applier) send(ctx context.Context, s Step, w *write) error {
	s = a.placed(s)
	a.fresh = false
	err := w.send(ctx, a.client)
	maybeDone := err == nil || errors.Is(err, ews.ErrOutcomeUnknown)
	again := len(a.sent) > 0 && a.sent[len(a.sent)-1] == s // no other step comes in between
	if maybeDone && !s.Kind.Removes() && a.owns(s) && !again {
		a.sent = append(a.sent, s)
	}
	return err
}

// giveUp returns the error of a step after its last try.
func giveUp(err error) error {
	if err == nil {
		return ErrChanging // each write succeeded, without an id, and the list never had its result
	}
	return err
}
