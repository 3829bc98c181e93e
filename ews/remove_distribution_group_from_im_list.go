package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// RemoveDistributionGroupFromImList takes a distribution group off the list. The distribution group
// itself stays. The id is the one that [Client.AddDistributionGroupToImList] returned, the
// ExchangeStoreID of the entry in the list.
//
// It answers [ErrorItemNotFound] for a group that is not, or no longer, in the list ([NotFound]).
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removedistributiongroupfromimlist-operation
func (c *Client) RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error {
	const op = "RemoveDistributionGroupFromImList"
	return c.Call(ctx, Operation{Name: op}, idRequest{op, "GroupId", "group", imgroup.ItemID(group)}, &plainResponse{op: op})
}
