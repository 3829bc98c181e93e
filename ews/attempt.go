package ews

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
	"github.com/go-ews/exchange/internal/requestid"
	"github.com/go-ews/exchange/soap"
)

// attempt sends the request once and decodes its response into x.resp.
//
// It asks the transport itself, not http.Client.Do: that one parses the Location of a redirect that
// is not followed anyway, and where it cannot, quotes it in an error instead of returning the
// response.
func (x *call) attempt(ctx context.Context) error {
	limited, cancel := x.client.limitTime(ctx)
	defer cancel()
	s := new(sending)
	res, err := s.roundTrip(x.client.transport, x.newRequest(limited, s)) //nolint:bodyclose // read closes it
	if err != nil {
		return &TransportError{
			Op: x.op.Name, Err: contextcause.In(ctx, err), Info: x.info, notSent: s.guard.NotSent(),
		}
	}
	x.info.StatusCode = res.StatusCode
	x.info.readHeader(res.Header)
	err = x.read(limited, res)
	if failure, ok := err.(*TransportError); ok { //nolint:errorlint // only what read itself made
		failure.Err = contextcause.In(ctx, failure.Err)
	}
	return err
}

// limitTime bounds an attempt by the http.Client's Timeout, from the connection to the last byte.
func (c *core) limitTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout <= 0 {
		return ctx, func() {}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= c.timeout {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.timeout, &timeoutError{c.timeout})
}

// timeoutError is the end of an attempt that took too long, as opposed to that of the caller's
// context.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return "no whole response within " + e.after.String() + ", the time limit of one attempt"
}
func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// newRequest returns the HTTP request of one attempt.
func (x *call) newRequest(ctx context.Context, s *sending) *http.Request {
	c := x.client
	var buffer [128]byte
	text := string(appendAction(requestid.Append(buffer[:0]), x.op.Name))
	x.info.ClientRequestID = text[:requestid.Size]
	s.values = headerValues{
		"text/xml; charset=utf-8", "text/xml", "true", c.userAgent, x.info.ClientRequestID,
		text[requestid.Size:], c.anchor,
	}
	r := s.guard.Request(ctx, c.template, x.request)
	s.url = *c.template.URL
	r.URL, r.Header = &s.url, s.values.header()
	return r
}

// headerValues are those of a request's header, in the order of headerKeys. Each request has its
// own: a RoundTripper that edits them, or the URL, harms only its own request. Keys are written in
// their canonical form, under which a RoundTripper finds them.
type headerValues [len(headerKeys)]string

var headerKeys = [...]string{
	"Content-Type", "Accept", "Return-Client-Request-Id", "User-Agent", "Client-Request-Id",
	"Soapaction", "X-Anchormailbox",
}

// header returns the header. The last value, the anchor mailbox, may be empty.
func (v *headerValues) header() http.Header {
	h := make(http.Header, len(v))
	for i, key := range headerKeys {
		if v[i] != "" {
			h[key] = v[i : i+1 : i+1]
		}
	}
	return h
}

// newTemplate returns the common part of all requests of a client.
func newTemplate(endpoint *url.URL) *http.Request {
	return &http.Request{
		Method: http.MethodPost, URL: endpoint, Host: endpoint.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// appendAction writes the value of SOAPAction, which SOAP 1.1 puts into quotes (section 6.1.1).
func appendAction(dst []byte, op string) []byte {
	dst = append(dst, `"`+soap.NamespaceMessages+"/"...)
	dst = append(dst, op...)
	return append(dst, '"')
}

// readHeader takes from the response's HTTP header the values that identify it in the server's
// logs.
func (i *ResponseInfo) readHeader(h http.Header) {
	i.RequestID = first(h, "Request-Id", "Requestid")
	i.FrontEnd = first(h, "X-Feserver")
	i.Diagnostics = first(h, "X-Ms-Diagnostics", "X-Diaginfo")
}

func first(h http.Header, keys ...string) string {
	for _, k := range keys {
		if v := h[k]; len(v) > 0 && v[0] != "" {
			return v[0]
		}
	}
	return ""
}
