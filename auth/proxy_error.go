package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A proxyError is a forward proxy's refusal to open a tunnel. Nothing reached the server.
type proxyError struct {
	proxy, target string
	status        int
	offered       []string // schemes that the proxy asks for
	sent          bool     // user and password of the proxy's URL went to it
}

// Error names the proxy, and what to change there.
func (e *proxyError) Error() string {
	text := fmt.Sprintf("the proxy %s refused a connection to %s: HTTP %d %s",
		e.proxy, e.target, e.status, http.StatusText(e.status))
	if e.status != http.StatusProxyAuthRequired {
		return text + "; check the proxy's rules and log, or exempt the host from the proxy (NO_PROXY)"
	}
	basic := slices.ContainsFunc(e.offered, func(s string) bool { return strings.EqualFold(s, schemeBasic) })
	switch names := strings.Join(e.offered, ", "); {
	case names == "":
		return text + ", without naming a scheme; check the proxy's configuration"
	case !basic:
		return text + "; the proxy wants a login by " + names + ", and only Basic is possible here: " +
			"let it accept Basic or this machine's address, or exempt the host from the proxy (NO_PROXY)"
	case e.sent:
		return text + "; check user and password in the proxy's URL"
	default:
		return text + "; put user and password into the proxy's URL, as in http://user:password@proxy:3128"
	}
}

// NotSent is true: the connection to the server did not come about.
func (e *proxyError) NotSent() bool { return true }

// Permanent reports whether the proxy would refuse again.
func (e *proxyError) Permanent() bool {
	switch e.status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return e.status/100 == 4
}

// explainProxy makes a transport report which proxy refused a tunnel, and how.
func explainProxy(t *http.Transport) {
	theirs := t.OnProxyConnectResponse
	t.OnProxyConnectResponse = func(
		ctx context.Context, proxy *url.URL, connect *http.Request, resp *http.Response,
	) error {
		if theirs != nil {
			if err := theirs(ctx, proxy, connect, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		e := &proxyError{proxy: proxy.Host, target: connect.Host, status: resp.StatusCode}
		e.sent = connect.Header.Get("Proxy-Authorization") != ""
		for _, c := range parseChallenges(resp.Header.Values("Proxy-Authenticate")) {
			if !slices.Contains(e.offered, c.scheme) {
				e.offered = append(e.offered, c.scheme)
			}
		}
		return e
	}
}
