package auth_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// recordedEndpoint responds with a file of testdata/cases, which is shaped like a recorded response.
func recordedEndpoint(t *testing.T, file string) *tokenEndpoint {
	t.Helper()
	whole, err := os.ReadFile("testdata/cases/" + file + ".http")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(whole)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &tokenEndpoint{status: resp.StatusCode, header: resp.Header, body: string(body)}
}

// TestCases_TokenEndpoint holds the responses of token endpoints: one request for any number of
// calls, reads and writes, none of which is marked as perhaps done.
func TestCases_TokenEndpoint(t *testing.T) {
	t.Parallel()
	const secret = "invalid_client: AADSTS7000215: Invalid client secret provided."
	for file, want := range map[string]struct {
		text  string
		after time.Duration
		final bool
	}{
		"token-endpoint-429":                {"HTTP 429: temporarily_unavailable", 2 * time.Minute, false},
		"token-endpoint-401-invalid-client": {"HTTP 401: " + secret, 0, true},
		"token-endpoint-json-as-text-plain": {"HTTP 400: " + secret, 0, true},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				endpoint := recordedEndpoint(t, file)
				client := ewsClient(t, endpoint.source())
				var mu sync.Mutex
				fromEndpoint := 0 // the other calls are held back by ews
				check := func(err error) {
					mu.Lock()
					defer mu.Unlock()
					if e, ok := errors.AsType[*auth.Error](err); ok && e.Permanent() == want.final && strings.Contains(err.Error(), want.text) {
						fromEndpoint++
					}
					if after, _ := ews.RetryAfter(err); err == nil || after != want.after || errors.Is(err, ews.ErrOutcomeUnknown) {
						t.Errorf("RetryAfter %v: %v", after, err)
					}
				}
				began := time.Now()
				var calls sync.WaitGroup
				for range 20 {
					calls.Go(func() { check(addGroup(t, client)) })
					calls.Go(func() {
						_, err := client.GetImItemList(t.Context(), imgroup.ListQuery{})
						check(err)
					})
				}
				calls.Wait()
				if fromEndpoint == 0 || want.final && fromEndpoint != 40 {
					t.Errorf("%d of 40 errors have the code and the description", fromEndpoint)
				}
				if n := endpoint.requests.Load(); n != 1 || time.Since(began) > 0 {
					t.Errorf("%d token requests in %v, want 1 at once", n, time.Since(began))
				}
			})
		})
	}
}

// TestTokenEndpoint_FinalHolds: a code that only a person can mend is final with any status, and
// holds for a minute at least, although the response asks for less.
func TestTokenEndpoint_FinalHolds(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_client", "unauthorized_client", "invalid_scope", "invalid_grant"} {
		for _, status := range []int{200, 400, 401, 403, 429, 500, 503} {
			for after, hold := range map[string]time.Duration{
				"": time.Minute, "0": time.Minute, "-5": time.Minute, "1": time.Minute, "59": time.Minute, "90": 90 * time.Second,
				"Thu, 01 Jan 1970 00:00:00 GMT": time.Minute,
			} {
				synctest.Test(t, func(t *testing.T) {
					endpoint := &tokenEndpoint{
						status: status, header: header("application/json", "Retry-After", after), body: `{"error":"` + code + `"}`,
					}
					client := ewsClient(t, endpoint.source())
					for i, pause := range []time.Duration{0, hold - 1, 1} {
						time.Sleep(pause)
						err := addGroup(t, client)
						if n, want := endpoint.requests.Load(), int32(1+i/2); n != want || !strings.Contains(fmt.Sprint(err), code) {
							t.Errorf("%s, HTTP %d, Retry-After %q: %d requests after another %v, want %d: %v", code, status, after, n, pause, want, err)
						}
					}
				})
			}
		}
	}
}

// addGroup returns the error of a write without a token.
func addGroup(t *testing.T, client *ews.Client) error {
	t.Helper()
	_, err := client.AddImGroup(t.Context(), "Sales")
	if err == nil {
		t.Error("no error")
	}
	return err
}
