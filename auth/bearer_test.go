package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// A tokenSource numbers its tokens: token1, token2 and so on.
type tokenSource struct {
	life  time.Duration // 0: unlimited
	takes time.Duration
	same  bool // always returns the same token
	err   error

	mu     sync.Mutex
	claims []string // of each fetch
}

func (s *tokenSource) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	s.mu.Lock()
	s.claims = append(s.claims, claims)
	n, err := len(s.claims), s.err
	s.mu.Unlock()
	if s.same {
		n = 1
	}
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	token := &oauth2.Token{AccessToken: fmt.Sprintf("token%d", n)}
	if s.life > 0 {
		token.Expiry = time.Now().Add(s.life)
	}
	return token, nil
}

func (s *tokenSource) fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.claims)
}

func (s *tokenSource) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// A resource responds with the token that it got; some are revoked.
type resource struct {
	header http.Header // of a 401
	takes  time.Duration

	mu      sync.Mutex
	revoked map[string]bool
	calls   int
}

func (s *resource) RoundTrip(r *http.Request) (*http.Response, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	s.calls++
	revoked := s.revoked[token]
	s.mu.Unlock()
	time.Sleep(s.takes)
	if revoked {
		return reply(r, http.StatusUnauthorized, s.header, ""), nil
	}
	return reply(r, http.StatusOK, nil, token), nil
}

func (s *resource) revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked == nil {
		s.revoked = map[string]bool{}
	}
	s.revoked[token] = true
}

const exchange = "https://outlook.example/EWS/Exchange.asmx"

func mustBearer(t *testing.T, base http.RoundTripper, s TokenSource) *Transport {
	t.Helper()
	tr, err := Bearer(base, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestBearer_KeepsTheToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		life  time.Duration
		pause time.Duration
		want  []string
	}{
		{"no expiry", 0, 1000 * time.Hour, []string{"token1", "token1", "token1"}},
		{"an hour, within 55 minutes", time.Hour, 27 * time.Minute, []string{"token1", "token1", "token1"}},
		{"an hour, 5 minutes before the end", time.Hour, 28 * time.Minute, []string{"token1", "token1", "token2"}},
		{"an hour, after the end", time.Hour, 61 * time.Minute, []string{"token1", "token2", "token3"}},
		{"a short life lasts for half of it", 2 * time.Minute, 59 * time.Second, []string{"token1", "token1", "token2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := mustBearer(t, &resource{}, &tokenSource{life: c.life})
				var got []string
				for range c.want {
					got = append(got, post(t, tr, exchange, "hello"))
					time.Sleep(c.pause)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("tokens (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestBearer_OneFetchForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenSource{takes: 10 * time.Second}
		tr := mustBearer(t, &resource{}, s)
		// One request is canceled before the others; the fetch continues.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := try(ctx, tr, exchange, "hello")
		var e *Error
		if !errors.As(err, &e) || !e.NotSent() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want a deadline and nothing sent", err)
		}
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if got := post(t, tr, exchange, "hello"); got != "token1" {
					t.Errorf("response %s", got)
				}
			})
		}
		wg.Wait()
		if n := s.fetches(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

// TestBearer_Revoked has a token revoked under 64 goroutines.
func TestBearer_Revoked(t *testing.T) {
	t.Parallel()
	const claims = `{"access_token":{"nbf":{"value":"1"}}}`
	for _, c := range []struct{ name, header, claims string }{
		{"plain", `Bearer error="invalid_token"`, ""},
		{"claims challenge", claimsHeader(claims), claims},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &tokenSource{takes: time.Second}
				server := &resource{header: http.Header{"Www-Authenticate": {c.header}}}
				tr := mustBearer(t, server, s)
				if got := post(t, tr, exchange, "hello"); got != "token1" {
					t.Fatal(got)
				}
				server.revoke("token1")
				server.takes = time.Second // so that all are refused before the new token is there
				var wg sync.WaitGroup
				for range 64 {
					wg.Go(func() {
						if got := post(t, tr, exchange, "hello"); got != "token2" {
							t.Errorf("response %s", got)
						}
					})
				}
				wg.Wait()
				if diff := cmp.Diff([]string{"", c.claims}, s.claims); diff != "" {
					t.Errorf("claims of the fetches (-want +got):\n%s", diff)
				}
				if server.calls != 1+2*64 {
					t.Errorf("%d requests, want %d", server.calls, 1+2*64)
				}
			})
		})
	}
}

func TestBearer_Refused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		s     *tokenSource
		body  bool // can be read twice
		calls int
		want  string
	}{
		{"both tokens", &tokenSource{}, true, 2, "and a new one as well"},
		{"the source has only one", &tokenSource{same: true}, true, 1, "returned the refused token again"},
		{"a body read once", &tokenSource{}, false, 1, "cannot be read twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := &resource{header: http.Header{
				"Www-Authenticate": {`Bearer error="invalid_token", realm="x"`},
				"X-Ms-Diagnostics": {"2000003;reason=\"The token has expired.\";error_category=\"invalid_token\""},
			}}
			server.revoke("token1")
			server.revoke("token2")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, exchange, strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			if !c.body {
				r.GetBody = nil
			}
			_, err = mustBearer(t, server, c.s).RoundTrip(r) //nolint:bodyclose // there is none
			var e *Error
			if !errors.As(err, &e) || !e.NotSent() || !strings.Contains(err.Error(), c.want) || server.calls != c.calls {
				t.Fatalf("%d calls, error %v, want %d and %q", server.calls, err, c.calls, c.want)
			}
			if !c.body {
				return
			}
			if e.StatusCode != 401 || !strings.Contains(e.Diagnostics(), "2000003") ||
				!strings.Contains(e.Challenge(), "invalid_token") || !strings.Contains(err.Error(), "2000003") {
				t.Errorf("status %d, diagnostics %q, challenge %q: %v", e.StatusCode, e.Diagnostics(), e.Challenge(), err)
			}
		})
	}
}

// TestBearer_DeadTokenEndpoint: while the old token is valid, calls go on with little delay.
func TestBearer_DeadTokenEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenSource{life: time.Hour}
		tr := mustBearer(t, &resource{}, s)
		post(t, tr, exchange, "hello")
		time.Sleep(56 * time.Minute)
		s.fail(errors.New("connection refused"))
		s.takes = 10 * time.Second
		for range 20 {
			began := time.Now()
			if got := post(t, tr, exchange, "hello"); got != "token1" {
				t.Errorf("response %s", got)
			}
			if waited := time.Since(began); waited > patience {
				t.Errorf("waited for %v", waited)
			}
			time.Sleep(time.Second)
		}
		if n := s.fetches(); n > 3 {
			t.Errorf("%d fetches within 40 seconds", n)
		}
		time.Sleep(4 * time.Minute)
		_, err := try(t.Context(), tr, exchange, "hello")
		var e *Error
		if !errors.As(err, &e) || !e.NotSent() || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("after the end: %v", err)
		}
		s.fail(nil)
		if got := post(t, tr, exchange, "hello"); !strings.HasPrefix(got, "token") {
			t.Errorf("once it is back: %s", got)
		}
	})
}

// TestBearer_HangingTokenEndpoint ends after a minute even if the caller's context does not.
func TestBearer_HangingTokenEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := mustBearer(t, &resource{}, &tokenSource{takes: 1000 * time.Hour})
		began := time.Now()
		_, err := try(t.Context(), tr, exchange, "hello")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != fetchTimeout {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// TestBearer_LateRefusal: the refusal of an old token arrives when a new one is there already.
func TestBearer_LateRefusal(t *testing.T) {
	t.Parallel()
	s := &tokenSource{}
	c := &tokenCache{source: s, log: discard()}
	kept, err := c.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.replace(t.Context(), &oauth2.Token{AccessToken: "old"}, "")
	if err != nil || token != kept || s.fetches() != 1 {
		t.Errorf("%d fetches, %v, want the kept token and 1", s.fetches(), err)
	}
}

func TestBearer_UnusableTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		token *oauth2.Token
		want  string
	}{
		{"nil", nil, "no access token"},
		{"empty", &oauth2.Token{}, "no access token"},
		{"another type", &oauth2.Token{AccessToken: "s3cret", TokenType: "mac"}, "not of the type Bearer"},
		{"a line feed", &oauth2.Token{AccessToken: "s3cret\r\nX: y"}, "blanks or non-ASCII"},
		{"expired", &oauth2.Token{AccessToken: "s3cret", Expiry: time.Now().Add(-time.Hour)}, "expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, mustBearer(t, &resource{}, fixedToken{c.token}), exchange, "hello")
			if !strings.Contains(got, c.want) || strings.Contains(got, "s3cret") {
				t.Errorf("error %s, want %q", got, c.want)
			}
		})
	}
}

type fixedToken struct{ token *oauth2.Token }

func (f fixedToken) Token(context.Context, string) (*oauth2.Token, error) { return f.token, nil }

// TestFromOAuth2_RevokedTokenEndsInAnError uses a source of x/oauth2 that caches tokens.
func TestFromOAuth2_RevokedTokenEndsInAnError(t *testing.T) {
	t.Parallel()
	server := &resource{}
	server.revoke("revoked")
	kept := oauth2.ReuseTokenSource(&oauth2.Token{AccessToken: "revoked"}, nil)
	tr := mustBearer(t, server, FromOAuth2(kept))
	for i := range 3 {
		if got := post(t, tr, exchange, "hello"); !strings.Contains(got, "the refused token again") || server.calls != i+1 {
			t.Errorf("%d calls: %s", server.calls, got)
		}
	}
	if got := post(t, mustBearer(t, server, FromOAuth2(nil)), exchange, ""); !strings.Contains(got, "nil") {
		t.Errorf("a nil source: %s", got)
	}
}
