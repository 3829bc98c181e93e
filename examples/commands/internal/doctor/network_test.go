package doctor

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// TestTLS looks at the certificate that httptest has, which is for example.com.
func TestTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	srv.StartTLS()
	t.Cleanup(srv.Close)
	known := x509.NewCertPool()
	known.AddCert(srv.Certificate())
	end := srv.Certificate().NotAfter
	there := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	at := func(moment time.Time) func() time.Time { return func() time.Time { return moment } }
	tests := map[string]struct {
		host string
		n    network
		want string
	}{
		"well": {
			"example.com",
			network{roots: known, dial: there},
			"ok TLS TLS 1.3, certificate for example.com",
		},
		"ends soon": {
			"example.com",
			network{roots: known, dial: there, now: at(end.Add(-49 * time.Hour))},
			"WARN TLS TLS 1.3, certificate for example.com",
		},
		"has ended": {
			"example.com",
			network{roots: known, dial: there, now: at(end.Add(time.Hour))},
			"FAIL TLS tls: failed to verify certificate: x509: certificate has expired",
		},
		"another name": {
			"mail.contoso.com",
			network{roots: known, dial: there},
			"FAIL TLS tls: failed to verify certificate: x509: certificate is valid for",
		},
		"unknown authority": {
			"example.com",
			network{roots: x509.NewCertPool(), dial: there},
			"FAIL TLS tls: failed to verify certificate: x509: certificate signed by unknown authority",
		},
		"nobody there": {"example.com", network{dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("connection refused")
		}}, "FAIL TLS connection refused -> nothing listens on port 443 there"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			d := &doctor{network: tc.n}
			d.tls(t.Context(), &url.URL{Scheme: "https", Host: tc.host})
			d.write(&out)
			wantLines(t, out.String(), tc.want)
		})
	}
}

func TestExtendedProtection(t *testing.T) {
	t.Parallel()
	wrong := &ews.HTTPError{StatusCode: http.StatusUnauthorized, Header: http.Header{}}
	busy := &ews.HTTPError{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}}
	denied := &ews.Error{Code: ews.ErrorNonExistentMailbox}
	errNotAsked := errors.New("not asked")
	tests := map[string]struct {
		first, second error
		bound, again  bool // the first login was bound; -unbound
		want          []string
	}{
		"required": {
			nil,
			wrong,
			true,
			false,
			[]string{"ok login as u", "ok Extended Protection required"},
		},
		"not required": {
			nil,
			denied,
			true,
			false,
			[]string{"ok login as u", "ok Extended Protection not required"},
		},
		"not to be told": {denied, busy, true, false, []string{"ok login as u", "WARN Extended Protection"}},
		"not bound": {
			nil,
			errNotAsked,
			false,
			false,
			[]string{"ok login as u", "- Extended Protection only a login by NTLM"},
		},
		"refused": {
			wrong,
			errNotAsked,
			true,
			false,
			[]string{"FAIL login", "- Extended Protection cannot be told from a wrong password"},
		},
		"bites": {
			wrong,
			nil,
			true,
			true,
			[]string{
				"ok login as u, without channel binding", "FAIL Extended Protection the login works without",
				"Most likely cause: Extended Protection.",
			},
		},
		"is not the cause": {
			wrong,
			wrong,
			true,
			true,
			[]string{"FAIL login", "- Extended Protection refused with and without"},
		},
		"refused and not bound": {wrong, errNotAsked, false, true, []string{"FAIL login"}},
		"fails":                 {busy, errNotAsked, true, true, []string{"FAIL login ews: HTTP 503"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			d := &doctor{unbound: tc.again, flags: &connect.Flags{}}
			d.flags.User = "u"
			d.loginResult(tc.first, tc.bound, func() error {
				if errors.Is(tc.second, errNotAsked) {
					t.Error("a second login, which may count against the account")
				}
				return tc.second
			})
			d.write(&out)
			wantLines(t, out.String(), tc.want...)
		})
	}
	if refused(&auth.Error{}) || !refused(&ews.TransportError{Err: wrong}) {
		t.Error("refused takes the wrong errors")
	}
}

// TestLogin_LoadBalancer: a login that a load balancer breaks is not called a wrong password.
func TestLogin_LoadBalancer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	tr, err := auth.NTLM(nil, auth.Static(`CORP\u`, "s3cret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.RoundTrip(r) //nolint:bodyclose // there is none
	var out bytes.Buffer
	d := &doctor{flags: &connect.Flags{}}
	d.loginResult(err, true, func() error {
		t.Error("a second login")
		return nil
	})
	d.write(&out)
	wantLines(t, out.String(), "FAIL login auth: NTLM to http://")
	if !strings.Contains(out.String(), "user and password are not the cause") || !strings.Contains(out.String(), "--login-per-request") {
		t.Error(out.String())
	}
}

func TestProduct(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		v    ews.ServerVersion
		want string
	}{
		{ews.ServerVersion{Major: 14, Minor: 3}, "older than Exchange 2013"},
		{ews.ServerVersion{Major: 15}, "Exchange 2013"},
		{ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 1748}, "Exchange 2019"},
		{ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562}, "Subscription Edition"},
		{ews.ServerVersion{Major: 15, Minor: 20, MajorBuild: 9000}, "Exchange Online"},
	} {
		if got, _ := product(tc.v); got != tc.want {
			t.Errorf("%v is %q, want %q", tc.v, got, tc.want)
		}
	}
}

// TestTLS_BehindProxy has servers behind a proxy that stay silent, or take old versions of TLS only.
func TestTLS_BehindProxy(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		"":                             "FAIL TLS the connection opens, and no TLS handshake comes within 10s",
		"\x15\x03\x01\x00\x02\x02\x46": "FAIL TLS remote error: tls: protocol version not supported -> the server must have TLS 1.2",
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &doctor{flags: &connect.Flags{Dial: tunnelTo(response)}, network: network{dial: bypassing(t)}}
			d.flags.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.contoso.test:3128"})
			began := time.Now()
			status, stdout, stderr := d.examined(t.Context(), "s3cret",
				"--endpoint", "https://mail.contoso.test/EWS/Exchange.asmx", "--user", "tony", "--auth", "basic")
			if took := time.Since(began); status != 1 || took > 30*time.Second {
				t.Errorf("status %d after %v: %s", status, took, stderr)
			}
			wantLines(t, stdout, "ok proxy", want)
		})
	}
}

// bypassing fails the test if a connection goes around the proxy.
func bypassing(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection goes around the proxy")
		return nil, errors.New("not through the proxy")
	}
}

// tunnelTo dials a proxy to a server that sends a response of TLS to the first message, and no more.
func tunnelTo(response string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if _, err := http.ReadRequest(bufio.NewReader(far)); err != nil {
				return
			}
			_, _ = io.WriteString(far, "HTTP/1.1 200 Connection established\r\n\r\n")
			_, _ = far.Read(make([]byte, 1<<14))
			_, _ = io.WriteString(far, response)
			_, _ = io.Copy(io.Discard, far)
		}()
		return near, nil
	}
}

// TestSilent has a port that takes connections and says nothing: the report comes in seconds.
func TestSilent(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]string{
		"https": "FAIL TLS the connection opens, and no TLS handshake comes within 10s -> the port takes connections and stays silent",
		"http":  "FAIL schemes ews: GetImItemList: no response within 20s",
	} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				silent := func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					t.Cleanup(func() { _ = far.Close() })
					return near, nil
				}
				d := &doctor{flags: &connect.Flags{Dial: silent}, network: network{dial: silent}}
				began := time.Now()
				status, stdout, stderr := d.examined(t.Context(), "s3cret",
					"--endpoint", scheme+"://127.0.0.1:1/EWS/Exchange.asmx", "--user", "tony", "--auth", "basic")
				if took := time.Since(began); status != 1 || took > 30*time.Second {
					t.Errorf("status %d after %v: %s", status, took, stderr)
				}
				wantLines(t, stdout, want, "Most likely cause: ")
			})
		})
	}
}
