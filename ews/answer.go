package ews

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/go-ews/exchange/internal/httpbody"
	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/requestid"
	"github.com/go-ews/exchange/internal/sniff"
	"github.com/go-ews/exchange/soap"
)

// headSize is how much of a response is looked at to tell SOAP from everything else, and how much of
// everything else an HTTPError keeps.
const headSize = 1 << 10

// answer reads one HTTP response. They are pooled: the SOAP reader owns buffers. They do not refer to
// their call, which therefore stays on the stack.
type answer struct {
	raw     httpbody.Body
	body    io.Reader // raw, unpacked
	ended   bool      // body was read to its end
	cut     error     // what ended the body, if not its end
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

// read decodes the response into x.resp and closes it.
func (x *call) read(ctx context.Context, res *http.Response) error {
	a, ok := answers.Get().(*answer)
	if !ok {
		return errors.New("ews: foreign value in pool")
	}
	a.raw.Reset(res.Body)
	a.resp = x.resp
	defer a.release(ctx)
	if requestid.Foreign(res.Header, x.info.ClientRequestID) {
		a.raw.Drop()
		return x.broken(&badResponse{"the response belongs to another request: it carries that one's client-request-id; " +
			"check what stands between: something on the way responds twice, or mixes up connections"})
	}
	return x.decode(ctx, a, res)
}

// release finishes the body and makes the value ready for the next response.
func (a *answer) release(ctx context.Context) {
	a.raw.Finish(ctx)
	a.body, a.ended, a.cut, a.resp, a.version = nil, false, nil, nil, ServerVersion{}
	a.detail = faultDetail{}
	answers.Put(a)
}

// decode tells SOAP from everything else. The status line counts even if the body cannot be read:
// unless it says 200 or 500, as it does with SOAP, it says what became of the request.
func (x *call) decode(ctx context.Context, a *answer, res *http.Response) error {
	known := res.StatusCode/100 != 2 && res.StatusCode != http.StatusInternalServerError
	if known {
		a.raw.Hurry(ctx)
	}
	kind, head, err := x.recognize(ctx, a, res)
	head = head[:min(len(head), headSize)]
	switch {
	case err != nil && !known:
		return x.lost(err)
	case err != nil || kind == sniff.Other || res.StatusCode == http.StatusUnauthorized:
		return x.page(res, bytes.Clone(head))
	case !known:
		return x.decodeEnvelope(a, res)
	}
	a.raw.Relax()
	head = bytes.Clone(head)
	err = x.decodeEnvelope(a, res)
	if _, unread := err.(*TransportError); unread { //nolint:errorlint // only what decodeEnvelope itself made
		return x.page(res, head)
	}
	return err
}

// page returns the error of a response that is not SOAP, or not readable.
func (x *call) page(res *http.Response, head []byte) error {
	return &HTTPError{
		Op: x.op.Name, StatusCode: res.StatusCode, Header: res.Header, Body: head, Info: x.info,
		proxy: x.proxyOf(res),
	}
}

// recognize unpacks the body, and reads until it can tell what the response is.
func (x *call) recognize(ctx context.Context, a *answer, res *http.Response) (sniff.Kind, []byte, error) {
	if err := a.open(res); err != nil {
		return sniff.Undecided, nil, err
	}
	a.soap.Reset(a, soap.Limits{Bytes: x.client.limit})
	return a.sniff(ctx)
}

// decodeEnvelope tells a fault from a response.
func (x *call) decodeEnvelope(a *answer, res *http.Response) error {
	limit := x.client.limit
	if limit == 0 {
		limit = defaultMaxBytes
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
func (x *call) proxyOf(res *http.Response) string {
	if res.StatusCode != http.StatusProxyAuthRequired {
		return ""
	}
	return proxyerror.NameOf(x.client.transport, x.client.template)
}

// defaultMaxBytes is soap's own default, needed here to compare it with a Content-Length.
const defaultMaxBytes = 32 << 20

// open prepares the body. net/http unpacks gzip that it asked for itself; a proxy's or another
// RoundTripper's is unpacked here.
func (a *answer) open(res *http.Response) error {
	a.body = &a.raw
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(&a.raw)
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
	a.ended = err == io.EOF
	if err != nil && !a.ended {
		a.cut = err
	}
	return n, err
}

// sniff reads until it can tell what the response is, at most the head. Of what is not SOAP it
// returns as much of that as comes at once. A limit that is reached on the way is for the SOAP
// reader to report.
func (a *answer) sniff(ctx context.Context) (sniff.Kind, []byte, error) {
	for n := 1; ; {
		head, err := a.soap.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) && !isLimit(err) {
			return sniff.Undecided, head, err
		}
		switch kind := sniff.Of(head, err != nil || len(head) >= headSize); kind {
		case sniff.Undecided:
			n = len(head) + 1
		case sniff.Other:
			a.raw.Hurry(ctx)
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
		return parseInt(s)
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
func (x *call) responseError() error {
	err := x.resp.Err()
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*badResponse](err); ok {
		return x.broken(err)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		e.Op, e.Info = x.op.Name, x.info
	}
	return err
}

// broken returns the error of a response that came whole and cannot be understood. Another attempt
// would bring the same one.
func (x *call) broken(err error) error {
	return &TransportError{Op: x.op.Name, Err: err, Info: x.info, malformed: true}
}

// lost returns the error of an answer that did not come whole.
func (x *call) lost(err error) error {
	return &TransportError{Op: x.op.Name, Err: err, Info: x.info}
}
