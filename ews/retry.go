package ews

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy says how often a call is tried. What is tried again at all is not a matter of
// policy: a read after any failure that may pass, a write only where it certainly was not done
// (nothing was sent; HTTP 429 and 503; ErrorServerBusy, ErrorExceededConnectionCount).
//
// Between attempts the client waits for as long as the server asked for, else for a random time
// that doubles with each attempt, starting at up to a second. A wait beyond MaxWait or beyond the
// context's deadline is not begun: the error comes back at once and [RetryAfter] tells how long,
// so that a job queue can put the job aside.
//
// Do not put a retrying transport under the client: Exchange sends every fault as HTTP 500, and a
// transport that repeats those repeats writes.
type RetryPolicy struct {
	MaxAttempts int           // 0: 3; 1: never again
	MaxWait     time.Duration // longest single wait; 0: 30 s
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 3
	}
	if p.MaxWait == 0 {
		p.MaxWait = 30 * time.Second
	}
	return p
}

// delay returns how long to wait after the n-th attempt failed with err.
func (p RetryPolicy) delay(n int, err error) time.Duration {
	if d, ok := RetryAfter(err); ok {
		return d
	}
	ceiling := min(time.Second<<min(n-1, 10), p.MaxWait)
	return ceiling/2 + rand.N(ceiling/2+1)
}

// outcome is what an error says about the request that it ended, a row of the table in
// [RetryPolicy]'s rules.
type outcome uint8

const (
	refused outcome = iota // not done, and the same request would fail again
	notDone                // not done, and may succeed later
	lost                   // nobody knows; the failure may pass
	garbled                // nobody knows; the same answer would come again
)

// outcomeOf judges an error of an attempt.
func outcomeOf(err error) outcome {
	var (
		transport *TransportError
		page      *HTTPError
		code      ResponseCode
	)
	switch {
	case errors.As(err, &transport):
		var broken *brokenError
		switch {
		case notSent(err) && credentialsRefused(err):
			return refused
		case notSent(err):
			return notDone
		case errors.As(err, &broken):
			return garbled
		}
		return lost
	case errors.As(err, &page):
		return outcomeOfStatus(page)
	case errors.As(err, &code) && outcomeOfCode(code) != refused:
		return outcomeOfCode(code)
	case turnedAway(err):
		return notDone
	}
	return refused
}

// turnedAway reports whether a fault came with a status that says that the request was not looked at.
func turnedAway(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Fault != nil && isTurningAway(e.Info.StatusCode)
}

func isTurningAway(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// credentialsRefused reports whether a transport below says that the same request would fail again:
// sending a refused password once more would only bring the account nearer to being locked out.
// Errors of package auth say so by this method.
func credentialsRefused(err error) bool {
	var e interface{ Permanent() bool }
	return errors.As(err, &e) && e.Permanent()
}

func outcomeOfStatus(e *HTTPError) outcome {
	switch s := e.StatusCode; {
	case isTurningAway(s):
		return notDone
	case s/100 == 3 && isErrorPage(e.Header.Get("Location")):
		return lost
	case s/100 == 2, s >= 500:
		return lost // something answered in the server's place, perhaps after it had done the work
	}
	return refused
}

func outcomeOfCode(code ResponseCode) outcome {
	switch code {
	case ErrorServerBusy, ErrorExceededConnectionCount:
		return notDone
	case ErrorTimeoutExpired, ErrorInternalServerError, ErrorInternalServerTransientError,
		ErrorMailboxStoreUnavailable, ErrorMailboxFailover, ErrorADUnavailable:
		return lost
	}
	return refused
}

// again reports whether the operation may be sent once more.
func (o outcome) again(op Operation) bool {
	return o == notDone || o == lost && op.Read
}

// mark adds ErrOutcomeUnknown to the error of a write that may have been done.
func (o outcome) mark(op Operation, err error) error {
	if op.Read || o != lost && o != garbled {
		return err
	}
	return &unknownOutcome{err}
}

// isErrorPage recognises the page to which Exchange redirects during an outage.
func isErrorPage(location string) bool {
	return strings.Contains(strings.ToLower(location), "/ews/genericerrorpage.htm")
}

// wait waits before the next attempt. It returns the attempt's error at once if the wait is too
// long to begin, or with the context's error if that ends it.
func (x *exchange) wait(ctx context.Context, d time.Duration, err error) error {
	if d > x.client.retry.MaxWait {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return err
	}
	if log := x.client.log; log != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "ews wait",
			slog.String("op", x.op.Name),
			slog.Int("attempt", x.info.Attempts),
			slog.Duration("wait", d),
			slog.String("error", errorKind(err)))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if end := ctx.Err(); end != nil {
		return &waitError{err, end}
	}
	return nil
}

// waitError is the error of an attempt after which the context ended the wait for the next.
type waitError struct{ err, ctx error }

func (e *waitError) Error() string   { return e.err.Error() + "; waiting to try again: " + e.ctx.Error() }
func (e *waitError) Unwrap() []error { return []error{e.err, e.ctx} }

// RetryAfter returns for how long the server asked to be left alone: BackOffMilliseconds of an
// ErrorServerBusy (up to five minutes have been seen), else the HTTP header Retry-After, as
// seconds or as a date. It reports false if the server did not say.
func RetryAfter(err error) (time.Duration, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		if ms, ok := number(strings.TrimSpace(e.Details["BackOffMilliseconds"])); ok {
			return capped(ms, time.Millisecond), true
		}
	}
	if hint, ok := errors.AsType[*retryAfterError](err); ok {
		return hint.after, true
	}
	if page, ok := errors.AsType[*HTTPError](err); ok {
		return retryAfterHeader(page.Header)
	}
	return 0, false
}

// retryAfterHeader reads Retry-After, RFC 9110 section 10.2.3. A date is taken relative to the
// server's own clock, if it tells it.
func retryAfterHeader(h http.Header) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if s, ok := number(value); ok {
		return capped(s, time.Second), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now := time.Now()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return capped(int64(at.Sub(now)), time.Nanosecond), true
}

// number reads a whole number; one beyond int64 is the largest or smallest.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// capped returns n units, at least 0 and at most a day, so that no answer can overflow.
func capped(n int64, unit time.Duration) time.Duration {
	const day = 24 * time.Hour
	return time.Duration(min(max(n, 0), int64(day/unit))) * unit
}

// retryAfterError carries the Retry-After of an answer that was a SOAP fault.
type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// withRetryAfter keeps the header for RetryAfter, unless the fault says it better.
func withRetryAfter(err error, h http.Header) error {
	if err == nil {
		return nil
	}
	if after, ok := retryAfterHeader(h); ok {
		return &retryAfterError{err, after}
	}
	return err
}

// errorKind names an error for the log by what holds no content.
func errorKind(err error) string {
	var (
		transport *TransportError
		page      *HTTPError
		code      ResponseCode
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	case errors.As(err, &transport):
		if notSent(err) {
			return "not sent"
		}
		return "no readable answer"
	case errors.As(err, &page):
		return "HTTP " + strconv.Itoa(page.StatusCode)
	case errors.As(err, &code):
		return loggedCode(code)
	}
	return "refused"
}

// loggedCode returns a code as a log shows it: what is no name may be anything.
func loggedCode(code ResponseCode) string {
	if code != "" && !isOperationName(string(code)) {
		return "unknown code"
	}
	return clip(string(code), 80)
}
