package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddImContactToGroup puts a contact that is in the list into a further group. The contact's id is
// [imgroup.Persona.ContactID]. A zero group is left out of the request; Microsoft does not document
// which group the server takes then.
//
// It returns [ErrorInvalidImContactId] for an id that is no IM contact, and [ErrorInvalidImGroupId]
// or [ErrorItemNotFound] for a group that does not exist ([NotFound]).
//
// To move a contact, add it to the new group first and remove it from the old one after: a contact
// that leaves its last group leaves the list.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addimcontacttogroup-operation
func (c *Client) AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	return c.do(ctx, "AddImContactToGroup", func(b body) body {
		return b.contact("contact", contact).optionalGroup("group", group)
	})
}
