package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddNewImContactToGroup makes a contact of an instant-messaging address, puts it into a group and
// returns its persona. The server keeps it in the mailbox's hidden folder Quick Contacts.
//
// It answers [ErrorImContactLimitReached] when the list has as many contacts as it may have, 1,000
// unless configured otherwise, [ErrorNonExistentMailbox] for a group id of another mailbox, and
// [ErrorItemNotFound] or [ErrorInvalidImGroupId] for a group that does not exist ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewimcontacttogroup-operation
func (c *Client) AddNewImContactToGroup(ctx context.Context, contact imgroup.ContactSpec) (*imgroup.Persona, error) {
	const op = "AddNewImContactToGroup"
	resp := &personaResponse{op: op}
	if err := c.Call(ctx, Operation{Name: op}, addNewImContactToGroup{contact}, resp); err != nil {
		return nil, err
	}
	return resp.persona, nil
}

type addNewImContactToGroup struct{ imgroup.ContactSpec }

// AppendBody writes m:AddNewImContactToGroup.
func (r addNewImContactToGroup) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "AddNewImContactToGroup")
	dst, err := appendString(dst, "ImAddress", "contact.Address", r.Address)
	if err != nil {
		return dst, err
	}
	if r.DisplayName != "" {
		if dst, err = appendString(dst, "DisplayName", "contact.DisplayName", r.DisplayName); err != nil {
			return dst, err
		}
	}
	dst, err = appendOptionalID(dst, "m:GroupId", "contact.Group", r.Group)
	return appendEnd(dst, "AddNewImContactToGroup"), err
}
