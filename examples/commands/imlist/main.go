// Command imlist shows and edits the instant-messaging contact list of a mailbox.
//
//	imlist list                             groups and contacts as a table; -json for programs
//	imlist add-group NAME                   -smtp ADDRESS: an entry for a distribution group
//	imlist rename-group NAME NEWNAME
//	imlist remove-group NAME
//	imlist add-contact GROUP ADDRESS        -name DISPLAYNAME; tel:NUMBER takes -sip-uri too
//	imlist move-contact ADDRESS FROM TO
//	imlist remove-contact ADDRESS [GROUP]   from all groups, and so from the list, or from one
//	imlist export [FILE]                    the list as a roster, in JSON
//	imlist import FILE                      adds what is in a roster
//	imlist sync ROSTER.JSON                 puts the list in step: -dry-run, -prune
//	imlist doctor                           what is wrong between here and the list
//
// Without -endpoint it does so in an in-process Exchange, whose list is there for this one command.
// Against a real server:
//
//	EWS_PASSWORD=… imlist -endpoint https://mail.contoso.com/EWS/Exchange.asmx \
//		-user 'CONTOSO\svc-im' -mailbox tony@contoso.com sync roster.json -dry-run
//
// The password comes from EWS_PASSWORD, or from standard input. Flags may come anywhere; "--" ends
// them. Exit status 1: it failed, and standard error says why; 2: bad usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/examples/commands/internal/doctor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is main without its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "doctor" {
		return doctor.Run(ctx, args[1:], stdin, stdout, stderr)
	}
	app := &app{out: stdout}
	fs := app.flags(stderr)
	args, err := parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil: // fs has said so
		return 2
	}
	cmd, args, err := choose(fs, args)
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		fs.Usage()
		return 2
	}
	if err := app.connect(ctx, stdin); err != nil {
		connect.Explain(stderr, err)
		if ctx.Err() != nil {
			return 1
		}
		return 2
	}
	if err := cmd.run(ctx, app, args); err != nil {
		connect.Explain(stderr, err)
		return 1
	}
	return 0
}

// app is what the commands work with.
type app struct {
	client *ews.Client
	out    io.Writer

	server              connect.Flags
	json, dryRun, prune bool
	name, smtp, sipURI  string
}

// flags defines the flags of all commands; choose refuses those that are not for the command.
func (a *app) flags(stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("imlist", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: imlist [flags] COMMAND [arguments]")
		for _, c := range commands() {
			fmt.Fprintf(stderr, "  %s\n", c.usage)
		}
		fs.PrintDefaults()
	}
	a.server.Register(fs)
	fs.BoolVar(&a.json, "json", false, "list, sync: write JSON")
	fs.BoolVar(&a.dryRun, "dry-run", false, "sync: show what would be done and do nothing")
	fs.BoolVar(&a.prune, "prune", false, "sync: remove what the roster does not name")
	fs.StringVar(&a.name, "name", "", "add-contact: `display name`")
	fs.StringVar(&a.smtp, "smtp", "", "add-group: `address` of a distribution group")
	fs.StringVar(&a.sipURI, "sip-uri", "", "add-contact: `URI` that goes with a telephone number")
	return fs
}

// parse lets flags come before, between and after the other arguments, which it returns.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		parsed := len(args) - fs.NArg()
		if parsed > 0 && args[parsed-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// connect makes the client. The in-process Exchange gets a list to look at.
func (a *app) connect(ctx context.Context, stdin io.Reader) error {
	srv := ewstest.NewServer(nil)
	client, err := a.server.Client(ctx, stdin, srv)
	if err != nil {
		return err
	}
	a.client = client
	if a.server.Endpoint == "" {
		return seed(ctx, client)
	}
	return nil
}
