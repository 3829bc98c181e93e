package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// scripted is a server that responds by a script, in the caller's goroutine: one step per attempt,
// the last one again and again.
type scripted struct {
	steps []step

	mu       sync.Mutex
	attempts []attemptSeen
}

// step is the end of one attempt: a response or an error.
type step func(r *http.Request) (*http.Response, error)

// attemptSeen is an attempt as the server got it.
type attemptSeen struct {
	at              time.Time
	clientRequestID string
	body            string
}

func script(steps ...step) *scripted { return &scripted{steps: steps} }

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	step := s.steps[min(len(s.attempts), len(s.steps)-1)]
	s.attempts = append(s.attempts, attemptSeen{time.Now(), r.Header.Get("client-request-id"), string(body)})
	s.mu.Unlock()
	return step(r)
}

func (s *scripted) seen() []attemptSeen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]attemptSeen(nil), s.attempts...)
}

// waits returns the times between the attempts.
func (s *scripted) waits() []time.Duration {
	var waits []time.Duration
	seen := s.seen()
	for i := 1; i < len(seen); i++ {
		waits = append(waits, seen[i].at.Sub(seen[i-1].at))
	}
	return waits
}

// client returns a client of the script. Nil options work.
func (s *scripted) client(t testing.TB, opts *ews.Options) *ews.Client {
	t.Helper()
	if opts == nil {
		opts = &ews.Options{}
	}
	opts.HTTPClient = &http.Client{Transport: s}
	c, err := ews.NewClient("https://exchange.test/EWS/Exchange.asmx", opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// addGroup is the write of these tests, getItemList their read.
func addGroup(ctx context.Context, c *ews.Client) error {
	_, err := c.AddImGroup(ctx, "Sales")
	return err
}

func getItemList(ctx context.Context, c *ews.Client) error {
	_, err := c.GetImItemList(ctx, imgroup.ListQuery{})
	return err
}

const (
	scriptGroup = `<m:AddImGroupResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		`<m:ImGroup><t:DisplayName>Sales</t:DisplayName><t:GroupType>UserGroup</t:GroupType>` +
		`<t:ExchangeStoreId Id="AAMk" ChangeKey="CQAA"/></m:ImGroup></m:AddImGroupResponse>`
	scriptList = `<m:GetImItemListResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		`<m:ImItemList><t:Groups/><t:Personas/></m:ImItemList></m:GetImItemListResponse>`
)

func enveloped(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" ` +
		`xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ` +
		`xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors"><s:Body>` + body + `</s:Body></s:Envelope>`
}

// operationOf returns the operation of a request.
func operationOf(r *http.Request) string {
	action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
	return action[strings.LastIndexByte(action, '/')+1:]
}

// responding is a response with this status, these headers (name, value, …) and body.
func responding(status int, body string, header ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		connected(r)
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{
			StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)),
			ContentLength: int64(len(body)), Request: r,
		}, nil
	}
}

// done is the operation's success.
func done(r *http.Request) (*http.Response, error) {
	body := scriptGroup
	if operationOf(r) == "GetImItemList" {
		body = scriptList
	}
	return responding(http.StatusOK, enveloped(body), "Content-Type", "text/xml")(r)
}

// faulted is a SOAP fault as Exchange words it, with values (name, value, …) in MessageXml.
func faulted(status int, code string, values ...string) step {
	var b strings.Builder
	for i := 0; i+1 < len(values); i += 2 {
		fmt.Fprintf(&b, `<t:Value Name=%q>%s</t:Value>`, values[i], values[i+1])
	}
	detail := ""
	if code != "" {
		detail = `<detail><e:ResponseCode>` + code + `</e:ResponseCode><e:Message>busy.</e:Message>` +
			`<t:MessageXml>` + b.String() + `</t:MessageXml></detail>`
	}
	return responding(status, enveloped(`<s:Fault><faultcode>s:Server</faultcode><faultstring>busy.</faultstring>`+
		detail+`</s:Fault>`), "Content-Type", "text/xml")
}

// erring is the response element with ResponseClass="Error".
func erring(code string) step {
	return func(r *http.Request) (*http.Response, error) {
		op := operationOf(r)
		return responding(http.StatusOK, enveloped(`<m:`+op+`Response ResponseClass="Error"><m:MessageText>no.`+
			`</m:MessageText><m:ResponseCode>`+code+`</m:ResponseCode></m:`+op+`Response>`))(r)
	}
}

func connected(r *http.Request) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GetConn("exchange.test:443")
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// unconnected fails before there is a connection.
func unconnected(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GetConn("exchange.test:443")
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// dropped loses the connection after the request was sent.
func dropped(r *http.Request) (*http.Response, error) {
	connected(r)
	return nil, io.EOF
}

// silent does not respond before the context ends.
func silent(r *http.Request) (*http.Response, error) {
	connected(r)
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// cutBy is the operation's success, of which the connection lets half through.
func cutBy(failure error) step {
	return func(r *http.Request) (*http.Response, error) {
		res, err := done(r)
		if err != nil {
			return nil, err
		}
		half := io.LimitReader(res.Body, res.ContentLength/2)
		res.Body = io.NopCloser(io.MultiReader(half, failingReader{failure}))
		return res, nil
	}
}

// claiming fails like a transport with an opinion on whether anything was sent.
func claiming(err error) step {
	return func(r *http.Request) (*http.Response, error) {
		connected(r)
		return nil, err
	}
}

// claim is an error of a transport, such as those of package auth.
type claim struct {
	notSent, permanent bool
	after              time.Duration // 0: no Retry-After
}

func (c *claim) Error() string                     { return "auth: no login" }
func (c *claim) NotSent() bool                     { return c.notSent }
func (c *claim) Permanent() bool                   { return c.permanent }
func (c *claim) RetryAfter() (time.Duration, bool) { return c.after, c.after != 0 }

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
