package ewstest

import (
	"slices"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// removeContactFromImList takes the contact out of every group, and answers ErrorItemNotFound for
// one that is gone already. Some real servers are said to refuse this operation always.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removecontactfromimlist-operation
func (m *mailbox) removeContactFromImList(request *dotnet.Element, _ *writer) error {
	c, err := m.contact(request, ews.ErrorItemNotFound)
	if err != nil {
		return err
	}
	for _, g := range m.groups {
		if slices.Contains(g.members, c) {
			m.leave(c, g)
		}
	}
	m.dropOrphans()
	return nil
}
