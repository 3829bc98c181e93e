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

// bound sends requests over connections that are logged in, which is how NTLM and Negotiate work.
// It owns these connections: one request uses one at a time, and no other code sees them.
type bound struct {
	scheme string
	mech   Mechanism
	base   *http.Transport
	set    settings

	mu      sync.Mutex
	pools   map[origin]*pool
	account string // the last account that logged in
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

// errUnsent marks a connection that ended before anything of the request was written: send tries
// another one.
var errUnsent = errors.New("the connection ended before anything was sent")

// maxFresh bounds the attempts on new connections, which die early while a server restarts.
const maxFresh = 3

// send takes a connection, and another one if that died before anything was written to it.
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

// fail returns the error of a request that was not sent.
func (b *bound) fail(at origin, reason string, err error) *Error {
	return &Error{Scheme: b.scheme, Origin: at.String(), reason: reason, Err: err}
}

// lost returns the error of a request that was sent, or part of it: its outcome is unknown.
func (b *bound) lost(ctx context.Context, at origin, err error) *Error {
	err = contextcause.In(ctx, err)
	return &Error{Scheme: b.scheme, Origin: at.String(), Sent: true, reason: "the request was sent, but no response came", Err: err}
}

// explain wraps any other error in an *Error.
func (b *bound) explain(at origin, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return b.fail(at, "the login did not come about, and nothing of the request was sent", err)
}

// newAccount notes which account logs in now. A change closes the idle connections.
func (b *bound) newAccount(name string) {
	b.mu.Lock()
	changed := b.account != "" && b.account != name
	b.account = name
	b.mu.Unlock()
	if changed {
		b.closeIdle() // they are logged in as the old account
	}
}

func (b *bound) stale(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.loggedIn && c.user != b.account
}
