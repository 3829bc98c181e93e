package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// SetImGroup renames a group. The server checks that the group exists and that no group has the
// name, the group itself included: renaming a group to the name that it has is an error.
//
// It returns [ErrorImGroupDisplayNameAlreadyExists], and [ErrorInvalidImGroupId] or
// [ErrorItemNotFound] for a group that does not exist ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimgroup-operation
func (c *Client) SetImGroup(ctx context.Context, group imgroup.GroupID, newDisplayName string) error {
	return c.do(ctx, "SetImGroup", func(b body) body {
		return b.group("group", group).text("NewDisplayName", "newDisplayName", newDisplayName)
	})
}
