package auth

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// A refusal whose page never comes is a refusal all the same, at once: nothing depends on the page.
func TestTransport_StalledRefusal(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{schemeBasic, schemeBearer} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				base := roundTripper(func(r *http.Request) (*http.Response, error) {
					page, w := io.Pipe()
					t.Cleanup(func() { _ = w.Close() })
					resp := reply(r, http.StatusUnauthorized, nil, "")
					resp.Body, resp.ContentLength = page, -1
					return resp, nil
				})
				var tr *Transport
				var err error
				if scheme == schemeBasic {
					tr, err = Basic(base, Static("alice", "s3cret"+rand.Text()), nil)
				} else {
					tr, err = Bearer(base, FromOAuth2(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})), nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, exchange, strings.NewReader("hello"))
				if err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				_, err = tr.RoundTrip(r) //nolint:bodyclose // there is none
				var refused *Error
				if took := time.Since(begin); !errors.As(err, &refused) || refused.StatusCode != 401 || took > 200*time.Millisecond {
					t.Errorf("after %v: %v", took, err)
				}
			})
		})
	}
}
