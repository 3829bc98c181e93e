package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
	"github.com/go-ews/exchange/internal/httpbody"
)

// A login by NTLM belongs to one connection of the server. A load balancer that sends each request
// over another connection to the server breaks the login; one that shares its connections among
// clients lets one client's login stand for another's. This file detects both, with requests that
// carry neither a password nor a body.

const (
	hintAffinity = "whether a load balancer or proxy in between sends each request over another connection to the server " +
		"(nginx without keepalive, HAProxy with option http-server-close); it must keep to one for each client connection"
	hintSharing = "the load balancer or proxy in between: it must keep one connection to the server for each client " +
		"connection; until it does, a login with every request is needed"
)

// A place remembers how connections to one origin behave on the way.
type place struct {
	turns turns // one login at a time, until the place is proven, and with LoginPerRequest

	mu     sync.Mutex
	proven bool      // the server kept a new connection apart from a logged-in one
	shared time.Time // when clients were last seen to share logins
	probed time.Time // when the last probe began
	fresh  bool      // that probe has ended
	logins bool      // a login has succeeded
	single bool      // a connection takes one login and no second
}

const (
	sharedFor  = 10 * time.Minute // before the load balancer is given another chance
	probeEvery = time.Minute
)

// places belong to the process: the logins of all Transports meet in one load balancer.
var places struct {
	mu sync.Mutex
	at map[origin]*place
}

func placeOf(at origin) *place {
	places.mu.Lock()
	defer places.mu.Unlock()
	p := places.at[at]
	if p == nil {
		if places.at == nil || len(places.at) >= maxPlaces {
			places.at = map[origin]*place{}
		}
		p = &place{}
		places.at[at] = p
	}
	return p
}

const maxPlaces = 1024

// turns admit one caller at a time, in the order of arrival.
type turns struct {
	mu      sync.Mutex
	busy    bool
	waiting []chan struct{}
}

func (t *turns) enter(ctx context.Context) error {
	t.mu.Lock()
	if !t.busy {
		t.busy = true
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		t.giveUp(mine)
		return contextcause.Of(ctx)
	}
}

// giveUp leaves the queue. A turn that arrived meanwhile passes to the next caller.
func (t *turns) giveUp(mine chan struct{}) {
	t.mu.Lock()
	i := slices.Index(t.waiting, mine)
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 {
		t.leave()
	}
}

func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.busy = false
		return
	}
	close(t.waiting[0])
	t.waiting = t.waiting[1:]
}

func (p *place) markShared() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shared, p.proven = time.Now(), false
}

func (p *place) markProven() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proven, p.fresh, p.probed = true, true, time.Now()
}

func (p *place) markLogin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.logins = true
}

func (p *place) hasLogins() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logins
}

func (p *place) isProven() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proven
}

func (p *place) markSingle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.single = true
}

// isSingle reports whether a connection serves one login only, so that LoginPerRequest cannot reuse
// it.
func (p *place) isSingle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.single
}

func (p *place) isShared() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.shared.IsZero() && time.Since(p.shared) < sharedFor
}

// ensureUnshared probes the server once a minute before a login is reused: does it treat a new
// connection as if it were logged in?
func (b *bound) ensureUnshared(ctx context.Context, k *call) error {
	p := placeOf(k.at)
	if k.c.front.known() && p.probeDue() {
		if err := p.turns.enter(ctx); err != nil {
			return b.fail(k.at, waitedForTurn, err)
		}
		b.prove(ctx, k, p)
		p.turns.leave()
	}
	if !p.isShared() {
		return nil
	}
	return b.shared(k)
}

// prove probes twice, since the server's connection may not be idle yet after its last response.
// The caller holds the turn: a login that begins would hide the one before it.
func (b *bound) prove(ctx context.Context, k *call, p *place) {
	if p.isShared() || p.isFresh() {
		return
	}
	for range 2 {
		if b.leaksLogin(ctx, k) {
			p.markShared()
			return
		}
	}
	p.markProven()
}

// shared is the error of a request whose response could be another user's.
func (b *bound) shared(k *call) error {
	e := b.fail(k.at, "connections to the server are shared in between, so that one user's login stands for another's; "+
		"nothing of the request was sent", nil)
	e.Hint, e.inBetween = hintSharing, true
	return e
}

// probeDue reports whether to probe now: for the first requests, then for one request a minute.
func (p *place) probeDue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.proven {
		return true
	}
	if time.Since(p.probed) < probeEvery {
		return false
	}
	p.probed, p.fresh = time.Now(), false
	return true
}

// isFresh reports whether another request has probed meanwhile.
func (p *place) isFresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proven && p.fresh
}

// leaksLogin reports whether a new connection has another connection's login.
func (b *bound) leaksLogin(ctx context.Context, k *call) bool {
	seen, err := b.talk(ctx, k, nil)
	if err != nil {
		return false
	}
	switch seen[0].status {
	case http.StatusBadRequest, http.StatusLengthRequired, http.StatusUnsupportedMediaType, http.StatusInternalServerError:
		return true // the application has read the empty request
	}
	return seen[0].status/100 == 2
}

// misrouted reports whether the last message of a refused login seems to have reached another
// connection of the server than the first. Either connections share logins, or the server refuses a
// message that belongs to no login in the same way and forgets on the same connection that a login
// has begun.
func (b *bound) misrouted(ctx context.Context, k *call, resp *http.Response) bool {
	if b.scheme != schemeNTLM || !k.c.front.tellsLoginsApart() {
		httpbody.Discard(ctx, resp.Body)
		return false
	}
	refusal := fingerprint(ctx, resp)
	_ = k.c.cc.Close()
	if b.leaksLogin(ctx, k) {
		placeOf(k.at).markShared()
		return true
	}
	stray, err := b.talk(ctx, k, []byte("NTLMSSP\x00\xff\x00\x00\x00"))
	if err != nil || stray[0].print != refusal {
		return false
	}
	negotiate, _, err := (&ntlmHandshake{}).Next(ctx, nil)
	if err != nil {
		return false
	}
	twice, err := b.talk(ctx, k, negotiate, negotiate)
	if err != nil {
		return false
	}
	if !twice[0].challenge {
		placeOf(k.at).markShared() // a new connection was in the middle of a login
		return true
	}
	return twice[1].challenge
}

// probeTime bounds one probe.
const probeTime = 5 * time.Second

// talk sends tokens over a new connection.
func (b *bound) talk(ctx context.Context, k *call, tokens ...[]byte) ([]glance, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	c, err := b.pool(k.at).dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.cc.Close() }()
	var seen []glance
	for _, token := range tokens {
		r, err := b.ask(ctx, &call{r: k.r, at: k.at, c: c, header: k.header}, token)
		if err != nil {
			return nil, err
		}
		seen = append(seen, r)
	}
	return seen, nil
}

// A glance is the part of a response that a probe compares.
type glance struct {
	status    int
	challenge bool   // the response carries a challenge
	print     string // equal for equal responses
}

func (b *bound) ask(ctx context.Context, k *call, token []byte) (glance, error) {
	r := bodyless(k.r, k.header, token).WithContext(ctx)
	resp, err := b.roundTrip(k, r) //nolint:bodyclose // fingerprint closes it
	if err != nil {
		return glance{}, err
	}
	found, _ := findChallenge(parseChallenges(resp.Header.Values("Www-Authenticate")), k.header)
	return glance{resp.StatusCode, found.token != "", fingerprint(ctx, resp)}, nil
}

// fingerprint reads a refusal to its end and returns a text that is equal for equal refusals.
func fingerprint(ctx context.Context, resp *http.Response) string {
	var b httpbody.Body
	b.Reset(resp.Body)
	b.Hurry(ctx)
	body, _ := io.ReadAll(io.LimitReader(&b, maxDrain))
	b.Finish(ctx)
	return fmt.Sprintf("%d %q %x", resp.StatusCode, resp.Header.Get("Content-Type"), sha256.Sum256(body))
}

// A front identifies the software that sent a response: its Server header, and whether a proxy has
// added Via.
type front struct {
	server string
	via    bool
}

func frontOf(h http.Header) front {
	return front{server: strings.ToLower(h.Get("Server")), via: h.Get("Via") != ""}
}

// known reports whether the response names any software; servers in tests do not.
func (f front) known() bool { return f.via || f.server != "" }

// tellsLoginsApart reports whether the refusals of a server depend on the connections in between.
// IIS refuses a wrong password in the same words.
func (f front) tellsLoginsApart() bool {
	return f.known() && (f.via || !strings.HasPrefix(f.server, "microsoft-"))
}
