package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestNTLM_ServerClosesIdleConnections: the next call finds another connection by itself.
func TestNTLM_ServerClosesIdleConnections(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	tr := mustNTLM(t, a, &Options{MaxConns: 4})
	for range 20 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("response %s", got)
		}
		a.CloseClientConnections()
		awaitDeath(t, tr)
	}
}

// awaitDeath waits until net/http has seen that the idle connections are closed. A request written
// before that is lost, since its outcome is unknown.
func awaitDeath(t *testing.T, tr *Transport) {
	t.Helper()
	b, ok := tr.sender.(*bound)
	if !ok {
		t.Fatal("no private connections")
	}
	alive := func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.pools {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, c := range p.idle {
				if c.cc.Err() == nil {
					return true
				}
			}
		}
		return false
	}
	for end := time.Now().Add(10 * time.Second); alive(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("a closed connection still seems alive")
		}
	}
}

// TestNTLM_UnwrittenRequestIsSentElsewhere has a connection that breaks at the first byte of its
// second call: certainly nothing was sent, so another connection takes over.
func TestNTLM_UnwrittenRequestIsSentElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		bytes int
		want  string
	}{
		{"nothing written", 0, "done"},
		{"one byte written", 1, "lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, nil)
			first := true
			base := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				if first && err == nil {
					first = false
					conn = &breakingConn{Conn: conn, after: 2, bytes: c.bytes}
				}
				return conn, err
			}}
			tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
				t.Fatal(got)
			}
			text, err := try(t.Context(), tr, a.URL, "hello")
			if got := verdictOf(text == `EXCH\alice 5`, err); got != c.want {
				t.Errorf("%s, want %s: %v", got, c.want, err)
			}
		})
	}
}

// A breakingConn fails each write after some, with a few bytes written.
type breakingConn struct {
	net.Conn

	after, bytes int
}

func (c *breakingConn) Write(p []byte) (int, error) {
	if c.after == 0 {
		return c.bytes, errors.New("broken pipe")
	}
	c.after--
	return c.Conn.Write(p)
}

// TestCountedConn_AlertIsNoRequest: the close_notify alert of a connection that the server closed
// must not count as part of the request that was about to begin.
func TestCountedConn_AlertIsNoRequest(t *testing.T) {
	t.Parallel()
	cert := selfSigned(t)
	here, there := net.Pipe()
	var count wireCount
	count.active.Store(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, tls.Server(there, &tls.Config{Certificates: []tls.Certificate{cert}}))
	}()
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	c := tls.Client(&countedConn{Conn: here, count: &count}, &tls.Config{ServerName: "localhost", RootCAs: roots})
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	mark := count.mark()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if mark == 0 || !count.untouched(mark) {
		t.Errorf("%d bytes at the handshake, %d after closing", mark, count.mark())
	}
	<-done
}

func TestNTLM_EarlyCloseDropsTheConnection(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) {
		a.hook = func(w http.ResponseWriter, _ *http.Request, leg string) bool {
			if leg == "authenticate" {
				_, _ = w.Write(make([]byte, 1<<20))
				return true
			}
			return false
		}
	})
	tr := mustNTLM(t, a, &Options{MaxConns: 1})
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := a.conns.Load(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

// TestNTLM_IdleTimeout runs on pipes under a virtual clock.
func TestNTLM_IdleTimeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		set   time.Duration
		pause time.Duration
		conns int64
	}{
		{"default, in time", 0, 49 * time.Second, 1},
		{"default, too late", 0, 51 * time.Second, 3},
		{"set, in time", time.Hour, 59 * time.Minute, 1},
		{"set, too late", time.Second, 2 * time.Second, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, base := pipedAcceptor(t)
				tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), &Options{IdleTimeout: c.set})
				if err != nil {
					t.Fatal(err)
				}
				defer tr.CloseIdleConnections()
				url := ownURL()
				for range 3 {
					if got := post(t, tr, url, "hello"); got != `EXCH\alice 5` {
						t.Errorf("response %s", got)
					}
					time.Sleep(c.pause)
				}
				if n := a.conns.Load(); n != c.conns {
					t.Errorf("%d connections, want %d", n, c.conns)
				}
			})
		})
	}
}

// TestNTLM_SlowLogin: each message of a login takes ten seconds, and one server stops responding in
// the middle. The server knows the user of each call, or the call ends with its context.
func TestNTLM_SlowLogin(t *testing.T) {
	t.Parallel()
	for _, stalls := range []string{"", "negotiate", "authenticate"} {
		t.Run("stalls at "+stalls, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, base := pipedAcceptor(t)
				a.users[`EXCH\bob`] = "B0b-pass"
				a.hook = func(_ http.ResponseWriter, r *http.Request, leg string) bool {
					time.Sleep(10 * time.Second)
					if leg == stalls && leg != "" {
						<-r.Context().Done() // half open, until the client closes
						return true
					}
					return false
				}
				url := ownURL()
				var wg sync.WaitGroup
				for user, password := range map[string]string{"alice": "Al1ce-pass word", "bob": "B0b-pass"} {
					tr, err := NTLM(base, Static(`EXCH\`+user, password), &Options{MaxConns: 4})
					if err != nil {
						t.Fatal(err)
					}
					defer tr.CloseIdleConnections()
					for range 8 {
						wg.Go(func() {
							ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
							defer cancel()
							got, err := try(ctx, tr, url, "hello")
							if stalls == "" && got != `EXCH\`+user+` 5` {
								t.Errorf("%s: %s, %v", user, got, err)
							}
							if stalls != "" && !errors.Is(err, context.DeadlineExceeded) {
								t.Errorf("%s: %s, %v, want the context's end", user, got, err)
							}
						})
					}
				}
				wg.Wait()
				time.Sleep(time.Minute) // the server's side of canceled logins
			})
		})
	}
}

// pipedAcceptor is an acceptor behind net.Pipe, so that everything stays in the bubble.
func pipedAcceptor(t *testing.T) (*acceptor, *http.Transport) {
	t.Helper()
	a := &acceptor{users: map[string]string{`EXCH\alice`: "Al1ce-pass word"}}
	l := pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{
		Handler: a,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, acceptorSession{}, &ntlmSession{id: a.conns.Add(1)})
		},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return a, &http.Transport{DialContext: l.dial}
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error {
	close(l.done)
	return nil
}

func (pipeListener) Addr() net.Addr { return &net.TCPAddr{} }
