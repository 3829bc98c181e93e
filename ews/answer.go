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

	"github.com/go-ews/exchange/soap"
)

const (
	// headSize is how much of an answer is looked at to tell SOAP from everything else. Most answers
	// are shorter: they are read at once.
	headSize = 4 << 10

	// pageSize is how much of everything else an HTTPError keeps.
	pageSize = 1 << 10

	// drainSize is how much of an answer is read after its end was not reached, so that the
	// connection can be used again; beyond it a new connection is cheaper. With the head it is 64 KiB.
	drainSize = 60 << 10
)

// answer reads one HTTP answer. Answers are pooled: the SOAP reader owns a buffer. They do not
// refer to their exchange, which therefore stays on the stack.
type answer struct {
	head    [headSize]byte
	unread  []byte // of head
	body    io.Reader
	ended   bool  // body was read to its end
	cut     error // what ended the body, if not its end
	soap    *soap.Reader
	resp    Response
	version ServerVersion // of the header

	// method values, bound once
	onHeader, onBody func(*soap.Reader) error
}

var answers = sync.Pool{New: func() any {
	a := &answer{soap: soap.NewReader(nil, soap.Limits{})}
	a.onHeader, a.onBody = a.readHeader, a.readBody
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

// release reads what is left, and gives the answer back.
func (a *answer) release(body io.Reader) {
	if !a.ended {
		a.drain(body)
	}
	a.resp, a.version, a.body, a.unread, a.ended, a.cut = nil, ServerVersion{}, nil, nil, false, nil
	answers.Put(a)
}

// drain reads what is left, within bounds.
func (a *answer) drain(body io.Reader) {
	for left := drainSize; left > 0; {
		n, err := body.Read(a.head[:min(len(a.head), left)])
		if n == 0 || err != nil {
			return
		}
		left -= n
	}
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
	kind, err := a.sniff()
	if err != nil {
		return x.lost(err)
	}
	if kind == notSOAP || res.StatusCode == http.StatusUnauthorized {
		return &HTTPError{
			Op: x.op.Name, StatusCode: res.StatusCode, Header: res.Header,
			Body: bytes.Clone(a.unread[:min(len(a.unread), pageSize)]), Info: x.info,
		}
	}
	if res.ContentLength > limit {
		return x.broken(&soap.LimitError{What: "response bytes", Limit: limit})
	}
	a.soap.Reset(a, soap.Limits{Bytes: limit})
	fault, err := soap.ReadEnvelope(a.soap, a.onHeader, a.onBody)
	x.info.ServerVersion, x.info.ReplacedChars = a.version, a.soap.Replaced()
	switch {
	case a.cut != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return x.lost(err)
	case err != nil:
		return x.broken(err)
	case fault != nil:
		return withRetryAfter(x.faultError(fault), res.Header)
	}
	return withRetryAfter(x.responseError(), res.Header)
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

// Read hands the head out again and then the rest of the body.
func (a *answer) Read(p []byte) (int, error) {
	if len(a.unread) > 0 {
		n := copy(p, a.unread)
		a.unread = a.unread[n:]
		return n, nil
	}
	if a.ended {
		return 0, io.EOF
	}
	n, err := a.body.Read(p)
	a.ended = err == io.EOF
	if err != nil && !a.ended {
		a.cut = err
	}
	return n, err
}

// sniff reads until it can tell what the answer is, at most the head.
func (a *answer) sniff() (answerKind, error) {
	n, empty := 0, 0
	for {
		k, err := a.body.Read(a.head[n:])
		n += k
		a.ended = err == io.EOF
		if k > 0 {
			empty = 0
		} else if empty++; empty > 100 && err == nil {
			return notSOAP, io.ErrNoProgress // a body that neither ends nor goes on
		}
		a.unread = a.head[:n]
		ended := a.ended || n == headSize
		if err != nil && err != io.EOF {
			return notSOAP, err
		}
		if kind := kindOf(a.unread, ended); kind != undecided {
			if kind == notSOAP && !ended {
				a.fill(n)
			}
			return kind, nil
		}
	}
}

// fill reads on so that an HTTPError has as much as it keeps; a failure changes nothing.
func (a *answer) fill(n int) {
	if n < pageSize {
		k, _ := io.ReadFull(a.body, a.head[n:pageSize])
		a.unread = a.head[:n+k]
	}
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
