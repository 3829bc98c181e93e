// Package dotnet judges a SOAP request to Exchange as .NET's XmlReader and XmlSchemaSet do.
//
// Exchange reads requests with these two classes: its ErrorSchemaValidation fault carries the line,
// the position and the sentence of the first fault in document order. Syntax and schema are
// therefore checked in one pass here too, and every sentence is .NET's.
//
// The scope is the SOAP 1.1 envelope, the request headers and the thirteen operations on the
// instant-messaging list, in UTF-8. Every request in another encoding gets the same fault.
//
// # Places
//
// Lines and positions count from 1, and a position counts UTF-16 code units: a character beyond the
// basic plane is two. A line ends after a line feed, a carriage return, or both together. The place
// of a start tag and of an attribute is where its name begins, that of an end tag where the name
// after "</" begins, that of text its first character, that of a CDATA section the first character
// inside. A byte order mark has no place.
//
// # Source
//
// Sentences, places and the order in which faults are found are .NET's behaviour, established with
// some hundred thousand damaged requests; TestCheck_AgainstDotNet compares again. Where a comment
// notes strange behaviour of .NET, callers of Exchange see it.
package dotnet

import "encoding/xml"

// Namespaces of a request.
const (
	soapSpace     = "http://schemas.xmlsoap.org/soap/envelope/"
	typesSpace    = "http://schemas.microsoft.com/exchange/services/2006/types"
	messagesSpace = "http://schemas.microsoft.com/exchange/services/2006/messages"
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	xsiSpace      = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace      = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace    = "http://www.w3.org/2000/xmlns/"
)

// Violation is the first fault that .NET finds.
type Violation struct {
	// Line and Position are both 0 where .NET names no place: an empty document, a DOCTYPE, UTF-16.
	Line, Position int
	// Text is .NET's sentence. It may hold characters that XML cannot carry and that must be
	// escaped.
	Text string
}

// Element is an element of an accepted request. Comments and processing instructions are left out,
// references and CDATA sections are resolved.
type Element struct {
	Name     xml.Name
	Attrs    []xml.Attr // in document order, without those that bind namespaces
	Text     string     // the character data directly inside, with its white space; line ends as \n
	Children []*Element
}

// Child returns the first child of that name, or nil. It may be asked of a nil element.
func (e *Element) Child(space, local string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name.Local == local && c.Name.Space == space {
			return c
		}
	}
	return nil
}

// Attr returns the value of the attribute without a namespace, and whether there is one.
func (e *Element) Attr(local string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value, true
		}
	}
	return "", false
}

// Check reads a request and returns its root element, or the first violation.
//
// Accept names the elements of the SOAP body that are accepted with any content, the operations of
// a user's own; nil accepts none. An operation of Microsoft's that is not one of the thirteen is
// accepted with any content too: see [HasOperation]. One that no schema has is a violation.
//
// Check needs memory in proportion to the request and refuses elements nested more than 256 deep,
// which .NET's reader alone does not.
//
// The root is an Envelope with one child in its Body, unless it is an element of which no schema
// says anything: .NET accepts that, so the caller must look at its name.
func Check(request []byte, accept func(op xml.Name) bool) (*Element, *Violation) {
	r := check(request, accept, false)
	if r.violation != nil {
		return nil, r.violation
	}
	return r.root, nil
}

// CheckService is [Check] as recorded servers do it, which is not .NET's verdict by Microsoft's
// schemas alone. The service knows the attributes of SOAP 1.1: it accepts mustUnderstand="0" on a
// header and encodingStyle on the envelope, and they stand in the Attrs of their elements. It reads
// RequestServerVersion before it validates, so the caller judges the value. A violation comes with
// the root and the elements before it, nil if there are none.
func CheckService(request []byte, accept func(op xml.Name) bool) (*Element, *Violation) {
	r := check(request, accept, true)
	return r.root, r.violation
}

func check(request []byte, accept func(op xml.Name) bool, service bool) *reader {
	r := &reader{
		line: 1, accept: accept, service: service, ids: map[string]bool{},
		stack: make([]frame, 0, 8), bindings: make([]binding, 0, 8), attrs: make([]attribute, 0, 8),
	}
	if r.decode(request) {
		r.run()
	}
	return r
}

// HasOperation reports whether op is one of the thirteen operations, whose content [Check]
// validates.
func HasOperation(op string) bool {
	t := schemas.elements[xml.Name{Space: messagesSpace, Local: op}]
	return t != nil && t != unseen
}

// InSchema reports whether Microsoft's schema has an element of that name, for a SOAP body in the
// messages namespace. The response of Exchange to any other is "is not declared".
func InSchema(name xml.Name) bool {
	return schemas.elements[name] != nil
}
