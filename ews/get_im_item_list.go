package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// GetImItemList returns the mailbox's whole list: all groups with the ids of their members, and all
// contacts. Extended properties that the query names come with the groups and contacts that have
// them.
//
// Every mailbox has the groups Other Contacts, Tagged and Favorites. It returns
// [ErrorIncorrectSchemaVersion] if the header asks for a version before Exchange2013.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitemlist-operation
func (c *Client) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	return perform(ctx, c, Operation{Name: "GetImItemList", Read: true}, listPayload(), func(b body) body {
		return b.properties("query.Properties", query.Properties)
	})
}
