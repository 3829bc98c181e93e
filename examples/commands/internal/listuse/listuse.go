// Package listuse finds out whether a mailbox uses its list, for reports and for --skip-unused.
package listuse

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// Unknown is the use of a list if the server does not say what its folders hold.
const Unknown directory.Use = "not known"

// Flag defines --skip-unused.
func Flag(fs *pflag.FlagSet, skip *bool) {
	fs.BoolVar(skip, "skip-unused", false,
		"write only to lists that are in use; leave alone those that were never used, that their\n"+
			"owners emptied, or whose use is unclear")
}

// Of returns the use of a list that was read. It costs one request for a list without groups and
// contacts, and none for any other. Owned is the record of the mailbox, nil if there is none: a list
// that was emptied by earlier runs, and so by no person, is in use.
func Of(
	ctx context.Context, client *ews.Client, list *imgroup.ItemList, owned *imsync.Ownership,
) (directory.Use, error) {
	state, err := directory.StateOf(ctx, client, list)
	if err != nil {
		return "", fmt.Errorf("finding out whether the list is in use: %w", err)
	}
	if state.Use == directory.Emptied && owned != nil && owned.Empty() {
		return directory.InUse, nil
	}
	return state.Use, nil
}

// Describe says for people what a use other than [directory.InUse] means.
func Describe(use directory.Use) string {
	switch use {
	case directory.NeverUsed:
		return "never used: no client that keeps its contacts in Exchange has signed in with the mailbox, so additions " +
			"may never be seen; check the policy for the Unified Contact Store (UcsAllowed)"
	case directory.Emptied:
		return "emptied: only the built-in groups are left in the list"
	case directory.Unclear:
		return "unclear: the folder of the contacts holds some, and the list shows none; the mailbox may have been taken back " +
			"from the Unified Contact Store, so check the policy (UcsAllowed)"
	}
	return string(use) + ": the server did not say how much the folders of the list hold"
}
