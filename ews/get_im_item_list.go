package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// GetImItemList returns the mailbox's whole list: all groups with the ids of their members, and all
// contacts. Extended properties that the query names come with the groups and contacts that have them.
//
// Every mailbox has the groups Other Contacts, Tagged and Favorites. It answers
// [ErrorIncorrectSchemaVersion] if the header asks for a version before Exchange2013.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitemlist-operation
func (c *Client) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	const op = "GetImItemList"
	resp := &listResponse{op: op}
	if err := c.Call(ctx, Operation{Name: op, Read: true}, getImItemList{query}, resp); err != nil {
		return nil, err
	}
	return resp.list, nil
}

type getImItemList struct{ imgroup.ListQuery }

// AppendBody writes m:GetImItemList.
func (r getImItemList) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "GetImItemList")
	dst, err := appendProperties(dst, "query.Properties", r.Properties)
	return appendEnd(dst, "GetImItemList"), err
}
