package imsync

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-ews/exchange/ews"
)

const (
	maxPauses    = 5                // for one request, after which its mailbox is given up
	defaultPause = 30 * time.Second // where the server is busy and does not say for how long
)

// gate holds all requests of all mailboxes back while the server wants to be left alone. One mailbox's
// busy answer counts for all of them: the connections, and often the throttling budget, are those of the
// one account that logs in.
type gate struct {
	longest  time.Duration
	progress func(Event)

	mu    sync.Mutex
	until time.Time // zero: open
}

// do sends a request when the gate is open, and again after a pause if the server was busy and
// certainly did not do it.
func (g *gate) do(ctx context.Context, send func() error) error {
	for pauses := 0; ; pauses++ {
		if err := g.wait(ctx); err != nil {
			return err
		}
		err := send()
		d, busy := busyFor(err)
		if !busy || ctx.Err() != nil {
			return err
		}
		// The pause counts for the others also where this request is not sent again.
		if !g.pause(ctx, d, err) || pauses == maxPauses || errors.Is(err, ews.ErrOutcomeUnknown) {
			return err
		}
	}
}

// wait returns when the gate is open, which others may close again meanwhile.
func (g *gate) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		d := time.Until(g.until)
		g.mu.Unlock()
		if d <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// pause closes the gate for d. It reports false, and leaves the gate as it is, for a pause that is not
// to be waited for: too long, or past the context's deadline.
func (g *gate) pause(ctx context.Context, d time.Duration, err error) bool {
	if d > g.longest {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	g.mu.Lock()
	until := time.Now().Add(d)
	longer := until.After(g.until)
	if longer {
		g.until = until
	}
	g.mu.Unlock()
	if longer {
		g.progress(Event{Pause: d, Err: err})
	}
	return true
}

// busyFor reports whether an error says that the server wants to be left alone, and for how long.
func busyFor(err error) (time.Duration, bool) {
	if err == nil {
		return 0, false
	}
	if d, ok := ews.RetryAfter(err); ok {
		return d, true
	}
	var page *ews.HTTPError
	busy := errors.Is(err, ews.ErrorServerBusy) || errors.Is(err, ews.ErrorExceededConnectionCount) ||
		errors.As(err, &page) && (page.StatusCode == http.StatusTooManyRequests ||
			page.StatusCode == http.StatusServiceUnavailable)
	return defaultPause, busy
}
