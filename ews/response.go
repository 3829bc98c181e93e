package ews

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/go-ews/exchange/internal/httpbody"
	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/requestid"
	"github.com/go-ews/exchange/internal/sniff"
	"github.com/go-ews/exchange/soap"
)

// headSize is how much of a response is read to distinguish SOAP from other responses, and how much
// of another response an HTTPError keeps.
const headSize = 1 << 10

// decoder reads one HTTP response. Decoders are pooled: the SOAP reader owns buffers. They do not
// refer to their call, which therefore stays on the stack.
type decoder struct {
	raw     httpbody.Body
	body    io.Reader // raw, unpacked
	ended   bool      // body was read to its end
	cut     error     // what ended the body, if not its end
	soap    *soap.Reader
	resp    Response
	version ServerVersion // of the header
	detail  faultDetail

	envelope soap.EnvelopeReader // method values of the decoder, bound once
}

var decoders sync.Pool

func newDecoder() *decoder {
	if d, ok := decoders.Get().(*decoder); ok {
		return d
	}
	d := &decoder{soap: soap.NewReader(nil, soap.Limits{})}
	d.envelope = soap.EnvelopeReader{Header: d.readHeader, Body: d.readBody, Detail: d.detail.read}
	return d
}

// read decodes the response into x.resp and closes it.
func (x *call) read(ctx context.Context, res *http.Response) error {
	d := newDecoder()
	d.raw.Reset(res.Body)
	d.resp = x.resp
	defer d.release(ctx)
	if requestid.Foreign(res.Header, x.info.ClientRequestID) {
		d.raw.Drop()
		return x.malformed(&badResponse{"the response belongs to another request: it carries that one's client-request-id; " +
			"check what stands between: something on the way responds twice, or mixes up connections"})
	}
	return x.decode(ctx, d, res)
}

// release finishes the body and makes the value ready for the next response.
func (d *decoder) release(ctx context.Context) {
	d.raw.Finish(ctx)
	d.body, d.ended, d.cut, d.resp, d.version = nil, false, nil, nil, ServerVersion{}
	d.detail = faultDetail{}
	decoders.Put(d)
}

// decode separates SOAP from everything else. A status other than 2xx and 500, with which SOAP
// comes, counts even if the body cannot be read.
func (x *call) decode(ctx context.Context, d *decoder, res *http.Response) error {
	decided := res.StatusCode/100 != 2 && res.StatusCode != http.StatusInternalServerError
	if decided {
		d.raw.Hurry(ctx)
	}
	kind, head, err := x.recognize(ctx, d, res)
	head = head[:min(len(head), headSize)]
	switch {
	case err != nil && !decided:
		return x.incomplete(err)
	case err != nil || kind == sniff.Other || res.StatusCode == http.StatusUnauthorized:
		return x.page(res, bytes.Clone(head))
	case !decided:
		return x.decodeEnvelope(d, res)
	}
	if res.StatusCode != http.StatusTooManyRequests { // a code of Exchange would change the outcome
		d.raw.Relax()
	}
	head = bytes.Clone(head)
	err = x.decodeEnvelope(d, res)
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

// recognize unpacks the body, and reads until it knows the kind of response. A fault of SOAP 1.2 is
// a page: Exchange does not speak that version, something in front of it does.
func (x *call) recognize(ctx context.Context, d *decoder, res *http.Response) (sniff.Kind, []byte, error) {
	var err error
	if d.body, err = httpbody.Unpack(res.Header, &d.raw); err != nil {
		return sniff.Undecided, nil, err
	}
	d.soap.Reset(d, soap.Limits{Bytes: x.client.limit})
	kind, head, err := d.sniff(ctx)
	if kind == sniff.SOAP12 && res.StatusCode/100 != 2 {
		return sniff.Other, d.page(ctx), nil
	}
	return kind, head, err
}

// decodeEnvelope separates a fault from a response.
func (x *call) decodeEnvelope(d *decoder, res *http.Response) error {
	limit := x.client.limit
	if limit == 0 {
		limit = defaultMaxBytes
	}
	if res.ContentLength > limit {
		return x.malformed(&soap.LimitError{What: "response bytes", Limit: limit})
	}
	fault, err := d.envelope.Read(d.soap)
	x.info.ServerVersion, x.info.ReplacedChars = d.version, d.soap.Replaced()
	switch {
	case d.cut != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return x.incomplete(err)
	case err != nil:
		return x.malformed(err)
	case fault != nil:
		return withRetryAfter(x.faultError(fault, &d.detail), res.Header)
	}
	return withRetryAfter(x.responseError(), res.Header)
}

// proxyOf names the proxy that responded 407, "" if unknown.
func (x *call) proxyOf(res *http.Response) string {
	if res.StatusCode != http.StatusProxyAuthRequired {
		return ""
	}
	return proxyerror.NameOf(x.client.transport, x.client.template)
}

// defaultMaxBytes is soap's own default, needed here to compare it with a Content-Length.
const defaultMaxBytes = 32 << 20

// Read reads the body for the SOAP reader, and notes how it ends.
func (d *decoder) Read(p []byte) (int, error) {
	if d.ended || d.body == nil { // nil: the reader was kept beyond the call
		return 0, io.EOF
	}
	n, err := d.body.Read(p)
	d.ended = err == io.EOF
	if err != nil && !d.ended {
		d.cut = err
	}
	return n, err
}

// sniff reads until it knows the kind of response, at most the head. Of a page it returns as much
// of that as comes at once. A limit that is reached on the way is for the SOAP reader to report.
func (d *decoder) sniff(ctx context.Context) (sniff.Kind, []byte, error) {
	for n := 1; ; {
		head, err := d.soap.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) && !isLimit(err) {
			return sniff.Undecided, head, err
		}
		switch kind := sniff.Of(head, err != nil || len(head) >= headSize); kind {
		case sniff.Undecided:
			n = len(head) + 1
		case sniff.Other:
			return kind, d.page(ctx), nil
		default:
			return kind, head, nil
		}
	}
}

// page returns the beginning of a page, as much as comes at once.
func (d *decoder) page(ctx context.Context) []byte {
	d.raw.Hurry(ctx)
	head, _ := d.soap.Peek(headSize)
	return head
}

func isLimit(err error) bool {
	_, ok := errors.AsType[*soap.LimitError](err)
	return ok
}

// readHeader reads ServerVersionInfo and skips every other header entry.
func (d *decoder) readHeader(r *soap.Reader) error {
	if r.Name() == (xml.Name{Space: soap.NamespaceTypes, Local: "ServerVersionInfo"}) {
		d.version = readServerVersion(r)
	}
	return r.Skip()
}

// readServerVersion reads the attributes; a malformed number counts as 0.
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
func (d *decoder) readBody(r *soap.Reader) error {
	if fast, ok := d.resp.(soap.BodyReader); ok {
		return fast.ReadBody(r)
	}
	tokens := r.Tokens()
	if err := xml.NewTokenDecoder(tokens).Decode(d.resp); err != nil {
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

// responseError returns the error that the response reports.
func (x *call) responseError() error {
	err := x.resp.Err()
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*badResponse](err); ok {
		return x.malformed(err)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		e.Op, e.Info = x.op.Name, x.info
	}
	return err
}

// malformed returns the error of a response that came whole and cannot be understood. Another
// attempt would bring the same one.
func (x *call) malformed(err error) error {
	return &TransportError{Op: x.op.Name, Err: err, Info: x.info, malformed: true}
}

// incomplete returns the error of a response that did not come whole.
func (x *call) incomplete(err error) error {
	return &TransportError{Op: x.op.Name, Err: quiet(err), Info: x.info}
}
