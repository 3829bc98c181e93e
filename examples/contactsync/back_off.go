package main

import (
	"context"
	"sync"
	"time"
)

// backOff keeps the whole process from asking a server that wants to be left alone: what one mailbox
// was told holds for all of them.
type backOff struct {
	mu    sync.Mutex
	until time.Time
}

// begin leaves the server alone for that long. It reports whether it was not left alone already.
func (b *backOff) begin(d time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	begins := now.After(b.until)
	if until := now.Add(min(d, maxSnooze)); until.After(b.until) {
		b.until = until
	}
	return begins
}

// wait returns when the server may be asked again.
func (b *backOff) wait(ctx context.Context) error {
	for {
		b.mu.Lock()
		d := time.Until(b.until)
		b.mu.Unlock()
		if d <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}
