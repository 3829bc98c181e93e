package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"

	"github.com/go-ews/exchange/ews"
)

// proxy returns the HTTP proxy of calls to u, with a finding; nil if there is none.
func (d *doctor) proxy(u *url.URL) *url.URL {
	const check = "proxy"
	if d.fake != nil {
		d.skip(check, "in process, no connection is opened")
		return nil
	}
	proxy, err := d.login.Proxy(u)
	switch {
	case err != nil:
		d.fail(check, err.Error(), "correct the variable HTTPS_PROXY (HTTP_PROXY for http://)")
	case proxy == nil:
		d.skip(check, "none for this server (HTTPS_PROXY, NO_PROXY)")
	}
	return proxy
}

// throughProxy looks at the way to the endpoint through a proxy, which looks the name up and opens the
// connection.
func (d *doctor) throughProxy(ctx context.Context, u *url.URL, endpoint string, proxy *url.URL) bool {
	const check = "proxy"
	d.proxied = true
	var way handshake
	err := d.ask(httptrace.WithClientTrace(ctx, way.trace()), endpoint)
	if byProxy(err, u, &way) {
		d.fail(check, err.Error()+"; if this server is to be reached directly, name its host in NO_PROXY", "")
		return false
	}
	d.ok(check, "calls go through "+proxy.Host)
	d.skip("DNS", "the proxy looks the name up")
	if state, failure := way.result(); u.Scheme == "https" && !d.handshakeResult(ctx, state, failure, addressOf(u)) {
		return false
	}
	return d.schemes(err)
}

// byProxy reports whether the proxy is the reason that the server did not respond.
func byProxy(err error, u *url.URL, way *handshake) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusProxyAuthRequired
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "proxyconnect" {
		return true
	}
	state, failure := way.result()
	return err != nil && u.Scheme == "https" && failure == nil && !state.HandshakeComplete
}

// handshake follows the TLS handshake of a request, which may go on after the request has ended.
type handshake struct {
	mu    sync.Mutex
	state tls.ConnectionState
	err   error
}

func (h *handshake) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			if conn, ok := c.Conn.(*tls.Conn); ok {
				h.done(conn.ConnectionState(), nil)
			}
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil { // else it may be that with the proxy
				h.done(tls.ConnectionState{}, err)
			}
		},
	}
}

func (h *handshake) done(state tls.ConnectionState, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.err = state, err
}

func (h *handshake) result() (tls.ConnectionState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.err
}
