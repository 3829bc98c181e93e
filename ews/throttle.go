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

// observe takes the result of an attempt into account, and the wait that it calls for.
func (t *throttle) observe(mailbox string, err error, status int, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch scopeOf(err, status) {
	case holdsAll:
		t.holdAll(wait)
	case holdsMailbox:
		if !slices.Contains(t.row, mailbox) && len(t.row) < rowLimit {
			t.row = append(t.row, mailbox)
		}
		if len(t.row) == rowLimit {
			t.holdAll(wait)
			return
		}
		t.holdMailbox(mailbox, wait)
	case holdsNone:
		if status != 0 {
			t.row = t.row[:0]
		}
	}
}

func (t *throttle) holdAll(wait time.Duration) {
	t.all = later(t.all, time.Now().Add(min(wait, maxHold)))
}

func (t *throttle) holdMailbox(mailbox string, wait time.Duration) {
	now := time.Now()
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
	t.mailboxes[mailbox] = later(t.mailboxes[mailbox], now.Add(min(wait, maxHold)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// scope is the set of calls that a response holds back.
type scope uint8

const (
	holdsNone scope = iota
	holdsMailbox
	holdsAll
)

// scopeOf returns the scope of an attempt's error, nil included. Exchange's back-offs are about the
// budget of the mailbox; connections are counted, and statuses sent, for everybody.
func scopeOf(err error, status int) scope {
	if err == nil {
		return holdsNone
	}
	_, told := RetryAfter(err)
	_, said := errors.AsType[*Error](err)
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable,
		errors.Is(err, ErrorExceededConnectionCount):
		return holdsAll
	case errors.Is(err, ErrorServerBusy), told && said:
		return holdsMailbox
	case told:
		return holdsAll // by a gateway's page, or by a token endpoint
	}
	return holdsNone
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
			return &notSentError{end}
		}
	}
	if end := ctx.Err(); end != nil {
		return &notSentError{end}
	}
	return nil
}

// heldError says that a call was not sent, since the server asked an earlier one to wait.
type heldError struct{ after time.Duration }

func (e *heldError) Error() string {
	return "not sent: the server asked an earlier call to wait, for another " +
		e.after.Round(time.Millisecond).String()
}

func (e *heldError) NotSent() bool                     { return true }
func (e *heldError) RetryAfter() (time.Duration, bool) { return e.after, true }
