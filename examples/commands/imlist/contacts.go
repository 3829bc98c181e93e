package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// addContact puts a contact into a group: the one that the list has, or a new one.
func addContact(ctx context.Context, a *app, args []string) error {
	items, g, err := a.find(ctx, args[0])
	if err != nil {
		return err
	}
	address := args[1]
	if id, ok := contactIn(items, address); ok {
		if a.name != "" {
			return fmt.Errorf("%s is in the list already, and no operation changes a contact's name", address)
		}
		err = a.client.AddImContactToGroup(ctx, id, g.ExchangeStoreID)
	} else {
		err = a.makeContact(ctx, address, g.ExchangeStoreID)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "added %s to group %q\n", printable(address), g.DisplayName)
	return nil
}

func (a *app) makeContact(ctx context.Context, address string, group imgroup.GroupID) error {
	if number, ok := strings.CutPrefix(address, "tel:"); ok {
		if a.sipURI == "" {
			return errors.New("a telephone takes a SIP URI: add -sip-uri")
		}
		_, err := a.client.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
			TelURI: address, SIPURI: a.sipURI, TelephoneNumber: number, Group: group,
		})
		return err
	}
	_, err := a.client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: address, DisplayName: a.name, Group: group,
	})
	return err
}

// moveContact adds first and removes after: a contact that leaves its last group leaves the list.
func moveContact(ctx context.Context, a *app, args []string) error {
	items, from, err := a.find(ctx, args[1])
	if err != nil {
		return err
	}
	to, err := groupIn(items, args[2])
	if err != nil {
		return err
	}
	id, err := memberOf(items, from, args[0])
	switch {
	case err != nil:
		return err
	case from.ExchangeStoreID.ID == to.ExchangeStoreID.ID:
		return fmt.Errorf("%q and %q are the same group", args[1], args[2])
	}
	if !to.HasMember(id) {
		if err := a.client.AddImContactToGroup(ctx, id, to.ExchangeStoreID); err != nil {
			return err
		}
	}
	if err := a.client.RemoveImContactFromGroup(ctx, id, from.ExchangeStoreID); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "moved %s from group %q to %q\n", printable(args[0]), from.DisplayName, to.DisplayName)
	return nil
}

// removeContact takes the contact out of one group, or of one after the other until it is off the
// list: RemoveContactFromImList would do so at once, but some servers are said to refuse it.
func removeContact(ctx context.Context, a *app, args []string) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	id, ok := contactIn(items, args[0])
	if !ok {
		return fmt.Errorf("the list has no contact %q", args[0])
	}
	groups := items.GroupsOf(id)
	if len(args) == 2 {
		g, err := groupIn(items, args[1])
		if err != nil {
			return err
		}
		if id, err = memberOf(items, g, args[0]); err != nil {
			return err
		}
		groups = []imgroup.GroupID{g.ExchangeStoreID}
	}
	for _, group := range groups {
		if err := a.client.RemoveImContactFromGroup(ctx, id, group); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "removed %s from %d groups\n", printable(args[0]), len(groups))
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
