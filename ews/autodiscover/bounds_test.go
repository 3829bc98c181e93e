package autodiscover_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestFind_ManyRedirects holds that the eleventh redirect of any kind is not followed.
func TestFind_ManyRedirects(t *testing.T) {
	t.Parallel()
	to := func(i int) string { return fmt.Sprintf("https://contoso.com/%d", i) }
	tests := map[string]func(redirects int) map[string]page{
		"of HTTP": func(redirects int) map[string]page {
			pages := map[string]page{poxDomain: login(redirect(to(1)))}
			for i := 1; i < redirects; i++ {
				pages[to(i)] = login(redirect(to(i + 1)))
			}
			pages[to(redirects)] = settings(proto("EXPR", ewsElement))
			return pages
		},
		"of the address": func(redirects int) map[string]page {
			pages := map[string]page{poxDomain: redirectAddr("tony@1.contoso.com")}
			for i := 1; i <= redirects; i++ {
				at := fmt.Sprintf("https://%d.contoso.com/autodiscover/autodiscover.xml", i)
				pages[at] = redirectAddr(fmt.Sprintf("tony@%d.contoso.com", i+1))
				if i == redirects {
					pages[at] = settings(proto("EXPR", ewsElement))
				}
			}
			return pages
		},
	}
	for name, pages := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: pages(10)}
			if found := mustFind(t, n, n.options()); found.URL != ewsURL {
				t.Errorf("found %s", found.URL)
			}
			n = &internet{pages: pages(11)}
			if err := mustFail(t, n, n.options()); !strings.Contains(err.Error(), "more than 10 redirects") &&
				!strings.Contains(err.Error(), "after too many") {
				t.Errorf("eleven: %v", err)
			}
		})
	}
}

// TestFind_EndlessAddresses has every response name a new address: their number would grow with
// each way that an address has.
func TestFind_EndlessAddresses(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	n := &internet{others: func(r *http.Request) *http.Response {
		switch {
		case r.Method == http.MethodPost:
			return redirectAddr(fmt.Sprintf("tony@%d.contoso.com", made.Add(1)))(r)
		case r.URL.Scheme == "http":
			return redirect(fmt.Sprintf("https://%d.contoso.com/x", made.Add(1)))(r)
		}
		return status(404)(r)
	}}
	err := mustFail(t, n, n.options())
	requests, _ := n.log()
	if len(requests) > 100 || len(err.Steps) > 100 {
		t.Errorf("%d requests, %d steps", len(requests), len(err.Steps))
	}
	if !strings.Contains(err.Error(), "after too many") {
		t.Errorf("the error does not say why: %v", err)
	}
}

// TestFind_EndlessRedirects has every response lead on.
func TestFind_EndlessRedirects(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	n := &internet{others: func(r *http.Request) *http.Response {
		return redirect(fmt.Sprintf("https://%d.contoso.com/", made.Add(1)))(r)
	}}
	_ = mustFail(t, n, n.options())
	if requests, _ := n.log(); len(requests) > 60 {
		t.Errorf("%d requests", len(requests))
	}
}

// endless is a body without end.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read.Add(int64(len(p)))
	return copy(p, strings.Repeat("<", len(p))), nil
}

func (e *endless) Close() error { return nil }

func TestFind_EndlessResponse(t *testing.T) {
	t.Parallel()
	body := &endless{}
	n := &internet{pages: map[string]page{v2Domain: func(r *http.Request) *http.Response {
		resp := status(200)(r)
		resp.Body = body
		return resp
	}}}
	_ = mustFail(t, n, n.options())
	if read := body.read.Load(); read > 2<<20 {
		t.Errorf("%d bytes were read", read)
	}
}

// TestFind_NestedJSON has a message inside of objects: one is opened, a thousand would take minutes.
func TestFind_NestedJSON(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return `{"error":{"code":"X","message":` + strings.Repeat(`{"value":`, depth) + `"` +
			strings.Repeat("deep ", 100_000) + `"` + strings.Repeat("}", depth) + `}}`
	}
	for depth, want := range map[int]string{0: `"X" (deep`, 1: `"X" (deep`, 2: `code "X"; `, 9000: `code "X"; `} {
		n := &internet{pages: map[string]page{v2Domain: text(400, "application/json", nested(depth))}}
		if err := mustFail(t, n, n.options()); !strings.Contains(err.Error(), want) {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}

// TestFind_CutResponse holds that half a response finds no endpoint.
func TestFind_CutResponse(t *testing.T) {
	t.Parallel()
	n := &internet{pages: map[string]page{v2Domain: func(r *http.Request) *http.Response {
		resp := status(200)(r)
		resp.Body = io.NopCloser(io.MultiReader(
			strings.NewReader(`{"Protocol":"EWS","Url":"`+ewsURL+`"}`), &cut{}))
		return resp
	}}}
	err := mustFail(t, n, n.options())
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "the response (HTTP 200) broke off") {
		t.Errorf("Find: %v", err)
	}
}

type cut struct{}

func (*cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestFind_LongNames has a host fill the error with text.
func TestFind_LongNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 10_000)
	n := &internet{
		pages:  map[string]page{poxDomain: refusal(long, long)},
		others: text(404, "application/json", `{"ErrorCode":"`+long+`","ErrorMessage":"`+long+`"}`),
	}
	err := mustFail(t, n, n.options())
	if text := err.Error(); len(text) > 5000 {
		t.Errorf("%d bytes of text", len(text))
	}
	var refused *autodiscover.ServerError
	if !errors.As(err, &refused) || len(refused.Message) > 250 || len(refused.Code) > 60 {
		t.Errorf("refused: %+v", refused)
	}
}
