package auth

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestNTLM_InNegotiate: a server that offers Negotiate only takes NTLM there, bound and protected as
// ever. To find out costs one request.
func TestNTLM_InNegotiate(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, true, func(a *acceptor) { a.only = true })
	bindTo(a, a.Certificate(), true)
	tr := mustNTLM(t, a, &Options{MaxConns: 1})
	for range 3 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("response %s", got)
		}
	}
	if n := len(a.log()); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
	tr.CloseIdleConnections()
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` || len(a.log()) != 7 {
		t.Errorf("a new connection: %s, %d requests, want 7", got, len(a.log()))
	}
	manyTransports(t, func() (*Transport, error) {
		return NTLM(a.base(), Static(`EXCH\bob`, "wrong"), nil)
	}, a.URL)
	if n := a.count("authenticate"); n != 3 {
		t.Errorf("%d logins, want 2 and one with the wrong password", n)
	}
}

// TestNTLM_NotInNegotiate: a server that takes Kerberos only says so.
func TestNTLM_NotInNegotiate(t *testing.T) {
	t.Parallel()
	for _, offer := range []string{"Negotiate", "Negotiate oRQwEqADCgEC"} {
		a := newAcceptor(t, false, func(a *acceptor) {
			a.hook = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				w.Header().Set("WWW-Authenticate", offer)
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, "no")
				return true
			}
		})
		for range 2 {
			got := post(t, mustNTLM(t, a, nil), a.URL, "hello")
			if !strings.Contains(got, "takes no NTLM in it") || !strings.Contains(got, "Kerberos") {
				t.Errorf("%s: %s", offer, got)
			}
		}
	}
}
