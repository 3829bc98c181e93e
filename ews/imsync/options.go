package imsync

import "github.com/go-ews/exchange/ews"

// Options are the settings of a sync. With nil and with the zero value it adds and renames, and removes
// nothing.
type Options struct {
	// Prune removes what the roster does not list: contacts from the groups that it lists, other
	// groups, other distribution groups. A contact that leaves its last group leaves the list. The
	// built-in groups and their members stay unchanged.
	Prune bool

	// AllowEmpty allows Prune with a roster without groups, which removes everything from the list.
	// Otherwise such a roster is an error with Prune: a look-up that returned nothing by mistake
	// must not empty mailboxes.
	AllowEmpty bool

	// DryRun makes [Sync] and [Each] read and plan without writing, and [Apply] do nothing.
	DryRun bool

	// MaxGroups and MaxContacts are the limits that the server is configured for. 0: Exchange's
	// defaults, 64 groups with the distribution groups, and 1,000 contacts; below 0: no check.
	MaxGroups, MaxContacts int

	// Progress is called after every step. [Each] calls it from several goroutines, one at a time.
	// The sync waits until it returns. nil: no callback.
	Progress func(Event)

	// Parallel is the number of mailboxes that [Each] syncs at a time; 0 or less: 10, as Microsoft
	// advises. Exchange returns ErrorExceededConnectionCount to an account with more than 27 requests
	// at a time, unless its policy says otherwise.
	Parallel int
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
	if out.Progress == nil {
		out.Progress = func(Event) {}
	}
	return out
}
