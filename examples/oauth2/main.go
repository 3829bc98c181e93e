// Command oauth2 creates an IM group in Exchange Online as an application with a certificate.
//
//	go run ./examples/oauth2 -tenant … -client … -pem app.pem -mailbox anna@example.com
package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

func main() {
	tenant := flag.String("tenant", "", "directory `id`")
	client := flag.String("client", "", "application `id`, which the tenant must allow to use EWS")
	pem := flag.String("pem", "", "`file` with the application's certificate and key")
	mailbox := flag.String("mailbox", "", "SMTP `address` of the mailbox to act in")
	name := flag.String("name", "Colleagues", "the group's display `name`")
	flag.Parse()
	if err := run(*tenant, *client, *pem, *mailbox, *name); err != nil {
		fmt.Fprintln(os.Stderr, "oauth2 (usage: oauth2 -h):", err)
		os.Exit(1)
	}
}

func run(tenant, id, pem, mailbox, name string) error {
	if tenant == "" || id == "" || pem == "" || mailbox == "" {
		return errors.New("-tenant, -client, -pem and -mailbox are needed")
	}
	pair, err := tls.LoadX509KeyPair(pem, pem)
	if err != nil {
		return fmt.Errorf("-pem: %w", err)
	}
	key, _ := pair.PrivateKey.(crypto.Signer)
	config := clientcredentials.Config{
		ClientID: id, TokenURL: "https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/token",
		Scopes: []string{"https://outlook.office365.com/.default"},
	}
	source := auth.ClientCredentials(config, auth.CertificateAssertion(key, pair.Leaf, id, config.TokenURL))
	tr, err := auth.Bearer(nil, source, nil)
	if err != nil {
		return err
	}
	client, err := ews.NewClient("https://outlook.office365.com/EWS/Exchange.asmx",
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
