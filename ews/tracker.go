package ews

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/go-ews/exchange/internal/proxyerror"
)

// tracker follows one attempt through httptrace. It learns whether the request can have been sent,
// and keeps a transport from sending it a second time. See progress.
//
// It also holds what an attempt needs on the heap anyway, so that all of it is one allocation.
type tracker struct {
	request []byte
	trace   httptrace.ClientTrace
	url     url.URL
	values  headerValues
	reader  bytes.Reader // the request's first body

	progress      atomic.Uint32 // a progress
	informational atomic.Int32  // how many 1xx responses came
}

func newTracker(request []byte) *tracker {
	t := &tracker{request: request}
	t.reader.Reset(request)
	t.trace.GetConn = t.getConn
	t.trace.GotConn = t.gotConn
	t.trace.WroteRequest = t.wroteRequest
	t.trace.GotFirstResponseByte = t.gotFirstByte
	t.trace.Got1xxResponse = t.got1xx
	return t
}

// progress is how far an attempt has come: a phase, and whether an earlier connection had the
// request. Its table of transitions is in the test.
type progress uint32

const (
	untraced  progress = iota // nothing reported: not every http.RoundTripper does
	asked                     // asked for a connection
	connected                 // has one
	written                   // the request is on it, at least in part
	informed                  // so it is, and a 1xx response came back: nobody reports what follows it
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

// notSent reports whether certainly nothing was sent: a connection was asked for, and there is none.
func (p progress) notSent() bool { return p == asked }

// mayRepeat reports whether a transport may have the body once more: nothing was written on the
// present connection, or the server has responded, which is what a 401 to the request looks like.
func (p progress) mayRepeat() bool {
	phase := p & phaseMask
	return phase < written || phase == responded
}

func (t *tracker) now() progress { return progress(t.progress.Load()) }

// note takes an event; net/http reports from several goroutines.
func (t *tracker) note(e event) {
	for {
		p := t.progress.Load()
		if t.progress.CompareAndSwap(p, uint32(progress(p).after(e))) {
			return
		}
	}
}

func (t *tracker) getConn(string)                { t.note(getConn) }
func (t *tracker) gotConn(httptrace.GotConnInfo) { t.note(gotConn) }
func (t *tracker) gotFirstByte()                 { t.note(gotFirstByte) }

// wroteRequest is called also where writing failed: HTTP/2 has sent the header by then. HTTP/1.1
// calls it before it flushes its buffer.
func (t *tracker) wroteRequest(httptrace.WroteRequestInfo) { t.note(wroteRequest) }

// got1xx takes note of an informational response, which net/http also reports as the first byte of
// a response. Whoever looks at them has to bound their number (net/http then does not).
func (t *tracker) got1xx(int, textproto.MIMEHeader) error {
	t.note(got1xx)
	if t.informational.Add(1) > maxInformational {
		return errInformational
	}
	return nil
}

const maxInformational = 32

var (
	errInformational = fmt.Errorf("more than %d informational (1xx) responses", maxInformational)

	// errResend is why a transport may not have the body once more.
	errResend = errors.New("the connection failed after the request was written; " +
		"a transport that would send it again is not allowed to")
)

// getBody is http.Request.GetBody: a transport that must respond to a challenge sends the body once
// more. It is refused after the request was written and not responded to, because net/http repeats
// a POST over HTTP/2 without a limit: after RST_STREAM with PROTOCOL_ERROR, which says nothing of
// what the server has done, and after REFUSED_STREAM and GOAWAY, whose word is not known here.
// Reads are sent again by this package, which counts.
func (t *tracker) getBody() (io.ReadCloser, error) {
	if !t.now().mayRepeat() {
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
		return nil, errors.New("the http.RoundTripper returned neither a response nor an error")
	case res.Body == nil:
		res.Body = http.NoBody
	}
	return res, nil
}

// cause strips an outermost *url.Error, whose text repeats the URL, and what net/http quotes of a
// response, and marks what was not sent.
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
	if t.now().notSent() {
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
