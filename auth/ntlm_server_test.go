package auth

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNTLM_ServerForgets is IIS with authPersistSingleRequest: each request must log in.
func TestNTLM_ServerForgets(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.forgets = true })
	tr := mustNTLM(t, a, nil)
	for range 4 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("response %s", got)
		}
	}
	var legs []string
	for _, r := range a.log() {
		legs = append(legs, r.leg)
	}
	want := []string{
		"negotiate", "authenticate",
		"none", "negotiate", "authenticate", // from here on it is known
		"negotiate", "authenticate",
		"negotiate", "authenticate",
	}
	if diff := cmp.Diff(want, legs); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if n := a.conns.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestNTLM_LoginLostWithoutGetBody cannot send the body again and says so.
func TestNTLM_LoginLostWithoutGetBody(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.forgets = true })
	tr := mustNTLM(t, a, nil)
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
		t.Fatal(got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL, io.MultiReader(strings.NewReader("hello")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.RoundTrip(r) //nolint:bodyclose // there is none
	var e *Error
	if !errors.As(err, &e) || !e.NotSent() || !errors.Is(err, errNoReplay) {
		t.Errorf("error %v, want errNoReplay", err)
	}
}

// TestNTLM_OddServers: the response to the login is no challenge.
func TestNTLM_OddServers(t *testing.T) {
	t.Parallel()
	text := func(status int, header, value string) func(http.ResponseWriter, *http.Request, string) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "odd")
			return true
		}
	}
	for _, c := range []struct {
		name string
		hook func(w http.ResponseWriter, r *http.Request, leg string) bool
		want string // in the error, or the status of the response
	}{
		{"no scheme offered", text(401, "", ""), "offers no scheme"},
		{
			"another scheme offered", text(401, "WWW-Authenticate", `Basic realm="x", Negotiate`),
			"the server offers Basic, Negotiate",
		},
		{"no challenge", text(401, "WWW-Authenticate", "NTLM"), "load balancer"},
		{"challenge that is no base64", text(401, "WWW-Authenticate", "NTLM TlR=NT"), "returned no challenge"},
		{"challenge of another length", text(401, "WWW-Authenticate", "NTLM TlRMT"), "not base64"},
		{"challenge cut", text(401, "WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA"), "NTLM challenge has 12 bytes"},
		{"closes each connection", func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			w.Header().Set("Connection", "close")
			return text(401, "WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")(w, nil, "")
		}, "does not outlast"},
		{"endless refusal", func(w http.ResponseWriter, r *http.Request, _ string) bool {
			w.Header().Set("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")
			w.WriteHeader(http.StatusUnauthorized)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<12)); err != nil {
					return true
				}
			}
			return true
		}, "does not outlast"},
		{"internal error", text(500, "X-Ms-Diagnostics", `1;reason="x"`), `returned 500 to the login`},
		{"bad gateway", text(502, "", ""), `returned 502 to the login`},
		{"busy", text(503, "Retry-After", "7"), "status 503"},
		{"forbidden", text(403, "", ""), "status 403"},
		{"redirect", text(302, "Location", "/owa"), "status 302"},
		{"no login wanted", func(w http.ResponseWriter, r *http.Request, _ string) bool {
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
			return true
		}, "status 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, func(a *acceptor) { a.hook = c.hook })
			tr := mustNTLM(t, a, &Options{MaxConns: 1})
			for range 2 { // the connection must be free again
				if got := statusOf(t, tr, a.URL); !strings.Contains(got, c.want) {
					t.Errorf("%s, want %q", got, c.want)
				}
			}
		})
	}
}

// statusOf returns the status of the response, or the error, which must say that nothing was sent.
func statusOf(t *testing.T, tr http.RoundTripper, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("hello"))
	if err != nil {
		return err.Error()
	}
	resp, err := tr.RoundTrip(r)
	if e, ok := errors.AsType[*Error](err); ok {
		if !e.NotSent() {
			t.Errorf("sent, says %v", err)
		}
		return err.Error()
	}
	if err != nil {
		return err.Error()
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return "status " + resp.Status
}
