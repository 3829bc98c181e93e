package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/imgroup"
)

func (a *app) groupCommands() []*cobra.Command {
	var smtp string
	add := &cobra.Command{
		Use: "add-group NAME", Short: "Add a group, or with --smtp an entry for a distribution group",
		Args: cobra.ExactArgs(1),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.addGroup(ctx, args[0], smtp) }),
	}
	add.Flags().StringVar(&smtp, "smtp", "", "`address` of the distribution group")
	rename := &cobra.Command{
		Use: "rename-group NAME NEWNAME", Short: "Rename a group", Args: cobra.ExactArgs(2),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.renameGroup(ctx, args[0], args[1]) }),
	}
	remove := &cobra.Command{
		Use: "remove-group NAME", Short: "Remove a group, and the contacts that are in no other",
		Args: cobra.ExactArgs(1),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.removeGroup(ctx, args[0]) }),
	}
	return []*cobra.Command{add, rename, remove}
}

func (a *app) addGroup(ctx context.Context, name, smtp string) error {
	var g *imgroup.ImGroup
	var err error
	if smtp != "" {
		g, err = a.client.AddDistributionGroupToImList(ctx, smtp, name)
	} else {
		g, err = a.client.AddImGroup(ctx, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "added %s %q\n", kindOf(g.GroupType), g.DisplayName)
	return nil
}

func (a *app) renameGroup(ctx context.Context, name, newName string) error {
	_, g, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	if err := a.client.SetImGroup(ctx, g.ExchangeStoreID, newName); err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "renamed group %q to %q\n", g.DisplayName, newName)
	return nil
}

// removeGroup removes a group, and prints how many contacts leave the list with it.
func (a *app) removeGroup(ctx context.Context, name string) error {
	items, g, err := a.find(ctx, name)
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
	fmt.Fprintf(a.process.Stdout, "removed %s %q, and %d contacts that were in no other\n", kindOf(g.GroupType), g.DisplayName, onlyIn(items, g))
	return nil
}

// onlyIn returns how many contacts are in the group and in no other.
func onlyIn(items *imgroup.ItemList, g *imgroup.ImGroup) (n int) {
	for _, member := range g.Members {
		if len(items.GroupsOf(member)) == 1 {
			n++
		}
	}
	return n
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
