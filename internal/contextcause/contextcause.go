// Package contextcause keeps context.Canceled and context.DeadlineExceeded visible in errors if a
// context has another cause.
package contextcause

import (
	"context"
	"errors"
	"fmt"
)

// Of returns why a context ended: its error and, if it is another, its cause. It returns nil while
// the context goes on.
func Of(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// In returns err, which the end of a context may have caused, with the context's error in its chain
// if it ended.
func In(ctx context.Context, err error) error {
	if end := ctx.Err(); end != nil && !errors.Is(err, end) {
		return fmt.Errorf("%w: %w", err, end)
	}
	return err
}
