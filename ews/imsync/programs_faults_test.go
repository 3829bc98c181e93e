package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// fault is what a request may meet, in the terms of ewstest.
type fault struct {
	name          string
	err           error
	informational bool // a 103 comes first
}

// faults returns every kind of fault: those of ews' suite that a RoundTripper can show. The name says
// whether the request was executed, before or after.
func faults() []fault {
	var all []fault
	both := func(name string, err error) {
		all = append(all, fault{name + ", before", err, false}, fault{name + ", after", ewstest.AnswerAfter(err), false})
	}
	one := func(name string, err error) { all = append(all, fault{name, err, false}) }
	html := []byte("<html><body>Sign in</body></html>")
	page := func(status int, header ...string) error {
		h := http.Header{"Content-Type": {"text/html"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &ews.HTTPError{StatusCode: status, Header: h, Body: html}
	}
	one("not connected", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
	one("no such host", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "exchange.test", IsNotFound: true}})
	both("reset", &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})
	both("broken pipe", &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE})
	both("timeout", &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded})
	one("dropped before", ewstest.DropBefore())
	one("dropped after", ewstest.DropAfter())
	all = append(all, fault{"103, then dropped, before", ewstest.DropBefore(), true}, fault{"103, then dropped, after", ewstest.DropAfter(), true})
	for _, text := range []string{
		"stream error: stream ID 1; REFUSED_STREAM; received from peer",
		"stream error: stream ID 1; INTERNAL_ERROR; received from peer",
		"http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR",
		"http2: client connection lost",
	} {
		both("HTTP/2: "+text, errors.New(text))
	}
	for _, n := range []int{0, 1, 100, 400} {
		one(fmt.Sprintf("cut after %d bytes", n), ewstest.Truncate(n))
	}
	for _, status := range []int{200, 408, 500, 502, 503, 504} {
		both(fmt.Sprint(status, " with a page"), page(status))
	}
	both("503 with Retry-After", page(503, "Retry-After", "5"))
	both("200 without a body", &ews.HTTPError{StatusCode: 200})
	both("no gzip", page(200, "Content-Encoding", "gzip"))
	both("genericerrorpage", page(302, "Location", "/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"))
	one("redirect", page(307, "Location", "https://elsewhere.test/"))
	for _, status := range []int{400, 401, 403, 404, 407, 413} {
		one(fmt.Sprint(status), page(status))
	}
	one("429", page(429))
	one("429 with Retry-After", page(429, "Retry-After", "5"))
	for _, code := range []ews.ResponseCode{
		ews.ErrorTimeoutExpired, ews.ErrorInternalServerError, ews.ErrorInternalServerTransientError,
		ews.ErrorMailboxStoreUnavailable, ews.ErrorMailboxFailover, ews.ErrorADUnavailable, ews.ErrorConnectionFailed,
		"ErrorConnectionFailedTransientError", ews.ErrorMailboxMoveInProgress, ews.ErrorNoRespondingCASInDestinationSite,
		ews.ErrorClientDisconnected,
	} {
		both(string(code), code)
	}
	for _, code := range []ews.ResponseCode{
		ews.ErrorServerBusy, ews.ErrorExceededConnectionCount, ews.ErrorAccessDenied, ews.ErrorImpersonateUserDenied,
		ews.ErrorSchemaValidation, ews.ErrorItemNotFound, ews.ErrorInvalidImGroupId, ews.ErrorInvalidImContactId,
		ews.ErrorImGroupDisplayNameAlreadyExists, ews.ErrorImGroupLimitReached, ews.ErrorImContactLimitReached,
		ews.ErrorUnableToRemoveImContactFromGroup, ews.ErrorInvalidImDistributionGroupSmtpAddress, "ErrorUnheardOf",
	} {
		one(string(code), code)
	}
	both("a fault without a code", &ews.Error{Fault: &soap.Fault{String: "lost"}})
	for _, status := range []int{502, 503, 504} {
		both(fmt.Sprint(status, " with a fault"), &ews.Error{
			Code: ews.ErrorInternalServerError, Fault: &soap.Fault{String: "lost"}, Info: ews.ResponseInfo{StatusCode: status},
		})
	}
	return all
}

// operation is an operation with what it needs to succeed.
type operation struct {
	name string
	call func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error
}

func operations() []operation {
	group := func(l *imgroup.ItemList, name string) imgroup.GroupID {
		g, _ := l.GroupByName(name)
		return g.ExchangeStoreID
	}
	anna := func(l *imgroup.ItemList) imgroup.ContactID {
		p, _ := l.Contact("a@contoso.com")
		id, _ := p.ContactID()
		return id
	}
	return []operation{
		{"GetImItemList", func(ctx context.Context, c imsync.Client, _ *imgroup.ItemList) error {
			_, err := c.GetImItemList(ctx, imgroup.ListQuery{})
			return err
		}},
		{"AddImGroup", func(ctx context.Context, c imsync.Client, _ *imgroup.ItemList) error {
			_, err := c.AddImGroup(ctx, "New")
			return err
		}},
		{"SetImGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			return c.SetImGroup(ctx, group(l, "A"), "New")
		}},
		{"RemoveImGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			return c.RemoveImGroup(ctx, group(l, "A"))
		}},
		{"AddNewImContactToGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			_, err := c.AddNewImContactToGroup(ctx, imgroup.ContactSpec{Address: "b@contoso.com", Group: group(l, "A")})
			return err
		}},
		{"AddNewTelUriContactToGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			_, err := c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
				TelURI: "tel:1", SIPURI: "sip:1@contoso.com", TelephoneNumber: "1", Group: group(l, "A"),
			})
			return err
		}},
		{"AddImContactToGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			return c.AddImContactToGroup(ctx, anna(l), group(l, "B"))
		}},
		{"RemoveImContactFromGroup", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			return c.RemoveImContactFromGroup(ctx, anna(l), group(l, "A"))
		}},
		{"AddDistributionGroupToImList", func(ctx context.Context, c imsync.Client, _ *imgroup.ItemList) error {
			_, err := c.AddDistributionGroupToImList(ctx, "new@contoso.com", "New")
			return err
		}},
		{"RemoveDistributionGroupFromImList", func(ctx context.Context, c imsync.Client, l *imgroup.ItemList) error {
			return c.RemoveDistributionGroupFromImList(ctx, group(l, "All"))
		}},
	}
}

// outcome is what became of a request that met a fault.
type outcome struct {
	err      error // as the client returns it
	executed bool
}

// recorded is a kind of fault with its outcome for each operation.
type recorded struct {
	fault
	outcomes map[string]outcome
}

// recordFaults has each operation of a client meet each fault, so that programs need no client.
func recordFaults(t *testing.T) []recorded {
	t.Helper()
	var all []recorded
	for _, f := range faults() {
		r := recorded{f, map[string]outcome{}}
		for _, o := range operations() {
			srv := ewstest.NewServer(nil)
			list := srv.Seed("",
				ewstest.Group{Name: "A", Members: []ewstest.Contact{{Address: "a@contoso.com"}}}, ewstest.Group{Name: "B"},
				ewstest.Group{Name: "All", SMTPAddress: "all@contoso.com"})
			before := fmt.Sprint(take(list))
			client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{
				HTTPClient: &http.Client{Transport: faulty{srv, func(string) *fault { return &f }}},
				Retry:      ews.RetryPolicy{MaxAttempts: 1},
			})
			if err != nil {
				t.Fatal(err)
			}
			err = o.call(t.Context(), client, list)
			executed := fmt.Sprint(take(srv.List(""))) != before
			if err == nil || o.name != "GetImItemList" && executed && strings.HasSuffix(f.name, "before") {
				t.Fatalf("%s, %s: %v, executed: %t", o.name, f.name, err, executed)
			}
			if executed && err != nil && !errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Fatalf("%s, %s: %v, and it was executed", o.name, f.name, err)
			}
			r.outcomes[o.name] = outcome{err, executed}
		}
		all = append(all, r)
	}
	return all
}

// faulty is a connection to an Exchange on which requests meet faults.
type faulty struct {
	srv  *ewstest.Server
	meet func(op string) *fault
}

func (c faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
	op := action[strings.LastIndex(action, "/")+1:]
	if f := c.meet(op); f != nil {
		if trace := httptrace.ContextClientTrace(r.Context()); f.informational && trace != nil && trace.Got1xxResponse != nil {
			if err := trace.Got1xxResponse(http.StatusEarlyHints, nil); err != nil {
				return nil, err
			}
		}
		c.srv.Fail(op, f.err)
	}
	return c.srv.RoundTrip(r)
}
