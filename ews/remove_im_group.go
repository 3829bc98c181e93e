package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveImGroup removes a group from the list. Contacts that are in no other group leave the list
// with it; the three built-in groups cannot be removed.
//
// It returns [ErrorInvalidImGroupId] for a group that does not exist ([NotFound]) and
// [ErrorInvalidIdMalformed] for a malformed id.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimgroup-operation
func (c *Client) RemoveImGroup(ctx context.Context, group imgroup.GroupID) error {
	return c.do(ctx, "RemoveImGroup", func(b body) body {
		return b.group("group", group)
	})
}
