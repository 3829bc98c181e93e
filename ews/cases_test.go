package ews_test

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"os"
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
