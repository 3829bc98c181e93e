package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// GetImItems returns the groups and contacts with the given ids. The server ignores change keys and
// does not check ids: what it does not know is left out of the answer without an error.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitems-operation
func (c *Client) GetImItems(ctx context.Context, query imgroup.ItemQuery) (*imgroup.ItemList, error) {
	const op = "GetImItems"
	resp := &listResponse{op: op}
	if err := c.Call(ctx, Operation{Name: op, Read: true}, getImItems{query}, resp); err != nil {
		return nil, err
	}
	return resp.list, nil
}

type getImItems struct{ imgroup.ItemQuery }

// AppendBody writes m:GetImItems.
func (r getImItems) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "GetImItems")
	dst, err := appendIDs(dst, "ContactIds", "query.Contacts", r.Contacts)
	if err != nil {
		return dst, err
	}
	if dst, err = appendIDs(dst, "GroupIds", "query.Groups", r.Groups); err != nil {
		return dst, err
	}
	dst, err = appendProperties(dst, "query.Properties", r.Properties)
	return appendEnd(dst, "GetImItems"), err
}

// appendIDs writes a NonEmptyArrayOfBaseItemIds, nothing for none.
func appendIDs[T itemID](dst []byte, element, field string, ids []T) ([]byte, error) {
	if len(ids) == 0 {
		return dst, nil
	}
	dst = appendStart(dst, element)
	for i, id := range ids {
		var err error
		if dst, err = appendID(dst, "t:ItemId", field, id); err != nil {
			return dst, indexed(err, i)
		}
	}
	return appendEnd(dst, element), nil
}
