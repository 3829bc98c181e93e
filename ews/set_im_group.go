package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// SetImGroup gives a group another display name. The server checks that the group exists and that no
// group has the name, the group itself included: giving a group the name that it has is an error.
//
// It answers [ErrorImGroupDisplayNameAlreadyExists], and [ErrorInvalidImGroupId] or
// [ErrorItemNotFound] for a group that does not exist ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimgroup-operation
func (c *Client) SetImGroup(ctx context.Context, group imgroup.GroupID, newDisplayName string) error {
	const op = "SetImGroup"
	return c.Call(ctx, Operation{Name: op}, setImGroup{group, newDisplayName}, &plainResponse{op: op})
}

type setImGroup struct {
	group          imgroup.GroupID
	newDisplayName string
}

// AppendBody writes m:SetImGroup.
func (r setImGroup) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "SetImGroup")
	dst, err := appendID(dst, "m:GroupId", "group", r.group)
	if err != nil {
		return dst, err
	}
	dst, err = appendString(dst, "NewDisplayName", "newDisplayName", r.newDisplayName)
	return appendEnd(dst, "SetImGroup"), err
}
