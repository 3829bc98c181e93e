package ewstest

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

// RoundTrip responds to a request without any network, in the caller's goroutine. It behaves as an
// *http.Transport would: it closes the request's body, ends with the request's context, and calls
// the hooks of [httptrace]. A dropped connection is [io.EOF], a response that is cut ends in
// [io.ErrUnexpectedEOF]. The request itself is neither changed nor kept.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	body, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	if r.URL == nil {
		return nil, errors.New("ewstest: the request has no URL")
	}
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		trace = &httptrace.ClientTrace{}
	}
	hook(trace.GetConn, hostPort(r.URL))
	incoming := r.Clone(ctx) // handlers may do with it what they like
	incoming.Header = canonical(r.Header)
	incoming.Body = http.NoBody
	resp := s.serve(incoming, body)
	if resp.lost != nil && !resp.executed && neverConnected(resp.lost) {
		return nil, resp.lost
	}
	sent(trace)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case resp.lost != nil:
		return nil, resp.lost
	}
	if trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return resp.of(r), nil
}

// readRequest reads the whole body and closes it, also if the context ends while it is read.
func readRequest(r *http.Request) ([]byte, error) {
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
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	stop()
	closeErr := closeBody()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	case len(body) > maxRequest:
		return nil, fmt.Errorf("ewstest: the request is larger than %d bytes", maxRequest)
	}
	return body, closeErr
}

// of returns the response as net/http would have read it from a connection.
func (r *response) of(request *http.Request) *http.Response {
	header := canonical(r.header)
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(r.size))
	}
	body := &responseBody{ctx: request.Context(), rest: r.body, end: io.EOF}
	if r.cut() {
		body.end = io.ErrUnexpectedEOF
	}
	return &http.Response{
		Status:        strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: int64(r.size),
		Request:       request,
	}
}

// responseBody is the body of a response. It ends early when the request's context does.
type responseBody struct {
	ctx    context.Context // of the request, whose end is the body's end too, as in net/http
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

// sent calls the hooks of a request that went over a connection. There is none, but a hook may want
// to look at one.
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
