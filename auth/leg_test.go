package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A legCase cuts connections at one leg of a login and names the outcome of each of several calls:
// "done"; "unsent", which may be repeated; "lost", which is unknown.
type legCase struct {
	name   string
	decide func(conn, request int) verdict
	want   []string
}

func (c legCase) check(t *testing.T, call func() string) {
	t.Helper()
	for i, want := range c.want {
		if got := call(); got != want {
			t.Errorf("call %d: %s, want %s", i+1, got, want)
		}
	}
}

func verdictOf(ok bool, err error) string {
	var e *Error
	switch {
	case err == nil && ok:
		return "done"
	case errors.As(err, &e) && e.NotSent():
		return "unsent"
	case errors.As(err, &e):
		return "lost"
	case err != nil:
		return err.Error()
	}
	return "another response"
}

// at makes a decision for one request of one connection.
func at(conn, request int, v verdict) func(int, int) verdict {
	return func(c, r int) verdict {
		if c == conn && r == request {
			return v
		}
		return pass
	}
}

var legCases = []legCase{
	{"nothing cut", at(0, 0, pass), []string{"done", "done"}},
	{"NEGOTIATE dropped", at(1, 1, dropBefore), []string{"done", "done"}},
	{"response to NEGOTIATE dropped", at(1, 1, dropAfter), []string{"done", "done"}},
	{"AUTHENTICATE dropped", at(1, 2, dropBefore), []string{"lost", "done"}},
	{"response to AUTHENTICATE dropped", at(1, 2, dropAfter), []string{"lost", "done"}},
	{"later request dropped", at(1, 3, dropBefore), []string{"done", "lost", "done"}},
	{"later response dropped", at(1, 3, dropAfter), []string{"done", "lost", "done"}},
	{"every NEGOTIATE dropped", func(_, r int) verdict {
		if r == 1 {
			return dropBefore
		}
		return pass
	}, []string{"unsent", "unsent"}},
}

func TestNTLM_ConnectionCutAtEachLeg(t *testing.T) {
	t.Parallel()
	for _, c := range legCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, nil)
			r := newRelay(t, a.Listener.Addr().String(), c.decide)
			tr := mustNTLM(t, a, &Options{MaxConns: 1})
			c.check(t, func() string {
				text, err := try(t.Context(), tr, r.url(), "hello")
				return verdictOf(text == `EXCH\alice 5`, err)
			})
		})
	}
}

// TestNTLM_CancelAtEachLeg cancels while the server is silent. The next call must find the one
// connection free.
func TestNTLM_CancelAtEachLeg(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		request int
		want    string
	}{
		{"NEGOTIATE", 1, "unsent"},
		{"AUTHENTICATE", 2, "lost"},
		{"later request", 3, "lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, nil)
			held := make(chan struct{}, 1)
			r := newRelay(t, a.Listener.Addr().String(), func(conn, request int) verdict {
				if conn == 1 && request == c.request {
					held <- struct{}{}
					return hold
				}
				return pass
			})
			tr := mustNTLM(t, a, &Options{MaxConns: 1})
			for range c.request - 2 {
				if got := post(t, tr, r.url(), "hello"); got != `EXCH\alice 5` {
					t.Fatal(got)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-held
				cancel()
			}()
			_, err := try(ctx, tr, r.url(), "hello")
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context.Canceled in it", err)
			}
			if got := verdictOf(false, err); got != c.want {
				t.Errorf("%s, want %s: %v", got, c.want, err)
			}
			if got := post(t, tr, r.url(), "hello"); got != `EXCH\alice 5` {
				t.Errorf("the next call: %s", got)
			}
		})
	}
}

// TestNTLM_ClientTimeout has http.Client's own timeout end a call.
func TestNTLM_ClientTimeout(t *testing.T) {
	t.Parallel()
	for request := 1; request <= 2; request++ {
		a := newAcceptor(t, false, nil)
		r := newRelay(t, a.Listener.Addr().String(), at(1, request, hold))
		client := mustNTLM(t, a, &Options{MaxConns: 1}).Client()
		client.Timeout = 50 * time.Millisecond
		call := func() error {
			q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url(), strings.NewReader("hello"))
			if err != nil {
				return err
			}
			resp, err := client.Do(q)
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			return resp.Body.Close()
		}
		err := call()
		if e, ok := errors.AsType[*url.Error](err); !ok || !e.Timeout() {
			t.Errorf("request %d: error %v, want a timeout", request, err)
		}
		client.Timeout = time.Minute
		if err := call(); err != nil {
			t.Errorf("request %d: the next call: %v", request, err)
		}
	}
}

func TestNTLM_WaitForAConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	busy := make(chan struct{})
	r := newRelay(t, a.Listener.Addr().String(), func(int, int) verdict {
		close(busy)
		return hold
	})
	tr := mustNTLM(t, a, &Options{MaxConns: 1})
	holder, release := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = try(holder, tr, r.url(), "hello")
	}()
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := try(ctx, tr, r.url(), "hello")
	if got := verdictOf(false, err); got != "unsent" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v, want unsent and context.DeadlineExceeded", got, err)
	}
	if err != nil && !strings.Contains(err.Error(), "connections stayed busy") {
		t.Errorf("the error does not say why: %v", err)
	}
	release()
	<-ended
}
