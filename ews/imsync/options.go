package imsync

import (
	"context"

	"github.com/go-ews/exchange/ews"
)

// Options are the settings of a sync. With nil and with the zero value it adds and renames, and removes
// nothing.
type Options struct {
	// Remove decides about groups and contacts that the roster does not list. A contact that leaves
	// its last group leaves the list. The built-in groups stay, and so do their members unless the
	// roster names the group or the service gave them.
	Remove RemovePolicy

	// Owned is the record of earlier runs for the mailbox; nil: nothing is owned. It is not
	// changed. [Each] takes it from Load instead.
	Owned *Ownership

	// Load returns the record of a mailbox for [Each], which calls it from several goroutines. An
	// error is that of the mailbox, for which nothing is sent. nil: nothing is owned.
	Load func(ctx context.Context, mailbox ews.Account) (*Ownership, error)

	// Save keeps the record. It is called before the first write of a plan, after the last, and if
	// a run without writes has changed the record; in between, before an addition that goes to
	// another group than planned, because a person has renamed or removed one. An error of the
	// first call is an error before anything is sent. Its context ends 30 seconds after that of the
	// sync, so that the record is kept after a cancellation too. [Each] calls it from several
	// goroutines. nil: keep [Applied.Owned]; a process that is killed in between then leaves gifts
	// without an owner.
	Save func(ctx context.Context, owned *Ownership) error

	// Backup keeps the list as it is before a run first removes or renames anything, for [Restore].
	// It is called once per run, and not at all by a run that only adds. An error ends the run
	// before that removal is sent. [Each] calls it from several goroutines; [Backup.Mailbox] names
	// the mailbox. nil: no backup.
	Backup func(ctx context.Context, backup *Backup) error

	// Adopt makes wanted groups and memberships that are already in the list owned, as if this run
	// had added them.
	Adopt bool

	// MaxRemovals is how much a plan may remove; more is a *[BrakeError] before the first write. Zero:
	// 10 % of the memberships that were found, but at least 5.
	MaxRemovals Limit

	// AllowEmpty allows removals with a roster without groups, which removes everything. Otherwise
	// such a roster is an error: a look-up that returned nothing by mistake must not empty mailboxes.
	AllowEmpty bool

	// DryRun makes [Sync] and [Each] read and plan without writing, and [Apply] do nothing.
	DryRun bool

	// MaxGroups and MaxContacts are the limits that the server is configured for: groups of the list,
	// with the distribution groups, and contacts of a group. 0: Exchange's defaults, 64 and 1,000;
	// below 0: no check.
	MaxGroups, MaxContacts int

	// ContactsPerList makes MaxContacts the limit of the whole list. Microsoft words it in both ways:
	// [MS-OXWSCOS] section 3.1.4.4 limits a group, other pages the store.
	//
	// [MS-OXWSCOS]: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxwscos
	ContactsPerList bool

	// Progress is called after every step. [Each] calls it from several goroutines, one at a time.
	// The sync waits until it returns. nil: no callback.
	Progress func(Event)

	// Parallel is the number of mailboxes that [Each] syncs at a time, 1,000 at most; 0 or less:
	// 10, as Microsoft advises. Exchange returns ErrorExceededConnectionCount to an account with
	// more than 27 requests at a time, unless its policy says otherwise.
	Parallel int
}

// RemovePolicy decides about groups and contacts of a list that the roster does not list.
type RemovePolicy string

// The policies. Any other value removes nothing.
const (
	RemoveNothing RemovePolicy = ""

	// RemoveOwned removes the memberships that this service gave, and the groups that it made if
	// nothing but such members is left in them. What people made stays.
	RemoveOwned RemovePolicy = "owned"

	// RemoveAll removes contacts from the groups that the roster lists, and all other groups and
	// distribution groups, also those that people made.
	RemoveAll RemovePolicy = "all"
)

// removes reports whether the policy removes anything.
func (p RemovePolicy) removes() bool { return p == RemoveOwned || p == RemoveAll }

// only returns the record to which removals are restricted, nil if they are not.
func (p RemovePolicy) only(owned *Ownership) *Ownership {
	if p == RemoveOwned {
		return owned
	}
	return nil
}

// Event is a step of a sync that was applied or has failed.
type Event struct {
	Mailbox ews.Account // the mailbox in [Each]; else the zero value

	// Step is the Number-th of Total, with Err if it failed. Total may change after the list was
	// read back.
	Step          Step
	Number, Total int
	Err           error

	// ReadBack is set while the step is not over: after Err its outcome is unknown, or another client
	// changed the list, which is read back to find out.
	ReadBack bool
}

const (
	defaultMaxGroups   = 64
	defaultMaxContacts = 1000
	defaultParallel    = 10
	maxParallel        = 1000
)

// withDefaults returns a copy with defaults for the zero values.
func (o *Options) withDefaults() Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.MaxGroups == 0 {
		out.MaxGroups = defaultMaxGroups
	}
	if out.MaxContacts == 0 {
		out.MaxContacts = defaultMaxContacts
	}
	if out.Parallel <= 0 {
		out.Parallel = defaultParallel
	}
	out.Parallel = min(out.Parallel, maxParallel)
	if out.Progress == nil {
		out.Progress = func(Event) {}
	}
	return out
}
