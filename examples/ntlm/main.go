// Command ntlm creates an IM group as a Windows account, the usual way on premises.
//
//	EWS_PASSWORD=… go run ./examples/ntlm -endpoint https://mail.example.com/EWS/Exchange.asmx \
//		-user 'CORP\svc-ews' -mailbox anna@example.com -name Colleagues
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

func main() {
	endpoint := flag.String("endpoint", "", "`URL` that ends in /EWS/Exchange.asmx")
	user := flag.String("user", "", `DOMAIN\user or user@example.com; the password comes from EWS_PASSWORD`)
	mailbox := flag.String("mailbox", "", "SMTP `address` of the mailbox to act in")
	name := flag.String("name", "Colleagues", "the group's display `name`")
	flag.Parse()
	if err := run(*endpoint, *user, *mailbox, *name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(endpoint, user, mailbox, name string) error {
	password, ok := os.LookupEnv("EWS_PASSWORD")
	if endpoint == "" || user == "" || mailbox == "" || !ok {
		return errors.New("ntlm: -endpoint, -user, -mailbox and EWS_PASSWORD are needed; usage: ntlm -h")
	}
	tr, err := auth.NTLM(nil, auth.Static(user, password), nil)
	if err != nil {
		return err
	}
	client, err := ews.NewClient(endpoint, &ews.Options{
		HTTPClient: tr.Client(),
		Header:     ews.Header{Impersonate: ews.PrimarySMTP(mailbox)},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	group, err := client.AddImGroup(ctx, name)
	if err != nil {
		return err
	}
	fmt.Println(group.DisplayName, group.ExchangeStoreID.ID)
	return nil
}
