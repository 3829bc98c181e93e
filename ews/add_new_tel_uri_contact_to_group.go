package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddNewTelUriContactToGroup creates a contact from a telephone number, puts it into a group and
// returns its persona, whose names are derived from the number. All three strings are required.
//
// It returns [ErrorItemNotFound] for a group that does not exist ([NotFound]) and
// [ErrorImContactLimitReached] when the list has as many contacts as it may have.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewteluricontacttogroup-operation
func (c *Client) AddNewTelUriContactToGroup(ctx context.Context, contact imgroup.TelContactSpec) (*imgroup.Persona, error) {
	return perform(ctx, c, Operation{Name: "AddNewTelUriContactToGroup"}, personaPayload(), func(b body) body {
		return b.text("TelUriAddress", "contact.TelURI", contact.TelURI).
			text("ImContactSipUriAddress", "contact.SIPURI", contact.SIPURI).
			text("ImTelephoneNumber", "contact.TelephoneNumber", contact.TelephoneNumber).
			optionalGroup("contact.Group", contact.Group)
	})
}
