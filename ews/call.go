package ews

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// Operation names what a request does. Its zero Read makes it a write, which is never sent again
// unless it certainly was not done.
type Operation struct {
	Name string // Exchange's name, such as "GetFolder"; it becomes the SOAPAction
	Read bool   // changes nothing on the server and may be sent again freely
}

// Response is what an answer is decoded into: a pointer to a struct. It is decoded by its
// ReadBody if it is a [soap.BodyReader], else by encoding/xml. Err is asked after decoding and
// says whether the server reported an error; embed [ResponseMessage] to have it.
type Response interface{ Err() error }

// Call performs any EWS operation, also one that this module does not have. Everything that the
// other methods do, they do through it: headers, retries, errors, response info.
//
// req is the body's one child: it is encoded by its AppendBody if it is a [soap.BodyAppender],
// else by encoding/xml. The prefixes m (messages), t (types) and soap are declared. encoding/xml
// writes U+FFFD for what XML cannot carry without a word, so a body that contains U+FFFD is
// refused.
//
// resp is filled from the body's one child, and zeroed before another attempt. With encoding/xml
// its names are matched by name space; fields tagged ",innerxml" and ",comment" stay empty, and a
// tag "ns A>B" means ns for both steps.
//
// What Call returns is *[Error] or *[SchemaValidationError] for what the server said, *[HTTPError]
// for a response that is not SOAP, *[TransportError] for no readable response, *[InputError] for a
// request that was refused before anything was sent, or what resp.Err returned. Op and Info of an
// *Error in resp.Err's chain are filled in. An error of a write that may have been done all the
// same is also [ErrOutcomeUnknown].
func (c *Client) Call(ctx context.Context, op Operation, req any, resp Response) error {
	if bad := c.refuse(ctx, op, resp); bad != nil {
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

// refuse checks what must hold before a request is encoded.
func (c *Client) refuse(ctx context.Context, op Operation, resp Response) error {
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

// of returns a copy of the error for the operation.
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

// call is one call in progress: a request, its attempts, its response.
type call struct {
	client  *Client
	op      Operation
	resp    Response
	request []byte // encoded; net/http may still be reading it when the call has ended
	info    ResponseInfo
}

// run encodes the request and sends it until there is an outcome to report.
func (x *call) run(ctx context.Context, req any) error {
	if err := x.encode(req); err != nil {
		return err
	}
	start := x.now()
	err := x.attempts(ctx)
	x.logCall(ctx, start, err)
	return err
}

// attempts is the retry loop; the rules are in retry.go.
func (x *call) attempts(ctx context.Context) error {
	c := x.client
	x.begin(0)
	held := x.admit(ctx)
	if held != nil {
		return &TransportError{Op: x.op.Name, Err: held, Info: x.info}
	}
	for attempt := 1; ; attempt++ {
		x.begin(attempt)
		start := x.now()
		err := x.attempt(ctx)
		x.logAttempt(ctx, start, err)
		if err == nil {
			c.throttle.endRow()
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
		if held = x.admit(ctx); held != nil {
			return outcome.mark(x.op, withEnd(err, held))
		}
		zero(x.resp)
	}
}

// begin forgets the response before.
func (x *call) begin(attempt int) {
	x.info = ResponseInfo{
		URL: x.client.url, Mailbox: x.client.header.Impersonate.String(), Attempts: attempt,
	}
}

// zero makes resp what it was made as, so that nothing of a broken answer stays.
func zero(resp Response) {
	if v := reflect.ValueOf(resp); v.Kind() == reflect.Pointer && !v.IsNil() {
		if r, ok := resp.(interface{ reset() }); ok {
			r.reset()
			return
		}
		v.Elem().SetZero()
	}
}

// encode writes the request, which is a copy of its own size.
func (x *call) encode(req any) error {
	scratch := newScratch()
	defer scratch.release()
	opening, closing := x.client.opening, x.client.closing
	scratch.bytes = append(scratch.bytes, opening...)
	out, err := appendBody(scratch.bytes, req)
	switch {
	case err != nil:
	case !bytes.HasPrefix(out, opening): // else out may hold anything, and belong to anyone
		err = errors.New("AppendBody did not return its argument with the body appended")
	case len(out) == len(opening):
		err = errors.New("AppendBody appended nothing")
	}
	if err != nil {
		if input, ok := errors.AsType[*InputError](err); ok {
			return input.of(x.op.Name)
		}
		return &InputError{Op: x.op.Name, Field: "request", Reason: err.Error()}
	}
	scratch.fit(out)
	request := append(make([]byte, 0, len(out)+1+len(closing)), out...)
	if out[len(out)-1] != '\n' {
		request = append(request, '\n') // as soap.AppendEnvelope does
	}
	x.request = append(request, closing...)
	return nil
}

// appendBody writes the body's child: by its own AppendBody, else through encoding/xml.
func appendBody(dst []byte, req any) ([]byte, error) {
	if a, ok := req.(soap.BodyAppender); ok {
		return a.AppendBody(dst)
	}
	body, err := xml.Marshal(req)
	if err != nil {
		return dst, err
	}
	if len(body) == 0 {
		return dst, errors.New("encoding/xml writes nothing for this value")
	}
	for i, r := range string(body) {
		if r == utf8.RuneError {
			return dst, &InputError{Field: "request", Reason: "holds U+FFFD, which encoding/xml writes " +
				"for characters that XML 1.0 cannot carry, at byte " + strconv.Itoa(i) + " of the encoded body"}
		}
	}
	return append(dst, body...), nil
}

// now is for the log alone.
func (x *call) now() time.Time {
	if x.client.log == nil {
		return time.Time{}
	}
	return time.Now()
}

func (x *call) logCall(ctx context.Context, start time.Time, err error) {
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	if x.logs(ctx, level) {
		x.client.log.LogAttrs(ctx, level, "ews call", append(x.logAttrs(start, err),
			slog.Int("attempts", x.info.Attempts))...)
	}
}

func (x *call) logAttempt(ctx context.Context, start time.Time, err error) {
	if x.logs(ctx, slog.LevelDebug) {
		x.client.log.LogAttrs(ctx, slog.LevelDebug, "ews attempt", append(x.logAttrs(start, err),
			slog.Int("attempt", x.info.Attempts))...)
	}
}

// logs spares the attributes that nobody wants.
func (x *call) logs(ctx context.Context, level slog.Level) bool {
	return x.client.log != nil && x.client.log.Enabled(ctx, level)
}

// logAttrs describes an attempt by facts that hold no content: an error is logged by its kind and
// code, because its text may quote the server, and the server the request.
func (x *call) logAttrs(start time.Time, err error) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("op", x.op.Name),
		slog.Duration("duration", time.Since(start)),
		slog.Int("status", x.info.StatusCode),
		slog.String("request_id", loggedID(&x.info)),
		slog.String("client_request_id", x.info.ClientRequestID),
	}
	return append(attrs, x.errorAttrs(err)...)
}

// errorAttrs describes whose mailbox the call is for and, if it failed, how.
func (x *call) errorAttrs(err error) []slog.Attr {
	var attrs []slog.Attr
	if x.info.Mailbox != "" {
		attrs = append(attrs, slog.String("mailbox", oneline.Clip(x.info.Mailbox, 256)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", errorKind(err)))
	}
	if class := failureClass(err); class != "" {
		attrs = append(attrs, slog.String("class", class))
	}
	return attrs
}

// failureClass names the kind of a transport failure for the log, "" for other errors.
func failureClass(err error) string {
	transport, ok := errors.AsType[*TransportError](err)
	if !ok || transport.Err == nil {
		return ""
	}
	switch {
	case isLimit(transport.Err):
		return "too large"
	case transport.malformed:
		return "malformed"
	case transport.Info.StatusCode != 0 && errors.Is(transport.Err, io.ErrUnexpectedEOF):
		return "cut"
	}
	return netfault.Kind(transport.Err)
}
