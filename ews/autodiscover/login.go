package autodiscover

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// maxRefusals is how many hosts may refuse the credentials before they are sent to no other: all
// may ask the same directory, which counts wrong passwords.
const maxRefusals = 2

// client returns the client with credentials for the URL's origin. Its host is trusted.
func (f *finder) client(u *url.URL) (*http.Client, error) {
	if u.Scheme != "https" {
		return nil, errors.New("not asked: credentials go over https only")
	}
	if f.refusals >= maxRefusals {
		return nil, fmt.Errorf("not asked: %d hosts refused the credentials, and more might lock the account",
			f.refusals)
	}
	origin := originOf(u)
	if c, ok := f.clients[origin]; ok {
		return c, nil
	}
	c, err := f.opts.newClient(origin)
	if err == nil {
		f.clients[origin] = c
	}
	return c, err
}

// newClient returns a client of the caller's for an origin.
func (o *Options) newClient(origin string) (*http.Client, error) {
	if o.Client == nil {
		return nil, errors.New("asks for credentials, and there are none")
	}
	c, err := o.Client(origin)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no client for %s: %w", origin, err)
	case c == nil:
		return nil, errors.New("asks for credentials, and there are none for this host")
	}
	return hardened(c), nil
}

// refused returns the error of a step whose credentials were refused. err is the client's error for
// the 401; nil if the client returned the response.
func refused(err error) error {
	const text = "the credentials were refused; check user, password and scheme, " +
		"and whether the user may log in at this host"
	if err == nil {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %w", text, err)
}

// failed takes note of a request that failed, and returns the HTTP status if a transport that logs
// in made the error out of a response, else 0.
func (f *finder) failed(u *url.URL, err error) (status int) {
	if e, ok := errors.AsType[interface {
		error
		HTTPStatus() int
	}](err); ok {
		return e.HTTPStatus()
	}
	if isUnreachable(err) {
		f.mu.Lock()
		f.unreachable[originOf(u)] = true
		f.mu.Unlock()
	}
	return 0
}

// isUnreachable reports whether the next request to the same host is sure to fail too: the host has
// no such name, listens at no such port, or its certificate is not valid. A timeout proves none of
// these.
func isUnreachable(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return !op.Timeout()
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return certificate
}
