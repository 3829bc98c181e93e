package probe

import (
	"context"
	"slices"

	"github.com/go-ews/exchange/ews"
)

// question is one question to a server: what is asked, how, and which of the things that can be seen
// mean yes and no. Anything else leaves it open.
type question struct {
	id      string // of a guess: that of its rule
	asks    string
	how     func(context.Context, *session) (seen, error)
	yes, no []string
	limits  bool // fills the list: only if that is allowed
}

// What can be seen, besides what a single question says.
const (
	done       = string(ews.NoError)
	nameTaken  = string(ews.ErrorImGroupDisplayNameAlreadyExists)
	badGroup   = string(ews.ErrorInvalidImGroupId)
	badContact = string(ews.ErrorInvalidImContactId)
	notFound   = string(ews.ErrorItemNotFound)
	noMailbox  = string(ews.ErrorNonExistentMailbox)
)

func is(words ...string) []string { return words }

// questions returns the table, in the order in which they are asked: one uses what the ones before it
// have made. Those about removals come before those that add further contacts, so that a list from
// which no contact can be removed keeps one at most.
func questions() []question {
	return slices.Concat(guesses(), further(), limits())
}

// guesses has a question for each guess of package ewstest that a list of any size decides.
func guesses() []question {
	return []question{
		{"never-used", "does a list that was never used have the built-in groups?", neverUsed, is("built-in groups"), is("no groups"), false},
		{"must-understand", "is a foreign header refused that must be understood?", mustUnderstand, is("fault MustUnderstand"), is(done), false},
		{
			"version-2016", "Exchange 2016 (15.1) asked for an unknown version: ErrorInvalidServerVersion?", version2016,
			is(string(ews.ErrorInvalidServerVersion)), is(string(ews.ErrorInvalidRequest)), false,
		},
		{
			"sid-unknown", "impersonation of a SID that has no mailbox: ErrorNonExistentMailbox?", sidUnknown,
			is(noMailbox), is(string(ews.ErrorInvalidSid)), false,
		},
		{"expand-hidden", "ExpandDL of a group that is hidden: not found?", expandHidden, is("ErrorNameResolutionNoResults"), is("found"), false},
		{"unknown-group", "SetImGroup of a group that is gone: ErrorInvalidImGroupId?", unknownGroup, is(badGroup), is(notFound), false},
		{"names-fold", "AddImGroup with the name of a group in capitals: refused?", namesFold, is(nameTaken), is(done), false},
		{"rename-case", "SetImGroup to the group's name in capitals: refused?", renameCase, is(nameTaken), is(done), false},
		{"names-kept", "SetImGroup to a name with blanks around it: are they kept?", namesKept, is("kept"), is("trimmed"), false},
		{"old-change-keys", "SetImGroup with an old change key: accepted?", oldChangeKeys, is(done), is("ErrorStaleObject"), false},
		{
			"change-key-form", "SetImGroup with a change key that is no base64: ErrorInvalidChangeKey?", changeKeyForm,
			is(string(ews.ErrorInvalidChangeKey)), is(done, nameTaken, "ErrorStaleObject"), false,
		},
		{"items-order", "GetImItems of two groups, the later one first: in the order of the list?", itemsOrder, is("of the list"), is("of the request"), false},
		{"built-in-fixed", "SetImGroup of a built-in group to its own name: ErrorInvalidImGroupId?", builtInFixed, is(badGroup), is(done, nameTaken), false},
		{"distribution-groups", "SetImGroup of a distribution group: ErrorInvalidImGroupId?", distributionGroups, is(badGroup), is(done), false},
		{"distribution-group-again", "AddDistributionGroupToImList of one that the list has: refused?", distributionGroupAgain, is(nameTaken), is(done), false},
		{"remove-contact", "RemoveContactFromImList: does it work?", removeContact, is("gone"), is(notFound), false},
		{"last-group", "RemoveImContactFromGroup from the only group: does the contact leave the list?", lastGroup, is("gone"), is("still in the list"), false},
		{"names-built-in", "SetImGroup to the name of a built-in group: refused?", namesBuiltIn, is(nameTaken), is(done), false},
		{"member-again", "AddImContactToGroup of a member: accepted?", memberAgain, is(done), is(badContact), false},
		{
			"foreign-ids", "RemoveImContactFromGroup with a group of another mailbox: ErrorNonExistentMailbox?", foreignIDs,
			is(noMailbox), is(badGroup, notFound), false,
		},
		{"distribution-group-members", "AddImContactToGroup into a distribution group: refused?", distributionGroupMembers, is(badGroup, notFound), is(done), false},
		{"unknown-group-new", "AddNewImContactToGroup into a group that is gone: ErrorItemNotFound?", unknownGroupNew, is(notFound), is(badGroup), false},
		{"same-contact", "AddNewImContactToGroup of an address that the list has: the same contact?", sameContact, is("the same contact"), is("a second contact"), false},
		{"ungrouped", "AddNewImContactToGroup without a group: into Other Contacts?", ungrouped, is("in Other Contacts"), is("in no group"), false},
	}
}

// limits has the questions that fill the list.
func limits() []question {
	return []question{
		{
			"limit-built-in", "AddImGroup until the list is full: 64 besides the built-in groups?", limitBuiltIn,
			is("full at 64"), is("full at 61"), true,
		},
		{
			"limit-per-list", "AddNewImContactToGroup until it is refused: by other groups, too?", limitPerList,
			is("refused by every group"), is("accepted by another group"), true,
		},
	}
}
