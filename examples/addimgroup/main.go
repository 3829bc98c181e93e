// Command addimgroup creates an IM group in a mailbox and prints the result.
//
//	go run ./examples/addimgroup MyCustomGroup
//
// does so in an in-process Exchange. On a real server:
//
//	EWS_PASSWORD=… go run ./examples/addimgroup \
//		-endpoint https://mail.contoso.com/EWS/Exchange.asmx -user 'CONTOSO\svc-im' \
//		-mailbox tony@contoso.com MyCustomGroup
//
// Exit status 1: the call failed; 2: bad usage.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Getenv("EWS_PASSWORD"), os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is main without its process.
func run(ctx context.Context, args []string, password string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("addimgroup", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: addimgroup [flags] DISPLAYNAME")
		fs.PrintDefaults()
	}
	var s server
	s.register(fs)
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if fs.NArg() != 1 {
		fs.Usage()
		return 2
	}
	client, err := s.client(password, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 2
	}
	if err := addGroup(ctx, client, fs.Arg(0), stdout); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

// addGroup is the example: one call, its result, and the description of its response.
func addGroup(ctx context.Context, client *ews.Client, name string, w io.Writer) error {
	var info ews.ResponseInfo
	group, err := client.AddImGroup(ews.WithResponseInfo(ctx, &info), name)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "name:      ", group.DisplayName)
	fmt.Fprintln(w, "type:      ", group.GroupType)
	fmt.Fprintln(w, "id:        ", group.ExchangeStoreID.ID)
	fmt.Fprintln(w, "change key:", group.ExchangeStoreID.ChangeKey)
	fmt.Fprintln(w, "server:    ", info.ServerVersion)
	return nil
}
