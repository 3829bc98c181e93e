package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/contextcause"
	"github.com/go-ews/exchange/internal/httpbody"
)

// maxLegs bounds a login that never ends; NTLM has two, SPNEGO seldom more.
const maxLegs = 8

// A call is one request on one connection.
type call struct {
	r    *http.Request
	at   origin
	c    *conn
	body *replay

	header string // the scheme that goes with the tokens
}

// attempt sends the request on its connection and logs in first where that is needed.
func (b *bound) attempt(ctx context.Context, k *call) (*http.Response, error) {
	if b.stale(k.c) {
		return nil, errUnsent
	}
	if b.set.perRequest {
		return b.loginEach(ctx, k)
	}
	if !k.c.loggedIn {
		return b.loginOnce(ctx, k)
	}
	if err := b.ensureUnshared(ctx, k); err != nil {
		return nil, err
	}
	resp, err := b.deliver(ctx, k, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized {
		k.c.served++
		return resp, nil
	}
	// The server forgot the login: a session ended, or it keeps logins for one request only. Its
	// 401 says that it did not look at the request.
	k.c.forgets = k.c.served == 0
	k.c.loggedIn = false
	if !drain(resp) || resp.Close {
		return nil, errUnsent
	}
	return b.login(ctx, k)
}

const waitedForTurn = "other logins took their turns for too long, so nothing was sent"

// loginOnce logs a connection in. Until the place is proven, logins take turns, so that a load
// balancer that shares connections cannot mix up two users.
func (b *bound) loginOnce(ctx context.Context, k *call) (*http.Response, error) {
	p := placeOf(k.at)
	if b.scheme == schemeNTLM && !p.isProven() {
		if err := p.turns.enter(ctx); err != nil {
			return nil, b.fail(k.at, waitedForTurn, err)
		}
		if p.isProven() {
			p.turns.leave()
		} else {
			defer p.turns.leave()
		}
	}
	if p.isShared() {
		return nil, b.shared(k)
	}
	return b.login(ctx, k)
}

// loginEach logs in for one request. A login with one message needs no turn.
func (b *bound) loginEach(ctx context.Context, k *call) (*http.Response, error) {
	if b.scheme == schemeNTLM {
		return b.loginInTurn(ctx, k)
	}
	resp, err := b.login(ctx, k)
	if e, ok := errors.AsType[*Error](err); ok && e.StatusCode == http.StatusUnauthorized && k.c.reused {
		placeOf(k.at).markSingle() // Apache takes no second login on a connection
		return nil, errUnsent
	}
	return resp, err
}

// loginInTurn logs in for one request while no other login runs in this process: a load balancer
// could mix up the messages of two.
func (b *bound) loginInTurn(ctx context.Context, k *call) (*http.Response, error) {
	p := placeOf(k.at)
	if err := p.turns.enter(ctx); err != nil {
		return nil, b.fail(k.at, waitedForTurn, err)
	}
	defer p.turns.leave()
	resp, err := b.login(ctx, k)
	if errors.Is(err, errNoChallenge) {
		if k.c.reused {
			p.markSingle()
		}
		return nil, fmt.Errorf("%w: %w", errUnsent, err) // try another connection
	}
	return resp, err
}

// enterLegs waits for the turn of a mechanism whose first token was not its last. Only that shows that its
// logins, like those of NTLM, can be mixed up.
func (b *bound) enterLegs(ctx context.Context, k *call) (leave func(), err error) {
	p := placeOf(k.at)
	if p.isProven() && !b.set.perRequest {
		return func() {}, nil
	}
	if err := p.turns.enter(ctx); err != nil {
		return nil, b.fail(k.at, waitedForTurn, err)
	}
	if p.isShared() && !b.set.perRequest {
		p.turns.leave()
		return nil, b.shared(k)
	}
	return p.turns.leave, nil
}

// login runs the mechanism. The last leg carries the request.
func (b *bound) login(ctx context.Context, k *call) (*http.Response, error) {
	target := Target{Host: k.at.Host, scope: fmt.Sprintf("%s bound=%t", scopeOf(b.scheme, k.at, k.r), b.set.bind)}
	if b.set.bind {
		target.ChannelBinding = endPointBinding(k.c.tls)
	}
	x, err := b.mech.Start(ctx, target)
	if err != nil {
		return nil, b.fail(k.at, "the login cannot begin, so nothing was sent", err)
	}
	result := unsettled
	if s, ok := x.(settler); ok {
		defer func() { s.settle(result) }()
		k.c.user = s.account()
		b.newAccount(k.c.user)
	}
	var challenge []byte
	for leg := 1; leg <= maxLegs; leg++ {
		k.header = b.pool(k.at).header(b.scheme)
		token, done, err := x.Next(ctx, challenge)
		if err != nil {
			return nil, b.fail(k.at, "the login failed, and nothing of the request was sent", err)
		}
		if done {
			resp, err := b.finish(ctx, k, x, token, leg > 1)
			result = outcomeOf(resp, err)
			return resp, err
		}
		if leg == 1 && b.scheme == schemeNegotiate { // NTLM has its turn already
			leave, err := b.enterLegs(ctx, k)
			if err != nil {
				return nil, err
			}
			defer leave()
		}
		resp, next, err := b.leg(ctx, k, token)
		if errors.Is(err, errOnlyNegotiate) {
			challenge = nil
			continue
		}
		if err != nil || resp != nil {
			return resp, err
		}
		challenge = next
	}
	return nil, b.fail(k.at, "the login failed, and nothing of the request was sent",
		fmt.Errorf("the server asked for more than %d tokens", maxLegs))
}

// leg sends one token on a request without a body. It returns the server's next challenge, or the
// response to the call.
func (b *bound) leg(ctx context.Context, k *call, token []byte) (*http.Response, []byte, error) {
	resp, err := b.roundTrip(k, bodyless(k.r, k.header, token))
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, b.fail(k.at, "the login was given up, and nothing of the request was sent", contextcause.Of(ctx))
		}
		return nil, nil, fmt.Errorf("%w: %w", errUnsent, err)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized:
		next, err := b.nextChallenge(ctx, k, resp)
		return nil, next, err
	case code/100 == 2: // no login is needed here: send the request without one
		if !drain(resp) || resp.Close {
			return nil, nil, fmt.Errorf("%w: the server returned %d to a login and closed: "+
				"check the URL, and whether a log-in page or a proxy responds in place of Exchange", errUnsent, code)
		}
		resp, err := b.deliver(ctx, k, nil)
		return resp, nil, err
	case code >= 500 && code != http.StatusServiceUnavailable:
		httpbody.Discard(ctx, resp.Body)
		return nil, nil, b.fail(k.at, fmt.Sprintf("the server returned %d to the login, "+
			"and nothing of the request was sent", code), nil).withResponse(resp)
	default: // 403, 404, 429, 503, a redirect: the request would get the same
		return resp, nil, nil
	}
}

// bodyless copies the request without its body.
func bodyless(r *http.Request, scheme string, token []byte) *http.Request {
	r = authorized(r, scheme, token)
	r.Body, r.GetBody, r.ContentLength = http.NoBody, nil, 0
	r.TransferEncoding, r.Trailer, r.Close = nil, nil, false
	r.Header.Del("Expect")
	return r
}

// errNoChallenge marks a login that did not begin: the server's connection has one already, or is
// in the middle of another.
var errNoChallenge = errors.New("the server returned no challenge")

// errOnlyNegotiate marks a server that wants the scheme Negotiate, in which most servers take NTLM.
var errOnlyNegotiate = errors.New("the server offers Negotiate only")

// ntlmPrefix begins NTLM's messages in base64.
const ntlmPrefix = "TlRMTVNTUA"

func offers(list []challenge, scheme string) bool {
	_, ok := findChallenge(list, scheme)
	return ok
}

// nextChallenge takes the token out of a 401.
func (b *bound) nextChallenge(ctx context.Context, k *call, resp *http.Response) ([]byte, error) {
	if k.c.front = frontOf(resp.Header); !k.c.front.known() {
		placeOf(k.at).markProven()
	}
	list := parseChallenges(resp.Header.Values("Www-Authenticate"))
	found, ok := findChallenge(list, k.header)
	refuse := func(reason, hint string) *Error {
		e := b.fail(k.at, reason+", and nothing of the request was sent", nil).withResponse(resp)
		e.Hint = hint
		return e
	}
	switch {
	case !ok && k.header == schemeNTLM && offers(list, schemeNegotiate):
		if !drain(resp) || resp.Close {
			return nil, errUnsent
		}
		b.pool(k.at).negotiate.Store(true)
		return nil, errOnlyNegotiate
	case !ok:
		httpbody.Discard(ctx, resp.Body)
		b.pool(k.at).negotiate.Store(false)
		return nil, refuse("the server does not offer "+b.scheme, hintNotOffered)
	case b.scheme != k.header && !strings.HasPrefix(found.token, ntlmPrefix):
		httpbody.Discard(ctx, resp.Body)
		b.pool(k.at).negotiate.Store(false)
		return nil, refuse("the server offers Negotiate only, and takes no NTLM in it",
			"whether NTLM may be used for this virtual directory; otherwise log in with Kerberos")
	case found.token == "":
		httpbody.Discard(ctx, resp.Body)
		if p := placeOf(k.at); !k.c.reused && p.hasLogins() {
			p.markShared() // the server's connection is in the middle of another login
		}
		e := refuse("the server returned no challenge",
			"whether a proxy or load balancer in between spreads one connection over several servers, "+
				"or shares its connections to the server among clients")
		e.inBetween = true
		return nil, fmt.Errorf("%w: %w", errNoChallenge, e)
	case !drain(resp) || resp.Close:
		// A server that restarts gracefully does this too: try another connection.
		e := refuse("the connection does not outlast the challenge",
			"whether a proxy or load balancer in between closes connections after each response")
		e.inBetween = true
		return nil, fmt.Errorf("%w: %w", errUnsent, e)
	}
	data, err := found.blob()
	if err != nil {
		return nil, b.fail(k.at, "the login failed, and nothing of the request was sent", err)
	}
	return data, nil
}

// finish sends the request with the last token and checks whether the server took it.
func (b *bound) finish(ctx context.Context, k *call, x Handshake, token []byte, several bool) (*http.Response, error) {
	resp, err := b.deliver(ctx, k, token)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, b.refused(ctx, k, x, resp)
	}
	if err := b.tooLarge(k, resp, token); err != nil {
		httpbody.Discard(ctx, resp.Body)
		return nil, err
	}
	found, _ := findChallenge(parseChallenges(resp.Header.Values("Www-Authenticate")), k.header)
	if b.scheme == schemeNegotiate && (found.token != "" || resp.StatusCode/100 == 2) {
		if err := b.verify(ctx, x, found); err != nil {
			_ = resp.Body.Close()
			return nil, &Error{
				Scheme: b.scheme, Origin: k.at.String(), StatusCode: resp.StatusCode, Sent: true,
				reason: "a response came, but not provably from the right server", Err: err,
			}
		}
	}
	// NTLM always lasts as long as the connection; for other logins the server says so.
	k.c.loggedIn = !k.c.forgets && !b.set.perRequest && (several || strings.EqualFold(resp.Header.Get("Persistent-Auth"), "true"))
	k.c.served = 0
	placeOf(k.at).markLogin()
	b.set.log.DebugContext(ctx, "logged in", slog.String("origin", k.at.String()))
	return resp, nil
}

// verify hands the mechanism the token of the response.
func (b *bound) verify(ctx context.Context, x Handshake, found challenge) error {
	data, err := found.blob()
	if err != nil {
		return err
	}
	if data == nil {
		data = []byte{}
	}
	_, _, err = x.Next(ctx, data)
	return err
}

// deliver sends the request itself, with a token or on a connection that is logged in.
func (b *bound) deliver(ctx context.Context, k *call, token []byte) (*http.Response, error) {
	body, err := k.body.next()
	if err != nil {
		return nil, b.fail(k.at, "the request cannot be repeated; the server did not act on it", err)
	}
	r := authorized(k.r, k.header, token)
	r.Body = body
	mark := k.c.count.mark()
	resp, err := b.roundTrip(k, r)
	if err == nil {
		return resp, nil
	}
	closeBody(r) // a connection that ended before the first byte left it open
	if !k.c.count.untouched(mark) {
		return nil, b.lost(ctx, k.at, err)
	}
	if ctx.Err() != nil {
		return nil, b.fail(k.at, "given up before anything was sent", contextcause.Of(ctx))
	}
	return nil, fmt.Errorf("%w: %w", errUnsent, err)
}

func (b *bound) roundTrip(k *call, r *http.Request) (*http.Response, error) {
	resp, err := k.c.cc.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		return nil, errors.New("the server switched protocols unasked")
	}
	return resp, err
}

// authorized copies the request, which is the caller's. Without a token the connection's login
// stands for it.
func authorized(r *http.Request, scheme string, token []byte) *http.Request {
	r2 := r.WithContext(r.Context())
	r2.Header = r.Header.Clone()
	if r2.Header == nil {
		r2.Header = http.Header{}
	}
	r2.Header.Del("Authorization")
	if token != nil {
		r2.Header.Set("Authorization", scheme+" "+base64.StdEncoding.EncodeToString(token))
	}
	return r2
}
