// Package proxyerror explains why an HTTP proxy opened no tunnel to an https server. net/http has
// the reason phrase of the proxy's response as its whole error text: "Proxy Authentication Required".
package proxyerror

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-ews/exchange/internal/oneline"
)

// Error is a proxy's refusal of CONNECT. Nothing of the request was sent.
type Error struct {
	Proxy      string // host and port
	StatusCode int    // 0: not known
	Err        error  // what net/http made of it; nil where the status is known from the response
}

// Error returns one line: the proxy, what it said, and what to check.
func (e *Error) Error() string {
	text := "the HTTP proxy " + e.Proxy + " did not connect"
	switch {
	case e.StatusCode != 0:
		text += ": HTTP " + strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)
	case e.Err != nil:
		text += ": " + oneline.Clip(e.Err.Error(), 200)
	}
	switch e.StatusCode {
	case http.StatusProxyAuthRequired:
		return text + "; it asks for credentials: put them into the proxy's URL, " +
			"or exempt the Exchange server from the proxy"
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return text + "; its rules do not allow this host or port"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return text + "; it does not reach the server, or does not resolve its name"
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// NotSent is true: the proxy never saw the request.
func (e *Error) NotSent() bool { return true }

// Permanent reports whether the proxy would refuse the next attempt as well.
func (e *Error) Permanent() bool {
	return e.StatusCode/100 == 4 && e.StatusCode != http.StatusRequestTimeout &&
		e.StatusCode != http.StatusTooManyRequests
}

// Hook makes a transport of ours return an *Error with the status; a hook that is set stays.
func Hook(t *http.Transport) {
	if t.OnProxyConnectResponse != nil {
		return
	}
	t.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return &Error{Proxy: address(proxy), StatusCode: resp.StatusCode}
	}
}

// Explain returns err, or an *Error where a transport that belongs to the caller failed at its
// proxy's response to CONNECT. The request is one that got no connection.
func Explain(rt http.RoundTripper, r *http.Request, err error) error {
	if r.URL.Scheme != "https" || !isReasonPhrase(err) {
		return err
	}
	name := NameOf(rt, r)
	if name == "" {
		return err
	}
	e := &Error{Proxy: name, Err: err}
	for code := 400; code < 600; code++ {
		if text := http.StatusText(code); text != "" && text == err.Error() {
			e.StatusCode = code
		}
	}
	return e
}

// NameOf returns host and port of the HTTP proxy that a transport uses for a request, "" if there is
// none or it cannot be known.
func NameOf(rt http.RoundTripper, r *http.Request) string {
	t, ok := rt.(*http.Transport)
	if !ok || t.Proxy == nil {
		return ""
	}
	proxy, err := t.Proxy(r)
	if err != nil || proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return ""
	}
	return address(proxy)
}

// isReasonPhrase reports whether err is nothing but a text, as net/http makes it of a reason phrase.
func isReasonPhrase(err error) bool {
	var (
		network net.Error
		known   *Error
	)
	return !errors.As(err, &known) && errors.Unwrap(err) == nil && !errors.As(err, &network) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// address returns host and port of a proxy, whose user information stays out.
func address(proxy *url.URL) string {
	port := proxy.Port()
	switch {
	case port != "":
	case proxy.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}
