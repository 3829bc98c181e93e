// Package connect turns the flags that the example commands share into a client: of a real server,
// or of an in-process Exchange if no endpoint is given.
package connect

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// Flags are the shared flags. The password is no flag: other users of the machine can read those.
type Flags struct {
	Endpoint, User, Auth, Mailbox, Culture, Version string
}

// Register defines the flags on fs.
func (f *Flags) Register(fs *flag.FlagSet) {
	fs.StringVar(&f.Endpoint, "endpoint", "",
		"`URL` of a real server, https://mail.contoso.com/EWS/Exchange.asmx; none: an in-process Exchange")
	fs.StringVar(&f.User, "user", "", "`account` to log in with: DOMAIN\\user or user@domain")
	fs.StringVar(&f.Auth, "auth", "ntlm", "`scheme`: ntlm, basic, bearer or kerberos")
	fs.StringVar(&f.Mailbox, "mailbox", "", "SMTP `address` of the mailbox to act on (impersonation)")
	fs.StringVar(&f.Culture, "culture", "", "`language` of the server's messages, such as en-US")
	fs.StringVar(&f.Version, "version", "", "schema `version` to ask for (default Exchange2013)")
}

// Client returns the client that the flags describe. Without an endpoint it talks to fake.
func (f *Flags) Client(ctx context.Context, stdin io.Reader, fake *ewstest.Server) (*ews.Client, error) {
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
	if f.Endpoint == "" {
		opts.HTTPClient = fake.Client()
		return ews.NewClient(ewstest.Endpoint, opts)
	}
	transport, err := f.transport(ctx, stdin)
	if err != nil {
		return nil, err
	}
	opts.HTTPClient = &http.Client{Transport: transport}
	return ews.NewClient(f.Endpoint, opts)
}

// transport returns the RoundTripper that logs in.
func (f *Flags) transport(ctx context.Context, stdin io.Reader) (http.RoundTripper, error) {
	if f.Auth == "kerberos" {
		return nil, errors.New("kerberos is a module of its own, so that this one stays small: " +
			"see examples/kerberos, which takes the same flags")
	}
	if f.User == "" && f.Auth != "bearer" {
		return nil, errors.New("-endpoint needs -user (the password comes from EWS_PASSWORD or standard input)")
	}
	secret, err := secretFrom(ctx, stdin)
	if err != nil {
		return nil, err
	}
	switch f.Auth {
	case "ntlm":
		return transport(auth.NTLM(nil, auth.Static(f.User, secret), nil))
	case "basic":
		return transport(auth.Basic(nil, auth.Static(f.User, secret), nil))
	case "bearer":
		source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: secret})
		return transport(auth.Bearer(nil, auth.FromOAuth2(source), nil))
	}
	return nil, fmt.Errorf("-auth %q: want ntlm, basic, bearer or kerberos", f.Auth)
}

// transport keeps a nil *auth.Transport out of the interface.
func transport(t *auth.Transport, err error) (http.RoundTripper, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Explain writes an error for people: one line, what is known of the place in the request, and
// what to do next.
func Explain(w io.Writer, err error) {
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
