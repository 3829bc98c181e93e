package autodiscover_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestFind_LockOut holds that a wrong password is sent to two hosts at most, and once to each.
func TestFind_LockOut(t *testing.T) {
	t.Parallel()
	const mail, mx = "https://mail.contoso.com/x", "https://mx.contoso.com/autodiscover/autodiscover.xml"
	n := &internet{
		pages: map[string]page{
			poxDomain: rejecting, poxSub: rejecting, plain: redirect(mail), mail: rejecting, mx: rejecting,
		},
		records: []*net.SRV{{Target: "mx.contoso.com.", Port: 443}},
	}
	err := mustFail(t, n, n.options())
	requests, _ := n.log()
	logins := slices.DeleteFunc(requests, func(r string) bool { return !strings.HasSuffix(r, "+login") })
	want := []string{"POST " + poxDomain + " +login", "POST " + poxSub + " +login"}
	if diff := cmp.Diff(want, logins); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	if !strings.Contains(err.Error(), "2 hosts refused the credentials") {
		t.Errorf("the error does not say so: %v", err)
	}
}

func TestFind_Client(t *testing.T) {
	t.Parallel()
	errVault := errors.New("vault is sealed")
	refused := &statusError{401}
	tests := map[string]struct {
		client func(string) (*http.Client, error)
		want   string
		is     error
	}{
		"none": {nil, "there are none;", nil},
		"nil":  {func(string) (*http.Client, error) { return nil, nil }, "there are none for this host", nil},
		"error": {
			func(string) (*http.Client, error) { return nil, errVault },
			"no client for https://contoso.com: vault",
			errVault,
		},
		"refuses": {failing(refused), "the credentials were refused", refused},
		"fails":   {failing(errVault), "vault is sealed", errVault},
		"keeps cookies": {
			func(string) (*http.Client, error) { return &http.Client{Jar: noJar{t}, Transport: rejecting401{}}, nil },
			"were refused",
			nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{poxDomain: rejecting}}
			opts := n.options()
			opts.Client = tc.client
			err := mustFail(t, n, opts)
			if !strings.Contains(err.Error(), tc.want) || tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("the error lacks %q, or %v in it:\n%v", tc.want, tc.is, err)
			}
		})
	}
}

// statusError is the error that a transport which logs in makes of a response.
type statusError struct{ code int }

func (e *statusError) Error() string   { return "no" }
func (e *statusError) HTTPStatus() int { return e.code }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func failing(err error) func(string) (*http.Client, error) {
	return func(string) (*http.Client, error) {
		return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })}, nil
	}
}

type rejecting401 struct{}

func (rejecting401) RoundTrip(r *http.Request) (*http.Response, error) { return rejecting(r), nil }

// TestFind_Certificate holds that a certificate for another name ends the step, for requests with
// and without credentials alike, and that the host is not asked again.
func TestFind_Certificate(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 100)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- r.URL.Path
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	srv.StartTLS()
	t.Cleanup(srv.Close)
	transport := srv.Client().Transport.(*http.Transport).Clone() //nolint:errcheck // of httptest
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasSuffix(addr, ":80") {
			return nil, errors.New("connection refused")
		}
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	t.Cleanup(transport.CloseIdleConnections)
	opts := (&internet{}).options()
	opts.Transport = transport
	_, err := autodiscover.Find(t.Context(), email, opts)
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(reached) > 0 {
		t.Errorf("reached %d times: %v", len(reached), err)
	}
	if !strings.Contains(err.Error(), "there was no connection to this host before") {
		t.Errorf("the host was asked again: %v", err)
	}
}

// noJar fails the test that uses it.
type noJar struct{ t *testing.T }

func (j noJar) SetCookies(*url.URL, []*http.Cookie) { j.t.Error("a cookie was kept") }

func (j noJar) Cookies(*url.URL) []*http.Cookie {
	j.t.Error("cookies were asked for")
	return nil
}
