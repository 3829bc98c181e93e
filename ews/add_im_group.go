package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddImGroup creates an IM group with that display name and returns it. The server checks that the
// name is new, without regard to case; a new group is an [imgroup.UserGroup] without members.
//
// It answers [ErrorImGroupDisplayNameAlreadyExists], and [ErrorImGroupLimitReached] when the list
// has as many groups as it may have, 64 unless configured otherwise. A name is any text that XML
// can carry but the empty one; no source states a greatest length.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addimgroup-operation
func (c *Client) AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error) {
	const op = "AddImGroup"
	resp := &groupResponse{op: op}
	if err := c.Call(ctx, Operation{Name: op}, addImGroup{displayName}, resp); err != nil {
		return nil, err
	}
	return resp.group, nil
}

type addImGroup struct{ displayName string }

// AppendBody writes m:AddImGroup.
func (r addImGroup) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "AddImGroup")
	dst, err := appendString(dst, "DisplayName", "displayName", r.displayName)
	return appendEnd(dst, "AddImGroup"), err
}
