package ews_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-ews/exchange/ews"
)

// recorded responds with a file of testdata/cases, which is shaped like a recorded response.
func recorded(t *testing.T, file string) step {
	t.Helper()
	whole, err := os.ReadFile("testdata/cases/" + file + ".http")
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request) (*http.Response, error) {
		connected(r)
		return http.ReadResponse(bufio.NewReader(bytes.NewReader(whole)), r)
	}
}

// TestCases_UnknownOutcome: faults that servers and gateways send perhaps after they did the work.
func TestCases_UnknownOutcome(t *testing.T) {
	t.Parallel()
	for file, code := range map[string]ews.ResponseCode{
		"fault-wcf-internal":               "",
		"fault-of-gateway-504":             "",
		"transient-code-connection-failed": ews.ErrorConnectionFailed,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				policy := &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 2}}
				writes := script(recorded(t, file), done)
				err := addGroup(t.Context(), writes.client(t, policy))
				var said *ews.Error
				if !errors.As(err, &said) || said.Code != code || !errors.Is(err, ews.ErrOutcomeUnknown) {
					t.Errorf("write: %T %v", err, err)
				}
				reads := script(recorded(t, file), done)
				if err := getItemList(t.Context(), reads.client(t, policy)); err != nil {
					t.Errorf("read: %v", err)
				}
				if len(writes.seen()) != 1 || len(reads.seen()) != 2 {
					t.Errorf("%d requests of the write, %d of the read", len(writes.seen()), len(reads.seen()))
				}
			})
		})
	}
}

// TestCases_Refused: what the server or the publisher in front of it says comes first, and a refusal
// is neither retried nor marked.
func TestCases_Refused(t *testing.T) {
	t.Parallel()
	form := []string{"log-in form", "before EWS", "pass", "pre-authentication", "forms-based authentication off for the EWS directory", "User-Agent"}
	for file, want := range map[string]struct {
		status int
		texts  []string
		not    string
	}{
		"403-x-ms-diagnostics": {403, []string{"instead of a SOAP response: x-ms-diagnostics: 2000008;reason=", "not enough scope"}, "EWSEnabled"},
		"403-x-caserrorcode":   {403, []string{"instead of a SOAP response: X-CasErrorCode: UserNotFound"}, "EWSEnabled"},
		"302-f5-form":          {302, append(form, "F5 BIG-IP"), "check the endpoint"},
		"302-owa-form":         {302, form, "check the endpoint"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for name, op := range map[string]func(context.Context, *ews.Client) error{"write": addGroup, "read": getItemList} {
				server := script(recorded(t, file), done)
				err := op(t.Context(), server.client(t, nil))
				var page *ews.HTTPError
				if !errors.As(err, &page) || page.StatusCode != want.status || errors.Is(err, ews.ErrOutcomeUnknown) {
					t.Fatalf("%s: %T %v", name, err, err)
				}
				for _, text := range want.texts {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%s: want %q in: %v", name, text, err)
					}
				}
				if strings.Contains(err.Error(), want.not) {
					t.Errorf("%s: want no %q in: %v", name, want.not, err)
				}
				if len(server.seen()) != 1 {
					t.Errorf("%s: %d requests", name, len(server.seen()))
				}
			}
		})
	}
}

// TestCases_Varnish: the default configuration responds with 503 and Retry-After for a server that
// did the work and dropped the connection.
func TestCases_Varnish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := script(responding(503, htmlPage, "Retry-After", "5"), done)
		err := addGroup(t.Context(), server.client(t, nil))
		after, _ := ews.RetryAfter(err)
		if !errors.Is(err, ews.ErrOutcomeUnknown) || after.Seconds() != 5 || len(server.seen()) != 1 {
			t.Errorf("%v, RetryAfter %v, %d requests", err, after, len(server.seen()))
		}
	})
}
