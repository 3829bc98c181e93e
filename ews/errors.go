package ews

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/go-ews/exchange/internal/excerpt"
	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// ErrOutcomeUnknown is in the chain of an error of a write whose outcome is unknown: it was sent,
// and no response says whether it was done. Read the list before sending it again.
//
// A client cannot see how far a request came. The outcome is therefore unknown as well for a
// request on a connection that the server was closing, though it probably was not done, and for one
// that an HTTP/2 server refused after receiving all of it.
var ErrOutcomeUnknown = errors.New("the write may or may not have been done")

// Error is an error that Exchange reports: a SOAP fault, or a response with ResponseClass="Error".
// It unwraps to its Code, so that errors.Is(err, ErrorServerBusy) works through any wrapping.
//
// Its text is for people and may change; act on Code.
type Error struct {
	Op      string       // the operation, such as "AddImGroup"
	Code    ResponseCode // "" for a fault that names none
	Message string       // the server's words, in the language it chose

	// Details holds the values of MessageXml by their names: BackOffMilliseconds, MailboxGuid, ….
	// Nil if there are none.
	Details Details

	Fault *soap.Fault // nil for an error response
	Info  ResponseInfo
}

// Error returns one line: operation, code, the server's message, the inner error, the schema version
// asked for if that may be the cause, the URL and the request id.
func (e *Error) Error() string {
	var b strings.Builder
	writeOp(&b, e.Op)
	switch {
	case e.Code != "":
		b.WriteString(e.Code.Error())
	case e.Fault != nil && e.Fault.Code.Local != "":
		b.WriteString("SOAP fault " + oneline.Clip(e.Fault.Code.Local, 80))
	default:
		b.WriteString("error without a code")
	}
	if e.Message != "" {
		b.WriteString(": " + oneline.Clip(e.Message, maxQuoted))
	}
	b.WriteString(e.inner() + e.askedFor())
	writeWhere(&b, &e.Info)
	return b.String()
}

// inner returns the server's description of the inner error, "" if there is none.
func (e *Error) inner() string {
	code, text := e.Details["InnerErrorResponseCode"], e.Details["InnerErrorMessageText"]
	said := oneline.Clip(code, 80)
	if text = oneline.Clip(text, maxQuoted); said != "" && text != "" {
		said += ": "
	}
	if said += text; said == "" {
		return ""
	}
	return " (inner error: " + said + ")"
}

// askedFor names the schema version of the request, for codes with which servers refuse one.
func (e *Error) askedFor() string {
	switch e.Code {
	case ErrorInvalidRequest, ErrorInvalidServerVersion, ErrorIncorrectSchemaVersion:
		switch v := e.Info.RequestVersion; v {
		case "":
		case OmitVersion:
			return " (asked for no schema version)"
		default:
			return " (asked for schema version " + oneline.Clip(string(v), 80) + ")"
		}
	}
	return ""
}

// Unwrap returns the code, nil if it is empty.
func (e *Error) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	return e.Code
}

// LogValue logs operation, code and request id; the server's message may hold personal data.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", e.Op),
		slog.String("code", loggedCode(e.Code)),
		slog.String("request_id", loggedID(&e.Info)))
}

// SchemaValidationError is the fault ErrorSchemaValidation: the request was not well-formed XML, or
// not valid against the server's schema. The requests of this module are well-formed and valid, so
// the cause is a server of another version, something on the way that edits requests, or a request
// of your own.
//
// It unwraps to its *Error, and is ErrorSchemaValidation even without one.
type SchemaValidationError struct {
	// Line and Position are the place in the request, from 1, as the server counts: a position is a
	// UTF-16 unit. 0: unknown.
	Line, Position int

	// Violation is the server's description.
	Violation string

	Err *Error // the fault it came from; may be nil in values that tests make

	excerpt *excerpt.Excerpt // behind a pointer: printing the error shows an address, never the request
}

// Error returns one line with the place and the violation.
func (e *SchemaValidationError) Error() string {
	var b strings.Builder
	from := cmp.Or(e.Err, &Error{})
	writeOp(&b, from.Op)
	b.WriteString(string(ErrorSchemaValidation))
	if e.Line > 0 {
		fmt.Fprintf(&b, " at line %d, position %d", e.Line, e.Position)
	}
	if e.Violation != "" {
		b.WriteString(": " + oneline.Clip(e.Violation, maxQuoted))
	}
	writeWhere(&b, &from.Info)
	return b.String()
}

// Is reports whether target is ErrorSchemaValidation.
func (e *SchemaValidationError) Is(target error) bool { return target == ErrorSchemaValidation }

// As makes errors.As find the code in a value that has no Err.
func (e *SchemaValidationError) As(target any) bool {
	code, ok := target.(*ResponseCode)
	if ok && e.Err == nil {
		*code = ErrorSchemaValidation
		return true
	}
	return false
}

// Unwrap returns Err, nil if there is none.
func (e *SchemaValidationError) Unwrap() error {
	if e.Err == nil {
		return nil
	}
	return e.Err
}

// Excerpt returns the line of the request that has the violation, at most 160 characters of it, and
// under it a caret at the position. It returns "" if the place is unknown, or lies outside of the
// request because something on the way has edited it. It quotes the request, so show it to
// developers only; Error leaves it out.
func (e *SchemaValidationError) Excerpt() string {
	if e.excerpt == nil {
		return ""
	}
	return e.excerpt.String()
}

// GoString keeps the excerpt, which quotes the request, out of %#v.
func (e *SchemaValidationError) GoString() string {
	return fmt.Sprintf("&ews.SchemaValidationError{Line:%d, Position:%d, Violation:%q}",
		e.Line, e.Position, e.Violation)
}

// LogValue logs the place and the request id; the violation may quote the request.
func (e *SchemaValidationError) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("code", string(ErrorSchemaValidation)),
		slog.Int("line", e.Line), slog.Int("position", e.Position),
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("op", e.Err.Op),
			slog.String("request_id", loggedID(&e.Err.Info)))
	}
	return slog.GroupValue(attrs...)
}

// TransportError is the error of a call without a whole, readable response: the network failed, the
// context ended, or the response was cut, malformed, too large, or a success without its payload.
// It unwraps to Err, so the cause stays visible: [context.DeadlineExceeded], *net.OpError,
// [*soap.SyntaxError], [*soap.LimitError], ….
type TransportError struct {
	Op   string
	Err  error
	Info ResponseInfo // of the response, as far as it arrived

	notSent   bool
	malformed bool // the response came whole
}

// Error returns one line: the operation, the cause, what to check for some causes, the URL and the
// request id.
func (e *TransportError) Error() string {
	var b strings.Builder
	writeOp(&b, e.Op)
	if e.notSent {
		b.WriteString("not sent: ")
	}
	if e.Err != nil {
		text := oneline.Clip(e.Err.Error(), maxQuoted)
		b.WriteString(text)
		if advice := netfault.Advice(e.Err, e.host()); advice != "" && !strings.Contains(text, advice) {
			b.WriteString("; " + advice)
		}
	} else {
		b.WriteString("no response")
	}
	writeWhere(&b, &e.Info)
	return b.String()
}

// Unwrap returns Err.
func (e *TransportError) Unwrap() error { return e.Err }

// NotSent reports whether certainly nothing of the request reached the server's application, so
// that even a write may be sent again. An error in Err's chain may say so by the same method, as
// those of package auth do.
func (e *TransportError) NotSent() bool { return e.notSent || notSent(e.Err) }

// notSent asks the first error in the chain that has the method NotSent.
func notSent(err error) bool {
	var e interface{ NotSent() bool }
	return errors.As(err, &e) && e.NotSent()
}

// host returns the host of the endpoint.
func (e *TransportError) host() string {
	if u, err := url.Parse(e.Info.URL); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return "the server"
}

// InputError is the error of input that cannot become a valid request, or of an invalid option.
// Nothing was sent. Its text never holds a credential.
type InputError struct {
	Op     string // the operation, or "NewClient"
	Field  string // the input: "displayName", "Header.MailboxCulture", "endpoint"
	Reason string
}

// Error returns one line: operation, field and reason.
func (e *InputError) Error() string {
	var b strings.Builder
	writeOp(&b, e.Op)
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

// NotFound reports whether err says that an id, or what it named, does not exist: a group or
// contact that is gone, or an id of another mailbox. These operations use four codes for it:
// ErrorItemNotFound, ErrorInvalidImGroupId, ErrorInvalidImContactId and, in a response,
// ErrorNonExistentMailbox. The last one as a SOAP fault says that the impersonated mailbox does not
// exist, which NotFound does not report.
func NotFound(err error) bool {
	code, _ := errors.AsType[ResponseCode](err)
	switch code {
	case ErrorItemNotFound, ErrorInvalidImGroupId, ErrorInvalidImContactId:
		return true
	case ErrorNonExistentMailbox:
		e, ok := errors.AsType[*Error](err)
		return !ok || e.Fault == nil
	}
	return false
}

func writeOp(b *strings.Builder, op string) {
	b.WriteString("ews: ")
	if op != "" {
		b.WriteString(op + ": ")
	}
}

// loggedID returns the server's request id as a log may have it.
func loggedID(info *ResponseInfo) string { return oneline.Clip(info.RequestID, 64) }

// writeWhere ends an error's text with what identifies the call in a server's log: the URL, without
// its secret parts, and the server's request id.
func writeWhere(b *strings.Builder, info *ResponseInfo) {
	if info.URL != "" {
		b.WriteString(" [" + oneline.Clip(info.URL, 300) + "]")
	}
	if info.RequestID != "" {
		b.WriteString(" (request-id " + oneline.Clip(info.RequestID, 64) + ")")
	}
}

// maxQuoted is how much of the server's words a text repeats.
const maxQuoted = 1000
