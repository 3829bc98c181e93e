package directory

import (
	"context"
	"errors"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// Use is the way in which a mailbox uses its list.
type Use string

// The uses of a list.
const (
	// NeverUsed: neither the list nor its folders hold anything. No client has signed in with the
	// mailbox, or none that keeps its contacts in Exchange; contacts that are added to the list may
	// never be seen.
	NeverUsed Use = "never used"
	// InUse: there are contacts, or groups besides the built-in ones.
	InUse Use = "in use"
	// Emptied: there are only the built-in groups.
	Emptied Use = "emptied"
	// Unclear: the folder of the contacts holds some, and the list shows none, as when the mailbox
	// was taken back from the Unified Contact Store.
	Unclear Use = "unclear"
)

// ListState is the state of a mailbox's list.
type ListState struct {
	Use Use

	Groups   int // in the list, without the built-in ones
	Contacts int // in the list

	// Items of the folders imcontactlist, built-in groups included, and quickcontacts, if the folders
	// were read; 0 for one that is not there.
	StoredGroups, StoredContacts int

	List *imgroup.ItemList // the list, which was read for it
}

// State returns whether a mailbox uses its list. Exchange does not report it, so this is a
// conclusion from counts: the folders exist in a mailbox that never used them, and are empty. It
// costs GetImItemList, and what [StateOf] costs.
//
// It returns the errors of [ews.Client.Call]: ErrorNonExistentMailbox for an account without a
// mailbox, say.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
func State(ctx context.Context, client *ews.Client) (*ListState, error) {
	if client == nil {
		return nil, errNilClient("GetImItemList")
	}
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return nil, err
	}
	return StateOf(ctx, client, list)
}

// StateOf is [State] for a list that was read already. A list without contacts and groups costs one
// request, GetFolder for the two folders; any other none, and its StoredGroups and StoredContacts
// are 0.
func StateOf(ctx context.Context, client *ews.Client, list *imgroup.ItemList) (*ListState, error) {
	s := &ListState{Use: InUse, Contacts: len(list.Personas), List: list}
	for _, g := range list.Groups {
		if !g.GroupType.BuiltIn() {
			s.Groups++
		}
	}
	if s.Groups > 0 || s.Contacts > 0 {
		return s, nil
	}
	folders, err := getFolders(ctx, client, "imcontactlist", "quickcontacts")
	if err != nil {
		return nil, err
	}
	s.StoredGroups, s.StoredContacts = folders[0], folders[1]
	switch {
	case s.StoredContacts > 0:
		s.Use = Unclear
	case s.StoredGroups > 0:
		s.Use = Emptied
	default:
		s.Use = NeverUsed
	}
	return s, nil
}

// isNoFolder reports whether a mailbox lacks the folder.
func isNoFolder(err error) bool {
	return errors.Is(err, ErrorFolderNotFound) || errors.Is(err, ews.ErrorItemNotFound)
}
