package ews_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/relay"
	"github.com/go-ews/exchange/soap"
)

// injection is a fault on the first connection, or in the first response.
type injection struct {
	name        string
	plan        relay.Plan
	spoil       front
	deadline    time.Duration // of the call; 0: none
	expires     bool          // the deadline passes when Exchange has done it
	write, read wanted
	is          error // in the write's chain
}

var (
	lostBefore = wanted{"TransportError", true, 0}
	lostAfter  = wanted{"TransportError", true, 1}
	pageAfter  = wanted{"HTTPError", true, 1}
	success    = wanted{"", false, 1}
	twice      = wanted{"", false, 2} // a read that was executed both times
)

// On the wire: the relay breaks the first connection.
func wireFaults() []injection {
	return []injection{
		{name: "reset before the request", plan: relay.CutRequest(1, relay.Reset), write: lostBefore, read: success},
		{name: "end before the request", plan: relay.CutRequest(0, relay.End), write: lostBefore, read: success},
		{name: "reset in the header", plan: relay.CutRequest(100, relay.Reset), write: lostBefore, read: success},
		{name: "reset in the body", plan: relay.CutRequest(700, relay.Reset), write: lostBefore, read: success},
		{name: "end in the body", plan: relay.CutRequest(700, relay.End), write: lostBefore, read: success},
		{
			name: "stall in the body", plan: relay.CutRequest(700, relay.Stall), deadline: 50 * time.Millisecond,
			write: lostBefore, read: wanted{"TransportError", false, 0}, is: context.DeadlineExceeded,
		},
		{name: "reset after the request", plan: relay.CutResponse(0, relay.Reset), write: lostAfter, read: twice},
		{name: "end after the request", plan: relay.CutResponse(0, relay.End), write: lostAfter, read: twice},
		{name: "reset in the response", plan: relay.CutResponse(300, relay.Reset), write: lostAfter, read: twice},
		{
			name: "slow response", plan: relay.CutResponse(0, relay.Stall), expires: true,
			write: lostAfter, read: wanted{"TransportError", false, 1}, is: context.DeadlineExceeded,
		},
		{
			name: "slow body", plan: relay.CutResponse(400, relay.Stall), expires: true,
			write: lostAfter, read: wanted{"TransportError", false, 1}, is: context.DeadlineExceeded,
		},
	}
}

// In the response: Exchange has done it, and what comes back is something else.
func responseFaults() []injection {
	limit := &soap.LimitError{}
	return []injection{
		{name: "200 with HTML", spoil: instead(200, htmlPage), write: pageAfter, read: twice},
		{name: "500 with HTML", spoil: instead(500, htmlPage), write: pageAfter, read: twice},
		{name: "empty", spoil: instead(200, ""), write: pageAfter, read: twice},
		{name: "gzip bomb", spoil: packed(endlessEntry), write: lostAfter, read: wanted{"TransportError", false, 1}, is: limit},
		{name: "gzip bomb of a page", spoil: packed(`<html>`), write: pageAfter, read: twice},
		{
			name: "endless list", spoil: endlessly(endlessEntry),
			write: lostAfter, read: wanted{"TransportError", false, 1}, is: limit,
		},
		{name: "endless page", spoil: endlessly(`<html>`), write: pageAfter, read: twice},
		{name: "endless header", spoil: endlessHeader, write: lostAfter, read: twice},
		{name: "length too long", spoil: wrongLength(+10), write: lostAfter, read: twice},
		{name: "length too short", spoil: wrongLength(-10), write: lostAfter, read: twice},
		{
			name: "length of a gigabyte", spoil: wrongLength(1 << 30), write: lostAfter,
			read: wanted{"TransportError", false, 1}, is: limit,
		},
		{
			name: "genericerrorpage", spoil: redirect(302, "/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"),
			write: pageAfter, read: twice,
		},
	}
}

// In Exchange's place: it is not asked.
func frontFaults() []injection {
	refused, unknown := wanted{"HTTPError", false, 0}, wanted{"HTTPError", true, 0}
	refuse := func(s front) front {
		return func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
			s(w, func() *httptest.ResponseRecorder { return nil })
		}
	}
	return []injection{
		{name: "503", spoil: refuse(instead(503, htmlPage)), write: unknown, read: success},
		{name: "429", spoil: refuse(instead(429, "")), write: success, read: success},
		{name: "503 with Retry-After", spoil: refuse(busyFor("120")), write: unknown, read: refused},
		{name: "503 with Retry-After 0", spoil: refuse(busyFor("0")), write: unknown, read: success},
		{name: "redirect 302", spoil: refuse(redirect(302, "https://elsewhere.test/")), write: refused, read: refused},
		{name: "redirect 307", spoil: refuse(redirect(307, "https://elsewhere.test/")), write: refused, read: refused},
		{name: "redirect 308, no URL", spoil: refuse(redirect(308, "https://%zz/")), write: refused, read: refused},
		{name: "401", spoil: refuse(instead(401, htmlPage)), write: refused, read: refused},
	}
}

//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection(t *testing.T) {
	before := openNow(t)
	for _, f := range slices.Concat(wireFaults(), responseFaults(), frontFaults()) {
		t.Run(f.name+"/write", func(t *testing.T) { f.run(t, (*bed).write, f.write, f.is) })
		t.Run(f.name+"/read", func(t *testing.T) { f.run(t, (*bed).read, f.read, nil) })
	}
	before.check(t)
}

// run injects the fault into one call, which must use little memory on it.
func (f injection) run(t *testing.T, call func(*bed, context.Context) (wanted, error), want wanted, is error) {
	t.Helper()
	b := newBed(t, []front{f.spoil}, f.plan)
	ctx := t.Context()
	if f.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.deadline)
		defer cancel()
	}
	if f.expires {
		ctx = b.expiring(ctx)
	}
	memory := allocated()
	got, err := call(b, ctx)
	if memory = allocated() - memory; memory > 16<<20 {
		t.Errorf("allocated %d MiB", memory>>20)
	}
	if got != want {
		t.Errorf("got %+v, want %+v: %v", got, want, err)
	}
	checkTyped(t, err)
	var limit *soap.LimitError
	if errors.As(is, &limit) && errors.As(err, &limit) {
		is = limit // the kind of error is enough
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%v is not in the chain of %v", is, err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// The response is cut at every length, and the request was done every time.
//
//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection_ResponseCutAtEveryLength(t *testing.T) {
	before := openNow(t)
	t.Run("lengths", func(t *testing.T) {
		whole := lengthOfResponse(t)
		if whole < 500 {
			t.Fatalf("the response has %d bytes", whole)
		}
		var plans []relay.Plan
		for n := range whole {
			plans = append(plans, relay.CutResponse(n, relay.End))
		}
		b := newBed(t, nil, plans...)
		for n := range whole {
			// A connection whose response was cut is not used again, so each call opens a new one.
			_, err := b.client.Impersonate(cutMailbox(n)).AddImGroup(t.Context(), "Sales")
			if !errors.Is(err, ews.ErrOutcomeUnknown) || kindOfError(err) != "TransportError" {
				t.Fatalf("cut after %d bytes of %d: %v", n, whole, err)
			}
		}
		if _, err := b.client.AddImGroup(t.Context(), "whole"); err != nil {
			t.Error(err)
		}
		for n := range whole {
			if groups := b.exchange.Groups(fmt.Sprintf("user%04d@exchange.test", n)); len(groups) != 1 {
				t.Errorf("cut after %d bytes: %d groups", n, len(groups))
			}
		}
	})
	before.check(t)
}

// lengthOfResponse returns how many bytes come back over a connection for AddImGroup, header
// included.
func lengthOfResponse(t *testing.T) int {
	t.Helper()
	b := newBed(t, nil)
	var raw bytes.Buffer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return tapped{conn, &raw}, err
	}}
	defer transport.CloseIdleConnections()
	client := clientOver(t, "http://"+b.relay.Addr(), transport).Impersonate(cutMailbox(0))
	if _, err := client.AddImGroup(t.Context(), "Sales"); err != nil {
		t.Fatal(err)
	}
	return raw.Len()
}

// cutMailbox is the mailbox of the n-th call: a mailbox has room for 64 groups.
func cutMailbox(n int) ews.Account {
	return ews.PrimarySMTP(fmt.Sprintf("user%04d@exchange.test", n))
}

// tapped copies the bytes that are read from a connection.
type tapped struct {
	net.Conn
	raw *bytes.Buffer
}

func (c tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.raw.Write(p[:n])
	return n, err
}

//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection_Refused(t *testing.T) {
	before := openNow(t)
	client := clientOver(t, "http://"+closedPort(t), &http.Transport{})
	for _, call := range []func(context.Context, *ews.Client) error{addGroup, getItemList} {
		var info ews.ResponseInfo
		err := call(ews.WithResponseInfo(t.Context(), &info), client)
		if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || errors.Is(err, ews.ErrOutcomeUnknown) || info.Attempts != 3 {
			t.Errorf("attempts %d: %v", info.Attempts, err)
		}
	}
	before.check(t)
}

//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection_TLS(t *testing.T) {
	for _, tt := range []struct {
		name   string
		server func(http.Handler) *httptest.Server
		plan   relay.Plan
		check  func(error) bool
	}{
		{"unknown authority", httptest.NewTLSServer, relay.Plan{}, func(err error) bool {
			var unknown x509.UnknownAuthorityError
			return errors.As(err, &unknown)
		}},
		{"no TLS there", httptest.NewServer, relay.Plan{}, func(err error) bool {
			return errors.Is(err, http.ErrSchemeMismatch)
		}},
		{"cut in the handshake", httptest.NewTLSServer, relay.CutResponse(20, relay.End), func(err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := openNow(t)
			t.Run("call", func(t *testing.T) {
				b := newBed(t, nil)
				server := tt.server(b)
				server.Config.ErrorLog = quiet()
				r, err := relay.Listen(server.Listener.Addr().String(), func(int) relay.Plan { return tt.plan })
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				defer r.Close()
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				b.client = clientOver(t, "https://"+r.Addr(), transport)
				got, err := b.write(t.Context())
				if want := (wanted{"TransportError", false, 0}); got != want || !tt.check(err) {
					t.Errorf("got %+v, want %+v: %v", got, want, err)
				}
			})
			before.check(t)
		})
	}
}

// A proxy that lets nothing through: the request was not sent, and the proxy's password stays
// secret.
//
//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection_Proxy(t *testing.T) {
	before := openNow(t)
	for _, status := range []int{http.StatusProxyAuthRequired, http.StatusBadGateway, http.StatusServiceUnavailable} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			connects := 0
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				connects++ // one after the other
				w.Header().Set("Proxy-Authenticate", "Basic realm="+canaryResponse)
				http.Error(w, canaryResponse, status)
			}))
			defer proxy.Close()
			through := &url.URL{Scheme: "http", Host: proxy.Listener.Addr().String(), User: url.UserPassword("u", canaryCredential)}
			transport := &http.Transport{Proxy: http.ProxyURL(through)}
			defer transport.CloseIdleConnections()
			err := addGroup(t.Context(), clientOver(t, "https://exchange.test", transport))
			want := 3
			if status == http.StatusProxyAuthRequired {
				want = 1 // the same proxy would ask for the same credentials again
			}
			if kindOfError(err) != "TransportError" || errors.Is(err, ews.ErrOutcomeUnknown) || connects != want {
				t.Errorf("%d times: %v", connects, err)
			}
			if !strings.Contains(err.Error(), through.Host) {
				t.Errorf("does not name the proxy: %v", err)
			}
			if found := leaked(fmt.Sprintf("%v %+v %#v", err, err, err)); found != nil {
				t.Errorf("shows %q: %v", found, err)
			}
		})
	}
	before.check(t)
}

// No redirect is followed, for any status and any number of calls.
//
//nolint:paralleltest // compares what the whole process has open, before and after
func TestFaultInjection_RedirectToAnotherHost(t *testing.T) {
	before := openNow(t)
	t.Run("statuses", func(t *testing.T) {
		elsewhere := newBed(t, nil)
		target := "http://" + elsewhere.relay.Addr() + "/EWS/Exchange.asmx"
		for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
			b := newBed(t, []front{redirect(status, target), redirect(status, target)})
			_, err := b.write(t.Context())
			var page *ews.HTTPError
			if !errors.As(err, &page) || page.StatusCode != status || !strings.Contains(err.Error(), elsewhere.relay.Addr()) {
				t.Errorf("%d: %v", status, err)
			}
		}
		if n := len(elsewhere.exchange.Requests()); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
	before.check(t)
}
