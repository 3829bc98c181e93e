package autodiscover_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// after responds late.
func after(d time.Duration, p page) page {
	return func(r *http.Request) *http.Response {
		select {
		case <-time.After(d):
			return p(r)
		case <-r.Context().Done():
			return nil
		}
	}
}

// stalling responds with a page that never ends.
func stalling(code int) page {
	return func(r *http.Request) *http.Response {
		resp := status(code)(r)
		resp.Body, _ = io.Pipe()
		return resp
	}
}

// TestFind_Time holds how long a search takes. A goroutine that Find leaves behind would fail it:
// its bubble would never end.
func TestFind_Time(t *testing.T) {
	t.Parallel()
	expr := settings(proto("EXPR", ewsElement))
	tests := map[string]struct {
		pages map[string]page
		want  string // source; "": nothing is found
		takes time.Duration
	}{
		"the domain is a little slower": {
			map[string]page{v2Domain: after(200*time.Millisecond, named(ewsURL)), v2Sub: named(ewsURL)},
			v2Domain,
			200 * time.Millisecond,
		},
		"the domain is much slower": {
			map[string]page{v2Domain: after(2*time.Second, named(ewsURL)), v2Sub: named(ewsURL)},
			v2Sub,
			300 * time.Millisecond,
		},
		"the domain never responds": {
			map[string]page{v2Domain: never, v2Sub: named(ewsURL)},
			v2Sub,
			300 * time.Millisecond,
		},
		"the subdomain never responds": {map[string]page{v2Domain: named(ewsURL), v2Sub: never}, v2Domain, 0},
		"slow ones of POX": {
			map[string]page{poxDomain: after(9*time.Second, status(404)), poxSub: login(after(9*time.Second, expr))},
			poxSub,
			18 * time.Second,
		},
		"a page of an error stalls": {
			map[string]page{poxDomain: stalling(503), poxSub: login(expr)},
			poxSub,
			50 * time.Millisecond,
		},
		"no wait for unneeded requests": {
			map[string]page{poxDomain: login(expr), poxSub: never, plain: never},
			poxDomain,
			0,
		},
		"unneeded requests are canceled": {
			map[string]page{poxDomain: after(time.Second, login(expr)), poxSub: never, plain: never},
			poxDomain,
			2 * time.Second,
		},
		"nothing ever responds": {
			map[string]page{v2Domain: never, v2Sub: never, poxDomain: never, poxSub: never, plain: never},
			"",
			20 * time.Second,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &internet{pages: tc.pages}
				began := time.Now()
				found, err := autodiscover.Find(t.Context(), email, n.options())
				if took := time.Since(began).Truncate(10 * time.Millisecond); took != tc.takes {
					t.Errorf("took %v, want %v", took, tc.takes)
				}
				if left := n.active.Load(); left > 0 {
					t.Errorf("%d requests still go on", left)
				}
				switch {
				case tc.want == "":
					if err == nil || !strings.Contains(err.Error(), "no response within 10s") ||
						errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("Find: %v, %v", found, err)
					}
				case err != nil || found.Source != tc.want:
					t.Errorf("Find: %v, %v; want %s", found, err, tc.want)
				}
			})
		})
	}
}

// TestFind_ContextEnds holds that the caller's context bounds the whole, wherever the search is.
func TestFind_ContextEnds(t *testing.T) {
	t.Parallel()
	errStop := errors.New("shutting down")
	tests := map[string]map[string]page{
		"at version 2": {v2Domain: never, v2Sub: never},
		"at POX":       {poxDomain: never, poxSub: never},
		"at the login": {poxDomain: login(never)},
		"over http":    {plain: never},
	}
	for name, pages := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &internet{pages: pages}
				ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errStop)
				defer cancel()
				began := time.Now()
				_, err := autodiscover.Find(ctx, email, n.options())
				if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errStop) {
					t.Errorf("Find: %v", err)
				}
				if took := time.Since(began).Truncate(10 * time.Millisecond); took != 3*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestFind_ContextHasEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := autodiscover.Find(ctx, email, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Find without options: %v", err)
	}
	n := &internet{pages: map[string]page{v2Domain: named(ewsURL)}}
	_, err := autodiscover.Find(ctx, email, n.options())
	if requests, _ := n.log(); !errors.Is(err, context.Canceled) || len(requests) > 0 {
		t.Errorf("Find: %v after %q", err, requests)
	}
}

// slowDNS is a resolver that waits for its context.
type slowDNS struct{}

func (slowDNS) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	<-ctx.Done()
	return "", nil, ctx.Err()
}

func TestFind_SlowDNS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &internet{}
		opts := n.options()
		opts.Resolver, opts.StepTimeout = slowDNS{}, 5*time.Second
		began := time.Now()
		_, err := autodiscover.Find(t.Context(), email, opts)
		if took := time.Since(began); took != 5*time.Second || !strings.Contains(err.Error(), "SRV _autodiscover._tcp.contoso.com: no response within 5s") {
			t.Errorf("after %v: %v", took, err)
		}
	})
}
