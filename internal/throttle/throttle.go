// Package throttle holds calls back for as long as a server asked earlier calls to wait.
package throttle

import (
	"slices"
	"sync"
	"time"
)

// Throttle knows until when calls wait: those of one mailbox, or all. The zero value holds none
// back.
type Throttle struct {
	mu        sync.Mutex
	all       time.Time            // before that no call is sent
	mailboxes map[string]time.Time // before that no call of the mailbox is sent
	sweepAt   int                  // size of mailboxes at which it forgets the past

	row []string // mailboxes that backed off since the last response of another kind
}

const (
	rowLimit = 3 // mailboxes in a row that back off: the server is busy, not their owners

	// maxHold bounds how long a response can hold other calls, since Retry-After may be a mistake
	// of a gateway on the way.
	maxHold = time.Hour
)

// Until returns the time before which no call of the mailbox is to be sent.
func (t *Throttle) Until(mailbox string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return later(t.mailboxes[mailbox], t.all)
}

// HoldAll makes all calls wait.
func (t *Throttle) HoldAll(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.holdAll(time.Now(), wait)
}

func (t *Throttle) holdAll(now time.Time, wait time.Duration) {
	t.all = later(t.all, now.Add(min(wait, maxHold)))
}

// Hold makes the calls of the mailbox wait; all calls, if it is the third mailbox in a row.
func (t *Throttle) Hold(mailbox string, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.row, mailbox) && len(t.row) < rowLimit {
		t.row = append(t.row, mailbox)
	}
	now := time.Now()
	if len(t.row) == rowLimit {
		t.holdAll(now, wait)
		return
	}
	t.sweep(now)
	t.mailboxes[mailbox] = later(t.mailboxes[mailbox], now.Add(min(wait, maxHold)))
}

// EndRow takes note of a response that does not ask to wait.
func (t *Throttle) EndRow() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.row = t.row[:0]
}

// sweep makes room for a mailbox and forgets, now and then, those whose hold is over.
func (t *Throttle) sweep(now time.Time) {
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
