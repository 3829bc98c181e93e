package main

import (
	"context"
	"fmt"

	"github.com/go-ews/exchange/imgroup"
)

func addGroup(ctx context.Context, a *app, args []string) error {
	var g *imgroup.ImGroup
	var err error
	if a.smtp != "" {
		g, err = a.client.AddDistributionGroupToImList(ctx, a.smtp, args[0])
	} else {
		g, err = a.client.AddImGroup(ctx, args[0])
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "added %s %q\n", kindOf(g.GroupType), g.DisplayName)
	return nil
}

func renameGroup(ctx context.Context, a *app, args []string) error {
	_, g, err := a.find(ctx, args[0])
	if err != nil {
		return err
	}
	if err := a.client.SetImGroup(ctx, g.ExchangeStoreID, args[1]); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "renamed group %q to %q\n", g.DisplayName, args[1])
	return nil
}

// removeGroup says how many contacts leave the list with the group: those that no other group has.
func removeGroup(ctx context.Context, a *app, args []string) error {
	items, g, err := a.find(ctx, args[0])
	if err != nil {
		return err
	}
	if g.GroupType == imgroup.DistributionGroup {
		err = a.client.RemoveDistributionGroupFromImList(ctx, g.ExchangeStoreID)
	} else {
		err = a.client.RemoveImGroup(ctx, g.ExchangeStoreID)
	}
	if err != nil {
		return err
	}
	gone := 0
	for _, member := range g.Members {
		if len(items.GroupsOf(member)) == 1 {
			gone++
		}
	}
	fmt.Fprintf(a.out, "removed %s %q, and %d contacts that were in no other\n", kindOf(g.GroupType), g.DisplayName, gone)
	return nil
}

// find reads the list and finds a group in it.
func (a *app) find(ctx context.Context, name string) (*imgroup.ItemList, *imgroup.ImGroup, error) {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return nil, nil, err
	}
	g, err := groupIn(items, name)
	return items, g, err
}

func groupIn(items *imgroup.ItemList, name string) (*imgroup.ImGroup, error) {
	g, ok := items.GroupByName(name)
	if !ok {
		return nil, fmt.Errorf("the list has no group %q", name)
	}
	return g, nil
}
