package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddNewImContactToGroup creates a contact from an instant-messaging address, puts it into a group
// and returns its persona. The server keeps it in the mailbox's hidden folder Quick Contacts.
//
// It returns [ErrorImContactLimitReached] when the list has as many contacts as it may have, 1,000
// unless configured otherwise, [ErrorNonExistentMailbox] for a group id of another mailbox, and
// [ErrorItemNotFound] or [ErrorInvalidImGroupId] for a group that does not exist ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewimcontacttogroup-operation
func (c *Client) AddNewImContactToGroup(ctx context.Context, contact imgroup.ContactSpec) (*imgroup.Persona, error) {
	return perform(ctx, c, Operation{Name: "AddNewImContactToGroup"}, personaPayload(), func(b body) body {
		return b.text("ImAddress", "contact.Address", contact.Address).
			optionalText("DisplayName", "contact.DisplayName", contact.DisplayName).
			optionalGroup("contact.Group", contact.Group)
	})
}
