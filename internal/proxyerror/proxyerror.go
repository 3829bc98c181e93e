// Package proxyerror explains why an HTTP proxy opened no tunnel to an https server. net/http has
// the reason phrase of the proxy's response as its whole error text: "Proxy Authentication
// Required".
package proxyerror

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// Error is a proxy's refusal of CONNECT. Nothing of the request was sent.
type Error struct {
	Proxy      string   // host and port
	Target     string   // the server's; "" if unknown
	StatusCode int      // 0: unknown
	Offered    []string // schemes that the proxy asks for
	LoggedIn   bool     // user and password of the proxy's URL went to it
	Err        error    // net/http's error; nil where the response itself was seen
}

// Error returns one line: the proxy, its response, and what to change there.
func (e *Error) Error() string {
	text := "the proxy " + e.Proxy + " refused a connection"
	if e.Target != "" {
		text += " to " + e.Target
	}
	switch {
	case e.StatusCode != 0:
		text += ": HTTP " + strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)
	case e.Err != nil && e.Err.Error() != "":
		text += ": " + oneline.Clip(e.Err.Error(), 200)
	}
	if e.StatusCode == http.StatusProxyAuthRequired {
		return text + e.loginHint()
	}
	return text + "; check the proxy's rules and log, or exempt the host from the proxy (NO_PROXY)"
}

// loginHint says what to change if the proxy asks for credentials.
func (e *Error) loginHint() string {
	basic := slices.ContainsFunc(e.Offered, func(s string) bool { return strings.EqualFold(s, "Basic") })
	switch names := oneline.Clip(strings.Join(e.Offered, ", "), 200); {
	case names == "" && e.Err == nil:
		return ", without naming a scheme; check the proxy's configuration"
	case !basic && e.Err == nil:
		return "; the proxy wants a login by " + names + ", and only Basic is possible here: " +
			"let it accept Basic or this machine's address, or exempt the host from the proxy (NO_PROXY)"
	case e.LoggedIn:
		return "; check user and password in the proxy's URL" + e.ifBasic()
	}
	return "; put user and password into the proxy's URL, as in http://user:password@proxy:3128" + e.ifBasic()
}

// ifBasic adds the condition, where the schemes of the proxy are unknown.
func (e *Error) ifBasic() string {
	if e.Err == nil {
		return ""
	}
	return ", if the proxy takes Basic"
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// NotSent is true: the proxy never saw the request.
func (e *Error) NotSent() bool { return true }

// Permanent reports whether the proxy would refuse the next attempt as well. A reason phrase that
// is unknown may be a refused login, which must not be repeated; a lost connection to the proxy is
// none.
func (e *Error) Permanent() bool {
	if e.StatusCode == 0 {
		return !errors.Is(e.Err, io.ErrUnexpectedEOF)
	}
	return e.StatusCode/100 == 4 && e.StatusCode != http.StatusRequestTimeout &&
		e.StatusCode != http.StatusTooManyRequests
}

// Hook makes a transport of ours return an *Error with everything that the proxy's response says. A
// hook that is set already runs first.
func Hook(t *http.Transport) {
	before := t.OnProxyConnectResponse
	t.OnProxyConnectResponse = func(
		ctx context.Context, proxy *url.URL, connect *http.Request, resp *http.Response,
	) error {
		if before != nil {
			if err := before(ctx, proxy, connect, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return &Error{
			Proxy: address(proxy), Target: connect.Host, StatusCode: resp.StatusCode,
			Offered:  schemes(resp.Header.Values("Proxy-Authenticate")),
			LoggedIn: connect.Header.Get("Proxy-Authorization") != "",
		}
	}
}

// schemes returns the names in challenges: the words in front of parameters (RFC 9110 section
// 11.6.1).
func schemes(challenges []string) (names []string) {
	for _, challenge := range challenges {
		for part := range strings.SplitSeq(challenge, ",") {
			words := strings.Fields(part)
			if len(words) > 0 && !strings.ContainsAny(words[0], `="`) && !slices.Contains(names, words[0]) {
				names = append(names, words[0])
			}
		}
	}
	return names
}

// Explain returns err, or an *Error where a transport that belongs to the caller failed at its
// proxy's response to CONNECT. The request must be one that got no connection, as httptrace reports
// it: an error after that, such as io.EOF, can be a bare text too, and *Error says NotSent.
func Explain(rt http.RoundTripper, r *http.Request, err error) error {
	if r.URL.Scheme != "https" || r.Context().Err() != nil || !isReasonPhrase(err) {
		return err
	}
	proxy := proxyOf(rt, r)
	if proxy == nil {
		return err
	}
	return &Error{
		Proxy: address(proxy), Target: r.URL.Host, StatusCode: statusOf(err.Error()), LoggedIn: proxy.User != nil, Err: err,
	}
}

// statusOf returns the status with that reason phrase, 0 if it is unknown. Proxies add to the
// phrases of the standard, and spell that of 407 in their own way.
func statusOf(phrase string) int {
	phrase = strings.ToLower(phrase)
	for code := 400; code < 600; code++ {
		if text := strings.ToLower(http.StatusText(code)); text != "" && strings.HasPrefix(phrase, text) {
			return code
		}
	}
	if strings.Contains(phrase, "auth") && strings.Contains(phrase, "required") {
		return http.StatusProxyAuthRequired
	}
	return 0
}

// NameOf returns host and port of the HTTP proxy that a transport uses for a request, "" if there
// is none or the transport does not reveal it.
func NameOf(rt http.RoundTripper, r *http.Request) string {
	proxy := proxyOf(rt, r)
	if proxy == nil {
		return ""
	}
	return address(proxy)
}

func proxyOf(rt http.RoundTripper, r *http.Request) *url.URL {
	t, ok := rt.(*http.Transport)
	if !ok || t.Proxy == nil {
		return nil
	}
	proxy, err := t.Proxy(r)
	if err != nil || proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil
	}
	return proxy
}

// isReasonPhrase reports whether err is nothing but a text, as net/http makes it of a reason
// phrase. A tunnel that opened and then failed in the TLS handshake has other errors: http.Client
// has a bare one for a server without TLS.
func isReasonPhrase(err error) bool {
	bare := errors.New("")
	return reflect.TypeOf(err) == reflect.TypeOf(bare) && !errors.Is(err, io.EOF) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, http.ErrSchemeMismatch) &&
		!strings.HasPrefix(err.Error(), "tls: ")
}

// address returns host and port of a proxy, whose user information stays out.
func address(proxy *url.URL) string {
	port := proxy.Port()
	switch {
	case port != "":
	case proxy.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}
