package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
	"github.com/go-ews/exchange/imgroup"
)

func (a *app) backupCommand() *cobra.Command {
	var owned string
	cmd := &cobra.Command{
		Use: "backup [FILE]", Short: "Write the list to a file from which restore puts it back", Args: cobra.MaximumNArgs(1),
		RunE: a.connected(func(ctx context.Context, args []string) error { return a.backUp(ctx, owned, args...) }),
	}
	cmd.Flags().StringVar(&owned, "owned", "", "`file` with the record of what sync gave, to be restored as well")
	return cmd
}

func (a *app) backUp(ctx context.Context, owned string, files ...string) error {
	var record *imsync.Ownership
	if owned != "" {
		var err error
		if record, _, err = (recordFile{owned, a.mailbox()}).load(); err != nil {
			return err
		}
	}
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	backup := imsync.NewBackup(items, cmp.Or(record, imsync.NewOwnership(a.mailbox())))
	if len(files) == 0 {
		return writeJSON(a.process.Stdout, backup)
	}
	if err := newFile(files[0], backup); err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "wrote %d groups and %d contacts to %s\n", len(items.Groups), len(items.Personas), files[0])
	return nil
}

func (a *app) restoreCommand() *cobra.Command {
	var s syncing
	cmd := &cobra.Command{
		Use: "restore BACKUP.JSON", Short: "Put back what the list has lost since a backup", Args: cobra.ExactArgs(1),
		Long: `restore puts back the groups, names and contacts that the list has lost since a backup. It removes nothing, and
can be repeated. What it cannot put back it names after #, and ends with status 1.`,
		ValidArgsFunction: files([]string{"json"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.restore(cmd.Context(), cmd.Flags(), args[0], &s)
		},
	}
	s.register(cmd.Flags())
	return cmd
}

func (a *app) restore(ctx context.Context, fs *pflag.FlagSet, file string, s *syncing) error {
	data, err := textfile.Read(file, maxFile)
	if err != nil {
		return err
	}
	if !json.Valid(data) {
		return fmt.Errorf("%s is no backup: it is not JSON, or was cut off; imlist backup and --backup write backups", file)
	}
	backup := &imsync.Backup{}
	if err := json.Unmarshal(data, backup); err != nil {
		return fmt.Errorf("reading the backup %s: %w", file, err)
	}
	if whose := backup.Mailbox(); whose != "" && a.mailbox() != "" && !strings.EqualFold(whose, a.mailbox()) {
		return fmt.Errorf("%s is the backup of mailbox %s, and not of %s", file, printable(whose), printable(a.mailbox()))
	}
	return a.run(ctx, fs, s, func(ctx context.Context) (imsync.Applied, error) {
		applied, err := imsync.Restore(ctx, a.client, backup, &s.opts)
		if n := len(applied.Plan.Notes); n > 0 && err == nil {
			err = &incompleteError{n}
		}
		return applied, err
	})
}

// incompleteError reports that some things could not be put back; the plan's notes name them.
type incompleteError struct{ things int }

func (e *incompleteError) Error() string {
	return fmt.Sprintf("not all is put back: standard output has %d lines about it, after #", e.things)
}
