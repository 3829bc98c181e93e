package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/listuse"
)

func (a *app) rosterCommands() []*cobra.Command {
	formats := []string{"json", "csv"} // how rosters' files end, for completion
	export := &cobra.Command{
		Use: "export [FILE]", Short: "Write the list as a roster, in JSON", Args: cobra.MaximumNArgs(1),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.export(ctx, args...) }),
	}
	return []*cobra.Command{export, a.importCommand(formats), a.syncCommand(formats), a.backupCommand(), a.restoreCommand()}
}

func (a *app) importCommand(endings []string) *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Add what is in a roster, and remove nothing", Args: cobra.ExactArgs(1),
		ValidArgsFunction: files(endings),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sync(cmd.Context(), cmd.Flags(), args[0], &syncing{})
		},
	}
}

func (a *app) syncCommand(endings []string) *cobra.Command {
	s := syncing{remove: "none"}
	cmd := &cobra.Command{
		Use: "sync FILE", Short: "Put the list in step with a roster", Args: cobra.ExactArgs(1),
		Long: `sync adds to the list what it lacks of the roster. It removes nothing unless --remove says what:

  none   nothing, the default
  owned  what earlier runs with the same file of --owned added, and the roster no longer has; what the
         owner of the mailbox added stays
  all    whatever the roster does not have, also what the owner of the mailbox added

Begin with --dry-run. Keep a backup: imlist restore puts back what a run has removed.`,
		Example: `  imlist --config exchange.conf --mailbox tony@contoso.com sync roster.json --remove owned --owned owned.json \
      --backup before.json`,
		ValidArgsFunction: files(endings),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sync(cmd.Context(), cmd.Flags(), args[0], &s)
		},
	}
	s.register(cmd.Flags())
	fs := cmd.Flags()
	fs.StringVar(&s.remove, "remove", s.remove, "`what` to remove: none, owned or all")
	fs.BoolVar(&s.opts.Adopt, "adopt", false, "own what the list has already of the roster, as if imlist had added it")
	fs.StringVar(&s.backup, "backup", "", "new `file` for a backup, made before anything is removed or renamed")
	fs.Var((*limitValue)(&s.opts.MaxRemovals), "max-removals",
		"`limit` of removals, above which nothing is done: a share of the list such as 20%, or a number of contacts "+
			"(default 10%, but at least 5)")
	listuse.Flag(fs, &s.skipUnused)
	fs.BoolVar(&s.opts.AllowEmpty, "allow-empty", false, "let --remove empty the list for a roster without groups")
	// The one error is that the flag does not exist.
	_ = cmd.RegisterFlagCompletionFunc("remove",
		cobra.FixedCompletions([]string{"none", "owned", "all"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// syncing holds the flags of sync and restore.
type syncing struct {
	opts                  imsync.Options
	remove, owned, backup string
	asJSON, skipUnused    bool
	record                *imsync.Ownership // of the mailbox in the file of --owned, nil if there is none
}

func (s *syncing) register(fs *pflag.FlagSet) {
	fs.BoolVar(&s.opts.DryRun, "dry-run", false, "show what would be done and do nothing")
	fs.StringVar(&s.owned, "owned", "", "`file` with the record of what sync gave to mailboxes; made if there is none")
	fs.BoolVar(&s.asJSON, "json", false, "write the changes in JSON")
}

// check reads the policy.
func (s *syncing) check() error {
	switch s.remove {
	case "none", "":
		s.opts.Remove = imsync.RemoveNothing
	case "owned":
		s.opts.Remove = imsync.RemoveOwned
	case "all":
		s.opts.Remove = imsync.RemoveAll
	default:
		return cli.Usagef("--remove %q: want none, owned or all", s.remove)
	}
	if s.owned == "" && s.opts.Remove == imsync.RemoveOwned {
		return cli.Usagef("--remove owned needs --owned: the file with the record of what sync gave")
	}
	if s.owned == "" && s.opts.Adopt {
		return cli.Usagef("--adopt needs --owned: the file that has what is owned")
	}
	return nil
}

// limitValue is the value of --max-removals.
type limitValue imsync.Limit

func (l *limitValue) String() string {
	switch {
	case *l == limitValue{}:
		return ""
	case l.Percent > 0:
		return strconv.Itoa(l.Percent) + "%"
	}
	return strconv.Itoa(l.AtLeast)
}

func (l *limitValue) Set(text string) error {
	number, share := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || share && n > 100 {
		return errors.New("want a share from 1% to 100%, or a number of contacts from 1")
	}
	*l = limitValue{AtLeast: n}
	if share {
		*l = limitValue{Percent: n}
	}
	return nil
}

func (l *limitValue) Type() string { return "limit" }

// files lets the shell complete names of files with one of these endings.
func files(endings []string) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

func (a *app) sync(ctx context.Context, fs *pflag.FlagSet, file string, s *syncing) error {
	if err := s.check(); err != nil {
		return err
	}
	roster, err := a.readRoster(file)
	if err != nil {
		return err
	}
	if roster.Empty() && s.opts.Remove != imsync.RemoveNothing && !s.opts.AllowEmpty {
		return fmt.Errorf("%s has no groups, so --remove %s would take everything it may: --allow-empty if that is meant",
			file, s.remove)
	}
	if s.backup != "" {
		s.opts.Backup = func(_ context.Context, b *imsync.Backup) error { return newFile(s.backup, b) }
	}
	return a.run(ctx, fs, s, func(ctx context.Context) (imsync.Applied, error) {
		client := &listClient{Client: a.client}
		if use, err := s.use(ctx, client); use != directory.InUse {
			return imsync.Applied{Plan: imsync.Plan{Notes: leftAlone(use)}}, err
		}
		applied, err := imsync.Sync(ctx, client, roster, &s.opts)
		if brake, ok := errors.AsType[*imsync.BrakeError](err); ok {
			err = fmt.Errorf("%w: --max-removals %d", err, brake.Removals)
		}
		if _, ok := errors.AsType[*imsync.RosterError](err); ok {
			err = fmt.Errorf("%s: %w", file, err)
		}
		return applied, err
	})
}

// run connects, calls do with the record of the mailbox, and shows the result.
func (a *app) run(
	ctx context.Context, fs *pflag.FlagSet, s *syncing, do func(context.Context) (imsync.Applied, error),
) error {
	if err := a.connect(ctx, fs); err != nil {
		return err
	}
	defer a.client.CloseIdleConnections()
	if s.owned != "" {
		file := recordFile{s.owned, a.mailbox()}
		owned, exists, err := file.load()
		if err != nil {
			return err
		}
		if !exists {
			fmt.Fprintf(a.process.Stderr, "%s is new: nothing is owned yet\n", s.owned)
		}
		s.record, s.opts.Save = owned, file.save
	}
	s.opts.Owned = cmp.Or(s.record, imsync.NewOwnership(a.mailbox()))
	applied, err := do(ctx)
	return s.show(a.process.Stdout, applied.Plan, err)
}

// show writes the plan and its result, and returns the error.
func (s *syncing) show(out io.Writer, plan imsync.Plan, err error) error {
	if err != nil && plan.Empty() && len(plan.Notes) == 0 {
		return err // nothing was begun
	}
	if s.asJSON {
		return errors.Join(err, writeJSON(out, plan))
	}
	fmt.Fprint(out, plan)
	failed, isFailed := errors.AsType[*imsync.Error](err)
	_, isIncomplete := errors.AsType[*incompleteError](err)
	switch {
	case isFailed:
		fmt.Fprintf(out, "of these not done:\n%v", failed.Remaining)
	case err != nil && !isIncomplete, plan.Empty():
	case s.opts.DryRun:
		fmt.Fprintf(out, "dry run: %d changes not made\n", len(plan.Steps))
	default:
		fmt.Fprintf(out, "%d changes made\n", len(plan.Steps))
	}
	return err
}
