// Command customop calls an operation that the module does not have: GetFolder, through
// [ews.Client.Call]. A request and a response are two structs; headers, retries and errors come with
// Call.
//
//	go run ./examples/customop
//	go run ./examples/customop inbox quickcontacts
//
// does so in an in-process Exchange that fake_folder.go teaches the operation. The flags for a real server
// are those of the other examples; the password comes from EWS_PASSWORD, or from standard input. Exit
// status 1: the call failed; 2: bad usage.
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
	"github.com/go-ews/exchange/examples/internal/connect"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is main without its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("customop", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: customop [flags] [FOLDER...]  (inbox, contacts, quickcontacts, imcontactlist, ...)")
		fs.PrintDefaults()
	}
	var flags connect.Flags
	flags.Register(fs)
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	srv := ewstest.NewServer(nil)
	srv.Handle("GetFolder", answerGetFolder)
	client, err := flags.Client(ctx, stdin, srv)
	if err != nil {
		connect.Explain(stderr, err)
		return 2
	}
	names := fs.Args()
	if len(names) == 0 {
		names = []string{"quickcontacts"}
	}
	for _, name := range names {
		if err := show(ctx, client, name, stdout); err != nil {
			connect.Explain(stderr, err)
			return 1
		}
	}
	return 0
}

// show prints what the server tells of a folder.
func show(ctx context.Context, client *ews.Client, name string, w io.Writer) error {
	f, err := getFolder(ctx, client, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %q, %d items, %d subfolders, id %s\n",
		name, f.DisplayName, f.TotalCount, f.ChildFolderCount, f.ID.ID)
	return nil
}
