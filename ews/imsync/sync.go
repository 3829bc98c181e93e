package imsync

import (
	"context"
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// Client is the part of *[ews.Client] that this package uses: one read and nine writes. Use
// [ews.Client.Impersonate] to choose the mailbox.
//
// RemoveContactFromImList is not among them, because some servers are reported to refuse it always;
// a contact that leaves its last group leaves the list anyway.
type Client interface {
	GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error)

	AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error)
	SetImGroup(ctx context.Context, group imgroup.GroupID, newDisplayName string) error
	RemoveImGroup(ctx context.Context, group imgroup.GroupID) error

	AddNewImContactToGroup(ctx context.Context, contact imgroup.ContactSpec) (*imgroup.Persona, error)
	AddNewTelUriContactToGroup(ctx context.Context, contact imgroup.TelContactSpec) (*imgroup.Persona, error)
	AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error
	RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error

	AddDistributionGroupToImList(ctx context.Context, smtpAddress, displayName string) (*imgroup.ImGroup, error)
	RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error
}

// maxRounds is the number of times that Sync applies a plan to a list that another client edits.
const maxRounds = 3

// Applied is the result of a sync, also of one that failed.
type Applied struct {
	Plan  Plan       // the first plan
	Owned *Ownership // the record to keep for the next run, also after an error
	Done  []Step     // the steps that were done, or found done
}

// Sync puts the mailbox's list in step with the roster: it reads the list, computes the plan as [Diff]
// does, applies it as [Apply] does, and reads the list back. With DryRun it does not apply the plan,
// and returns Options.Owned.
//
// A nil error means that the list was read back and is in step, as far as opts allow. An *[Error]
// has the remaining steps, or none if only the record could not be kept. For any other error, such
// as those of Diff, a *[BrakeError], and an error of Options.Save before the first write, nothing
// was sent.
func Sync(ctx context.Context, client Client, roster Roster, opts *Options) (Applied, error) {
	o := opts.withDefaults()
	return syncList(ctx, client, func(*list) desired { return desired{roster: roster} }, &o)
}

// desired is the state that a list is put in.
type desired struct {
	roster   Roster
	notes    []string      // for the plan
	restored bool          // the roster is that of a list, which may hold malformed addresses
	theirs   map[gift]bool // the additions that are a person's
}

// syncList puts a list in its desired state.
func syncList(ctx context.Context, client Client, desired func(*list) desired, o *Options) (Applied, error) {
	s := syncer{applier: newApplier(client, o), desired: desired}
	s.owned = o.Owned
	err := s.sync(ctx)
	return Applied{Plan: s.first, Owned: s.owned, Done: s.done}, err
}

// syncer is one run of Sync or Restore.
type syncer struct {
	*applier
	desired func(*list) desired
	first   Plan
	gone    int // memberships that were removed
}

func (s *syncer) sync(ctx context.Context) error {
	plan, err := s.plan(ctx)
	s.first = plan
	if err != nil {
		return err
	}
	if err := s.options.MaxRemovals.check(s.list, plan.Steps, removals(plan.Steps), 0); err != nil || s.options.DryRun {
		return err
	}
	if plan.Empty() {
		return s.keep(ctx)
	}
	var remaining []Step
	var errs []error
	for round := range maxRounds {
		if err := s.begin(ctx, plan.Steps); err != nil {
			if round == 0 {
				return err
			}
			return &Error{Remaining: plan, Errs: append(errs, err)}
		}
		remaining, errs = s.round(ctx, plan.Steps)
		next, err := s.plan(ctx)
		if err == nil {
			err = s.options.MaxRemovals.check(s.list, next.Steps, removals(next.Steps), s.gone)
		}
		switch {
		case err != nil:
			return &Error{Remaining: Plan{Steps: remaining}, Errs: s.kept(ctx, append(errs, err))}
		case next.Empty(): // also after an error, since the list is in step
			if err := s.save(ctx, s.owned); err != nil {
				return &Error{Errs: []error{err}}
			}
			return nil
		case len(errs) > 0 && (s.halted || slices.Equal(next.Steps, remaining)):
			return &Error{Remaining: next, Errs: s.kept(ctx, errs)}
		}
		plan = next
	}
	return &Error{Remaining: plan, Errs: s.kept(ctx, append(errs, ErrChanging))}
}

// round applies the steps of a plan.
func (s *syncer) round(ctx context.Context, steps []Step) (remaining []Step, errs []error) {
	clear(s.notAdded)
	clear(s.notRenamed)
	before := len(s.done)
	remaining, errs = s.run(ctx, steps)
	s.gone += removals(s.done[before:])
	s.owned = s.owned.after(s.sent, s.done[before:])
	return remaining, errs
}

// plan reads the list, settles the record for it, and computes the plan.
func (s *syncer) plan(ctx context.Context) (Plan, error) {
	items, err := readList(ctx, s.client)
	if err != nil {
		return Plan{}, err
	}
	s.list, s.fresh = newList(items), true
	o := *s.options
	o.Owned = s.owned
	want := s.desired(s.list)
	d, plan, err := diff(items, want, &o)
	switch {
	case o.DryRun:
		return plan, err
	case err != nil: // additions that the list lacks are no longer pending
		s.owned, s.sent = s.owned.settle(s.list), nil
		return plan, err
	}
	if o.Adopt {
		d.adopt()
	}
	s.theirs = want.theirs
	s.owned, s.sent = d.owned, nil
	return plan, nil
}

// keep saves the record of a run without writes unless the caller has it.
func (s *syncer) keep(ctx context.Context) error {
	was, _ := s.options.Owned.MarshalJSON()
	now, _ := s.owned.MarshalJSON()
	if string(was) == string(now) {
		return nil
	}
	return s.save(ctx, s.owned)
}

// kept saves the record after a failure and returns the errors.
func (s *syncer) kept(ctx context.Context, errs []error) []error {
	if err := s.save(ctx, s.owned); err != nil {
		return append(errs, err)
	}
	return errs
}
