package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestQueueLog reports that the database refuses the queue after half a minute of errors without a pause, and
// prints the cause once a minute.
func TestQueueLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var printed bytes.Buffer
		l := &queueLog{Handler: slog.DiscardHandler, notices: &notices{to: &printed}}
		logger := slog.New(l).With("queue", "q")
		fails := func(n int, every time.Duration) {
			for range n {
				logger.ErrorContext(t.Context(), "Error fetching jobs", slog.String("err", "no space left on device"))
				time.Sleep(every)
			}
		}
		fails(20, 500*time.Millisecond)
		time.Sleep(time.Minute) // it has recovered
		fails(10, 11*time.Second)
		fails(59, 500*time.Millisecond)
		if err := l.refused(time.Time{}); err != nil {
			t.Error("too early:", err)
		}
		fails(3, 500*time.Millisecond)
		if err := l.refused(time.Time{}); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Error(err)
		}
		if err := l.refused(time.Now().Add(-10 * time.Second)); err != nil {
			t.Error("soon after the database was away:", err)
		}
		time.Sleep(2 * time.Second)
		if err := l.refused(time.Time{}); err != nil {
			t.Error("after the last error:", err)
		}
		if n := strings.Count(printed.String(), "no space left on device"); n < 2 || n > 5 {
			t.Errorf("printed %d times in four minutes", n)
		}
	})
}
