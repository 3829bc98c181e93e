package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddImGroup creates an IM group with that display name and returns it. The server checks that the
// name is new, without regard to case; a new group is an [imgroup.UserGroup] without members.
//
// It returns [ErrorImGroupDisplayNameAlreadyExists], and [ErrorImGroupLimitReached] when the list
// has as many groups as it may have, 64 unless configured otherwise. A name is any text that XML
// can carry but the empty one; no source states a greatest length.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addimgroup-operation
func (c *Client) AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error) {
	return perform(ctx, c, Operation{Name: "AddImGroup"}, groupPayload(), func(b body) body {
		return b.text("DisplayName", "displayName", displayName)
	})
}
