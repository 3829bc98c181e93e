// Package imsync puts the instant-messaging contact lists of mailboxes in step with a desired state. A
// sync can be repeated at any time.
//
// A [Roster] is the desired state: groups by name, with contacts by address, and distribution groups.
// [Sync] reads the mailbox's list, computes the difference, writes it, and reads the list back.
// Running it again changes nothing. [Diff] and [Apply] are its halves, for a plan that is reviewed in
// between; [Each] syncs many mailboxes at a time; [Export] returns the roster of a list, and
// [EnsureGroup] creates a single group.
//
// # Rules
//
//   - Nothing is removed without [Options.Prune]. The built-in groups, and groups of types that this
//     module does not know, are never changed.
//   - Addresses are compared without "sip:", "smtp:" and "mailto:" and without case, names of groups
//     without case. What is no address is refused before anything is sent.
//   - What is removed is the group of the exact name and id, once. Groups of a list whose names differ
//     in case only are left alone, and noted in the plan.
//   - Additions come before removals, so a move adds first and removes after: a contact that leaves its
//     last group leaves the list. If the addition fails, the contact stays where it is.
//   - A list that would exceed the server's limits, a name that a group of another kind has, and a
//     roster that contradicts itself are errors before the first write.
//   - A group is renamed only if [Group.FormerName] is set.
//   - There is one write at a time per mailbox. If the outcome of a write is unknown, the list is read
//     back; the write is never just sent again.
//   - Members that cannot be compared, because the list does not describe them, stay in their groups.
package imsync

import (
	"context"
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// maxRounds is the number of times that Sync applies a plan to a list that another client edits.
const maxRounds = 3

// Sync puts the mailbox's list in step with the roster: it reads the list, computes the plan as [Diff]
// does, applies it as [Apply] does, and reads the list back. It returns the first plan, which with
// DryRun it does not apply.
//
// A nil error means that the list was read back and is in step, as far as opts allow. An *[Error] has
// the remaining steps; errors of Diff are returned unchanged, and nothing was sent.
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
		clear(a.notAdded)
		var remaining []Step
		remaining, errs = a.run(ctx, rest.Steps)
		next, read, err := a.plan(ctx, roster)
		switch {
		case err != nil:
			return plan, &Error{Remaining: Plan{Steps: remaining}, Errs: append(errs, err)}
		case next.Empty():
			return plan, nil // also after an error, since the list is in step
		case len(errs) > 0 && (a.halted || slices.Equal(next.Steps, remaining)):
			return plan, &Error{Remaining: next, Errs: errs}
		}
		rest, items = next, read
	}
	return plan, &Error{Remaining: rest, Errs: append(errs, ErrChanging)}
}

// plan reads the list and computes the plan.
func (a *applier) plan(ctx context.Context, roster Roster) (Plan, *imgroup.ItemList, error) {
	items, err := readList(ctx, a.client)
	if err != nil {
		return Plan{}, nil, err
	}
	plan, err := Diff(items, roster, a.options)
	return plan, items, err
}
