package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews/autodiscover"
)

// Login makes transports that log in, as often as hosts need one. Make it with [Flags.Login].
type Login struct{ scheme, user, secret string }

// Login checks the flags and reads the password or token.
func (f *Flags) Login(ctx context.Context, stdin io.Reader) (*Login, error) {
	switch f.Auth {
	case "ntlm", "basic", "bearer":
	case "kerberos":
		return nil, errors.New("kerberos is a module of its own, so that this one stays small: " +
			"cd examples/kerberos && go run . -h shows how to log in with it")
	default:
		return nil, fmt.Errorf("-auth %q: want ntlm, basic, bearer or kerberos", f.Auth)
	}
	if f.User == "" && f.Auth != "bearer" {
		where := "-endpoint"
		if f.Endpoint == "" {
			where = "-email"
		}
		return nil, errors.New(where + " needs -user (the password comes from EWS_PASSWORD or standard input)")
	}
	secret, err := secretFrom(ctx, stdin)
	if err != nil {
		return nil, err
	}
	return &Login{scheme: f.Auth, user: f.User, secret: secret}, nil
}

// Transport returns a RoundTripper that logs in. Nil opts work: it is for the host that it is used
// with first.
func (l *Login) Transport(opts *auth.Options) (*auth.Transport, error) {
	switch l.scheme {
	case "basic":
		return auth.Basic(nil, auth.Static(l.user, l.secret), opts)
	case "bearer":
		source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: l.secret})
		return auth.Bearer(nil, auth.FromOAuth2(source), opts)
	}
	return auth.NTLM(nil, auth.Static(l.user, l.secret), opts)
}

// Discovery returns the options to find the server of -email with. Each host that asks for
// credentials gets a transport that gives them to no other.
func (f *Flags) Discovery(login *Login) *autodiscover.Options {
	opts := f.Discover
	for host := range strings.SplitSeq(f.Trust, ",") {
		switch host = strings.TrimSpace(host); host {
		case "":
		case "online":
			opts.Hosts = append(opts.Hosts, autodiscover.ExchangeOnline()...)
		default:
			opts.Hosts = append(opts.Hosts, host)
		}
	}
	if opts.Client == nil && login != nil {
		opts.Client = func(origin string) (*http.Client, error) {
			t, err := login.Transport(&auth.Options{Origins: []string{origin}})
			if err != nil {
				return nil, err
			}
			return t.Client(), nil
		}
	}
	return &opts
}
