package imsync

import (
	"context"

	"github.com/go-ews/exchange/imgroup"
)

// gated is a client that sends through a gate.
type gated struct {
	client Client
	gate   *gate
}

// through is do for an operation that has a result.
func through[T any](ctx context.Context, g *gate, send func() (T, error)) (result T, err error) {
	err = g.do(ctx, func() (err error) {
		result, err = send()
		return err
	})
	return result, err
}

func (g *gated) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	return through(ctx, g.gate, func() (*imgroup.ItemList, error) {
		return g.client.GetImItemList(ctx, query)
	})
}

func (g *gated) AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error) {
	return through(ctx, g.gate, func() (*imgroup.ImGroup, error) {
		return g.client.AddImGroup(ctx, displayName)
	})
}

func (g *gated) SetImGroup(ctx context.Context, group imgroup.GroupID, newDisplayName string) error {
	return g.gate.do(ctx, func() error { return g.client.SetImGroup(ctx, group, newDisplayName) })
}

func (g *gated) RemoveImGroup(ctx context.Context, group imgroup.GroupID) error {
	return g.gate.do(ctx, func() error { return g.client.RemoveImGroup(ctx, group) })
}

func (g *gated) AddNewImContactToGroup(ctx context.Context, contact imgroup.ContactSpec) (*imgroup.Persona, error) {
	return through(ctx, g.gate, func() (*imgroup.Persona, error) {
		return g.client.AddNewImContactToGroup(ctx, contact)
	})
}

func (g *gated) AddNewTelUriContactToGroup(
	ctx context.Context, contact imgroup.TelContactSpec,
) (*imgroup.Persona, error) {
	return through(ctx, g.gate, func() (*imgroup.Persona, error) {
		return g.client.AddNewTelUriContactToGroup(ctx, contact)
	})
}

func (g *gated) AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	return g.gate.do(ctx, func() error { return g.client.AddImContactToGroup(ctx, contact, group) })
}

func (g *gated) RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	return g.gate.do(ctx, func() error { return g.client.RemoveImContactFromGroup(ctx, contact, group) })
}

func (g *gated) AddDistributionGroupToImList(
	ctx context.Context, smtpAddress, displayName string,
) (*imgroup.ImGroup, error) {
	return through(ctx, g.gate, func() (*imgroup.ImGroup, error) {
		return g.client.AddDistributionGroupToImList(ctx, smtpAddress, displayName)
	})
}

func (g *gated) RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error {
	return g.gate.do(ctx, func() error { return g.client.RemoveDistributionGroupFromImList(ctx, group) })
}
