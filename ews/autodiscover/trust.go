package autodiscover

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-ews/exchange/internal/oneline"
)

// UntrustedError is the error of a step that leads to a host which is not trusted. Nothing was sent
// to that host.
type UntrustedError struct {
	Host string
	From string // the source of the host: a URL without its query, or a DNS record
}

// Error returns one line, with what to do about it.
func (e *UntrustedError) Error() string {
	return oneline.Clip(e.From, 200) + " leads to " + oneline.Clip(e.Host, 100) + ", which is not trusted; " +
		"if the mailbox is there, add the host to the trusted ones"
}

// trust decides which hosts requests may go to and results may name.
type trust struct {
	domain  string   // of the caller's address
	service *url.URL // of Options.URL; nil for none
	opts    *Options

	mu        sync.Mutex
	decisions map[string]bool // of Options.Redirect, by host
}

// trusted reports whether a host is trusted without asking the caller.
func (t *trust) trusted(host string) bool {
	switch {
	case t.service != nil && host == hostOf(t.service):
		return true
	case t.opts.Trust != nil:
		return t.opts.Trust(host)
	case host == t.domain || beneath(host, t.domain):
		return true
	}
	return slices.ContainsFunc(t.opts.Hosts, func(h string) bool {
		domain, wild := strings.CutPrefix(h, "*.")
		return host == h || wild && beneath(host, domain)
	})
}

// beneath reports whether a host lies beneath a domain. An IP address lies beneath no domain.
func beneath(host, domain string) bool {
	return strings.HasSuffix(host, "."+domain) && net.ParseIP(host) == nil
}

// admits reports whether a host is trusted, and asks the caller about one that is not: one question
// at a time, since a person may have to reply.
func (t *trust) admits(ctx context.Context, host, from string) bool {
	if t.trusted(host) {
		return true
	}
	if t.opts.Redirect == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if decision, ok := t.decisions[host]; ok {
		return decision
	}
	if ctx.Err() != nil {
		return false
	}
	decision := t.opts.Redirect(ctx, Redirect{From: from, Host: host})
	t.decisions[host] = decision
	return decision
}

// admitted reports whether a host is trusted, or the caller has said so before.
func (t *trust) admitted(host string) bool {
	if t.trusted(host) {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.decisions[host]
}
