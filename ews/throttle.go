package ews

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// throttle holds calls back for as long as the server asked earlier calls to wait. A client shares
// it with its copies.
type throttle struct {
	mu        sync.Mutex
	all       time.Time            // before that no call is sent
	mailboxes map[string]time.Time // before that no call of the mailbox is sent
	sweepAt   int                  // size of mailboxes at which it forgets the past

	row []string // mailboxes that backed off since the last response of another kind
}

const (
	rowLimit = 3 // mailboxes in a row that back off: the server is busy, not their owners

	// maxHold bounds the time for which a response can stop other calls than its own, since
	// Retry-After may be a mistake of any gateway on the way.
	maxHold = time.Hour
)

// until returns the time before which no call of the mailbox is to be sent.
func (t *throttle) until(mailbox string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own := t.mailboxes[mailbox]; own.After(t.all) {
		return own
	}
	return t.all
}

// hold makes the calls in the scope wait.
func (t *throttle) hold(s scope, mailbox string, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s == scopeMailbox && !slices.Contains(t.row, mailbox) && len(t.row) < rowLimit {
		t.row = append(t.row, mailbox)
	}
	now := time.Now()
	until := now.Add(min(wait, maxHold))
	if s == scopeAll || len(t.row) == rowLimit {
		t.all = later(t.all, until)
		return
	}
	t.sweep(now)
	t.mailboxes[mailbox] = later(t.mailboxes[mailbox], until)
}

// endRow takes note of a response that asks nobody to wait.
func (t *throttle) endRow() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.row = t.row[:0]
}

// sweep makes room for a mailbox and forgets, now and then, those whose hold is over.
func (t *throttle) sweep(now time.Time) {
	if len(t.mailboxes) >= t.sweepAt {
		for other, until := range t.mailboxes {
			if !until.After(now) {
				delete(t.mailboxes, other)
			}
		}
		t.sweepAt = max(64, 2*len(t.mailboxes))
	}
	if t.mailboxes == nil {
		t.mailboxes = make(map[string]time.Time)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// scope is the set of calls that a response makes wait.
type scope uint8

const (
	scopeNone scope = iota
	scopeMailbox
	scopeAll
)

// scopeOf returns the scope of a failed attempt. Exchange's back-offs are about the budget of the
// mailbox; connections are counted, and statuses sent, for everybody.
func scopeOf(err error, status int, o outcome) scope {
	_, told := RetryAfter(err)
	_, said := errors.AsType[*Error](err)
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable,
		errors.Is(err, ErrorExceededConnectionCount):
		return scopeAll
	case errors.Is(err, ErrorServerBusy):
		return scopeMailbox
	case !told || o == permanent:
		return scopeNone
	case said:
		return scopeMailbox
	}
	return scopeAll // a gateway's page, a token endpoint
}

// backOff makes other calls wait if the failure of an attempt calls for it.
func (x *call) backOff(err error, o outcome, wait time.Duration) {
	c := x.client
	if s := scopeOf(err, x.info.StatusCode, o); s != scopeNone {
		c.throttle.hold(s, c.mailbox, wait)
	} else if x.info.StatusCode != 0 {
		c.throttle.endRow()
	}
}

// admit waits until the throttle lets a call of the client's mailbox through. It returns a
// *heldError at once if that would take too long, and the context's error if that ended.
func (x *call) admit(ctx context.Context) error {
	c := x.client
	until := c.throttle.until(c.mailbox)
	for start := time.Now(); time.Until(until) > 0; until = c.throttle.until(c.mailbox) {
		d := time.Until(until)
		held := &heldError{d}
		if until.Sub(start) > c.retry.MaxWait || isPastDeadline(ctx, d) {
			return held
		}
		x.logWait(ctx, d, held)
		if end := sleep(ctx, d); end != nil {
			return end
		}
	}
	return ctx.Err()
}

// heldError says that a call was not sent, since the server asked an earlier one to wait.
type heldError struct{ after time.Duration }

func (e *heldError) Error() string {
	return "the server asked an earlier call to wait, for another " +
		e.after.Round(time.Millisecond).String()
}

func (e *heldError) NotSent() bool                     { return true }
func (e *heldError) RetryAfter() (time.Duration, bool) { return e.after, true }
