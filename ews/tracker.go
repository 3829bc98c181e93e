package ews

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/go-ews/exchange/internal/proxyerror"
)

// tracker follows one attempt through httptrace. It learns whether a request can have been sent: it
// asked for a connection and got none. net/http asks a second time only when nothing of the request
// was written to the first connection, so the last time counts, unless a transport of another kind
// asks again although a request was written and not answered.
//
// And it keeps a transport from sending a write a second time: see getBody.
type tracker struct {
	request []byte
	read    bool
	trace   httptrace.ClientTrace
	values  [2]string    // of the request's header, see newRequest
	reader  bytes.Reader // the request's first body

	asked, connected atomic.Bool
	written          atomic.Bool // the whole request, to the present connection
	answered         atomic.Bool // something came back on it
	doubtful         atomic.Bool // a connection before had the request and gave no answer
}

func newTracker(request []byte, read bool) *tracker {
	t := &tracker{request: request, read: read}
	t.reader.Reset(request)
	t.trace.GetConn = t.getConn
	t.trace.GotConn = t.gotConn
	t.trace.WroteRequest = t.wroteRequest
	t.trace.GotFirstResponseByte = t.gotFirstByte
	return t
}

func (t *tracker) getConn(string) {
	if t.written.Load() && !t.answered.Load() {
		t.doubtful.Store(true)
	}
	t.asked.Store(true)
	t.connected.Store(false)
}

func (t *tracker) gotConn(httptrace.GotConnInfo) {
	t.connected.Store(true)
	t.written.Store(false)
	t.answered.Store(false)
}

func (t *tracker) wroteRequest(info httptrace.WroteRequestInfo) {
	if info.Err == nil {
		t.written.Store(true)
	}
}

func (t *tracker) gotFirstByte() { t.answered.Store(true) }

// errResend is why a transport may not have the body once more.
var errResend = errors.New("the connection failed after the request was written; " +
	"a transport that would send it again is not allowed to")

// getBody is http.Request.GetBody: a transport that has to answer a challenge sends the body once
// more. Not so a write that was written in full and not answered. net/http repeats such a POST over
// HTTP/2 after RST_STREAM with PROTOCOL_ERROR, which says nothing of what the server has done, and
// after REFUSED_STREAM and GOAWAY, which do; it does not tell them apart here.
func (t *tracker) getBody() (io.ReadCloser, error) {
	if !t.read && t.written.Load() && !t.answered.Load() {
		return nil, errResend
	}
	return bodyOf(bytes.NewReader(t.request)), nil
}

// send is one round trip. A response comes with a body, an error says what is known of the request.
func (t *tracker) send(transport http.RoundTripper, r *http.Request) (*http.Response, error) {
	res, err := transport.RoundTrip(r)
	switch {
	case err != nil:
		return nil, t.cause(proxyerror.Explain(transport, r, err))
	case res == nil:
		return nil, errors.New("the http.RoundTripper returned neither an answer nor an error")
	case res.Body == nil:
		res.Body = http.NoBody
	}
	return res, nil
}

// cause strips an outermost *url.Error, whose text repeats the URL, and what net/http quotes of an
// answer, and marks what was not sent.
func (t *tracker) cause(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // one further down is a part of another's story
		err = u.Err
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		err = fmt.Errorf("%w: nothing speaks TLS on this port", http.ErrSchemeMismatch)
	}
	if text, ok := unquoted(err.Error()); ok {
		err = &quietError{text, err}
	}
	if t.asked.Load() && !t.connected.Load() && !t.doubtful.Load() {
		return &notSentError{err}
	}
	return err
}

// unquoted drops what net/http quotes of a server that it cannot understand, such as
// malformed MIME header line: "Set-Cookie…": it may hold anything.
func unquoted(text string) (string, bool) {
	for _, phrase := range [...]string{"transport connection broken: ", "malformed ", "GOAWAY"} {
		i := strings.Index(text, phrase)
		if i < 0 {
			continue
		}
		if quote := strings.IndexByte(text[i:], '"'); quote >= 0 {
			return strings.TrimRight(text[:i+quote], ":= "), true
		}
	}
	return text, false
}

// quietError is an error with another text.
type quietError struct {
	text string
	err  error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.err }

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
