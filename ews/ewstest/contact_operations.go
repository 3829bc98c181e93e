package ewstest

import (
	"slices"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addNewImContactToGroup refuses one contact more than a list may have (ErrorImContactLimitReached)
// and a group of another mailbox (ErrorNonExistentMailbox). A group that does not exist is
// ErrorItemNotFound, by analogy with the operation below.
func (m *mailbox) addNewImContactToGroup(request *dotnet.Element) (node, error) {
	return m.addNewContact(request, newIMContact(text(request, "ImAddress"), text(request, "DisplayName")))
}

// addNewTelURIContactToGroup refuses a group that does not exist (ErrorItemNotFound), as documented.
func (m *mailbox) addNewTelURIContactToGroup(request *dotnet.Element) (node, error) {
	return m.addNewContact(request, newTelContact(imgroup.TelContactSpec{
		TelURI:          text(request, "TelUriAddress"),
		SIPURI:          text(request, "ImContactSipUriAddress"),
		TelephoneNumber: text(request, "ImTelephoneNumber"),
	}))
}

func (m *mailbox) addNewContact(request *dotnet.Element, c *contact) (node, error) {
	g, err := m.target(request, ews.ErrorItemNotFound)
	if err != nil {
		return node{}, err
	}
	if m.known(c) == nil && len(m.contacts) >= maxContacts {
		return node{}, refuse(ews.ErrorImContactLimitReached)
	}
	return m.put(c, g).node("m:Persona", nil), nil
}

// addImContactToGroup refuses a contact that does not exist (ErrorInvalidImContactId), as documented,
// and by analogy a group that does not exist (ErrorInvalidImGroupId).
func (m *mailbox) addImContactToGroup(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return node{}, err
	}
	g, err := m.target(request, ews.ErrorInvalidImGroupId)
	if err == nil {
		m.join(c, g)
	}
	return node{}, err
}

// removeImContactFromGroup refuses a contact that is not in the group, too (ErrorInvalidImContactId),
// as documented. Removed from its last group, the contact leaves the list.
func (m *mailbox) removeImContactFromGroup(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return node{}, err
	}
	g, err := m.group(request, ews.ErrorInvalidImGroupId)
	if err != nil {
		return node{}, err
	}
	if !slices.Contains(g.members, c) {
		return node{}, refuse(ews.ErrorInvalidImContactId)
	}
	m.leave(c, g)
	m.dropOrphans()
	return node{}, nil
}

// removeContactFromImList takes the contact out of every group, and refuses one that is gone already
// (ErrorItemNotFound). Some real servers are said to refuse this operation always.
func (m *mailbox) removeContactFromImList(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorItemNotFound)
	if err != nil {
		return node{}, err
	}
	for _, g := range m.groups {
		if slices.Contains(g.members, c) {
			m.leave(c, g)
		}
	}
	m.dropOrphans()
	return node{}, nil
}
