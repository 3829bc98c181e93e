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
//   - Nothing is removed unless [Options.Remove] says so, and no more than [Options.MaxRemovals] at a
//     time. Favorites and Other Contacts take contacts if the roster names them, but are never made,
//     renamed or removed; groups of types that this module does not know are never changed.
//   - Addresses are compared without "sip:", "smtp:" and "mailto:" and without case, names of groups
//     without case. A malformed address is refused before anything is sent.
//   - A removal names its group by exact name and id, and is sent once. Groups of a list whose names
//     differ in case only are left alone, and noted in the plan.
//   - Additions come before removals, so a move adds first and removes after: a contact that leaves its
//     last group leaves the list. If the addition fails, the contact stays where it is.
//   - A list that would exceed the server's limits, a name that a group of another kind has, and a
//     roster that contradicts itself are errors before the first write.
//   - A group is renamed only if [Group.FormerName] is set.
//   - There is one write at a time per mailbox. If the outcome of a write is unknown, the list is read
//     back; the write is never just sent again.
//   - Members that cannot be compared, because the list does not describe them, stay in their groups.
//
// # Ownership
//
// A contact list belongs to the owner of the mailbox, who makes groups and adds contacts too. With
// [RemoveOwned] a sync removes nothing that it did not add. It compares three lists:
//
//	wanted             given                found
//	the roster         the record           the mailbox's list
//	+---------------+  +-----------------+  +------------------+
//	| Sales         |  | Sales           |  | Sales            |
//	|   anna        |  |   anna          |  |   anna           |  wanted and there: nothing to do
//	|   bert        |  |                 |  |                  |  wanted, not there: added, and owned from now on
//	|               |  |   carl          |  |   carl           |  given, not wanted: removed
//	|               |  |                 |  |   dora           |  a person's: stays
//	|   emil        |  |   emil          |  |                  |  a person removed it, but it is wanted: added again
//	|               |  | Temp            |  | Temp             |  the group was given too: removed when no
//	|               |  |   fred          |  |   fred           |    member is left in it that was not given
//	|               |  |                 |  | Family           |  a person's: stays
//	+---------------+  +-----------------+  +------------------+
//
// In detail:
//
//   - The record ([Ownership]) lists the groups that syncs made, by id, and the memberships that they
//     added: a membership is a contact in a group. Keep it, as JSON, for as long as the mailbox is
//     synced: [Options.Owned] takes it, [Applied.Owned] returns it, also after an error. Without it
//     nothing is owned, and so nothing is removed.
//   - A wanted membership that was there before the sync stays the person's, unless [Options.Adopt] is
//     set. A service that begins to keep a record sets Adopt in its first run, to own its earlier
//     additions.
//   - An owned group that a person has renamed is known by its id, and renamed back. If a person has
//     added members to it, it stays when it is no longer wanted, and the plan has a note.
//   - [Options.Save] is called before the first write, with the planned additions, and after the last.
//     If the process is killed in between, the next run reads the list and owns those that it finds.
//     One doubt remains: a planned addition that a person makes by hand between the kill and that run
//     counts as given. So does a membership that was given, that the person removed and added again
//     between two runs. In favour of the person, an addition whose response was lost, and which the
//     server carries out only after the list was read back, has no owner: it stays.
//   - A group is removed after the list was read once more. Exchange has no conditional removal: a
//     contact that a person adds in the instant between is removed with the group.
//   - [Options.MaxRemovals] stops a plan that would remove too much, by default more than 10 % of the
//     memberships, before anything is sent: a roster that was cut off, or came out empty by mistake,
//     then does no harm.
//
// # Backup and restore
//
// [Options.Backup] is handed the list before a run first removes or renames anything, and
// [NewBackup] makes a [Backup] at any time. [Restore] puts back what is missing: groups, names and
// memberships. It only adds, so what people did since stays, and it can be repeated. Ownership
// comes back too: the service's additions are owned again, those of a person are the person's.
// Correct the roster first, or the next sync removes its own additions again.
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
// A nil error means that the list was read back and is in step, as far as opts allow. An *[Error] has
// the remaining steps. For errors of Diff, a *[BrakeError], and an error of Options.Save before the
// first write nothing was sent.
func Sync(ctx context.Context, client Client, roster Roster, opts *Options) (Applied, error) {
	o := opts.withDefaults()
	return syncList(ctx, client, func(*list) desired { return desired{roster: roster} }, &o)
}

// desired is the state that a list is put in.
type desired struct {
	roster   Roster
	notes    []string      // for the plan
	restored bool          // the roster is that of a list, which may hold malformed addresses
	gifts    map[gift]bool // the additions that are owned; nil: all
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
	if err := s.options.MaxRemovals.check(s.list, plan.Steps, 0); err != nil || s.options.DryRun {
		return err
	}
	if plan.Empty() {
		return s.keep(ctx)
	}
	var remaining []Step
	var errs []error
	for range maxRounds {
		if err := s.begin(ctx, plan.Steps); err != nil {
			if len(s.done) == 0 {
				return err
			}
			return &Error{Remaining: plan, Errs: append(errs, err)}
		}
		remaining, errs = s.round(ctx, plan.Steps)
		next, err := s.plan(ctx)
		if err == nil {
			err = s.options.MaxRemovals.check(s.list, next.Steps, s.gone)
		}
		switch {
		case err != nil:
			return &Error{Remaining: Plan{Steps: remaining}, Errs: s.kept(ctx, append(errs, err))}
		case next.Empty():
			return s.keep(ctx) // also after an error, since the list is in step
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
	before := len(s.done)
	remaining, errs = s.run(ctx, steps)
	s.gone += removals(s.done[before:])
	s.owned = s.owned.after(s.sent)
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
	if err != nil || o.DryRun {
		return plan, err
	}
	if o.Adopt {
		d.adopt()
	}
	s.gifts = want.gifts
	s.owned, s.sent = d.owned, nil
	return plan, nil
}

// keep saves the record unless the caller has it.
func (s *syncer) keep(ctx context.Context) error {
	was, _ := s.options.Owned.MarshalJSON()
	now, _ := s.owned.MarshalJSON()
	if len(s.done) == 0 && string(was) == string(now) {
		return nil
	}
	return s.save(context.WithoutCancel(ctx), s.owned)
}

// kept saves the record after a failure and returns the errors.
func (s *syncer) kept(ctx context.Context, errs []error) []error {
	if err := s.save(context.WithoutCancel(ctx), s.owned); err != nil {
		return append(errs, err)
	}
	return errs
}
