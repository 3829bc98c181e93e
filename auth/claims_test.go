package auth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func claimsHeader(claims string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(claims))
	return `Bearer realm="", error="insufficient_claims", claims="` + encoded + `"`
}

// TestBearer_ClaimsAgain has a server that asks for claims with any token: the request is sent
// twice, and the error names the claims. It also names a source that cannot pass claims on.
func TestBearer_ClaimsAgain(t *testing.T) {
	t.Parallel()
	const claims = `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`
	for _, c := range []struct {
		name  string
		s     *tokenSource
		calls int
		want  string
	}{
		{"new tokens", &tokenSource{}, 2, "a new one as well (it asks"},
		{"the same token", &tokenSource{same: true}, 1, "the token source returned the refused token again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := &resource{header: http.Header{"Www-Authenticate": {claimsHeader(claims)}}}
			server.revoke("token1")
			server.revoke("token2")
			_, err := try(t.Context(), mustBearer(t, server, c.s), exchange, "hello")
			e, ok := errors.AsType[*Error](err)
			if !ok || !e.NotSent() || !e.Permanent() || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "(it asks for the claims "+claims+")") || server.calls != c.calls {
				t.Errorf("%d requests, %v, want %d and %q", server.calls, err, c.calls, c.want)
			}
			if diff := cmp.Diff([]string{"", claims}, c.s.claims); diff != "" {
				t.Errorf("claims of the fetches (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBearer_ClaimsAfterAnotherFetch: a fetch without claims is under way when the server asks for
// them; the claims must be asked for all the same.
func TestBearer_ClaimsAfterAnotherFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenSource{takes: time.Second}
		c := &tokenCache{source: s, log: discard()}
		old := &oauth2.Token{AccessToken: "old"}
		go func() { _, _ = c.get(t.Context()) }()
		synctest.Wait()
		token, err := c.replace(t.Context(), old, "claims")
		if err != nil || token.AccessToken != "token2" {
			t.Errorf("%v, %v", token, err)
		}
		if diff := cmp.Diff([]string{"", "claims"}, s.claims); diff != "" {
			t.Errorf("claims of the fetches (-want +got):\n%s", diff)
		}
	})
}

func TestClaimsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, want string }{
		{"none", `Bearer realm=""`, ""},
		{"another scheme", `Basic claims="eyJhIjoxfQ=="`, ""},
		{"padded", `Bearer claims="eyJhIjoxfQ=="`, `{"a":1}`},
		{"unpadded", `bearer CLAIMS="eyJhIjoxfQ"`, `{"a":1}`},
		{"URL alphabet", `Bearer claims="eyI_IjoxfQ"`, `{"?":1}`},
		{"no base64", `Bearer claims="%%%"`, ""},
		{"huge", `Bearer claims="` + strings.Repeat("QUFB", 10000) + `"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := claimsOf(parseChallenges([]string{c.header})); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
