package ewstest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

// hooks records the calls of httptrace.
type hooks struct {
	Asked                       string
	Connected, Wrote, Responded bool
}

func (h *hooks) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(hostPort string) { h.Asked = hostPort },
		GotConn: func(i httptrace.GotConnInfo) { h.Connected = i.Conn != nil },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			h.Wrote = i.Err == nil
		},
		GotFirstResponseByte: func() { h.Responded = true },
	})
}

func TestRoundTrip_Trace(t *testing.T) {
	t.Parallel()
	var seen hooks
	r := newRequest(t, envelope(addImGroup("x")))
	do(t, ewstest.NewServer(nil), r.WithContext(seen.trace(r.Context())))
	want := hooks{Asked: "exchange.test:443", Connected: true, Wrote: true, Responded: true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// closer is a request body that records whether it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

func TestRoundTrip_ClosesTheBody(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		body io.Reader
	}{
		"responded":  {t.Context(), strings.NewReader(envelope(addImGroup("x")))},
		"canceled":   {canceled, strings.NewReader(envelope(addImGroup("x")))},
		"unreadable": {t.Context(), io.MultiReader(strings.NewReader("<"), failing{})},
		"too large":  {t.Context(), io.LimitReader(endless{}, 20<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &closer{Reader: test.body}
			r := newRequest(t, "").WithContext(test.ctx)
			r.Body = body
			resp, err := ewstest.NewServer(nil).RoundTrip(r)
			if (err == nil) != (name == "responded") {
				t.Errorf("error %v", err)
			}
			if err == nil && resp.Body.Close() != nil {
				t.Error("the response's body does not close")
			}
			if !body.closed {
				t.Error("the request's body is still open")
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRoundTrip_LeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{
		User: func(r *http.Request) string {
			r.Header.Set("X-Remote-User", "changed")
			r.URL.Path = "/changed"
			return ""
		},
		Intercept: func(r ewstest.Request) error {
			r.Header.Set("Authorization", "changed")
			clear(r.Body)
			return nil
		},
	})
	r := newRequest(t, envelope(addImGroup("x")))
	r.Header.Set("Authorization", "Basic dXNlcjpwYXNz")
	r.Header["lower-case"] = []string{"kept"}
	want := r.Header.Clone()
	do(t, s, r)
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.URL.Path != "/EWS/Exchange.asmx" {
		t.Errorf("path %s", r.URL.Path)
	}
	logged := s.Requests()[0]
	if got := logged.Header.Get("Authorization"); got != "Basic dXNlcjpwYXNz" {
		t.Errorf("logged credentials %q", got)
	}
	if string(logged.Body) != envelope(addImGroup("x")) {
		t.Errorf("logged body %q", logged.Body)
	}
}

func TestRoundTrip_Context(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for name, test := range map[string]struct {
		after    time.Duration // when the context ends
		err      error
		executed bool
	}{
		"in time":       {time.Hour, nil, true},
		"while waiting": {time.Second, cause, false},
		"at once":       {0, cause, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
					select {
					case <-time.After(time.Minute):
						return nil
					case <-r.Context().Done():
						return ewstest.DropBefore()
					}
				}})
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(test.after, func() { cancel(cause) })
				synctest.Wait()
				start := time.Now()
				resp, err := s.RoundTrip(newRequest(t, envelope(addImGroup("x"))).WithContext(ctx))
				if !errors.Is(err, test.err) {
					t.Errorf("%v, want %v", err, test.err)
				}
				if resp != nil && resp.Body.Close() != nil {
					t.Error("the body does not close")
				}
				if took := time.Since(start); took != min(test.after, time.Minute) {
					t.Errorf("took %v", took)
				}
				if got := len(s.Groups("")) > 0; got != test.executed {
					t.Errorf("executed: %t, want %t", got, test.executed)
				}
				cancel(nil)
			})
		})
	}
}

// TestRoundTrip_BodyEndsWithTheContext reads a response after its request's context has ended.
func TestRoundTrip_BodyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := ewstest.NewServer(nil).RoundTrip(newRequest(t, envelope(addImGroup("x"))).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	if _, err := resp.Body.Read(p); err != nil {
		t.Errorf("before: %v", err)
	}
	cancel()
	if _, err := resp.Body.Read(p); !errors.Is(err, context.Canceled) {
		t.Errorf("after: %v, want %v", err, context.Canceled)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := resp.Body.Read(p); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("closed: %v, want %v", err, http.ErrBodyReadAfterClose)
	}
}

// TestRoundTrip_WaitingBody cancels a request whose body never comes.
func TestRoundTrip_WaitingBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body, w := io.Pipe()
		t.Cleanup(func() { _ = w.Close() })
		r := newRequest(t, "").WithContext(ctx)
		r.Body = body
		_, err := ewstest.NewServer(nil).RoundTrip(r) //nolint:bodyclose // there is no response
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want %v", err, context.DeadlineExceeded)
		}
	})
}
