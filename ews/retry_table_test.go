package ews_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// verdict is what a row of the table says of one kind of operation.
type verdict string

const (
	again    verdict = "again"    // and the second attempt succeeds
	returned verdict = "returned" // after one attempt, as an error that says what it is
	unknown  verdict = "unknown"  // after one attempt, as ErrOutcomeUnknown
)

type retryRow struct {
	name        string
	first       step
	write, read verdict
}

// bothAgain, lostRow and final make the three kinds of row that occur most.
func bothAgain(name string, s step) retryRow { return retryRow{name, s, again, again} }
func lostRow(name string, s step) retryRow   { return retryRow{name, s, unknown, again} }
func final(name string, s step) retryRow     { return retryRow{name, s, returned, returned} }
func garbledRow(name string, s step) retryRow {
	return retryRow{name, s, unknown, returned}
}

const htmlPage = "<!DOCTYPE html><html><body>Sorry</body></html>"

func retryRows() []retryRow {
	rows := []retryRow{
		bothAgain("no connection", unconnected),
		bothAgain("a dead connection, and no other to be had", func(r *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
				trace.GetConn("exchange.test:443")
				trace.GotConn(httptrace.GotConnInfo{Reused: true})
			}
			return unconnected(r) // net/http asks again if nothing was written
		}),
		bothAgain("a transport says that nothing was sent", claiming(&claim{notSent: true})),
		bothAgain("429", answered(429, "slow down")),
		bothAgain("503", answered(503, htmlPage, "Content-Type", "text/html")),
		bothAgain("503, empty", answered(503, "")),
		bothAgain("503 with a fault without a code", faulted(503, "")),
		final("credentials refused below", claiming(&claim{notSent: true, status: 401})),

		lostRow("a transport says that something was sent", claiming(&claim{status: 500})),
		lostRow("connection lost", dropped),
		lostRow("connection lost, and no other to be had", func(r *http.Request) (*http.Response, error) {
			connected(r)
			return unconnected(r) // of a transport that tries again by itself
		}),
		lostRow("answer cut", cutBy(io.ErrUnexpectedEOF)),
		lostRow("connection reset in the answer", cutBy(syscall.ECONNRESET)),
		lostRow("answer ends early", answered(200, enveloped(scriptGroup)[:200])),
		lostRow("200 with a page", answered(200, htmlPage, "Content-Type", "text/html")),
		lostRow("200, empty", answered(200, "")),
		lostRow("202, text", answered(202, "accepted")),
		lostRow("500 with a page", answered(500, htmlPage, "Content-Type", "text/html")),
		lostRow("500, empty", answered(500, "")),
		lostRow("502", answered(502, htmlPage)),
		lostRow("504", answered(504, htmlPage)),
		lostRow("genericerrorpage", answered(302, "", "Location",
			"https://exchange.test/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx")),
		lostRow("GenericErrorPage in capitals", answered(302, "", "Location", "/EWS/GenericErrorPage.HTM")),
		lostRow("503 with a fault that leaves the outcome open", faulted(503, "ErrorTimeoutExpired")),

		garbledRow("malformed", answered(200, strings.Replace(enveloped(scriptGroup), "</m:ImGroup>", "", 1))),
		garbledRow("a DOCTYPE", answered(200, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>`+
			enveloped(scriptGroup)[38:])),
		garbledRow("oversize", answered(200, enveloped(strings.Repeat(" ", 5000)+scriptGroup))),
		garbledRow("another response", answered(200, enveloped(strings.ReplaceAll(scriptGroup, "AddImGroup", "SetImGroup")))),
		garbledRow("success without its payload", func(r *http.Request) (*http.Response, error) {
			return answered(200, enveloped(`<m:`+operationOf(r)+`Response ResponseClass="Success"><m:ResponseCode>NoError`+
				`</m:ResponseCode></m:`+operationOf(r)+`Response>`))(r)
		}),

		final("fault without a code", faulted(500, "")),
		final("ErrorSchemaValidation", faulted(500, "ErrorSchemaValidation")),
		final("ErrorAccessDenied", faulted(500, "ErrorAccessDenied")),
		final("a code of the future", faulted(500, "ErrorOfTomorrow")),
		final("error response", erring("ErrorImGroupDisplayNameAlreadyExists")),
		final("redirect elsewhere", answered(302, "", "Location", "https://elsewhere.test/")),
		final("redirect that is no URL", answered(302, "", "Location", "https://%zz\x7f/")),
		final("304", answered(304, "")),
		final("400", answered(400, "")),
		final("401", answered(401, "", "WWW-Authenticate", "NTLM")),
		final("403", answered(403, htmlPage)),
		final("404", answered(404, htmlPage)),
		final("413", answered(413, "")),
		final("456", answered(456, "")),
	}
	for _, code := range []string{"ErrorServerBusy", "ErrorExceededConnectionCount"} {
		rows = append(rows, bothAgain("fault "+code, faulted(500, code)), bothAgain("response "+code, erring(code)))
	}
	for _, code := range []string{
		"ErrorTimeoutExpired", "ErrorInternalServerError", "ErrorInternalServerTransientError",
		"ErrorMailboxStoreUnavailable", "ErrorMailboxFailover", "ErrorADUnavailable",
	} {
		rows = append(rows, lostRow("fault "+code, faulted(500, code)), lostRow("response "+code, erring(code)))
	}
	return rows
}

func TestRetry_Table(t *testing.T) {
	t.Parallel()
	for _, row := range retryRows() {
		for _, kind := range []struct {
			name string
			call func(context.Context, *ews.Client) error
			want verdict
		}{{"write", addGroup, row.write}, {"read", getItemList, row.read}} {
			t.Run(row.name+"/"+kind.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := script(row.first, done)
					client := server.client(t, &ews.Options{MaxResponseBytes: 4000})
					var info ews.ResponseInfo
					err := kind.call(ews.WithResponseInfo(t.Context(), &info), client)
					if got := verdictOf(err, len(server.seen())); got != kind.want {
						t.Errorf("got %q, want %q; attempts: %d; error: %v", got, kind.want, len(server.seen()), err)
					}
					if info.Attempts != len(server.seen()) {
						t.Errorf("Attempts is %d, the server saw %d", info.Attempts, len(server.seen()))
					}
					checkTyped(t, err)
				})
			})
		}
	}
}

// verdictOf tells what became of a call; what the table has no word for comes back as text.
func verdictOf(err error, attempts int) verdict {
	switch {
	case err == nil && attempts == 2:
		return again
	case errors.Is(err, ews.ErrOutcomeUnknown) && attempts == 1:
		return unknown
	case err != nil && attempts == 1:
		return returned
	}
	return "something else"
}

// checkTyped wants every error to be one of those that Call promises.
func checkTyped(t *testing.T, err error) {
	t.Helper()
	if err != nil && kindOfError(err) == "" {
		t.Errorf("an error without a type: %T: %v", err, err)
	}
	if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || !strings.HasPrefix(err.Error(), "ews: ")) {
		t.Errorf("not one line of ours: %q", err)
	}
}

// kindOfError names the type that an error has, "" if it is none of the documented ones.
func kindOfError(err error) string {
	var (
		schema    *ews.SchemaValidationError
		said      *ews.Error
		page      *ews.HTTPError
		transport *ews.TransportError
		input     *ews.InputError
	)
	switch {
	case errors.As(err, &schema):
		return "SchemaValidationError"
	case errors.As(err, &said):
		return "Error"
	case errors.As(err, &page):
		return "HTTPError"
	case errors.As(err, &transport):
		return "TransportError"
	case errors.As(err, &input):
		return "InputError"
	}
	return ""
}

// The second failure decides: what came before it was not done.
func TestRetry_LastErrorComesBackWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps    []step
		call     func(context.Context, *ews.Client) error
		attempts int
		unknown  bool
		kind     string
	}{
		"a write, busy and then lost":    {[]step{answered(503, ""), dropped}, addGroup, 2, true, "TransportError"},
		"a write, busy and then refused": {[]step{answered(503, ""), erring("ErrorAccessDenied")}, addGroup, 2, false, "Error"},
		"a write, busy for good":         {[]step{faulted(500, "ErrorServerBusy")}, addGroup, 3, false, "Error"},
		"a write, unreachable for good":  {[]step{unconnected}, addGroup, 3, false, "TransportError"},
		"a read, lost for good":          {[]step{dropped}, getItemList, 3, false, "TransportError"},
		"a read, lost and then garbled":  {[]step{dropped, answered(200, enveloped("<a><b></a>"))}, getItemList, 2, false, "TransportError"},
		"a read, pages for good":         {[]step{answered(502, htmlPage)}, getItemList, 3, false, "HTTPError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := script(tt.steps...)
				err := tt.call(t.Context(), server.client(t, nil))
				got := []any{len(server.seen()), errors.Is(err, ews.ErrOutcomeUnknown), kindOfError(err)}
				if diff := cmp.Diff([]any{tt.attempts, tt.unknown, tt.kind}, got); diff != "" {
					t.Errorf("attempts, unknown, kind (-want +got):\n%s%v", diff, err)
				}
			})
		})
	}
}
