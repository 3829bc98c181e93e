package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-ews/exchange/internal/tally"
)

// The proxy tests run against the servers of ../shared/peers/proxies.sh in front of those of
// auth-server.sh or samba-ad.sh:
//
//	auth-server.sh -- sh -c 'proxies.sh --backend "$EWS_AUTH_HTTP" -- go test -run Prox ./auth'

// A fronted is a server behind the proxies that the environment names.
type fronted struct {
	domain     string
	alice, bob Credentials
}

func findProxies(t *testing.T) fronted {
	t.Helper()
	if os.Getenv("EWS_PROXY_NGINX") == "" {
		t.Skip("no proxies: run under proxies.sh -- (its variables EWS_PROXY_…)")
	}
	if os.Getenv("EWS_AD_NTLM_HTTP") != "" {
		return fronted{`CORP\`, samba{}.login("alice"), samba{}.login("bob")}
	}
	if os.Getenv("EWS_AUTH_HTTP") != "" {
		return fronted{`EXCH\`, alice(), bob()}
	}
	t.Skip("no server behind the proxies (the variables EWS_AUTH_… or EWS_AD_…)")
	return fronted{}
}

func frontURL(name string) string { return os.Getenv("EWS_PROXY_" + name) }

// TestProxies_LoginPerRequest: behind load balancers that share their connections, the server knows
// the user of each request, and none fails.
//
//nolint:paralleltest // the modes would disturb each other in one load balancer
func TestProxies_LoginPerRequest(t *testing.T) {
	f := findProxies(t)
	for _, name := range []string{"NGINX_KEEPALIVE", "APACHE", "VARNISH", "HAPROXY"} {
		for _, path := range []string{"/EWS/turns", "/once/EWS/turns"} {
			if strings.HasPrefix(path, "/once") && f.domain != `CORP\` {
				continue
			}
			t.Run(name+path, func(t *testing.T) {
				path += "-" + rand.Text()
				c := f.mixed(t, frontURL(name)+path, &Options{LoginPerRequest: true}, 4, 5)
				t.Log(c.tally.Line(f.behind(name)+",login-per-request", "NTLM", f.requests(t, path)))
				// Apache takes no second login on a connection: behind a load balancer that shares
				// them, it can only refuse.
				if c.confused.Load() > 0 || f.domain == `CORP\` && c.right.Load() != c.calls.Load() {
					t.Errorf("%s", c)
				}
			})
		}
	}
}

// TestProxies_Default: a response is right, or an error blames the connections in between and never
// the password.
//
//nolint:paralleltest // the modes would disturb each other in one load balancer
func TestProxies_Default(t *testing.T) {
	f := findProxies(t)
	for _, name := range []string{"NGINX_KEEPALIVE", "APACHE", "VARNISH", "HAPROXY", "NGINX", "HAPROXY_CLOSE"} {
		t.Run(name, func(t *testing.T) {
			path := "/EWS/default-" + rand.Text()
			c := f.mixed(t, frontURL(name)+path, nil, 2, 10)
			t.Log(c.tally.Line(f.behind(name), "NTLM", f.requests(t, path)))
			if c.confused.Load() > 0 {
				t.Errorf("%s", c)
			}
			if name == "HAPROXY" && c.right.Load() != c.calls.Load() {
				t.Errorf("%s", c)
			}
		})
	}
}

// behind names a peer of the table.
func (f fronted) behind(proxy string) string {
	server := map[string]string{`CORP\`: "Samba", `EXCH\`: "Apache"}[f.domain]
	return server + "-behind-" + proxy
}

// requests counts those that reached the server.
func (f fronted) requests(t *testing.T, path string) int {
	t.Helper()
	if f.domain == `CORP\` {
		return len(samba{}.lines(t, path))
	}
	return len(peer{}.lines(t, path, 0))
}

type counts struct {
	calls, right, confused atomic.Int64
	tally                  tally.Count
}

func (c *counts) String() string {
	return fmt.Sprintf("%d calls: %d right, %d as another user", c.calls.Load(), c.right.Load(), c.confused.Load())
}

// mixed posts as alice and as bob at the same time.
func (f fronted) mixed(t *testing.T, url string, opts *Options, workers, each int) *counts {
	t.Helper()
	c := &counts{}
	var wg sync.WaitGroup
	for user, login := range map[string]Credentials{"alice": f.alice, "bob": f.bob} {
		tr, err := NTLM(&http.Transport{}, login, opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.CloseIdleConnections)
		for range workers {
			wg.Go(func() {
				for range each {
					f.one(t, tr, url, user, c)
				}
			})
		}
	}
	wg.Wait()
	return c
}

func (f fronted) one(t *testing.T, tr *Transport, url, user string, c *counts) {
	t.Helper()
	text, err := try(t.Context(), tr, url, "hello")
	c.calls.Add(1)
	c.tally.Add(f.domain+user, text, err)
	if err == nil && strings.Contains(text, "<User>"+f.domain+user+"</User>") {
		c.right.Add(1)
		return
	}
	if err == nil {
		c.confused.Add(1)
		t.Errorf("%s got %s", user, text)
		return
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.NotSent() || strings.Contains(err.Error(), "password") || !strings.Contains(err.Error(), "in between") {
		t.Errorf("the error does not blame the connections in between: %v", err)
	}
}

// TestProxies_NotThePassword: after a refusal by the connections in between, the same user and
// password log in elsewhere at once.
func TestProxies_NotThePassword(t *testing.T) {
	t.Parallel()
	f := findProxies(t)
	for _, name := range []string{"NGINX", "HAPROXY_CLOSE"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, err := NTLM(&http.Transport{}, f.alice, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			for range 3 {
				_, err = try(t.Context(), tr, frontURL(name)+"/EWS/refused", "hello")
				if err == nil || strings.Contains(err.Error(), "password") || !strings.Contains(err.Error(), "in between") {
					t.Errorf("error %v", err)
				}
			}
			var c counts
			direct, err := NTLM(&http.Transport{}, f.alice, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer direct.CloseIdleConnections()
			f.one(t, direct, frontURL("BACKEND")+"/EWS/direct", "alice", &c)
			if c.right.Load() != 1 {
				t.Error("no login at the server itself")
			}
		})
	}
}

// TestProxies_WrongPassword: where a proxy keeps connections apart, a wrong password is called so.
func TestProxies_WrongPassword(t *testing.T) {
	t.Parallel()
	f := findProxies(t)
	for _, at := range []string{frontURL("HAPROXY"), frontURL("BACKEND")} {
		tr, err := NTLM(&http.Transport{}, Static(f.domain+"alice", "wr0ng"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.CloseIdleConnections()
		_, err = try(t.Context(), tr, at+"/EWS/wrong", "hello")
		if err == nil || !strings.Contains(err.Error(), "password") {
			t.Errorf("error %v", err)
		}
	}
}

// TestProxies_Forward: through Squid, with and without a password for the proxy.
func TestProxies_Forward(t *testing.T) {
	t.Parallel()
	f := findProxies(t)
	for _, c := range []struct {
		name, proxy string
		password    string
		want        string // in the error; "": a response
	}{
		{"open", "FORWARD", "", ""},
		{"right password", "FORWARD_AUTH", os.Getenv("EWS_PROXY_FORWARD_PASS"), ""},
		{"no password", "FORWARD_AUTH", "", "put user and password into the proxy's URL"},
		{"wrong password", "FORWARD_AUTH", "wr0ng", "check user and password in the proxy's URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base, at := f.secure(t)
			proxy, err := url.Parse(frontURL(c.proxy))
			if err != nil {
				t.Fatal(err)
			}
			proxy.User = nil
			if c.password != "" {
				proxy.User = url.UserPassword(os.Getenv("EWS_PROXY_FORWARD_USER"), c.password)
			}
			base.Proxy = http.ProxyURL(proxy)
			tr, err := NTLM(base, f.alice, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			for range 2 {
				text, err := try(t.Context(), tr, at+"/EWS/forward", "hello")
				switch {
				case c.want == "" && !strings.Contains(text, "<User>"+f.domain+"alice</User>"):
					t.Errorf("%s, %v", text, err)
				case c.want == "":
				case err == nil || !strings.Contains(err.Error(), c.want) ||
					!strings.Contains(err.Error(), "the proxy "+proxy.Host) || strings.Contains(err.Error(), "wr0ng"):
					t.Errorf("error %v, want %q", err, c.want)
				}
			}
		})
	}
}

// secure is the server's address over TLS, and a transport that trusts it.
func (f fronted) secure(t *testing.T) (*http.Transport, string) {
	t.Helper()
	if f.domain == `CORP\` {
		s := findSamba(t)
		return s.base(t), s.https
	}
	p := findPeer(t)
	return p.base(t), p.https
}
