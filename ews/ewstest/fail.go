package ewstest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// Failure is an entry of the queue that [Server.Fail] fills.
type Failure struct {
	Op  string // "": any
	Err error
}

// Fail makes the next call of op end in err; "" is any call. What is queued is used up in order,
// one entry per request, by the first request that it fits, a retry of the client included; the
// request is then not executed, except where it says so below. A nil err lets a call pass.
//
//   - *[ews.Error]: the response element with ResponseClass="Error", or a SOAP fault if the error
//     has a Fault or a code that Exchange sends as one, such as ErrorServerBusy. Details become
//     MessageXml. A Fault's own parts go as they are. Info.StatusCode is the HTTP status of a
//     fault (0: 500), Info.RequestID its request-id.
//   - [ews.ResponseCode]: likewise, with Exchange's text.
//   - *[ews.SchemaValidationError]: that fault; in another form if it has an Err with a Fault.
//   - *[ews.HTTPError]: status (0: 500), headers and body as they are. A Content-Length beyond the
//     body makes an answer that ends early.
//   - [DropBefore], [DropAfter], [Truncate]. The last two execute the request.
//   - [AnswerAfter] of any of them executes the request and then responds so.
//   - Any other error: [Server.RoundTrip] returns it, or the Err of an *[ews.TransportError], and
//     over a real connection it is DropBefore.
//
// An op that is neither an operation of Exchange's nor one that Handle was given would never fail:
// Fail panics.
func (s *Server) Fail(op string, err error) {
	if op != "" && s.handler(op) == nil && !isOperation(op) {
		misuse("Fail: Exchange has no operation %q%s", op, s.suggestion(op))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, Failure{op, err})
}

// Failures returns what [Server.Fail] has queued and no request has used up yet, in order. A test
// that ends with some left has not met what it was to meet. The result is the caller's own.
func (s *Server) Failures() []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

// ClearFailures drops what [Server.Fail] has queued: from now on requests are executed.
func (s *Server) ClearFailures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = nil
}

// isOperation reports whether Microsoft's schema has that operation.
func isOperation(op string) bool {
	return dotnet.Declared(op) && !strings.HasSuffix(op, "Response") && !strings.HasSuffix(op, "ResponseMessage")
}

// suggestion returns the end of a sentence about an operation that does not exist.
func (s *Server) suggestion(op string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := slices.Sorted(maps.Keys(operations))
	names = append(names, slices.Sorted(maps.Keys(s.handlers))...)
	for _, name := range names {
		if strings.EqualFold(name, op) {
			return "; it has " + name
		}
	}
	return "; an operation of your own is known from Handle on"
}

// misuse ends a test that asks for what cannot be meant. An error would burden every caller, and is
// soon overlooked in a test.
func misuse(format string, args ...any) {
	panic("ewstest: " + fmt.Sprintf(format, args...)) //nolint:forbidigo // a mistake in the test, as in httptest
}

// DropBefore returns an error for [Server.Fail] that ends the connection before the request is
// executed. The client cannot tell it from [DropAfter].
func DropBefore() error { return &droppedError{} }

// DropAfter returns an error for [Server.Fail] that executes the request and ends the connection
// without a response.
func DropAfter() error { return AnswerAfter(DropBefore()) }

// AnswerAfter returns an error for [Server.Fail] that executes the request and then responds with
// err, of any kind that Fail knows: a gateway's 502, 503 or 504 (an *[ews.HTTPError], or an
// *[ews.Error] with that Info.StatusCode for a fault) for a server that did the work, say. With nil
// the request takes its course, so nil is what AnswerAfter returns.
func AnswerAfter(err error) error {
	if err == nil {
		return nil
	}
	return &afterError{err}
}

// Truncate returns an error for [Server.Fail] that executes the request and ends the connection
// after n bytes of the answer's body, although its Content-Length promised all of them. An answer
// of n bytes or less arrives whole; below 0 is 0.
func Truncate(n int) error { return &truncatedError{n: n} }

type droppedError struct{}

func (*droppedError) Error() string { return "ewstest: connection dropped" }

// afterError is a failure of a request that was executed.
type afterError struct{ err error }

func (e *afterError) Error() string {
	return "ewstest: after the request was executed: " + e.err.Error()
}
func (e *afterError) Unwrap() error { return e.err }

type truncatedError struct{ n int }

func (e *truncatedError) Error() string {
	return "ewstest: answer cut after " + strconv.Itoa(e.n) + " bytes"
}

// interrupt asks Intercept, then the queue, what is to happen to the call instead of its execution.
func (s *Server) interrupt(c *call) error {
	if s.intercept != nil {
		if err := s.intercept(c.clone()); err != nil {
			return err
		}
	}
	return s.nextFailure(c.Op)
}

func (s *Server) nextFailure(op string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.failures {
		if f.Op == "" || f.Op == op {
			s.failures = append(s.failures[:i:i], s.failures[i+1:]...)
			return f.Err
		}
	}
	return nil
}

// failed answers with an error of the caller's, or of an operation.
func (s *Server) failed(op string, err error) *answer {
	var (
		schema    *ews.SchemaValidationError
		refused   *ews.Error
		code      ews.ResponseCode
		page      *ews.HTTPError
		transport *ews.TransportError
		dropped   *droppedError
		truncated *truncatedError // by a handler: there is no answer to cut
	)
	switch {
	case errors.As(err, &schema):
		return schemaError(schema)
	case errors.As(err, &refused):
		if refused.Fault != nil || comesAsFault(refused.Code) {
			return fault(refused)
		}
		return s.refusal(op, refused)
	case errors.As(err, &code):
		return s.failed(op, &ews.Error{Code: code})
	case errors.As(err, &page):
		return verbatim(page)
	case errors.As(err, &dropped), errors.As(err, &truncated):
		return noAnswer()
	case errors.As(err, &transport) && transport.Err != nil:
		return &answer{lost: transport.Err}
	}
	return &answer{lost: err}
}

// verbatim answers with what is no SOAP.
func verbatim(e *ews.HTTPError) *answer {
	a := &answer{status: e.StatusCode, header: maps.Clone(e.Header), body: e.Body, asItIs: true}
	if a.status < 200 || a.status > 999 {
		a.status = http.StatusInternalServerError
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	a.size = len(a.body)
	if n, err := strconv.Atoi(a.header.Get("Content-Length")); err == nil && n >= 0 {
		a.cut = n > len(a.body)
		a.size = n
		a.body = a.body[:min(n, len(a.body))]
	}
	return a
}

// neverConnected reports whether a failure of the caller's means that no connection came about: it
// is one of dialling, or says by itself that nothing was sent.
func neverConnected(err error) bool {
	var sent interface{ NotSent() bool }
	if errors.As(err, &sent) && sent.NotSent() {
		return true
	}
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}
