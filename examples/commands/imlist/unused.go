package main

import (
	"context"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/examples/commands/internal/listuse"
	"github.com/go-ews/exchange/imgroup"
)

// listClient is a client whose next read of the list returns the one that was read before, if it has
// that.
type listClient struct {
	*ews.Client

	list *imgroup.ItemList
}

func (c *listClient) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	if list := c.list; list != nil {
		c.list = nil
		return list, nil
	}
	return c.Client.GetImItemList(ctx, query)
}

// use returns the use of the list for --skip-unused, and InUse without the flag. The sync goes on with
// the list that it has read.
func (s *syncing) use(ctx context.Context, client *listClient) (directory.Use, error) {
	if !s.skipUnused {
		return directory.InUse, nil
	}
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return "", err
	}
	client.list = list
	return listuse.Of(ctx, client.Client, list, s.record)
}

// leftAlone are the notes about a list that --skip-unused leaves alone.
func leftAlone(use directory.Use) []string {
	if use == "" {
		return nil
	}
	return []string{"the list is left alone: " + listuse.Describe(use)}
}
