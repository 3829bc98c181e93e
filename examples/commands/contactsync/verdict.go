package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

const (
	maxSnooze  = 15 * time.Minute // longer ones are asked for again
	maxSnoozes = 100              // of a mailbox; then a busy server counts as a failure
	outage     = 15 * time.Second // after which a server that did not say for how long is tried again
)

// verdict decides what becomes of a job: nil, it is done; a snooze, the server wants to be left
// alone; a cancellation, trying again is of no use; any other error, River tries again.
func (w *worker) verdict(ctx context.Context, row *rivertype.JobRow, err error) error {
	if _, ok := errors.AsType[*ews.Error](err); ok || err == nil {
		w.answered.Store(true)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return err // River puts what a stopping process had in hand back
	case refused(err), !w.answered.Load() && strange(err):
		w.giveUp(err)
		<-ctx.Done() // the process is ending, and River puts the job back
		return ctx.Err()
	}
	if wait, ok := asksToWait(err); ok {
		w.announce(wait, err)
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

// announce reports a wait once, however many mailboxes meet it.
func (w *worker) announce(wait time.Duration, err error) {
	now, last := time.Now(), w.waits.Load()
	if now.UnixNano() > last && w.waits.CompareAndSwap(last, now.Add(wait).UnixNano()) {
		w.waiting(wait, err)
	}
}

// asksToWait reports whether the server is busy, or cannot be reached at all, and for how long to put
// a mailbox aside. No mailbox is to blame for either, and the client holds back those that follow:
// for a second where the server named no time, which would use up the waits of a mailbox in a minute.
func asksToWait(err error) (time.Duration, bool) {
	if said, ok := errors.AsType[*ews.Error](err); ok {
		if wait, ok := ews.RetryAfter(said); ok {
			return wait, true
		}
	}
	wait, held := ews.RetryAfter(err)
	return max(wait, outage), held || isBusy(err) || isUnreachable(err)
}

// isBusy reports whether the server is throttling, or whether a gateway says that it is not there.
func isBusy(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusTooManyRequests || page.StatusCode == http.StatusServiceUnavailable
	}
	return errors.Is(err, ews.ErrorServerBusy) || errors.Is(err, ews.ErrorExceededConnectionCount)
}

func isUnreachable(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial" // DNS included
}

// refused reports whether the server turned the account away, whatever the mailbox. Going on would
// lock the account out.
func refused(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusUnauthorized
	}
	if login, ok := errors.AsType[*auth.Error](err); ok {
		return login.StatusCode == http.StatusUnauthorized
	}
	return errors.Is(err, ews.ErrorImpersonationDenied)
}

// strange reports whether what answered is no Exchange by the look of it: a web page, a redirect to
// one, nothing at that address. As long as no Exchange has answered, the endpoint is to blame, unless
// Exchange redirects to the page that says it is out of order.
func strange(err error) bool {
	page, ok := errors.AsType[*ews.HTTPError](err)
	if !ok || strings.HasSuffix(strings.ToLower(page.Header.Get("Location")), "/genericerrorpage.htm") {
		return false
	}
	return page.StatusCode < http.StatusBadRequest || page.StatusCode == http.StatusNotFound
}

// hopeless reports whether the next attempt would end in the same way.
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
