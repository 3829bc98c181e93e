// Package sendonce keeps a transport from sending a request a second time.
//
// net/http repeats a POST over HTTP/2 without a limit as long as it can have the body again: after
// RST_STREAM with PROTOCOL_ERROR, which leaves open whether the server executed the request, and
// after REFUSED_STREAM and GOAWAY, which cannot be seen at the place where the body is asked for. A
// [Guard] hands it out again only where that cannot make a second request of one that the server
// may have.
package sendonce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
)

// Guard holds the body of one request and follows its one round trip through httptrace.
type Guard struct {
	body   []byte
	reader bytes.Reader // the first reader of body
	trace  httptrace.ClientTrace

	progress      atomic.Uint32 // a progress
	informational atomic.Int32  // how many 1xx responses came
}

// Request returns a copy of the request with the body, under a context that reports to the guard. A
// guard serves one request. net/http may read the body, and report, after the round trip has ended.
func (g *Guard) Request(ctx context.Context, template *http.Request, body []byte) *http.Request {
	g.body = body
	g.reader.Reset(body)
	g.trace.GetConn = g.getConn
	g.trace.GotConn = g.gotConn
	g.trace.WroteRequest = g.wroteRequest
	g.trace.GotFirstResponseByte = g.gotFirstByte
	g.trace.Got1xxResponse = g.got1xx
	r := template.WithContext(httptrace.WithClientTrace(ctx, &g.trace))
	r.Body, r.GetBody, r.ContentLength = bodyOf(&g.reader), g.getBody, int64(len(body))
	return r
}

// NotSent reports whether certainly nothing was sent: a connection was asked for, none was had, and
// no earlier one had the request.
func (g *Guard) NotSent() bool { return g.now().notSent() }

// bodyOf returns a body that net/http recognises: it writes this very type together with the header,
// in one packet; any other costs a second write for every request.
func bodyOf(r *bytes.Reader) io.ReadCloser { return io.NopCloser(r) }

// progress is how far an attempt has come: a phase, and whether an earlier connection had the
// request. Its table of transitions is in the test.
type progress uint32

const (
	untraced  progress = iota // nothing reported: not every http.RoundTripper does
	asked                     // asked for a connection
	connected                 // has one
	written                   // the request is on it, at least in part
	informed                  // likewise, and a 1xx response came back: what follows is not reported
	responded                 // the final response begins

	phaseMask progress = 1<<4 - 1
	resent    progress = 1 << 4 // an earlier connection had the request
)

// event is something that httptrace reports.
type event uint8

const (
	getConn event = iota
	gotConn
	wroteRequest
	gotFirstByte
	got1xx
)

// after returns the progress after an event.
func (p progress) after(e event) progress {
	phase, history := p&phaseMask, p&resent
	switch e {
	case getConn, gotConn:
		if phase >= written {
			history = resent
		}
		return history | asked + progress(e-getConn)
	case wroteRequest:
		// A server may respond before it has the whole request.
		return history | max(phase, written)
	case gotFirstByte:
		return history | responded
	default:
		return history | informed
	}
}

// notSent reports whether certainly nothing was sent: a connection was requested, and none came.
func (p progress) notSent() bool { return p == asked }

// mayRepeat reports whether a transport may have the body once more: nothing was written on the
// present connection, or the server has responded, as with a 401 to the request.
func (p progress) mayRepeat() bool {
	phase := p & phaseMask
	return phase < written || phase == responded
}

func (g *Guard) now() progress { return progress(g.progress.Load()) }

// note takes an event; net/http reports from several goroutines.
func (g *Guard) note(e event) {
	for {
		p := g.progress.Load()
		if g.progress.CompareAndSwap(p, uint32(progress(p).after(e))) {
			return
		}
	}
}

func (g *Guard) getConn(string)                { g.note(getConn) }
func (g *Guard) gotConn(httptrace.GotConnInfo) { g.note(gotConn) }
func (g *Guard) gotFirstByte()                 { g.note(gotFirstByte) }

// wroteRequest is called also where writing failed: HTTP/2 has sent the header by then. HTTP/1.1
// calls it before it flushes its buffer.
func (g *Guard) wroteRequest(httptrace.WroteRequestInfo) { g.note(wroteRequest) }

// got1xx takes note of an informational response, which net/http also reports as the first byte of
// a response. Code that observes them has to bound their number: net/http then does not.
func (g *Guard) got1xx(int, textproto.MIMEHeader) error {
	g.note(got1xx)
	if g.informational.Add(1) > maxInformational {
		return errInformational
	}
	return nil
}

const maxInformational = 32

var (
	errInformational = fmt.Errorf("more than %d informational (1xx) responses", maxInformational)

	// ErrResend is the error of a transport that would send the body once more. That of net/http does
	// so after a reset of HTTP/2 only.
	ErrResend = errors.New("the connection failed after the request was written; " +
		"a transport that would send it again is not allowed to")
)

// getBody is http.Request.GetBody: a transport that must respond to a challenge sends the body once
// more. It is refused after the request was written and not responded to.
func (g *Guard) getBody() (io.ReadCloser, error) {
	if !g.now().mayRepeat() {
		return nil, ErrResend
	}
	return bodyOf(bytes.NewReader(g.body)), nil
}
