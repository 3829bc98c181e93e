package ews

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/go-ews/exchange/soap"
)

// attempt sends the request once and decodes its answer into x.resp.
func (x *exchange) attempt(ctx context.Context) error {
	t := newTracker()
	res, err := x.client.http.Do(x.newRequest(t.context(ctx)))
	if err != nil {
		return &TransportError{Op: x.op.Name, Err: t.cause(err), Info: x.info}
	}
	x.info.StatusCode = res.StatusCode
	x.info.readHeader(res.Header)
	return x.read(res)
}

// newRequest returns the HTTP request of one attempt. Header keys are written in their canonical
// form, under which a RoundTripper finds them.
func (x *exchange) newRequest(ctx context.Context) *http.Request {
	c := x.client
	x.info.ClientRequestID = newRequestID()
	values := [...]string{x.info.ClientRequestID, `"` + soap.NamespaceMessages + "/" + x.op.Name + `"`}
	h := make(http.Header, 8)
	h["Content-Type"] = headerContentType
	h["Accept"] = headerAccept
	h["Soapaction"] = values[1:2:2]
	h["User-Agent"] = c.userAgent
	h["Client-Request-Id"] = values[0:1:1]
	h["Return-Client-Request-Id"] = headerTrue
	if c.anchor != nil {
		h["X-Anchormailbox"] = c.anchor
	}
	r := c.template.WithContext(ctx)
	r.Header = h
	r.Body = x.request.body()
	r.GetBody = x.request.getBody
	r.ContentLength = int64(len(x.request.bytes))
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

// newRequestID returns a random UUID, version 4.
func newRequestID() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails: it would end the program
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:36], raw[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// tracker learns from httptrace whether a request can have been sent: it asked for a connection
// and got none. net/http asks a second time only when nothing of the request was written to the
// first connection, so the last time counts.
type tracker struct {
	trace            httptrace.ClientTrace
	asked, connected atomic.Bool
}

func newTracker() *tracker {
	t := new(tracker)
	t.trace.GetConn = t.getConn
	t.trace.GotConn = t.gotConn
	return t
}

func (t *tracker) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &t.trace)
}

func (t *tracker) getConn(string) {
	t.asked.Store(true)
	t.connected.Store(false)
}

func (t *tracker) gotConn(httptrace.GotConnInfo) { t.connected.Store(true) }

// cause strips the *url.Error, whose text repeats the URL, and marks what was not sent.
func (t *tracker) cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if t.asked.Load() && !t.connected.Load() {
		return &notSentError{err}
	}
	return err
}

// notSentError says that nothing of the request left this machine for the server's application.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return "not sent: " + e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }
func (e *notSentError) NotSent() bool { return true }

// notSent asks the error chain whether the request was not sent. Transports of package auth, and
// anyone else's, say so by the same method.
func notSent(err error) bool {
	var e interface{ NotSent() bool }
	return errors.As(err, &e) && e.NotSent()
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
