package auth

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestNTLM_RequestsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		tls            bool
		workers, conns int
	}{
		{"one goroutine over http", false, 1, 1},
		{"one goroutine over TLS", true, 1, 8},
		{"64 goroutines on one connection", true, 64, 1},
		{"64 goroutines on 8 connections", true, 64, 8},
		{"64 goroutines on 64 connections", false, 64, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, c.tls, nil)
			tr := mustNTLM(t, a, &Options{MaxConns: c.conns})
			const calls = 256
			var wg sync.WaitGroup
			for range c.workers {
				wg.Go(func() {
					for range calls / c.workers {
						if got, want := post(t, tr, a.URL, "hello"), `EXCH\alice 5`; got != want {
							t.Errorf("answer %q, want %q", got, want)
						}
					}
				})
			}
			wg.Wait()
			conns := int(a.conns.Load())
			if conns > c.conns {
				t.Errorf("%d connections, want at most %d", conns, c.conns)
			}
			if got := len(a.log()); got != calls+conns {
				t.Errorf("%d requests on the wire, want %d calls + %d connections", got, calls, conns)
			}
		})
	}
}

// mustNTLM makes alice's transport.
func mustNTLM(t *testing.T, a *acceptor, o *Options) *Transport {
	t.Helper()
	tr, err := NTLM(a.base(), Static(`EXCH\alice`, "Al1ce-pass word"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// post sends a body and gives the answer's, or the error's text.
func post(t *testing.T, tr http.RoundTripper, url, body string) string {
	t.Helper()
	text, err := try(t.Context(), tr, url, body)
	if err != nil {
		return err.Error()
	}
	return text
}

func try(ctx context.Context, tr http.RoundTripper, url, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return strings.TrimSpace(string(data)), err
}
