package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews/imsync"
)

func (a *app) rosterCommands() []*cobra.Command {
	formats := []string{"json", "csv"} // how rosters' files end, for completion
	export := &cobra.Command{
		Use: "export [FILE]", Short: "Write the list as a roster, in JSON", Args: cobra.MaximumNArgs(1),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.export(ctx, args...) }),
	}
	return []*cobra.Command{export, a.importCommand(formats), a.syncCommand(formats)}
}

func (a *app) importCommand(endings []string) *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Add what is in a roster, and remove nothing", Args: cobra.ExactArgs(1),
		ValidArgsFunction: files(endings),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sync(cmd.Context(), cmd.Flags(), args[0], &imsync.Options{}, false)
		},
	}
}

func (a *app) syncCommand(endings []string) *cobra.Command {
	var opts imsync.Options
	var asJSON, prune bool
	cmd := &cobra.Command{
		Use: "sync FILE", Short: "Put the list in step with a roster", Args: cobra.ExactArgs(1),
		ValidArgsFunction: files(endings),
		RunE: func(cmd *cobra.Command, args []string) error {
			if prune {
				opts.Remove = imsync.RemoveAll
			}
			return a.sync(cmd.Context(), cmd.Flags(), args[0], &opts, asJSON)
		},
	}
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "show what would be done and do nothing")
	cmd.Flags().BoolVar(&prune, "prune", false, "remove what the roster does not name")
	cmd.Flags().IntVar(&opts.MaxRemovals.Percent, "max-removals", 0,
		"percent of the list that --prune may remove; 0: 10, but at least 5 contacts")
	cmd.Flags().BoolVar(&opts.AllowEmpty, "allow-empty", false, "let --prune empty the list for a roster without groups")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the changes in JSON")
	return cmd
}

// files has the shell complete names of files with one of these endings.
func files(endings []string) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

func (a *app) sync(
	ctx context.Context, fs *pflag.FlagSet, file string, opts *imsync.Options, asJSON bool,
) error {
	roster, err := a.readRoster(file)
	if err != nil {
		return err
	}
	if roster.Empty() && opts.Remove != imsync.RemoveNothing && !opts.AllowEmpty {
		return fmt.Errorf("%s has no groups, so --prune would empty the list: --allow-empty if that is meant", file)
	}
	if err := a.connect(ctx, fs); err != nil {
		return err
	}
	defer a.client.CloseIdleConnections()
	applied, err := imsync.Sync(ctx, a.client, roster, opts)
	plan := applied.Plan
	if err != nil && plan.Empty() {
		return err // nothing was begun
	}
	out := a.process.Stdout
	if asJSON {
		return errors.Join(err, writeJSON(out, plan))
	}
	fmt.Fprint(out, plan)
	failed, ok := errors.AsType[*imsync.Error](err)
	switch {
	case ok:
		fmt.Fprintf(out, "of these not done:\n%v", failed.Remaining)
		return err
	case err != nil:
		return err
	case plan.Empty():
	case opts.DryRun:
		fmt.Fprintf(out, "dry run: %d changes not made\n", len(plan.Steps))
	default:
		fmt.Fprintf(out, "%d changes made\n", len(plan.Steps))
	}
	return nil
}
