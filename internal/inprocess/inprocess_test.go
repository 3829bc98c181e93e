package inprocess_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/inprocess"
)

// Package ewstest tests hooks, contexts and bodies through its Server.

func post(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://exchange.test/x", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		size int
		end  error
	}{{4, nil}, {5, io.ErrUnexpectedEOF}} {
		r := post(t, "ping")
		r.Header["x-lower"] = []string{"kept"}
		resp, err := inprocess.RoundTrip(r, 4, func(r *http.Request, body []byte) *inprocess.Response {
			if string(body) != "ping" || r.Header.Get("X-Lower") != "kept" {
				t.Errorf("body %q, header %v", body, r.Header)
			}
			return &inprocess.Response{Status: http.StatusTeapot, Body: []byte("pong"), Size: test.size}
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if string(got) != "pong" || !errors.Is(err, test.end) || resp.Status != "418 I'm a teapot" {
			t.Errorf("promised %d: %s, %q, %v, want %v", test.size, resp.Status, got, err, test.end)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRoundTrip_Errors(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("refused")}
	_, err := inprocess.RoundTrip(post(t, "x"), 1, func(*http.Request, []byte) *inprocess.Response { //nolint:bodyclose // there is none
		return &inprocess.Response{Err: refused}
	})
	if !errors.Is(err, refused) {
		t.Errorf("%v, want %v", err, refused)
	}
	_, err = inprocess.RoundTrip(post(t, "xx"), 1, nil) //nolint:bodyclose // there is none
	if err == nil || !strings.Contains(err.Error(), "larger than 1 bytes") {
		t.Errorf("too large: %v", err)
	}
}
