// Command customop calls an operation that the module does not have: GetFolder, through
// [ews.Client.Call]. A request and a response are two structs; headers, retries and errors come
// with Call.
//
//	go run ./examples/customop
//	go run ./examples/customop inbox quickcontacts
//
// does so in an in-process Exchange, for which fake_folder.go implements the operation. With
// -endpoint and -user it logs in to a real server with NTLM and the password in EWS_PASSWORD. Exit
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

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is main without its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("customop", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: customop [flags] [FOLDER...]  (inbox, contacts, quickcontacts, imcontactlist, ...)")
		fs.PrintDefaults()
	}
	endpoint := fs.String("endpoint", "", "`URL` that ends in /EWS/Exchange.asmx; none: an Exchange in process")
	user := fs.String("user", "", "`account` to log in with: DOMAIN\\user; the password comes from EWS_PASSWORD")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	client, err := connect(*endpoint, *user)
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 2
	}
	names := fs.Args()
	if len(names) == 0 {
		names = []string{"quickcontacts"}
	}
	for _, name := range names {
		if err := show(ctx, client, name, stdout); err != nil {
			fmt.Fprintln(stderr, "error:", err)
			return 1
		}
	}
	return 0
}

// connect returns a client that logs in with NTLM, or one for an Exchange in process.
func connect(endpoint, user string) (*ews.Client, error) {
	if endpoint == "" {
		srv := ewstest.NewServer(nil)
		srv.Handle("GetFolder", handleGetFolder)
		return ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	}
	password := os.Getenv("EWS_PASSWORD")
	if user == "" || password == "" {
		return nil, errors.New("-endpoint needs -user and EWS_PASSWORD")
	}
	transport, err := auth.NTLM(nil, auth.Static(user, password), nil)
	if err != nil {
		return nil, err
	}
	return ews.NewClient(endpoint, &ews.Options{HTTPClient: transport.Client()})
}

// show prints the values of a folder.
func show(ctx context.Context, client *ews.Client, name string, w io.Writer) error {
	f, err := getFolder(ctx, client, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %q, %d items, %d subfolders, id %s\n",
		name, f.DisplayName, f.TotalCount, f.ChildFolderCount, f.ID.ID)
	return nil
}
