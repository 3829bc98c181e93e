// Command azidentity adds a group through OAuth 2.0, with a token of the Azure SDK: of a managed
// identity, a workload identity or a certificate. The adapter is token_source.go.
//
//	azidentity -identity managed -mailbox tony@contoso.com
//	azidentity -identity workload -mailbox tony@contoso.com
//	azidentity -identity certificate -tenant ID -client ID -pem app.pem -mailbox tony@contoso.com
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

const (
	endpoint = "https://outlook.office365.com/EWS/Exchange.asmx"
	scope    = "https://outlook.office365.com/.default"
)

func main() {
	var who identity
	flag.StringVar(&who.kind, "identity", "managed", "`kind` of identity: managed, workload or certificate")
	flag.StringVar(&who.tenant, "tenant", "", "directory `id`")
	flag.StringVar(&who.client, "client", "", "`id` of the application or of the user-assigned managed identity, "+
		"which the tenant must allow to use EWS")
	flag.StringVar(&who.pem, "pem", "", "`file` with the application's certificate and key")
	mailbox := flag.String("mailbox", "", "SMTP `address` of the mailbox to act in")
	name := flag.String("name", "Colleagues", "the group's display `name`")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx, who, *mailbox, *name); err != nil {
		fmt.Fprintln(os.Stderr, "azidentity (usage: azidentity -h):", err)
		os.Exit(1) //nolint:gocritic // cancel has nothing left to free
	}
}

func run(ctx context.Context, who identity, mailbox, name string) error {
	if mailbox == "" {
		return errors.New("-mailbox is missing")
	}
	credential, err := who.credential(clientOptions())
	if err != nil {
		return err
	}
	tr, err := auth.Bearer(nil, &tokenSource{credential: credential, scope: scope}, nil)
	if err != nil {
		return err
	}
	client, err := ews.NewClient(endpoint,
		&ews.Options{HTTPClient: tr.Client(), Header: ews.Header{Impersonate: ews.PrimarySMTP(mailbox)}})
	if err != nil {
		return err
	}
	group, err := client.AddImGroup(ctx, name)
	if err == nil {
		fmt.Println(group.DisplayName, group.ExchangeStoreID.ID)
	}
	return err
}

// clientOptions leave retries to ews, which keeps to the Retry-After of a token endpoint.
func clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}
}

// An identity is an account that the program logs in as.
type identity struct{ kind, tenant, client, pem string }

func (i identity) credential(options azcore.ClientOptions) (azcore.TokenCredential, error) {
	switch i.kind {
	case "managed":
		opts := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if i.client != "" {
			opts.ID = azidentity.ClientID(i.client)
		}
		return azidentity.NewManagedIdentityCredential(opts)
	case "workload": // the environment of the pod has the rest
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, TenantID: i.tenant, ClientID: i.client,
		})
	case "certificate": // PS256 and x5t#S256, as Entra asks for
		data, err := os.ReadFile(i.pem)
		if err != nil {
			return nil, fmt.Errorf("-pem: %w", err)
		}
		certs, key, err := azidentity.ParseCertificates(data, nil)
		if err != nil {
			return nil, fmt.Errorf("-pem %s: %w", i.pem, err)
		}
		return azidentity.NewClientCertificateCredential(i.tenant, i.client, certs, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options})
	}
	return nil, fmt.Errorf("-identity %q: want managed, workload or certificate", i.kind)
}
