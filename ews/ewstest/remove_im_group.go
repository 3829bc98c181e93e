package ewstest

import "github.com/go-ews/exchange/internal/dotnet"

// removeImGroup answers ErrorInvalidImGroupId for a group that does not exist, or may not be removed.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimgroup-operation
func (m *mailbox) removeImGroup(request *dotnet.Element, _ *writer) error {
	g, err := m.userGroup(request.Child(messagesSpace, "GroupId"))
	if err != nil {
		return err
	}
	m.removeGroup(g)
	return nil
}
