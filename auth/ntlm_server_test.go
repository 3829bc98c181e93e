package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNTLM_Users(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) {
		a.users["plain"] = "pw"
		a.users[`EXCH\carol`] = "Pässwörd-€-Ω-𝄞"
		a.users[`EXCH\empty`] = ""
		a.users[`EXCH\müller`] = "x"
	})
	for _, c := range []struct{ name, user, password, want string }{
		{"domain", `EXCH\alice`, "Al1ce-pass word", `EXCH\alice 0`},
		{"upn", "alice@exch.test", "Al1ce-pass word", "alice@exch.test 0"},
		{"no domain", "plain", "pw", "plain 0"},
		{"empty domain", `\plain`, "pw", "plain 0"},
		{"non-ASCII password", `EXCH\carol`, "Pässwörd-€-Ω-𝄞", `EXCH\carol 0`},
		{"empty password", `EXCH\empty`, "", `EXCH\empty 0`},
		{"non-ASCII user", `EXCH\müller`, "x", `EXCH\müller 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, err := NTLM(a.base(), Static(c.user, c.password), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, a.URL, ""); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestNTLM_Identities has three identities on one base transport.
func TestNTLM_Identities(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, true, nil)
	base := a.base()
	alice := mustNTLM(t, a, &Options{MaxConns: 4})
	bob, err := NTLM(base, Static(`EXCH\bob`, "B0b-pass"), &Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.CloseIdleConnections()
	var wg sync.WaitGroup
	for w := range 48 {
		tr := []http.RoundTripper{alice, bob, base}[w%3]
		want := []string{`EXCH\alice 5`, `EXCH\bob 5`, "unauthorized"}[w%3]
		wg.Go(func() {
			for range 10 {
				if got := post(t, tr, a.URL, "hello"); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestNTLM_WrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	tr, err := NTLM(a.base(), Static(`EXCH\alice`, "wrong"), &Options{MaxConns: 64})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 4 {
				_, err := try(t.Context(), tr, a.URL, "hello")
				var e *Error
				if !errors.As(err, &e) || !e.NotSent() || strings.Contains(err.Error(), "wrong") {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := a.count("authenticate"); n != 1 {
		t.Errorf("%d AUTHENTICATE messages, want 1", n)
	}
}

// TestNTLM_Rotation changes the password, then the account, while connections are open.
func TestNTLM_Rotation(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	var mu sync.Mutex
	user, password := `EXCH\alice`, "old"
	set := func(u, p string) {
		mu.Lock()
		defer mu.Unlock()
		user, password = u, p
	}
	tr, err := NTLM(a.base(), func(context.Context) (string, string, error) {
		mu.Lock()
		defer mu.Unlock()
		return user, password, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	if _, err := try(t.Context(), tr, a.URL, "hello"); err == nil {
		t.Error("the old password was accepted")
	}
	set(`EXCH\alice`, "Al1ce-pass word")
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
		t.Errorf("after the rotation: %s", got)
	}
	set(`EXCH\bob`, "B0b-pass")
	tr.CloseIdleConnections() // the credentials are asked for when a connection logs in
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\bob 5` {
		t.Errorf("after the change of the account: %s", got)
	}
}

// TestNTLM_ChangedAccountLeavesOldConnections: a connection that the old account logged in on is not
// used once the new one has logged in.
func TestNTLM_ChangedAccountLeavesOldConnections(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	var mu sync.Mutex
	accounts := [][2]string{{`EXCH\alice`, "Al1ce-pass word"}, {`EXCH\bob`, "B0b-pass"}}
	tr, err := NTLM(a.base(), func(context.Context) (string, string, error) {
		mu.Lock()
		defer mu.Unlock()
		now := accounts[0]
		accounts = accounts[min(1, len(accounts)-1):]
		return now[0], now[1], nil
	}, &Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	// Alice's answer stays unread, so her connection is busy while bob logs in on another.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	open, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := post(t, tr, a.URL, ""); got != `EXCH\bob 0` {
		t.Errorf("the second login: %s", got)
	}
	_, _ = io.Copy(io.Discard, open.Body)
	_ = open.Body.Close()
	for range 5 {
		if got := post(t, tr, a.URL, ""); got != `EXCH\bob 0` {
			t.Errorf("later: %s", got)
		}
	}
}

// TestNTLM_ServerForgets is IIS with authPersistSingleRequest: each request must log in.
func TestNTLM_ServerForgets(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.forgets = true })
	tr := mustNTLM(t, a, nil)
	for range 4 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("answer %s", got)
		}
	}
	var legs []string
	for _, r := range a.log() {
		legs = append(legs, r.leg)
	}
	want := []string{
		"negotiate", "authenticate",
		"none", "negotiate", "authenticate", // from here on it is known
		"negotiate", "authenticate",
		"negotiate", "authenticate",
	}
	if diff := cmp.Diff(want, legs); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if n := a.conns.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestNTLM_LoginLostWithoutGetBody cannot send the body again and says so.
func TestNTLM_LoginLostWithoutGetBody(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.forgets = true })
	tr := mustNTLM(t, a, nil)
	if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
		t.Fatal(got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL, io.MultiReader(strings.NewReader("hello")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.RoundTrip(r) //nolint:bodyclose // there is none
	var e *Error
	if !errors.As(err, &e) || !e.NotSent() || !errors.Is(err, errNoReplay) {
		t.Errorf("error %v, want errNoReplay", err)
	}
}

// TestNTLM_OddServers answers the login with something other than a challenge.
func TestNTLM_OddServers(t *testing.T) {
	t.Parallel()
	text := func(status int, header, value string) func(http.ResponseWriter, *http.Request, string) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "odd")
			return true
		}
	}
	for _, c := range []struct {
		name string
		hook func(w http.ResponseWriter, r *http.Request, leg string) bool
		want string // in the error, or the status of the answer
	}{
		{"no scheme offered", text(401, "", ""), "offers no scheme"},
		{"another scheme offered", text(401, "WWW-Authenticate", `Basic realm="x", Negotiate`), "the server offers Basic, Negotiate"},
		{"no challenge", text(401, "WWW-Authenticate", "NTLM"), "load balancer"},
		{"challenge that is no base64", text(401, "WWW-Authenticate", "NTLM TlR=NT"), "answered without a challenge"},
		{"challenge of another length", text(401, "WWW-Authenticate", "NTLM TlRMT"), "not base64"},
		{"challenge cut", text(401, "WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA"), "NTLM challenge has 12 bytes"},
		{"closes each connection", func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			w.Header().Set("Connection", "close")
			return text(401, "WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")(w, nil, "")
		}, "does not outlast"},
		{"endless refusal", func(w http.ResponseWriter, r *http.Request, _ string) bool {
			w.Header().Set("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")
			w.WriteHeader(http.StatusUnauthorized)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<12)); err != nil {
					return true
				}
			}
			return true
		}, "does not outlast"},
		{"internal error", text(500, "X-Ms-Diagnostics", `1;reason="x"`), `answered 500 to the login`},
		{"bad gateway", text(502, "", ""), `answered 502 to the login`},
		{"busy", text(503, "Retry-After", "7"), "status 503"},
		{"forbidden", text(403, "", ""), "status 403"},
		{"redirect", text(302, "Location", "/owa"), "status 302"},
		{"no login wanted", func(w http.ResponseWriter, r *http.Request, _ string) bool {
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
			return true
		}, "status 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, func(a *acceptor) { a.hook = c.hook })
			tr := mustNTLM(t, a, &Options{MaxConns: 1})
			for range 2 { // the connection must be free again
				if got := answer(t, tr, a.URL); !strings.Contains(got, c.want) {
					t.Errorf("%s, want %q", got, c.want)
				}
			}
		})
	}
}

// answer gives the status of the answer, or the error, which must say that nothing was sent.
func answer(t *testing.T, tr http.RoundTripper, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("hello"))
	if err != nil {
		return err.Error()
	}
	resp, err := tr.RoundTrip(r)
	if e, ok := errors.AsType[*Error](err); ok {
		if !e.NotSent() {
			t.Errorf("sent, says %v", err)
		}
		return err.Error()
	}
	if err != nil {
		return err.Error()
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return "status " + resp.Status
}

// TestNTLM_ServerClosesIdleConnections: the next call finds another connection by itself.
func TestNTLM_ServerClosesIdleConnections(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	tr := mustNTLM(t, a, &Options{MaxConns: 4})
	for range 20 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("answer %s", got)
		}
		a.CloseClientConnections()
		awaitDeath(t, tr)
	}
}

// awaitDeath waits until net/http has seen that the idle connections are closed. A request that is
// written before that is lost, since nobody can know whether the server read it.
func awaitDeath(t *testing.T, tr *Transport) {
	t.Helper()
	b, ok := tr.sender.(*bound)
	if !ok {
		t.Fatal("no connections of its own")
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

func TestNTLM_RefusesAnHTTPProxy(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the proxy was used")
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword("proxyuser", "proxy-secret")
	tr, err := NTLM(&http.Transport{Proxy: http.ProxyURL(at)}, Static("user", "password"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := answer(t, tr, a.URL)
	if !strings.Contains(got, "proxy "+at.Host) || strings.Contains(got, "proxy-secret") {
		t.Errorf("error %s", got)
	}
}

// TestNTLM_BaseSettings takes over what the base transport has and needs none of what breaks NTLM.
func TestNTLM_BaseSettings(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	dials := 0
	base := &http.Transport{
		DisableKeepAlives: true, MaxIdleConnsPerHost: -1, MaxConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	for range 3 {
		if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
			t.Errorf("answer %s", got)
		}
	}
	if dials != 1 || !base.DisableKeepAlives || base.Protocols != nil || base.TLSNextProto != nil {
		t.Errorf("%d dials, base %+v", dials, base)
	}
}

// TestNTLM_HTTP2IsOff: the server offers HTTP/2, and the base transport has used it already.
func TestNTLM_HTTP2IsOff(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, true, func(a *acceptor) { a.EnableHTTP2 = true })
	base := a.base()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := base.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("the base transport speaks %s", resp.Proto)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	for name, change := range map[string]func(*http.Transport){
		"used before":   func(*http.Transport) {},
		"forced":        func(b *http.Transport) { b.ForceAttemptHTTP2 = true },
		"HTTP/2 only":   func(b *http.Transport) { b.Protocols = protocols },
		"configuration": func(b *http.Transport) { b.TLSClientConfig.NextProtos = []string{"h2"} },
		"an upgrade of its own": func(b *http.Transport) {
			b.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{
				"http/1.1": func(string, *tls.Conn) http.RoundTripper { return nil },
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := base.Clone()
			change(own)
			tr, err := NTLM(own, Static(`EXCH\alice`, "Al1ce-pass word"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
				t.Errorf("answer %s", got)
			}
		})
	}
}

// TestNTLM_IdleTimeout runs on pipes under a clock of its own.
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
				for range 3 {
					if got := post(t, tr, "http://localhost/", "hello"); got != `EXCH\alice 5` {
						t.Errorf("answer %s", got)
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

// pipedAcceptor is an acceptor behind net.Pipe, so that everything stays in the bubble.
func pipedAcceptor(t *testing.T) (*acceptor, *http.Transport) {
	t.Helper()
	a := &acceptor{users: map[string]string{`EXCH\alice`: "Al1ce-pass word"}}
	l := pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{
		Handler: a,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, sessionKey{}, &ntlmSession{id: a.conns.Add(1)})
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
