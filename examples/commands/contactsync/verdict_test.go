package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	busy := &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "5000"}}
	tests := map[string]struct {
		err      error
		metadata string
		want     string
	}{
		"done":                 {nil, "", "done"},
		"gone mailbox":         {&ews.Error{Code: ews.ErrorNonExistentMailbox}, "", "fail"},
		"EWS switched off":     {&ews.HTTPError{StatusCode: http.StatusForbidden}, "", "fail"},
		"conflict":             {&imsync.ConflictError{}, "", "fail"},
		"too many removals":    {&imsync.BrakeError{}, "", "fail"},
		"limit":                {&imsync.LimitError{}, "", "fail"},
		"bad roster":           {&imsync.RosterError{Problems: []string{"x"}}, "", "fail"},
		"bad address":          {&ews.InputError{}, "", "fail"},
		"no such server":       {&ews.TransportError{Err: &net.OpError{Op: "dial", Err: &net.DNSError{}}}, "", "snooze 15s"},
		"lost connection":      {&ews.TransportError{Err: &net.OpError{Op: "read", Err: errors.New("reset")}}, "", "again"},
		"bad gateway":          {&ews.HTTPError{StatusCode: http.StatusBadGateway}, "", "again"},
		"database failover":    {&ews.Error{Code: ews.ErrorMailboxFailover}, "", "again"},
		"timed out":            {context.DeadlineExceeded, "", "again"},
		"busy":                 {busy, "", "snooze 5s"},
		"busy, no time told":   {ews.ErrorServerBusy, "", "snooze 15s"},
		"too many connections": {ews.ErrorExceededConnectionCount, "", "snooze 15s"},
		"503, no time told":    {&ews.HTTPError{StatusCode: http.StatusServiceUnavailable}, "", "snooze 15s"},
		"429, no time told":    {&ews.HTTPError{StatusCode: http.StatusTooManyRequests}, "", "snooze 15s"},
		"503 for long": {
			&ews.HTTPError{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"120"}}},
			"", "snooze 2m0s",
		},
		"held back for a moment": {&ews.TransportError{Err: &heldBack{}}, "", "snooze 15s"},
		"busy for the last time": {busy, fmt.Sprintf(`{"snoozes": %d}`, maxSnoozes), "again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &worker{
				waiting: func(time.Duration, error) {},
				giveUp:  func(err error) { t.Errorf("gave up: %v", err) },
			}
			err := test.err
			if err != nil { // as it comes from a sync
				err = &imsync.Error{Errs: []error{err}}
			}
			got := describe(w.verdict(t.Context(), &rivertype.JobRow{Metadata: []byte(test.metadata)}, err))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// heldBack is like the error of a call that the client did not send.
type heldBack struct{}

func (*heldBack) Error() string                     { return "held back" }
func (*heldBack) NotSent() bool                     { return true }
func (*heldBack) RetryAfter() (time.Duration, bool) { return 700 * time.Millisecond, true }

func describe(err error) string {
	if _, ok := errors.AsType[*river.JobCancelError](err); ok {
		return "fail"
	}
	if snooze, ok := errors.AsType[*river.JobSnoozeError](err); ok {
		return "snooze " + snooze.Duration.String()
	}
	if err != nil {
		return "again"
	}
	return "done"
}

// TestVerdict_Refused holds the job until the process has stopped, so that no other is begun.
func TestVerdict_Refused(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{
		&ews.HTTPError{StatusCode: http.StatusUnauthorized}, &ews.Error{Code: ews.ErrorImpersonationDenied},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var told error
		w := &worker{giveUp: func(err error) {
			told = err
			cancel()
		}}
		if err := w.verdict(ctx, &rivertype.JobRow{}, refusal); !errors.Is(err, context.Canceled) || !errors.Is(told, refusal) {
			t.Errorf("%v: got %v, told %v", refusal, err, told)
		}
	}
}

// TestVerdict_WrongAddress gives up as long as no Exchange has answered.
func TestVerdict_WrongAddress(t *testing.T) {
	t.Parallel()
	outage := http.Header{"Location": {"https://mail.contoso.com/ews/genericerrorpage.htm"}}
	tests := map[string]struct {
		before, err error
		gaveUp      bool
	}{
		"log-in page":                 {nil, &ews.HTTPError{StatusCode: http.StatusOK}, true},
		"redirect":                    {nil, &ews.HTTPError{StatusCode: http.StatusFound}, true},
		"nothing there":               {nil, &ews.HTTPError{StatusCode: http.StatusNotFound}, true},
		"Exchange's page of an error": {nil, &ews.HTTPError{StatusCode: http.StatusFound, Header: outage}, false},
		"bad gateway":                 {nil, &ews.HTTPError{StatusCode: http.StatusBadGateway}, false},
		"Exchange has answered": {
			&ews.Error{Code: ews.ErrorNonExistentMailbox}, &ews.HTTPError{StatusCode: http.StatusOK}, false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			gaveUp := false
			w := &worker{giveUp: func(error) { gaveUp = true; cancel() }}
			if test.before != nil {
				_ = w.verdict(ctx, &rivertype.JobRow{}, test.before)
			}
			_ = w.verdict(ctx, &rivertype.JobRow{}, &imsync.Error{Errs: []error{test.err}})
			if gaveUp != test.gaveUp {
				t.Errorf("gave up: %t, want %t", gaveUp, test.gaveUp)
			}
		})
	}
}
