package ews_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
)

// Canaries stand for what must never be seen: each is in one place of a request or a response only.
const (
	canaryCredential = "Q0FOQVJZLWNyZWRlbnRpYWw"
	canaryToken      = "canary.access.token"
	canaryCookie     = "canary-cookie"
	canaryRequest    = "canary in the request"
	canaryResponse   = "canary in the response"
	canaryMessage    = "canary in the message" // the server's own words: allowed in errors, not in logs
)

// leaked returns the canaries in a text, as they are or as Go prints bytes.
func leaked(text string, allowed ...string) []string {
	var found []string
	for _, canary := range []string{
		canaryCredential, canaryToken, canaryCookie, canaryRequest, canaryResponse, canaryMessage,
	} {
		forms := []string{
			canary,
			strings.Trim(fmt.Sprint(string([]byte(canary))), "[]"),
			strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(canary)), "[]byte{"), "}"),
			hex.EncodeToString([]byte(canary)),
		}
		for _, form := range forms {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) && !slices.Contains(allowed, canary) {
				found = append(found, canary)
			}
		}
	}
	return found
}

// authenticating puts credentials and a cookie on requests, as package auth does.
type authenticating struct{ base http.RoundTripper }

func (a authenticating) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "NTLM "+canaryCredential)
	r.Header.Set("X-Token", canaryToken)
	r.Header.Set("Cookie", "exchangecookie="+canaryCookie)
	return a.base.RoundTrip(r)
}

// secretly adds to a response a text that must appear nowhere.
func secretly(s step) step {
	return func(r *http.Request) (*http.Response, error) {
		res, err := s(r)
		if err == nil {
			res.Header.Add("Set-Cookie", "X-BackEndCookie="+canaryCookie+"; path=/EWS")
			res.Header.Add("WWW-Authenticate", "Negotiate "+canaryCredential)
		}
		return res, err
	}
}

func canarySteps() map[string]step {
	page := "<html><body>" + canaryResponse + "</body></html>"
	location := "https://user:" + canaryCredential + "@login.test/?access_token=" + canaryToken
	message := func(code string) step {
		return func(r *http.Request) (*http.Response, error) {
			body := strings.ReplaceAll(enveloped(`<m:OpResponse ResponseClass="Error"><m:MessageText>`+canaryMessage+
				`</m:MessageText><m:ResponseCode>`+code+`</m:ResponseCode></m:OpResponse>`), "Op", operationOf(r))
			return responding(200, body)(r)
		}
	}
	return map[string]step{
		"page 200":          responding(200, page, "Content-Type", "text/html; x="+strings.Repeat("y", 200)),
		"page 401":          responding(401, page),
		"page 403":          responding(403, page),
		"page 500":          responding(500, page),
		"page 503":          responding(503, page),
		"text":              responding(200, canaryResponse),
		"redirect":          responding(302, page, "Location", location),
		"redirect, no URL":  responding(302, page, "Location", location+"\x7f%zz"),
		"cut":               responding(200, strings.TrimSuffix(enveloped(`<m:AddImGroupResponse>`+canaryResponse), "</s:Body></s:Envelope>")),
		"malformed":         responding(200, enveloped(`<m:AddImGroupResponse>`+canaryResponse+`</m:Other>`)),
		"not Unicode":       responding(200, enveloped(`<m:AddImGroupResponse>`+canaryResponse+"\xff\xfe</m:AddImGroupResponse>")),
		"attribute":         responding(200, enveloped(`<m:AddImGroupResponse a="`+canaryResponse+`" a="`+canaryResponse+`"/>`)),
		"entity":            responding(200, enveloped(`<m:AddImGroupResponse>`+canaryResponse+`&undefined;</m:AddImGroupResponse>`)),
		"another response":  responding(200, enveloped(`<m:SetImGroupResponse>`+canaryResponse+`</m:SetImGroupResponse>`)),
		"refused":           message("ErrorAccessDenied"),
		"refused by a text": message(canaryMessage),
		"fault":             faulted(500, "ErrorServerBusy", "Text", canaryMessage),
		"schema fault": faulted(500, "ErrorSchemaValidation",
			"LineNumber", "7", "LinePosition", "1", "Violation", canaryMessage),
		"schema fault with an excerpt": faultyExcerpt,
		"a URL in an error":            claiming(&url.Error{Op: "Post", URL: location, Err: io.EOF}),
		"dropped":                      dropped,
		"unconnected":                  unconnected,
	}
}

// faultyExcerpt points at the line of the request that holds the name.
func faultyExcerpt(r *http.Request) (*http.Response, error) {
	return responding(500, enveloped(`<s:Fault><faultcode>s:Client</faultcode><faultstring>schema.</faultstring><detail>`+
		`<e:ResponseCode>ErrorSchemaValidation</e:ResponseCode><e:Message>The request failed schema validation.</e:Message>`+
		`<t:MessageXml><t:LineNumber>8</t:LineNumber><t:LinePosition>20</t:LinePosition></t:MessageXml></detail></s:Fault>`))(r)
}

func TestLog_Canaries(t *testing.T) {
	t.Parallel()
	for name, s := range canarySteps() {
		for _, handler := range []string{"text", "json"} {
			t.Run(name+"/"+handler, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				logger := canaryLogger(&log, handler)
				server := script(secretly(s))
				client, err := ews.NewClient("https://exchange.test/EWS/Exchange.asmx", &ews.Options{
					HTTPClient: &http.Client{Transport: authenticating{server}},
					Logger:     logger, Retry: ews.RetryPolicy{MaxWait: time.Nanosecond},
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.AddImGroup(t.Context(), canaryRequest)
				if err == nil {
					t.Fatal("no error")
				}
				checkCanaries(t, err, log.String())
				if found := leaked(fmt.Sprintf("%v %+v %#v", client, client, client)); found != nil {
					t.Errorf("the client shows %q", found)
				}
			})
		}
	}
}

func canaryLogger(w io.Writer, handler string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug}
	if handler == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// checkCanaries wants nothing in the log, and in the error at most what the server said in so many
// words.
func checkCanaries(t *testing.T, err error, log string) {
	t.Helper()
	if found := leaked(log); found != nil || log == "" {
		t.Errorf("the log shows %q:\n%s", found, log)
	}
	for e := err; e != nil; e = unwrapOnce(e) {
		if _, ours := e.(interface{ LogValue() slog.Value }); !ours && !errors.Is(e, err) {
			continue // of net/http or of the system
		}
		text := fmt.Sprintf("%v %+v %#v %q %s", e, e, e, e, e)
		if found := leaked(text, canaryMessage); found != nil {
			t.Errorf("%T shows %q: %s", e, found, text)
		}
		if v, ok := e.(slog.LogValuer); ok {
			if found := leaked(fmt.Sprint(v.LogValue().Resolve())); found != nil {
				t.Errorf("%T logs %q", e, found)
			}
		}
	}
}

// unwrapOnce goes down the first branch of an error's chain.
func unwrapOnce(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()[0]
	}
	return errors.Unwrap(err)
}

// net/http quotes bytes that it cannot read: header lines with cookies, or another protocol on that
// port.
func TestLog_UnreadableHeader(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"header without a colon": "HTTP/1.1 200 OK\r\nSet-Cookie " + canaryCookie + "\r\n\r\n",
		"header without a name":  "HTTP/1.1 200 OK\r\n: " + canaryCookie + "\r\n\r\n",
		"no HTTP":                "SSH-2.0-" + canaryResponse + "\r\n",
		"status":                 "HTTP/1.1 2" + canaryToken + " OK\r\n\r\n",
		"version":                "HTTP/" + canaryToken + " 200 OK\r\n\r\n",
		"length":                 "HTTP/1.1 200 OK\r\nContent-Length: " + canaryToken + "\r\n\r\n",
		"encoding":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + canaryToken + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				go respondRaw(far, doc)
				return near, nil
			}}
			defer transport.CloseIdleConnections()
			client, err := ews.NewClient("http://127.0.0.1/EWS/Exchange.asmx", &ews.Options{
				HTTPClient: &http.Client{Transport: transport}, Logger: canaryLogger(&log, "json"),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.AddImGroup(t.Context(), canaryRequest)
			if kindOfError(err) != "TransportError" || !errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Fatalf("want a TransportError, outcome unknown: %v", err)
			}
			checkCanaries(t, err, log.String())
			if len(err.Error()) > 300 {
				t.Errorf("a long text: %v", err)
			}
		})
	}
}

// respondRaw reads a request, writes the response, and closes.
func respondRaw(conn net.Conn, doc string) {
	defer conn.Close()
	buffer := make([]byte, 64<<10)
	for got := ""; !strings.Contains(got, "</soap:Envelope>"); {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		got += string(buffer[:n])
	}
	_, _ = io.WriteString(conn, doc) // the client may have gone
}
