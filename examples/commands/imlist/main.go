// Command imlist shows and edits the instant-messaging contact list of a mailbox.
//
//	imlist list                             groups and contacts as a table; --json for programs
//	imlist add-group NAME                   --smtp ADDRESS: an entry for a distribution group
//	imlist rename-group NAME NEWNAME
//	imlist remove-group NAME
//	imlist add-contact GROUP ADDRESS        --name DISPLAYNAME; tel:NUMBER takes --sip-uri too
//	imlist move-contact ADDRESS FROM TO
//	imlist remove-contact ADDRESS [GROUP]   from all groups, and so from the list, or from one
//	imlist export [FILE]                    the list as a roster, in JSON
//	imlist import FILE                      adds the content of a roster
//	imlist sync FILE                        puts the list in step: --dry-run, --remove
//	imlist backup [FILE]                    the list, for restore
//	imlist restore BACKUP.JSON              puts back what the list has lost since
//	imlist doctor                           what is wrong between here and the list
//	imlist probe                            how a server's list behaves
//
// Without --endpoint or --email it does so in an in-process Exchange, whose list is there for this one
// command. Against a real server:
//
//	EWS_PASSWORD=… imlist --endpoint https://mail.contoso.com/EWS/Exchange.asmx \
//		--user 'CONTOSO\svc-im' --mailbox tony@contoso.com sync roster.json --dry-run
//
// The password comes from EWS_PASSWORD, --password-file or a prompt. Exit status 1: it failed, and
// standard error says why; 2: bad usage, and nothing was sent.
package main

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/examples/commands/internal/doctor"
	"github.com/go-ews/exchange/examples/commands/internal/probe"
)

func main() { cli.Main(run) }

// run is main without its process.
func run(ctx context.Context, p *cli.Process, args []string) (status int) {
	return p.Run(ctx, newRoot(p), args)
}

// app holds the flags and the client of a command.
type app struct {
	process *cli.Process
	flags   connect.Flags
	call    connect.CallFlags
	client  *ews.Client
}

func newRoot(p *cli.Process) *cobra.Command {
	a := &app{process: p}
	root := &cobra.Command{
		Use:   "imlist",
		Short: "Show and edit the instant-messaging contact list of an Exchange mailbox",
		Long: `imlist shows and edits the instant-messaging contact list of an Exchange mailbox.

Without --endpoint or --email it does so in an in-process Exchange, to try it out.`,
		Example: `  imlist --endpoint https://mail.contoso.com/EWS/Exchange.asmx --user 'CONTOSO\svc-im' \
      --mailbox tony@contoso.com list`,
		RunE: cli.NoCommand,
	}
	a.flags.Register(root.PersistentFlags())
	a.call.Register(root.PersistentFlags())
	connect.Complete(root)
	root.AddCommand(a.listCommand())
	root.AddCommand(a.groupCommands()...)
	root.AddCommand(a.contactCommands()...)
	root.AddCommand(a.rosterCommands()...)
	root.AddCommand(doctor.Command(p, &a.flags, &a.call), probe.Command(p, &a.flags, &a.call))
	return root
}

// connected is the RunE of a command that has a client when f begins.
func (a *app) connected(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := a.connect(cmd.Context(), cmd.Flags()); err != nil {
			return err
		}
		defer a.client.CloseIdleConnections()
		return f(cmd.Context(), args)
	}
}

// mailbox is the name of the mailbox in files, "" for that of the in-process Exchange.
func (a *app) mailbox() string { return strings.ToLower(cmp.Or(a.call.Mailbox, a.flags.User)) }

// connect makes the client, and fills the list of an in-process Exchange.
func (a *app) connect(ctx context.Context, fs *pflag.FlagSet) error {
	if err := a.flags.Check(fs, a.call.Names()...); err != nil {
		return err
	}
	server, err := a.flags.Server(ctx, a.process, ewstest.NewServer(nil))
	if err != nil {
		return err
	}
	opts := a.call.Options("imlist")
	opts.AllowHTTP = a.flags.AllowHTTP
	opts.HTTPClient = &http.Client{Transport: server.Transport}
	if a.client, err = ews.NewClient(server.Endpoint, opts); err != nil {
		return &cli.UsageError{Err: err}
	}
	if a.flags.InProcess() {
		return seed(ctx, a.client)
	}
	return nil
}
