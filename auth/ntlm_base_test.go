package auth

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestNTLM_RefusesAnHTTPProxy(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the proxy was used")
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword("proxyuser", "proxy-secret")
	tr, err := NTLM(&http.Transport{Proxy: http.ProxyURL(at)}, Static("user", "password"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := statusOf(t, tr, a.URL)
	if !strings.Contains(got, "proxy "+at.Host) || strings.Contains(got, "proxy-secret") {
		t.Errorf("error %s", got)
	}
}

// TestNTLM_BaseSettings: useful settings of the base transport are kept, those that break NTLM are
// not.
func TestNTLM_BaseSettings(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	dials := 0
	base := &http.Transport{
		DisableKeepAlives: true, MaxIdleConnsPerHost: -1, MaxConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	for range 3 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("response %s", got)
		}
	}
	if dials != 1 || !base.DisableKeepAlives || base.Protocols != nil || base.TLSNextProto != nil {
		t.Errorf("%d dials, base %+v", dials, base)
	}
}

// TestNTLM_HTTP2IsOff: the server offers HTTP/2, and the base transport has used it already.
func TestNTLM_HTTP2IsOff(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, true, func(a *acceptor) { a.EnableHTTP2 = true })
	base := a.base()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := base.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("the base transport speaks %s", resp.Proto)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	for name, change := range map[string]func(*http.Transport){
		"used before":   func(*http.Transport) {},
		"forced":        func(b *http.Transport) { b.ForceAttemptHTTP2 = true },
		"HTTP/2 only":   func(b *http.Transport) { b.Protocols = protocols },
		"configuration": func(b *http.Transport) { b.TLSClientConfig.NextProtos = []string{"h2"} },
		"an upgrade of its own": func(b *http.Transport) {
			b.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{
				"http/1.1": func(string, *tls.Conn) http.RoundTripper { return nil },
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := base.Clone()
			change(own)
			tr, err := NTLM(own, Static(`EXCH\alice`, "Al1ce-pass word"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
				t.Errorf("response %s", got)
			}
		})
	}
}

// TestOneProtocol_LeavesBaseAlone guards the caller's transport: a cloned tls.Config shares its
// slices with the original, so that editing them in place changes both.
func TestOneProtocol_LeavesBaseAlone(t *testing.T) {
	t.Parallel()
	protos := []string{"h2", "http/1.1", "other"}
	base := &http.Transport{TLSClientConfig: &tls.Config{NextProtos: protos, MinVersion: tls.VersionTLS12}}
	if _, err := NTLM(base, Static("user", "password"), nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"h2", "http/1.1", "other"}; !slices.Equal(protos, want) {
		t.Errorf("the base transport's protocols are now %q, want %q", protos, want)
	}
}
