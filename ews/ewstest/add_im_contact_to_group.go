package ewstest

import (
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addImContactToGroup answers ErrorInvalidImContactId, as documented, and by analogy
// ErrorInvalidImGroupId.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addimcontacttogroup-operation
func (m *mailbox) addImContactToGroup(request *dotnet.Element, _ *writer) error {
	c, err := m.contact(request, ews.ErrorInvalidImContactId)
	if err != nil {
		return err
	}
	g, err := m.target(request, ews.ErrorInvalidImGroupId)
	if err != nil {
		return err
	}
	m.join(c, g)
	return nil
}
