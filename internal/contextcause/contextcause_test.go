package contextcause_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
)

// claim is an error of another request.
type claim struct{ error }

func (claim) NotSent() bool { return true }

// TestCauseSaysNothing: a cause is found, and nothing that it says of the request that it comes from.
func TestCauseSaysNothing(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("another call: %w", claim{io.EOF})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for name, err := range map[string]error{
		"Of":         contextcause.Of(ctx),
		"In":         contextcause.In(ctx, cause),
		"In, inside": contextcause.In(ctx, fmt.Errorf("reading: %w", cause)),
		"In, again":  contextcause.In(ctx, fmt.Errorf("login: %w", contextcause.Of(ctx))),
	} {
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("%s: %v is not the end of the context", name, err)
		}
		if errors.As(err, new(claim)) || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v speaks for this request", name, err)
		}
	}
}

func TestOfAndIn(t *testing.T) {
	t.Parallel()
	errShutdown := errors.New("shutting down")
	wrapped := fmt.Errorf("shutting down: %w", context.Canceled)
	canceled := func(cause error) context.Context {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		return ctx
	}
	late, cancel := context.WithDeadline(t.Context(), time.Time{})
	defer cancel()
	for name, tc := range map[string]struct {
		ctx    context.Context
		of, in string
	}{
		"goes on":             {t.Context(), "<nil>", "EOF"},
		"canceled":            {canceled(nil), "context canceled", "EOF: context canceled"},
		"deadline":            {late, "context deadline exceeded", "EOF: context deadline exceeded"},
		"cause":               {canceled(errShutdown), "context canceled: shutting down", "EOF: context canceled"},
		"cause that wraps it": {canceled(wrapped), "shutting down: context canceled", "EOF: context canceled"},
	} {
		of, in := contextcause.Of(tc.ctx), contextcause.In(tc.ctx, io.EOF)
		if fmt.Sprint(of) != tc.of || fmt.Sprint(in) != tc.in {
			t.Errorf("%s: %v, %v", name, of, in)
		}
		if end := tc.ctx.Err(); end != nil && (!errors.Is(of, end) || !errors.Is(in, end)) || !errors.Is(in, io.EOF) {
			t.Errorf("%s: %v, %v", name, of, in)
		}
		if again := contextcause.In(tc.ctx, in); again != in { //nolint:errorlint // the same value
			t.Errorf("%s: %v", name, again)
		}
	}
}

// TestIn_EndOfAnotherContext: the error of a context inside, such as a time limit of a login, does not
// hide the end of the one around it.
func TestIn_EndOfAnotherContext(t *testing.T) {
	t.Parallel()
	inside, done := context.WithTimeoutCause(t.Context(), 0, errors.New("the login took too long"))
	defer done()
	around, cancel := context.WithCancel(t.Context())
	cancel()
	err := contextcause.In(around, contextcause.Of(inside))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want both ends", err)
	}
}
