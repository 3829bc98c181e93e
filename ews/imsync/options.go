package imsync

import "github.com/go-ews/exchange/ews"

// Options say how far a sync may go. Nil and the zero value work: they add and rename, and remove
// nothing.
type Options struct {
	// Prune removes what the roster does not name: contacts from the groups that it names, other
	// groups, other distribution groups. A contact that leaves its last group leaves the list. The
	// built-in groups and who is in them stay as they are.
	Prune bool

	// AllowEmpty lets Prune work with a roster without any group, which takes everything off the
	// list. Without it such a roster is an error with Prune: a look-up that came back empty by
	// mistake must not empty mailboxes.
	AllowEmpty bool

	// DryRun makes [Sync] and [Each] read and plan without writing, and [Apply] do nothing.
	DryRun bool

	// MaxGroups and MaxContacts are the sizes of a list that the server is configured for. 0: 64
	// groups, distribution groups among them, and 1,000 contacts, Exchange's defaults; below 0: not
	// checked here.
	MaxGroups, MaxContacts int

	// Progress is told of every step. [Each] calls it from several goroutines, one at a time. It
	// holds up the sync for as long as it runs. Nil: nobody is told.
	Progress func(Event)

	// Parallel is how many mailboxes [Each] has in hand at a time; 0 or less: 10, which is what
	// Microsoft advises. Exchange answers ErrorExceededConnectionCount to an account that makes more
	// than 27 requests at a time, unless its policy says otherwise.
	Parallel int
}

// Event tells what a sync has just done.
type Event struct {
	Mailbox ews.Account // which one of those that [Each] has in hand; else zero

	// Step is the step that is over, the Number-th of Total, with Err if it failed. The number of
	// steps may change after the list was read back.
	Step          Step
	Number, Total int
	Err           error

	// ReadBack says that the step is not over: Err left open whether it was done, or somebody else
	// was faster, and the list is read to see.
	ReadBack bool
}

const (
	defaultMaxGroups   = 64
	defaultMaxContacts = 1000
	defaultParallel    = 10
)

// withDefaults returns a copy with its zeros filled in.
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
