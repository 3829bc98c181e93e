package ews_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
)

// FuzzWire responds to a write and a read with arbitrary bytes in the place of HTTP. The call ends,
// with an error of a documented type; only a response can say that a write was not done.
func FuzzWire(f *testing.F) {
	length := func(body string) string { return "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body }
	group := enveloped(scriptGroup)
	for _, response := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + length(group),
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + length("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"),
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\n" + length(group),
		"HTTP/1.1 302 Found\r\nLocation: https://%zz/\r\n\r\n",
		"HTTP/1.1 503 Busy\r\nRetry-After: 9999999999999999999\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n" + group,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + group,
		"SSH-2.0-OpenSSH\r\n", "\x15\x03\x01\x00\x02\x02\x46", "",
	} {
		f.Add([]byte(response))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := addGroup(ctx, wireClient(t, response))
		checkTyped(t, err)
		if kindOfError(err) == "TransportError" && !errors.Is(err, ews.ErrOutcomeUnknown) {
			t.Errorf("the request was sent, and the outcome is known: %v", err)
		}
		checkTyped(t, getItemList(ctx, wireClient(t, response)))
		if ctx.Err() != nil {
			t.Errorf("hangs on %q", response)
		}
	})
}

// wireClient returns a client that tries once and gets these bytes.
func wireClient(t *testing.T, response []byte) *ews.Client {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go respondRaw(far, string(response))
			return near, nil
		},
	}
	client, err := ews.NewClient("http://127.0.0.1/EWS/Exchange.asmx", &ews.Options{
		HTTPClient:       &http.Client{Transport: transport},
		MaxResponseBytes: 64 << 10,
		Retry:            ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// FuzzRetryAfter reads any advice on waiting: what comes out is between nothing and a day.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range [][3]string{
		{"120", "", ""},
		{" 7 ", "", "300000"},
		{"-1", "", "-1"},
		{"99999999999999999999", "", "99999999999999999999"},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", ""},
		{"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "1.5"},
		{"1e3", "x", "\x00"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, after, date, backOff string) {
		page := &ews.HTTPError{Header: http.Header{"Retry-After": {after}, "Date": {date}}}
		said := &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": backOff}}
		checkAdvice(t, page, after, time.Second)
		checkAdvice(t, said, backOff, time.Millisecond)
		both, ok := ews.RetryAfter(errors.Join(said, page))
		if first, has := ews.RetryAfter(said); has && (!ok || both != first) {
			t.Errorf("%v, %t with a header, %v without", both, ok, first)
		}
	})
}

func checkAdvice(t *testing.T, err error, text string, unit time.Duration) {
	t.Helper()
	got, ok := ews.RetryAfter(err)
	if got < 0 || got > 24*time.Hour || !ok && got != 0 {
		t.Errorf("%q is %v, %t", text, got, ok)
	}
	n, parseErr := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if parseErr == nil && (!ok || got != time.Duration(n)*unit) {
		t.Errorf("%q is %v, %t, want %v", text, got, ok, time.Duration(n)*unit)
	}
}

// FuzzFaultDetail reads any detail of a fault: the fault stays a fault, its details stay few, and
// what a server repeats is read in the same way.
func FuzzFaultDetail(f *testing.F) {
	for _, seed := range []string{
		`<e:ResponseCode>ErrorServerBusy</e:ResponseCode><t:MessageXml><t:Value Name="BackOffMilliseconds">1</t:Value></t:MessageXml>`,
		`<e:ResponseCode>ErrorSchemaValidation</e:ResponseCode><t:MessageXml><t:LineNumber>2</t:LineNumber>` +
			`<t:LinePosition>9</t:LinePosition><t:Violation>v</t:Violation></t:MessageXml>`,
		`<e:ResponseCode> ErrorSchemaValidation </e:ResponseCode><e:Line>-1</e:Line><e:Position>99999999999999999999</e:Position>`,
		`<MessageXml><MessageXml><Value Name="a"><b/></Value></MessageXml></MessageXml>`,
		`text <a xmlns="urn:x" b="c">&#x1;</a> &lt;`,
		``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, detail string) {
		read := func() error {
			server := script(responding(500, enveloped(`<s:Fault><faultcode>s:Server</faultcode><faultstring>f`+
				`</faultstring><detail>`+detail+`</detail></s:Fault>`)))
			return addGroup(t.Context(), server.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}}))
		}
		err := read()
		checkTyped(t, err)
		var said *ews.Error
		if errors.As(err, &said) && len(said.Details) > 64 {
			t.Errorf("%d details", len(said.Details))
		}
		if kind := kindOfError(err); kind != "Error" && kind != "SchemaValidationError" && kind != "TransportError" {
			t.Errorf("a fault became %s: %v", kind, err)
		}
		if again := read(); again.Error() != err.Error() {
			t.Errorf("read as %q, then as %q", err, again)
		}
	})
}
