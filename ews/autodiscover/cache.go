package autodiscover

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
)

// The ages of what was found, as Microsoft advises them: good for a week, looked up again after a
// day, and after an hour where that failed.
//
// See https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-refresh-configuration-information-by-using-autodiscover.
const (
	maxAge       = 7 * 24 * time.Hour
	refreshAfter = 24 * time.Hour
	retryAfter   = time.Hour
)

// Cache keeps what [Find] found, by lower-case address. Implementations are safe for concurrent use
// and bounded; what they lose is found again. How old an entry may be is decided by Find.
type Cache interface {
	Load(ctx context.Context, email string) (Entry, bool)
	Store(ctx context.Context, email string, e Entry)
	Delete(ctx context.Context, email string)
}

// Entry is what a [Cache] keeps. It can be marshalled, and has nothing secret in it.
type Entry struct {
	Result Result    // without Steps
	Next   time.Time // when to look it up again; if that fails, the entry stays good for its week
}

// load returns the entry of an address, nil if there is none that is good, and whether it is fresh. The
// options may have changed since it was stored: its host must be one that passes.
func (o *Options) load(ctx context.Context, g *gate, a address) (found *Result, fresh bool) {
	if o.Cache == nil {
		return nil, false
	}
	e, ok := o.Cache.Load(ctx, strings.ToLower(a.text))
	if !ok {
		return nil, false
	}
	age := time.Since(e.Result.Found)
	u, bad := endpoint{url: e.Result.URL}.usable()
	if age >= maxAge || age < 0 || bad != "" || !g.admits(ctx, hostOf(u), "the cache") {
		return nil, false
	}
	return &e.Result, time.Now().Before(e.Next)
}

func (o *Options) store(ctx context.Context, a address, found *Result) {
	o.keep(ctx, a, found, refreshAfter)
}

// postpone keeps a result that could not be looked up again.
func (o *Options) postpone(ctx context.Context, a address, found *Result) {
	o.keep(ctx, a, found, retryAfter)
}

func (o *Options) keep(ctx context.Context, a address, found *Result, next time.Duration) {
	if o.Cache == nil {
		return
	}
	e := Entry{Result: *found, Next: time.Now().Add(next)}
	e.Result.Steps = nil
	o.Cache.Store(ctx, strings.ToLower(a.text), e)
}

// Report tells the cache how a call to the endpoint of a mailbox ended. It deletes the entry, and
// returns true, if err says that the mailbox may have moved or that nothing answers any more at the
// endpoint: ErrorMailboxMoveInProgress, ErrorConnectionFailed, a failed connection, a redirect, or
// an answer from no Exchange. The next [Find] looks it up again. Nil, other errors and a call
// that the caller ended leave it.
func Report(ctx context.Context, c Cache, email string, err error) bool {
	if c == nil || !moved(err) {
		return false
	}
	c.Delete(ctx, strings.ToLower(email))
	return true
}

// moved reports whether err is a reason to look an endpoint up again.
func moved(err error) bool {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.Is(err, ews.ErrorMailboxMoveInProgress), errors.Is(err, ews.ErrorConnectionFailed):
		return true
	}
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		s := page.StatusCode
		return isRedirect(s) ||
			s == http.StatusNotFound || s == http.StatusGone || s == http.StatusMethodNotAllowed ||
			s == http.StatusBadGateway || s == http.StatusGatewayTimeout // 503 is throttling as a rule
	}
	if lost, ok := errors.AsType[*ews.TransportError](err); ok {
		return lost.Info.StatusCode == 0 // no answer began
	}
	_, direct := errors.AsType[*url.Error](err)
	return direct
}
