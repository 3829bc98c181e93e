package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveImContactFromGroup takes a contact out of a group. A contact that leaves its last group
// leaves the list: to move it, call [Client.AddImContactToGroup] first.
//
// It answers [ErrorInvalidImContactId] for a contact that does not exist or is not in the group,
// [ErrorInvalidImGroupId] or [ErrorItemNotFound] for a group that does not exist ([NotFound]), and
// [ErrorUnableToRemoveImContactFromGroup] if the removal failed.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeimcontactfromgroup-operation
func (c *Client) RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	const op = "RemoveImContactFromGroup"
	return c.Call(ctx, Operation{Name: op}, removeImContactFromGroup{contact, group}, &plainResponse{op: op})
}

type removeImContactFromGroup struct {
	contact imgroup.ContactID
	group   imgroup.GroupID
}

// AppendBody writes m:RemoveImContactFromGroup.
func (r removeImContactFromGroup) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "RemoveImContactFromGroup")
	dst, err := appendID(dst, "m:ContactId", "contact", r.contact)
	if err != nil {
		return dst, err
	}
	dst, err = appendID(dst, "m:GroupId", "group", r.group)
	return appendEnd(dst, "RemoveImContactFromGroup"), err
}
