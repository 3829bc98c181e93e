package ewstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// RoundTrip answers a request without any network, in the caller's goroutine. It behaves as an
// *http.Transport would: it closes the request's body, ends with the request's context, and calls
// the hooks of [httptrace]. A dropped connection is [io.EOF], an answer that is cut ends in
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
	trace := traceOf(ctx)
	trace.getConn(hostPort(r))
	incoming := r.Clone(ctx) // handlers may do with it what they like
	incoming.Header = canonical(r.Header)
	incoming.Body = http.NoBody
	a := s.serve(incoming, body)
	if a.lost != nil && !a.executed && neverConnected(a.lost) {
		return nil, a.lost
	}
	trace.sent()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case a.lost != nil:
		return nil, a.lost
	}
	trace.firstByte()
	return a.response(r), nil
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

// response turns the answer into what net/http would have read from a connection.
func (a *answer) response(r *http.Request) *http.Response {
	header := canonical(a.header)
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(a.size))
	}
	body := &answerBody{ctx: r.Context(), rest: a.body, end: io.EOF}
	if a.cut {
		body.end = io.ErrUnexpectedEOF
	}
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: int64(a.size),
		Request:       r,
	}
}

// answerBody is the body of an answer. It ends early when the request's context does.
type answerBody struct {
	ctx    context.Context // of the request, whose end is the body's end too, as in net/http
	rest   []byte
	end    error
	closed bool
}

func (b *answerBody) Read(p []byte) (int, error) {
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

func (b *answerBody) Close() error {
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

func hostPort(r *http.Request) string {
	if r.URL.Port() != "" {
		return r.URL.Host
	}
	if r.URL.Scheme == "http" {
		return net.JoinHostPort(r.URL.Hostname(), "80")
	}
	return net.JoinHostPort(r.URL.Hostname(), "443")
}
