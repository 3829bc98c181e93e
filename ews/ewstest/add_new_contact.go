package ewstest

import (
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addNewImContactToGroup answers ErrorImContactLimitReached, and ErrorNonExistentMailbox for a group
// of another mailbox. A group that does not exist is ErrorItemNotFound, by analogy with the
// operation below.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewimcontacttogroup-operation
func (m *mailbox) addNewImContactToGroup(request *dotnet.Element, payload *writer) error {
	return m.addNew(request, payload, newIMContact(text(request, "ImAddress"), text(request, "DisplayName")))
}

// addNewTelURIContactToGroup answers ErrorItemNotFound for a group that does not exist, as
// documented.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewteluricontacttogroup-operation
func (m *mailbox) addNewTelURIContactToGroup(request *dotnet.Element, payload *writer) error {
	return m.addNew(request, payload, newTelContact(imgroup.TelContactSpec{
		TelURI:          text(request, "TelUriAddress"),
		SIPURI:          text(request, "ImContactSipUriAddress"),
		TelephoneNumber: text(request, "ImTelephoneNumber"),
	}))
}

func (m *mailbox) addNew(request *dotnet.Element, payload *writer, c *contact) error {
	g, err := m.target(request, ews.ErrorItemNotFound)
	if err != nil {
		return err
	}
	c, err = m.add(c, g)
	if err != nil {
		return err
	}
	payload.persona("m:Persona", c, nil)
	return nil
}
