package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

const (
	maxSnooze  = 15 * time.Minute // a longer one is repeated
	maxSnoozes = 100              // of a mailbox, some seven hours; then a busy server costs attempts

	// A server that names no time is tried again after outage, and after so many waits twice as late each time.
	outage      = 15 * time.Second
	steadyWaits = 8
	maxOutage   = 5 * time.Minute
	secondLook  = 2 * time.Second // whether an error is that of the mailbox alone
)

// verdict decides about a job: nil, it is done; a snooze, it is retried without costing an attempt;
// a cancellation, a retry would fail; any other error, River retries.
func (w *worker) verdict(ctx context.Context, row *rivertype.JobRow, err error) error {
	mailbox, _ := mailboxOf(row)
	if err != nil && ctx.Err() != nil {
		return err // River puts the jobs of a stopping process back
	}
	kind, inRow, proven := w.outages.note(mailbox, err)
	if err == nil {
		return nil
	}
	if (kind == account || kind == wrongServer) && (!proven || inRow >= inARow) {
		w.giveUp(err)
		<-ctx.Done() // the process is ending, and River puts the job back
		return ctx.Err()
	}
	if wait, ok := wait(kind, inRow, snoozes(row), err); ok {
		if wait > secondLook {
			w.notices.waiting(mailbox, wait, err)
		}
		return river.JobSnooze(min(wait, maxSnooze))
	}
	if kind == account || hopeless(err) {
		w.notices.failed(mailbox, err, "failed")
		return river.JobCancel(err)
	}
	w.notices.failed(mailbox, err, fmt.Sprintf("attempt %d of %d failed", row.Attempt, row.MaxAttempts))
	return err
}

// wait returns how long to put a mailbox aside that perhaps did not cause the error. For a busy
// server it is the time that the server names: without one, the client holds further requests back
// for a second only.
func wait(kind trouble, inRow, snoozes int, err error) (time.Duration, bool) {
	if snoozes >= maxSnoozes {
		return 0, false
	}
	if said, ok := errors.AsType[*ews.Error](err); ok {
		if wait, ok := ews.RetryAfter(said); ok {
			return wait, true
		}
	}
	unnamed := min(outage<<min(max(snoozes-steadyWaits, 0), 10), maxOutage)
	if wait, held := ews.RetryAfter(err); held || kind == busy {
		return max(wait, unnamed), true
	}
	switch {
	case kind == gateway && inRow >= inARow:
		return unnamed, true
	case (kind == gateway || kind == account || kind == wrongServer) && snoozes == 0:
		return secondLook, true
	}
	return 0, false
}

// hopeless reports whether the next attempt would fail in the same way.
func hopeless(err error) bool {
	if _, ok := errors.AsType[*imsync.RosterError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*imsync.BrakeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*imsync.LimitError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*imsync.ConflictError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*ews.InputError](err); ok {
		return true
	}
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusForbidden // EWS is switched off, for the mailbox or at all
	}
	for _, code := range []ews.ResponseCode{
		ews.ErrorNonExistentMailbox, ews.ErrorNonPrimarySmtpAddress, ews.ErrorInvalidServerVersion,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// snoozes returns how often the job was put aside, which River counts in the metadata.
func snoozes(row *rivertype.JobRow) int {
	var metadata struct {
		Snoozes int `json:"snoozes"`
	}
	if err := json.Unmarshal(row.Metadata, &metadata); err != nil {
		return 0
	}
	return metadata.Snoozes
}
