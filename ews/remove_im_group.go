package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveImGroup removes a group from the list. Contacts that are in no other group leave the list with
// it; the three built-in groups cannot be removed.
//
// It answers [ErrorInvalidImGroupId] for a group that does not exist ([NotFound]) and
// [ErrorInvalidIdMalformed] for an id that is none.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimgroup-operation
func (c *Client) RemoveImGroup(ctx context.Context, group imgroup.GroupID) error {
	const op = "RemoveImGroup"
	return c.Call(ctx, Operation{Name: op}, idRequest{op, "GroupId", "group", imgroup.ItemID(group)}, &plainResponse{op: op})
}

// idRequest is a request with one id as its only child.
type idRequest struct {
	op, element, field string
	id                 imgroup.ItemID
}

// AppendBody writes m:<op>.
func (r idRequest) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, r.op)
	dst, err := appendID(dst, "m:"+r.element, r.field, r.id)
	return appendEnd(dst, r.op), err
}
