// Command contactsync keeps the instant-messaging contact lists of many mailboxes in step with a
// directory.
//
//	contactsync [INPUT]      sync the mailboxes that INPUT names, a CSV or JSON file, or with
//	                         --directory those in groups of a directory
//	contactsync plan         make a plan of that, and write it to a file
//	contactsync apply FILE   carry out such a plan
//	contactsync restore      put back what a run removed
//	contactsync work         help with the queue of another process in the database
//	contactsync runs, audit  show earlier runs, and their writes
//	contactsync exchange     the in-process Exchange as a separate process, on loopback
//
// Without any argument it makes up a directory of 500 mailboxes and syncs it to an in-process
// Exchange. The README in this folder says how to run it in production.
//
// Exit status 0: every mailbox is in step; 1: some mailboxes or rows of the input failed, and
// standard error says which and why; 2: it could not begin, or had to give up; 3: it was interrupted,
// and goes on where it was when started again; 4: more would be removed than is allowed, and
// nothing was written.
package main

import (
	"context"
	"errors"
	"fmt"

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
	statusHalted
)

func main() { cli.Main(run) }

// run is main without its process.
func run(ctx context.Context, p *cli.Process, args []string) (status int) {
	shared := *p
	shared.Stderr = &sharedWriter{to: p.Stderr}
	return shared.Run(ctx, newRoot(&shared), args)
}

func newRoot(p *cli.Process) *cobra.Command {
	s := &settings{process: p, command: commandSync}
	root := &cobra.Command{
		Use:   "contactsync [INPUT.csv|INPUT.json]",
		Short: "Keep the instant-messaging contact lists of many mailboxes in step with a directory",
		Long: `contactsync keeps the instant-messaging contact lists of many mailboxes in step with a directory,
which is a CSV or JSON file; - is standard input. CSV has titles, such as Mailbox, Group, Address, Display name:
a file with a title that is not known is refused. With --directory it reads groups of Active
Directory, by LDAP or through Exchange.

It adds what is missing. It removes nothing unless --remove says what, plans for all mailboxes before it
removes from any, and writes nothing if that is more than --max-removals. Before the first removal from a list
it keeps a backup, from which contactsync restore puts back what a run removed.

Without any argument it makes up a directory of 500 mailboxes and syncs it to an in-process Exchange.`,
		Example: `  contactsync --endpoint https://mail.contoso.com/EWS/Exchange.asmx --user 'CONTOSO\svc-im' \
      --dry-run directory.csv`,
		RunE: s.runInput,
	}
	s.registerSync(root)
	root.Flags().BoolVar(&s.dryRun, "dry-run", false, "show what would be done and do nothing")
	root.AddCommand(planCommand(p), applyCommand(p), restoreCommand(p), workCommand(p), runsCommand(p), auditCommand(p),
		exchangeCommand())
	return root
}

// registerSync defines flags and arguments of a command that reads a directory.
func (s *settings) registerSync(cmd *cobra.Command) {
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"csv", "json"}, cobra.ShellCompDirectiveFilterFileExt)
	s.register(cmd.Flags())
	s.registerQueueing(cmd.Flags())
	s.registerInput(cmd.Flags())
	connect.Complete(cmd)
	// The one error is that the flag does not exist.
	_ = cmd.RegisterFlagCompletionFunc("remove",
		cobra.FixedCompletions([]string{"none", "owned", "all"}, cobra.ShellCompDirectiveNoFileComp))
}

// runInput runs a command whose one argument is a file.
func (s *settings) runInput(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		s.input = args[0]
	}
	return s.execute(cmd.Context(), cmd.Flags())
}

// workCommand helps with the queue of another process.
func workCommand(p *cli.Process) *cobra.Command {
	s := &settings{process: p, command: commandWork, attempts: 1}
	cmd := &cobra.Command{
		Use: "work", Short: "Help with what others have queued in the database", Args: cobra.NoArgs, RunE: s.runInput,
		Long: `work helps with the unfinished run of the server that was begun first, with the options of that run, and ends
with it. It needs no input. A run of another server is refused.`,
	}
	s.register(cmd.Flags())
	connect.Complete(cmd)
	return cmd
}

func planCommand(p *cli.Process) *cobra.Command {
	s := &settings{process: p, command: commandPlan, dryRun: true}
	cmd := &cobra.Command{
		Use: "plan --out FILE [INPUT.csv|INPUT.json]", Short: "Write what a sync would do to a file, and do nothing",
		Long: `plan makes the plan of a sync for every mailbox and writes it to a file, for people to look at and for
contactsync apply. It writes nothing to Exchange.`,
		Example: `  contactsync plan --endpoint https://mail.contoso.com/EWS/Exchange.asmx --user 'CONTOSO\svc-im' \
      --remove owned --out plan.json directory.csv`,
		RunE: s.runInput,
	}
	s.registerSync(cmd)
	cmd.Flags().StringVar(&s.out, "out", "plan.json", "`file` to write")
	return cmd
}

func applyCommand(p *cli.Process) *cobra.Command {
	s := &settings{process: p, command: commandApply}
	cmd := &cobra.Command{
		Use: "apply PLAN.json", Short: "Carry out a plan that contactsync plan has written", Args: cobra.ExactArgs(1),
		Long: `apply does what the plan says, and nothing else. What no longer fits, because a list has changed since, is left
undone and reported: make a new plan then.`,
		RunE: s.runInput,
	}
	s.register(cmd.Flags())
	s.registerQueueing(cmd.Flags())
	s.registerLimit(cmd.Flags())
	connect.Complete(cmd)
	return cmd
}

func restoreCommand(p *cli.Process) *cobra.Command {
	s := &settings{process: p, command: commandRestore}
	cmd := &cobra.Command{
		Use: "restore --run ID", Short: "Put back what a run removed", Args: cobra.NoArgs,
		Long: `restore puts back what the lists have lost since the backup that a run made of each before its first removal:
groups, their names, and contacts. It removes nothing, and may be repeated.

Correct the input first, or the next sync removes the same again.`,
		RunE: s.runInput,
	}
	s.register(cmd.Flags())
	s.registerQueueing(cmd.Flags())
	cmd.Flags().StringVar(&s.from, "run", "", "`ID` of the run, which its summary shows, and contactsync runs")
	cmd.Flags().StringSliceVar(&s.only, "mailbox", nil, "only these `addresses`, a comma between them")
	cmd.Flags().BoolVar(&s.dryRun, "dry-run", false, "show what would be put back and do nothing")
	_ = cmd.MarkFlagRequired("run") // the one error is that the flag does not exist
	connect.Complete(cmd)
	return cmd
}

// execute runs the program for one command. An exit status other than 0 comes as an error.
func (s *settings) execute(ctx context.Context, fs *pflag.FlagSet) error {
	if err := s.check(fs); err != nil {
		return &cli.UsageError{Err: err}
	}
	status, err := s.run(ctx, s.process.Stdout, s.process.Stderr)
	switch {
	case status == statusInStep && err == nil:
		return nil
	case status == statusInStep: // of what comes after the work, such as the telemetry
		fmt.Fprintln(s.process.Stderr, "warning:", cli.Line(err.Error()))
		return nil
	case status == statusGaveUp && ctx.Err() != nil:
		status = statusInterrupted
		if errors.Is(err, context.Canceled) {
			err = errInterrupted
		}
	}
	return &cli.StatusError{Status: status, Err: err}
}

var errInterrupted = errors.New("interrupted; the same command goes on where it was")
