package autodiscover_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/relay"
)

// TestFind_LostInTunnel: a proxy that has opened a tunnel has refused nothing; the step says what
// happened in the tunnel.
func TestFind_LostInTunnel(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(relay.Tunnel(server.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := server.Client().Transport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // of httptest
	transport.TLSClientConfig.ServerName = "example.com"
	transport.Proxy = http.ProxyURL(through)
	t.Cleanup(transport.CloseIdleConnections)
	n := &internet{}
	opts := n.options()
	opts.Transport = transport
	text := mustFail(t, n, opts).Error()
	if !strings.Contains(text, "POST "+poxDomain+": EOF") || strings.Contains(text, "the proxy") {
		t.Error(text)
	}
}
