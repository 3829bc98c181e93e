package ewstest

import (
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// setImGroup answers ErrorImGroupDisplayNameAlreadyExists also for the name that the group has: that
// is the case of Microsoft's sample. A group that does not exist, or may not be renamed, is
// ErrorInvalidImGroupId.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimgroup-operation
func (m *mailbox) setImGroup(request *dotnet.Element, _ *writer) error {
	g, err := m.userGroup(request.Child(messagesSpace, "GroupId"))
	if err != nil {
		return err
	}
	name := text(request, "NewDisplayName")
	if m.groupNamed(name) != nil {
		return refuse(ews.ErrorImGroupDisplayNameAlreadyExists)
	}
	g.name = name
	m.touch(g)
	return nil
}
