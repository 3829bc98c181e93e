package ews_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// What the server asks for is waited to the nanosecond, by reads and writes alike.
func TestRetry_ServersWait(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, tt := range map[string]struct {
		first func() step
		want  time.Duration
	}{
		"BackOffMilliseconds": {
			func() step { return faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "29750") }, 29750 * time.Millisecond,
		},
		"BackOffMilliseconds with blanks, of 0": {
			func() step { return faulted(500, "ErrorServerBusy", "BackOffMilliseconds", " 0 ") }, 0,
		},
		"BackOffMilliseconds below 0": {
			func() step { return faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "-5") }, 0,
		},
		"BackOffMilliseconds goes before Retry-After": {
			func() step {
				return withHeader(faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "7"), "Retry-After", "5")
			},
			7 * time.Millisecond,
		},
		"Retry-After of a fault": {
			func() step { return withHeader(faulted(500, "ErrorServerBusy"), "Retry-After", "5") }, 5 * time.Second,
		},
		"Retry-After of an error response": {
			func() step { return withHeader(erring("ErrorServerBusy"), "Retry-After", "6") }, 6 * time.Second,
		},
		"Retry-After of a page": {func() step { return responding(429, "", "Retry-After", "30") }, 30 * time.Second},
		"Retry-After of 429":    {func() step { return responding(429, "", "Retry-After", " 3 ") }, 3 * time.Second},
		"a token endpoint's": {
			func() step { return claiming(&claim{notSent: true, after: 11 * time.Second}) }, 11 * time.Second,
		},
		"a date":             {func() step { return responding(429, "", "Retry-After", date(17*time.Second)) }, 17 * time.Second},
		"a date in the past": {func() step { return responding(429, "", "Retry-After", date(-time.Hour)) }, 0},
		"a date by the server's clock": {
			func() step {
				return responding(429, "", "Retry-After", date(time.Hour+9*time.Second), "Date", date(time.Hour))
			}, 9 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := script(tt.first(), done)
				if err := addGroup(t.Context(), server.client(t, nil)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]time.Duration{tt.want}, server.waits()); diff != "" {
					t.Errorf("waits (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// withHeader adds a header to the response of a step.
func withHeader(s step, name, value string) step {
	return func(r *http.Request) (*http.Response, error) {
		res, err := s(r)
		if err == nil {
			res.Header.Set(name, value)
		}
		return res, err
	}
}

// Without advice from the server a wait is random, doubles, and stays within MaxWait.
func TestRetry_Jitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		distinct := make(map[time.Duration]bool)
		for range 50 {
			server := script(responding(429, "", "Retry-After", "soon"))
			client := server.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 6, MaxWait: 5 * time.Second}})
			if err := addGroup(t.Context(), client); err == nil {
				t.Fatal("no error")
			}
			for i, ceiling := range []time.Duration{1, 2, 4, 5, 5} {
				ceiling *= time.Second
				wait := server.waits()[i]
				distinct[wait] = true
				if wait < ceiling/2 || wait > ceiling {
					t.Errorf("wait %d was %v, want %v to %v", i+1, wait, ceiling/2, ceiling)
				}
			}
		}
		if len(distinct) < 200 {
			t.Errorf("250 waits had %d values: no jitter", len(distinct))
		}
	})
}

func TestRetry_MaxAttempts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ policy, want int }{
		"zero is 3": {0, 3}, "1": {1, 1}, "2": {2, 2}, "20": {20, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := script(unconnected)
				var info ews.ResponseInfo
				client := server.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: tt.policy}})
				err := getItemList(ews.WithResponseInfo(t.Context(), &info), client)
				if err == nil || len(server.seen()) != tt.want || info.Attempts != tt.want {
					t.Errorf("%d attempts, info says %d, want %d: %v", len(server.seen()), info.Attempts, tt.want, err)
				}
			})
		})
	}
}

// A wait that is too long is not begun: the error comes back at once, and RetryAfter returns the
// time.
func TestRetry_WaitNotBegun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first    step
		policy   ews.RetryPolicy
		deadline time.Duration // 0: none
		after    time.Duration
	}{
		"beyond MaxWait's default": {responding(429, "", "Retry-After", "31"), ews.RetryPolicy{}, 0, 31 * time.Second},
		"beyond MaxWait": {
			faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "300000"),
			ews.RetryPolicy{MaxWait: 4 * time.Minute},
			0, 5 * time.Minute,
		},
		"beyond the deadline": {responding(429, "", "Retry-After", "20"), ews.RetryPolicy{}, 20 * time.Second, 20 * time.Second},
		"beyond every number": {
			responding(429, "", "Retry-After", "99999999999999999999999"), ews.RetryPolicy{}, 0, 24 * time.Hour,
		},
		"beyond every number, in milliseconds": {
			faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "9223372036854775808"), ews.RetryPolicy{}, 0, 24 * time.Hour,
		},
		"beyond every number, of a token endpoint": {
			claiming(&claim{notSent: true, after: 1<<63 - 1}), ews.RetryPolicy{}, 0, 24 * time.Hour,
		},
		"at the end of time": {
			responding(429, "", "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"), ews.RetryPolicy{}, 0, 24 * time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				server := script(tt.first, done)
				start := time.Now()
				err := addGroup(ctx, server.client(t, &ews.Options{Retry: tt.policy}))
				if got := time.Since(start); got != 0 {
					t.Errorf("took %v, want none", got)
				}
				after, ok := ews.RetryAfter(err)
				if after != tt.after || !ok || errors.Is(err, ews.ErrOutcomeUnknown) || len(server.seen()) != 1 {
					t.Errorf("RetryAfter is %v, %t, want %v; attempts %d; %v", after, ok, tt.after, len(server.seen()), err)
				}
			})
		})
	}
}

// The exponential wait minds the deadline too: it is not begun, and the error is the server's.
func TestRetry_DeadlineBeforeWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		server := script(responding(429, ""), done)
		err := addGroup(ctx, server.client(t, nil))
		if kindOfError(err) != "HTTPError" || len(server.seen()) != 1 || ctx.Err() != nil {
			t.Errorf("attempts %d, context %v, error %v", len(server.seen()), ctx.Err(), err)
		}
	})
}

func TestRetry_CanceledWhileWaiting(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first step
		call  func(context.Context, *ews.Client) error
		kind  string
	}{
		"write": {responding(429, "", "Retry-After", "20"), addGroup, "HTTPError"},
		"read":  {dropped, getItemList, "TransportError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(100*time.Millisecond, cancel)
				server := script(tt.first, done)
				start := time.Now()
				err := tt.call(ctx, server.client(t, nil))
				switch {
				case !errors.Is(err, context.Canceled) || kindOfError(err) != tt.kind:
					t.Errorf("want context.Canceled with a %s: %v", tt.kind, err)
				case errors.Is(err, ews.ErrOutcomeUnknown):
					t.Errorf("the write was certainly not done: %v", err)
				case time.Since(start) != 100*time.Millisecond || len(server.seen()) != 1:
					t.Errorf("took %v and %d attempts", time.Since(start), len(server.seen()))
				}
			})
		})
	}
}

// A context that ends while a response is due leaves a write's outcome open; one that had ended
// before does not. Either way the context's own error is found by errors.Is, also where the context
// has a cause.
func TestRetry_ContextEnds(t *testing.T) {
	t.Parallel()
	reason := errors.New("shutting down")
	for name, tt := range map[string]struct {
		end     func(context.Context) (context.Context, context.CancelFunc)
		is      error
		tries   int
		unknown bool
	}{
		"canceled in the middle": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(reason) })
			return ctx, func() { cancel(nil) }
		}, context.Canceled, 1, true},
		"deadline in the middle": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, context.DeadlineExceeded, 1, true},
		"deadline with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, reason)
		}, context.DeadlineExceeded, 1, true},
		"canceled before": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, context.Canceled, 0, false},
		"deadline before": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 0)
		}, context.DeadlineExceeded, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := tt.end(t.Context())
				defer cancel()
				server := script(silent)
				var info ews.ResponseInfo
				err := addGroup(ews.WithResponseInfo(ctx, &info), server.client(t, nil))
				if !errors.Is(err, tt.is) || kindOfError(err) != "TransportError" {
					t.Errorf("want a TransportError that is %v: %v", tt.is, err)
				}
				if errors.Is(err, ews.ErrOutcomeUnknown) != tt.unknown || len(server.seen()) != tt.tries || info.Attempts != tt.tries {
					t.Errorf("outcome unknown: %t, attempts %d, info %d: %v", !tt.unknown, len(server.seen()), info.Attempts, err)
				}
			})
		})
	}
}

// The http.Client's Timeout bounds an attempt, not the call: a read is tried again.
func TestRetry_ClientTimeout(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		call func(context.Context, *ews.Client) error
		want verdict
	}{"write": {addGroup, unknown}, "read": {getItemList, again}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := script(silent, done)
				client, err := ews.NewClient("https://exchange.test/EWS/Exchange.asmx", &ews.Options{
					HTTPClient: &http.Client{Transport: server, Timeout: 7 * time.Second},
				})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = tt.call(t.Context(), client)
				if got := verdictOf(err, len(server.seen())); got != tt.want {
					t.Errorf("got %q, want %q: %v", got, tt.want, err)
				}
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("not context.DeadlineExceeded: %v", err)
				}
				if took := time.Since(start); took < 7*time.Second || took > 8*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// Every attempt has a new id and the same body; the info holds the last one's.
func TestRetry_AttemptsHaveTheirOwnID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := script(responding(429, ""), unconnected, done)
		var info ews.ResponseInfo
		if err := addGroup(ews.WithResponseInfo(t.Context(), &info), server.client(t, nil)); err != nil {
			t.Fatal(err)
		}
		ids := make(map[string]bool)
		for _, a := range server.seen() {
			ids[a.clientRequestID] = true
			if a.body != server.seen()[0].body || a.body == "" {
				t.Errorf("the body changed to %q", a.body)
			}
		}
		if len(ids) != 3 || ids[""] || info.ClientRequestID != server.seen()[2].clientRequestID {
			t.Errorf("ids %v, info %q", ids, info.ClientRequestID)
		}
	})
}

// Nothing of a response that broke in the middle stays in the result.
func TestRetry_ResultIsFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		half := enveloped(`<m:GetImItemListResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
			`<m:ImItemList><t:Groups><t:ImGroup><t:DisplayName>Old</t:DisplayName></t:ImGroup></t:Groups><t:Pers`)
		half = half[:len(half)-len("</s:Body></s:Envelope>")]
		server := script(responding(200, half), done)
		list, err := server.client(t, nil).GetImItemList(t.Context(), imgroup.ListQuery{})
		if err != nil || len(list.Groups) != 0 {
			t.Errorf("got %v, %v", list, err)
		}
	})
}
