package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// server names the Exchange, the account that logs in, and the mailbox.
type server struct{ endpoint, user, mailbox string }

func (s *server) register(fs *flag.FlagSet) {
	fs.StringVar(&s.endpoint, "endpoint", "", "`URL` that ends in /EWS/Exchange.asmx; none: an Exchange in process")
	fs.StringVar(&s.user, "user", "", "`account` to log in with: DOMAIN\\user; the password comes from EWS_PASSWORD")
	fs.StringVar(&s.mailbox, "mailbox", "", "SMTP `address` of the mailbox to act in (impersonation)")
}

// client returns a client that logs in with NTLM, or one for an Exchange in process.
func (s *server) client(password string, stderr io.Writer) (*ews.Client, error) {
	opts := &ews.Options{}
	if s.mailbox != "" {
		opts.Header.Impersonate = ews.PrimarySMTP(s.mailbox)
	}
	switch {
	case s.endpoint != "" && (s.user == "" || password == ""):
		return nil, errors.New("-endpoint needs -user and EWS_PASSWORD")
	case s.endpoint == "" && s.user != "":
		return nil, errors.New("-user needs -endpoint")
	case s.endpoint == "":
		fmt.Fprintln(stderr, "no -endpoint: an Exchange in process is used")
		opts.HTTPClient = &http.Client{Transport: ewstest.NewServer(nil)}
		return ews.NewClient(ewstest.Endpoint, opts)
	}
	transport, err := auth.NTLM(nil, auth.Static(s.user, password), nil)
	if err != nil {
		return nil, err
	}
	opts.HTTPClient = transport.Client()
	return ews.NewClient(s.endpoint, opts)
}
