package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestFind_CacheAges follows an entry through its week.
func TestFind_CacheAges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &internet{pages: map[string]page{v2Domain: named(ewsURL)}}
		opts := n.options()
		opts.Cache = autodiscover.NewMemoryCache()
		asked := 0
		ask := func(when, wantURL string, wantRequests bool) {
			t.Helper()
			found, err := autodiscover.Find(t.Context(), "Tony@Contoso.com", opts)
			got := ""
			if err == nil {
				got = found.URL
			}
			requests, _ := n.log()
			sent := len(requests) > asked
			asked = len(requests)
			if got != wantURL || sent != wantRequests {
				t.Errorf("%s: found %q, sent %t; want %q, %t (%v)", when, got, sent, wantURL, wantRequests, err)
			}
		}
		ask("first", ewsURL, true)
		ask("again", ewsURL, false)
		time.Sleep(24*time.Hour - 1)
		ask("within the day", ewsURL, false)

		const moved = "https://new.contoso.com/EWS/Exchange.asmx"
		n.pages[v2Domain] = named(moved)
		time.Sleep(time.Nanosecond)
		ask("after a day", moved, true)

		n.pages = map[string]page{}
		time.Sleep(24 * time.Hour)
		ask("with nothing there any more", moved, true)
		ask("right after that", moved, false)
		time.Sleep(time.Hour)
		ask("an hour later", moved, true)
		time.Sleep(5*24*time.Hour + 22*time.Hour)
		ask("within the week", moved, true)
		time.Sleep(time.Hour)
		ask("after the week", "", true)
	})
}

// TestFind_CacheIsNoWayAround holds that an entry counts only under the trust of now.
func TestFind_CacheIsNoWayAround(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]string{
		"elsewhere":   "https://evil.example/EWS/Exchange.asmx",
		"without TLS": "http://mail.contoso.com/EWS/Exchange.asmx",
		"nothing":     "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{v2Domain: named(ewsURL)}}
			opts := n.options()
			opts.Cache = autodiscover.NewMemoryCache()
			opts.Cache.Store(t.Context(), email, autodiscover.Entry{
				Result: autodiscover.Result{URL: kept, Found: time.Now()}, Next: time.Now().Add(time.Hour),
			})
			if found := mustFind(t, n, opts); found.URL != ewsURL {
				t.Errorf("found %s", found.URL)
			}
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	lost := func(err error, status int) error {
		return &ews.TransportError{Op: "AddImGroup", Err: err, Info: ews.ResponseInfo{StatusCode: status}}
	}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"success":           {nil, false},
		"mailbox moves":     {&ews.Error{Code: ews.ErrorMailboxMoveInProgress}, true},
		"connection failed": {fmt.Errorf("sync: %w", &ews.Error{Code: ews.ErrorConnectionFailed}), true},
		"group exists":      {&ews.Error{Code: ews.ErrorImGroupDisplayNameAlreadyExists}, false},
		"no response":       {lost(io.EOF, 0), true},
		"time-out":          {lost(context.DeadlineExceeded, 0), true},
		"cut response":      {lost(io.ErrUnexpectedEOF, 200), false},
		"the caller's end":  {lost(context.Canceled, 0), false},
		"redirect":          {&ews.HTTPError{StatusCode: 302}, true},
		"not found":         {&ews.HTTPError{StatusCode: 404}, true},
		"bad gateway":       {&ews.HTTPError{StatusCode: 502}, true},
		"throttled":         {&ews.HTTPError{StatusCode: 503}, false},
		"wrong password":    {&ews.HTTPError{StatusCode: 401}, false},
		"bare net/http":     {&url.Error{Op: "Post", Err: io.EOF}, true},
		"input":             {&ews.InputError{Field: "displayName"}, false},
		"another":           {errors.New("x"), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := autodiscover.NewMemoryCache()
			c.Store(t.Context(), email, autodiscover.Entry{Result: autodiscover.Result{URL: ewsURL}})
			got := autodiscover.Report(t.Context(), c, "Tony@contoso.COM", tc.err)
			_, kept := c.Load(t.Context(), email)
			if got != tc.want || kept == tc.want {
				t.Errorf("Report = %t, kept %t; want %t", got, kept, tc.want)
			}
		})
	}
	if autodiscover.Report(t.Context(), nil, email, &ews.HTTPError{StatusCode: http.StatusNotFound}) {
		t.Error("without a cache: true")
	}
}

func TestMemoryCache_Bounded(t *testing.T) {
	t.Parallel()
	c := autodiscover.NewMemoryCache()
	began := time.Now()
	const most, more = 10_000, 500
	name := func(i int) string { return fmt.Sprintf("user%d@contoso.com", i) }
	for i := range most + more {
		c.Store(t.Context(), name(i), autodiscover.Entry{Result: autodiscover.Result{Found: began.Add(time.Duration(i))}})
	}
	kept, newest := 0, 0
	for i := range most + more {
		if _, ok := c.Load(t.Context(), name(i)); ok {
			kept++
			if i >= most {
				newest++
			}
		}
	}
	if kept != most || newest < more-10 {
		t.Errorf("kept %d, of the newest %d", kept, newest)
	}
	c.Store(t.Context(), name(most), autodiscover.Entry{Result: autodiscover.Result{URL: ewsURL}})
	if e, ok := c.Load(t.Context(), name(most)); !ok || e.Result.URL != ewsURL {
		t.Error("an entry was not replaced")
	}
}

// TestFind_CacheKeepsNoSteps holds that an entry is small, and the result of the first call whole.
func TestFind_CacheKeepsNoSteps(t *testing.T) {
	t.Parallel()
	n := &internet{pages: map[string]page{v2Domain: named(ewsURL)}}
	opts := n.options()
	opts.Cache = autodiscover.NewMemoryCache()
	first := mustFind(t, n, opts)
	second := mustFind(t, n, opts)
	if len(first.Steps) == 0 {
		t.Error("the first result has no steps")
	}
	first.Steps = nil
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("results (-first +second):\n%s", diff)
	}
}
