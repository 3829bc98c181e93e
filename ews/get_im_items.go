package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// GetImItems returns the groups and contacts with the given ids. The server ignores change keys and
// does not check ids: it leaves out items with unknown ids, without an error.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitems-operation
func (c *Client) GetImItems(ctx context.Context, query imgroup.ItemQuery) (*imgroup.ItemList, error) {
	return perform(ctx, c, Operation{Name: "GetImItems", Read: true}, listPayload(), func(b body) body {
		return b.contacts("query.Contacts", query.Contacts).
			groups("query.Groups", query.Groups).
			properties("query.Properties", query.Properties)
	})
}
