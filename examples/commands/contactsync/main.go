// Command contactsync keeps the instant-messaging contact lists of many mailboxes in step with a
// directory.
//
//	contactsync [INPUT]     sync the mailboxes that INPUT names, a CSV or JSON file
//	contactsync work        help with what others have queued in the database
//	contactsync exchange    the in-process Exchange as a process of its own, on loopback
//
// Without any argument it makes up a directory of 500 mailboxes and syncs it to an in-process
// Exchange. The README beside this file says how to run it in earnest.
//
// Exit status 0: every mailbox is in step; 1: some mailboxes or rows of the input failed, and
// standard error says which and why; 2: it could not begin, or had to give up; 3: it was interrupted,
// and goes on where it was when started again.
package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

const (
	statusInStep = iota
	statusFailed
	statusGaveUp
	statusInterrupted
)

func main() { cli.Main(run) }

// run is main without its process.
func run(ctx context.Context, p *cli.Process, args []string) (status int) {
	shared := *p
	shared.Stderr = &sharedWriter{to: p.Stderr}
	return shared.Run(ctx, newRoot(&shared), args)
}

func newRoot(p *cli.Process) *cobra.Command {
	s := &settings{process: p}
	root := &cobra.Command{
		Use:   "contactsync [INPUT.csv|INPUT.json]",
		Short: "Keep the instant-messaging contact lists of many mailboxes in step with a directory",
		Long: `contactsync keeps the instant-messaging contact lists of many mailboxes in step with a directory,
which is a CSV or JSON file.

Without any argument it makes up a directory of 500 mailboxes and syncs it to an in-process Exchange.`,
		Example: `  contactsync --endpoint https://mail.contoso.com/EWS/Exchange.asmx --user 'CONTOSO\svc-im' \
      --dry-run directory.csv`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions([]string{"csv", "json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				s.input = args[0]
			}
			return s.command(cmd.Context(), cmd.Flags())
		},
	}
	s.register(root.Flags())
	s.registerQueueing(root.Flags())
	connect.Complete(root)
	root.AddCommand(workCommand(p), exchangeCommand())
	return root
}

// workCommand helps with what others have queued.
func workCommand(p *cli.Process) *cobra.Command {
	s := &settings{process: p, help: true, attempts: 1}
	cmd := &cobra.Command{
		Use: "work", Short: "Help with what others have queued in the database", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.command(cmd.Context(), cmd.Flags()) },
	}
	s.register(cmd.Flags())
	connect.Complete(cmd)
	return cmd
}

// command runs the program for one command. An exit status other than 0 comes as an error.
func (s *settings) command(ctx context.Context, fs *pflag.FlagSet) error {
	if err := s.check(fs); err != nil {
		return &cli.UsageError{Err: err}
	}
	status, err := s.run(ctx, s.process.Stdout, s.process.Stderr)
	if status == statusInStep && err == nil {
		return nil
	}
	return &cli.StatusError{Status: status, Err: err}
}
