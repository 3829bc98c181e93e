package ewstest

import (
	"slices"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// removeImContactFromGroup answers ErrorInvalidImContactId also for a contact that is not in the
// group, as documented. Removed from its last group, the contact leaves the list.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimcontactfromgroup-operation
func (m *mailbox) removeImContactFromGroup(request *dotnet.Element, _ *writer) error {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return err
	}
	g, err := m.group(request.Child(messagesSpace, "GroupId"), ews.ErrorInvalidImGroupId)
	if err != nil {
		return err
	}
	if !slices.Contains(g.members, c) {
		return refuse(ews.ErrorInvalidImContactId)
	}
	m.leave(c, g)
	m.dropOrphans()
	return nil
}
