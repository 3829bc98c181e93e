package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddNewTelUriContactToGroup makes a contact of a telephone number, puts it into a group and returns
// its persona, whose names are derived from the number. All three strings are required.
//
// It answers [ErrorItemNotFound] for a group that does not exist ([NotFound]) and
// [ErrorImContactLimitReached] when the list has as many contacts as it may have.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/addnewteluricontacttogroup-operation
func (c *Client) AddNewTelUriContactToGroup(ctx context.Context, contact imgroup.TelContactSpec) (*imgroup.Persona, error) {
	const op = "AddNewTelUriContactToGroup"
	resp := &personaResponse{op: op}
	if err := c.Call(ctx, Operation{Name: op}, addNewTelURIContactToGroup{contact}, resp); err != nil {
		return nil, err
	}
	return resp.persona, nil
}

type addNewTelURIContactToGroup struct{ imgroup.TelContactSpec }

// AppendBody writes m:AddNewTelUriContactToGroup.
func (r addNewTelURIContactToGroup) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "AddNewTelUriContactToGroup")
	for _, s := range [...]struct{ element, field, value string }{
		{"TelUriAddress", "contact.TelURI", r.TelURI},
		{"ImContactSipUriAddress", "contact.SIPURI", r.SIPURI},
		{"ImTelephoneNumber", "contact.TelephoneNumber", r.TelephoneNumber},
	} {
		var err error
		if dst, err = appendString(dst, s.element, s.field, s.value); err != nil {
			return dst, err
		}
	}
	dst, err := appendOptionalID(dst, "m:GroupId", "contact.Group", r.Group)
	return appendEnd(dst, "AddNewTelUriContactToGroup"), err
}
