package autodiscover

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
)

// answer is what an Autodiscover service says, in either form of the protocol.
type answer struct {
	endpoints []endpoint // best first
	url       string     // where to ask instead; "" for nowhere
	address   string     // the address to ask for instead; "" for none
	version   ews.ServerVersion
}

// endpoint is an EWS URL as it was named.
type endpoint struct {
	url         string
	authPackage string
	ttl         time.Duration
}

// errHTML is what a company's web site makes of any path, and a log-in page of any request.
var errHTML = errors.New("an HTML page instead of an Autodiscover answer; " +
	"a web site or a log-in page is at this host")

// isHTML reports whether a body begins as a page would.
func isHTML(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), " \t\r\n")
	for _, start := range []string{"<!doctype html", "<html"} {
		if len(body) >= len(start) && bytes.EqualFold(body[:len(start)], []byte(start)) {
			return true
		}
	}
	return false
}

// usable returns the endpoint's URL as [ews.NewClient] takes it, or says in words why it cannot be
// one. Exchange adds /WSSecurity for clients with a token of that kind.
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

// indexFold finds the path element sep, in lower case, where it ends the path or goes on below it.
func indexFold(path, sep string) int {
	for i := 0; i+len(sep) <= len(path); i++ {
		end := i + len(sep)
		if strings.EqualFold(path[i:end], sep) && (end == len(path) || path[end] == '/') {
			return i
		}
	}
	return -1
}
