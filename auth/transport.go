package auth

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// A Transport is an [http.RoundTripper] that puts the credentials of one identity on each request.
// [Basic], [NTLM], [Negotiate] and [Bearer] make one. It is safe for concurrent use; programs keep
// one per identity for as long as they run, since its connections and tokens are worth keeping.
//
// A Transport never sends its credentials to an origin other than those of [Options], nor over
// http:// unless AllowHTTP is set, nor on a request that follows a redirect. When the server does
// not accept them, RoundTrip returns an [*Error] and no response.
type Transport struct {
	scheme string
	set    settings
	sender sender
}

// A sender sends requests by one scheme. It closes the request's body, also when it fails.
type sender interface {
	send(r *http.Request, at origin) (*http.Response, error)
	closeIdle()
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	at, err := t.admit(r)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	return t.sender.send(r, at)
}

// admit refuses requests that must not carry the credentials.
func (t *Transport) admit(r *http.Request) (origin, error) {
	fail := func(at origin, err error) (origin, error) {
		e := &Error{Scheme: t.scheme, reason: "nothing was sent", Err: err}
		if at.Host != "" {
			e.Origin = at.String()
		}
		return at, e
	}
	if r.URL == nil {
		return fail(origin{}, errors.New("the request has no URL"))
	}
	at, err := originOf(r.URL)
	if err != nil {
		return fail(origin{}, err)
	}
	// http.Client sets Response on the requests that follow a redirect, and only there.
	if r.Response != nil {
		return fail(at, errors.New("a redirect led here, and credentials do not follow redirects"))
	}
	if err := t.set.secure(at); err != nil {
		return fail(at, err)
	}
	if err := t.set.origins.admit(at); err != nil {
		return fail(at, err)
	}
	return at, nil
}

// CloseIdleConnections closes the connections that no request uses. [http.Client] calls it.
func (t *Transport) CloseIdleConnections() { t.sender.closeIdle() }

// Client returns an [http.Client] over the Transport that does not follow redirects. It has no
// timeout: give each request a context that ends.
func (t *Transport) Client() *http.Client {
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// String names the scheme and shows nothing of the credentials.
func (t *Transport) String() string { return "auth.Transport(" + t.scheme + ")" }

// LogValue is String for slog.
func (t *Transport) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText is String for encoders.
func (t *Transport) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Format writes String for any verb.
func (t *Transport) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}
