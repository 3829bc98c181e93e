// Package imsync puts a mailbox's instant-messaging contact list in step with a wanted one, safely and
// as often as one likes.
//
// A [Roster] says what a list is to hold: groups by name, with contacts by address, and distribution
// groups. [Sync] reads the mailbox's list, works out the difference, writes it, and reads the list
// back. Running it again changes nothing. [Diff] and [Apply] are its halves, for a plan that is to be
// looked at before; [Each] does many mailboxes side by side; [Export] makes a roster of a list, and
// [EnsureGroup] is for the program that wants one group and no roster.
//
// # Rules
//
//   - Nothing is removed without [Options.Prune]. The built-in groups, and groups of types that have
//     no name here, are never touched.
//   - Addresses are compared without "sip:" and without case, names of groups without case.
//   - Additions come before removals, so a move adds first and removes after: a contact that leaves its
//     last group leaves the list. If the addition fails, the contact stays where it is.
//   - A list that would outgrow the server's limits, a name that a group of another kind has, and a
//     roster that contradicts itself are errors before the first write.
//   - A group is renamed only where [Group.FormerName] says so.
//   - One write at a time per mailbox. Whether a write was done is found out by reading, never by
//     sending it again.
//   - What cannot be compared, such as a member that the list does not describe, is left where it is.
package imsync

import (
	"context"
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// maxRounds is how often Sync does what it finds undone because somebody else edits the list.
const maxRounds = 3

// Sync puts the mailbox's list in step with the roster: it reads the list, works out the difference as
// [Diff] does, does it as [Apply] does, and reads the list back. It returns the plan that it made at
// first, with DryRun without doing it.
//
// A nil error means that the list was read and is as the roster wants it, as far as opts allow. An
// *[Error] names what is missing; errors of Diff come back as they are, before anything was sent.
func Sync(ctx context.Context, client Client, roster Roster, opts *Options) (Plan, error) {
	o := opts.withDefaults()
	a := newApplier(client, &o)
	plan, items, err := a.plan(ctx, roster)
	if err != nil || plan.Empty() || o.DryRun {
		return plan, err
	}
	rest, errs := plan, []error(nil)
	for range maxRounds {
		a.list = newList(items)
		clear(a.lacking)
		var remaining []Step
		remaining, errs = a.run(ctx, rest.Steps)
		next, read, err := a.plan(ctx, roster)
		switch {
		case err != nil:
			return plan, &Error{Remaining: Plan{Steps: remaining}, Errs: append(errs, err)}
		case next.Empty():
			return plan, nil // also after an error: what counts is the list
		case len(errs) > 0 && (a.halted || slices.Equal(next.Steps, remaining)):
			return plan, &Error{Remaining: next, Errs: errs}
		}
		rest, items = next, read
	}
	return plan, &Error{Remaining: rest, Errs: append(errs, ErrChanging)}
}

// plan reads the list and compares it.
func (a *applier) plan(ctx context.Context, roster Roster) (Plan, *imgroup.ItemList, error) {
	items, err := readList(ctx, a.client)
	if err != nil {
		return Plan{}, nil, err
	}
	plan, err := Diff(items, roster, a.options)
	return plan, items, err
}
