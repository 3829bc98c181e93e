// Command contactsync keeps the instant-messaging contact lists of many mailboxes in step with a
// directory.
//
//	contactsync [flags] [INPUT]     sync the mailboxes that INPUT names, a CSV or JSON file
//	contactsync work [flags]        help with what others have queued in the database
//	contactsync exchange [flags]    the in-process Exchange as a process of its own, on loopback
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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-ews/exchange/examples/commands/internal/terminal"
)

const (
	statusInStep = iota
	statusFailed
	statusGaveUp
	statusInterrupted
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "exchange" {
		return exchangeCommand(ctx, args[1:], stdout, stderr)
	}
	stderr = &sharedWriter{to: stderr}
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusInStep
	case err != nil:
		fmt.Fprintln(stderr, "error:", terminal.Line(strings.ReplaceAll(err.Error(), "\n", "; ")))
		return statusGaveUp
	}
	status, err := s.run(ctx, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "error:", terminal.Line(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return status
}
