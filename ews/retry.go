package ews

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-ews/exchange/internal/retryafter"
)

// RetryPolicy bounds the attempts of a call and the waits between them. Which failures are retried
// is fixed. A read is retried after any transient failure, a write only if it was certainly not
// done:
//
//	failure of an attempt                                          write              read
//	not sent, because the login was refused                        returned           returned
//	any other that was not sent                                    again              again
//	HTTP 401                                                       returned           returned
//	HTTP 429                                                       again              again
//	ErrorServerBusy, ErrorExceededConnectionCount                  again              again
//	ErrorTimeoutExpired                                            ErrOutcomeUnknown  again
//	ErrorInternalServerError, ErrorInternalServerTransientError    ErrOutcomeUnknown  again
//	ErrorMailboxStoreUnavailable, ErrorMailboxFailover             ErrOutcomeUnknown  again
//	ErrorMailboxMoveInProgress, ErrorADUnavailable                 ErrOutcomeUnknown  again
//	ErrorConnectionFailed, ErrorConnectionFailedTransientError     ErrOutcomeUnknown  again
//	ErrorNoRespondingCASInDestinationSite                          ErrOutcomeUnknown  again
//	ErrorClientDisconnected                                        ErrOutcomeUnknown  again
//	any other HTTP 408, 502, 503, 504                              ErrOutcomeUnknown  again
//	HTTP redirect to genericerrorpage.htm                          ErrOutcomeUnknown  again
//	any other HTTP 3xx, 4xx                                        returned           returned
//	any other code of Exchange                                     returned           returned
//	fault Client, VersionMismatch, MustUnderstand                  returned           returned
//	fault ActionNotSupported                                       returned           returned
//	any other fault                                                ErrOutcomeUnknown  again
//	response that is not SOAP                                      ErrOutcomeUnknown  again
//	connection lost, timeout, response cut short                   ErrOutcomeUnknown  again
//	malformed or oversize response                                 ErrOutcomeUnknown  returned
//	success without its payload, another request's response        ErrOutcomeUnknown  returned
//
// The first row that fits holds. "Again" means that the call is retried and returns the error after
// the last attempt; "returned" that it returns the error at once, and a write was not done. HTTP
// 503 is no proof of that: gateways also send it after the server behind them did the work. A code
// counts whether it comes in a fault or in a response with ResponseClass="Error".
//
// Between attempts the client waits for as long as the server asked for, else for a random time
// that doubles with each attempt, starting at up to a second. A wait beyond MaxWait or beyond the
// context's deadline is not begun: the call returns the error at once and [RetryAfter] returns the
// time, so that a job queue can put the job aside.
//
// Copies of a client share what the server asked for. A back-off of one impersonated mailbox holds
// the calls for that mailbox; HTTP 429 and 503, ErrorExceededConnectionCount, and the third mailbox
// in a row that has to back off hold the calls for all, for an hour at the most. A call that
// would have to wait longer than MaxWait, or past its deadline, because of an earlier one is not
// sent: its error has a method NotSent that returns true, and RetryAfter returns the time.
//
// One attempt is at most one request on the wire. Do not put a retrying transport under the client:
// Exchange sends every fault as HTTP 500, and a transport that repeats those repeats writes.
type RetryPolicy struct {
	MaxAttempts int           // 0: 3; 1: no retry
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

// delay returns the wait after the n-th attempt, which failed with err.
func (p RetryPolicy) delay(n int, err error) time.Duration {
	if d, ok := RetryAfter(err); ok {
		return d
	}
	ceiling := min(time.Second<<min(n-1, 10), p.MaxWait)
	return ceiling/2 + rand.N(ceiling/2+1)
}

// wait waits before the next attempt. It returns err at once if the wait is too long to begin, and
// err with the context's error if the context ends first.
func (x *call) wait(ctx context.Context, d time.Duration, err error) error {
	if d > x.client.retry.MaxWait || isPastDeadline(ctx, d) {
		return err
	}
	x.logWait(ctx, d, err)
	if end := sleep(ctx, d); end != nil {
		return withEnd(err, end)
	}
	return nil
}

// isPastDeadline reports whether a wait would end after the context's deadline.
func isPastDeadline(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= d
}

// sleep returns after d, or earlier with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// RetryAfter returns the time that the server asked the client to wait: BackOffMilliseconds of an
// ErrorServerBusy (up to five minutes have been seen), else the HTTP header Retry-After, as seconds
// or as a date. For a call that was not sent because of an earlier back-off, it is the rest of that
// time. An error of a transport, such as that of a token endpoint, supplies the time by a method
// RetryAfter() (time.Duration, bool). The time is at most a day. RetryAfter returns false if the
// server asked for none.
func RetryAfter(err error) (time.Duration, bool) {
	type timed interface {
		error
		RetryAfter() (time.Duration, bool)
	}
	if hint, ok := errors.AsType[timed](err); ok {
		if d, ok := hint.RetryAfter(); ok {
			return retryafter.Bound(d), true
		}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if d, ok := e.backOff(); ok {
			return d, true
		}
	}
	if page, ok := errors.AsType[*HTTPError](err); ok {
		return retryafter.Header(page.Header)
	}
	return 0, false
}

// backOff returns the wait that the details of an error ask for.
func (e *Error) backOff() (time.Duration, bool) {
	return retryafter.Number(e.Details["BackOffMilliseconds"], time.Millisecond)
}
