package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
)

// namespaceEnvelope12 is the envelope's namespace in SOAP 1.2, for a precise error.
const namespaceEnvelope12 = "http://www.w3.org/2003/05/soap-envelope"

// A BodyAppender is a request that encodes itself. AppendBody appends the one child of the SOAP
// body to dst, with the prefixes soap, t and m that [AppendEnvelope] declares, and returns the
// extended slice. It must not retain dst. A request whose AppendBody returns an error is not sent.
type BodyAppender interface {
	AppendBody(dst []byte) ([]byte, error)
}

// A BodyReader is a response that decodes itself. ReadBody is called with the reader standing on
// the start tag of the body's one child. What it leaves unread of that element is skipped.
type BodyReader interface {
	ReadBody(r *Reader) error
}

const (
	envelopeStart = `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<soap:Envelope xmlns:soap="` + NamespaceEnvelope + `" xmlns:t="` + NamespaceTypes +
		`" xmlns:m="` + NamespaceMessages + `">` + "\n"
	headerStart = "<soap:Header>\n"
	headerEnd   = "</soap:Header>\n"
	bodyStart   = "<soap:Body>\n"
	bodyEnd     = "</soap:Body>\n</soap:Envelope>"
)

// AppendEnvelope appends a SOAP 1.1 request to dst: an envelope that declares the prefixes soap, t
// ([NamespaceTypes]) and m ([NamespaceMessages]), with what header and body append to their
// arguments. A nil header omits the Header element.
//
// Line feeds separate the elements, so that the line and position in a server's complaint lead to
// something short. AppendEnvelope returns dst and the error of header or body unchanged. A function
// that returns anything but its argument, possibly extended, is an error too.
func AppendEnvelope(dst []byte, header, body func(dst []byte) ([]byte, error)) ([]byte, error) {
	if body == nil {
		return dst, errors.New("soap: AppendEnvelope without a body: pass the request's AppendBody")
	}
	before := dst
	dst = append(dst, envelopeStart...)
	var err error
	if header != nil {
		if dst, err = extend(dst, headerStart, header); err != nil {
			return before, err
		}
		dst = append(endLine(dst), headerEnd...)
	}
	if dst, err = extend(dst, bodyStart, body); err != nil {
		return before, err
	}
	if !bytes.HasPrefix(dst[len(before):], []byte(envelopeStart)) {
		return before, errNotExtended
	}
	return append(endLine(dst), bodyEnd...), nil
}

// extend appends start and what add appends. The result of add must begin with its argument. If add
// has overwritten that, start is no longer there.
func extend(dst []byte, start string, add func([]byte) ([]byte, error)) ([]byte, error) {
	dst = append(dst, start...)
	out, err := add(dst)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(out, dst) || !bytes.HasSuffix(dst, []byte(start)) {
		return nil, errNotExtended
	}
	return out, nil
}

var errNotExtended = errors.New("soap: a function of the request did not return its argument, " +
	"extended")

// endLine appends a line feed unless dst ends with one.
func endLine(dst []byte) []byte {
	if dst[len(dst)-1] == '\n' {
		return dst
	}
	return append(dst, '\n')
}

// ReadEnvelope reads a SOAP 1.1 envelope with an [EnvelopeReader] of these two functions.
func ReadEnvelope(r *Reader, header, body func(*Reader) error) (*Fault, error) {
	return EnvelopeReader{Header: header, Body: body}.Read(r)
}

// An EnvelopeReader reads SOAP 1.1 envelopes. Each of its functions is called with the reader
// standing on the start tag of an element. What it leaves unread is skipped, all of it if the
// function is nil. Read returns its error unchanged.
type EnvelopeReader struct {
	Header func(*Reader) error // reads a header entry; called for each
	Body   func(*Reader) error // reads the one child of the body, unless that is a fault
	Detail func(*Reader) error // reads the detail of a fault, with the namespaces in scope there
}

// Read reads an envelope to the end of its document. If the body holds a fault, Read returns it and
// a nil error; the fault's Detail is complete, however much of it the function Detail reads.
//
// A document that is not an envelope is a [*SyntaxError], as is a body without a child or with
// several.
func (e EnvelopeReader) Read(r *Reader) (*Fault, error) {
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	if r.Name() != (xml.Name{Space: NamespaceEnvelope, Local: "Envelope"}) {
		return nil, r.noEnvelope()
	}
	var fault *Fault
	hasBody, first := false, true
	for name := range r.Children() {
		var err error
		switch {
		case name.Space != NamespaceEnvelope:
			// Section 4.1.1 permits further elements in other namespaces.
		case name.Local == "Header" && first:
			err = e.readHeader(r)
		case name.Local == "Body" && !hasBody:
			hasBody = true
			fault, err = e.readBody(r)
		default:
			err = r.syntax(-r.tagSize, "a second or misplaced soap:%s in the envelope", name.Local)
		}
		if err != nil {
			return nil, err
		}
		first = false
	}
	if r.err == nil && !hasBody {
		return nil, r.syntax(0, "the SOAP envelope has no body")
	}
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	return fault, nil
}

// noEnvelope returns the error for another root element: of a page in XHTML, a message in SOAP 1.2,
// the response of another service.
func (r *Reader) noEnvelope() error {
	if r.name.Space == namespaceEnvelope12 {
		return r.syntax(-r.tagSize, "a SOAP 1.2 message where SOAP 1.1 is due")
	}
	return r.syntax(-r.tagSize, "not a SOAP 1.1 envelope: the root element is %s in the namespace %s",
		shown(r.name.Local), shown(r.name.Space))
}

// readHeader reads the header entries. It ignores mustUnderstand (SOAP 1.1, section 4.2.3), which
// Exchange does not send.
func (e EnvelopeReader) readHeader(r *Reader) error {
	for range r.Children() {
		if e.Header == nil {
			continue
		}
		if err := e.Header(r); err != nil {
			return err
		}
	}
	return r.err
}

// readBody reads the body, which holds one element in the document/literal style of the service
// description: the response, or a fault (sections 4.3 and 4.4).
func (e EnvelopeReader) readBody(r *Reader) (fault *Fault, err error) {
	count := 0
	for name := range r.Children() {
		switch count++; {
		case count > 1:
			err = r.syntax(-r.tagSize, "a second element in the SOAP body: %s", shown(name.Local))
		case name == xml.Name{Space: NamespaceEnvelope, Local: "Fault"}:
			fault, err = readFault(r, e.Detail)
		case e.Body != nil:
			err = e.Body(r)
		}
		if err != nil {
			return nil, err
		}
	}
	if r.err == nil && count == 0 {
		return nil, r.syntax(0, "the SOAP body is empty")
	}
	return fault, r.err
}
