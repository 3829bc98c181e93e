package ewstest

import (
	"fmt"
	"slices"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addNewImContactToGroup refuses one contact more than a list may have (ErrorImContactLimitReached)
// and a group of another mailbox (ErrorNonExistentMailbox). A group that does not exist is
// ErrorItemNotFound, by analogy with the operation below.
func (m *mailbox) addNewImContactToGroup(request *dotnet.Element) (node, error) {
	unknown := ews.ErrorItemNotFound
	if !m.profile.holds("unknown-group-new") {
		unknown = ews.ErrorInvalidImGroupId
	}
	return m.addNewContact(request, unknown, newIMContact(text(request, "ImAddress"), text(request, "DisplayName")))
}

// addNewTelURIContactToGroup refuses a group that does not exist (ErrorItemNotFound), as
// documented.
func (m *mailbox) addNewTelURIContactToGroup(request *dotnet.Element) (node, error) {
	return m.addNewContact(request, ews.ErrorItemNotFound, newTelContact(imgroup.TelContactSpec{
		TelURI:          text(request, "TelUriAddress"),
		SIPURI:          text(request, "ImContactSipUriAddress"),
		TelephoneNumber: text(request, "ImTelephoneNumber"),
	}))
}

func (m *mailbox) addNewContact(request *dotnet.Element, unknown ews.ResponseCode, c *contact) (node, error) {
	g, err := m.target(request, unknown)
	if err != nil {
		return node{}, err
	}
	if !m.profile.holds("same-contact") {
		c.key = fmt.Sprint(c.key, " ", m.serial)
	}
	count := len(m.contacts)
	if g != nil && !m.profile.holds("limit-per-list") {
		count = len(g.members)
	}
	if m.existing(c) == nil && count >= maxContacts {
		return node{}, refuse(ews.ErrorImContactLimitReached)
	}
	return m.put(c, g).node("m:Persona", nil), nil
}

// addImContactToGroup refuses a contact that does not exist (ErrorInvalidImContactId), as
// documented, and by analogy a group that does not exist (ErrorInvalidImGroupId).
func (m *mailbox) addImContactToGroup(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return node{}, err
	}
	g, err := m.target(request, m.unknownGroup())
	if err != nil {
		return node{}, err
	}
	if g != nil && slices.Contains(g.members, c) && !m.profile.holds("member-again") {
		return node{}, refuse(ews.ErrorInvalidImContactId)
	}
	m.join(c, g)
	return node{}, nil
}

// removeImContactFromGroup refuses a contact that is not in the group, too
// (ErrorInvalidImContactId), as documented. Removed from its last group, the contact leaves the
// list.
func (m *mailbox) removeImContactFromGroup(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return node{}, err
	}
	g, err := m.group(request, m.unknownGroup())
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

// removeContactFromImList takes the contact out of every group, and refuses one that is gone
// already (ErrorItemNotFound). Some real servers are said to refuse this operation always.
func (m *mailbox) removeContactFromImList(request *dotnet.Element) (node, error) {
	c, err := m.contact(request, ews.ErrorItemNotFound)
	if err != nil {
		return node{}, err
	}
	if !m.profile.holds("remove-contact") {
		return node{}, refuse(ews.ErrorItemNotFound)
	}
	for _, g := range m.groups {
		if slices.Contains(g.members, c) {
			m.leave(c, g)
		}
	}
	m.contacts = slices.DeleteFunc(m.contacts, func(other *contact) bool { return other == c })
	return node{}, nil
}
