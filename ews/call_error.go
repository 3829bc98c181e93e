package ews

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-ews/exchange/internal/retryafter"
)

// callError is the error of an attempt, with what the call adds to it.
type callError struct {
	err     error
	wait    time.Duration // that the response's header asks for, if asked
	asked   bool
	end     error // what kept the call from another attempt: the context, or the throttle
	unknown bool  // a write that may have been done
}

// addTo returns err as a *callError, to which the call can add.
func addTo(err error) *callError {
	if e, ok := err.(*callError); ok { //nolint:errorlint // only what this package has just made
		return e
	}
	return &callError{err: err}
}

// withRetryAfter keeps the header's Retry-After, unless the details of the response have a more
// precise time.
func withRetryAfter(err error, h http.Header) error {
	wait, ok := retryafter.Header(h)
	if err == nil || !ok {
		return err
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if _, ok := e.backOff(); ok {
			return err
		}
	}
	added := addTo(err)
	added.wait, added.asked = wait, true
	return added
}

// withEnd adds why there was no other attempt.
func withEnd(err, end error) error {
	added := addTo(err)
	added.end = end
	return added
}

// withUnknown makes err an ErrOutcomeUnknown as well.
func withUnknown(err error) error {
	added := addTo(err)
	added.unknown = true
	return added
}

func (e *callError) Error() string {
	text := e.err.Error()
	if e.end != nil {
		text += "; waiting to retry: " + e.end.Error()
	}
	if e.unknown {
		text += ": " + ErrOutcomeUnknown.Error()
	}
	return text
}

func (e *callError) Unwrap() []error {
	errs := []error{e.err}
	if e.end != nil {
		errs = append(errs, e.end)
	}
	if e.unknown {
		errs = append(errs, ErrOutcomeUnknown)
	}
	return errs
}

// RetryAfter returns the wait that kept the call from another attempt, else the attempt's.
func (e *callError) RetryAfter() (time.Duration, bool) {
	if wait, ok := RetryAfter(e.end); ok {
		return wait, true
	}
	if e.asked {
		return e.wait, true
	}
	return RetryAfter(e.err)
}
