package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// balancer stands in front of the acceptor. It shares its connections among its clients, or closes
// them after each response.
func balancer(t *testing.T, a *acceptor, share bool) string {
	t.Helper()
	target, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	back := &http.Transport{DisableKeepAlives: !share, MaxIdleConnsPerHost: 100}
	t.Cleanup(back.CloseIdleConnections)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = back
	return started(t, proxy).URL
}

func ntlmAs(t *testing.T, user, password string, opts *Options) *Transport {
	t.Helper()
	tr, err := NTLM(&http.Transport{}, Static(user, password), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestNTLM_SharedConnections: the server would take alice's second request for bob's.
func TestNTLM_SharedConnections(t *testing.T) {
	t.Parallel()
	at := balancer(t, newAcceptor(t, false, func(a *acceptor) { a.server = "Microsoft-IIS/10.0" }), true)
	alice := ntlmAs(t, `EXCH\alice`, "Al1ce-pass word", nil)
	bob := ntlmAs(t, `EXCH\bob`, "B0b-pass", nil)
	if got := post(t, alice, at, "hello"); got != `EXCH\alice 5` {
		t.Errorf("first request: %s", got)
	}
	if got := post(t, bob, at, "hello"); got != `EXCH\bob 5` {
		t.Errorf("bob's request: %s", got)
	}
	for range 2 {
		_, err := try(t.Context(), alice, at, "hello")
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.NotSent() || !e.InBetween() || !strings.Contains(err.Error(), "shared in between") {
			t.Errorf("second request: %v", err)
		}
	}
}

// TestNTLM_LoginPerRequest: through the same load balancer, the server knows the user of each
// request.
func TestNTLM_LoginPerRequest(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.server = "Microsoft-IIS/10.0" })
	at := balancer(t, a, true)
	opts := &Options{LoginPerRequest: true}
	var wg sync.WaitGroup
	for user, password := range map[string]string{"alice": "Al1ce-pass word", "bob": "B0b-pass"} {
		tr := ntlmAs(t, `EXCH\`+user, password, opts)
		for range 4 {
			wg.Go(func() {
				for range 10 {
					if got := post(t, tr, at, "hello"); got != `EXCH\`+user+` 5` {
						t.Errorf("%s: %s", user, got)
					}
				}
			})
		}
	}
	wg.Wait()
	if n := len(a.log()); n != 160 {
		t.Errorf("%d requests for 80 calls, want 160", n)
	}
}

// TestNTLM_Misrouted: the two messages of a login reach different connections of the server. The
// error does not blame the password.
func TestNTLM_Misrouted(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.server = "nginx" })
	at := balancer(t, a, false)
	tr := ntlmAs(t, `EXCH\alice`, "Al1ce-pass word", nil)
	for range 3 {
		_, err := try(t.Context(), tr, at, "hello")
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.Permanent() || !e.InBetween() || !strings.Contains(err.Error(), "in between") || strings.Contains(err.Error(), "password") {
			t.Errorf("error %v", err)
		}
	}
	if n := a.count("authenticate"); n != 1 {
		t.Errorf("%d logins, want 1 before the hold ends", n)
	}
	if got := post(t, ntlmAs(t, `EXCH\alice`, "Al1ce-pass word", nil), a.URL, "hello"); got != `EXCH\alice 5` {
		t.Errorf("at the server itself: %s", got)
	}
}

// TestNTLM_WrongPasswordAtIIS: its refusals say nothing about connections, so the password is named.
func TestNTLM_WrongPasswordAtIIS(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.server = "Microsoft-IIS/10.0" })
	_, err := try(t.Context(), ntlmAs(t, `EXCH\alice`, "wrong", nil), a.URL, "hello")
	if err == nil || !strings.Contains(err.Error(), "the server is in the domain EXCH), password") || len(a.log()) != 2 {
		t.Errorf("error %v after %d requests", err, len(a.log()))
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		if err := turns.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp, second := make(chan error, 1), make(chan error, 1)
		go func() { gaveUp <- turns.enter(ctx) }()
		synctest.Wait()
		go func() { second <- turns.enter(t.Context()) }()
		synctest.Wait()
		cancel()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			t.Errorf("the one that gave up: %v", err)
		}
		turns.leave()
		if err := <-second; err != nil {
			t.Error(err)
		}
		turns.leave()
		if turns.busy || len(turns.waiting) > 0 {
			t.Error("a turn was lost")
		}
	})
}
