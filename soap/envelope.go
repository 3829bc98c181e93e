package soap

import "errors"

// namespaceEnvelope12 is SOAP 1.2's, which Exchange answers to nobody who asked in SOAP 1.1.
const namespaceEnvelope12 = "http://www.w3.org/2003/05/soap-envelope"

// BodyAppender is a request that writes itself: the element that goes into the
// SOAP body, with the prefixes soap, t and m that [AppendEnvelope] declares. An
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
// which a server names in a complaint lead to something short. An error of
// header or body comes back as it is, with dst as it was.
func AppendEnvelope(dst []byte, header, body func(dst []byte) ([]byte, error)) ([]byte, error) {
	if body == nil {
		return dst, errors.New("soap: AppendEnvelope without a body: pass the request's AppendBody")
	}
	before := dst
	dst = append(dst, envelopeStart...)
	var err error
	if header != nil {
		if dst, err = header(append(dst, headerStart...)); err != nil {
			return before, err
		}
		dst = append(endLine(dst), headerEnd...)
	}
	if dst, err = body(append(dst, bodyStart...)); err != nil {
		return before, err
	}
	return append(endLine(dst), bodyEnd...), nil
}

// endLine puts in a line feed unless there is one: what follows begins a line.
func endLine(dst []byte) []byte {
	if dst[len(dst)-1] == '\n' {
		return dst
	}
	return append(dst, '\n')
}

// ReadEnvelope reads a SOAP 1.1 envelope to the end of its document. It calls header for each
// header entry and body for the one child of the body, with r standing on its
// start tag; what they leave unread is skipped, and so is all of it where they are nil.
// An error of theirs comes back as it is.
//
// A fault in the place of that child is returned instead, without an error.
// What is no envelope is a [*SyntaxError], a body without a child and one with several included.
func ReadEnvelope(r *Reader, header, body func(*Reader) error) (*Fault, error) {
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	if name := r.Name(); name.Local != "Envelope" || name.Space != NamespaceEnvelope {
		return nil, r.noEnvelope()
	}
	fault, bodies, children := (*Fault)(nil), 0, 0
	for {
		ok, err := r.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch name := r.Name(); {
		case name.Space != NamespaceEnvelope:
			err = r.Skip() // section 4.1.1 allows further elements, with a namespace of their own
		case name.Local == "Header" && children == 0:
			err = readEntries(r, header)
		case name.Local == "Body" && bodies == 0:
			bodies++
			fault, err = readBody(r, body)
		default:
			err = r.syntax(-r.tagSize, "a second or misplaced soap:%s in the envelope", name.Local)
		}
		if err != nil {
			return nil, err
		}
		children++
	}
	if bodies == 0 {
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

// readEntries hands each child of the element entered to read. What a header
// entry is for is its reader's to know: mustUnderstand is not looked at, since
// Exchange does not send it (SOAP 1.1, section 4.2.3).
func readEntries(r *Reader, read func(*Reader) error) error {
	for {
		ok, err := r.Next()
		if err != nil || !ok {
			return err
		}
		if err := r.handOver(read); err != nil {
			return err
		}
	}
}

// readBody reads the body, which holds one element in the document/literal
// style that the service description uses: the response, or a fault (sections
// 4.3 and 4.4).
func readBody(r *Reader, body func(*Reader) error) (*Fault, error) {
	var fault *Fault
	for count := 0; ; count++ {
		ok, err := r.Next()
		switch {
		case err != nil:
			return nil, err
		case !ok && count == 0:
			return nil, r.syntax(0, "the SOAP body is empty")
		case !ok:
			return fault, nil
		case count > 0:
			return nil, r.syntax(-r.tagSize, "a second element in the SOAP body: %s", shown(r.name.Local))
		}
		if name := r.Name(); name.Local == "Fault" && name.Space == NamespaceEnvelope {
			fault, err = readFault(r)
		} else {
			err = r.handOver(body)
		}
		if err != nil {
			return nil, err
		}
	}
}

// handOver lets read have the element that r stands on, and skips what it left of it.
func (r *Reader) handOver(read func(*Reader) error) error {
	outer := len(r.stack) - 1
	if read != nil {
		if err := read(r); err != nil {
			return err
		}
	}
	if len(r.stack) < outer {
		return r.fail(errReadTooFar)
	}
	return r.leaveTo(outer)
}
