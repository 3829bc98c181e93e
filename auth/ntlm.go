package auth

import (
	"context"
	"crypto/fips140"
	"fmt"
	"net/http"

	"github.com/Azure/go-ntlmssp"
)

const (
	schemeNTLM      = "NTLM"
	schemeNegotiate = "Negotiate"
)

// NTLM logs in with NTLMv2 ([MS-NLMP]), which every Exchange server on premises accepts for EWS. A nil base
// stands for a private clone of the default transport; another one is cloned, with its TLS settings,
// proxy and dialer.
//
// A connection is logged in once and then used by one request at a time, so a call costs one request
// and a new connection one more. HTTP/2 and DisableKeepAlives of base are switched off, since NTLM
// cannot work over either.
//
// A password that the server refused is not sent again for a minute, then for 2, 4, up to 30 minutes,
// because Active Directory locks accounts. Meanwhile calls fail at once, with an [Error] whose
// RetryAfter returns the time that is left, unless c returns another user or password. All Transports
// of the process share this protection, and before a server has accepted a password, one login at a
// time tries it.
//
// If a server offers only Negotiate, the same messages travel in that scheme, as most servers take
// them.
//
// As those of Windows, messages have an integrity code (MIC), the target name HTTP/<host> and the
// channel binding.
//
// NTLM rests on MD4 and MD5, so under GODEBUG=fips140=only this is an error.
func NTLM(base *http.Transport, c Credentials, opts *Options) (*Transport, error) {
	if c == nil {
		return nil, &InputError{Op: schemeNTLM, Field: "Credentials", Reason: "nil"}
	}
	if fips140.Enforced() {
		return nil, &InputError{Op: schemeNTLM, Reason: "needs MD4 and MD5, which GODEBUG=fips140=only forbids; " +
			"use OAuth 2.0, or Basic over https"}
	}
	m := &ntlm{credentials: c, lockout: sharedLockout, plain: opts != nil && opts.NTLMWithoutMIC}
	return newBound(schemeNTLM, base, m, opts)
}

// ntlm is a mechanism with two legs: NEGOTIATE, which asks for a challenge, and AUTHENTICATE, which
// responds to it and carries the request.
type ntlm struct {
	credentials Credentials
	lockout     *lockout
	plain       bool // without integrity code and target name
}

func (m *ntlm) Start(ctx context.Context, t Target) (Handshake, error) {
	user, password, err := m.credentials.ask(ctx)
	if err != nil {
		return nil, err
	}
	settle, err := m.lockout.enter(ctx, fmt.Sprintf("%s plain=%t", t.scope, m.plain), user, password)
	if err != nil {
		return nil, err
	}
	h := &ntlmHandshake{user: user, password: password, settled: settle}
	h.add.binding = t.ChannelBinding
	if !m.plain {
		h.add.target, h.add.integrity = "HTTP/"+t.Host, true
	}
	return h, nil
}

type ntlmHandshake struct {
	user, password string
	add            addition
	negotiate      []byte // as it was sent
	domain         string // of the server, by its challenge
	settled        func(outcome)
}

func (h *ntlmHandshake) settle(o outcome) { h.settled(o) }

func (h *ntlmHandshake) account() string { return h.user }

func (h *ntlmHandshake) Next(_ context.Context, challenge []byte) ([]byte, bool, error) {
	if challenge == nil {
		token, err := ntlmssp.NewNegotiateMessage("", "")
		h.negotiate = token
		return token, false, err
	}
	completed, integrity, err := h.add.complete(challenge)
	if err != nil {
		return nil, false, err
	}
	h.domain = domainIn(challenge)
	token, err := ntlmssp.NewAuthenticateMessage(completed, h.user, h.password, nil)
	if err != nil || !integrity {
		return token, true, err
	}
	token, err = withIntegrity(token, h.negotiate, challenge, responseKey(h.user, h.password))
	return token, true, err
}
