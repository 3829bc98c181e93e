package ewstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// maxRequest bounds the body of a request. IIS in front of Exchange takes 64 MB as a rule; nothing
// that a test sends comes near.
const maxRequest = 16 << 20

// ServeHTTP serves /EWS/Exchange.asmx, the root as the same, and the paths of Autodiscover; every other
// path is not found. A dropped or cut response ends the connection by [http.ErrAbortHandler], which a server does not log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		return // the client went away in the middle of its request
	}
	resp := s.serve(r, body)
	if resp.lost != nil {
		abort()
	}
	h := w.Header()
	maps.Copy(h, resp.header)
	h.Set("Content-Length", strconv.Itoa(resp.size))
	w.WriteHeader(resp.status)
	if _, err = w.Write(resp.body); err != nil || !resp.cut() {
		return
	}
	if err := http.NewResponseController(w).Flush(); err == nil { // else there is no connection to end
		abort()
	}
}

// abort ends the connection without a word, as the documentation of http.Handler says.
func abort() {
	panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to drop a connection, HTTP/2 included
}

// Start listens on a free port of the loopback interface and returns the endpoint,
// http://127.0.0.1:PORT/EWS/Exchange.asmx, and what ends it: stop closes every connection and may be
// called more than once. Several listeners share one server's mailboxes.
//
// Where no port can be had, Start panics, as httptest.NewServer does.
func (s *Server) Start() (endpoint string, stop func()) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		misuse("no port on the loopback interface: %v", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // always http.ErrServerClosed, by stop
	return "http://" + listener.Addr().String() + endpointPath, func() {
		_ = server.Close() // the listener's error would say that it was closed already
		done.Wait()
	}
}

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
	incoming := r.Clone(ctx) // a callback's own
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
		Status: strconv.Itoa(r.status) + " " + http.StatusText(r.status), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: int64(r.size), Request: request,
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
