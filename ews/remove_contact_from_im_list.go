package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveContactFromImList removes a contact from all groups, and so from the list.
//
// It returns [ErrorItemNotFound] or [ErrorInvalidImContactId] for a contact that does not exist
// ([NotFound]).
//
// Some servers are reported to refuse this operation for any id. All servers let you remove the
// contact from each of its groups with [Client.RemoveImContactFromGroup]; after the last one it is
// gone. Do not use DeleteItem instead: the list's own bookkeeping would be skipped.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removecontactfromimlist-operation
func (c *Client) RemoveContactFromImList(ctx context.Context, contact imgroup.ContactID) error {
	return c.do(ctx, "RemoveContactFromImList", func(b body) body {
		return b.contact("contact", contact)
	})
}
