package autodiscover

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
)

// The ages of a result, as Microsoft advises them: valid for a week, looked up again after a day,
// and after an hour if that failed.
//
// See https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-refresh-configuration-information-by-using-autodiscover.
const (
	maxAge       = 7 * 24 * time.Hour
	refreshAfter = 24 * time.Hour
	retryAfter   = time.Hour
)

// Cache keeps results of [Find] by lower-case address. Implementations are safe for concurrent use
// and bounded; Find looks up again the entries that are missing, and decides how old an entry may
// be.
type Cache interface {
	Load(ctx context.Context, email string) (Entry, bool)
	Store(ctx context.Context, email string, e Entry)
	Delete(ctx context.Context, email string)
}

// Entry is an entry of a [Cache]. It can be marshalled, and holds nothing secret.
type Entry struct {
	Result Result    // without Steps
	Next   time.Time // when to look it up again; if that fails, the entry stays valid for its week
}

// load returns the valid entry of an address, or nil, and whether it is fresh. The options may have
// changed since it was stored: its hosts must be trusted now.
func (o *Options) load(ctx context.Context, t *trust, a address) (found *Result, fresh bool) {
	if o.Cache == nil {
		return nil, false
	}
	e, ok := o.Cache.Load(ctx, strings.ToLower(a.text))
	if !ok {
		return nil, false
	}
	age := time.Since(e.Result.Found)
	u, bad := endpoint{url: e.Result.URL}.usable()
	if age >= maxAge || age < 0 || bad != "" || !t.admits(ctx, hostOf(u), "the cache") {
		return nil, false
	}
	var others []endpoint
	for _, other := range e.Result.Alternatives {
		others = append(others, endpoint{url: other})
	}
	e.Result.Alternatives = t.alternatives(u, others)
	return &e.Result, time.Now().Before(e.Next)
}

func (o *Options) store(ctx context.Context, a address, found *Result) {
	o.keep(ctx, a, found, refreshAfter)
}

// postpone stores a result again whose new look-up failed.
func (o *Options) postpone(ctx context.Context, a address, found *Result) {
	o.keep(ctx, a, found, retryAfter)
}

func (o *Options) keep(ctx context.Context, a address, found *Result, next time.Duration) {
	if o.Cache == nil {
		return
	}
	e := Entry{Result: *found, Next: time.Now().Add(next)}
	e.Result.Steps, e.Result.Alternatives = nil, slices.Clone(found.Alternatives)
	o.Cache.Store(ctx, strings.ToLower(a.text), e)
}

// Report informs the cache of the result of a call to a mailbox's endpoint. It deletes the entry,
// and returns true, if err means that the mailbox may have moved or that the endpoint no longer
// responds: ErrorMailboxMoveInProgress, ErrorConnectionFailed, a failed connection, a redirect, or
// a response that is not from Exchange. The next [Find] looks it up again. Report keeps the entry
// for nil, for other errors, and for a call that the caller ended.
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
		return isGone(page.StatusCode)
	}
	if e, ok := errors.AsType[*ews.TransportError](err); ok {
		return e.Info.StatusCode == 0 // no response began
	}
	_, direct := errors.AsType[*url.Error](err)
	return direct
}

// isGone reports whether a status says that the endpoint is no longer there. 503 is throttling as a
// rule.
func isGone(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed, http.StatusBadGateway,
		http.StatusGatewayTimeout:
		return true
	}
	return isRedirect(status)
}
