// Package pagehint explains a response that came in place of a SOAP response: a proxy's page, a
// log-in form, a redirect.
package pagehint

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-ews/exchange/internal/loginform"
	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/origin"
	"github.com/go-ews/exchange/internal/serverwords"
)

// Page is a response and its request, as far as they help.
type Page struct {
	StatusCode int
	Header     http.Header
	Body       []byte // its beginning
	URL        string // that was asked
	Proxy      string // that responded 407; "" if unknown
}

// Statuses that net/http has no name for.
const (
	statusLoginTimeout  = 440 // IIS and Exchange's forms-based authentication
	statusAccountLocked = 456 // Exchange Online
)

const checkEndpoint = "check the endpoint, which as a rule ends in /EWS/Exchange.asmx"

// Explain returns the server's own explanation, the target of a redirect, and the offered schemes.
// A guess follows only if the server explained nothing.
func (p Page) Explain() string {
	var parts []string
	words := cmp.Or(serverwords.Of(p.Header), faultWords(p.Body))
	if words != "" {
		parts = append(parts, words)
	}
	if target := p.target(); target != "" && p.StatusCode/100 == 3 {
		parts = append(parts, "it leads to "+target)
	}
	if schemes := offeredSchemes(p.Header); schemes != "" && p.StatusCode == http.StatusUnauthorized {
		parts = append(parts, "it offers "+schemes)
	}
	if words == "" {
		parts = append(parts, p.guess())
	}
	return strings.Join(parts, "; ")
}

// target returns the Location of a redirect without what may be secret, "" if it is no URL.
func (p Page) target() string {
	location := p.Header.Get("Location")
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return ""
	}
	return oneline.Clip(origin.Page(u), 200)
}

// guess returns the probable meaning of the response and what to check.
func (p Page) guess() string {
	if product, ok := p.loginForm(); ok {
		return loginFormHint(product)
	}
	blocker, ofStatus := p.blocker(), OfStatus(p.StatusCode)
	switch s := p.StatusCode; {
	case s/100 == 3:
		return p.redirectHint()
	case p.isPlainHTTP():
		return p.plainHTTPHint()
	case blocker != "":
		return blocker + " blocked the request: let it allow POST of text/xml to /EWS; its log has the rule"
	case p.isPacked():
		return "the body is in the encoding " + oneline.Clip(p.Header.Get("Content-Encoding"), 40) + ", which was not asked " +
			"for: a gateway on the way packs responses, and must leave EWS alone"
	case s == http.StatusUnauthorized:
		return "the credentials were refused or none were sent: check user, password and scheme; " +
			"Extended Protection also responds so if TLS ends before Exchange or no channel binding is " +
			"sent, and so does throttling"
	case s == http.StatusForbidden && p.mentions("ip address of the client"):
		return "IIS does not accept this machine's address: check the IP address restrictions of the EWS directory"
	case s == http.StatusForbidden && p.mentions("client certificate"):
		return "IIS wants a client certificate, which EWS does not use: in the SSL settings of the EWS directory, ignore them"
	case s == http.StatusForbidden:
		return "refused before EWS: in Exchange Online check EWSEnabled and EwsAllowedAppIDs " +
			"(EWS is off there unless allow-listed), on-premises the mailbox's EWS access policy and " +
			"client access rules, and any proxy on the way"
	case p.unbound():
		return "IIS is there, but no web site there is bound to the name or port of the endpoint: check both, and the bindings of the site"
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusGone:
		return "nothing at this address: " + checkEndpoint
	case s == http.StatusRequestEntityTooLarge, s == http.StatusBadRequest:
		return p.requestHint()
	case s == http.StatusRequestHeaderFieldsTooLarge:
		return "a header is too large, such as the Kerberos ticket of a user in many groups: raise MaxFieldLength and " +
			"MaxRequestBytes of HTTP.sys, and the limit of any proxy on the way"
	case s == http.StatusUnsupportedMediaType:
		return "not an EWS endpoint, or something on the way edits requests"
	case s == http.StatusProxyAuthRequired:
		return p.proxyHint()
	case s == http.StatusMisdirectedRequest:
		return "the name of the TLS connection (SNI) and of the request differ: check the host name of the endpoint, and a " +
			"gateway that connects without the name (nginx: proxy_ssl_server_name on)"
	case ofStatus != "":
		return ofStatus
	case s == http.StatusServiceUnavailable:
		return p.unavailableHint()
	case s == http.StatusTooManyRequests:
		return "too busy"
	case s == statusAccountLocked:
		return "the account is locked or must sign in interactively first"
	case s >= 500:
		return p.gatewayHint()
	}
	if _, in := p.origin(); in.name != "" {
		return in.name + " responds instead of Exchange: check its rules; " + checkEndpoint
	}
	return "a proxy or another application: " + checkEndpoint
}

func (p Page) redirectHint() string {
	switch {
	case IsErrorPage(p.Header.Get("Location")):
		return "Exchange redirects to its error page: an outage of the server behind; try again later"
	case strings.Contains(strings.ToLower(p.Header.Get("Location")), "/owa/auth/errorfe.aspx"):
		return "Exchange's front end redirects to its error page: it has no server for the mailbox, or that one is down"
	case strings.HasPrefix(p.URL, "http:") && p.target() == "https"+p.URL[len("http"):]:
		return "use https:// in the endpoint"
	}
	return "redirects are not followed, since they would carry the request elsewhere; " + checkEndpoint
}

// loginForm recognizes the log-in form of a publisher or an identity provider, and names the
// product, "" if that is unknown.
func (p Page) loginForm() (product string, ok bool) {
	switch s := p.StatusCode; {
	case s/100 == 3 && !IsErrorPage(p.Header.Get("Location")):
		return loginform.At(p.Header.Get("Location"))
	case s/100 == 2, s == http.StatusUnauthorized, s == http.StatusForbidden:
		return loginform.In(p.Body)
	}
	return "Exchange's forms-based authentication", p.StatusCode == statusLoginTimeout
}

func loginFormHint(product string) string {
	if product != "" {
		product = " (" + product + ")"
	}
	return "a log-in form" + product + " stands before EWS, which programs cannot fill in; it must let " +
		"EWS pass: exempt the path /EWS from pre-authentication, switch forms-based authentication off " +
		"for the EWS directory; some publishers decide by User-Agent"
}

// plainHTTP are phrases of servers whose TLS port got plain HTTP, or the other way round, in lower
// case: Go, nginx, Apache, IIS (403.4), Tomcat and Jetty, HAProxy's and Envoy's users, F5.
var plainHTTP = [...]string{
	"client sent an http request to an https server",
	"plain http request was sent to https port",
	"speaking plain http to an ssl-enabled server port",
	"speaking plain http to an https-enabled server port",
	"combination of host and port requires tls",
	"http request sent to https port",
	"http request was sent to an https port",
	"ssl is required to view this resource",
	"secured with secure sockets layer",
	"must be viewed over a secure channel",
	"403.4",
}

// isPlainHTTP reports whether a server says that it wants https on this port.
func (p Page) isPlainHTTP() bool {
	const nginxPlainHTTP = 497
	if s := p.StatusCode; s != http.StatusBadRequest && s != http.StatusForbidden && s != nginxPlainHTTP {
		return false
	}
	return p.mentions(plainHTTP[:]...) || p.StatusCode == nginxPlainHTTP
}

// isPacked reports whether the body of a response with which SOAP comes is in an encoding other
// than gzip.
func (p Page) isPacked() bool {
	if s := p.StatusCode; s/100 != 2 && s != http.StatusInternalServerError {
		return false
	}
	switch strings.ToLower(p.Header.Get("Content-Encoding")) {
	case "", "identity", "gzip", "x-gzip":
		return false
	}
	return len(p.Body) > 0
}

// mentions reports whether the page has one of the phrases, in any case and with any line breaks.
func (p Page) mentions(phrases ...string) bool {
	text := p.text()
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(text, phrase) })
}

// text returns the page in lower case, with single spaces in place of line breaks and indents.
func (p Page) text() string { return strings.Join(strings.Fields(string(bytes.ToLower(p.Body))), " ") }

func (p Page) plainHTTPHint() string {
	if strings.HasPrefix(p.URL, "https:") {
		return "a gateway sends plain HTTP to a port that wants HTTPS: check the address of Exchange there"
	}
	return "an HTTP request to a port that wants HTTPS: use https:// in the endpoint"
}

func (p Page) proxyHint() string {
	name := "an HTTP proxy"
	if p.Proxy != "" {
		name = "the HTTP proxy " + p.Proxy
	} else if via := oneline.Clip(p.Header.Get("Via"), 80); via != "" {
		name += " (" + via + ")"
	}
	return name + " asks for credentials: put them into the proxy's URL, or exempt the Exchange server " +
		"from the proxy"
}

// offeredSchemes lists the first word of each WWW-Authenticate header.
func offeredSchemes(h http.Header) string {
	var names []string
	for _, challenge := range h.Values("Www-Authenticate") {
		if words := strings.Fields(challenge); len(words) > 0 {
			names = append(names, oneline.Clip(words[0], 20))
		}
	}
	return oneline.Clip(strings.Join(names, ", "), 100)
}

// IsErrorPage recognizes the page to which Exchange redirects during an outage, by the end of its
// path: the rest may be rewritten on the way, and a query may quote it.
func IsErrorPage(location string) bool {
	path, _, _ := strings.Cut(location, "?")
	path, _, _ = strings.Cut(path, "#")
	return strings.EqualFold(path[strings.LastIndexByte(path, '/')+1:], "genericerrorpage.htm")
}
