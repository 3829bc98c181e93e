package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddDistributionGroupToImList puts an existing distribution group into the list and returns the
// entry. It creates no distribution group. The schema requires both arguments, although Microsoft's
// sample request has the address alone.
//
// It returns [ErrorInvalidImDistributionGroupSmtpAddress] if no distribution group has the address,
// and [ErrorImGroupLimitReached]: distribution groups count among the 64 groups.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddistributiongrouptoimlist-operation
func (c *Client) AddDistributionGroupToImList(ctx context.Context, smtpAddress, displayName string) (*imgroup.ImGroup, error) {
	return perform(ctx, c, Operation{Name: "AddDistributionGroupToImList"}, groupPayload(), func(b body) body {
		return b.text("SmtpAddress", "smtpAddress", smtpAddress).text("DisplayName", "displayName", displayName)
	})
}
