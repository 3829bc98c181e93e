package autodiscover

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/oneline"
)

// Bounds of the texts that a server writes, in bytes.
const (
	maxCode    = 50
	maxMessage = 200
)

// Step is one request or look-up, and its result.
type Step struct {
	// Action is "GET", "POST", "POST with credentials" or "SRV".
	Action string

	// Target is the URL without its query, or the DNS name.
	Target string

	// Status is the HTTP status; 0 without a response.
	Status int

	// Outcome describes the result in words, on one line, and says what to check.
	Outcome string

	// Err is the reason why the step failed; nil if it found an endpoint, or the next place to ask.
	// It wraps failed connections, [*ServerError] and errors of [Options.Client].
	Err error

	// Elapsed is the time that the step took.
	Elapsed time.Duration
}

// String returns the step on one line: "GET https://…: not found (HTTP 404)".
func (s Step) String() string { return s.Action + " " + s.Target + ": " + s.Outcome }

// Error is the error of a search that found no endpoint. Its text is one line with every step;
// errors.As and errors.Is find the errors of the steps, and that of the context if it ended.
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
		b.WriteString(": " + oneline.Text(e.err.Error()))
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

// ServerError is an error that an Autodiscover service reports.
type ServerError struct {
	// Code is a number for POX: 500 for an address that the server does not know, 600 for a request
	// that it does not understand, 601 for a form of response that it does not have, or the status
	// of an ActiveSync response. It is a word for version 2, such as "UserNotFound". It may be "".
	Code    string
	Message string // the server's text, at most 200 bytes of it

	activeSync bool // Code is a status of ActiveSync
}

// Error returns one line: the code and the message.
func (e *ServerError) Error() string {
	text := "the server refuses"
	switch {
	case e.activeSync:
		text += " with the ActiveSync status " + e.Code
	case e.Code != "":
		text += " with the code " + strconv.Quote(e.Code)
	}
	if e.Message != "" {
		text += " (" + e.Message + ")"
	}
	return text + e.hint()
}

// hint returns what to check, for the codes that Microsoft documents.
func (e *ServerError) hint() string {
	if e.activeSync {
		return "; it responds in the form for telephones, which names no EWS URL"
	}
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
	return fmt.Sprintf("no response within %v; a firewall, or a server that is down", e.after)
}

// Timeout marks the error as a timeout, as net.Error does.
func (e *timeoutError) Timeout() bool { return true }
