// Package inprocess carries an HTTP request to a function in the same process, as an *http.Transport
// would carry it to a server.
package inprocess

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
)

// Response is a server's response, whole or cut, or the error in place of one.
type Response struct {
	Status int
	Header http.Header // its names as they are written, in any case
	Body   []byte
	Size   int // the length that is promised; the response is cut if the body is shorter

	Verbatim bool // complete: the server adds no headers

	// Err is the error in place of a response. One of dialling, or that says NotSent, means that
	// there was no connection, unless the request was Executed.
	Err      error
	Executed bool
}

// NewResponse returns a response that arrives whole.
func NewResponse(status int, contentType string, body []byte) *Response {
	return &Response{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: body, Size: len(body)}
}

// NotAllowed returns the response to a method that is none of those.
func NotAllowed(methods string) *Response {
	return &Response{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {methods}}}
}

// RoundTrip serves a request in the caller's goroutine. It closes the request's body, ends with the
// request's context, and calls the hooks of [httptrace]. Serve gets a copy of the request, whose header
// has canonical names, and the body, of at most maxBody bytes. A response that is cut ends in
// [io.ErrUnexpectedEOF].
func RoundTrip(
	r *http.Request, maxBody int64, serve func(r *http.Request, body []byte) *Response,
) (*http.Response, error) {
	ctx := r.Context()
	body, err := readRequest(r, maxBody)
	if err != nil {
		return nil, err
	}
	if r.URL == nil {
		return nil, errors.New("in process: the request has no URL")
	}
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		trace = &httptrace.ClientTrace{}
	}
	hook(trace.GetConn, hostPort(r.URL))
	incoming := r.Clone(ctx)
	incoming.Header = canonical(r.Header)
	incoming.Body = http.NoBody
	resp := serve(incoming, body)
	if resp.Err != nil && !resp.Executed && neverConnected(resp.Err) {
		return nil, resp.Err
	}
	sent(trace)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case resp.Err != nil:
		return nil, resp.Err
	}
	if trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return resp.of(r), nil
}

// neverConnected reports whether an error means that there was no connection: dialling failed, or
// it says so itself.
func neverConnected(err error) bool {
	var sent interface{ NotSent() bool }
	if errors.As(err, &sent) && sent.NotSent() {
		return true
	}
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

// readRequest reads the whole body and closes it, also if the context ends while it is read.
func readRequest(r *http.Request, most int64) ([]byte, error) {
	ctx := r.Context()
	if r.Body == nil {
		return nil, context.Cause(ctx)
	}
	closeBody := sync.OnceValue(r.Body.Close)
	if ctx.Err() != nil {
		_ = closeBody() // the context's error counts
		return nil, context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, func() { _ = closeBody() }) // frees a read that waits
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	stop()
	closeErr := closeBody()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	case int64(len(body)) > most:
		return nil, fmt.Errorf("in process: the request is larger than %d bytes", most)
	}
	return body, closeErr
}

// of returns the response as net/http would have read it from a connection.
func (r *Response) of(request *http.Request) *http.Response {
	header := canonical(r.Header)
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(r.Size))
	}
	body := &responseBody{ctx: request.Context(), rest: r.Body, end: io.EOF}
	if len(r.Body) < r.Size {
		body.end = io.ErrUnexpectedEOF
	}
	return &http.Response{
		Status: strconv.Itoa(r.Status) + " " + http.StatusText(r.Status), StatusCode: r.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: int64(r.Size), Request: request,
	}
}

// responseBody is the body of a response. It ends early when the request's context does.
type responseBody struct {
	ctx    context.Context // of the request; its end is the body's end too, as in net/http
	rest   []byte
	end    error
	closed bool
}

func (b *responseBody) Read(p []byte) (int, error) {
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.ctx.Err() != nil:
		return 0, context.Cause(b.ctx)
	case len(b.rest) == 0:
		return 0, b.end
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *responseBody) Close() error {
	b.closed = true
	return nil
}

// canonical copies a header with its names as a server would read them.
func canonical(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		out[name] = append(out[name], values...)
	}
	return out
}

func hostPort(u *url.URL) string {
	byScheme := map[string]string{"http": "80", "https": "443"}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), byScheme[u.Scheme]))
}

// sent calls the hooks of a request that went over a connection. There is no connection, but a hook
// may inspect one.
func sent(trace *httptrace.ClientTrace) {
	conn, _ := net.Pipe()
	hook(trace.GotConn, httptrace.GotConnInfo{Conn: conn, Reused: true, WasIdle: true})
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	hook(trace.WroteRequest, httptrace.WroteRequestInfo{})
}

func hook[T any](f func(T), v T) {
	if f != nil {
		f(v)
	}
}
