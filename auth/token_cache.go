package auth

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/internal/contextcause"
)

const (
	earlyRefresh = 5 * time.Minute
	fetchTimeout = time.Minute
	patience     = 2 * time.Second  // longest wait for a new token while the old one is valid
	fetchPause   = 30 * time.Second // after a failed fetch, while the old token is valid
)

// A tokenCache keeps one token and lets one fetch run at a time.
type tokenCache struct {
	source TokenSource
	log    *slog.Logger

	mu      sync.Mutex
	token   *oauth2.Token
	claims  string    // the claims that the token was fetched with
	renew   time.Time // when a new one is due; zero: never
	running *fetch
	held    *heldError // a failure that later fetches return; nil: none
}

// A fetch is one call of the source. Its results are set before done is closed.
type fetch struct {
	claims string
	done   chan struct{}
	token  *oauth2.Token
	err    error
}

// get returns the kept token, or a new one when that is missing or due.
func (c *tokenCache) get(ctx context.Context) (*oauth2.Token, error) {
	if ctx.Err() != nil {
		return nil, contextcause.Of(ctx)
	}
	c.mu.Lock()
	now := time.Now()
	usable := c.token != nil && (c.token.Expiry.IsZero() || now.Before(c.token.Expiry))
	due := !c.renew.IsZero() && !now.Before(c.renew)
	token := c.token
	if usable && !due {
		c.mu.Unlock()
		return token, nil
	}
	f := c.start(ctx, "")
	c.mu.Unlock()
	if !usable {
		return f.wait(ctx)
	}
	select {
	case <-f.done:
		if f.err == nil {
			return f.token, nil
		}
	case <-time.After(patience):
	case <-ctx.Done():
		return nil, contextcause.Of(ctx)
	}
	return token, nil
}

// replace drops a token that the server refused, if it is still the kept one, and returns the one that
// took its place.
func (c *tokenCache) replace(ctx context.Context, refused *oauth2.Token, claims string) (*oauth2.Token, error) {
	for {
		c.mu.Lock()
		if c.token != nil && c.token.AccessToken == refused.AccessToken {
			c.token = nil
		}
		if c.token != nil && (claims == "" || c.claims == claims) {
			token := c.token
			c.mu.Unlock()
			return token, nil
		}
		f := c.start(ctx, claims)
		c.mu.Unlock()
		token, err := f.wait(ctx)
		switch {
		case claims != "" && f.claims != claims && ctx.Err() == nil:
			continue // that fetch began before the server asked for claims
		case err != nil:
			return nil, err
		case token.AccessToken == refused.AccessToken:
			c.forget(token)
			return nil, errors.New("the token source returned the refused token again; " +
				"it has to fetch a new one from the authorization server")
		}
		return token, nil
	}
}

func (c *tokenCache) forget(token *oauth2.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = nil
	}
}

// start joins the running fetch or begins one, unless a failure is held; c.mu is held. The fetch
// has the values of the request's context but not its deadline: others wait for it too, and a token
// too late for this request serves the next.
func (c *tokenCache) start(ctx context.Context, claims string) *fetch {
	if c.running != nil {
		return c.running
	}
	f := &fetch{claims: claims, done: make(chan struct{})}
	if c.held.applies(claims) {
		f.err = c.held
		close(f.done)
		return f
	}
	c.running = f
	go c.run(context.WithoutCancel(ctx), f)
	return f
}

func (c *tokenCache) run(ctx context.Context, f *fetch) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	began := time.Now()
	f.err = errors.New("the token source ended its goroutine") // unless it returns
	defer close(f.done)
	defer c.keep(ctx, f, began)
	f.token, f.err = c.source.Token(ctx, f.claims)
	if f.err == nil {
		f.err = usableToken(f.token)
	}
	f.err = explainFetch(f.err)
}

// keep ends a fetch: the cache takes its token, or waits a while before the next attempt.
func (c *tokenCache) keep(ctx context.Context, f *fetch, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running, c.held = nil, nil
	now := time.Now()
	if f.err != nil {
		c.held = holdFailure(f.err, f.claims)
		c.log.WarnContext(ctx, "token fetch failed", slog.Duration("took", now.Sub(began)))
		c.renew = now.Add(fetchPause)
		return
	}
	c.log.DebugContext(ctx, "token fetched", slog.Duration("took", now.Sub(began)),
		slog.Time("expiry", f.token.Expiry))
	c.token, c.claims, c.renew = f.token, f.claims, time.Time{}
	if !f.token.Expiry.IsZero() {
		life := f.token.Expiry.Sub(now)
		c.renew = f.token.Expiry.Add(-min(earlyRefresh, life/2))
	}
}

func (f *fetch) wait(ctx context.Context) (*oauth2.Token, error) {
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return nil, contextcause.Of(ctx)
	}
}

// usableToken refuses a token that cannot go into a header, without showing it.
func usableToken(t *oauth2.Token) error {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f }
	switch {
	case t == nil || t.AccessToken == "":
		return errors.New("the token source gave no access token")
	case !strings.EqualFold(t.Type(), schemeBearer):
		return errors.New("the token source gave a token that is not of the type Bearer")
	case strings.ContainsFunc(t.AccessToken, odd):
		return errors.New("the token source gave an access token with blanks or non-ASCII characters")
	case !t.Expiry.IsZero() && !time.Now().Before(t.Expiry):
		return errors.New("the token source gave a token that has expired; check the clock")
	}
	return nil
}
