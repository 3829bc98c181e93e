package netfault_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/proxyerror"
)

func dial(err error) error {
	return fmt.Errorf("not sent: %w", &net.OpError{Op: "dial", Net: "tcp", Err: err})
}

func TestKindAndAdvice(t *testing.T) {
	t.Parallel()
	verify := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	alert := func(text string) error { return &net.OpError{Op: "remote error", Err: errors.New("tls: " + text)} }
	expired := &x509.Certificate{
		NotBefore: time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
	}
	names := &x509.Certificate{DNSNames: []string{"a.test", "b\u202e.test", "c", "d", "e", "f"}}
	for _, tc := range []struct {
		name   string
		err    error
		kind   string
		advice string // a part of it
	}{
		{"canceled", context.Canceled, netfault.Canceled, ""},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), netfault.Timeout, ""},
		{"timeout of a connection", dial(os.ErrDeadlineExceeded), netfault.Timeout, ""},
		{"no such host", dial(&net.DNSError{Err: "no such host", IsNotFound: true}), netfault.DNS, "host name mail.test"},
		{"slow name server", dial(&net.DNSError{Err: "timeout", IsTimeout: true}), netfault.DNS, "name server"},
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), netfault.Refused, "nothing listens"},
		{"refused on Windows", dial(os.NewSyscallError("connectex", syscall.Errno(10061))), netfault.Refused, "nothing listens"},
		{"unreachable", dial(syscall.EHOSTUNREACH), netfault.Unreachable, "no route to mail.test"},
		{"no network", dial(syscall.ENETUNREACH), netfault.Unreachable, "VPN"},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, netfault.Reset, ""},
		{"broken pipe", &net.OpError{Op: "write", Err: syscall.EPIPE}, netfault.Reset, ""},
		{"stream reset", errors.New("stream error: stream ID 1; PROTOCOL_ERROR; received from peer"), netfault.Reset, "breaks off HTTP/2"},
		{"EOF", io.EOF, netfault.Closed, ""},
		{"cut", fmt.Errorf("x: %w", io.ErrUnexpectedEOF), netfault.Closed, ""},
		{"idle", errors.New("http: server closed idle connection"), netfault.Closed, ""},
		{"not HTTP", errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response`), netfault.HTTP, ""},
		{"proxy refuses", &proxyerror.Error{Proxy: "p:1", StatusCode: 407}, netfault.Proxy, ""},
		{
			"proxy is down", &net.OpError{Op: "proxyconnect", Err: dial(syscall.ECONNREFUSED)}, netfault.Proxy,
			"proxy cannot be reached",
		},
		{"authority", verify(x509.UnknownAuthorityError{}), netfault.TLS, "mail.test comes from an authority"},
		{"name", verify(x509.HostnameError{Certificate: names, Host: "mail.test"}), netfault.TLS, "not name mail.test (but a.test, b\ufffd.test, c, d, e, …)"},
		{"no name", verify(x509.HostnameError{Certificate: &x509.Certificate{}}), netfault.TLS, "not name mail.test:"},
		{
			"expired", verify(x509.CertificateInvalidError{Cert: expired, Reason: x509.Expired}), netfault.TLS,
			"mail.test is valid from 2025-01-02 to 2026-01-02 only",
		},
		{"usage", verify(x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}), netfault.TLS, "usages"},
		{"no roots", verify(x509.SystemRootsError{}), netfault.TLS, "ca-certificates"},
		{
			"SHA-1 of an authority", verify(fmt.Errorf("insecure algorithm SHA1-RSA: %w", x509.UnknownAuthorityError{})),
			netfault.TLS, "no longer safe",
		},
		{"SHA-1", verify(x509.InsecureAlgorithmError(x509.SHA1WithRSA)), netfault.TLS, "no longer safe"},
		{"version, said by the server", alert("protocol version not supported"), netfault.TLS, "no version of TLS in common"},
		{"version, chosen by the server", errors.New("tls: server selected unsupported protocol version 301"), netfault.TLS, "no version"},
		{"ciphers", alert("handshake failure"), netfault.TLS, "cipher suites"},
		{"client certificate", alert("certificate required"), netfault.TLS, "client certificate"},
		{"name of SNI", alert("unrecognized name"), netfault.TLS, "does not serve the name mail.test"},
		{"other alert", alert("internal error"), netfault.TLS, "handshake with mail.test failed"},
		{"plain HTTP", fmt.Errorf("%w: x", http.ErrSchemeMismatch), netfault.TLS, "does not speak TLS"},
		{"no TLS", tls.RecordHeaderError{Msg: "x"}, netfault.TLS, "does not speak TLS"},
		{"unknown", errors.New("boom"), netfault.Other, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := netfault.Kind(tc.err); got != tc.kind {
				t.Errorf("kind %q, want %q", got, tc.kind)
			}
			got := netfault.Advice(tc.err, "mail.test")
			if tc.advice == "" && got != "" || !strings.Contains(got, tc.advice) {
				t.Errorf("advice %q, want %q", got, tc.advice)
			}
		})
	}
}

// TestAdvice_RealServers holds the advice against what crypto/tls and net/http return in fact.
func TestAdvice_RealServers(t *testing.T) {
	t.Parallel()
	start := func(tls *tls.Config, secure bool) *httptest.Server {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = tls
		if secure {
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
		return s
	}
	secure := start(nil, true)
	old := start(&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, true)
	mutual := start(&tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}, true)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for _, tc := range []struct {
		name   string
		server *httptest.Server
		config *tls.Config
		advice string
	}{
		{"authority", secure, &tls.Config{MinVersion: tls.VersionTLS12}, "authority that this machine does not know"},
		{"name", secure, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "mail.test"}, "but example.com"},
		{
			"expired", secure,
			&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Time: func() time.Time { return time.Unix(1<<40, 0) }},
			"renew it",
		},
		{"version", old, &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}, "no version of TLS in common"},
		{"client certificate", mutual, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, "client certificate"},
		{"no TLS", start(nil, false), &tls.Config{MinVersion: tls.VersionTLS12}, "does not speak TLS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			transport := &http.Transport{TLSClientConfig: tc.config}
			defer transport.CloseIdleConnections()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Scheme = "https"
			res, err := transport.RoundTrip(r)
			if err == nil {
				_ = res.Body.Close()
				t.Fatal("a connection came about")
			}
			if kind := netfault.Kind(err); kind != netfault.TLS {
				t.Errorf("kind %q of %v", kind, err)
			}
			if got := netfault.Advice(err, r.URL.Host); !strings.Contains(got, tc.advice) {
				t.Errorf("%v: advice %q, want %q", err, got, tc.advice)
			}
		})
	}
}

// TestProxy holds the kind and the advice for a proxy that opens no tunnel, for a transport of ours
// and for one of the caller's.
func TestProxy(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 407, 429, 502, 503} {
		for _, ours := range []bool{true, false} {
			t.Run(fmt.Sprint(status, ours), func(t *testing.T) {
				t.Parallel()
				proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(status)
				}))
				t.Cleanup(proxy.Close)
				u, err := url.Parse(proxy.URL)
				if err != nil {
					t.Fatal(err)
				}
				u.User = url.UserPassword("u", "secret")
				transport := &http.Transport{Proxy: http.ProxyURL(u)}
				if ours {
					proxyerror.Hook(transport)
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mail.test/x", http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				res, err := transport.RoundTrip(r)
				if err == nil {
					_ = res.Body.Close()
					t.Fatal("a tunnel")
				}
				got, ok := errors.AsType[*proxyerror.Error](proxyerror.Explain(transport, r, err))
				if !ok || got.Proxy != u.Host || got.StatusCode != status || !got.NotSent() {
					t.Fatalf("%v: %+v", err, got)
				}
				if permanent := status == 403 || status == 407; got.Permanent() != permanent {
					t.Errorf("permanent: %v", got.Permanent())
				}
				if text := got.Error(); !strings.Contains(text, u.Host) || strings.Contains(text, "secret") {
					t.Error(text)
				}
			})
		}
	}
}

// TestExplain_ReasonPhrase: a proxy chooses its own reason phrase. What may be a refused login is not
// repeated.
func TestExplain_ReasonPhrase(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mail.test/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	proxied := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "p.test"})}
	for _, tc := range []struct {
		err       error
		status    int
		permanent bool
	}{
		{errors.New("Proxy Authentication Required"), 407, true},
		{errors.New("Proxy Authentication Required ( The server requires authorization to fulfill the request. )"), 407, true},
		{errors.New("authenticationrequired"), 407, true},
		{errors.New("Proxy Authorization required"), 407, true},
		{errors.New("Forbidden by policy"), 403, true},
		{errors.New("Blocked"), 0, true},
		{errors.New(""), 0, true},
		{errors.New("unknown status code"), 0, true},
		{errors.New("Too Many Requests"), 429, false},
		{errors.New("SERVICE UNAVAILABLE"), 503, false},
		{io.ErrUnexpectedEOF, 0, false},
	} {
		got, ok := errors.AsType[*proxyerror.Error](proxyerror.Explain(proxied, r, tc.err))
		if !ok || got.StatusCode != tc.status || got.Permanent() != tc.permanent || strings.Contains(got.Error(), ": ;") {
			t.Errorf("%q: %+v, %v", tc.err, got, got)
		}
	}
}

// TestExplain_Other holds that nothing else is taken for a proxy's words.
func TestExplain_Other(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mail.test/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	proxied := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "p.test"})}
	socks := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "socks5", Host: "p.test"})}
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("shutting down"))
	if got := proxyerror.Explain(proxied, r.WithContext(ended), context.Cause(ended)); got != context.Cause(ended) { //nolint:errorlint // the same value
		t.Errorf("the cause of a context: %v", got)
	}
	for name, tc := range map[string]struct {
		rt  http.RoundTripper
		err error
	}{
		"no proxy":          {&http.Transport{}, errors.New("Forbidden")},
		"SOCKS":             {socks, errors.New("Forbidden")},
		"another transport": {http.NewFileTransport(http.Dir(".")), errors.New("Forbidden")},
		"network":           {proxied, &net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}},
		"context":           {proxied, context.Canceled},
		"deadline":          {proxied, context.DeadlineExceeded},
		"wrapped":           {proxied, fmt.Errorf("x: %w", io.EOF)},
		"lost in TLS":       {proxied, io.EOF},
		"no TLS":            {proxied, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}},
		"no TLS, by Client": {proxied, http.ErrSchemeMismatch},
		"TLS, a bare text":  {proxied, errors.New("tls: received unexpected handshake message")},
	} {
		if got := proxyerror.Explain(tc.rt, r, tc.err); got != tc.err { //nolint:errorlint // the same value
			t.Errorf("%s: %v", name, got)
		}
	}
}
