// Command syncmany brings the contact lists of many mailboxes in step with a CSV file. It shows
// [imsync.Each] in one file, to be read and changed; the service for production is contactsync.
//
//	EWS_PASSWORD=… go run ./examples/syncmany -endpoint https://mail.example.com/EWS/Exchange.asmx \
//		-user 'CORP\svc-ews' examples/syncmany/contacts.csv
//
// The file has the columns mailbox, group, address and name, under a header. The account needs the
// role ApplicationImpersonation. Without -endpoint the command uses an in-process Exchange, which
// ends with it.
package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

func main() {
	endpoint := flag.String("endpoint", "", "`URL` that ends in /EWS/Exchange.asmx")
	user := flag.String("user", "", `DOMAIN\user or user@example.com; the password comes from EWS_PASSWORD`)
	dryRun := flag.Bool("dry-run", false, "say what would be done, and do nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *endpoint, *user, flag.Arg(0), *dryRun)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "syncmany:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, endpoint, user, file string, dryRun bool) error {
	if file == "" {
		return errors.New("name a CSV file; usage: syncmany -h")
	}
	rosters, err := readRosters(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	client, err := connect(endpoint, user)
	if err != nil {
		return err
	}
	failed := 0
	for result := range imsync.Each(ctx, client, maps.All(rosters), &imsync.Options{DryRun: dryRun}) {
		switch {
		case result.Err != nil:
			failed++
			fmt.Fprintf(out, "%s: %v\n", result.Mailbox, result.Err)
		case len(result.Plan.Steps) == 0:
			fmt.Fprintf(out, "%s: in step\n", result.Mailbox)
		}
		for _, step := range result.Plan.Steps {
			fmt.Fprintf(out, "%s: %s\n", result.Mailbox, step)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d mailboxes failed", failed, len(rosters))
	}
	return ctx.Err() // mailboxes that were not begun are not yielded
}

// connect returns a client that logs in with NTLM, or one for an Exchange in process.
func connect(endpoint, user string) (*ews.Client, error) {
	// Exchange was seen to ask for back-offs of up to five minutes.
	opts := &ews.Options{Retry: ews.RetryPolicy{MaxWait: 5 * time.Minute}}
	if endpoint == "" {
		fmt.Fprintln(os.Stderr, "syncmany: no -endpoint: an Exchange in process is used")
		opts.HTTPClient = &http.Client{Transport: ewstest.NewServer(nil)}
		return ews.NewClient(ewstest.Endpoint, opts)
	}
	password := os.Getenv("EWS_PASSWORD")
	if user == "" || password == "" {
		return nil, errors.New("-endpoint needs -user and EWS_PASSWORD")
	}
	transport, err := auth.NTLM(nil, auth.Static(user, password), nil)
	if err != nil {
		return nil, err
	}
	opts.HTTPClient = transport.Client()
	return ews.NewClient(endpoint, opts)
}

// readRosters reads the file and returns the roster of each mailbox.
func readRosters(name string) (map[ews.Account]imsync.Roster, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // was only read
	rows := csv.NewReader(file)
	header, err := rows.Read()
	if err != nil {
		return nil, err
	}
	if want := []string{"mailbox", "group", "address", "name"}; !slices.Equal(header, want) {
		return nil, fmt.Errorf("the header is %q, want %q", header, want)
	}
	rosters := make(map[ews.Account]imsync.Roster)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return rosters, nil
		}
		if err != nil {
			return nil, err
		}
		mailbox := ews.PrimarySMTP(strings.ToLower(row[0]))
		rosters[mailbox] = with(rosters[mailbox], row[1], imsync.Contact{Address: row[2], DisplayName: row[3]})
	}
}

// with returns the roster with the contact in the group of that name.
func with(roster imsync.Roster, group string, contact imsync.Contact) imsync.Roster {
	i := slices.IndexFunc(roster.Groups, func(g imsync.Group) bool { return g.Name == group })
	if i < 0 {
		i = len(roster.Groups)
		roster.Groups = append(roster.Groups, imsync.Group{Name: group})
	}
	roster.Groups[i].Contacts = append(roster.Groups[i].Contacts, contact)
	return roster
}
