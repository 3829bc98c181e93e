package ews

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// scope is the set of calls that a response delays.
type scope uint8

const (
	scopeNone scope = iota
	scopeMailbox
	scopeAll
)

// scopeOf returns the scope of a failed attempt. Exchange's back-offs are about the budget of one
// mailbox; limits of connections and HTTP statuses concern all calls.
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
	switch s := scopeOf(err, x.info.StatusCode, o); {
	case s == scopeAll:
		c.throttle.HoldAll(wait)
	case s == scopeMailbox:
		c.throttle.Hold(c.mailbox, wait)
	case x.info.StatusCode != 0:
		c.throttle.EndRow()
	}
}

// admit waits until the throttle lets a call of the client's mailbox through. It returns a
// *heldError at once if that would take too long, and the context's error if that ended.
func (x *call) admit(ctx context.Context) error {
	c := x.client
	until := c.throttle.Until(c.mailbox)
	for start := time.Now(); time.Until(until) > 0; until = c.throttle.Until(c.mailbox) {
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
	return "Exchange, a gateway or the token endpoint asked an earlier call to wait, for another " +
		e.after.Round(time.Millisecond).String()
}

func (e *heldError) NotSent() bool                     { return true }
func (e *heldError) RetryAfter() (time.Duration, bool) { return e.after, true }
