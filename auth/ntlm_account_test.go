package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestNTLM_Users(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) {
		a.users["plain"] = "pw"
		a.users[`EXCH\carol`] = "Pässwörd-€-Ω-𝄞"
		a.users[`EXCH\empty`] = ""
		a.users[`EXCH\müller`] = "x"
	})
	for _, c := range []struct{ name, user, password, want string }{
		{"domain", `EXCH\alice`, "Al1ce-pass word", `EXCH\alice 0`},
		{"upn", "alice@exch.test", "Al1ce-pass word", "alice@exch.test 0"},
		{"no domain", "plain", "pw", "plain 0"},
		{"empty domain", `\plain`, "pw", "plain 0"},
		{"non-ASCII password", `EXCH\carol`, "Pässwörd-€-Ω-𝄞", `EXCH\carol 0`},
		{"empty password", `EXCH\empty`, "", `EXCH\empty 0`},
		{"non-ASCII user", `EXCH\müller`, "x", `EXCH\müller 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, err := NTLM(a.base(), Static(c.user, c.password), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, a.URL, ""); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestNTLM_Identities has three identities on one base transport.
func TestNTLM_Identities(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, true, nil)
	base := a.base()
	alice := mustNTLM(t, a, &Options{MaxConns: 4})
	bob, err := NTLM(base, Static(`EXCH\bob`, "B0b-pass"), &Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.CloseIdleConnections()
	var wg sync.WaitGroup
	for w := range 48 {
		tr := []http.RoundTripper{alice, bob, base}[w%3]
		want := []string{`EXCH\alice 5`, `EXCH\bob 5`, "unauthorized"}[w%3]
		wg.Go(func() {
			for range 10 {
				if got := post(t, tr, a.URL, "hello"); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestNTLM_WrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	tr, err := NTLM(a.base(), Static(`EXCH\alice`, "wrong"), &Options{MaxConns: 64})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 4 {
				_, err := try(t.Context(), tr, a.URL, "hello")
				var e *Error
				if !errors.As(err, &e) || !e.NotSent() || strings.Contains(err.Error(), "wrong") {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := a.count("authenticate"); n != 1 {
		t.Errorf("%d AUTHENTICATE messages, want 1", n)
	}
}

// TestNTLM_Rotation changes the password, then the account, while connections are open.
func TestNTLM_Rotation(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	var mu sync.Mutex
	user, password := `EXCH\alice`, "old"
	set := func(u, p string) {
		mu.Lock()
		defer mu.Unlock()
		user, password = u, p
	}
	tr, err := NTLM(a.base(), func(context.Context) (string, string, error) {
		mu.Lock()
		defer mu.Unlock()
		return user, password, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	if _, err := try(t.Context(), tr, a.URL, "hello"); err == nil {
		t.Error("the old password was accepted")
	}
	set(`EXCH\alice`, "Al1ce-pass word")
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
		t.Errorf("after the rotation: %s", got)
	}
	set(`EXCH\bob`, "B0b-pass")
	tr.CloseIdleConnections() // the credentials are asked for when a connection logs in
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\bob 5` {
		t.Errorf("after the change of the account: %s", got)
	}
}

// TestNTLM_ChangedAccountLeavesOldConnections: a connection that the old account logged in on is not
// used once the new one has logged in.
func TestNTLM_ChangedAccountLeavesOldConnections(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	var mu sync.Mutex
	accounts := [][2]string{{`EXCH\alice`, "Al1ce-pass word"}, {`EXCH\bob`, "B0b-pass"}}
	tr, err := NTLM(a.base(), func(context.Context) (string, string, error) {
		mu.Lock()
		defer mu.Unlock()
		now := accounts[0]
		accounts = accounts[min(1, len(accounts)-1):]
		return now[0], now[1], nil
	}, &Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	// Alice's response stays unread, so her connection is busy while bob logs in on another.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	open, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := post(t, tr, a.URL, ""); got != `EXCH\bob 0` {
		t.Errorf("the second login: %s", got)
	}
	_, _ = io.Copy(io.Discard, open.Body)
	_ = open.Body.Close()
	for range 5 {
		if got := post(t, tr, a.URL, ""); got != `EXCH\bob 0` {
			t.Errorf("later: %s", got)
		}
	}
}
