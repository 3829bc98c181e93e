package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// server says which Exchange is meant and how to log in. The secret comes from EWS_PASSWORD.
type server struct {
	endpoint, user, auth string
	maxConns             int // as many as there are workers
}

func (s *server) register(fs *flag.FlagSet) {
	fs.StringVar(&s.endpoint, "endpoint", "",
		"`URL` of the server, https://mail.contoso.com/EWS/Exchange.asmx (default an in-process Exchange)")
	fs.StringVar(&s.user, "user", "", "`account` that may impersonate the mailboxes: DOMAIN\\user or user@domain")
	fs.StringVar(&s.auth, "auth", "ntlm", "`scheme`: ntlm, basic, bearer (EWS_PASSWORD is the token), or none on loopback")
}

func (s *server) check() error {
	switch s.auth {
	case "ntlm", "basic", "bearer":
		if _, ok := os.LookupEnv("EWS_PASSWORD"); !ok {
			return errors.New("-endpoint needs EWS_PASSWORD: the password, or with -auth bearer the token")
		}
		if s.user == "" && s.auth != "bearer" {
			return fmt.Errorf("-auth %s needs -user", s.auth)
		}
		return nil
	case "none":
		u, err := url.Parse(s.endpoint)
		if err != nil || !isLoopback(u.Hostname()) {
			return errors.New("-auth none is for an Exchange on loopback, such as that of contactsync exchange")
		}
		return nil
	}
	return fmt.Errorf("-auth %q: want ntlm, basic, bearer or none", s.auth)
}

// transport returns the RoundTripper that logs in. Without an endpoint it is the in-process Exchange.
func (s *server) transport(delay time.Duration) (http.RoundTripper, error) {
	if s.endpoint == "" {
		return newExchange(delay).Server, nil
	}
	secret := os.Getenv("EWS_PASSWORD")
	options := &auth.Options{MaxConns: s.maxConns}
	switch s.auth {
	case "basic":
		return roundTripper(auth.Basic(nil, auth.Static(s.user, secret), options))
	case "bearer":
		source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: secret})
		return roundTripper(auth.Bearer(nil, auth.FromOAuth2(source), options))
	case "none":
		return &http.Transport{MaxIdleConnsPerHost: s.maxConns, ForceAttemptHTTP2: true}, nil
	}
	return roundTripper(auth.NTLM(nil, auth.Static(s.user, secret), options))
}

// roundTripper keeps a nil *auth.Transport out of the interface.
func roundTripper(t *auth.Transport, err error) (http.RoundTripper, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// client returns the client for all mailboxes. It waits no longer than a second for a busy server:
// longer waits are the queue's, where they survive a restart and hold up nobody.
func (s *server) client(transport http.RoundTripper, logger *slog.Logger) (*ews.Client, error) {
	options := &ews.Options{
		HTTPClient: &http.Client{Transport: transport, Timeout: 2 * time.Minute},
		UserAgent:  "contactsync",
		Retry:      ews.RetryPolicy{MaxWait: time.Second},
		Logger:     logger,
	}
	if s.endpoint == "" {
		return ews.NewClient(ewstest.Endpoint, options)
	}
	return ews.NewClient(s.endpoint, options)
}
