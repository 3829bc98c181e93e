package ewstest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// Failure is an entry of the queue that [Server.Fail] fills.
type Failure struct {
	Op  string // "": any
	Err error
}

// Fail makes the next call of op end in err; "" is any call. The queue is used up in order, one
// entry per request, by the first request that an entry fits, a retry of the client included. The
// request is then not executed, unless the entry says so. A nil err lets a call pass.
//
//   - *[ews.Error]: the operation's response message with ResponseClass="Error", or a SOAP fault if
//     the error has a Fault or a code that Exchange sends as one, such as ErrorServerBusy. Details
//     become MessageXml. The parts of a Fault stay as they are. Info.StatusCode is the HTTP status
//     of a fault (0: 500), Info.RequestID its request-id.
//   - [ews.ResponseCode]: likewise, with Exchange's text.
//   - *[ews.SchemaValidationError]: that fault; in another form if it has an Err with a Fault.
//   - *[ews.HTTPError]: status (0: 500), headers and body as they are. With a Content-Length beyond
//     the body, the response ends early.
//   - [DropBefore], [DropAfter], [Truncate]. The last two execute the request.
//   - [AnswerAfter] of any of them: executes the request first.
//   - Any other error: [Server.RoundTrip] returns it, or the Err of an *[ews.TransportError], and
//     over a real connection it is DropBefore.
//
// Fail panics for an op that is neither one of Exchange's operations nor registered with
// [Server.Handle].
func (s *Server) Fail(op string, err error) {
	isResponse := strings.HasSuffix(op, "Response") || strings.HasSuffix(op, "ResponseMessage")
	known := dotnet.InSchema(xml.Name{Space: messagesSpace, Local: op})
	if op != "" && s.handler(op) == nil && (isResponse || !known) {
		misuse("Fail: Exchange has no operation %q, and Handle was not given one", op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, Failure{op, err})
}

// Failures returns what [Server.Fail] has queued and no request has used up yet, in order. If a
// test ends with some left, the code under test did less than expected. The caller owns the result.
func (s *Server) Failures() []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

// ClearFailures empties the queue of [Server.Fail].
func (s *Server) ClearFailures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = nil
}

// misuse reports a mistake in the test. An error would burden every caller, and is soon overlooked.
func misuse(format string, args ...any) {
	panic("ewstest: " + fmt.Sprintf(format, args...)) //nolint:forbidigo // as httptest.NewServer does
}

// DropBefore returns an error for [Server.Fail] that ends the connection before the request is
// executed: [io.EOF], as net/http reports it. To a client it looks the same as [DropAfter].
func DropBefore() error { return io.EOF }

// DropAfter returns an error for [Server.Fail] that executes the request and ends the connection
// without a response.
func DropAfter() error { return AnswerAfter(io.EOF) }

// AnswerAfter returns an error for [Server.Fail] that executes the request and then responds with
// err, as a gateway does that fails after the server behind it did the work: an *[ews.HTTPError]
// with 502, 503 or 504, an *[ews.Error] with such an Info.StatusCode, or any other kind that Fail
// knows. It returns nil for nil, which lets a call pass.
func AnswerAfter(err error) error {
	if err == nil {
		return nil
	}
	if already, ok := errors.AsType[*executedError](err); ok {
		return already
	}
	return &executedError{err: err, keep: -1}
}

// Truncate returns an error for [Server.Fail] that executes the request and ends the connection
// after n bytes of the response's body, although its Content-Length promised all of them. A
// response of n bytes or less arrives whole; below 0 is 0.
func Truncate(n int) error { return &executedError{err: io.EOF, keep: max(n, 0)} }

// executedError is a failure of a request that was executed.
type executedError struct {
	err  error
	keep int // how many bytes of the operation's own response arrive; below 0: err is the response
}

func (e *executedError) Error() string {
	if e.keep >= 0 {
		return fmt.Sprintf("ewstest: response cut after %d bytes", e.keep)
	}
	return "ewstest: after the request was executed: " + e.err.Error()
}

func (e *executedError) Unwrap() error { return e.err }

// interrupt returns the failure of a call, from Intercept or else from the queue.
func (s *Server) interrupt(c *call) error {
	if s.opts.Intercept != nil {
		if err := s.opts.Intercept(c.clone()); err != nil {
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

// failed responds with an error of a test, or of an operation.
func (s *Server) failed(op string, err error) *response {
	if executed, ok := errors.AsType[*executedError](err); ok {
		err = executed.err
	}
	var (
		schema    *ews.SchemaValidationError
		refused   *ews.Error
		code      ews.ResponseCode
		html      *ews.HTTPError
		transport *ews.TransportError
	)
	switch {
	case errors.As(err, &schema):
		return s.schemaFault(schema)
	case errors.As(err, &refused):
		if refused.Fault != nil || comesAsFault(refused.Code) {
			return s.fault(refused)
		}
		return s.refusal(op, refused)
	case errors.As(err, &code):
		return s.failed(op, &ews.Error{Code: code})
	case errors.As(err, &html):
		return page(html)
	case errors.As(err, &transport) && transport.Err != nil:
		return &response{Err: transport.Err}
	}
	return &response{Err: err}
}
