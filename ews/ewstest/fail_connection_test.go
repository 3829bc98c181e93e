package ewstest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestFail_LostResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err      error
		want     error
		executed bool
	}{
		"before": {ewstest.DropBefore(), io.EOF, false},
		"after":  {ewstest.DropAfter(), io.EOF, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			for way, by := range transports(t, s) {
				before := len(s.Groups(""))
				s.Fail("AddImGroup", test.err)
				got := ask(t, by, envelope(addImGroup("Group "+way)))
				if !errors.Is(got.Err, test.want) {
					t.Errorf("%s: %+v, want %v", way, got, test.want)
				}
				if executed := len(s.Groups("")) > before; executed != test.executed {
					t.Errorf("%s: executed: %t, want %t", way, executed, test.executed)
				}
			}
			if got := len(s.Requests()); got != 2 {
				t.Errorf("%d requests, want 2", got)
			}
		})
	}
}

func TestFail_Truncate(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	whole := post(t, s, envelope("<m:GetImItemList/>")).Body
	for way, by := range transports(t, s) {
		for _, n := range []int{-1, 0, 1, 500, len(whole) - 1} {
			s.Fail("", ewstest.Truncate(n))
			got := ask(t, by, envelope("<m:GetImItemList/>"))
			if !errors.Is(got.Err, io.ErrUnexpectedEOF) || got.Status != http.StatusOK {
				t.Errorf("%s, %d: HTTP %d, %v, want 200 and an unexpected end", way, n, got.Status, got.Err)
			}
			if want := whole[:max(n, 0)]; got.Body != want {
				t.Errorf("%s, %d: %q, want %q", way, n, got.Body, want)
			}
		}
		s.Fail("", ewstest.Truncate(len(whole)))
		want := received{Status: http.StatusOK, Body: whole}
		if diff := cmp.Diff(want, ask(t, by, envelope("<m:GetImItemList/>"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", way, diff)
		}
	}
	s.Fail("", ewstest.Truncate(10))
	ask(t, s, envelope(addImGroup("Done")))
	if got := len(s.Groups("")); got != 1 {
		t.Errorf("%d groups, want 1: a cut response is one to an executed request", got)
	}
}

// TestFail_AnswerAfter responds to an executed request as a gateway does, or the server itself.
func TestFail_AnswerAfter(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	page := &ews.HTTPError{StatusCode: 503, Header: http.Header{"Retry-After": {"5"}}, Body: []byte("guru")}
	for name, test := range map[string]struct {
		err, want error
		status    int
		body      string // a part of it
		failure   bool
	}{
		"502":           {err: &ews.HTTPError{StatusCode: 502}, status: 502},
		"503":           {err: page, status: 503, body: "guru"},
		"wrapped":       {err: fmt.Errorf("test: %w", page), status: 503, body: "guru"},
		"504 and fault": {err: &ews.Error{Info: ews.ResponseInfo{StatusCode: 504}}, status: 504, body: ">a:Server<"},
		"busy":          {err: ews.ErrorServerBusy, status: 500, body: ">a:ErrorServerBusy<"},
		"response":      {err: ews.ErrorTimeoutExpired, status: 200, body: `ResponseClass="Error"`},
		"dropped":       {err: ewstest.DropBefore(), want: io.EOF, failure: true},
		"dropped twice": {err: ewstest.DropAfter(), want: io.EOF, failure: true},
		"cut":           {err: ewstest.Truncate(5), want: io.ErrUnexpectedEOF, status: 200, body: "<?xml"},
		"own":           {err: own, want: own, failure: true},
		"not sent":      {err: notSent{}, want: notSent{}, failure: true},
		"pass":          {status: 200, body: `ResponseClass="Success"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			for way, by := range transports(t, s) {
				s.Fail("AddImGroup", ewstest.AnswerAfter(test.err))
				before := len(s.Groups(""))
				got := ask(t, by, envelope(addImGroup("Group "+way)))
				want := test.want
				if test.failure && way == "connection" {
					want = io.EOF
				}
				if !errors.Is(got.Err, want) || got.Status != test.status || !strings.Contains(got.Body, test.body) {
					t.Errorf("%s: %+v, want HTTP %d, %q, %v", way, got, test.status, test.body, want)
				}
				if executed := len(s.Groups("")) - before; executed != 1 {
					t.Errorf("%s: executed %d times, want once", way, executed)
				}
			}
		})
	}
}

// TestFail_AnswerAfterConnected checks that an executed request counts as sent, also with an error
// that denies it.
func TestFail_AnswerAfterConnected(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Fail("", ewstest.AnswerAfter(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}))
	r := newRequest(t, envelope(addImGroup("x")))
	var seen hooks
	_, err := s.RoundTrip(r.WithContext(seen.trace(r.Context()))) //nolint:bodyclose // there is none
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want %v", err, syscall.ECONNREFUSED)
	}
	if want := (hooks{Asked: "exchange.test:443", Connected: true, Wrote: true}); want != seen {
		t.Errorf("hooks %+v, want %+v", seen, want)
	}
}

// TestFail_OtherErrors returns errors of the test from RoundTrip.
func TestFail_OtherErrors(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for name, test := range map[string]struct {
		err, want error
		connected bool
	}{
		"own":            {own, own, true},
		"transport":      {&ews.TransportError{Err: own}, own, true},
		"refused":        {refused, refused, false},
		"unknown host":   {&net.DNSError{Name: "x"}, &net.DNSError{Name: "x"}, false},
		"says so itself": {notSent{}, notSent{}, false},
		"dropped":        {ewstest.DropBefore(), io.EOF, true},
		"while reading":  {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, syscall.ECONNRESET, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			s.Fail("", test.err)
			r := newRequest(t, envelope(addImGroup("x")))
			var seen hooks
			_, err := s.RoundTrip(r.WithContext(seen.trace(r.Context()))) //nolint:bodyclose // there is no response
			if !errors.Is(err, test.want) && err.Error() != test.want.Error() {
				t.Errorf("%v, want %v", err, test.want)
			}
			if want := (hooks{Asked: "exchange.test:443", Connected: test.connected, Wrote: test.connected}); want != seen {
				t.Errorf("hooks %+v, want %+v", seen, want)
			}
			if got := len(s.Groups("")); got != 0 {
				t.Errorf("%d groups, want none", got)
			}
			s.Fail("", test.err)
			if got := ask(t, transports(t, s)["connection"], envelope(addImGroup("x"))); !errors.Is(got.Err, io.EOF) {
				t.Errorf("over a connection: %v, want %v", got.Err, io.EOF)
			}
		})
	}
}

type notSent struct{}

func (notSent) Error() string { return "not sent" }
func (notSent) NotSent() bool { return true }
