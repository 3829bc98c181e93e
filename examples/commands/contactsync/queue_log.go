package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// refusedPatience is how long the database may refuse River's statements, such as on a full disk, while no
// mailbox is in hand.
const refusedPatience = 30 * time.Second

// queueLog is the log of River, which reports errors of the database there alone. It prints each cause once a
// minute, and remembers since when errors have come without a pause.
type queueLog struct {
	slog.Handler // of all that is logged

	verbose bool
	notices *notices

	mu          sync.Mutex
	since, last time.Time // of errors
	text        string    // of the last one
}

// Enabled lets errors through, and with --verbose the rest.
func (l *queueLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || l.Handler.Enabled(ctx, level)
}

// Handle prints an error of River's.
func (l *queueLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelError {
		return l.Handler.Handle(ctx, r)
	}
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "err" || a.Key == "error" {
			text += ": " + a.Value.String()
		}
		return true
	})
	l.note(text)
	if l.verbose {
		return l.Handler.Handle(ctx, r)
	}
	l.notices.queue(text)
	return nil
}

// WithAttrs and WithGroup keep the one log: River's attributes name its parts.
func (l *queueLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup does the same.
func (l *queueLog) WithGroup(string) slog.Handler { return l }

func (l *queueLog) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	const pause = 10 * time.Second
	now := time.Now()
	if now.Sub(l.last) > pause {
		l.since = now
	}
	l.last, l.text = now, text
}

// refused returns an error if the database, reachable since back, has refused River's statements for long, and
// does so now. Errors of a database that is away do not count.
func (l *queueLog) refused(back time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if back.Before(l.since) {
		back = l.since
	}
	if l.last.Sub(back) < refusedPatience || time.Since(l.last) > time.Second {
		return nil
	}
	return fmt.Errorf("the database has refused the queue's statements for %v; start contactsync again when this is put right: %s",
		refusedPatience, l.text)
}
