// Package sspi is the Windows account that the program runs as, for [auth.Negotiate]: a service
// account, a group managed service account (gMSA), or the user who is logged on. Windows holds the
// credentials and makes the tokens (SSPI, the Security Support Provider Interface), so there is no
// password and no keytab:
//
//	m, err := sspi.CurrentAccount(nil)
//	if err != nil { … }
//	tr, err := auth.Negotiate(nil, m, nil)
//	if err != nil { … }
//	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: tr.Client()})
//
// The login is by Kerberos, for the service HTTP/<host of the URL>, which Exchange needs on its
// alternate service account (setspn -Q HTTP/mail.example.com shows it). A token goes out with the
// request itself, the server must prove its own identity in the response, and under TLS the token
// carries the channel binding that Extended Protection asks for. Where Windows has no ticket for
// the service it would log in by NTLM; [Options] can allow that.
//
// A service needs an account of the domain: LocalSystem and NetworkService log in as the computer, and
// LocalService is anonymous to other machines.
//
// The package builds on every system. Elsewhere than on Windows, [CurrentAccount] returns an error;
// package auth/kerberos logs in there, with the ticket of kinit or a keytab. The package is a module, so
// that programs without it do not load github.com/alexbrainman/sspi.
//
// Status: it logs in at Apache from Wine, whose SSPI has Kerberos but no channel binding. For Windows it is
// built and vetted; it has not logged in from there yet.
package sspi

import (
	"context"
	"strings"

	"github.com/go-ews/exchange/auth"
)

// Options adjust a [Mechanism]. Nil and the zero value work.
type Options struct {
	// ServicePrincipal is the service's name where it is not HTTP/<host>, for instance
	// "HTTP/mail.example.com" when the URL has another name of the same server.
	ServicePrincipal string

	// AllowNTLM lets Windows log in by NTLM where it has no Kerberos ticket for the service. With
	// NTLM the server does not prove its identity. The zero value refuses it before anything is
	// sent.
	AllowNTLM bool
}

// A Mechanism makes the tokens of one account. It is safe for concurrent use, and keeps only a
// handle of the account, which Windows renews with the account's password and tickets.
type Mechanism struct {
	system    system
	service   string
	allowNTLM bool
}

var _ auth.Mechanism = (*Mechanism)(nil)

// CurrentAccount logs in as the account that the process runs as, or as the one that the calling thread
// impersonates at this moment. An error says that Windows has no credentials for it, or that this
// system is not Windows.
func CurrentAccount(opts *Options) (*Mechanism, error) {
	if opts == nil {
		opts = &Options{}
	}
	if strings.ContainsRune(opts.ServicePrincipal, 0) {
		return nil, errNUL
	}
	s, err := newSystem()
	if err != nil {
		return nil, err
	}
	return &Mechanism{system: s, service: opts.ServicePrincipal, allowNTLM: opts.AllowNTLM}, nil
}

// Start implements [auth.Mechanism].
func (m *Mechanism) Start(_ context.Context, t auth.Target) (auth.Handshake, error) {
	service := m.service
	if service == "" {
		service = "HTTP/" + t.Host
	}
	c, err := m.system.begin(service, channelBindings(t.ChannelBinding))
	if err != nil {
		return nil, err
	}
	return &handshake{context: c, service: service, allowNTLM: m.allowNTLM}, nil
}

// A system has the credentials of an account: SSPI, or in tests something in its place.
type system interface {
	// begin makes the context of one login. The bindings are a SEC_CHANNEL_BINDINGS, or nil.
	begin(service string, bindings []byte) (securityContext, error)
}

// A securityContext is one login, used by one goroutine.
type securityContext interface {
	// step takes the server's token, nil at first, and returns the next one of ours. More says that the
	// server has to respond to it.
	step(token []byte) (out []byte, more bool, err error)

	// mutual reports whether the server has proved its identity.
	mutual() bool

	// close frees the context. Later calls do nothing.
	close()
}
