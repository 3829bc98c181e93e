package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/go-ews/exchange/internal/contextcause"
)

// bound sends requests over connections that carry the identity that logged in on them, which
// is how NTLM and Negotiate work. So the connections are its own, one request uses one at a time,
// and nothing else ever sees them.
type bound struct {
	scheme string
	mech   Mechanism
	base   *http.Transport
	set    settings

	mu      sync.Mutex
	pools   map[origin]*pool
	account string // the last one that logged in
}

func newBound(scheme string, base *http.Transport, m Mechanism, o *Options) (*Transport, error) {
	set, err := o.check(scheme)
	if err != nil {
		return nil, err
	}
	own := private(base)
	oneProtocol(own)
	set.log = set.log.With(slog.String("scheme", scheme))
	b := &bound{scheme: scheme, mech: m, base: own, set: set, pools: map[origin]*pool{}}
	return &Transport{scheme: scheme, set: set, sender: b}, nil
}

// errUnsent marks a connection that ended before anything of the request was written: another one
// will do.
var errUnsent = errors.New("the connection ended before anything was sent")

// maxFresh bounds the attempts on new connections, which die early where a server just restarts.
const maxFresh = 3

// send finds a connection and replaces it as long as connections die before they were written to.
func (b *bound) send(r *http.Request, at origin) (*http.Response, error) {
	ctx, body := r.Context(), &replay{request: r}
	defer body.close()
	if err := b.proxied(r); err != nil {
		return nil, b.fail(at, "nothing was sent", err)
	}
	pool := b.pool(at)
	reused, fresh := false, 0
	for {
		c, err := pool.get(ctx, reused)
		if err != nil {
			return nil, b.fail(at, "no connection, so nothing was sent", err)
		}
		resp, err := b.attempt(ctx, &call{r: r, at: at, c: c, body: body})
		if err == nil {
			resp.Request = r
			lease(resp, pool, c, !b.set.perRequest || !placeOf(at).isSingle())
			return resp, nil
		}
		pool.drop(c)
		b.set.log.DebugContext(ctx, "connection dropped", slog.String("origin", at.String()))
		if reused = c.reused; !reused {
			fresh++
		}
		if !errors.Is(err, errUnsent) || fresh == maxFresh {
			return nil, b.explain(at, err)
		}
	}
}

// proxied refuses http:// through a proxy, which shares its connections between its clients: one
// client's login would be another's.
func (b *bound) proxied(r *http.Request) error {
	if b.base.Proxy == nil || r.URL.Scheme != "http" {
		return nil
	}
	u, err := b.base.Proxy(r)
	if err != nil {
		return err
	}
	if u == nil || u.Scheme == "socks5" || u.Scheme == "socks5h" {
		return nil
	}
	return fmt.Errorf("%s over http:// cannot pass the HTTP proxy %s, which shares connections between clients; "+
		"use https, or exempt the host from the proxy", b.scheme, u.Host)
}

func (b *bound) pool(at origin) *pool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pools[at]
	if p == nil {
		p = newPool(b.base, at, b.set)
		b.pools[at] = p
	}
	return p
}

func (b *bound) closeIdle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.pools {
		p.closeIdle()
	}
}

// fail is an error before anything of the request was sent.
func (b *bound) fail(at origin, reason string, err error) *Error {
	return &Error{Scheme: b.scheme, Origin: at.String(), reason: reason, Err: err}
}

// lost is an error after the request was sent, or part of it: its outcome is unknown.
func (b *bound) lost(ctx context.Context, at origin, err error) *Error {
	err = contextcause.In(ctx, err)
	return &Error{Scheme: b.scheme, Origin: at.String(), Sent: true, reason: "the request was sent, but no response came", Err: err}
}

// explain makes an *Error of an error that is none yet.
func (b *bound) explain(at origin, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return b.fail(at, "the login did not come about, and nothing of the request was sent", err)
}

// newAccount notes who logs in now and says whether that changed.
func (b *bound) newAccount(name string) {
	b.mu.Lock()
	changed := b.account != "" && b.account != name
	b.account = name
	b.mu.Unlock()
	if changed {
		b.closeIdle() // their logins are the old account's
	}
}

func (b *bound) stale(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.loggedIn && c.user != b.account
}
