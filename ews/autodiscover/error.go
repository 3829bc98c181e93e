package autodiscover

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Step is one request or look-up and what came of it.
type Step struct {
	// Action is "GET", "POST", "POST with credentials" or "SRV".
	Action string

	// Target is the URL without its query, or the DNS name.
	Target string

	// Status is the HTTP status; 0 where there was no answer or no request.
	Status int

	// Outcome says in words what came of it, on one line, and what to check.
	Outcome string

	// Err is why the step led nowhere; nil where it named an endpoint, or where to ask next. Failed
	// connections, [*ServerError] and errors of [Options.Client] can be found in it.
	Err error

	// Elapsed is how long it took.
	Elapsed time.Duration
}

// String is the step on one line: "GET https://…: not found (HTTP 404)".
func (s Step) String() string { return s.Action + " " + s.Target + ": " + s.Outcome }

// Error says that no endpoint was found. Its text is one line with every step; errors.As and
// errors.Is find the errors of the steps in it, and the context's if that ended.
type Error struct {
	Address string
	Steps   []Step

	err error // of the context
}

// Error returns one line with every step.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("autodiscover: no endpoint found for " + e.Address)
	if e.err != nil {
		b.WriteString(": " + oneLine(e.err.Error()))
	}
	for i, s := range e.Steps {
		fmt.Fprintf(&b, "; (%d) %s", i+1, s)
	}
	return b.String()
}

// Unwrap returns the context's error and those of the steps.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.err != nil {
		errs = append(errs, e.err)
	}
	for _, s := range e.Steps {
		if s.Err != nil {
			errs = append(errs, s.Err)
		}
	}
	return errs
}

// ServerError is an Autodiscover service's own refusal.
type ServerError struct {
	// Code is a number for POX: 500 for an address that the server does not know, 600 for a request
	// that it does not understand, 601 for a form of answer that it does not have. It is a word for
	// version 2, such as "UserNotFound".
	Code    string
	Message string // the server's own, at most 200 bytes of it
}

// Error returns one line: the code and the message.
func (e *ServerError) Error() string {
	text := "the server refuses with the code " + strconv.Quote(e.Code)
	if e.Message != "" {
		text += " (" + e.Message + ")"
	}
	return text + e.hint()
}

// hint says what to check, for the codes that are documented.
func (e *ServerError) hint() string {
	switch e.Code {
	case "500", "UserNotFound", "MailboxNotFound":
		return "; check the address"
	case "600":
		return "; something on the way may have damaged the request"
	case "601", "InvalidProtocol", "ProtocolNotSupported":
		return "; this service knows of no Exchange mailboxes, it may be another product's"
	}
	return ""
}

// timeoutError is the end of a step's own time, not of the caller's context.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no answer within %v; a firewall, or a server that is down", e.after)
}

// Timeout marks the error as one, as net.Error does.
func (e *timeoutError) Timeout() bool { return true }

// contextError returns both what the context says and why it was ended.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err { //nolint:errorlint // the very same value says the same thing twice
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// oneLine joins the words of s by single blanks, and keeps other control characters out.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// clip is oneLine of at most n bytes.
func clip(s string, n int) string {
	if s = oneLine(s); len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
