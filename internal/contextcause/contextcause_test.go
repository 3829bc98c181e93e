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
