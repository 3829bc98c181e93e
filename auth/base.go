package auth

import (
	"crypto/tls"
	"net/http"

	"github.com/go-ews/exchange/internal/proxyerror"
)

// private clones base, or the default transport, so that no connection, setting or cache is shared
// with code that acts as another identity.
func private(base *http.Transport) *http.Transport {
	if base != nil {
		own := base.Clone()
		proxyerror.Hook(own)
		return own
	}
	own := &http.Transport{Proxy: http.ProxyFromEnvironment}
	//nolint:forbidigo // cloned and left as it is
	if std, ok := http.DefaultTransport.(*http.Transport); ok {
		own = std.Clone()
	}
	own.MaxIdleConns = 0 // no bound over all hosts: there is one host
	own.MaxIdleConnsPerHost = 100
	ensureSessionCache(own)
	proxyerror.Hook(own)
	return own
}

// ensureSessionCache makes a new TLS connection cost one round trip less.
func ensureSessionCache(t *http.Transport) {
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	if t.TLSClientConfig.ClientSessionCache == nil {
		t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
}

// privateTripper clones an *http.Transport. Any other RoundTripper, such as a fake in a test, is
// used as it is.
func privateTripper(base http.RoundTripper) http.RoundTripper {
	switch base := base.(type) {
	case nil:
		return private(nil)
	case *http.Transport:
		return private(base)
	default:
		return base
	}
}

// oneProtocol sets a transport up for connections that carry an identity: HTTP/1.1 only, since
// HTTP/2 has no such connections, kept alive, and bounded by the pool. Every switch of HTTP/2 is
// turned off, because which of them decides depends on how base was set up and used.
func oneProtocol(t *http.Transport) {
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.HTTP2 = nil
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	ensureSessionCache(t)
	t.TLSClientConfig.NextProtos = []string{"http/1.1"} // a new slice: a clone shares the old one with base

	// Either one closes the connection after each response, and the login with it.
	t.DisableKeepAlives = false
	t.MaxIdleConnsPerHost = 0
	// net/http counts a connection of NewClientConn off without having counted it, and panics.
	t.MaxConnsPerHost = 0
	countWrites(t)
}
