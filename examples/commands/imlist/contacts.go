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
	var c newContact
	add := &cobra.Command{
		Use: "add-contact GROUP ADDRESS", Short: "Put a contact, or a telephone as tel:NUMBER, into a group",
		Args: cobra.ExactArgs(2),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			c.address = args[1]
			return a.addContact(ctx, args[0], c)
		}),
	}
	add.Flags().StringVar(&c.name, "name", "", "display `name` of a contact that the list does not have yet")
	add.Flags().StringVar(&c.sipURI, "sip-uri", "", "`URI` that goes with a telephone number")
	move := &cobra.Command{
		Use: "move-contact ADDRESS FROM TO", Short: "Move a contact from one group to another",
		Args: cobra.ExactArgs(3),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			return a.moveContact(ctx, args[0], args[1], args[2])
		}),
	}
	remove := &cobra.Command{
		Use: "remove-contact ADDRESS [GROUP]", Short: "Remove a contact from a group, or from the list",
		Args: cobra.RangeArgs(1, 2),
		RunE: a.connected(func(ctx context.Context, args []string) error {
			return a.removeContact(ctx, args[0], args[1:]...)
		}),
	}
	return []*cobra.Command{add, move, remove}
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
	switch {
	case err != nil:
		return err
	case from.ExchangeStoreID.ID == to.ExchangeStoreID.ID:
		return fmt.Errorf("%q and %q are the same group", fromName, toName)
	}
	if !to.HasMember(id) {
		if err := a.client.AddImContactToGroup(ctx, id, to.ExchangeStoreID); err != nil {
			return err
		}
	}
	if err := a.client.RemoveImContactFromGroup(ctx, id, from.ExchangeStoreID); err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "moved %s from group %q to %q\n", printable(address), from.DisplayName, to.DisplayName)
	return nil
}

// removeContact takes the contact out of the only group that is named, or of one after the other until it is off the
// list: RemoveContactFromImList would do so at once, but some servers are said to refuse it.
func (a *app) removeContact(ctx context.Context, address string, only ...string) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	id, ok := contactIn(items, address)
	if !ok {
		return fmt.Errorf("the list has no contact %q", address)
	}
	groups := items.GroupsOf(id)
	if len(only) == 1 {
		g, err := groupIn(items, only[0])
		if err != nil {
			return err
		}
		if id, err = memberOf(items, g, address); err != nil {
			return err
		}
		groups = []imgroup.GroupID{g.ExchangeStoreID}
	}
	for _, group := range groups {
		if err := a.client.RemoveImContactFromGroup(ctx, id, group); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.process.Stdout, "removed %s from %d groups\n", printable(address), len(groups))
	return nil
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
