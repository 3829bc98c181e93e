package ews

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// AddDistributionGroupToImList puts an existing distribution group into the list and returns the
// entry. It creates no distribution group. The schema requires both arguments, although Microsoft's
// sample request has the address alone.
//
// It answers [ErrorInvalidImDistributionGroupSmtpAddress] if no distribution group has the address,
// and [ErrorImGroupLimitReached]: distribution groups count among the 64 groups.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddistributiongrouptoimlist-operation
func (c *Client) AddDistributionGroupToImList(ctx context.Context, smtpAddress, displayName string) (*imgroup.ImGroup, error) {
	const op = "AddDistributionGroupToImList"
	resp := &groupResponse{op: op}
	req := addDistributionGroupToImList{smtpAddress, displayName}
	if err := c.Call(ctx, Operation{Name: op}, req, resp); err != nil {
		return nil, err
	}
	return resp.group, nil
}

type addDistributionGroupToImList struct{ smtpAddress, displayName string }

// AppendBody writes m:AddDistributionGroupToImList.
func (r addDistributionGroupToImList) AppendBody(dst []byte) ([]byte, error) {
	dst = appendStart(dst, "AddDistributionGroupToImList")
	dst, err := appendString(dst, "SmtpAddress", "smtpAddress", r.smtpAddress)
	if err != nil {
		return dst, err
	}
	dst, err = appendString(dst, "DisplayName", "displayName", r.displayName)
	return appendEnd(dst, "AddDistributionGroupToImList"), err
}
