package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ews/exchange/ews/imsync"
)

// importRoster adds what is in a roster and removes nothing.
func importRoster(ctx context.Context, a *app, args []string) error {
	return a.sync(ctx, args[0], &imsync.Options{})
}

// syncRoster puts the list in step with a roster.
func syncRoster(ctx context.Context, a *app, args []string) error {
	return a.sync(ctx, args[0], &imsync.Options{Prune: a.prune, DryRun: a.dryRun})
}

func (a *app) sync(ctx context.Context, file string, opts *imsync.Options) error {
	roster, err := readRoster(file)
	if err != nil {
		return err
	}
	plan, err := imsync.Sync(ctx, a.client, roster, opts)
	if err != nil && plan.Empty() {
		return err // nothing was begun
	}
	if a.json {
		return errors.Join(err, writeJSON(a.out, plan))
	}
	fmt.Fprint(a.out, plan)
	var failed *imsync.Error
	switch {
	case errors.As(err, &failed):
		fmt.Fprintf(a.out, "of these not done:\n%v", failed.Remaining)
		return err
	case err != nil:
		return err
	case plan.Empty():
	case opts.DryRun:
		fmt.Fprintf(a.out, "dry run: %d changes not made\n", len(plan.Steps))
	default:
		fmt.Fprintf(a.out, "%d changes made\n", len(plan.Steps))
	}
	return nil
}
