package auth

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
)

// A conn is one connection that one request uses at a time.
type conn struct {
	cc    *http.ClientConn
	count wireCount
	tls   *tls.ConnectionState // nil without TLS, or under a TLS dialer that hides it

	user     string // the account that is logged in, to notice a rotation
	loggedIn bool   // requests need no Authorization
	served   int    // requests since the login
	forgets  bool   // the server keeps a login for one request only
	reused   bool
	idle     *time.Timer
	front    front
}

// A pool holds the connections to one origin: at most as many as there are slots, whether they are
// in use or idle.
type pool struct {
	base  *http.Transport
	at    origin
	keep  time.Duration
	slots chan struct{}

	negotiate atomic.Bool // NTLM goes in the scheme Negotiate

	mu   sync.Mutex
	idle []*conn // the most recently used one is last
}

// header returns the scheme that goes with the tokens.
func (p *pool) header(scheme string) string {
	if scheme == schemeNTLM && p.negotiate.Load() {
		return schemeNegotiate
	}
	return scheme
}

func newPool(base *http.Transport, at origin, set settings) *pool {
	return &pool{base: base, at: at, keep: set.idleTimeout, slots: make(chan struct{}, set.maxConns)}
}

// get waits for a slot, then returns the connection used last, or a new one. With fresh set it
// closes the idle ones first: one of them was dead, so the others may be.
func (p *pool) get(ctx context.Context, fresh bool) (*conn, error) {
	if ctx.Err() != nil {
		return nil, contextcause.Of(ctx)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("all %d connections stayed busy: %w", cap(p.slots), contextcause.Of(ctx))
	}
	if fresh {
		p.closeIdle()
	}
	if c := p.pop(); c != nil {
		c.reused = true
		return c, nil
	}
	c, err := p.dial(ctx)
	if err != nil {
		<-p.slots
	}
	return c, err
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = slices.Delete(p.idle, len(p.idle)-1, len(p.idle))
		c.idle.Stop()
		if c.cc.Available() > 0 {
			return c
		}
		_ = c.cc.Close()
	}
	return nil
}

// dial opens a connection. The trace sees the handshake with the target last, after the one with a
// proxy if that speaks TLS too.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	c := &conn{}
	trace := &httptrace.ClientTrace{TLSHandshakeDone: func(state tls.ConnectionState, err error) {
		if err == nil {
			c.tls = &state
		}
	}}
	ctx = httptrace.WithClientTrace(withWireCount(ctx, &c.count), trace)
	cc, err := p.base.NewClientConn(ctx, p.at.Scheme, p.at.Address())
	if err != nil {
		return nil, err
	}
	c.cc = cc
	return c, nil
}

// put returns a connection to the pool for the next request. If net/http does not call it available
// by now, net/http is about to close it.
func (p *pool) put(c *conn) {
	if c.cc.Available() == 0 {
		p.drop(c)
		return
	}
	p.mu.Lock()
	c.idle = time.AfterFunc(p.keep, func() { p.expire(c) })
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	<-p.slots
}

// drop closes a connection that must not be used again.
func (p *pool) drop(c *conn) {
	_ = c.cc.Close()
	<-p.slots
}

func (p *pool) expire(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, c); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		_ = c.cc.Close()
	}
}

func (p *pool) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.idle.Stop()
		_ = c.cc.Close()
	}
	p.idle = nil
}
