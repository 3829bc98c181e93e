package autodiscover

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
)

// response is the content of a response of an Autodiscover service, in either form of the protocol.
type response struct {
	endpoints []endpoint // best first
	url       string     // the service to ask instead; "" for none
	address   string     // the address to ask for instead; "" for none
	version   ews.ServerVersion
}

// endpoint is an EWS URL as a service names it.
type endpoint struct {
	url         string
	authPackage string
	ttl         time.Duration
}

// errHTML is the error for a web site, which has a page for any path, and for a log-in form.
var errHTML = errors.New("an HTML page instead of an Autodiscover response; " +
	"a web site or a log-in form is at this host, and must let Autodiscover pass")

// loginFormError explains a log-in form where a service should be. Product may be "".
func loginFormError(product, where string) error {
	if product != "" {
		product = " of " + product
	}
	return errors.New("a log-in form" + product + where + " stands before Autodiscover, which programs cannot " +
		"fill in; it must let the path /autodiscover pass")
}

// isHTML reports whether a body begins as a page does.
func isHTML(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), " \t\r\n")
	for _, start := range []string{"<!doctype html", "<html"} {
		if len(body) >= len(start) && bytes.EqualFold(body[:len(start)], []byte(start)) {
			return true
		}
	}
	return false
}

// usable returns the endpoint's URL in the form that [ews.NewClient] takes, or returns in words why
// it has no such form. Exchange adds /WSSecurity for clients with a token of that kind.
func (e endpoint) usable() (u *url.URL, bad string) {
	u, bad = parseTarget(nil, e.url)
	switch {
	case bad != "":
		return nil, bad
	case u.RawQuery != "" || u.ForceQuery:
		return nil, "a URL with a query"
	}
	// The client has no such token, and the path without it is the same service.
	const suffix = "/wssecurity"
	if i := indexFold(u.Path, suffix); i >= 0 {
		u.Path, u.RawPath = u.Path[:i], ""
	}
	return u, ""
}

// indexFold returns the index of the path element sep, which is in lower case, with its slash; -1
// if the path has none.
func indexFold(path, sep string) int {
	for i := 0; i+len(sep) <= len(path); i++ {
		end := i + len(sep)
		if strings.EqualFold(path[i:end], sep) && (end == len(path) || path[end] == '/') {
			return i
		}
	}
	return -1
}
