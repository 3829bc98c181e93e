package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBasic_Header(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, user, password string }{
		{"domain", `EXCH\alice`, "Al1ce-pass word"},
		{"upn", "alice@exch.test", "a:b:c"},
		{"non-ASCII", "müller", "Pässwörd-€-Ω"},
		{"empty password", "alice", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var user, password string
			tr, err := Basic(roundTripper(func(r *http.Request) (*http.Response, error) {
				user, password, _ = r.BasicAuth()
				return reply(r, 200, nil, "ok"), nil
			}), Static(c.user, c.password), nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, exchange, strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if user != c.user || password != c.password {
				t.Errorf("sent %q, %q", user, password)
			}
			if len(r.Header) != 0 || resp.Request != r {
				t.Errorf("the caller's request was changed: %v", r.Header)
			}
		})
	}
}

func TestBasic_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		credentials Credentials
		want        string
	}{
		{"a colon", Static("a:b", "s3cret"), "colon"},
		{"a line feed", Static("a", "s3cret\n"), "control character"},
		{"no user", Static("", "s3cret"), "user name is empty"},
		{"invalid UTF-8", Static("a", "s3cret\xff"), "UTF-8"},
		{"NUL", Static("a", "s3cret\x00"), "NUL"},
		{"a failing function", func(context.Context) (string, string, error) {
			return "", "", errors.New("vault sealed")
		}, "vault sealed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, err := Basic(roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("something was sent")
				return nil, errors.New("no")
			}), c.credentials, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = try(t.Context(), tr, exchange, "hello")
			var e *Error
			if !errors.As(err, &e) || !e.NotSent() ||
				!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestBasic_WrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sent := 0
	tr, err := Basic(roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		sent++
		return reply(r, 401, http.Header{"Www-Authenticate": {"Negotiate", `Basic realm="x"`}}, ""), nil
	}), Static("alice", "wrong"+rand.Text()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var first *Error
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			_, err := try(t.Context(), tr, exchange, "hello")
			var e *Error
			if !errors.As(err, &e) || !e.NotSent() {
				t.Errorf("error %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if e.StatusCode == 401 {
				first = e
			}
		})
	}
	wg.Wait()
	if sent != 1 || first == nil {
		t.Fatalf("sent %d times, want once", sent)
	}
	if diff := cmp.Diff([]string{"Negotiate", "Basic"}, first.Offered); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
}
