package imsync

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// Client is the part of *[ews.Client] that this package uses: one read and nine writes. Use
// [ews.Client.Impersonate] to choose the mailbox.
//
// RemoveContactFromImList is not among them, because some servers are reported to refuse it always;
// a contact that leaves its last group leaves the list anyway.
type Client interface {
	GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error)

	AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error)
	SetImGroup(ctx context.Context, group imgroup.GroupID, newDisplayName string) error
	RemoveImGroup(ctx context.Context, group imgroup.GroupID) error

	AddNewImContactToGroup(ctx context.Context, contact imgroup.ContactSpec) (*imgroup.Persona, error)
	AddNewTelUriContactToGroup(ctx context.Context, contact imgroup.TelContactSpec) (*imgroup.Persona, error)
	AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error
	RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error

	AddDistributionGroupToImList(ctx context.Context, smtpAddress, displayName string) (*imgroup.ImGroup, error)
	RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error
}
