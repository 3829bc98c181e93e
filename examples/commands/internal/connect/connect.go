// Package connect turns the flags that the example commands share into a client: of a real server,
// or of an in-process Exchange if neither endpoint nor e-mail address is given.
package connect

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
)

// Flags are the shared flags. The password is no flag: other users of the machine can read those.
type Flags struct {
	Endpoint, Email, Trust, User, Auth, Mailbox, Culture, Version string

	// Discover is what -email is looked up with, beside what the flags say. Zero: the network.
	Discover autodiscover.Options
}

// Register defines the flags on fs.
func (f *Flags) Register(fs *flag.FlagSet) {
	fs.StringVar(&f.Endpoint, "endpoint", "",
		"`URL` of a real server, https://mail.contoso.com/EWS/Exchange.asmx; none: an in-process Exchange")
	fs.StringVar(&f.Email, "email", "", "`address` whose real server is to be found, instead of -endpoint")
	fs.StringVar(&f.Trust, "trust", "", "with -email: `hosts` beyond the address's domain that may be given "+
		"credentials, a comma between them; online: those of Exchange Online")
	fs.StringVar(&f.User, "user", "", "`account` to log in with: DOMAIN\\user or user@domain")
	fs.StringVar(&f.Auth, "auth", "ntlm", "`scheme`: ntlm, basic, bearer or kerberos")
	fs.StringVar(&f.Mailbox, "mailbox", "", "SMTP `address` of the mailbox to act on (impersonation)")
	fs.StringVar(&f.Culture, "culture", "", "`language` of the server's messages, such as en-US")
	fs.StringVar(&f.Version, "version", "", "schema `version` to ask for (default Exchange2013)")
}

// Client returns the client that the flags describe. Without an endpoint and an address it talks to
// fake.
func (f *Flags) Client(ctx context.Context, stdin io.Reader, fake *ewstest.Server) (*ews.Client, error) {
	opts := f.Options()
	switch {
	case f.Endpoint != "" && f.Email != "":
		return nil, errors.New("-endpoint says where the server is, so there is nothing to find by -email")
	case f.Endpoint == "" && f.Email == "":
		opts.HTTPClient = fake.Client()
		return ews.NewClient(ewstest.Endpoint, opts)
	}
	login, err := f.Login(ctx, stdin)
	if err != nil {
		return nil, err
	}
	endpoint := f.Endpoint
	if f.Email != "" {
		found, err := autodiscover.Find(ctx, f.Email, f.Discovery(login))
		if err != nil {
			return nil, err
		}
		endpoint = found.URL
	}
	transport, err := login.Transport(nil)
	if err != nil {
		return nil, err
	}
	opts.HTTPClient = &http.Client{Transport: transport}
	return ews.NewClient(endpoint, opts)
}

// Options are those of the client.
func (f *Flags) Options() *ews.Options {
	opts := &ews.Options{
		UserAgent: "go-ews-example",
		Header: ews.Header{
			RequestServerVersion: ews.Version(f.Version),
			MailboxCulture:       f.Culture,
		},
	}
	if f.Mailbox != "" {
		opts.Header.Impersonate = ews.PrimarySMTP(f.Mailbox)
	}
	return opts
}

// Explain writes an error for people: one line, what is known of the place in the request, and
// what to do next.
func Explain(w io.Writer, err error) {
	if none, ok := errors.AsType[*autodiscover.Error](err); ok {
		explainSearch(w, none)
		return
	}
	fmt.Fprintln(w, "error:", err)
	var invalid *ews.SchemaValidationError
	if errors.As(err, &invalid) && invalid.Excerpt() != "" {
		fmt.Fprintln(w, "the request, and where the server stopped:")
		fmt.Fprintln(w, invalid.Excerpt())
	}
	if wait, ok := ews.RetryAfter(err); ok {
		fmt.Fprintf(w, "the server asks to wait %v before the next try\n", wait)
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "interrupted")
	}
}

// explainSearch writes what was looked for, a line for each step.
func explainSearch(w io.Writer, err *autodiscover.Error) {
	fmt.Fprintf(w, "error: no endpoint found for %s\n", err.Address)
	for _, step := range err.Steps {
		fmt.Fprintln(w, "  "+step.String())
	}
	if untrusted, ok := errors.AsType[*autodiscover.UntrustedError](err); ok {
		fmt.Fprintf(w, "if %s is where the mailbox is: -trust %[1]s\n", untrusted.Host)
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "interrupted")
	}
}
