package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// choose returns the mailboxes that are wanted, all of them if none is named.
func choose(mailboxes, wanted []string) ([]string, error) {
	if len(wanted) == 0 {
		return mailboxes, nil
	}
	var chosen []string
	for _, address := range wanted {
		address = strings.ToLower(strings.TrimSpace(address))
		if !slices.Contains(mailboxes, address) {
			return nil, fmt.Errorf("there is no backup of %s: the run removed nothing there", address)
		}
		if !slices.Contains(chosen, address) {
			chosen = append(chosen, address)
		}
	}
	return chosen, nil
}

// withRecords defines a command that only reads the database.
func withRecords(p *cli.Process, cmd *cobra.Command, show func(context.Context, queue) error) *cobra.Command {
	s := &settings{process: p}
	cmd.Args = cobra.NoArgs
	cmd.Flags().StringVar(&s.database, "database", defaultDatabase, "a SQLite `file`, or postgres://…")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if !isPostgres(s.database) {
			if _, err := os.Stat(s.database); err != nil {
				return cli.Usagef("--database: %w", err)
			}
		}
		q, err := open(cmd.Context(), s.database, s.logger(p.Stderr))
		if err != nil {
			return &cli.StatusError{Status: statusGaveUp, Err: err}
		}
		defer func() { err = errors.Join(err, q.close()) }()
		if err := show(cmd.Context(), q); err != nil {
			return &cli.StatusError{Status: statusGaveUp, Err: err}
		}
		return nil
	}
	return cmd
}

func runsCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: "runs", Short: "List the runs that the database has, the oldest first"}
	return withRecords(p, cmd, func(ctx context.Context, q queue) error {
		runs, err := q.records().runs(ctx, `r.id <> ''`)
		if err != nil {
			return err
		}
		for _, run := range runs {
			c, err := q.count(ctx, run.ID)
			if err != nil {
				return err
			}
			inStep := "in step"
			if run.Options.SkipUnused {
				inStep += " or left alone"
			}
			state := fmt.Sprintf("%d %s, %d failed, %d not done", c.inStep, inStep, c.failed, c.total()-c.over())
			switch {
			case run.Phase == phaseHalted:
				state = "nothing was written: it would have removed too much"
			case c.total() == 0:
				state = "over"
			}
			command := run.Command
			if run.Options.DryRun {
				command += ", dry run"
			}
			fmt.Fprintf(p.Stdout, "%s  %s  %s  %s  %s: %s\n",
				run.ID, run.Begun.Local().Format("2006-01-02 15:04:05"), command, run.Server, run.Input, state)
		}
		return nil
	})
}

func auditCommand(p *cli.Process) *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use: "audit --run ID", Short: "Show every write of a run, a line of JSON each",
		Long: `audit shows what a run wrote to Exchange: time, run, mailbox, operation, what, the server's id of the request and
ours, and the result. "sent" is the result of a write whose process ended before it noted what came of it.`,
	}
	cmd.Flags().StringVar(&id, "run", "", "`ID` of the run; contactsync runs lists them")
	_ = cmd.MarkFlagRequired("run") // the one error is that the flag does not exist
	return withRecords(p, cmd, func(ctx context.Context, q queue) error {
		run, err := q.records().run(ctx, id)
		if err != nil {
			return err
		}
		encoder := json.NewEncoder(p.Stdout)
		encoder.SetEscapeHTML(false)
		return q.records().writes(ctx, run.ID, func(e auditEntry) error { return encoder.Encode(e) })
	})
}
