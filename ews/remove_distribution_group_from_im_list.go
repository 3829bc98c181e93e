package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveDistributionGroupFromImList takes a distribution group off the list. The distribution group
// itself stays. The id is the one that [Client.AddDistributionGroupToImList] returned, the
// ExchangeStoreID of the entry in the list.
//
// It returns [ErrorItemNotFound] for a group that is not, or no longer, in the list ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removedistributiongroupfromimlist-operation
func (c *Client) RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error {
	return c.do(ctx, "RemoveDistributionGroupFromImList", func(b body) body {
		return b.group("group", group)
	})
}
