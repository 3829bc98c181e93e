package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
)

// namespaceEnvelope12 is SOAP 1.2's, which Exchange answers to nobody who asked in SOAP 1.1.
const namespaceEnvelope12 = "http://www.w3.org/2003/05/soap-envelope"

// BodyAppender is a request that writes itself: the element that goes into the
// SOAP body, with the prefixes soap, t and m that [AppendEnvelope] declares.
// AppendBody returns dst with the element appended, and does not keep dst. An
// error leaves the request unsent.
type BodyAppender interface {
	AppendBody(dst []byte) ([]byte, error)
}

// BodyReader is a response that reads itself. ReadBody is called with the
// reader standing on the start tag of the body's child, and reads that
// element to its end; what it leaves unread of it is skipped.
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

// AppendEnvelope appends a SOAP 1.1 request: the envelope, with the prefixes
// soap, t ([NamespaceTypes]) and m ([NamespaceMessages]) declared, round what
// header and body append. A nil header leaves the Header element out.
//
// A line feed stands between the elements, so that the line and position
// which a server names in a complaint lead to something short. An error of header or body is
// returned as it is, with dst as it was. A function that returns anything but its argument with
// something appended is an error too.
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

// extend appends start and what add appends. The result of add must begin with its argument; if add
// wrote over that, start is no longer there.
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

var errNotExtended = errors.New("soap: a function of the request did not return its argument with something appended")

// endLine puts in a line feed unless there is one: what follows begins a line.
func endLine(dst []byte) []byte {
	if dst[len(dst)-1] == '\n' {
		return dst
	}
	return append(dst, '\n')
}

// ReadEnvelope reads a SOAP 1.1 envelope by an [EnvelopeReader] that has these two functions.
func ReadEnvelope(r *Reader, header, body func(*Reader) error) (*Fault, error) {
	return EnvelopeReader{Header: header, Body: body}.Read(r)
}

// An EnvelopeReader reads SOAP 1.1 envelopes. Each of its functions is called with the reader
// standing on the start tag of an element; what it leaves unread of that element is skipped, and so
// is all of it if the function is nil. An error that it returns is returned by Read as it is.
type EnvelopeReader struct {
	Header func(*Reader) error // reads a header entry; called for each
	Body   func(*Reader) error // reads the one child of the body, unless that is a fault
	Detail func(*Reader) error // reads the detail of a fault, with the namespaces in scope there
}

// Read reads an envelope to the end of its document. It returns a fault, if the body holds one,
// without an error; the fault's Detail is complete however much of it the function Detail reads.
//
// What is no envelope is a [*SyntaxError], a body without a child and one with several included.
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
			// Section 4.1.1 allows further elements, with a namespace of their own.
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

// noEnvelope says what the root is instead: a page in XHTML, a message in SOAP
// 1.2, the answer of another service.
func (r *Reader) noEnvelope() error {
	if r.name.Space == namespaceEnvelope12 {
		return r.syntax(-r.tagSize, "a SOAP 1.2 message where SOAP 1.1 is due")
	}
	return r.syntax(-r.tagSize, "not a SOAP 1.1 envelope: the root element is %s in the namespace %s",
		shown(r.name.Local), shown(r.name.Space))
}

// readHeader reads the header entries. What an entry is for is its reader's to know: mustUnderstand
// is not looked at, since Exchange does not send it (SOAP 1.1, section 4.2.3).
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

// readBody reads the body, which holds one element in the document/literal
// style that the service description uses: the response, or a fault (sections
// 4.3 and 4.4).
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
