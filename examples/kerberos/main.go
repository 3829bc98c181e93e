// Command kerberos creates an IM group with a keytab or the ticket of kinit. It is a separate
// module: cd examples/kerberos, then
//
//	go run . -endpoint https://mail.example.com/EWS/Exchange.asmx \
//		-keytab /etc/svc-ews.keytab -user svc-ews@EXAMPLE.COM -mailbox anna@example.com
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/auth/kerberos"
	"github.com/go-ews/exchange/ews"
)

func main() {
	endpoint := flag.String("endpoint", "", "`URL` that ends in /EWS/Exchange.asmx")
	keytab := flag.String("keytab", "", "keytab `file`; none: the ticket of kinit")
	user := flag.String("user", "", "`principal`, user@REALM, of the keytab")
	mailbox := flag.String("mailbox", "", "SMTP `address` of the mailbox to act in")
	name := flag.String("name", "Colleagues", "the group's display `name`")
	flag.Parse()
	if err := run(*endpoint, *keytab, *user, *mailbox, *name); err != nil {
		fmt.Fprintln(os.Stderr, "kerberos (usage: kerberos -h):", err)
		os.Exit(1)
	}
}

func mechanism(keytab, user string) (*kerberos.Mechanism, error) {
	if keytab != "" {
		return kerberos.Keytab(keytab, user, nil)
	}
	return kerberos.CCache("", nil)
}

func run(endpoint, keytab, user, mailbox, name string) error {
	if endpoint == "" || mailbox == "" || (keytab == "") != (user == "") {
		return errors.New("-endpoint and -mailbox are needed, and -keytab and -user together or neither")
	}
	m, err := mechanism(keytab, user)
	if err != nil {
		return err
	}
	tr, err := auth.Negotiate(nil, m, nil)
	if err != nil {
		return err
	}
	client, err := ews.NewClient(endpoint,
		&ews.Options{HTTPClient: tr.Client(), Header: ews.Header{Impersonate: ews.PrimarySMTP(mailbox)}})
	if err != nil {
		return err
	}
	group, err := client.AddImGroup(context.Background(), name)
	if err == nil {
		fmt.Println(group.DisplayName, group.ExchangeStoreID.ID)
	}
	return err
}
