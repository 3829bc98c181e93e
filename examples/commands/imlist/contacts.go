package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/imgroup"
)

func (a *app) contactCommands() []*cobra.Command {
	return []*cobra.Command{a.addContactCommand(), a.moveContactCommand(), a.removeContactCommand()}
}

func (a *app) addContactCommand() *cobra.Command {
	var c newContact
	cmd := &cobra.Command{
		Use: "add-contact GROUP ADDRESS", Short: "Put a contact, or a telephone as tel:NUMBER, into a group",
		Args: cobra.ExactArgs(2),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			c.address = args[1]
			return a.addContact(ctx, args[0], c)
		}),
	}
	cmd.Flags().StringVar(&c.name, "name", "", "display `name` of a contact that the list does not have yet")
	cmd.Flags().StringVar(&c.sipURI, "sip-uri", "", "`URI` that goes with a telephone number")
	return cmd
}

func (a *app) moveContactCommand() *cobra.Command {
	return &cobra.Command{
		Use: "move-contact ADDRESS FROM TO", Short: "Move a contact from one group to another",
		Args: cobra.ExactArgs(3),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			return a.moveContact(ctx, args[0], args[1], args[2])
		}),
	}
}

func (a *app) removeContactCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove-contact ADDRESS [GROUP]", Short: "Remove a contact from a group, or from the list",
		Args: cobra.RangeArgs(1, 2),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			return a.removeContact(ctx, args[0], args[1:]...)
		}),
	}
}

// newContact is a contact to put into a group.
type newContact struct{ address, name, sipURI string }

// addContact puts a contact into a group: the one that the list has, or a new one.
func (a *app) addContact(ctx context.Context, group string, c newContact) error {
	items, g, err := a.find(ctx, group)
	if err != nil {
		return err
	}
	if id, ok := contactIn(items, c.address); ok {
		if c.name != "" {
			return fmt.Errorf("%s is in the list already, and no operation changes a contact's name", c.address)
		}
		err = a.client.AddImContactToGroup(ctx, id, g.ExchangeStoreID)
	} else {
		err = a.makeContact(ctx, c, g.ExchangeStoreID)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "added %s to group %q\n", printable(c.address), g.DisplayName)
	return nil
}

func (a *app) makeContact(ctx context.Context, c newContact, group imgroup.GroupID) error {
	if number, ok := strings.CutPrefix(c.address, "tel:"); ok {
		if c.sipURI == "" {
			return errors.New("a telephone takes a SIP URI: add --sip-uri")
		}
		_, err := a.client.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
			TelURI: c.address, SIPURI: c.sipURI, TelephoneNumber: number, Group: group,
		})
		return err
	}
	_, err := a.client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: c.address, DisplayName: c.name, Group: group,
	})
	return err
}

// moveContact adds first and removes after: a contact that leaves its last group leaves the list.
func (a *app) moveContact(ctx context.Context, address, fromName, toName string) error {
	items, from, err := a.find(ctx, fromName)
	if err != nil {
		return err
	}
	to, err := groupIn(items, toName)
	if err != nil {
		return err
	}
	id, err := memberOf(items, from, address)
	if err != nil {
		return err
	}
	if err := a.moveBetween(ctx, id, from, to); err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "moved %s from group %q to %q\n", printable(address), from.DisplayName, to.DisplayName)
	return nil
}

func (a *app) moveBetween(ctx context.Context, id imgroup.ContactID, from, to *imgroup.ImGroup) error {
	if from.ExchangeStoreID.ID == to.ExchangeStoreID.ID {
		return fmt.Errorf("FROM and TO are the same group, %q", to.DisplayName)
	}
	if !to.HasMember(id) {
		if err := a.client.AddImContactToGroup(ctx, id, to.ExchangeStoreID); err != nil {
			return err
		}
	}
	return a.client.RemoveImContactFromGroup(ctx, id, from.ExchangeStoreID)
}

// removeContact removes the contact from one group, or from each until it leaves the list:
// RemoveContactFromImList would take one request, but some servers are reported to refuse it.
func (a *app) removeContact(ctx context.Context, address string, only ...string) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	id, groups, err := membershipsOf(items, address, only...)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if err := a.client.RemoveImContactFromGroup(ctx, id, group); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.process.Stdout, "removed %s from %d groups\n", printable(address), len(groups))
	return nil
}

// membershipsOf returns the contact and its groups, or the one group of that name.
func membershipsOf(
	items *imgroup.ItemList, address string, only ...string,
) (imgroup.ContactID, []imgroup.GroupID, error) {
	if len(only) == 0 {
		id, ok := contactIn(items, address)
		if !ok {
			return id, nil, fmt.Errorf("the list has no contact %q", address)
		}
		return id, items.GroupsOf(id), nil
	}
	g, err := groupIn(items, only[0])
	if err != nil {
		return imgroup.ContactID{}, nil, err
	}
	id, err := memberOf(items, g, address)
	return id, []imgroup.GroupID{g.ExchangeStoreID}, err
}

// contactIn finds a contact by its address, or a telephone by tel: and its number.
func contactIn(items *imgroup.ItemList, address string) (imgroup.ContactID, bool) {
	if number, ok := strings.CutPrefix(address, "tel:"); ok {
		for i := range items.Personas {
			if p := &items.Personas[i]; p.ImAddress == "" && addressOf(p) == number {
				return p.ContactID()
			}
		}
		return imgroup.ContactID{}, false
	}
	if p, ok := items.Contact(address); ok {
		return p.ContactID()
	}
	return imgroup.ContactID{}, false
}

// memberOf finds a contact in a group.
func memberOf(items *imgroup.ItemList, g *imgroup.ImGroup, address string) (imgroup.ContactID, error) {
	id, ok := contactIn(items, address)
	if !ok || !g.HasMember(id) {
		return imgroup.ContactID{}, fmt.Errorf("group %q has no contact %q", g.DisplayName, address)
	}
	return id, nil
}
