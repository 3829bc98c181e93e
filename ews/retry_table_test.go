package ews_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// verdict is the entry of a failure in the table at RetryPolicy, for writes or for reads.
type verdict string

const (
	again    verdict = "again"             // and the second attempt succeeds
	returned verdict = "returned"          // after one attempt, and a write was not done
	unknown  verdict = "ErrOutcomeUnknown" // after one attempt
)

// retryRow is a row of the table.
type retryRow struct {
	failure     string
	write, read verdict
}

// documentedRows reads the table in the documentation of RetryPolicy.
func documentedRows(t *testing.T) []retryRow {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "retry.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var doc string
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && strings.HasPrefix(d.Doc.Text(), "RetryPolicy ") {
			doc = d.Doc.Text()
		}
		return true
	})
	var rows []retryRow
	columns := regexp.MustCompile(`  +`)
	for line := range strings.Lines(doc) {
		if line, ok := strings.CutPrefix(line, "\t"); ok {
			if cells := columns.Split(strings.TrimSpace(line), -1); len(cells) == 3 {
				rows = append(rows, retryRow{cells[0], verdict(cells[1]), verdict(cells[2])})
			} else {
				t.Errorf("not a row of three cells: %q", line)
			}
		}
	}
	if len(rows) < 2 || rows[0] != (retryRow{"failure of an attempt", "write", "read"}) {
		t.Fatalf("no table in the documentation of RetryPolicy:\n%s", doc)
	}
	return rows[1:]
}

const htmlPage = "<!DOCTYPE html><html><body>Sorry</body></html>"

// failures holds examples of each row of the table; those of a row of codes are made of the row.
func failures() map[string]map[string]step {
	return map[string]map[string]step{
		"any other that was not sent": {
			"no connection": unconnected,
			"a dead connection, and no other to be had": func(r *http.Request) (*http.Response, error) {
				if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
					trace.GetConn("exchange.test:443")
					trace.GotConn(httptrace.GotConnInfo{Reused: true})
				}
				return unconnected(r) // net/http asks again if nothing was written
			},
			"a transport says so": claiming(&claim{notSent: true}),
		},
		"HTTP 401": {
			"empty": responding(401, "", "WWW-Authenticate", "NTLM"), "busy": faulted(401, "ErrorServerBusy"),
			"success": responding(401, enveloped(scriptGroup)), "malformed": responding(401, malformed()),
		},
		"HTTP 429": {
			"text": responding(429, "slow down"), "empty": responding(429, ""), "malformed": responding(429, malformed()),
			"fault": faulted(429, ""), "coded fault": faulted(429, "ErrorInvalidRequest"),
		},
		"any other HTTP 408, 502, 503, 504": gatewayFailures(),
		"response that is not SOAP": {
			"200 page": responding(200, htmlPage, "Content-Type", "text/html"), "200 empty": responding(200, ""),
			"202 text": responding(202, "accepted"), "204": responding(204, ""),
			"500 page": responding(500, htmlPage, "Content-Type", "text/html"), "500 empty": responding(500, ""),
			"500 of SOAP 1.2": responding(500, fault12, "Content-Type", "application/soap+xml"),
			"501":             responding(501, ""), "507": responding(507, htmlPage), "520": responding(520, htmlPage),
		},
		"HTTP redirect to genericerrorpage.htm": {
			"absolute": responding(302, "", "Location",
				"https://exchange.test/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"),
			"in capitals":       responding(302, "", "Location", "/EWS/GenericErrorPage.HTM"),
			"relative":          responding(302, "", "Location", "genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"),
			"another directory": responding(307, "", "Location", "https://exchange.test/publisher/ews2/genericerrorpage.htm#"),
		},
		"connection lost, timeout, response cut short": {
			"lost":                      dropped,
			"a transport says it":       claiming(&claim{}),
			"timeout of the connection": claiming(syscall.ETIMEDOUT),
			"lost, and no other to be had": func(r *http.Request) (*http.Response, error) {
				connected(r)
				return unconnected(r) // of a transport that tries again by itself
			},
			"cut": cutBy(io.ErrUnexpectedEOF), "reset": cutBy(syscall.ECONNRESET),
			"ends early": responding(200, enveloped(scriptGroup)[:200]),
		},
		"any other fault": {
			"Server":               faulted(500, ""),
			"with HTTP 200":        faulted(200, ""),
			"with HTTP 501":        faulted(501, ""),
			"of WCF":               coded(`<faultcode xmlns:a="http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher">a:InternalServiceFault</faultcode>`),
			"without a faultcode":  coded(""),
			"an empty faultcode":   coded("<faultcode/>"),
			"a gateway's own code": coded("<faultcode>soap:Server.Gateway.Timeout</faultcode>"),
			"a vendor's code":      coded(`<faultcode xmlns:v="urn:vendor">v:ErrorBackendLost</faultcode>`),
			"a detail of another":  faulted(500, "504 backend"),
			"begins like a code":   faulted(500, "Errors"),
			"SOAP 1.2's Sender":    coded("<faultcode>soap:Receiver</faultcode>"),
		},
		"malformed or oversize response": {
			"malformed":  responding(200, malformed()),
			"a DOCTYPE":  responding(200, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>`+enveloped(scriptGroup)[38:]),
			"oversize":   responding(200, enveloped(strings.Repeat(" ", 5000)+scriptGroup)),
			"HTTP 500":   responding(500, malformed()),
			"two bodies": responding(200, enveloped(scriptGroup+scriptGroup)),
		},
		"success without its payload, another request's response": {
			"another operation's": responding(200, enveloped(strings.ReplaceAll(scriptGroup, "AddImGroup", "SetImGroup"))),
			"no payload": func(r *http.Request) (*http.Response, error) {
				op := operationOf(r)
				return responding(200, enveloped(`<m:`+op+`Response ResponseClass="Success"><m:ResponseCode>NoError`+
					`</m:ResponseCode></m:`+op+`Response>`))(r)
			},
		},
		"fault Client, VersionMismatch, MustUnderstand": {
			"Client":             coded("<faultcode>s:Client</faultcode>"),
			"Client, refined":    coded("<faultcode>s:Client.Authentication</faultcode>"),
			"Client, no prefix":  coded("<faultcode>Client</faultcode>"),
			"VersionMismatch":    coded("<faultcode>s:VersionMismatch</faultcode>"),
			"MustUnderstand":     coded("<faultcode>s:MustUnderstand</faultcode>"),
			"with HTTP 403":      responding(403, enveloped(`<s:Fault><faultcode>s:Client</faultcode></s:Fault>`)),
			"with a code of its": faulted(500, "ErrorInvalidRequest"),
		},
		"fault ActionNotSupported": {
			"WCF's": coded(`<faultcode xmlns:a="http://schemas.microsoft.com/ws/2005/05/addressing/none">a:ActionNotSupported</faultcode>`),
		},
		"any other code of Exchange": {
			"ErrorSchemaValidation":     faulted(500, "ErrorSchemaValidation"),
			"ErrorAccessDenied":         faulted(500, "ErrorAccessDenied"),
			"a code of the future":      faulted(500, "ErrorOfTomorrow"),
			"in the faultcode alone":    coded("<faultcode>t:ErrorAccessDenied</faultcode>"),
			"without its prefix":        coded("<faultcode>ErrorAccessDenied</faultcode>"),
			"prefix not declared":       coded("<faultcode>zz:ErrorAccessDenied</faultcode>"),
			"in the envelope's default": coded(`<faultcode xmlns="http://schemas.xmlsoap.org/soap/envelope/">ErrorAccessDenied</faultcode>`),
			"error response":            erring("ErrorImGroupDisplayNameAlreadyExists"),
			"error response, no code":   erring(""),
		},
		"any other HTTP 3xx, 4xx": {
			"redirect":                  responding(302, "", "Location", "https://elsewhere.test/"),
			"the error page in a query": responding(302, "", "Location", "https://idp.test/a?to=/ews/genericerrorpage.htm"),
			"no URL":                    responding(302, "", "Location", "https://%zz\x7f/"),
			"304":                       responding(304, ""), "400": responding(400, ""), "403": responding(403, htmlPage),
			"404": responding(404, htmlPage), "407": responding(407, ""), "413": responding(413, ""),
			"456": responding(456, ""), "403, malformed": responding(403, malformed()),
			"403, a gateway's fault": faulted(403, ""), "400, a code": faulted(400, "ErrorAccessDenied"),
			"302, a gateway's fault": faulted(302, ""),
		},
		"not sent, because the login was refused": {
			"by server or token endpoint": claiming(&claim{notSent: true, permanent: true}),
		},
	}
}

// malformed is a success that is no XML.
func malformed() string { return strings.Replace(enveloped(scriptGroup), "</m:ImGroup>", "", 1) }

// coded is a fault with HTTP 500 and this faultcode element, "" for none.
func coded(faultcode string) step {
	return responding(500, enveloped(`<s:Fault>`+faultcode+`<faultstring>no.</faultstring></s:Fault>`))
}

// gatewayFailures are responses that something between client and server sends.
func gatewayFailures() map[string]step {
	steps := map[string]step{}
	for name, status := range map[string]int{"408": 408, "502": 502, "503": 503, "504": 504} {
		steps[name+" page"] = responding(status, htmlPage, "Content-Type", "text/html")
		steps[name+" empty"] = responding(status, "")
		steps[name+" malformed"] = responding(status, malformed())
		steps[name+" fault Client"] = responding(status, enveloped(`<s:Fault><faultcode>s:Client</faultcode></s:Fault>`))
		for _, code := range []string{"", "ErrorTimeoutExpired", "ErrorAccessDenied"} {
			steps[name+" fault "+code] = faulted(status, code)
		}
	}
	return steps
}

// codeFailures are the ways in which a code comes.
func codeFailures(row string) map[string]step {
	steps := map[string]step{}
	for code := range strings.SplitSeq(row, ", ") {
		steps[code+", fault"] = faulted(500, code)
		steps[code+", fault with HTTP 200"] = faulted(200, code)
		steps[code+", fault with HTTP 400"] = faulted(400, code)
		steps[code+", fault with HTTP 503"] = faulted(503, code)
		steps[code+", fault with HTTP 504"] = faulted(504, code)
		steps[code+", faultcode"] = coded("<faultcode>t:" + code + "</faultcode>")
		steps[code+", faultcode without a prefix"] = coded("<faultcode>" + code + "</faultcode>")
		steps[code+", response"] = erring(code)
	}
	return steps
}

// TestRetry_Table holds the client against the table in the documentation, row by row.
func TestRetry_Table(t *testing.T) {
	t.Parallel()
	examples := failures()
	for _, row := range documentedRows(t) {
		steps := examples[row.failure]
		delete(examples, row.failure)
		if strings.HasPrefix(row.failure, "Error") {
			steps = codeFailures(row.failure)
		}
		if len(steps) == 0 {
			t.Errorf("no example of the row %q", row.failure)
		}
		for name, first := range steps {
			t.Run(row.failure+"/"+name, func(t *testing.T) {
				t.Parallel()
				checkRetry(t, first, addGroup, row.write)
				checkRetry(t, first, getItemList, row.read)
			})
		}
	}
	for failure := range examples {
		t.Errorf("not in the table: %q", failure)
	}
}

// checkRetry makes a call whose first attempt fails and whose second would succeed.
func checkRetry(t *testing.T, first step, call func(context.Context, *ews.Client) error, want verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := script(first, done)
		client := server.client(t, &ews.Options{MaxResponseBytes: 4000})
		var info ews.ResponseInfo
		err := call(ews.WithResponseInfo(t.Context(), &info), client)
		attempts := len(server.seen())
		if got := verdictOf(err, attempts); got != want {
			t.Errorf("got %q, want %q; attempts: %d; error: %v", got, want, attempts, err)
		}
		if info.Attempts != attempts {
			t.Errorf("Attempts is %d, the server saw %d", info.Attempts, attempts)
		}
		checkTyped(t, err)
	})
}

// verdictOf returns the table's word for the result of a call, "something else" if it has none.
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

// The second failure decides: the first attempt was not done.
func TestRetry_LastErrorComesBackWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps    []step
		call     func(context.Context, *ews.Client) error
		attempts int
		unknown  bool
		kind     string
	}{
		"a write, busy and then lost":    {[]step{responding(429, ""), dropped}, addGroup, 2, true, "TransportError"},
		"a write, busy and then refused": {[]step{responding(429, ""), erring("ErrorAccessDenied")}, addGroup, 2, false, "Error"},
		"a write, busy for good":         {[]step{faulted(500, "ErrorServerBusy")}, addGroup, 3, false, "Error"},
		"a write, unreachable for good":  {[]step{unconnected}, addGroup, 3, false, "TransportError"},
		"a read, lost for good":          {[]step{dropped}, getItemList, 3, false, "TransportError"},
		"a read, lost and then garbled":  {[]step{dropped, responding(200, enveloped("<a><b></a>"))}, getItemList, 2, false, "TransportError"},
		"a read, pages for good":         {[]step{responding(502, htmlPage)}, getItemList, 3, false, "HTTPError"},
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
