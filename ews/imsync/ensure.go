package imsync

import (
	"context"
	"errors"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// EnsureGroup returns the group of that name, and creates it if there is none; created reports whether
// this call did. Names are compared without case. If the outcome of the write is unknown, or if
// another client created the group first, it reads the list back: there is never a second group of
// the name. If the outcome was unknown and the list has the group, created is true.
//
// EnsureGroup returns a built-in group of that name like any other, and a *[ConflictError] for a
// distribution group, which takes no contacts.
func EnsureGroup(ctx context.Context, client Client, name string) (g *imgroup.ImGroup, created bool, err error) {
	maybe := false // an earlier try may have created it
	for try := 1; ; try++ {
		items, readErr := readList(ctx, client)
		if readErr != nil {
			return nil, false, errors.Join(readErr, err)
		}
		if found, ok := items.GroupByName(name); ok {
			if found.GroupType == imgroup.DistributionGroup {
				return nil, false, nameInUse(Step{Kind: AddGroup, Group: name}, newList(items).group(name))
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
		if !needsReadBack(err) || ctx.Err() != nil {
			return nil, false, err
		}
		maybe = maybe || errors.Is(err, ews.ErrOutcomeUnknown)
	}
}
