package autodiscover

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// gate decides which hosts may be spoken to.
type gate struct {
	domain string // of the address that the caller gave
	opts   *Options

	mu      sync.Mutex
	answers map[string]bool // of Options.Redirect
}

// trusted reports whether a host needs no question.
func (g *gate) trusted(host string) bool {
	if g.opts.Trust != nil {
		return g.opts.Trust(host)
	}
	if host == g.domain || beneath(host, g.domain) {
		return true
	}
	return slices.ContainsFunc(g.opts.Hosts, func(h string) bool {
		domain, wild := strings.CutPrefix(h, "*.")
		return host == h || wild && beneath(host, domain)
	})
}

// beneath reports whether a host lies beneath a domain. An IP address lies beneath nothing.
func beneath(host, domain string) bool {
	return strings.HasSuffix(host, "."+domain) && net.ParseIP(host) == nil
}

// admits reports whether a host may be spoken to, and asks the caller about one that is not trusted:
// one question at a time, since a person may have to answer it.
func (g *gate) admits(ctx context.Context, host, from string) bool {
	if g.trusted(host) {
		return true
	}
	if g.opts.Redirect == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if answer, ok := g.answers[host]; ok {
		return answer
	}
	if ctx.Err() != nil {
		return false // nobody waits for the answer any more
	}
	answer := g.opts.Redirect(ctx, Redirect{From: from, Host: host})
	g.answers[host] = answer
	return answer
}

// hostOf returns the host of a URL as it is compared.
func hostOf(u *url.URL) string {
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// maxURL is more than servers take.
const maxURL = 2048

// parseTarget reads a URL that an answer names, relative to the one that was asked. What it refuses
// is not repeated in the reason: it may hold a password.
func parseTarget(base *url.URL, text string) (u *url.URL, bad string) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err == nil && base != nil {
		u = base.ResolveReference(u)
	}
	switch {
	case text == "":
		return nil, "nothing"
	case len(text) > maxURL:
		return nil, "a URL that is too long"
	case err != nil:
		return nil, "what is not a URL"
	case u.User != nil:
		return nil, "a URL with user information"
	case hostOf(u) == "":
		return nil, "a URL without host"
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return nil, "a host name that is not ASCII"
	case u.Scheme != "https":
		return nil, "a URL that is not https, which is never followed"
	}
	u.Fragment, u.RawFragment = "", ""
	return u, ""
}

// identity is what two URLs have in common that are the same place: paths and hosts are compared
// without case, as IIS does, and the port may be left out. The query is part of it: version 2
// carries the address there in one of its forms.
func identity(u *url.URL) string {
	port := u.Port()
	if port == "" && u.Scheme == "https" {
		port = "443"
	}
	return u.Scheme + "://" + net.JoinHostPort(hostOf(u), port) + strings.ToLower(u.EscapedPath()) + "?" + u.RawQuery
}

// originOf is the form in which Options.Client is asked: as browsers write an origin, without the
// port of https.
func originOf(u *url.URL) string {
	host := hostOf(u)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

// shown is a URL without what may be secret: its user information and query.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
