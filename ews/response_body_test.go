package ews_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/ews"
)

// within is how long a call may wait for a body that does not decide about its outcome.
const within = 100 * time.Millisecond

// stalledBody returns nothing more until it is closed.
type stalledBody struct {
	once   sync.Once
	closed chan struct{}
}

func (b *stalledBody) Read([]byte) (int, error) {
	<-b.closed
	return 0, net.ErrClosed
}

func (b *stalledBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// drippingBody returns a byte from time to time.
type drippingBody struct{ n int }

func (b *drippingBody) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	b.n++
	return copy(p, "<html>"[b.n%6:][:1]), nil
}

func (b *drippingBody) Close() error { return nil }

// settle lets reads come back that a call has stopped waiting for.
func settle() { time.Sleep(time.Minute) }

// emptyReader returns nothing, for ever.
type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// brokenBodies are bodies from which a call learns nothing, with the header that they come with.
func brokenBodies() map[string]func() (io.ReadCloser, string) {
	after := func(head string, rest io.Reader) io.ReadCloser {
		closer, ok := rest.(io.Closer)
		if !ok {
			closer = http.NoBody
		}
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(strings.NewReader(head), rest), closer}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, strings.Repeat("<html>", 1000))
	_ = z.Close()
	stalled := func() io.ReadCloser { return &stalledBody{closed: make(chan struct{})} }
	return map[string]func() (io.ReadCloser, string){
		"nothing":             func() (io.ReadCloser, string) { return http.NoBody, "" },
		"empty gzip":          func() (io.ReadCloser, string) { return http.NoBody, "gzip" },
		"not gzip":            func() (io.ReadCloser, string) { return after(htmlPage, http.NoBody), "gzip" },
		"cut gzip":            func() (io.ReadCloser, string) { return after(packed.String()[:20], http.NoBody), "gzip" },
		"lost at once":        func() (io.ReadCloser, string) { return after("", failingReader{io.ErrUnexpectedEOF}), "" },
		"lost after a byte":   func() (io.ReadCloser, string) { return after("<", failingReader{net.ErrClosed}), "" },
		"lost in SOAP":        func() (io.ReadCloser, string) { return after(enveloped("")[:200], failingReader{net.ErrClosed}), "" },
		"malformed SOAP":      func() (io.ReadCloser, string) { return after(enveloped("<a></b>"), http.NoBody), "" },
		"stalled":             func() (io.ReadCloser, string) { return stalled(), "" },
		"stalled gzip":        func() (io.ReadCloser, string) { return stalled(), "gzip" },
		"stalled in a page":   func() (io.ReadCloser, string) { return after("<html>", stalled()), "" },
		"dripping":            func() (io.ReadCloser, string) { return &drippingBody{}, "" },
		"empty reads":         func() (io.ReadCloser, string) { return after("", emptyReader{}), "" },
		"empty reads in gzip": func() (io.ReadCloser, string) { return after("", emptyReader{}), "gzip" },
		"empty reads, page":   func() (io.ReadCloser, string) { return after("<html>", emptyReader{}), "" },
	}
}

// The status line decides for any body, and the call does not wait for the body.
func TestResponseBody_StatusCounts(t *testing.T) {
	t.Parallel()
	for _, status := range []int{101, 302, 400, 401, 403, 404, 407, 413, 429, 502, 503, 504} {
		for name, body := range brokenBodies() {
			t.Run(fmt.Sprintf("%d/%s", status, name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					defer settle()
					w := &wire{respond: func(int, *http.Request) (*http.Response, error) {
						res := response(status, "", "Retry-After: 7", "Location: https://elsewhere.test/")
						rc, encoding := body()
						res.Body, res.ContentLength = rc, -1
						res.Header.Set("Content-Encoding", encoding)
						return res, nil
					}}
					begin := time.Now()
					err := addGroup(t.Context(), connect(t, once(w)))
					if took := time.Since(begin); took > within {
						t.Errorf("took %v", took)
					}
					var page *ews.HTTPError
					if !errors.As(err, &page) || page.StatusCode != status {
						t.Fatalf("%v", err)
					}
					if after, ok := ews.RetryAfter(err); !ok || after != 7*time.Second {
						t.Errorf("to be sent again after %v, %t", after, ok)
					}
					if status/100 == 4 && errors.Is(err, ews.ErrOutcomeUnknown) {
						t.Errorf("unknown outcome: %v", err)
					}
				})
			})
		}
	}
}

// A fault that stalls may hold a code that changes the outcome. The call waits for it, but not for ever.
func TestResponseBody_StalledFault(t *testing.T) {
	t.Parallel()
	for status, most := range map[int]time.Duration{
		302: 11 * time.Second, 403: 11 * time.Second, 429: within, 503: 11 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			defer settle()
			w := &wire{respond: func(int, *http.Request) (*http.Response, error) {
				res := response(status, "", "Retry-After: 7")
				stalled := &stalledBody{closed: make(chan struct{})}
				res.ContentLength = -1
				res.Body = struct {
					io.Reader
					io.Closer
				}{io.MultiReader(strings.NewReader(enveloped("")[:200]), stalled), stalled}
				return res, nil
			}}
			begin := time.Now()
			err := addGroup(t.Context(), connect(t, once(w)))
			var page *ews.HTTPError
			if took := time.Since(begin); !errors.As(err, &page) || page.StatusCode != status || took > most {
				t.Errorf("HTTP %d: after %v: %v", status, took, err)
			}
		})
	}
}

// The beginning of a page with status 200 or 500 shows that it is one.
func TestResponseBody_StalledPage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 500} {
		synctest.Test(t, func(t *testing.T) {
			defer settle()
			w := &wire{respond: func(int, *http.Request) (*http.Response, error) {
				res := response(status, "")
				res.ContentLength = -1
				res.Body = struct {
					io.Reader
					io.Closer
				}{io.MultiReader(strings.NewReader("<html><body>"), &drippingBody{}), http.NoBody}
				return res, nil
			}}
			begin := time.Now()
			err := addGroup(t.Context(), connect(t, once(w)))
			var page *ews.HTTPError
			if took := time.Since(begin); !errors.As(err, &page) || took > within {
				t.Fatalf("after %v: %v", took, err)
			}
			if !strings.HasPrefix(string(page.Body), "<html><body>") {
				t.Errorf("page %q", page.Body)
			}
		})
	}
}

// A fault that comes slowly is a fault all the same, once it has begun.
func TestResponseBody_SlowFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fault := enveloped(`<s:Fault><faultcode>s:Server</faultcode><faultstring>busy</faultstring><detail>` +
			`<e:ResponseCode>ErrorServerBusy</e:ResponseCode></detail></s:Fault>`)
		w := &wire{respond: func(int, *http.Request) (*http.Response, error) {
			res := response(503, "")
			res.ContentLength = -1
			slow := &pausing{strings.NewReader(fault[200:]), time.Second}
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader(fault[:200]), slow))
			return res, nil
		}}
		if err := addGroup(t.Context(), connect(t, once(w))); !errors.Is(err, ews.ErrorServerBusy) {
			t.Error(err)
		}
	})
}

// pausing waits before each read.
type pausing struct {
	io.Reader

	pause time.Duration
}

func (p *pausing) Read(b []byte) (int, error) {
	time.Sleep(p.pause)
	return p.Reader.Read(b[:min(len(b), 100)])
}

// A reader that returns nothing for ever does not hold a call up in the middle of SOAP either, and
// the end of the context ends the wait for a page.
func TestResponseBody_Ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		client := connect(t, once(w))
		w.respond = func(int, *http.Request) (*http.Response, error) {
			res := response(200, "")
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader(enveloped(scriptGroup)[:300]), emptyReader{}))
			return res, nil
		}
		if err := addGroup(t.Context(), client); !errors.Is(err, io.ErrNoProgress) || !errors.Is(err, ews.ErrOutcomeUnknown) {
			t.Error(err)
		}
		w.respond = func(int, *http.Request) (*http.Response, error) {
			res := response(401, "")
			res.Body = &stalledBody{closed: make(chan struct{})}
			return res, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begin := time.Now()
		var page *ews.HTTPError
		if err := addGroup(ctx, client); !errors.As(err, &page) || time.Since(begin) > time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

// A connection is used again after a short page, and dropped after one that stalls.
func TestResponseBody_Connections(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		response    string
		connections int64
	}{
		"a short page":   {"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<html>", 1},
		"no page":        {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 1},
		"an empty gzip":  {"HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 1},
		"not gzip":       {"HTTP/1.1 413 Too Large\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n<html>", 1},
		"in chunks":      {"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n", 1},
		"a stalled page": {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 60\r\n\r\n<html>", 3},
		"not SOAP":       {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Pipes and a clock of the test: a busy machine may need longer for a page than a call
			// waits.
			synctest.Test(t, func(t *testing.T) {
				var connections atomic.Int64
				dial := func(context.Context, string, string) (net.Conn, error) {
					connections.Add(1)
					near, far := net.Pipe()
					go serveConn(far, func(string, int) string { return tt.response })
					return near, nil
				}
				transport := &http.Transport{DialTLSContext: dial}
				defer transport.CloseIdleConnections()
				client := connect(t, once(transport))
				for range 3 {
					var page *ews.HTTPError
					if err := addGroup(t.Context(), client); !errors.As(err, &page) {
						t.Error(err)
					}
					synctest.Wait() // until the connection is idle
				}
				if got := connections.Load(); got != tt.connections {
					t.Errorf("%d connections, want %d", got, tt.connections)
				}
			})
		})
	}
}
