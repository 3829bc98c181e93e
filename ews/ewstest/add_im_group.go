package ewstest

import (
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addImGroup answers ErrorImGroupDisplayNameAlreadyExists and ErrorImGroupLimitReached.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addimgroup-operation
func (m *mailbox) addImGroup(request *dotnet.Element, payload *writer) error {
	name := text(request, "DisplayName")
	if err := m.mayAdd(name); err != nil {
		return err
	}
	payload.group("m:ImGroup", m.addGroup(name, imgroup.UserGroup, ""), nil)
	return nil
}

// text returns the text of a child of the request's element, "" if it has no such child.
func text(request *dotnet.Element, name string) string {
	e := request.Child(messagesSpace, name)
	if e == nil {
		return ""
	}
	return e.Text
}
