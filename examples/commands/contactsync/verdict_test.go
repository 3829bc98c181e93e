package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	reset := &ews.TransportError{Err: &net.OpError{Op: "read", Err: errors.New("reset")}}
	tests := map[string]struct {
		err      error
		metadata string
		want     string
	}{
		"done":                  {nil, "", "done"},
		"gone mailbox":          {&ews.Error{Code: ews.ErrorNonExistentMailbox}, "", "fail"},
		"EWS switched off":      {&ews.HTTPError{StatusCode: http.StatusForbidden}, "", "fail"},
		"conflict":              {&imsync.ConflictError{}, "", "fail"},
		"too many removals":     {&imsync.BrakeError{}, "", "fail"},
		"limit":                 {&imsync.LimitError{}, "", "fail"},
		"bad roster":            {&imsync.RosterError{Problems: []string{"x"}}, "", "fail"},
		"bad address":           {&ews.InputError{}, "", "fail"},
		"no such server":        {&ews.TransportError{Err: &net.OpError{Op: "dial", Err: &net.DNSError{}}}, "", "snooze 15s"},
		"lost connection":       {reset, "", "snooze 2s"},
		"lost once more":        {reset, `{"snoozes": 1}`, "again"},
		"bad gateway":           {&ews.HTTPError{StatusCode: http.StatusBadGateway}, "", "snooze 2s"},
		"bad gateway again":     {&ews.HTTPError{StatusCode: http.StatusBadGateway}, `{"snoozes": 1}`, "again"},
		"not its mailbox":       {ews.ErrorImpersonateUserDenied, "", "snooze 2s"},
		"not its mailbox still": {ews.ErrorImpersonateUserDenied, `{"snoozes": 1}`, "fail"},
		"database failover":     {&ews.Error{Code: ews.ErrorMailboxFailover}, "", "again"},
		"timed out":             {context.DeadlineExceeded, "", "again"},
		"busy":                  {busy, "", "snooze 5s"},
		"busy, no time named":   {ews.ErrorServerBusy, "", "snooze 15s"},
		"too many connections":  {ews.ErrorExceededConnectionCount, "", "snooze 15s"},
		"503, no time named":    {&ews.HTTPError{StatusCode: http.StatusServiceUnavailable}, "", "snooze 15s"},
		"429, no time named":    {&ews.HTTPError{StatusCode: http.StatusTooManyRequests}, "", "snooze 15s"},
		"503 for long": {
			&ews.HTTPError{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"120"}}},
			"", "snooze 2m0s",
		},
		"busy for long":          {ews.ErrorServerBusy, `{"snoozes": 10}`, "snooze 1m0s"},
		"busy for hours":         {ews.ErrorServerBusy, `{"snoozes": 90}`, "snooze 5m0s"},
		"held back for a moment": {&ews.TransportError{Err: &heldBack{}}, "", "snooze 15s"},
		"busy for the last time": {busy, fmt.Sprintf(`{"snoozes": %d}`, maxSnoozes), "again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &worker{giveUp: func(err error) { t.Errorf("gave up: %v", err) }}
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

// jobOf is the job of a mailbox.
func jobOf(mailbox string) *rivertype.JobRow {
	return &rivertype.JobRow{EncodedArgs: []byte(`{"mailbox": "` + mailbox + `"}`)}
}

// TestVerdict_Row feeds verdicts of several mailboxes, in the order in which they come. GIVE UP at the end
// says that the run ends there, with the job held until the process has stopped.
func TestVerdict_Row(t *testing.T) {
	t.Parallel()
	const ok, busy, gateway, reset, denied, noRole, login = "ok", "503", "502", "reset", "denied", "no role", "401"
	const page, gone, noName, certificate, maintenance = "page", "404", "no name", "certificate", "302 generic"
	generic := http.Header{"Location": {"https://mail.contoso.com/ews/genericerrorpage.htm"}}
	errs := map[string]error{
		ok: nil, "no mailbox": &ews.Error{Code: ews.ErrorNonExistentMailbox},
		busy:    &ews.HTTPError{StatusCode: http.StatusServiceUnavailable},
		gateway: &ews.HTTPError{StatusCode: http.StatusBadGateway}, "504": &ews.HTTPError{StatusCode: http.StatusGatewayTimeout},
		reset:  &ews.TransportError{Err: &net.OpError{Op: "read", Err: errors.New("reset")}},
		denied: &ews.Error{Code: ews.ErrorImpersonateUserDenied}, noRole: &ews.Error{Code: ews.ErrorImpersonationDenied},
		login: &ews.HTTPError{StatusCode: http.StatusUnauthorized},
		page:  &ews.HTTPError{StatusCode: http.StatusOK}, gone: &ews.HTTPError{StatusCode: http.StatusNotFound},
		maintenance: &ews.HTTPError{StatusCode: http.StatusFound, Header: generic},
		noName:      &ews.TransportError{Err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}},
		certificate: &ews.TransportError{Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
	}
	for name, tc := range map[string]struct {
		errs []string
		want string
	}{
		"one bad gateway":          {[]string{ok, gateway, ok, gateway, ok, gateway}, "done, snooze 2s, done, snooze 2s, done, snooze 2s"},
		"gateways for all":         {[]string{ok, gateway, "504", reset, gateway}, "done, snooze 2s, snooze 2s, snooze 15s, snooze 15s"},
		"gateways among busy":      {[]string{gateway, busy, gateway, busy, gateway}, "snooze 2s, snooze 15s, snooze 2s, snooze 15s, snooze 15s"},
		"wrong password":           {[]string{login}, "GIVE UP"},
		"one 401":                  {[]string{ok, login, ok, login, login, ok}, "done, snooze 2s, done, snooze 2s, snooze 2s, done"},
		"401 in a row":             {[]string{ok, login, login, login}, "done, snooze 2s, snooze 2s, GIVE UP"},
		"no role":                  {[]string{noRole}, "GIVE UP"},
		"one without the role":     {[]string{ok, noRole, ok}, "done, snooze 2s, done"},
		"not for one mailbox":      {[]string{denied, ok, denied, ok, denied}, "snooze 2s, done, snooze 2s, done, snooze 2s"},
		"not for any mailbox":      {[]string{denied, denied, denied}, "snooze 2s, snooze 2s, GIVE UP"},
		"log-in page":              {[]string{page}, "GIVE UP"},
		"nothing there":            {[]string{gone}, "GIVE UP"},
		"page of an error":         {[]string{maintenance}, "snooze 2s"},
		"page later":               {[]string{"no mailbox", page, page, page}, "fail, snooze 2s, snooze 2s, snooze 15s"},
		"no such name":             {[]string{noName}, "GIVE UP"},
		"no such name any more":    {[]string{ok, noName, noName}, "done, snooze 15s, snooze 15s"},
		"unknown authority":        {[]string{certificate}, "GIVE UP"},
		"unknown authority of one": {[]string{ok, certificate, ok}, "done, snooze 2s, done"},
		"unknown authority later":  {[]string{ok, certificate, certificate, certificate}, "done, snooze 2s, snooze 2s, GIVE UP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			w := &worker{giveUp: func(error) { cancel() }}
			var got []string
			for i, e := range tc.errs {
				err := errs[e]
				if err != nil {
					err = &imsync.Error{Errs: []error{err}}
				}
				v := w.verdict(ctx, jobOf(fmt.Sprintf("m%d@contoso.com", i)), err)
				if errors.Is(v, context.Canceled) {
					got = append(got, "GIVE UP")
					break
				}
				got = append(got, describe(v))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOutages_Turns lets one mailbox at a time begin until Exchange has responded.
func TestOutages_Turns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var o outages
		leave, err := o.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var begun atomic.Int32
		for range 5 {
			go func() {
				leave, err := o.enter(t.Context())
				if err == nil {
					begun.Add(1)
					defer leave()
				}
			}()
		}
		synctest.Wait()
		if n := begun.Load(); n != 0 {
			t.Errorf("%d mailboxes have begun besides the first", n)
		}
		o.note("a", &ews.Error{Code: ews.ErrorNonExistentMailbox})
		synctest.Wait()
		if n := begun.Load(); n != 5 {
			t.Errorf("%d mailboxes have begun, want 5", n)
		}
		leave()
	})
}

// TestNotices prints the first error of each cause, and a wait once a minute.
func TestNotices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		n := notices{to: &out}
		for i := range 10 {
			mailbox := fmt.Sprintf("m%d@contoso.com", i)
			n.failed(mailbox, fmt.Errorf("%s: HTTP 502 Bad Gateway after %d ms", mailbox, i), "failed")
			n.failed(mailbox, fmt.Errorf("%s: HTTP 504 Gateway Timeout", mailbox), "failed")
			n.waiting(mailbox, 15*time.Second, fmt.Errorf("%s: busy", mailbox))
			time.Sleep(10 * time.Second)
		}
		const want = "m0@contoso.com: failed: m0@contoso.com: HTTP 502 Bad Gateway after 0 ms\n" +
			"waiting 15s: m0@contoso.com: busy\n" +
			"m1@contoso.com: failed: m1@contoso.com: HTTP 504 Gateway Timeout\n" +
			"waiting 15s: m6@contoso.com: busy\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
