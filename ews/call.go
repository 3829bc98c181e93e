package ews

import (
	"context"
	"reflect"

	"github.com/go-ews/exchange/soap"
)

// Operation identifies an operation. Unless Read is set it is a write, which is retried only after
// a failure that proves that it was not done.
type Operation struct {
	Name string // Exchange's name, such as "GetFolder"; it becomes the SOAPAction
	Read bool   // the operation changes nothing on the server
}

// Response is a pointer to a struct into which a response is decoded: by its ReadBody if it is a
// [soap.BodyReader], else by encoding/xml. Err, called after decoding, returns the error that the
// server reported in the response; embed [ResponseMessage] to have it.
type Response interface{ Err() error }

// Call performs any EWS operation, including those that this module does not have. All other
// methods use it for headers, retries, errors and response info.
//
// req is the body's one child: it is encoded by its AppendBody if it is a [soap.BodyAppender],
// else by encoding/xml. The prefixes m (messages), t (types) and soap are declared. encoding/xml
// silently writes U+FFFD for characters that XML cannot carry, so Call refuses a body that contains
// U+FFFD.
//
// resp is filled from the body's one child, and reset before another attempt. With encoding/xml
// its names are matched by namespace; fields tagged ",innerxml" and ",comment" stay empty, and a
// tag "ns A>B" means ns for both steps.
//
// Call returns an *[Error] or *[SchemaValidationError] for an error that the server reported, an
// *[HTTPError] for a response that is not SOAP, a *[TransportError] if no readable response came,
// an *[InputError] for a request that cannot be sent, or the error of resp.Err. It fills in Op and
// Info of an *Error in the chain of the last. The error of a write that may have been done is
// [ErrOutcomeUnknown] as well.
func (c *Client) Call(ctx context.Context, op Operation, req any, resp Response) error {
	if bad := c.checkCall(ctx, op, resp); bad != nil {
		if ctx != nil {
			storeInfo(ctx, &ResponseInfo{})
		}
		return bad
	}
	x := call{client: c, op: op, resp: resp}
	err := x.run(ctx, req)
	storeInfo(ctx, &x.info)
	return err
}

// checkCall returns an error for the first argument of Call, or the header of the client, that
// cannot be used.
func (c *Client) checkCall(ctx context.Context, op Operation, resp Response) error {
	bad := func(field, reason string) error {
		return &InputError{Op: op.Name, Field: field, Reason: reason}
	}
	switch {
	case ctx == nil:
		return bad("ctx", "nil context")
	case c.bad != nil:
		return c.bad.of(op.Name)
	case !isOperationName(op.Name):
		return &InputError{Field: "Operation.Name", Reason: "not the name of an operation"}
	case resp == nil:
		return bad("resp", "nil")
	}
	v := reflect.ValueOf(resp)
	_, fast := resp.(soap.BodyReader)
	if v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() != reflect.Pointer && !fast {
		return bad("resp", "must be a non-nil pointer")
	}
	return nil
}

// of returns a copy of the error with the operation's name.
func (e *InputError) of(op string) *InputError {
	copied := *e
	copied.Op = op
	return &copied
}

// isOperationName reports whether name can be an element's name and part of a header.
func isOperationName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// call is a call in progress.
type call struct {
	client  *Client
	op      Operation
	resp    Response
	request []byte // encoded; net/http may still read it after the call has returned
	info    ResponseInfo
}

// run encodes the request, sends it as often as the policy allows, and logs the result.
func (x *call) run(ctx context.Context, req any) error {
	if err := x.encode(req); err != nil {
		return err
	}
	start := x.now()
	err := x.attempts(ctx)
	x.logCall(ctx, start, err)
	return err
}

// attempts is the retry loop. Its rules are documented at [RetryPolicy].
func (x *call) attempts(ctx context.Context) error {
	c := x.client
	x.begin(0)
	if held := x.admit(ctx); held != nil {
		return &TransportError{Op: x.op.Name, Err: held, Info: x.info, notSent: true}
	}
	for attempt := 1; ; attempt++ {
		x.begin(attempt)
		start := x.now()
		err := x.attempt(ctx)
		x.logAttempt(ctx, start, err)
		if err == nil {
			c.throttle.EndRow()
			return nil
		}
		outcome, delay := outcomeOf(err, x.info.StatusCode), c.retry.delay(attempt, err)
		x.backOff(err, outcome, delay)
		if !outcome.retries(x.op) || attempt >= c.retry.MaxAttempts || ctx.Err() != nil {
			return outcome.mark(x.op, err)
		}
		if waitErr := x.wait(ctx, delay, err); waitErr != nil {
			return outcome.mark(x.op, waitErr)
		}
		if held := x.admit(ctx); held != nil {
			return outcome.mark(x.op, withEnd(err, held))
		}
		reset(x.resp)
	}
}

// begin resets the info for an attempt.
func (x *call) begin(attempt int) {
	x.info = ResponseInfo{
		URL: x.client.url, Mailbox: x.client.header.Impersonate.String(), Attempts: attempt,
		RequestVersion: x.client.header.version(),
	}
}

// reset removes from resp what the failed attempt decoded into it.
func reset(resp Response) {
	if v := reflect.ValueOf(resp); v.Kind() == reflect.Pointer && !v.IsNil() {
		if r, ok := resp.(interface{ reset() }); ok {
			r.reset()
			return
		}
		v.Elem().SetZero()
	}
}
