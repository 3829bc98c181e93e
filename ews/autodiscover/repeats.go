package autodiscover

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
)

// maxSent bounds how often one request is sent in all, the legs of a login included.
const maxSent = 10

// errReset is the error of a request that a transport would send again and again. net/http keeps the
// server's reason to itself while it repeats.
var errReset = errors.New("the server reset the HTTP/2 stream, or closed the connection, instead of responding")

// repeats counts how often a transport sends a request. net/http repeats a request without limit if
// a server ends each HTTP/2 stream with REFUSED_STREAM or PROTOCOL_ERROR, or each connection with
// GOAWAY.
//
// One repetition is allowed, from a pooled connection, which the server may have closed while it
// was idle, to another one. The legs of a login are no repetitions: each has a response.
type repeats struct {
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	sent     int
	conn     net.Conn // the latest one for the request
	reused   bool     // conn came from the pool
	pending  bool     // the request was written to conn, and has no response
	repeated bool
}

// limitRepeats returns a context for one request, which the caller cancels, and its count. The
// context ends with [errReset] before the request is sent too often. An informational response is
// no response, unless there is a login: httptrace reports nothing of a response that follows one.
func limitRepeats(ctx context.Context, login bool) (context.Context, *repeats) {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &repeats{cancel: cancel}
	trace := &httptrace.ClientTrace{
		GotConn:              r.gotConn,
		WroteHeaders:         func() { r.setPending(true) },
		GotFirstResponseByte: func() { r.setPending(false) },
	}
	if !login {
		trace.Got1xxResponse = func(int, textproto.MIMEHeader) error {
			r.setPending(true)
			return nil
		}
	}
	return httptrace.WithClientTrace(ctx, trace), r
}

// gotConn runs before the request is written: net/http checks the context once more after it.
func (r *repeats) gotConn(info httptrace.GotConnInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent++
	if r.sent > maxSent || r.pending && (r.repeated || !r.reused || info.Conn == r.conn) {
		r.cancel(errReset)
	}
	r.repeated = r.repeated || r.pending
	r.conn, r.reused, r.pending = info.Conn, info.Reused, false
}

// connected reports whether there was a connection for the request.
func (r *repeats) connected() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent > 0
}

func (r *repeats) setPending(pending bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = pending
}

// resetReason returns the server's reason out of net/http's error about a body that cannot be sent
// again; other errors are returned as they are.
func resetReason(err error) error {
	_, text, _ := strings.Cut(err.Error(), "cannot retry err [")
	reason, _, ok := strings.Cut(text, "] after Request.Body was written")
	if !ok {
		return err
	}
	return errors.New("no response: " + reason)
}
