package ews

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/pagehint"
	"github.com/go-ews/exchange/soap"
)

// outcome is what the error of an attempt says about its request: a block of the table at
// [RetryPolicy].
type outcome uint8

const (
	permanent  outcome = iota // not done; the same request would fail again
	retryable                 // not done; a later attempt may succeed
	ambiguous                 // perhaps done; a later attempt may succeed
	unreadable                // perhaps done; a later response would be no better
)

// retries reports whether the operation may be sent again.
func (o outcome) retries(op Operation) bool {
	return o == retryable || o == ambiguous && op.Read
}

// mark adds ErrOutcomeUnknown to the error of a write that may have been done.
func (o outcome) mark(op Operation, err error) error {
	if op.Read || o != ambiguous && o != unreadable {
		return err
	}
	return withUnknown(err)
}

// outcomeOf classifies the error of an attempt whose response had this status, 0 for none.
func outcomeOf(err error, status int) outcome {
	if e, ok := errors.AsType[*TransportError](err); ok {
		return outcomeOfTransport(e)
	}
	if page, ok := errors.AsType[*HTTPError](err); ok {
		return outcomeOfPage(page)
	}
	code, _ := errors.AsType[ResponseCode](err)
	switch {
	case status == http.StatusTooManyRequests, isThrottled(code):
		return retryable
	case isTransient(code), isGatewayStatus(status):
		return ambiguous
	case status/100 == 3, status/100 == 4:
		return permanent
	case isForeignFault(err, code):
		return ambiguous
	}
	return permanent
}

func outcomeOfTransport(e *TransportError) outcome {
	switch {
	case notSent(e) && isPermanent(e):
		return permanent
	case notSent(e):
		return retryable
	case e.malformed:
		return unreadable
	}
	return ambiguous
}

// isPermanent reports whether a transport below, such as package auth's, says that the same request
// would fail again: repeating a rejected password would bring the account nearer to a lockout.
func isPermanent(err error) bool {
	var e interface{ Permanent() bool }
	return errors.As(err, &e) && e.Permanent()
}

func outcomeOfPage(e *HTTPError) outcome {
	switch s := e.StatusCode; {
	case s == http.StatusTooManyRequests:
		return retryable
	case isGatewayStatus(s), s/100 == 3 && pagehint.IsErrorPage(e.Header.Get("Location")):
		return ambiguous
	case s/100 == 3, s/100 == 4:
		return permanent
	}
	return ambiguous
}

// isGatewayStatus reports whether a gateway may have sent the response after the server behind it
// executed the request. Varnish, Envoy and Fastly do so with 503, most others with 502 and 504.
func isGatewayStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isThrottled reports whether Exchange refused the request before it began.
func isThrottled(code ResponseCode) bool {
	return code == ErrorServerBusy || code == ErrorExceededConnectionCount
}

// isTransient reports whether the code stands for a failure in the middle of the operation.
func isTransient(code ResponseCode) bool {
	switch code {
	case ErrorTimeoutExpired, ErrorInternalServerError, ErrorInternalServerTransientError,
		ErrorMailboxStoreUnavailable, ErrorMailboxFailover, ErrorADUnavailable, ErrorConnectionFailed,
		ErrorMailboxMoveInProgress, ErrorNoRespondingCASInDestinationSite, ErrorClientDisconnected,
		"ErrorConnectionFailedTransientError": // servers send it, Microsoft's schema lacks it
		return true
	}
	return false
}

// isForeignFault reports whether err is a fault without one of Exchange's codes that blames the
// server: a gateway's, or that of an unhandled exception, which may come after the work.
func isForeignFault(err error, code ResponseCode) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Fault != nil && !isExchangeCode(code) && !isRequestFault(e.Fault)
}

// isExchangeCode reports whether the code is spelled like those of Microsoft's schema. The set is
// open, so the spelling must do.
func isExchangeCode(code ResponseCode) bool {
	rest, ok := strings.CutPrefix(string(code), "Error")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' && isOperationName(rest)
}

// isRequestFault reports whether the faultcode says that the request was refused before it was
// executed: SOAP 1.1 section 4.4.1, whose codes may be refined after a dot, and WS-Addressing.
func isRequestFault(f *soap.Fault) bool {
	code, _, _ := strings.Cut(f.Code.Local, ".")
	switch code {
	case "Client", "VersionMismatch", "MustUnderstand", "ActionNotSupported":
		return true
	}
	return false
}
