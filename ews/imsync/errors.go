package imsync

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/oneline"
)

// Error reports that a list is not in step with its roster: the steps that remain, and why. It unwraps
// to its causes, so that [ews.RetryAfter], errors.Is and errors.As find the server's errors. To run
// the sync again is always safe.
type Error struct {
	// Remaining holds the steps that were not done, as far as that is known: if the list could not
	// be read back, one of them may have been.
	Remaining Plan

	Errs []error // at least one, most of them a *[StepError]
}

// Error returns one line with the first remaining steps and the first cause.
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

// StepError is the error of a step.
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

// ConflictError reports that a step does not fit the list. Nothing was sent for it.
type ConflictError struct {
	Step   Step
	Reason string
}

// Error returns one line.
func (e *ConflictError) Error() string { return "imsync: " + e.Step.String() + ": " + e.Reason }

// nameInUse returns the *ConflictError of a step whose name another kind of group has.
func nameInUse(s Step, g *group) error {
	what := "a group of type " + quote(string(g.kind))
	switch {
	case g.kind.BuiltIn():
		what = "a built-in group, which is left alone"
	case g.kind == imgroup.DistributionGroup:
		what = "a distribution group"
	case g.kind == imgroup.UserGroup:
		what = "a user group"
	}
	return &ConflictError{s, fmt.Sprintf("the name %s belongs to %s", quote(g.name), what)}
}

// ErrWithheld is the error of a step that was not sent because it would do more than the plan says:
// of an addition to a group whose name another one still has, because that could not be renamed; of
// the removal of a contact that could not be added to the group to which it moves. It is the error,
// and [ErrStale] too, of the removal of a group that has more or other members by now and, with
// [RemoveOwned], of a contact or distribution group that this service did not add.
var ErrWithheld = errors.New("imsync: withheld")

// errNotMoved is the error of a contact that stays where it is.
var errNotMoved = fmt.Errorf("%w, because the contact could not be added to its new group", ErrWithheld)

// errNotRenamed is the error of an addition that would go to the wrong group.
var errNotRenamed = fmt.Errorf("%w, because the group that has the name could not be renamed", ErrWithheld)

// renamed returns the error of a step whose group has another name by now.
func renamed(s Step, g *group) error {
	return fmt.Errorf("%w: group %s is now %s: make a new plan", ErrStale, quote(s.Group), quote(g.name))
}

// hasGrown returns the error of a removal whose group has more members than the plan says.
func hasGrown(s Step, members int) error {
	return &withheld{fmt.Sprintf("the group has %d members, and %d when the plan was made: make a new plan",
		members, s.Members)}
}

// withheld is both ErrWithheld and ErrStale.
type withheld struct{ reason string }

func (e *withheld) Error() string        { return ErrWithheld.Error() + ": " + e.reason }
func (e *withheld) Is(target error) bool { return target == ErrWithheld || target == ErrStale }

// ErrChanging reports that the list kept changing after every step had succeeded: another client edits
// it, or the server reports a success for a write that it did not do.
var ErrChanging = errors.New("imsync: the list keeps changing: is another program editing it?")

// errNoResult is the error of a client that returned neither a result nor an error.
var errNoResult = errors.New("imsync: the client returned neither a list nor an error")

// readError is the error of reading the list.
type readError struct{ err error }

func (e *readError) Error() string { return "imsync: reading the list: " + oneline.Text(e.err.Error()) }
func (e *readError) Unwrap() error { return e.err }

// needsReadBack reports whether the list must be read to learn the outcome of a step: it is
// unknown, or the list has changed.
func needsReadBack(err error) bool {
	return errors.Is(err, ews.ErrOutcomeUnknown) ||
		errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) || ews.NotFound(err)
}

// isStepOnly reports whether an error concerns its step alone, so that others may succeed.
func isStepOnly(ctx context.Context, err error) bool {
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
	case needsReadBack(err), errors.Is(err, ErrWithheld), errors.Is(err, ErrStale), errors.As(err, &conflict), errors.As(err, &input):
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

// maxQuoted is how many characters of a name a text shows.
const maxQuoted = 120

// quote returns a name of the server's or the roster's in quotation marks, on one line and harmless
// to terminals.
func quote(s string) string { return oneline.Quote(s, maxQuoted) }

// plain returns s, or quote of it where s could be misread.
func plain(s string) string {
	if s == "" || len(s) > maxQuoted || oneline.Text(s) != s || strings.ContainsRune(s, '"') ||
		strings.ContainsRune(s, '\uFFFD') {
		return quote(s)
	}
	return s
}
