package imsync

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/oneline"
)

// Error says that a list is not in step with its roster, what is missing, and why. It unwraps to its
// causes, so that [ews.RetryAfter], errors.Is and errors.As see what the server said. Doing the same
// again is always safe.
type Error struct {
	// Remaining is what is left to do, as far as it is known: if the list could not be read back, a
	// step may be among it that was done after all.
	Remaining Plan

	Errs []error // at least one, most of them a *[StepError]
}

// Error returns one line with the first things that are missing and the first cause.
func (e *Error) Error() string {
	const most = 3
	var b strings.Builder
	b.WriteString("imsync: ")
	if n := len(e.Remaining.Steps); n > 0 {
		b.WriteString("not done: ")
		for i, s := range e.Remaining.Steps[:min(n, most)] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(s.String())
		}
		if n > most {
			fmt.Fprintf(&b, " and %d more", n-most)
		}
		b.WriteString(": ")
	}
	b.WriteString(strings.TrimPrefix(oneline.Text(e.Errs[0].Error()), "imsync: "))
	if n := len(e.Errs) - 1; n > 0 {
		fmt.Fprintf(&b, " (and %d more errors)", n)
	}
	return b.String()
}

// Unwrap returns Errs.
func (e *Error) Unwrap() []error { return e.Errs }

// StepError is why a step failed.
type StepError struct {
	Step Step
	Err  error
}

// Error returns one line.
func (e *StepError) Error() string {
	return "imsync: " + e.Step.String() + ": " + strings.TrimPrefix(oneline.Text(e.Err.Error()), "imsync: ")
}

// Unwrap returns Err.
func (e *StepError) Unwrap() error { return e.Err }

// ErrWithheld is why a removal was not tried: it would have taken a contact out of a group that could
// not be added to the group where it is wanted.
var ErrWithheld = errors.New("imsync: withheld, because the contact could not be added where it is wanted")

// ErrChanging says that the list was found different again and again after every step had succeeded:
// somebody else is editing it, or the server does not do what it answers.
var ErrChanging = errors.New("imsync: the list is not as it was left: is somebody else editing it?")

// errNoAnswer is for a client that breaks the rule that a result is there if no error is.
var errNoAnswer = errors.New("imsync: the client returned neither a list nor an error")

// readError is why the list could not be read, without which no step can be judged.
type readError struct{ err error }

func (e *readError) Error() string { return "imsync: reading the list: " + oneline.Text(e.err.Error()) }
func (e *readError) Unwrap() error { return e.err }

// leavesOpen reports whether the list has to be read to know where a step stands: nobody knows
// whether it was done, or the list was not what it was taken for.
func leavesOpen(err error) bool {
	return errors.Is(err, ews.ErrOutcomeUnknown) ||
		errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) || ews.NotFound(err)
}

// ofOneStep reports whether an error is about the one step, so that others may succeed.
func ofOneStep(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	var (
		unread   *readError
		conflict *ConflictError
		input    *ews.InputError
		code     ews.ResponseCode
	)
	switch {
	case errors.As(err, &unread):
		return false
	case leavesOpen(err), errors.Is(err, ErrWithheld), errors.As(err, &conflict), errors.As(err, &input):
		return true
	case errors.As(err, &code):
		switch code {
		case ews.ErrorInvalidImDistributionGroupSmtpAddress, ews.ErrorUnableToRemoveImContactFromGroup,
			ews.ErrorSchemaValidation, ews.ErrorInvalidIdMalformed:
			return true
		}
	}
	return false
}
