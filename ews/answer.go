package ews

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/soap"
)

const (
	// headSize is how much of an answer is looked at to tell SOAP from everything else, and how
	// much of everything else an HTTPError keeps.
	headSize = 1 << 10

	// drainSize is up to where an answer is read that need not be read to its end, so that the
	// connection can be used again; beyond it a new connection is cheaper.
	drainSize = 64 << 10
)

// answer reads one HTTP answer. Answers are pooled: the SOAP reader owns buffers. They do not
// refer to their exchange, which therefore stays on the stack.
type answer struct {
	body    io.Reader
	size    int64 // what was read of it
	ended   bool  // body was read to its end
	cut     error // what ended the body, if not its end
	soap    *soap.Reader
	resp    Response
	version ServerVersion // of the header
	detail  faultDetail

	envelope soap.EnvelopeReader // method values of the answer, bound once
}

var answers = sync.Pool{New: func() any {
	a := &answer{soap: soap.NewReader(nil, soap.Limits{})}
	a.envelope = soap.EnvelopeReader{Header: a.readHeader, Body: a.readBody, Detail: a.detail.read}
	return a
}}

// read decodes the answer into x.resp and closes it.
func (x *exchange) read(res *http.Response) error {
	defer res.Body.Close()
	a, ok := answers.Get().(*answer)
	if !ok {
		return errors.New("ews: foreign value in pool")
	}
	defer a.release(res.Body)
	a.resp = x.resp
	return x.decode(a, res)
}

// release reads what is left, within bounds, and gives the answer back.
func (a *answer) release(body io.Reader) {
	if !a.ended && a.size < drainSize {
		_, _ = io.CopyN(io.Discard, body, drainSize-a.size)
	}
	a.body, a.size, a.ended, a.cut, a.resp, a.version = nil, 0, false, nil, nil, ServerVersion{}
	a.detail = faultDetail{}
	answers.Put(a)
}

// decode tells SOAP from everything else, and a fault from a response.
func (x *exchange) decode(a *answer, res *http.Response) error {
	limit := x.client.limit
	if limit == 0 {
		limit = defaultMaxBytes
	}
	if err := a.open(res); err != nil {
		return x.lost(err)
	}
	a.soap.Reset(a, soap.Limits{Bytes: limit})
	kind, head, err := a.sniff()
	if err != nil {
		return x.lost(err)
	}
	if kind == notSOAP || res.StatusCode == http.StatusUnauthorized {
		return &HTTPError{
			Op: x.op.Name, StatusCode: res.StatusCode, Header: res.Header,
			Body: bytes.Clone(head[:min(len(head), headSize)]), Info: x.info, proxy: x.proxyOf(res),
		}
	}
	if res.ContentLength > limit {
		return x.broken(&soap.LimitError{What: "response bytes", Limit: limit})
	}
	fault, err := a.envelope.Read(a.soap)
	x.info.ServerVersion, x.info.ReplacedChars = a.version, a.soap.Replaced()
	switch {
	case a.cut != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return x.lost(err)
	case err != nil:
		return x.broken(err)
	case fault != nil:
		return withRetryAfter(x.faultError(fault, &a.detail), res.Header)
	}
	return withRetryAfter(x.responseError(), res.Header)
}

// proxyOf names the proxy that responded 407, "" if it is not known.
func (x *exchange) proxyOf(res *http.Response) string {
	if res.StatusCode != http.StatusProxyAuthRequired {
		return ""
	}
	return proxyerror.NameOf(x.client.http.Transport, x.client.template)
}

// defaultMaxBytes is soap's own default, needed here to compare it with a Content-Length.
const defaultMaxBytes = 32 << 20

// open prepares the body. net/http unpacks gzip that it asked for itself; a proxy's or another
// RoundTripper's is unpacked here.
func (a *answer) open(res *http.Response) error {
	a.body = res.Body
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			return err
		}
		a.body = z
	}
	return nil
}

// Read reads the body for the SOAP reader, and notes how it ends.
func (a *answer) Read(p []byte) (int, error) {
	if a.ended || a.body == nil { // nil: somebody kept the reader beyond the call
		return 0, io.EOF
	}
	n, err := a.body.Read(p)
	a.size += int64(n)
	a.ended = err == io.EOF
	if err != nil && !a.ended {
		a.cut = err
	}
	return n, err
}

// sniff reads until it can tell what the answer is, at most the head. Of what is not SOAP it returns
// all of that. A limit that is reached on the way is for the SOAP reader to report.
func (a *answer) sniff() (answerKind, []byte, error) {
	for n := 1; ; {
		head, err := a.soap.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) && !isLimit(err) {
			return undecided, nil, err
		}
		switch kind := kindOf(head, err != nil || len(head) >= headSize); kind {
		case undecided:
			n = len(head) + 1
		case notSOAP:
			head, _ = a.soap.Peek(headSize)
			return kind, head, nil
		default:
			return kind, head, nil
		}
	}
}

func isLimit(err error) bool {
	_, ok := errors.AsType[*soap.LimitError](err)
	return ok
}

// readHeader takes ServerVersionInfo and skips every other header entry.
func (a *answer) readHeader(r *soap.Reader) error {
	if r.Name() == (xml.Name{Space: soap.NamespaceTypes, Local: "ServerVersionInfo"}) {
		a.version = readServerVersion(r)
	}
	return r.Skip()
}

// readServerVersion reads the attributes; a number that is none counts as 0.
func readServerVersion(r *soap.Reader) ServerVersion {
	number := func(name string) int {
		s, _ := r.Attr("", name)
		n, _ := strconv.Atoi(s)
		return n
	}
	version, _ := r.Attr("", "Version")
	return ServerVersion{
		Major: number("MajorVersion"), Minor: number("MinorVersion"),
		MajorBuild: number("MajorBuildNumber"), MinorBuild: number("MinorBuildNumber"),
		Version: version,
	}
}

// readBody decodes the body's child into the response.
func (a *answer) readBody(r *soap.Reader) error {
	if fast, ok := a.resp.(soap.BodyReader); ok {
		return fast.ReadBody(r)
	}
	tokens := r.Tokens()
	if err := xml.NewTokenDecoder(tokens).Decode(a.resp); err != nil {
		return err
	}
	for {
		switch _, err := tokens.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// responseError asks the response what the server said.
func (x *exchange) responseError() error {
	err := x.resp.Err()
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*badAnswer](err); ok {
		return x.broken(err)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		e.Op, e.Info = x.op.Name, x.info
	}
	return err
}

// badAnswer is a well-formed answer that is not what the operation answers.
type badAnswer struct{ reason string }

func (e *badAnswer) Error() string { return e.reason }

// brokenError marks, within a TransportError, a whole answer that cannot be understood. Asking
// again would bring the same one.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// broken returns the error of an answer that came whole and cannot be understood.
func (x *exchange) broken(err error) error { return x.lost(&brokenError{err}) }

// lost returns the error of an answer that did not come whole.
func (x *exchange) lost(err error) error {
	return &TransportError{Op: x.op.Name, Err: err, Info: x.info}
}
