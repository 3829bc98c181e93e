package auth

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
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
			dialed := &countingDialer{}
			base := a.base()
			base.DialContext = dialed.dial
			tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), &Options{MaxConns: c.conns})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			const calls = 256
			var wg sync.WaitGroup
			for range c.workers {
				wg.Go(func() {
					for range calls / c.workers {
						if got, want := post(t, tr, a.URL, "hello"), `EXCH\alice 5`; got != want {
							t.Errorf("response %q, want %q", got, want)
						}
					}
				})
			}
			wg.Wait()
			conns := int(a.conns.Load())
			if dialed.most > c.conns {
				t.Errorf("%d connections at a time, want at most %d", dialed.most, c.conns)
			}
			tr.CloseIdleConnections()
			dialed.awaitNone(t)
			if got := len(a.log()); got != calls+conns {
				t.Errorf("%d requests on the wire, want %d calls + %d connections", got, calls, conns)
			}
		})
	}
}

// A countingDialer counts its connections and how many were open at a time. (There may be more in
// all: net/http drops a connection whose writer reports late.)
type countingDialer struct {
	mu         sync.Mutex
	open, most int
}

func (d *countingDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.add(1)
	return &countingConn{Conn: c, closed: sync.OnceFunc(func() { d.add(-1) })}, nil
}

func (d *countingDialer) add(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open += n
	d.most = max(d.most, d.open)
}

type countingConn struct {
	net.Conn

	closed func()
}

func (c *countingConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// mustNTLM makes alice's transport. After the test none of its connections may be open, although the
// server would keep them.
func mustNTLM(t *testing.T, a *acceptor, o *Options) *Transport {
	t.Helper()
	dialed := &countingDialer{}
	base := a.base().Clone()
	base.DialContext = dialed.dial
	tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		dialed.awaitNone(t)
	})
	return tr
}

// awaitNone waits for net/http, which closes broken connections in the background.
func (d *countingDialer) awaitNone(t *testing.T) {
	t.Helper()
	open := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.open
	}
	for end := time.Now().Add(10 * time.Second); open() > 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Errorf("%d connections are left open", open())
			return
		}
	}
}

// post sends a body and returns the body of the response, or the text of the error.
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
