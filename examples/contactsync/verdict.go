package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

const (
	maxSnooze  = 15 * time.Minute // longer ones are asked for again
	maxSnoozes = 200              // then a busy server counts as a failure
)

// verdict decides what becomes of a job: nil, it is done; a snooze, the server wants to be left
// alone; a cancellation, trying again is of no use; any other error, River tries again.
func (w *worker) verdict(ctx context.Context, row *rivertype.JobRow, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return err // River puts what a stopping process had in hand back
	case refused(err):
		w.giveUp(err)
		<-ctx.Done() // the process is ending, and River puts the job back
		return ctx.Err()
	}
	if wait, ok := ews.RetryAfter(err); ok {
		w.backOff.begin(wait)
		if snoozes(row) < maxSnoozes {
			return river.JobSnooze(min(wait, maxSnooze))
		}
		return err
	}
	if hopeless(err) {
		return river.JobCancel(err)
	}
	return err
}

// refused reports whether the server turned the account away, whatever the mailbox. Going on would
// lock the account out.
func refused(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusUnauthorized || page.StatusCode == http.StatusForbidden
	}
	if login, ok := errors.AsType[*auth.Error](err); ok {
		return login.StatusCode() == http.StatusUnauthorized
	}
	return errors.Is(err, ews.ErrorImpersonationDenied)
}

// hopeless reports whether the next attempt would end in the same way.
func hopeless(err error) bool {
	if _, ok := errors.AsType[*imsync.RosterError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*imsync.ConflictError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*ews.InputError](err); ok {
		return true
	}
	for _, code := range []ews.ResponseCode{
		ews.ErrorNonExistentMailbox, ews.ErrorImpersonateUserDenied, ews.ErrorNonPrimarySmtpAddress,
		ews.ErrorInvalidServerVersion,
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
