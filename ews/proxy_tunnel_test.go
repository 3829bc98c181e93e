package ews_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/relay"
)

// tunnelled is a server behind an HTTP proxy: it takes each request whole, fails at the first one,
// and executes the others.
type tunnelled struct {
	fail     func(http.ResponseWriter)
	requests atomic.Int32
}

func (s *tunnelled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if s.requests.Add(1) == 1 {
		s.fail(w)
		return
	}
	content := scriptGroup
	if strings.Contains(string(body), "GetImItemList") {
		content = scriptList
	}
	_, _ = io.WriteString(w, enveloped(content))
}

// client returns a client that reaches the server through a proxy alone.
func (s *tunnelled) client(t *testing.T, http2 bool) *ews.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = quiet()
	server.EnableHTTP2 = http2
	server.StartTLS()
	proxy := httptest.NewServer(relay.Tunnel(server.Listener.Addr().String()))
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := server.Client().Transport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // of httptest
	transport.Proxy = http.ProxyURL(through)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		proxy.Close()
		server.Close()
	})
	return clientOver(t, "https://example.com", transport) // a name of httptest's certificate
}

// TestProxyTunnel_Lost: a proxy that has opened a tunnel has refused nothing. What is lost in the
// tunnel was sent, also if the error of net/http is a text without a type.
func TestProxyTunnel_Lost(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(http.ResponseWriter){
		"the end": func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, // ends the connection
		"103, the end": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			panic(http.ErrAbortHandler)
		},
		"the end of TLS": hijacked(func(c *tls.Conn, _ *bufio.ReadWriter) { _ = c.CloseWrite() }),
		"no TLS":         hijacked(func(c *tls.Conn, _ *bufio.ReadWriter) { _, _ = io.WriteString(c.NetConn(), "HTTP/1.1 502 Bad\r\n\r\n") }),
		"no HTTP":        hijacked(func(_ *tls.Conn, out *bufio.ReadWriter) { _, _ = out.WriteString("?\r\n\r\n"); _ = out.Flush() }),
		"half": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, enveloped(scriptGroup)[:200])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/http2 %t", name, http2), func(t *testing.T) {
				t.Parallel()
				writes, reads := &tunnelled{fail: fail}, &tunnelled{fail: fail}
				err := addGroup(t.Context(), writes.client(t, http2))
				if !errors.Is(err, ews.ErrOutcomeUnknown) || writes.requests.Load() != 1 {
					t.Errorf("write: %d requests: %v", writes.requests.Load(), err)
				}
				checkTyped(t, err)
				if err != nil && strings.Contains(err.Error(), "the proxy") {
					t.Errorf("blames the proxy: %v", err)
				}
				if err := getItemList(t.Context(), reads.client(t, http2)); err != nil || reads.requests.Load() != 2 {
					t.Errorf("read: %d requests: %v", reads.requests.Load(), err)
				}
			})
		}
	}
}

// TestProxyTunnel_BareErrors: some errors of net/http are texts without a type, like the reason phrase
// of a proxy. A write that had a connection may have been done, whatever the text is.
func TestProxyTunnel_BareErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"http: server closed idle connection", "http2: client connection lost", "Proxy Authentication Required",
	} {
		for _, hasConnection := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", text, hasConnection), func(t *testing.T) {
				t.Parallel()
				lost := script(func(r *http.Request) (*http.Response, error) {
					if hasConnection {
						connected(r)
					} else {
						_, _ = unconnected(r)
					}
					return nil, errors.New(text)
				})
				transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "p.test:3128"})}
				transport.RegisterProtocol("https", lost)
				err := addGroup(t.Context(), clientOver(t, "https://exchange.test", transport))
				if got := errors.Is(err, ews.ErrOutcomeUnknown); got != hasConnection || hasConnection && len(lost.seen()) != 1 {
					t.Errorf("unknown outcome: %t, %d requests: %v", got, len(lost.seen()), err)
				}
				if got := strings.Contains(err.Error(), "the proxy p.test:3128"); got == hasConnection {
					t.Errorf("names the proxy: %t: %v", got, err)
				}
			})
		}
	}
}

// TestProxyTunnel_Refused: a proxy that asks for a login is asked once, whatever its reason phrase is,
// also by a transport of the caller.
func TestProxyTunnel_Refused(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"407 Proxy Authentication Required", "407 Log in first", "407 authenticationrequired", "407 ", "407"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
					_, _ = io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n")
					_ = c.Close()
				}
			}))
			t.Cleanup(proxy.Close)
			through, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			err = addGroup(t.Context(), clientOver(t, "https://exchange.test", &http.Transport{Proxy: http.ProxyURL(through)}))
			if asked.Load() != 1 || errors.Is(err, ews.ErrOutcomeUnknown) || !strings.Contains(err.Error(), through.Host) {
				t.Errorf("asked %d times: %v", asked.Load(), err)
			}
			checkTyped(t, err)
		})
	}
}

// hijacked takes the connection over from net/http; HTTP/2 has no connection per request, and loses
// the stream.
func hijacked(then func(*tls.Conn, *bufio.ReadWriter)) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		c, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if encrypted, ok := c.(*tls.Conn); ok {
			then(encrypted, buffered)
		}
		_ = c.Close()
	}
}
