package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveImContactFromGroup takes a contact out of a group. A contact that leaves its last group
// leaves the list: to move it, call [Client.AddImContactToGroup] first.
//
// It returns [ErrorInvalidImContactId] for a contact that does not exist or is not in the group,
// [ErrorInvalidImGroupId] or [ErrorItemNotFound] for a group that does not exist ([NotFound]), and
// [ErrorUnableToRemoveImContactFromGroup] if the removal failed.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimcontactfromgroup-operation
func (c *Client) RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	return c.do(ctx, "RemoveImContactFromGroup", func(b body) body {
		return b.contact("contact", contact).group("group", group)
	})
}
