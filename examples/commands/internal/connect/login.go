package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/auth/kerberos"
	"github.com/go-ews/exchange/auth/sspi"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// Login makes transports that log in, as often as hosts need one. Make it with [Flags.Login].
type Login struct {
	flags     *Flags
	roots     *x509.CertPool // nil: the system's
	secret    secret
	mechanism auth.Mechanism   // of Kerberos or Windows
	tokens    auth.TokenSource // of OAuth
}

// Login gets the password, token, keytab or certificate ready. Nothing is sent. An error is one of
// usage, unless the context has ended.
func (f *Flags) Login(ctx context.Context, p *cli.Process) (*Login, error) {
	l, err := f.login(ctx, p)
	if err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	return l, nil
}

func (f *Flags) login(ctx context.Context, p *cli.Process) (*Login, error) {
	l := &Login{flags: f}
	var err error
	if l.roots, err = Authorities("--ca", f.CA); err != nil {
		return nil, err
	}
	if l.secret, err = f.secret(ctx, p); err != nil {
		return nil, err
	}
	switch f.Auth {
	case Kerberos:
		l.mechanism, err = f.mechanism(l.secret)
	case Windows:
		l.mechanism, err = sspi.CurrentAccount(&sspi.Options{ServicePrincipal: f.SPN, AllowNTLM: true})
	case Bearer:
		l.tokens, err = f.tokens(l.secret, &http.Client{Transport: l.Plain(), Timeout: time.Minute})
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// kerberosPassword reports whether Kerberos logs in with a password.
func (f *Flags) kerberosPassword() bool { return f.User != "" && f.Keytab == "" }

// mechanism logs in with the keytab if there is one, else with the password of the user, else with
// the ticket of kinit.
func (f *Flags) mechanism(password secret) (*kerberos.Mechanism, error) {
	opts := &kerberos.Options{ConfigFile: f.Krb5Conf, ServicePrincipal: f.SPN}
	switch {
	case f.Keytab != "":
		return kerberos.Keytab(f.Keytab, f.User, opts)
	case f.kerberosPassword():
		return kerberos.Password(f.credentials(password), opts)
	}
	return kerberos.CCache(f.CCache, opts)
}

// Authorities returns the certificates of the system and of a PEM file, nil without a file. The option names
// the file in errors.
func Authorities(option, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the system's, as in crypto/tls
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // those of the system cannot be read
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s %s: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", option, file)
	}
	return pool, nil
}

// Roots returns the trusted authorities; nil: the system's.
func (l *Login) Roots() *x509.CertPool { return l.roots }

// Proxy returns the HTTP proxy of requests to u; nil without one.
func (l *Login) Proxy(u *url.URL) (*url.URL, error) { return l.flags.proxyOf(&http.Request{URL: u}) }

func (f *Flags) proxyOf(r *http.Request) (*url.URL, error) {
	if f.Proxy != nil {
		return f.Proxy(r)
	}
	return http.ProxyFromEnvironment(r)
}

// Plain returns a transport without credentials, which trusts the authorities of --ca.
func (l *Login) Plain() *http.Transport {
	return &http.Transport{
		Proxy:               l.flags.proxyOf,
		DialContext:         l.flags.Dial,
		TLSClientConfig:     &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: max(l.flags.MaxConns, http.DefaultMaxIdleConnsPerHost),
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}

// Transport returns a RoundTripper that logs in. It is for the origins of opts, or for the host of
// its first request; the flags override opts.
func (l *Login) Transport(opts auth.Options) (http.RoundTripper, error) {
	opts.MaxConns, opts.AllowHTTP, opts.LoginPerRequest = l.flags.MaxConns, l.flags.AllowHTTP, l.flags.LoginPerRequest
	if l.flags.ChannelBinding == "off" {
		opts.ChannelBinding = auth.ChannelBindingOff
	}
	base := l.Plain()
	switch l.flags.Auth {
	case Kerberos, Windows:
		return roundTripper(auth.Negotiate(base, l.mechanism, &opts))
	case Basic:
		return roundTripper(auth.Basic(base, l.flags.credentials(l.secret), &opts))
	case Bearer:
		return roundTripper(auth.Bearer(base, l.tokens, &opts))
	case None:
		return base, nil
	}
	return roundTripper(auth.NTLM(base, l.flags.credentials(l.secret), &opts))
}

// roundTripper keeps a nil *auth.Transport out of the interface.
func roundTripper(t *auth.Transport, err error) (http.RoundTripper, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (f *Flags) credentials(password secret) auth.Credentials {
	return func(context.Context) (user, pass string, err error) {
		pass, err = password()
		return f.User, pass, err
	}
}

// Discovery returns the options to find the server of --email with. Each host that asks for
// credentials gets a transport that sends them to that host only. Nil login: no credentials.
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
	if login == nil {
		return &opts
	}
	if opts.Transport == nil {
		opts.Transport = login.Plain()
	}
	if opts.Client == nil {
		opts.Client = func(origin string) (*http.Client, error) {
			t, err := login.Transport(auth.Options{Origins: []string{origin}})
			if err != nil {
				return nil, err
			}
			return &http.Client{Transport: t}, nil
		}
	}
	return &opts
}
