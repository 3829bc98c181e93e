// Package contextcause keeps context.Canceled and context.DeadlineExceeded visible in errors if a
// context has another cause, and keeps that cause from speaking for the request that it ended.
package contextcause

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// ended is the end of a context with a cause. errors.Is finds the cause itself, but nothing behind
// it: golang.org/x/sync/errgroup cancels a context with the error of another call, and what that
// error says of its request, such as NotSent or a code of the server, does not hold for this one.
type ended struct {
	text  string
	end   error // context.Canceled or context.DeadlineExceeded
	cause error
}

func (e *ended) Error() string { return e.text }
func (e *ended) Unwrap() error { return e.end }
func (e *ended) Is(target error) bool {
	return reflect.TypeOf(target).Comparable() && target == e.cause
}

// Of returns why a context ended: its error, with its cause if that is another. It returns nil
// while the context goes on.
func Of(ctx context.Context) error {
	end, cause := ctx.Err(), context.Cause(ctx)
	if end == nil || cause == end { //nolint:errorlint // the same value
		return end
	}
	text := cause.Error()
	if !errors.Is(cause, end) {
		text = end.Error() + ": " + text
	}
	return &ended{text, end, cause}
}

// In returns err, which the end of a context may have caused, with the context's error in its chain
// if it ended. net/http returns the cause alone.
func In(ctx context.Context, err error) error {
	end, cause := ctx.Err(), context.Cause(ctx)
	var already *ended
	switch {
	case end == nil, errors.As(err, &already) && already.end == end: //nolint:errorlint // the same value
		return err
	case cause != end && errors.Is(err, cause): //nolint:errorlint // the same value
		text := err.Error()
		if !errors.Is(err, end) {
			text += ": " + end.Error()
		}
		return &ended{text, end, cause}
	case errors.Is(err, end):
		return err
	}
	return fmt.Errorf("%w: %w", err, end)
}
