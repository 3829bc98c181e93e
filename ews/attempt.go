package ews

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/go-ews/exchange/soap"
)

// attempt sends the request once and decodes its answer into x.resp.
//
// It asks the transport itself, not http.Client.Do: that one parses the Location of a redirect that
// is not followed anyway, and where it cannot, quotes it in an error instead of handing the answer
// over.
func (x *exchange) attempt(ctx context.Context) error {
	limited, cancel := x.client.limitTime(ctx)
	defer cancel()
	t := newTracker(x.request, x.op.Read)
	res, err := t.send(x.client.http.Transport, x.newRequest(limited, t))
	if err != nil {
		return &TransportError{Op: x.op.Name, Err: withContext(ctx, err), Info: x.info}
	}
	x.info.StatusCode = res.StatusCode
	x.info.readHeader(res.Header)
	err = x.read(res)
	if lost, ok := err.(*TransportError); ok { //nolint:errorlint // only what read itself made
		lost.Err = withContext(ctx, lost.Err)
	}
	return err
}

// limitTime bounds an attempt by the http.Client's Timeout, from the connection to the last byte.
func (c *core) limitTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.http.Timeout <= 0 {
		return ctx, func() {}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= c.http.Timeout {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.http.Timeout, &timeoutError{c.http.Timeout})
}

// timeoutError is the end of an attempt that took too long, as opposed to that of the caller's
// context.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return "no whole answer within " + e.after.String() + ", the http.Client's Timeout"
}
func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// withContext keeps context.Canceled and context.DeadlineExceeded visible where a transport reports
// the cause that the caller gave to its context instead, or what came of closing the connection.
func withContext(ctx context.Context, err error) error {
	if end := ctx.Err(); end != nil && !errors.Is(err, end) {
		return &endedError{err, end}
	}
	return err
}

// endedError is an error of an attempt whose context had ended.
type endedError struct{ err, ctx error }

func (e *endedError) Error() string   { return e.err.Error() + ": " + e.ctx.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, e.ctx} }

// newRequest returns the HTTP request of one attempt. Header keys are written in their canonical
// form, under which a RoundTripper finds them.
func (x *exchange) newRequest(ctx context.Context, t *tracker) *http.Request {
	c := x.client
	var buffer [128]byte
	text := string(appendAction(appendRequestID(buffer[:0]), x.op.Name))
	t.values = [...]string{text[:requestIDSize], text[requestIDSize:]}
	x.info.ClientRequestID = t.values[0]
	h := make(http.Header, 8)
	h["Content-Type"] = headerContentType
	h["Accept"] = headerAccept
	h["Client-Request-Id"] = t.values[0:1:1]
	h["Soapaction"] = t.values[1:2:2]
	h["User-Agent"] = c.userAgent
	h["Return-Client-Request-Id"] = headerTrue
	if c.anchor != nil {
		h["X-Anchormailbox"] = c.anchor
	}
	r := c.template.WithContext(httptrace.WithClientTrace(ctx, &t.trace))
	r.Header = h
	r.Body = bodyOf(&t.reader)
	r.GetBody = t.getBody
	r.ContentLength = int64(len(x.request))
	return r
}

// newTemplate returns what all requests of a client have in common.
func newTemplate(endpoint *url.URL) *http.Request {
	return &http.Request{
		Method: http.MethodPost, URL: endpoint, Host: endpoint.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// Values that all requests share. net/http and well-behaved RoundTrippers only read them.
var (
	headerContentType = []string{"text/xml; charset=utf-8"}
	headerAccept      = []string{"text/xml"}
	headerTrue        = []string{"true"}
)

// appendAction writes the value of SOAPAction, which SOAP 1.1 puts into quotes (section 6.1.1).
func appendAction(dst []byte, op string) []byte {
	dst = append(dst, `"`+soap.NamespaceMessages+"/"...)
	dst = append(dst, op...)
	return append(dst, '"')
}

// requestIDSize is the length of a UUID as text.
const requestIDSize = 36

// appendRequestID writes a random UUID, version 4. It is there to be found in logs and keeps nothing
// secret, so it need not cost a system call.
func appendRequestID(dst []byte) []byte {
	var raw [16]byte
	binary.NativeEndian.PutUint64(raw[:8], rand.Uint64()) //nolint:gosec // see above
	binary.NativeEndian.PutUint64(raw[8:], rand.Uint64()) //nolint:gosec // see above
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	for i, part := range [...][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// readHeader takes from the answer's HTTP header what helps to find it in the server's logs.
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
