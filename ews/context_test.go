package ews_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/ews"
)

// TestContext_Cancelled calls with a context that is over: nothing is sent.
func TestContext_Cancelled(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]bool{"write": false, "read": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var info ews.ResponseInfo
			op, w := callOf(t, "AddImGroup"), soapResponse(http.StatusOK, groupResponse)
			if read {
				op = callOf(t, "GetImItemList")
			}
			err := op(ews.WithResponseInfo(ctx, &info),
				connect(t, &ews.Options{HTTPClient: &http.Client{Transport: w}}))
			if !errors.Is(err, context.Canceled) || errors.Is(err, ews.ErrOutcomeUnknown) || len(w.requests()) != 0 {
				t.Errorf("%v, %d requests", err, len(w.requests()))
			}
		})
	}
}

// TestContext_During ends the context while the server is silent: a write that was sent is of
// unknown outcome, and the reason stays visible too.
func TestContext_During(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		op    string
		cause error
	}{
		{"AddImGroup", context.Canceled},
		{"AddImGroup", context.DeadlineExceeded},
		{"GetImItemList", context.Canceled},
		{"GetImItemList", context.DeadlineExceeded},
	} {
		t.Run(tc.op+" "+tc.cause.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{respond: func(_ int, r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}}
				ctx, cancel := context.WithCancel(t.Context())
				if errors.Is(tc.cause, context.DeadlineExceeded) {
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				if errors.Is(tc.cause, context.Canceled) {
					go func() { synctest.Wait(); cancel() }()
				}
				err := callOf(t, tc.op)(ctx, connect(t, &ews.Options{HTTPClient: &http.Client{Transport: w}}))
				var transport *ews.TransportError
				if !errors.Is(err, tc.cause) || !errors.As(err, &transport) || len(w.requests()) != 1 {
					t.Errorf("%T %v, %d requests", err, err, len(w.requests()))
				}
				if errors.Is(err, ews.ErrOutcomeUnknown) != (tc.op == "AddImGroup") {
					t.Errorf("unknown outcome: %v", err)
				}
			})
		})
	}
}

// TestContext_CauseOfAnotherCall: golang.org/x/sync/errgroup cancels the calls of a group with the
// error of the first that failed, and net/http returns that. It says nothing of the requests of the
// others, whether they were sent or how long to wait.
func TestContext_CauseOfAnotherCall(t *testing.T) {
	t.Parallel()
	never := func(r *http.Request) (*http.Response, error) {
		_, _ = unconnected(r)
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	for name, first := range map[string]step{
		"not sent": unconnected, "busy": faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "7000"), "lost": dropped,
		"429": responding(429, "", "Retry-After", "7"), "denied": erring("ErrorAccessDenied"), "not found": responding(404, htmlPage),
		"refused for good": claiming(&claim{notSent: true, permanent: true, after: time.Hour}),
	} {
		for phase, second := range map[string]step{"sent": silent, "not sent": never} {
			t.Run(name+", then "+phase, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					once := func() *ews.Options { return &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}} }
					cause := addGroup(t.Context(), script(first).client(t, once()))
					ctx, cancel := context.WithCancelCause(t.Context())
					time.AfterFunc(time.Second, func() { cancel(cause) })
					err := addGroup(ctx, script(second).client(t, once()))
					if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || kindOfError(err) != "TransportError" {
						t.Errorf("not the end of the context: %v", err)
					}
					transport, _ := errors.AsType[*ews.TransportError](err)
					if got := errors.Is(err, ews.ErrOutcomeUnknown); got != (phase == "sent") || transport.NotSent() == got {
						t.Errorf("unknown outcome: %t, not sent: %t: %v", got, transport.NotSent(), err)
					}
					if after, told := ews.RetryAfter(err); told {
						t.Errorf("to wait %v for another call", after)
					}
				})
			})
		}
	}
}

// blocked is a body that returns nothing until the request's context ends.
type blocked struct{ ctx context.Context }

func (b blocked) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
func (b blocked) Close() error             { return nil }

// TestContext_DuringBody ends the context while the response is being read.
func TestContext_DuringBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{respond: func(_ int, r *http.Request) (*http.Response, error) {
			res := response(http.StatusOK, "", "Content-Type: text/xml", "request-id: r-1")
			res.Body, res.ContentLength = blocked{r.Context()}, -1
			return res, nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var info ews.ResponseInfo
		_, err := connect(t, once(w)).AddImGroup(ews.WithResponseInfo(ctx, &info), "Sales")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ews.ErrOutcomeUnknown) ||
			info.RequestID != "r-1" {
			t.Errorf("%v, info %+v", err, info)
		}
	})
}

// TestContext_ClientTimeout holds that http.Client.Timeout is a deadline like any other.
func TestContext_ClientTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{respond: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		opts := once(w)
		opts.HTTPClient.Timeout = time.Second
		_, err := connect(t, opts).AddImGroup(t.Context(), "Sales")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ews.ErrOutcomeUnknown) {
			t.Errorf("%T %v", err, err)
		}
	})
}
