package imsync

import (
	"context"
	"errors"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// EnsureGroup returns the group of that name and makes it if there is none; created says whether this
// call did. Names are compared without case. After an error that leaves open whether the group was
// made, and if somebody else was faster, it reads the list and looks: a second group of the name never
// comes about. If the outcome of the one write was unknown and the group is there, created is true.
//
// A built-in group of that name is returned as it is. A distribution group of that name is a
// *[ConflictError], because no contact can be put into it.
func EnsureGroup(ctx context.Context, client Client, name string) (g *imgroup.ImGroup, created bool, err error) {
	maybe := false // an earlier try may have made it
	for try := 1; ; try++ {
		items, readErr := readList(ctx, client)
		if readErr != nil {
			return nil, false, errors.Join(readErr, err)
		}
		if found, ok := items.GroupByName(name); ok {
			if found.GroupType == imgroup.DistributionGroup {
				return nil, false, taken(Step{Kind: AddGroup, Group: name}, newList(items).group(name))
			}
			return found, maybe, nil
		}
		if try > maxTries {
			return nil, false, err
		}
		g, err = client.AddImGroup(ctx, name)
		if err == nil {
			return g, true, nil
		}
		if !leavesOpen(err) || ctx.Err() != nil {
			return nil, false, err
		}
		maybe = maybe || errors.Is(err, ews.ErrOutcomeUnknown)
	}
}
