package imsync

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// Client is what this package asks of a client: one read and nine writes. *ews.Client has them; give
// it with [ews.Client.Impersonate] for the mailbox that is meant.
//
// RemoveContactFromImList is not among them, because some servers are reported to refuse it
// always: a contact that leaves its last group leaves the list.
type Client interface {
	GetImItemList(ctx context.Context, properties ...imgroup.ExtendedFieldURI) (*imgroup.ItemList, error)

	AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error)
	SetImGroup(ctx context.Context, group imgroup.ItemID, newDisplayName string) error
	RemoveImGroup(ctx context.Context, group imgroup.ItemID) error

	AddNewImContactToGroup(ctx context.Context, contact imgroup.NewContact) (*imgroup.Persona, error)
	AddNewTelUriContactToGroup(ctx context.Context, contact imgroup.NewTelContact) (*imgroup.Persona, error)
	AddImContactToGroup(ctx context.Context, contact, group imgroup.ItemID) error
	RemoveImContactFromGroup(ctx context.Context, contact, group imgroup.ItemID) error

	AddDistributionGroupToImList(ctx context.Context, smtpAddress, displayName string) (*imgroup.ImGroup, error)
	RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.ItemID) error
}
