package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

// refusingProxy refuses each CONNECT and counts them.
func refusingProxy(t *testing.T, status int, challenges ...string) (*url.URL, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("%s at the proxy", r.Method)
		}
		asked.Add(1)
		w.Header()["Proxy-Authenticate"] = challenges
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u, &asked
}

// transports are all schemes over a clone of base.
func transports(t *testing.T, base *http.Transport) map[string]*auth.Transport {
	t.Helper()
	all := map[string]*auth.Transport{}
	add := func(name string, tr *auth.Transport, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all[name] = tr
	}
	login := auth.Static("alice", "s3cret")
	tr, err := auth.NTLM(base, login, nil)
	add("NTLM", tr, err)
	tr, err = auth.Basic(base, login, nil)
	add("Basic", tr, err)
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc"})
	tr, err = auth.Bearer(base, auth.FromOAuth2(token), nil)
	add("Bearer", tr, err)
	return all
}

// TestProxyRefusesTunnel: the proxy is asked once per call, and the text says that it was the proxy.
func TestProxyRefusesTunnel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		status     int
		challenges []string
		user       *url.Userinfo
		want       string
		asked      int32
	}{
		{"no password", 407, []string{`Basic realm="proxy"`}, nil, "put user and password into the proxy's URL", 1},
		{"wrong password", 407, []string{`Basic realm="proxy"`}, url.UserPassword("u", "pr0xy"), "check user and password in the proxy's URL", 1},
		{"a login that is not possible", 407, []string{"Negotiate", "NTLM"}, url.UserPassword("u", "pr0xy"), "wants a login by Negotiate, NTLM, and only Basic", 1},
		{"no scheme", 407, nil, nil, "without naming a scheme", 1},
		{"a rule", 403, nil, nil, "HTTP 403 Forbidden; check the proxy's rules", 1},
		{"the server is down", 503, nil, nil, "HTTP 503 Service Unavailable", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy, asked := refusingProxy(t, c.status, c.challenges...)
			proxy.User = c.user
			for scheme, tr := range transports(t, &http.Transport{Proxy: http.ProxyURL(proxy)}) {
				asked.Store(0)
				client, err := ews.NewClient("https://mail.example/EWS/Exchange.asmx", &ews.Options{
					HTTPClient: tr.Client(), Retry: ews.RetryPolicy{MaxAttempts: 2},
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.AddImGroup(t.Context(), "Friends")
				if err == nil || !strings.Contains(err.Error(), "the proxy "+proxy.Host) ||
					!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "pr0xy") ||
					errors.Is(err, ews.ErrOutcomeUnknown) {
					t.Errorf("%s: error %v\nwant %q", scheme, err, c.want)
				}
				if n := asked.Load(); n != c.asked {
					t.Errorf("%s: the proxy was asked %d times, want %d", scheme, n, c.asked)
				}
			}
		})
	}
}
